"""What is wrong with a store is found, and mended where it can be; nothing wrong is passed over."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from served import ROOT, run, sample_store, serving
from words import WordEmbedder, document, whole

from store import probe
from store.doctor import Report, check_registry
from store.errors import StoreBusyError
from store.recovery import damaged_segments
from store.statements import StatementStore
from store.types import Header


def fill(store: StatementStore, files: int = 6, paragraphs: int = 4) -> None:
    for n in range(files):
        texts = [f"Heron h{n} nests in tree t{k} of the weir." for k in range(paragraphs)]
        batch = document(f"{n}.txt", (Header(f"CC.DEL/{n}/19", "en", title=f"Birds {n}"), texts))
        store.add(store.embed([(one, whole(one)) for one in batch]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with StatementStore.open(tmp_path / "store", WordEmbedder()) as store:
        fill(store)
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Iterator[StatementStore]:
    with StatementStore.open(folder, WordEmbedder()) as opened:
        yield opened


def on_disk(folder: Path, *orders: str) -> None:
    """Change the registry behind the store's back."""
    with closing(sqlite3.connect(folder / "registry.sqlite3")) as db, db:
        for order in orders:
            db.execute(order)


def kinds(report: Report) -> list[tuple[str, str]]:
    return [(one.part, one.kind) for one in report.findings]


def nests(store: StatementStore, text: str) -> list[str]:
    hits = store.search(text, store.embedder.embed_query(text), k=3)
    best = max(hits, key=lambda hit: hit.dense + hit.lexical)
    return [store.snapshot.statements[best.statement_id].header.code]


@pytest.mark.parametrize("full", [False, True])
def test_a_sound_store(store: StatementStore, full: bool) -> None:
    report = store.check(full=full)
    assert report.findings == ()
    assert (report.sound, report.statements, report.chunks) == (True, 6, 24)


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (lambda s: s._indexes.vectors.delete([3, 4]), ("vectors", "missing")),
        (lambda s: s._indexes.vectors.add([99], np.ones((1, 64), np.float32)), ("vectors", "left over")),
        (lambda s: s._indexes.vectors.add([5], -np.ones((1, 64), np.float32)), ("vectors", "other content")),
        (lambda s: (s._indexes.words.delete([3]), s._indexes.words.commit()), ("words", "missing")),
        (lambda s: (s._indexes.add_words(s.snapshot, [7]), s._indexes.words.commit()), ("words", "left over")),
    ],
)
def test_an_index_that_differs_is_mended_from_the_registry(
    store: StatementStore, harm: Callable[[StatementStore], None], found: tuple[str, str]
) -> None:
    harm(store)
    report = store.check()
    assert found in kinds(report)
    assert not report.sound

    repaired = store.check(repair=True)
    assert repaired.sound
    assert all(one.mended for one in repaired.findings)
    assert store.check(full=True).findings == ()
    assert nests(store, "heron h2 tree t3") == ["CC.DEL/2/19"]


def test_as_many_but_other_chunks_in_an_index_are_seen_after_a_crash(folder: Path) -> None:
    with StatementStore.open(folder, WordEmbedder()) as store:
        store._indexes.vectors.delete([3])
        store._indexes.vectors.add([99], np.ones((1, 64), np.float32))
    (folder / "indexes.seal").unlink()  # as after a crash
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert store._indexes.vectors.ids().max() < 99
        assert kinds(store.check()) == [("vectors", "missing"), ("vectors", "left over")]
        assert store.check().sound


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE paragraphs SET text = replace(text, 'tree', 'three') WHERE statement_id = 2 AND number = 3",
        "UPDATE paragraphs SET text = CAST(x'ff41fe' AS TEXT) WHERE statement_id = 2 AND number = 3",
        "UPDATE paragraphs SET footnotes = '[' WHERE statement_id = 2 AND number = 3",
        "UPDATE statements SET issued = '2020-01-01' WHERE id = 2",
        "UPDATE chunks SET vector = zeroblob(length(vector)) WHERE id = (SELECT min(id) FROM chunks WHERE"
        " statement_id = 2)",
        "UPDATE statements SET header_vector = zeroblob(128) WHERE id = 2",
        "DELETE FROM chunks WHERE id = (SELECT max(id) FROM chunks WHERE statement_id = 2)",
    ],
)
def test_a_statement_that_is_not_as_it_was_written_is_never_kept_silently(folder: Path, change: str) -> None:
    on_disk(folder, change)
    with StatementStore.open(folder, WordEmbedder()) as store:
        report = store.check(full=True)
        (wrong,) = [one for one in report.findings if one.kind == "checksum"]
        assert wrong.source == ("/docs", "1.txt")
        assert "1.txt" in wrong.what
        assert not report.sound

        assert store.check(full=True, repair=True).sound
        assert store.find("CC.DEL/1/19") == []
        assert "1.txt" not in [source.file for source in store.sources()]
        assert store.check(full=True).findings == ()
    with StatementStore.open(folder, WordEmbedder()) as store:
        fill(store, files=2)
        assert store.status().statements == 6


def test_a_chunk_of_paragraphs_that_are_not_there(folder: Path) -> None:
    on_disk(folder, "UPDATE chunks SET last = 9 WHERE id = 6")
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert ("registry", "range") in kinds(store.check())
        assert store.check(repair=True).sound
        assert store.status().statements == 5


def test_statements_of_an_older_version_get_a_checksum(folder: Path) -> None:
    on_disk(folder, "UPDATE statements SET checksum = NULL WHERE id < 3")
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert kinds(store.check()) == [("registry", "no checksum")] * 2
        assert store.check(repair=True).sound
        assert store.check(full=True).findings == ()
        assert store.status().statements == 6


