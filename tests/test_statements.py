"""The store as one unit: what is added is found, what is replaced or deleted is not, whatever happens in between."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from words import WordEmbedder, whole

from store.errors import FingerprintError, NotFoundError, StoreBusyError
from store.registry import Registry
from store.statements import StatementStore
from store.types import Filters, Header, Paragraph, Statement


def statement(code: str, *texts: str, file: str | None = None, **header: str) -> Statement:
    paragraphs = tuple(Paragraph(n, text) for n, text in enumerate(texts, 1))
    fields = {"language": "en", "issued": "2019-03-05", "delegation": "Ruritania"} | header
    return Statement(
        Header(code, **fields), paragraphs, file or code.replace("/", "_") + ".txt", "/docs", digest=str(texts)
    )


def add(store: StatementStore, *items: Statement) -> None:
    store.add(store.embed([(item, whole(item)) for item in items]))


def found(store: StatementStore, text: str, filters: Filters = Filters()) -> list[tuple[str, int]]:
    hits = store.search(text, store.embedder.embed_query(text), filters=filters, k=10)
    best = sorted(hits, key=lambda hit: -(hit.dense + hit.lexical))
    passages = store.passages([(hit.statement_id, hit.first) for hit in best])
    return [(p.statement.header.code, p.paragraph.number) for p in passages]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StatementStore]:
    with StatementStore.open(tmp_path / "store", WordEmbedder()) as opened:
        yield opened


def test_what_is_added_is_found_by_words_and_by_vector(store: StatementStore) -> None:
    add(
        store, statement("CC.DEL/1/19", "The dam is safe.", "Herons nest at the weir."), statement("CC.DEL/2/19", "No.")
    )
    assert found(store, "herons weir")[0] == ("CC.DEL/1/19", 2)
    hit = store.search("herons weir", store.embedder.embed_query("herons weir"), k=1)[0]
    assert hit.dense > 0
    assert hit.lexical > 0
    assert store.status().statements == 2
    assert store.status().paragraphs == 3


def test_stemming_follows_the_language_of_the_text(store: StatementStore) -> None:
    add(
        store,
        statement("CC.DEL/1/19", "Представлены новые предложения.", language="ru"),
        statement("CC.DEL/2/19", "Wir begrüßen die Vorschläge.", language="de"),
    )
    hits = {
        text: store.search(text, np.zeros(64, np.float32), k=5) for text in ("предложение", "vorschlag", "Vorschlages")
    }
    codes = {
        text: [store.snapshot.statements[h.statement_id].header.code for h in found if h.lexical > 0]
        for text, found in hits.items()
    }
    assert codes["предложение"] == ["CC.DEL/1/19"]
    assert codes["Vorschlages"] == ["CC.DEL/2/19"]


def test_a_changed_file_replaces_its_statement(store: StatementStore) -> None:
    add(store, statement("CC.DEL/1/19", "Herons nest here."))
    add(store, statement("CC.DEL/1/19", "Storks nest here."))
    assert store.status().statements == 1
    passages = store.passages([(s.id, 1) for s in store.find("CC.DEL/1/19")])
    assert [p.paragraph.text for p in passages] == ["Storks nest here."]
    assert not [h for h in store.search("herons", np.zeros(64, np.float32), k=5) if h.lexical > 0]


def test_deleted_means_gone_from_every_answer(store: StatementStore) -> None:
    add(store, statement("CC.DEL/1/19", "Herons nest here."), statement("CC.DEL/2/19", "Storks nest here."))
    (item,) = store.find("CC.DEL/1/19")
    assert store.delete([item.id]) == 1
    assert [code for code, _ in found(store, "herons nest")] == ["CC.DEL/2/19"]
    assert store.find("CC.DEL/1/19") == []
    with pytest.raises(NotFoundError):
        store.paragraphs(item.id)


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as first:
        add(first, statement("CC.DEL/1/19", "Herons nest here."))
        before = first.status()
    with StatementStore.open(tmp_path, WordEmbedder()) as second:
        assert second.status() == before
        assert found(second, "herons") == [("CC.DEL/1/19", 1)]


def test_a_write_that_was_cut_short_leaves_nothing(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as first:
        add(first, statement("CC.DEL/1/19", "Herons nest here."))
        item = statement("CC.DEL/2/19", "Storks nest here.")
        (ready,) = first.embed([(item, whole(item))])
        first._indexes.add([ready], first._registry.stage([ready]))  # as if killed before the switch
        assert [code for code, _ in found(first, "storks nest here")] == ["CC.DEL/1/19"]
    with StatementStore.open(tmp_path, WordEmbedder()) as second:
        assert [code for code, _ in found(second, "storks nest here")] == ["CC.DEL/1/19"]
        assert second._indexes.vectors.count() == second._indexes.words.count() == 1


def test_other_analysers_make_the_words_again_without_embedding(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as first:
        add(first, *[statement(f"CC.DEL/{n}/19", f"Herons nest in tree {n}.") for n in range(5)])
        made = json.loads(first._registry.setting("fingerprint") or "")
        first._registry.set_settings({"fingerprint": json.dumps(made | {"analyser": "0"}, sort_keys=True)})
        first._indexes.words.clear()
    embedder = WordEmbedder()
    for _ in range(2):
        with StatementStore.open(tmp_path, embedder) as again:
            assert again._indexes.words.count() == 5
            assert json.loads(again._registry.setting("fingerprint") or "") == made
    assert embedder.embedded == 0


@pytest.mark.parametrize("index", ["chroma", "lexical"])
def test_a_lost_index_is_made_again_without_embedding(tmp_path: Path, index: str) -> None:
    with StatementStore.open(tmp_path / "a", WordEmbedder()) as first:
        add(first, *[statement(f"CC.DEL/{n}/19", f"Herons nest in tree {n}.") for n in range(30)])
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    shutil.rmtree(tmp_path / "b" / index)
    embedder = WordEmbedder()
    with StatementStore.open(tmp_path / "b", embedder) as second:
        assert second._indexes.vectors.count() == second._indexes.words.count() == 30
        assert ("CC.DEL/7/19", 1) in found(second, "tree 7")
    assert embedder.embedded == 0


def test_a_damaged_lexical_index_is_made_again(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as first:
        add(first, statement("CC.DEL/1/19", "Herons nest here."))
    (tmp_path / "lexical" / "meta.json").write_text("{")
    with StatementStore.open(tmp_path, WordEmbedder()) as second:
        assert second._indexes.words.count() == 1


def test_an_index_of_another_embedder_is_refused_until_rebuilt(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as first:
        add(first, statement("CC.DEL/1/19", "Herons nest here.", "Storks too."))
    with pytest.raises(FingerprintError, match=r"words.*other.*statements rebuild"):
        StatementStore.open(tmp_path, WordEmbedder("other"))
    embedder = WordEmbedder("other")
    with StatementStore.open(tmp_path, embedder, any_index=True) as again:
        again.rebuild(whole)
    assert embedder.embedded == 3  # two chunks and the header
    with StatementStore.open(tmp_path, WordEmbedder("other")) as last:
        assert found(last, "storks too")[0] == ("CC.DEL/1/19", 2)


def _open_elsewhere(folder: Path, report: multiprocessing.Queue[str]) -> None:
    try:
        StatementStore.open(folder, WordEmbedder()).close()
        report.put("opened")
    except StoreBusyError as error:
        report.put(str(error))


def test_a_second_process_is_told_who_has_the_store(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    report: multiprocessing.Queue[str] = context.Queue()
    with StatementStore.open(tmp_path, WordEmbedder(), address="http://127.0.0.1:1"):
        owner = StatementStore.owner(tmp_path)
        assert owner is not None
        process = context.Process(target=_open_elsewhere, args=(tmp_path, report))
        process.start()
        message = report.get(timeout=60)
        process.join()
        assert str(owner.pid) in message
        assert "http://127.0.0.1:1" in message
    assert StatementStore.owner(tmp_path) is None


def test_filters(store: StatementStore) -> None:
    add(
        store,
        statement("CC.DEL/1/18", "Herons.", issued="2018", delegation="Ruritania", speaker="Ms. Änn Öre, Minister"),
        statement("CC.DEL/1/19", "Herons.", issued="2019-03-05", delegation="Republic of Grand Fenwick"),
        statement("CC.DEL/2/19", "Цапли.", issued="2019-12-31", language="ru", delegation="Ruritania"),
    )

    def codes(**filters: object) -> list[str]:
        chosen = Filters(**filters)  # type: ignore[arg-type]
        by_list = [s.header.code for s in store.statements(chosen)]
        assert sorted({code for code, _ in found(store, "herons", chosen)}) == by_list
        return by_list

    assert codes(code=("cc del 1 19",)) == ["CC.DEL/1/19"]
    assert codes(delegation=("grand fenwick",)) == ["CC.DEL/1/19"]
    assert codes(speaker=("ore",)) == ["CC.DEL/1/18"]
    assert codes(language=("ru",)) == ["CC.DEL/2/19"]
    assert codes(issued_from="2018-06-01", issued_to="2018-06-30") == ["CC.DEL/1/18"]
    assert codes(issued_from="2019") == ["CC.DEL/1/19", "CC.DEL/2/19"]
    assert codes(issued_to="2019-03") == ["CC.DEL/1/18", "CC.DEL/1/19"]
    assert codes(language=("fr",)) == []


def test_the_newest_revision_is_the_current_one(store: StatementStore) -> None:
    add(
        store,
        statement("CC.DEL/1/19", "Twelve."),
        statement("CC.DEL/1/19/Rev.2", "Fourteen."),
        statement("CC.DEL/1/19/Rev.1", "Thirteen."),
        statement("CC.DEL/1/19/Corr.1", "For Twelve read Ten."),
    )
    assert {s.header.code: s.superseded_by for s in store.statements()} == {
        "CC.DEL/1/19": "CC.DEL/1/19/Rev.2",
        "CC.DEL/1/19/Rev.1": "CC.DEL/1/19/Rev.2",
        "CC.DEL/1/19/Rev.2": None,
        "CC.DEL/1/19/Corr.1": None,
    }
    assert store.find("cc.del 1/19")[0].header.code == "CC.DEL/1/19/Rev.2"
    assert [s.header.code for s in store.find("CC.DEL/1/19/Rev.1")] == ["CC.DEL/1/19/Rev.1"]


def test_files_that_claim_one_identity_are_marked_as_twins(store: StatementStore) -> None:
    add(store, statement("CC.DEL/1/19", "Herons.", file="a.txt"), statement("CC.DEL/1/19", "Storks.", file="b.txt"))
    add(store, statement("CC.DEL/2/19", "Herons."))
    assert [(s.header.code, s.twin) for s in store.statements()] == [
        ("CC.DEL/1/19", True),
        ("CC.DEL/1/19", True),
        ("CC.DEL/2/19", False),
    ]


def test_a_broad_filter_is_as_right_as_a_narrow_one(store: StatementStore, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, *[statement(f"CC.DEL/{n}/19", f"tree {n}", language="en" if n % 2 else "fr") for n in range(200)])
    only = Filters(language=("en",))
    narrow = found(store, "tree 7", only)
    monkeypatch.setattr("store.indexes.EXACT_LIMIT", 0)
    assert found(store, "tree 7", only)[0] == narrow[0] == ("CC.DEL/7/19", 1)


def test_a_damaged_registry_is_named(tmp_path: Path) -> None:
    from store.errors import StoreDamagedError

    (tmp_path / "registry.sqlite3").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreDamagedError, match="registry"):
        Registry(tmp_path / "registry.sqlite3")
    with pytest.raises(StoreDamagedError):
        StatementStore.open(tmp_path, WordEmbedder())
    assert StatementStore.owner(tmp_path) is None


def test_a_statement_without_paragraphs_and_an_empty_store(store: StatementStore) -> None:
    assert found(store, "anything") == []
    add(store, statement("CC.DEL/1/19"))
    assert store.status().statements == 1
    assert found(store, "anything") == []
