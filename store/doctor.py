"""Does the store hold what it says it holds? The registry is examined by itself, the indexes against the registry.

What is wrong is a `Finding`; `StatementStore.check` mends what can be mended and looks again, so that `mended` is seen,
not claimed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from store import schema
from store.errors import StoreDamagedError, StoreError
from store.lexical import LexicalIndex
from store.matrix import Matrix
from store.recovery import WORDS, damaged_segments
from store.registry import Place, Registry
from store.types import Vectors
from store.vectors import VectorIndex, combine

SAMPLE = 200
"""Statements and chunks that are looked into where not all are."""
SLICE = 1_000
NEAR = 10
SAME = 0.999
"""Cosine from which two copies of a vector count as the same: float16 and float32 differ by less than 1e-4."""

COUNTS = """SELECT (SELECT count(*) FROM statements WHERE live) AS statements,
  (SELECT count(*) FROM chunks JOIN statements ON statements.id = statement_id WHERE live) AS chunks"""
REPAIR = "run: statements doctor --repair"
REPLACE = "run: statements restore FILE --replace, with a backup, or ingest the documents into a new store"

Part = Literal["registry", "vectors", "words", "matrix"]
Kind = Literal[
    "damaged", "reference", "range", "checksum", "no checksum", "source", "missing", "left over", "other content"
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    part: Part
    kind: Kind
    what: str
    """One line."""
    remedy: str = REPAIR
    statement: int | None = None
    source: Place | None = None
    """Root and file to take in again, where that is what helps."""
    mended: bool = False

    @property
    def key(self) -> tuple[Part, Kind, int | None, Place | None]:
        return self.part, self.kind, self.statement, self.source


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found."""

    full: bool
    statements: int
    chunks: int
    findings: tuple[Finding, ...]
    seconds: float
    indexes: bool = True
    """False where another process has the store, so that its indexes could not be compared."""

    @property
    def sound(self) -> bool:
        """Nothing is wrong, or not any more."""
        return all(one.mended for one in self.findings)


def check_registry(folder: Path, *, full: bool) -> Report:
    """The registry alone, of a store that another process may have; nothing is changed."""
    started = time.perf_counter()
    path = folder / schema.FILE
    version = schema.version_of(path)
    if version != schema.VERSION:
        raise StoreError(f"{path} has schema {version}, this program knows {schema.VERSION}; check it when it is free")
    registry = Registry(path)
    try:
        found = tuple(examine(registry, full=full, seed=random.getrandbits(32)))
        (counts,) = _rows(registry, COUNTS)
    finally:
        registry.close()
    return Report(full, counts.statements, counts.chunks, found, time.perf_counter() - started, indexes=False)


def examine(registry: Registry, *, full: bool, seed: int) -> Iterator[Finding]:
    """What is wrong with the registry by itself; a sample of its statements unless `full`."""
    try:
        with registry.begin() as db:
            order = "integrity_check" if full else "quick_check"
            said = [row[0] for row in db.execute(sa.text(f"PRAGMA {order}"))]
        if said != ["ok"]:
            yield Finding("registry", "damaged", f"the database is damaged: {said[0]}", REPLACE)
        yield from _references(registry)
        yield from _ranges(registry)
        yield from _sources(registry)
        yield from checksums(registry, None if full else SAMPLE, seed)
    except StoreDamagedError as error:
        yield Finding("registry", "damaged", str(error), REPLACE)


def checksums(registry: Registry, sample: int | None, seed: int) -> Iterator[Finding]:
    """Statements, all or a sample, whose content is not what was written."""
    rows = _rows(registry, "SELECT id, checksum, root, file, code, language FROM statements WHERE live ORDER BY id")
    chosen = rows if sample is None or len(rows) <= sample else random.Random(seed).sample(rows, sample)
    for row in chosen:
        if row.checksum is None:
            what = f"{row.code} in {row.language} has no checksum yet: an older version wrote it"
            yield Finding("registry", "no checksum", what, statement=row.id)
            continue
        try:
            same = registry.as_written(row.id)
        except (StoreDamagedError, ValueError, TypeError):  # what no longer decodes
            same = False
        if not same:
            what = f"{row.code} in {row.language} is not as it was written; take {row.file} in again"
            yield Finding("registry", "checksum", what, statement=row.id, source=(row.root, row.file))


def _references(registry: Registry) -> Iterator[Finding]:
    orphans = len(_rows(registry, "PRAGMA foreign_key_check"))
    if orphans:
        yield Finding("registry", "reference", f"{orphans:,} paragraphs or chunks belong to no statement")


def _ranges(registry: Registry) -> Iterator[Finding]:
    """Chunks whose paragraphs are not all there; paragraphs that are not numbered 1 to n."""
    query = """
        SELECT s.id, s.root, s.file, s.code, s.language FROM statements s
        LEFT JOIN (SELECT statement_id, count(*) n, min(number) low, max(number) high FROM paragraphs GROUP BY 1) p
          ON p.statement_id = s.id
        LEFT JOIN (SELECT statement_id, min(first) low, max(last) high, max(first > last) crossed
          FROM chunks GROUP BY 1) c ON c.statement_id = s.id
        WHERE s.live AND (p.low <> 1 OR p.high <> p.n OR c.crossed OR c.low < 1 OR c.high > coalesce(p.n, 0))
        ORDER BY s.id"""
    for row in _rows(registry, query):
        what = f"{row.code} in {row.language} has chunks of paragraphs that are not there; take {row.file} in again"
        yield Finding("registry", "range", what, statement=row.id, source=(row.root, row.file))