def test_a_file_that_counts_as_taken_in_without_a_statement(folder: Path) -> None:
    on_disk(
        folder,
        "INSERT INTO sources VALUES ('/docs', 'lost.txt', 'f', 'd', NULL, NULL)",
        "INSERT INTO sources VALUES ('/docs', 'copy.txt', 'f', 'd', '/docs', 'lost.txt')",
        "INSERT INTO sources VALUES ('/docs', 'stray.txt', 'f', 'd', '/docs', 'nowhere.txt')",
    )
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert [one.source[1] for one in store.check().findings if one.source] == ["lost.txt", "stray.txt"]
        store.check(repair=True)
        assert store.check(repair=True).sound
        assert len(store.sources()) == 6


def test_what_belongs_to_no_statement(folder: Path) -> None:
    on_disk(folder, "PRAGMA foreign_keys=OFF", "INSERT INTO paragraphs (statement_id, number, text, footnotes)"
            " VALUES (77, 1, 'Nobody said this.', '[]')")  # fmt: skip
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert kinds(store.check()) == [("registry", "reference")]
        assert store.check(repair=True).sound


def test_a_damaged_index_of_the_database_is_made_again(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "registry.sqlite3")) as db:
        db.execute("PRAGMA writable_schema=ON")
        page, size = (
            db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_statements_base_code'").fetchone()[0],
            db.execute("PRAGMA page_size").fetchone()[0],
        )
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (folder / "registry.sqlite3").open("r+b") as file:
        file.seek(page * size - 40)
        file.write(b"CC.DEL/9")
    with StatementStore.open(folder, WordEmbedder()) as store:
        assert ("registry", "damaged") in kinds(store.check(full=True))
        assert store.check(full=True, repair=True).sound


def test_a_segment_with_other_bytes_is_noticed(folder: Path) -> None:
    segment = max((folder / "lexical").glob("*.idx"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 3] ^= 0xFF
    segment.write_bytes(content)
    assert damaged_segments(folder / "lexical") == [segment]
    with StatementStore.open(folder, WordEmbedder()) as store:  # something wrote there: checked, and made again
        assert damaged_segments(folder / "lexical") == []
        assert nests(store, "heron h4 tree t1") == ["CC.DEL/4/19"]


def _open_and_search(folder: Path, report: multiprocessing.Queue[list[str]]) -> None:
    with StatementStore.open(folder, WordEmbedder()) as store:
        report.put(nests(store, "heron h1 tree t700"))


def test_a_vector_index_that_kills_the_process_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with StatementStore.open(folder, WordEmbedder()) as store:
        fill(store, files=2, paragraphs=1100)  # Chroma writes its graph to files from a thousand vectors on
    (graph,) = (folder / "chroma").rglob("data_level0.bin")
    links = b"\x08\0\0\0" + b"\0\0\0\x7f" * 8  # eight neighbours, all far outside the file
    graph.write_bytes((links * (graph.stat().st_size // len(links) + 1))[: graph.stat().st_size])
    command = [sys.executable, "-m", "store.probe", "open", str(folder), "64"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode < 0  # killed by a signal
    assert not probe.survives(folder, 64)

    context = multiprocessing.get_context("spawn")
    report: multiprocessing.Queue[list[str]] = context.Queue()
    process = context.Process(target=_open_and_search, args=(folder, report))
    process.start()
    process.join(timeout=120)
    assert process.exitcode == 0
    assert report.get(timeout=5) == ["CC.DEL/1/19"]


def test_a_start_after_a_proper_close_probes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(probe, "survives", lambda folder, dimension: asked.append(folder) or True)
    with StatementStore.open(folder, WordEmbedder()):
        assert asked == []
        shutil.copytree(folder, folder.parent / "killed")  # no seal while it is open
    StatementStore.open(folder, WordEmbedder()).close()
    assert asked == []
    StatementStore.open(folder.parent / "killed", WordEmbedder()).close()
    assert asked == [folder.parent / "killed"]


def test_the_registry_of_a_store_in_use_is_checked_from_outside(store: StatementStore, folder: Path) -> None:
    report = check_registry(folder, full=True)
    assert (report.sound, report.indexes, report.statements, report.chunks) == (True, False, 6, 24)
    with pytest.raises(StoreBusyError):
        StatementStore.open(folder, WordEmbedder())


def test_the_command(tmp_path: Path) -> None:
    own = shutil.copytree(sample_store(), tmp_path / "store")
    sound = run("--store", own, "doctor", "--full")
    assert sound.code == 0, sound.err + sound.out
    assert "sound" in sound.out

    on_disk(own, "UPDATE paragraphs SET text = text || ' No.' WHERE statement_id = 1 AND number = 1")
    wrong = run("--store", own, "doctor", "--full", "--json")
    report = json.loads(wrong.out)
    assert wrong.code == 1
    (finding,) = report["findings"]
    assert Path(finding["file"]).exists()
    assert finding["remedy"] == "run: statements doctor --repair"

    with serving(own):
        served = run("--store", own, "doctor", "--full", "--json")
        assert served.code == 1
        assert json.loads(served.out)["indexes"] is True
        refused = run("--store", own, "doctor", "--repair")
        assert (refused.code, "in use" in refused.err) == (1, True)

    assert run("--store", own, "doctor", "--full", "--repair").code == 0
    assert run("--store", own, "ingest", Path(finding["file"]).parent).code == 0
    assert run("--store", own, "doctor", "--full").code == 0
    assert run("--store", tmp_path / "none", "doctor").code == 1
