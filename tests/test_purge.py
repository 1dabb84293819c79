"""What is purged is not found in any file of the store's folder."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from served import ROOT, environment, run, sample_store
from words import WordEmbedder, document, whole

from store.registry import pack
from store.statements import StatementStore
from store.types import Header
from store.vectors import combine

SECRET = "The heron Ottokar nests in the oak behind pumping station Ilse."
LONG = " ".join(f"Weir {n} was inspected by engineer Quirin{n}." for n in range(400))


def fill(store: StatementStore) -> list[bytes]:
    """A store with one statement among others; every byte sequence of it that must go."""
    for n in range(30):
        texts = [SECRET, LONG, "Хранитель плотины Ярополк."] if n == 7 else [f"Stork {n} nests.", "And more."]
        batch = document(f"{n}.txt", (Header(f"CC.DEL/{n}/19", "en", title=f"Birds {n}"), texts))
        indexed = store.embed([(one, whole(one)) for one in batch])
        store.add(indexed)
        if n == 7:
            (item,) = indexed
            header = np.repeat(item.header_vector[None, :], len(item.vectors), axis=0)
            searched = combine(item.vectors, header)
            kept = [*pack(item.vectors), *pack(searched), *(row.astype("<f4").tobytes() for row in searched)]
            halves = [LONG[:60], LONG[6000:6060], LONG[-60:]]
            return [text.encode() for text in (*texts, *halves)] + [*kept, *pack(item.header_vector[None, :])]
    raise AssertionError


def holding(folder: Path, sequences: list[bytes]) -> set[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in files for sequence in sequences if sequence in path.read_bytes()}


def test_no_file_holds_what_was_purged(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as store:
        sequences = fill(store)
        fill(store)
        assert "registry.sqlite3" in {name.removesuffix("-wal") for name in holding(tmp_path, sequences)}
        (tmp_path / "registry.sqlite3.schema1").write_bytes(sequences[0])  # kept before a migration
        assert store.purge([one.id for one in store.find("CC.DEL/7/19")]) == 1
        assert holding(tmp_path, sequences) == set()
        assert store.find("CC.DEL/7/19") == []
        assert store.check(full=True).findings == ()
        hits = store.search("ottokar ilse", store.embedder.embed_query(SECRET), k=50)
        assert all(hit.lexical == 0 for hit in hits)
        assert store.status().statements == 7
    assert holding(tmp_path, sequences) == set()
    with StatementStore.open(tmp_path, WordEmbedder()) as store:
        assert store.check(full=True).findings == ()
    assert holding(tmp_path, sequences) == set()


def test_a_purge_takes_what_was_deleted_before_too(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as store:
        sequences = fill(store)
        store.delete([one.id for one in store.find("CC.DEL/7/19")])
        assert store.purge([one.id for one in store.find("CC.DEL/1/19")]) == 1
    assert holding(tmp_path, sequences) == set()


INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from store import probe
from store.indexes import Indexes
from store.registry import Registry
from store.statements import StatementStore
from words import WordEmbedder

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr({0}, killed)
with StatementStore.open(Path(sys.argv[1]), WordEmbedder()) as store:
    store.purge([one.id for one in store.find("CC.DEL/7/19")])
"""


@pytest.mark.parametrize(
    "moment",
    [
        "Registry, 'scrub'",
        "Indexes, 'remake'",
        "Indexes, 'fill_matrix'",
        "probe, 'fill'",
    ],
)
def test_a_purge_that_was_killed_is_finished_by_the_next_start(tmp_path: Path, moment: str) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as store:
        sequences = fill(store)
    code = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(moment), str(tmp_path)],
        cwd=ROOT,
        env=environment(PYTHONPATH=str(ROOT / "tests")),
        capture_output=True,
        check=False,
    ).returncode
    assert code == -signal.SIGKILL
    with StatementStore.open(tmp_path, WordEmbedder()) as store:
        assert store.find("CC.DEL/7/19") == []
        assert holding(tmp_path, sequences) == set()
        assert store.check(full=True).sound


def test_the_command(tmp_path: Path) -> None:
    own = shutil.copytree(sample_store(), tmp_path / "store")
    text = b"duty officers"
    assert holding(own, [text])
    refused = run("--store", own, "purge", "CC.DEL/14/19")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    listed = run("--store", own, "show", "CC.DEL/14/19").out
    done = run("--store", own, "purge", "CC.DEL/14/19", "--yes")
    assert done.code == 0, done.err
    assert "CC.DEL_14_19" in done.out
    paragraph = max(listed.splitlines(), key=len).split(maxsplit=1)[1]
    assert holding(own, [paragraph.encode()]) == set()
    assert run("--store", own, "show", "CC.DEL/14/19").code == 1
    assert run("--store", own, "purge", "CC.DEL/14/19", "--yes").code == 1
