"""Hybrid search: the chunks nearest to a question by vector and by words, among those that filters leave.

Both sides answer in one of several ways, chosen here alone, from counts:

- Vectors are scored one by one over the mapped matrix (exact), or asked of Chroma's graph (fast, however many there
  are). The graph knows no filters, so more are asked for than are wanted, in the share that the filters keep, and those
  that the filters refuse are cut. Scoring costs by the chunks that are kept, asking hardly: few are scored, many asked
  for (`asked`). A filter may keep just what the question is not about; then fewer than wanted remain of
  those asked for, and the kept chunks are scored after all. So nothing is ever missed because of a filter, and a narrow
  filter is always answered exactly.
- Words: a broad filter is cut in the same way from the best of all, because tantivy skips through the best of an
  unfiltered question but not through a filtered one. A narrower filter, or one that leaves too few of them, is looked
  up in tantivy's own fields; a set of statements, which no field knows, by their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import ceil

import numpy as np
from numpy.typing import NDArray

from store.columns import Selection
from store.lexical import LexicalIndex
from store.matrix import Matrix
from store.snapshot import Snapshot
from store.types import Filters
from store.vectors import VectorIndex

FILTERED_LIMIT = 6
"""With a filter so many times as many are scored: it may keep what the graph does not come near to (measured)."""
MARGIN = 3
"""More results are asked for than the share of the filter demands, because what it keeps is not spread evenly."""
LEAST_FILTERED = 3_000
"""With a filter at least so many: the graph looks about as widely as it is asked for results, and misses fewer."""
MOST_ASKED = 5_000
SPARE = 40
"""Asked for beside the k best of all: Chroma may hold chunks that are not visible yet, or no longer."""
BROAD = 0.1
"""Share of the chunks from which the words' filter is cut from the best of all."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found for a question. Both scores are known, whichever index found it."""

    chunk_id: int
    statement_id: int
    first: int
    last: int
    dense: float
    """Cosine to the question."""
    lexical: float
    """BM25; 0 where no word is shared, or where the chunk is just being taken out."""


