"""The searched vectors as one mapped file, row by row: what scores chunks exactly, without the database.

A row is kept twice: as float16, which gives the exact score, and as int8 with a scale of its own, which is five times
faster to scan and finds the candidates for it. Beside them stand the chunk's numbers, so that a start need not read
the table of chunks. All of it is derived: where it does not say what the registry says, it is made again.

Rows are only added. The vectors reach the disk before the numbers that name them, so what a killed process or a power
cut leaves is a shorter file, not a wrong one. A chunk that is gone keeps its row until the file is made again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from store.errors import disk_errors
from store.types import Vectors

CHUNK = np.dtype([("id", "<i8"), ("statement", "<i8"), ("first", "<i4"), ("last", "<i4")])
"""A chunk's numbers: its id, its statement, its first and last paragraph."""
MATRIX = "matrix"
"""Its folder in the store's."""
VERSION = "1"
KEY_BYTES = 32
BLOCK = 1024
"""Rows that are scored together: they fit the processor's cache."""
CANDIDATES = 4
"""For k results, the best k times so many by int8 are scored exactly: int8 moves a cosine by about 0.0005."""
FEWEST_CANDIDATES = 256
SHARE = 10_000
"""Rows that are worth a thread of their own."""
CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the file holds at one moment."""

    chunks: NDArray[np.void]
    ids: NDArray[np.int64]
    """Of the chunks: one piece of memory, which is what a look-up needs."""
    exact: NDArray[np.float16]
    rough: NDArray[np.int8]
    scales: NDArray[np.float32]


def key_of(fingerprint: str) -> bytes:
    """What stands in the file of vectors that are made like this."""
    return sha256(f"{VERSION} {fingerprint}".encode()).digest()


class Matrix:
    """Vectors by row. One writer, any number of readers."""

    def __init__(self, folder: Path, key: bytes) -> None:
        """`key` says how the vectors are made (`key_of`); a file of others is emptied."""
        self._folder = folder
        self._key = key
        with _translated(folder):
            self._rows = self._read()

    @property
    def chunks(self) -> NDArray[np.void]:
        """The numbers of every row, `CHUNK` by `CHUNK`, ids ascending."""
        return self._rows.chunks

    def add(self, chunks: NDArray[np.void], vectors: Vectors) -> None:
        """More rows; their ids are greater than all that are there."""
        if not len(chunks):
            return
        largest = np.maximum(np.abs(vectors).max(axis=1), 1e-12)
        rough = np.rint(vectors * (127 / largest)[:, None]).astype(np.int8)
        with _translated(self._folder):
            if not self._path("key").exists():
                self._make(vectors.shape[1])
            # Rows from an id that is given again are of another registry: one that was restored from a backup.
            count = int(np.searchsorted(self._rows.ids, chunks["id"][0]))
            os.truncate(self._path("chunks"), count * CHUNK.itemsize)
            for name, data in (
                ("exact", vectors.astype("<f2")),
                ("rough", rough),
                ("scales", (largest / 127).astype("<f4")),
                ("chunks", chunks),  # last: a row counts from here on
            ):
                with self._path(name).open("r+b") as file:
                    file.seek(count * data.dtype.itemsize * (data.shape[1] if data.ndim == 2 else 1))
                    file.write(np.ascontiguousarray(data).tobytes())
                    file.truncate()
                    file.flush()
                    os.fsync(file.fileno())
            self._rows = self._read()

    def agrees(self, spans: Sequence[tuple[int, int, int, int]]) -> bool:
        """Does it hold these statements' chunks? Each: statement, number of chunks, least id, greatest id.

        Where the rows are more than twice as many as those chunks, it is not worth keeping either.
        """
        chunks = self._rows.chunks
        live = np.array(spans, np.int64).reshape(-1, 4)
        if len(chunks) > 2 * int(live[:, 1].sum()) + BLOCK:
            return False
        mine = chunks[np.isin(chunks["statement"], live[:, 0])]
        ids, place, counts = np.unique(mine["statement"], return_inverse=True, return_counts=True)
        if not np.array_equal(ids, live[:, 0]):
            return False
        least, greatest = np.full(len(ids), np.iinfo(np.int64).max), np.zeros(len(ids), np.int64)
        np.minimum.at(least, place, mine["id"])
        np.maximum.at(greatest, place, mine["id"])
        return bool(np.array_equal(np.stack([counts, least, greatest], axis=1), live[:, 1:]))

    @contextmanager
    def remade(self) -> Iterator[Matrix]:
        """An empty one, to be filled, which then takes the place of this; until then readers keep this."""
        folder = self._folder.with_name(f"{self._folder.name}.new")
        with _translated(folder):
            shutil.rmtree(folder, ignore_errors=True)
        yield Matrix(folder, self._key)
        with _translated(self._folder):
            shutil.rmtree(self._folder, ignore_errors=True)
            if folder.exists():
                folder.replace(self._folder)
            self._rows = self._read()

    def rows(self, chunk_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row of each chunk, -1 for one that has none."""
        return places(self._rows.ids, chunk_ids)

    def vectors(self, chunk_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], Vectors]:
        """The ids that have a row, and their vectors."""
        held = self._rows
        rows = places(held.ids, chunk_ids)
        return chunk_ids[rows >= 0], held.exact[rows[rows >= 0]].astype(np.float32)

    def nearest(
        self, chunk_ids: NDArray[np.int64], vector: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Of these chunks (ids ascending) the k best and their cosines, best first."""
        held = self._rows
        rows = places(held.ids, chunk_ids)
        rows = rows[rows >= 0]
        if not len(rows):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        candidates = max(CANDIDATES * k, FEWEST_CANDIDATES)
        if len(rows) > candidates:
            scores = _rough_scores(held, rows, vector)
            rows = rows[np.argpartition(-scores, candidates)[:candidates]]
        cosines = held.exact[rows].astype(np.float32) @ vector
        best = np.argsort(-cosines, kind="stable")[:k]
        return held.ids[rows[best]], cosines[best]

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _make(self, dimension: int) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        for name in ("exact", "rough", "scales", "chunks"):
            self._path(name).touch()
        self._path("key").write_bytes(self._key + dimension.to_bytes(4, "little"))

    def _read(self) -> _Rows:
        """As many rows as all parts hold; none where the file is of another kind or not there."""
        try:
            key = self._path("key").read_bytes()
        except FileNotFoundError:
            key = b""
        if len(key) != KEY_BYTES + 4 or key[:KEY_BYTES] != self._key:
            shutil.rmtree(self._folder, ignore_errors=True)
            empty = np.zeros((0, 0), np.float16), np.zeros((0, 0), np.int8)
            return _Rows(np.zeros(0, CHUNK), np.zeros(0, np.int64), *empty, np.zeros(0, np.float32))
        dimension = int.from_bytes(key[KEY_BYTES:], "little")
        widths = {"exact": 2 * dimension, "rough": dimension, "scales": 4, "chunks": CHUNK.itemsize}
        sizes = {name: self._path(name).stat().st_size if self._path(name).exists() else 0 for name in widths}
        count = min(sizes[name] // width for name, width in widths.items())

        def mapped(name: str, kind: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
            return np.memmap(self._path(name), kind, "r", shape=shape) if count else np.zeros(shape, kind)

        chunks = np.fromfile(self._path("chunks"), CHUNK, count) if count else np.zeros(0, CHUNK)
        return _Rows(
            chunks,
            np.ascontiguousarray(chunks["id"]),
            mapped("exact", "<f2", (count, dimension)),  # type: ignore[arg-type]
            mapped("rough", "i1", (count, dimension)),  # type: ignore[arg-type]
            np.fromfile(self._path("scales"), "<f4", count) if count else np.zeros(0, "<f4"),
        )


def places(ascending: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each wanted number stands, -1 for one that is not there."""
    if not len(ascending):
        return np.full(len(wanted), -1, np.int64)
    found = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[found] == wanted, found, -1)


def _rough_scores(held: _Rows, rows: NDArray[np.int64], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    scores = np.empty(len(rows), np.float32)

    def score(first: int, last: int) -> None:
        for start in range(first, last, BLOCK):
            part = rows[start : min(start + BLOCK, last)]
            whole = part[-1] - part[0] + 1 == len(part)
            block = held.rough[part[0] : part[-1] + 1] if whole else held.rough[part]
            scores[start : start + len(part)] = block.astype(np.float32) @ vector

    shares = min(CORES, ceil(len(rows) / SHARE))
    bounds = [len(rows) * n // shares for n in range(shares + 1)]
    others = [_beside().submit(score, *span) for span in pairwise(bounds[1:])]
    score(0, bounds[1])
    for other in others:
        other.result()
    return scores * held.scales[rows]


@cache
def _beside() -> ThreadPoolExecutor:
    """Scores shares of the rows on the other cores."""
    return ThreadPoolExecutor(CORES, thread_name_prefix="scores")


def _translated(folder: Path) -> AbstractContextManager[None]:
    return disk_errors(folder, f"{folder} can't be read or written", "check the disk and rights")
