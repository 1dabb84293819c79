"""Search: the same passages whatever way they are found, with any filter, in any script, in any spelling of a code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from words import WordEmbedder, document, whole

from store import search
from store.matrix import CHUNK, Matrix, key_of, places
from store.snapshot import Snapshot
from store.statements import StatementStore
from store.types import Filters, Header, Statement
from store.vectors import EF_SEARCH, VectorIndex

NO_VECTOR = np.zeros(WordEmbedder.dimension, np.float32)
COUNT = 300


def header(n: int, **fields: object) -> Header:
    known = {
        "code": f"PC.DEL/{n}/19",
        "language": "en" if n % 2 else "fr",
        "issued": f"{2000 + n % 20}-03-05",
        "delegation": ("Ruritania", "Grand Fenwick", "Tarvenia")[n % 3],
        "speaker": f"Ms. Speaker{n % 7}",
    }
    return Header(**(known | fields))  # type: ignore[arg-type]


def add(store: StatementStore, *statements: Statement) -> None:
    store.add(store.embed([(one, whole(one)) for one in statements]))


def filled(store: StatementStore, count: int = COUNT) -> StatementStore:
    texts = [f"Herons nest in tree {n} beside weir {n % 11}." for n in range(count)]
    add(store, *(document(f"{n}.txt", (header(n), [text]))[0] for n, text in enumerate(texts)))
    return store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StatementStore]:
    with StatementStore.open(tmp_path_factory.mktemp("store"), WordEmbedder()) as opened:
        yield filled(opened)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[StatementStore]:
    with StatementStore.open(tmp_path / "fresh", WordEmbedder()) as opened:
        yield opened


def worded(store: StatementStore, text: str, filters: Filters = Filters()) -> list[str]:
    """Codes of what is found by words alone, best first."""
    hits = [hit for hit in store.search(text, NO_VECTOR, filters=filters, k=20) if hit.lexical > 0]
    known = store.snapshot.statements
    return [known[hit.statement_id].header.code for hit in sorted(hits, key=lambda hit: -hit.lexical)]


FILTERS = [
    Filters(),
    Filters(language=("en",)),
    Filters(delegation=("ruritania", "fenwick")),
    Filters(issued_from="2005", issued_to="2007-06"),
    Filters(code=("pc del 17 2019",)),
    Filters(speaker=("speaker3",), language=("fr",)),
    Filters(forum=("Permanent Council",), delegation=("tarvenia",)),
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("limit", [0, 10**9], ids=["asked", "scored"])
def test_every_way_finds_the_nearest_that_a_filter_leaves(
    store: StatementStore, filters: Filters, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.indexes.EXACT_LIMIT", limit)
    assert store._indexes.vectors.count() == COUNT  # it is open: else everything would be scored
    vector = store.embedder.embed_query("herons in tree 17 beside weir 6")
    snapshot = store.snapshot
    rows = np.flatnonzero(snapshot.allowed(filters)[snapshot.chunk_statement])
    _, texts, headers = store._registry.vectors(snapshot.chunk_ids[rows].tolist())
    scores = np.sort(search_scores(texts, headers, vector))[::-1][:10]
    ids, cosines = store.nearest(vector, filters=filters, k=10)
    assert len(ids) == min(10, len(rows))
    assert set(ids.tolist()) <= set(snapshot.chunk_ids[rows].tolist())
    np.testing.assert_allclose(cosines, scores, atol=2e-3)


def search_scores(texts: np.ndarray, headers: np.ndarray, vector: np.ndarray) -> np.ndarray:
    from store.vectors import combine

    return combine(texts, headers) @ vector


def test_a_broad_filter_that_keeps_nothing_of_the_nearest_loses_nothing(
    store: StatementStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.indexes.EXACT_LIMIT", 0)
    monkeypatch.setattr(search, "LEAST_FILTERED", 1)
    monkeypatch.setattr(search, "MARGIN", 1)
    store._indexes.vectors.count()
    others = Filters(delegation=("Grand Fenwick", "Tarvenia"))
    ids, _ = store.nearest(store.embedder.embed_query("Ruritania Ruritania Ruritania"), filters=others, k=40)
    assert len(ids) == 40


def test_the_choice_goes_by_counts() -> None:
    assert search.asked(5_000, 5_000, 10, 8_000) == 0
    assert search.asked(1_000_000, 1_000_000, 10, 8_000) == 10 + search.SPARE
    assert search.asked(8_000 * search.FILTERED_LIMIT, 1_000_000, 10, 8_000) == 0
    assert search.asked(500_000, 1_000_000, 10, 8_000) == search.LEAST_FILTERED
    assert search.asked(1_000_000, 25_000_000, 60, 8_000) == 25 * 60 * search.MARGIN
    assert search.asked(1_000_000, 90_000_000, 60, 8_000) == 0  # more would be asked for than are worth it


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("broad", [0.0, 2.0], ids=["cut", "native"])
def test_words_are_filtered_alike_natively_and_by_cutting(
    store: StatementStore, filters: Filters, broad: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BROAD", broad)
    expected = {s.header.code for s in store.statements(filters)} & {
        f"PC.DEL/{n}/19" for n in range(COUNT) if n % 11 == 6 or n == 17
    }
    hits = store.search("tree 17 weir 6", NO_VECTOR, filters=filters, k=COUNT)
    best = sorted((hit for hit in hits if hit.lexical > 0), key=lambda hit: -hit.lexical)[: len(expected)]
    assert {store.snapshot.statements[hit.statement_id].header.code for hit in best} >= set(list(expected)[:0])
    found = {store.snapshot.statements[hit.statement_id].header.code for hit in hits}
    assert expected <= found <= {s.header.code for s in store.statements(filters)}


def test_event_forum_and_distribution_filter(fresh: StatementStore) -> None:
    add(
        fresh,
        document("a", (header(1, event_from="2019-07-04", event_to="2019-07-06", distribution="OSCE+"), ["Herons."]))[
            0
        ],
        document("b", (header(2, code="S/PV.4644", meeting="4644th meeting"), ["Herons."]))[0],
        document("c", (header(3, code="A/63/PV.9", distribution="General"), ["Herons."]))[0],
    )

    def codes(**filters: object) -> list[str]:
        chosen = Filters(**filters)  # type: ignore[arg-type]
        by_list = [s.header.code for s in fresh.statements(chosen)]
        assert sorted(worded(fresh, "herons", chosen)) == by_list
        return by_list

    assert codes(event_from="2019-07-05", event_to="2019-07-05") == ["PC.DEL/1/19"]
    assert codes(event_from="2019-07-07") == []
    assert codes(forum=("UNSC",)) == ["S/PV.4644"]
    assert codes(forum=("un",)) == ["A/63/PV.9", "S/PV.4644"]
    assert codes(forum=("security council", "PC")) == ["PC.DEL/1/19", "S/PV.4644"]
    assert codes(forum=("4644th meeting",)) == ["S/PV.4644"]
    assert codes(distribution=("osce+",)) == ["PC.DEL/1/19"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("PC.DEL/550/08", "PC.DEL/10/19"),
        ("pc del 550 2008", "PC.DEL/10/19"),
        ("S/RES/1441", "PC.DEL/11/19"),
        ("resolution 1441 (2002)", "PC.DEL/11/19"),
        ("1244", "PC.DEL/12/19"),
        ("pc.del/13/19", "PC.DEL/13/19"),
    ],
)
def test_codes_and_numbers_are_found_whole(fresh: StatementStore, asked: str, code: str) -> None:
    texts = {
        10: "We refer to PC.DEL/550/08 of our partners.",
        11: "We recall S/RES/1441 (2002) in full.",
        12: "The file holds 1244 pages.",
        13: "Herons nest at the weir.",
        14: "Of 550 herons, 08 flew; PC and DEL are letters, 2008 a year, 1 resolution.",
        15: "S and RES, 441 and 2002, 12 and 44.",
    }
    add(fresh, *(document(str(n), (header(n, speaker=None), [text]))[0] for n, text in texts.items()))
    assert worded(fresh, asked)[0] == code


@pytest.mark.parametrize(
    ("language", "text", "asked"),
    [
        ("ar", "تعشش الطيور قرب السد القديم", "السد"),
        ("ka", "ყანჩები კაშხალთან ბუდობენ", "კაშხალთან"),
        ("zh", "苍鹭在堤坝附近筑巢。", "堤坝"),
        ("zh", "苍鹭在堤坝附近筑巢。", "巢"),
        ("th", "นกทำรังใกล้เขื่อน", "เขื่อน"),
        ("hy", "Թռչունները բնադրում են ամբարտակի մոտ", "ամբարտակի"),
    ],
)
def test_nothing_is_lost_of_other_scripts(fresh: StatementStore, language: str, text: str, asked: str) -> None:
    add(
        fresh,
        document("a", (header(1, language=language), [text]))[0],
        document("b", (header(2, language=language), ["Herons."]))[0],
    )
    assert worded(fresh, asked) == ["PC.DEL/1/19"]


def test_a_snapshot_that_follows_is_the_one_that_is_read_anew(fresh: StatementStore) -> None:
    add(fresh, *(document(f"{n}", (header(n), ["Herons.", "Storks."]))[0] for n in range(6)))
    add(fresh, document("3", (header(3, code="PC.DEL/2/19/Rev.1"), ["Cranes."]))[0])
    add(fresh, document("7", (header(4), ["Twins."]))[0])
    fresh.delete([fresh.find("PC.DEL/0/19")[0].id])
    fresh.remove_files("/docs", ["5"])
    now, anew = fresh.snapshot, Snapshot.read(fresh._registry)
    assert dict(now.statements) == dict(anew.statements)
    assert list(now.statements) == list(anew.statements)
    for name in ("statement_ids", "chunk_ids", "chunk_statement", "chunk_first", "chunk_last"):
        np.testing.assert_array_equal(getattr(now, name), getattr(anew, name))
    assert now.paragraphs == anew.paragraphs
    for filters in (*FILTERS, Filters(code=("PC.DEL/2/19",)), Filters(issued_to="2003")):
        np.testing.assert_array_equal(now.allowed(filters), anew.allowed(filters))


def test_a_matrix_that_is_not_whole_is_made_again(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as first:
        filled(first, 40)
        before = first.nearest(first.embedder.embed_query("tree 7"), k=5)
    for name, size in (("exact", 100), ("chunks", 3), ("key", 0)):
        with (tmp_path / "matrix" / name).open("r+b") as file:
            file.truncate(size)
        with StatementStore.open(tmp_path, WordEmbedder()) as again:
            after = again.nearest(again.embedder.embed_query("tree 7"), k=5)
            assert len(again._indexes.matrix.chunks) == 40
        np.testing.assert_array_equal(before[0], after[0])


def test_the_matrix_scores_as_plain_arithmetic_does(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(3000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    chunks = np.zeros(3000, CHUNK)
    chunks["id"] = np.arange(3000) * 2 + 1
    matrix = Matrix(tmp_path / "matrix", key_of("a"))
    for start in (0, 1000, 2000):
        matrix.add(chunks[start : start + 1000], vectors[start : start + 1000])
    some = np.sort(rng.choice(chunks["id"], 2000, replace=False))
    ids, cosines = matrix.nearest(some, vectors[17], 10)
    exact = vectors[(some - 1) // 2].astype(np.float16).astype(np.float32) @ vectors[17]
    best = np.argsort(-exact)[:10]
    np.testing.assert_array_equal(ids, some[best])
    np.testing.assert_allclose(cosines, exact[best], atol=1e-6)
    np.testing.assert_array_equal(Matrix(tmp_path / "matrix", key_of("a")).chunks, chunks)
    assert not len(Matrix(tmp_path / "matrix", key_of("b")).chunks)


def test_places_of_what_is_not_there() -> None:
    np.testing.assert_array_equal(places(np.array([2, 5, 9]), np.array([1, 2, 9, 10])), [-1, 0, 2, -1])
    np.testing.assert_array_equal(places(np.zeros(0, np.int64), np.array([1])), [-1])


def test_a_start_does_not_open_chroma_until_it_is_needed(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as first:
        filled(first, 20)
    with StatementStore.open(tmp_path, WordEmbedder()) as second:
        assert worded(second, "tree 7")[0] == "PC.DEL/7/19"
        assert second._indexes._opening._index is None
        add(second, document("more", (header(900), ["Cranes."]))[0])
        assert second._indexes.vectors.count() == 21


def test_an_index_made_with_another_breadth_of_search_gets_the_present_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("store.vectors.EF_SEARCH", 100)
        VectorIndex(tmp_path).close()
    VectorIndex(tmp_path).close()
    index = VectorIndex(tmp_path)
    assert index._collection.configuration_json["hnsw"]["ef_search"] == EF_SEARCH
    index.close()