def _sources(registry: Registry) -> Iterator[Finding]:
    """Files that count as taken in though no statement is there: they would never be taken in again."""
    query = """
        SELECT f.root, f.file FROM sources f
        WHERE CASE WHEN f.same_file IS NULL
          THEN NOT EXISTS (SELECT 1 FROM statements s WHERE s.live AND s.root = f.root AND s.file = f.file)
          ELSE NOT EXISTS (SELECT 1 FROM sources o
            WHERE o.root = f.same_root AND o.file = f.same_file AND o.same_file IS NULL) END
        ORDER BY f.root, f.file"""
    for row in _rows(registry, query):
        what = f"{row.file} counts as taken in, but no statement of it is there; take it in again"
        yield Finding("registry", "source", what, source=(row.root, row.file))


@dataclass(frozen=True, slots=True)
class Held:
    """What is made from the registry."""

    vectors: VectorIndex
    words: LexicalIndex
    matrix: Matrix


def compare(registry: Registry, held: Held, *, full: bool, seed: int) -> Iterator[Finding]:
    """Where the indexes and the matrix hold something else than the registry."""
    live = registry.chunks_of()["id"]
    yield from differences("vectors", live, held.vectors.ids())
    yield from differences("words", live, held.words.ids())
    rows = held.matrix.chunks["id"]
    yield from differences("matrix", live, rows[np.isin(rows, live)])  # it keeps what is gone
    chosen = live if full or len(live) <= SAMPLE else np.sort(np.random.default_rng(seed).choice(live, SAMPLE, False))
    other = {"vectors": 0, "matrix": 0}
    for ids in _parts(chosen):
        found, texts, headers = registry.vectors(ids)
        wanted = dict(zip(found, combine(texts, headers), strict=True)) if found else {}
        other["vectors"] += _others(wanted, *held.vectors.vectors(found))
        numbers, values = held.matrix.vectors(np.array(found, np.int64))
        other["matrix"] += _others(wanted, numbers.tolist(), values)
    for part, count in other.items():
        if count:
            what = f"{count:,} of {len(chosen):,} vectors in the {part} are not the registry's"
            yield Finding("matrix" if part == "matrix" else "vectors", "other content", what)
    few = chosen[:: max(len(chosen) // SAMPLE, 1)].tolist()
    lost = _unfound(registry, held.vectors, few)
    if lost:
        yield Finding("vectors", "other content", f"{lost:,} of {len(few):,} vectors are not found by their own value")


def segments(folder: Path) -> Iterator[Finding]:
    """Files of the lexical index that are not as they were written."""
    damaged = damaged_segments(folder / WORDS)
    if damaged:
        yield Finding("words", "other content", f"{damaged[0].name} of the lexical index is damaged")


def differences(part: Part, live: NDArray[np.int64], held: NDArray[np.int64]) -> Iterator[Finding]:
    """Chunks that an index lacks, and such as it has too many."""
    missing = len(np.setdiff1d(live, held))
    extra = len(held) - (len(live) - missing)
    if missing:
        yield Finding(part, "missing", f"{missing:,} of {len(live):,} chunks are not in the index of {part}")
    if extra:
        yield Finding(part, "left over", f"the index of {part} holds {extra:,} chunks too many")


def _others(wanted: Mapping[int, NDArray[np.float32]], ids: Sequence[int], values: Vectors) -> int:
    """How many of these vectors are not the wanted ones; a text without words may have none at all."""
    lengths = np.maximum(np.linalg.norm(values, axis=1), 1e-12) if len(ids) else np.zeros(0)
    return sum(
        len(value) != len(wanted[chunk]) or float(value @ wanted[chunk]) < SAME * length * np.linalg.norm(wanted[chunk])
        for chunk, value, length in zip(ids, values, lengths, strict=True)
    )


def _unfound(registry: Registry, vectors: VectorIndex, ids: Sequence[int]) -> int:
    """Chunks whose own vector does not lead to it or to one as near: the graph between the vectors is broken."""
    found, texts, headers = registry.vectors(ids)
    lost = 0
    for vector in combine(texts, headers) if found else ():
        _, cosines = vectors.nearest(vector, NEAR)
        lost += not len(cosines) or float(cosines[0]) < SAME * float(np.linalg.norm(vector))
    return lost


def settled(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings before a repair, each with whether it is gone after it, and what is new."""
    left = {one.key: one for one in after}
    told = [replace(one, mended=one.key not in left) for one in before]
    known = {one.key for one in told}
    return (*told, *(one for key, one in left.items() if key not in known))


def _rows(registry: Registry, query: str) -> Sequence[sa.Row[tuple[object, ...]]]:
    with registry.begin() as db:
        return db.execute(sa.text(query)).all()


def _parts(ids: NDArray[np.int64]) -> Iterator[list[int]]:
    for start in range(0, len(ids), SLICE):
        yield ids[start : start + SLICE].tolist()