Found = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Chunk ids and scores, best first."""


def asked(kept: int, total: int, k: int, limit: int) -> int:
    """How many results to ask of Chroma for the k best of `kept` chunks among `total`; 0: score the kept ones.

    `limit` is the number of chunks whose scoring takes as long as a question to Chroma.
    """
    if kept == total:
        return k + SPARE if kept > limit else 0
    wanted = max(ceil(MARGIN * k * total / max(kept, 1)), LEAST_FILTERED)
    return wanted if kept > FILTERED_LIMIT * limit and wanted <= MOST_ASKED else 0


@cache
def _beside() -> ThreadPoolExecutor:
    """Looks up words while vectors are scored: both leave the interpreter to others."""
    return ThreadPoolExecutor(thread_name_prefix="words")


@dataclass(frozen=True, slots=True)
class _Kept:
    """What filters leave."""

    allowed: NDArray[np.bool_]
    """For each statement row."""
    chunks: NDArray[np.int64]
    """Rows of their chunks."""
    selection: Selection | None
    """The same as values of fields; None where no field says it."""


@dataclass(frozen=True, slots=True)
class Search:
    """Questions to one state of the store."""

    snapshot: Snapshot
    matrix: Matrix
    vectors: Callable[[], VectorIndex | None]
    """The vector index; None while it is being opened: then everything is scored."""
    lexical: LexicalIndex
    exact_limit: int
    """Of `asked`."""

    def best(
        self, text: str, vector: NDArray[np.float32], filters: Filters, only: Collection[int] | None, k: int
    ) -> list[Hit]:
        """The k best by vector and the k best by words, united, in order of id."""
        kept = self._kept(filters, only)
        if kept is not None and not len(kept.chunks):
            return []
        words = _beside().submit(self._worded, text, kept, k)
        near, cosines = self._nearest(vector, kept, k)
        worded, scores = words.result()
        rows = self._live_rows(np.union1d(near, worded), kept)
        ids = self.snapshot.chunk_ids[rows]
        dense = dict(zip(near.tolist(), cosines.tolist(), strict=True))
        dense |= self._cosines(np.setdiff1d(ids, near), vector)
        lexical = dict(zip(worded.tolist(), scores.tolist(), strict=True))
        further = np.setdiff1d(ids, worded).tolist()
        if further:
            found, values = self.lexical.best(text, len(further), chunks=further)
            lexical |= zip(found.tolist(), values.tolist(), strict=True)
        return [self._hit(row, dense, lexical) for row in rows.tolist()]

    def nearest(self, vector: NDArray[np.float32], filters: Filters, k: int) -> Found:
        """The k best by vector alone."""
        return self._nearest(vector, self._kept(filters, None), k)

    def _kept(self, filters: Filters, only: Collection[int] | None) -> _Kept | None:
        snapshot = self.snapshot
        if not filters and only is None:
            return None
        selection = snapshot.columns.select(filters)
        allowed = selection.rows
        if only is not None:
            allowed = allowed & np.isin(snapshot.statement_ids, np.fromiter(only, np.int64, len(only)))
        chunks = np.flatnonzero(allowed[snapshot.chunk_statement])
        return _Kept(allowed, chunks, selection if only is None else None)

    def _nearest(self, vector: NDArray[np.float32], kept: _Kept | None, k: int) -> Found:
        live = self.snapshot.chunk_ids
        count = len(live) if kept is None else len(kept.chunks)
        many = asked(count, len(live), k, self.exact_limit)
        index = self.vectors() if many else None
        if index is not None:
            ids, cosines = index.nearest(vector, many)
            fits = self._fitting(ids, kept)
            if fits.sum() >= min(k, count):
                return ids[fits][:k], cosines[fits][:k]
        return self.matrix.nearest(live if kept is None else live[kept.chunks], vector, k)

    def _worded(self, text: str, kept: _Kept | None, k: int) -> Found:
        if kept is None:
            return self.lexical.best(text, k)
        share = len(kept.chunks) / len(self.snapshot.chunk_ids)
        if share >= BROAD:
            many = ceil(MARGIN * k / share)
            ids, scores = self.lexical.best(text, many)
            fits = self._fitting(ids, kept)
            if fits.sum() >= k or len(ids) < many:
                return ids[fits][:k], scores[fits][:k]
        if kept.selection is not None:
            return self.lexical.best(text, k, selection=kept.selection)
        return self.lexical.best(text, k, statements=self.snapshot.statement_ids[kept.allowed].tolist())

    def _fitting(self, ids: NDArray[np.int64], kept: _Kept | None) -> NDArray[np.bool_]:
        """Which of these chunks the snapshot knows and the filters leave: an index may be ahead of the snapshot."""
        rows = self.snapshot.rows(ids)
        return (rows >= 0) if kept is None else (rows >= 0) & kept.allowed[self.snapshot.chunk_statement[rows]]

    def _live_rows(self, ids: NDArray[np.int64], kept: _Kept | None) -> NDArray[np.int64]:
        return self.snapshot.rows(ids)[self._fitting(ids, kept)]

    def _cosines(self, ids: NDArray[np.int64], vector: NDArray[np.float32]) -> dict[int, float]:
        found, vectors = self.matrix.vectors(ids)
        return dict(zip(found.tolist(), (vectors @ vector).tolist(), strict=True)) if len(found) else {}

    def _hit(self, row: int, dense: Mapping[int, float], lexical: Mapping[int, float]) -> Hit:
        snapshot = self.snapshot
        chunk_id = int(snapshot.chunk_ids[row])
        return Hit(
            chunk_id,
            int(snapshot.statement_ids[snapshot.chunk_statement[row]]),
            int(snapshot.chunk_first[row]),
            int(snapshot.chunk_last[row]),
            float(dense.get(chunk_id, 0.0)),
            float(lexical.get(chunk_id, 0.0)),
        )
