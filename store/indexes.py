"""What is made from the registry: the vector index, the lexical index and the matrix, kept in step as one.

All three can be made again without embedding. `match` mends them by id, `rebuild` fills them anew, `remake` does it in
new folders, so that nothing of what was deleted stays on the disk.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from store import doctor, probe
from store.doctor import Finding
from store.errors import StoreError
from store.lexical import LexicalEntry
from store.matrix import CHUNK, MATRIX, Matrix, key_of
from store.recovery import VECTORS, WORDS, Seal, index_errors, open_vectors, open_words
from store.registry import Registry, kept
from store.search import Search
from store.snapshot import Snapshot
from store.types import IndexedStatement
from store.vectors import Opening, VectorIndex, combine

LOG = logging.getLogger(__name__)
COLLECTION = "collection"
"""Setting of the registry: the name of the collection in a Chroma server."""
PLACE = "vectors"
"""Setting of the registry: the address of the server that has the vectors; empty or none for the folder."""
EXACT_LIMIT = 100_000
"""So many chunks are scored one by one in the time of the shortest question to Chroma (docs/performance.md)."""
SLICE = 2_000

Staged = Sequence[tuple[int, Sequence[int]]]
"""For each statement of a batch its id and the ids of its chunks."""


class Indexes:
    """One writer; searches beside it."""

    def __init__(
        self,
        folder: Path,
        registry: Registry,
        made: str,
        *,
        chroma_url: str | None = None,
        wary: bool = False,
    ) -> None:
        """`made` says how the vectors are made. With `wary` the folders are looked at as closely as after a crash."""
        self._folder = folder
        self._registry = registry
        self._chroma_url = chroma_url
        self._seal = Seal(folder)
        self._trusted = self._seal.unbroken() and not wary
        self._seal.take_away()
        self.matrix = Matrix(folder / MATRIX, key_of(made))
        self.words = open_words(folder / WORDS, trusted=self._trusted)
        self._opening = self._open_vectors()

    def close(self, *, sound: bool) -> None:
        """`sound`: they hold what the registry holds, so the next start need not look closely."""
        with index_errors(self._folder):
            self.words.close()
            self._opening.close()
        if sound:
            self._seal.put_on()

    @property
    def vectors(self) -> VectorIndex:
        return self._opening.now()

    def search(self, snapshot: Snapshot) -> Search:
        """Questions to this state of the store; Chroma is opened meanwhile where it is not yet."""
        return Search(snapshot, self.matrix, self._opening.soon, self.words, EXACT_LIMIT)

    def chunks(self) -> NDArray[np.void] | None:
        """The numbers of the chunks from the matrix; None where that does not say what the registry says."""
        return self.matrix.chunks if self.matrix.agrees(self._registry.spans()) else None

    def add(self, batch: Sequence[IndexedStatement], staged: Staged) -> None:
        """Into all three."""
        ids = [chunk_id for _, chunk_ids in staged for chunk_id in chunk_ids]
        if not ids:
            return
        headers = [np.repeat(item.header_vector[None, :], len(item.chunks), axis=0) for item in batch]
        # As the registry keeps them: an index that is made again from it gives the same scores.
        vectors = combine(*(kept(np.concatenate(part)) for part in ([item.vectors for item in batch], headers)))
        self.matrix.add(_numbers(batch, staged), vectors)
        self.vectors.add(ids, vectors)
        self.words.add(
            LexicalEntry(chunk_id, statement_id, item.statement.header, chunk.text)
            for item, (statement_id, chunk_ids) in zip(batch, staged, strict=True)
            for chunk, chunk_id in zip(item.chunks, chunk_ids, strict=True)
        )
        self.words.commit()

    def delete(self, ids: Sequence[int]) -> None:
        """Out of both indexes; the matrix keeps the rows of what is gone until it is made again."""
        self.vectors.delete(ids)
        self.words.delete(ids)
        self.words.commit()

    # making them agree with the registry

    def settle(self, snapshot: Snapshot, *, agreed: bool) -> list[Finding]:
        """At the start: let both indexes hold what the registry holds; what was mended.

        `agreed`: the matrix did. Ids are compared where the store was not closed properly or the vectors were
        elsewhere; else counts. Where all else agrees, that of the vectors in the folder is not even asked: it would
        open Chroma.
        """
        place = self._chroma_url or ""
        moved = (self._registry.setting(PLACE) or "") != place
        sure = agreed and self._trusted and not moved and not place
        found = []
        if not sure or self.words.count() != len(snapshot.chunk_ids):
            found = self.match(snapshot, closely=not self._trusted or moved)
        if moved:
            self._registry.set_settings({PLACE: place})
        return found

    def match(self, snapshot: Snapshot, *, closely: bool) -> list[Finding]:
        """Give both indexes what they lack and take out what they have too many; what that was.

        Ids are compared where the count is another one, or `closely`.
        """
        live, found = snapshot.chunk_ids, []
        if closely or self.vectors.count() != len(live):
            found += self._match("vectors", live, self.vectors.ids(), self.vectors.delete, self._add_vectors)
        if self.vectors.count() != len(live):
            self._rebuild_vectors(live)
        if closely or self.words.count() != len(live):
            words = self.words
            differ = self._match("words", live, words.ids(), words.delete, lambda ids: self.add_words(snapshot, ids))
            if differ:
                words.commit()
            found += differ
        if self.words.count() != len(live):
            self.rebuild_words(snapshot)
        return found

    def _match(
        self,
        part: doctor.Part,
        live: NDArray[np.int64],
        held: NDArray[np.int64],
        delete: Callable[[Sequence[int]], None],
        add: Callable[[Sequence[int]], None],
    ) -> list[Finding]:
        found = [replace(one, mended=True) for one in doctor.differences(part, live, held)]
        for one in found:
            LOG.warning("%s: %s; mended from the registry", self._folder, one.what)
        if found:
            delete(np.setdiff1d(held, live).tolist())
            for ids in _slices(np.setdiff1d(live, held)):
                add(ids.tolist())
        return found

    def reopen_words(self) -> None:
        """A new writer: one whose commit failed may be dead."""
        with suppress(StoreError), index_errors(self._folder):
            self.words.close()
        self.words = open_words(self._folder / WORDS, trusted=True)

    def rebuild(self, snapshot: Snapshot) -> None:
        """Fill all three anew."""
        self.fill_matrix()
        self._rebuild_vectors(snapshot.chunk_ids)
        self.rebuild_words(snapshot)

    def remake(self, snapshot: Snapshot) -> None:
        """All three in new folders: Chroma keeps deleted vectors in its files, tantivy words until it merges them."""
        self.words.close()
        self._opening.close()
        shutil.rmtree(self._folder / WORDS)
        self.words = open_words(self._folder / WORDS, trusted=True)
        self.rebuild_words(snapshot)
        self.fill_matrix()
        if not self._chroma_url:
            shutil.rmtree(self._folder / VECTORS, ignore_errors=True)
            probe.fill(self._folder)
        self._opening = self._open_vectors()
        if self._chroma_url:
            self._rebuild_vectors(snapshot.chunk_ids)

    def fill_matrix(self) -> None:
        chunks = self._registry.chunks_of()
        with self.matrix.remade() as matrix:
            for start in range(0, len(chunks), SLICE):
                part = chunks[start : start + SLICE]
                found, texts, headers = self._registry.vectors(part["id"].tolist())
                matrix.add(part, combine(texts, headers)[np.argsort(found)])

    def _rebuild_vectors(self, live: NDArray[np.int64]) -> None:
        self.vectors.clear()
        for ids in _slices(live):
            self._add_vectors(ids.tolist())

    def _add_vectors(self, ids: Sequence[int]) -> None:
        found, vectors = self.matrix.vectors(np.array(ids, np.int64))
        self.vectors.add(found.tolist(), vectors)

    def rebuild_words(self, snapshot: Snapshot) -> None:
        self.words.clear()
        for ids in _slices(snapshot.chunk_ids):
            self.add_words(snapshot, ids.tolist())
        self.words.commit()

    def add_words(self, snapshot: Snapshot, ids: Sequence[int]) -> None:
        """Into the lexical index, from the registry; findable after its `commit`."""
        self.words.add(
            LexicalEntry(chunk_id, statement_id, snapshot.statements[statement_id].header, text)
            for chunk_id, statement_id, text in self._registry.chunk_texts(ids)
        )

    # opening Chroma, which takes longer than everything else together: when it is needed

    def _open_vectors(self) -> Opening:
        url = self._chroma_url
        if url:
            return Opening(lambda: VectorIndex(url=url, collection=self._collection()))
        folder, dimension = self._folder / VECTORS, self._registry.dimension()
        return Opening(lambda: self._filled(open_vectors(folder, trusted=self._trusted, dimension=dimension)))

    def _filled(self, index: VectorIndex) -> VectorIndex:
        """One that was trusted at the start, but had to be made anew when it was opened, gets its vectors."""
        if not self._trusted:
            return index
        if index.count() < sum(count for _, count, *_ in self._registry.spans()):
            live = self._registry.chunks_of()["id"]
            LOG.warning("%s: vectors are missing in the index; mended from the registry", self._folder)
            for ids in _slices(np.setdiff1d(live, index.ids())):
                found, vectors = self.matrix.vectors(ids)
                index.add(found.tolist(), vectors)
        return index

    def _collection(self) -> str:
        """The name of this store's collection in a server that other stores may use too."""
        name = self._registry.setting(COLLECTION)
        if name is None:
            name = f"statements-{uuid4().hex}"
            self._registry.set_settings({COLLECTION: name})
        return name


def _slices(ids: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(ids), SLICE):
        yield ids[start : start + SLICE]


def _numbers(batch: Sequence[IndexedStatement], staged: Staged) -> NDArray[np.void]:
    """The numbers of the chunks of a batch, given with the ids that they got."""
    rows = [
        (chunk_id, statement_id, chunk.first, chunk.last)
        for item, (statement_id, chunk_ids) in zip(batch, staged, strict=True)
        for chunk_id, chunk in zip(chunk_ids, item.chunks, strict=True)
    ]
    return np.array(rows, CHUNK)
