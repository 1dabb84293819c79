"""Readers beside writers: what a reader gets was true at some moment while it asked, and is never half."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import pytest
from words import ROOT, WordEmbedder, document, whole

from store.errors import NotFoundError
from store.statements import StatementStore
from store.types import Header, Passage

SECONDS = 5.0
READERS = 8
FILES = 12
PARAGRAPHS = 6
COMMON = "harbour"


@dataclass
class Version:
    """One version of a file: between which moments it may be seen. Each paragraph bears the word of its version."""

    file: int
    word: str
    starts: float = inf
    """Its write began: from here on it may be seen."""
    stands: float = inf
    """Its write ended: from here on it must be seen."""
    falls: float = inf
    """What replaces or deletes it began: from here on it may be gone."""
    gone: float = inf
    """That ended: from here on it must not be seen."""


@dataclass
class Record:
    """All versions that ever were, and each file's newest."""

    versions: dict[str, Version] = field(default_factory=dict)
    current: dict[int, Version] = field(default_factory=dict)

    def of(self, passage: Passage) -> Version:
        return self.versions[passage.paragraph.text.split()[1]]


@dataclass
class Harbour:
    """The store, its record, and one thread's way of doing each thing."""

    store: StatementStore
    record: Record = field(default_factory=Record)
    writing: threading.Lock = field(default_factory=threading.Lock)
    """The record is exact only if one write follows the other; readers never wait for it."""
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def write(self, file: int) -> None:
        """Add a file, or replace it by a version with as many paragraphs."""
        version = Version(file, f"v{len(self.record.versions)}v")
        texts = [f"{COMMON} {version.word} berth{n}" for n in range(1, PARAGRAPHS + 1)]
        batch = document(f"{file}.txt", (Header(f"XX.DEL/{file}/20", "en"), texts))
        ready = self.store.embed([(one, whole(one)) for one in batch])
        old = self.record.current.get(file)
        self.record.versions[version.word] = version
        version.starts = time.monotonic()
        if old:
            old.falls = version.starts
        self.store.add(ready)
        version.stands = time.monotonic()
        if old:
            old.gone = version.stands
        self.record.current[file] = version
        self.counts["written"] += 1

    def delete(self, file: int) -> None:
        version = self.record.current.pop(file, None)
        if version is None:
            return
        ids = [one.id for one in self.store.find(f"XX.DEL/{file}/20")]
        version.falls = time.monotonic()
        assert self.store.delete(ids) == 1
        version.gone = time.monotonic()
        self.counts["deleted"] += 1

    def search_all(self, chance: random.Random) -> None:
        """Every paragraph, by words and by vectors: only what could be seen; of a file one version, and that whole."""
        begin = time.monotonic()
        hits = self.store.search(COMMON, self.store.embedder.embed_query(COMMON), k=FILES * PARAGRAPHS * 3)
        end = time.monotonic()
        found = defaultdict(set)
        for hit in hits:
            found[hit.statement_id].add(hit.first)
            assert hit.dense > 0
        assert all(numbers == set(range(1, PARAGRAPHS + 1)) for numbers in found.values())
        passages = self.store.passages([(hit.statement_id, hit.first) for hit in hits])
        versions = {passage.statement.id: self.record.of(passage) for passage in passages}
        assert all(version.starts <= end and version.gone >= begin for version in versions.values())
        stands = {statement for statement, version in versions.items() if version.falls >= end}
        assert all(hit.lexical > 0 for hit in hits if hit.statement_id in stands)  # what falls may have lost its words
        files = [version.file for version in versions.values()]
        assert len(files) == len(set(files))

    def search_one(self, chance: random.Random) -> None:
        """A version that stands all the while is found, whole, by its own word; one that is gone is not."""
        version = chance.choice(list(self.record.versions.values())[-3 * FILES :])
        begin = time.monotonic()
        hits = self.store.search(version.word, self.store.embedder.embed_query(version.word), k=PARAGRAPHS * 2)
        end = time.monotonic()
        numbers = sorted(hit.first for hit in hits if hit.lexical > 0)
        if version.stands <= begin and version.falls >= end:
            assert numbers == list(range(1, PARAGRAPHS + 1))
        elif version.gone <= begin:
            assert not numbers
        else:
            assert numbers in ([], list(range(1, PARAGRAPHS + 1)))

    def read(self, chance: random.Random) -> None:
        """A statement that was looked up is read whole and of one version, or is not there any more."""
        file = chance.randrange(FILES)
        begin = time.monotonic()
        for one in self.store.find(f"XX.DEL/{file}/20"):
            passages = self.store.passages([(one.id, n) for n in range(1, PARAGRAPHS + 1)])
            assert len(passages) in {0, PARAGRAPHS}
            versions = {self.record.of(passage).word for passage in passages}
            assert len(versions) <= 1
            assert all(self.record.versions[word].gone >= begin for word in versions)
            try:
                paragraphs = self.store.paragraphs(one.id)
            except NotFoundError:
                continue
            assert len(paragraphs) == PARAGRAPHS

    def count(self, chance: random.Random) -> None:
        """The numbers are of one moment."""
        status = self.store.status()
        assert status.paragraphs == status.chunks == status.statements * PARAGRAPHS


@pytest.fixture(params=["scored", "graph"])
def harbour(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harbour]:
    """A store that scores vectors itself, as it does while there are few, or asks Chroma, as for many."""
    if request.param == "graph":
        monkeypatch.setattr("store.indexes.EXACT_LIMIT", 0)
    with StatementStore.open(tmp_path / "store", WordEmbedder()) as store:
        made = Harbour(store)
        for file in range(FILES):
            made.write(file)
        yield made
        assert store.check(full=True).sound
        assert {one.file for one in store.sources(ROOT)} == {f"{file}.txt" for file in made.record.current}


def test_readers_beside_writers_see_no_error_and_nothing_stale_or_half(harbour: Harbour) -> None:
    end = time.monotonic() + SECONDS

    def reader(seed: int) -> None:
        chance = random.Random(seed)
        ways: tuple[Callable[[random.Random], None], ...] = (
            harbour.search_all,
            harbour.search_one,
            harbour.read,
            harbour.count,
        )
        while time.monotonic() < end:
            chance.choice(ways)(chance)
            harbour.counts[f"reader {seed}"] += 1

    def writer(seed: int, change: Callable[[int], None]) -> None:
        chance = random.Random(seed)
        while time.monotonic() < end:
            with harbour.writing:
                change(chance.randrange(FILES))
            time.sleep(chance.uniform(0, 0.02))

    with ThreadPoolExecutor(READERS + 2) as pool:
        jobs = [pool.submit(reader, seed) for seed in range(READERS)]
        jobs += [pool.submit(writer, 100, harbour.write), pool.submit(writer, 200, harbour.delete)]
        for job in jobs:
            job.result()
    assert all(harbour.counts[f"reader {seed}"] for seed in range(READERS))
    assert harbour.counts["written"] > FILES
    assert harbour.counts["deleted"]
