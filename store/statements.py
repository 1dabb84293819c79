"""StatementStore: the registry, the vector index and the lexical index as one unit.

Write protocol: (1) stage the new rows in the registry, unseen; (2) write both indexes; (3) in one registry transaction
turn the new rows live and the old ones off; (4) take the old ones out of the indexes, then out of the registry.
Readers go by a snapshot of the live rows, which is exchanged after (3). A kill between any two steps leaves rows that
are not live and index entries that no snapshot knows; the next start removes both.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from store.errors import FingerprintError, NotFoundError, StoreError
from store.lexical import ANALYSER_VERSION, LexicalEntry, LexicalIndex
from store.lock import FolderLock, Owner, read_owner
from store.registry import Place, Registry, Source, unpack
from store.snapshot import Snapshot
from store.types import (
    Chunk,
    Embedder,
    Filters,
    IndexedStatement,
    Paragraph,
    Passage,
    Statement,
    StoredStatement,
    StoreStatus,
    Vectors,
)
from store.vectors import HEADER_SHARE, VectorIndex, combine

EXACT_LIMIT = 4_000
"""With filters that leave at most so many chunks, vectors are scored exactly; else the index is over-fetched."""
OVERFETCH = 1_000
REBUILD_SLICE = 2_000


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
    """BM25; 0 where no word is shared."""


class StatementStore:
    """Add, replace, delete, search. Thread-safe; one process per folder."""

    def __init__(self, folder: Path, embedder: Embedder, lock: FolderLock) -> None:
        self.folder = folder
        self.embedder = embedder
        self._lock = lock
        self._writing = threading.RLock()
        self._registry = Registry(folder / "registry.sqlite3")
        self._vectors = VectorIndex(folder / "chroma")
        self._lexical = LexicalIndex(folder / "lexical")
        self._fingerprint = ""
        self._snapshot = Snapshot.empty()

    @classmethod
    def open(
        cls,
        folder: Path,
        embedder: Embedder,
        *,
        chunking: str = "",
        address: str | None = None,
        any_index: bool = False,
    ) -> StatementStore:
        """Open or make the store in `folder` and mend what an interrupted write left.

        `chunking` names the chunker's settings. An index made with another embedder, chunker or analyser is refused
        (FingerprintError) unless `any_index`, which is for `rebuild` alone. A folder in use: StoreBusyError.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"can't make {folder} ({error.strerror}); choose another --store DIR") from error
        lock = FolderLock(folder)
        lock.acquire(address)
        try:
            store = cls(folder, embedder, lock)
            store._check_fingerprint(chunking, any_index=any_index)
            store._remove_hidden()
            store._refresh()
            if not any_index:  # else `rebuild` makes both anyway, also from an interrupted one
                store._match_indexes()
        except BaseException:
            lock.release()
            raise
        return store

    @staticmethod
    def owner(folder: Path) -> Owner | None:
        """The process that has the folder's store open, or None."""
        return read_owner(folder)

    def close(self) -> None:
        with self._writing:
            self._lexical.close()
            self._vectors.close()
            self._registry.close()
            self._lock.release()

    def __enter__(self) -> StatementStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # opening

    def _check_fingerprint(self, chunking: str, *, any_index: bool) -> None:
        wanted = {
            "embedder": f"{self.embedder.fingerprint} + {HEADER_SHARE} header",
            "chunking": chunking,
            "analyser": ANALYSER_VERSION,
        }
        self._wanted = json.dumps(wanted, sort_keys=True)
        kept = self._registry.setting("fingerprint")
        if kept is None:
            self._registry.set_settings({"fingerprint": self._wanted})
        elif kept != self._wanted and not any_index:
            old = json.loads(kept)
            differs = ", ".join(
                f"{name} {old.get(name) or 'unfinished'}, settings say {value}"
                for name, value in wanted.items()
                if old.get(name) != value
            )
            raise FingerprintError(f"the index in {self.folder} was made with {differs}; run: statements rebuild")
        self._fingerprint_holds = kept is None or kept == self._wanted
        self._fingerprint = hashlib.sha256(self._wanted.encode()).hexdigest()[:16]

    def _match_indexes(self) -> None:
        """An index that does not hold what the registry holds is made again from it."""
        live = len(self._snapshot.chunk_ids)
        if self._vectors.count() != live:
            self._rebuild_vectors()
        if self._lexical.count() != live:
            self._rebuild_lexical()

    # writing

    def embed(self, items: Sequence[tuple[Statement, Sequence[Chunk]]]) -> list[IndexedStatement]:
        """Statements with the vectors of their chunks and headers.

        What stands unchanged in the version that a source has now keeps its vector: other metadata, or one changed
        paragraph, do not embed the rest again.
        """
        texts = [text for statement, chunks in items for text in (statement.header.line(), *(c.text for c in chunks))]
        vectors = self._embedded(texts, list(dict.fromkeys((s.root, s.file) for s, _ in items)))
        indexed, start = [], 0
        for statement, chunks in items:
            end = start + 1 + len(chunks)
            indexed.append(IndexedStatement(statement, tuple(chunks), vectors[start + 1 : end], vectors[start]))
            start = end
        return indexed

    def _embedded(self, texts: Sequence[str], sources: Sequence[Place]) -> Vectors:
        known = self._registry.known_vectors(sources) if self._fingerprint_holds else {}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        made = dict(zip(new, self.embedder.embed_passages(new), strict=True)) if new else {}
        kept = dict(zip(known, unpack(list(known.values())), strict=True))
        return np.array([kept[text] if text in kept else made[text] for text in texts], np.float32)

    def add(self, batch: Sequence[IndexedStatement]) -> None:
        """Make the batch visible in one step, in place of what the same source files had before.

        All statements of one source file must be in one batch.
        """
        if not batch:
            return
        with self._writing:
            staged = self._registry.stage(batch)
            self._index(batch, staged)
            taken = dict.fromkeys(
                Source(one.root, one.file, one.file_sha256, one.digest) for one in (item.statement for item in batch)
            )
            self._registry.switch([statement_id for statement_id, _ in staged], list(taken))
            self._refresh()
            self._remove_hidden()

    def _index(self, batch: Sequence[IndexedStatement], staged: Sequence[tuple[int, list[int]]]) -> None:
        ids = [chunk_id for _, chunk_ids in staged for chunk_id in chunk_ids]
        if not ids:
            return
        headers = [np.repeat(item.header_vector[None, :], len(item.chunks), axis=0) for item in batch]
        self._vectors.add(ids, combine(np.concatenate([item.vectors for item in batch]), np.concatenate(headers)))
        self._lexical.add(
            LexicalEntry(chunk_id, statement_id, header.language, chunk.text, header.line())
            for item, (statement_id, chunk_ids) in zip(batch, staged, strict=True)
            for header in (item.statement.header,)
            for chunk, chunk_id in zip(item.chunks, chunk_ids, strict=True)
        )
        self._lexical.commit()

    def remove_files(self, root: str, files: Sequence[str]) -> int:
        """Forget these source files and take out every statement that no other file holds; how many those were."""
        with self._writing:
            removed = self._registry.release([(root, file) for file in files])
            self._refresh()
            self._remove_hidden()
        return removed

    def share(self, copies: Sequence[Source]) -> None:
        """Record files that are copies of others (`same`): they have no statements of their own, or no longer."""
        with self._writing:
            self._registry.switch([], copies)
            self._refresh()
            self._remove_hidden()

    def set_refusals(self, root: str, files: Sequence[str], reasons: Sequence[tuple[str, str, str]]) -> None:
        """Replace what is known to have been refused of these files by (file, member, reason) rows."""
        with self._writing:
            self._registry.set_refusals(root, files, reasons)

    def delete(self, statement_ids: Sequence[int]) -> int:
        """Take these statements out of every answer; how many there were."""
        with self._writing:
            removed = self._registry.hide(statement_ids)
            self._refresh()
            self._remove_hidden()
        return removed

    def _remove_hidden(self) -> None:
        ids = self._registry.hidden_chunks()
        if ids:
            self._vectors.delete(ids)
            self._lexical.delete(ids)
            self._lexical.commit()
        self._registry.remove_hidden()

    def _refresh(self) -> None:
        self._snapshot = Snapshot.read(self._registry)

    # rebuilding

    def rebuild(
        self, chunk: Callable[[Statement], Sequence[Chunk]], progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Make both indexes again from the registry.

        Chunks and vectors are made anew only where the fingerprint says that they are of another chunker or embedder.
        """
        with self._writing:
            if self._registry.setting("fingerprint") != self._wanted:
                self._registry.set_settings({"fingerprint": "{}"})
                self._remake_chunks(chunk, progress)
                self._refresh()
            self._rebuild_vectors()
            self._rebuild_lexical()
            self._registry.set_settings({"fingerprint": self._wanted})
            self._fingerprint_holds = True

    def _remake_chunks(
        self, chunk: Callable[[Statement], Sequence[Chunk]], progress: Callable[[int, int], None] | None
    ) -> None:
        stored = list(self._snapshot.statements.values())
        for done, item in enumerate(stored):
            paragraphs = self._registry.statement_paragraphs(item.id)
            statement = Statement(item.header, paragraphs, item.file)
            self._registry.replace_chunks(item.id, self.embed([(statement, chunk(statement))])[0])
            if progress:
                progress(done + 1, len(stored))

    def _rebuild_vectors(self) -> None:
        self._vectors.clear()
        for ids in self._chunk_slices():
            found, texts, headers = self._registry.vectors(ids)
            self._vectors.add(found, combine(texts, headers))

    def _rebuild_lexical(self) -> None:
        self._lexical.clear()
        for ids in self._chunk_slices():
            self._lexical.add(
                LexicalEntry(chunk_id, statement_id, header.language, text, header.line())
                for chunk_id, statement_id, text in self._registry.chunk_texts(ids)
                for header in (self._snapshot.statements[statement_id].header,)
            )
        self._lexical.commit()

    def _chunk_slices(self) -> Iterable[list[int]]:
        ids = self._snapshot.chunk_ids.tolist()
        return (ids[start : start + REBUILD_SLICE] for start in range(0, len(ids), REBUILD_SLICE))

    # reading

    def search(
        self,
        text: str,
        vector: NDArray[np.float32],
        *,
        filters: Filters = Filters(),
        only: Collection[int] | None = None,
        k: int = 50,
    ) -> list[Hit]:
        """The k best chunks by vector and the k best by words, united, each with both scores; in no order.

        `only` are the ids of statements to search in, beside what the filters say. `text` may be empty: then vectors
        alone are asked.
        """
        snapshot = self._snapshot
        allowed = snapshot.allowed(filters) if filters else None
        if only is not None:
            among = np.isin(snapshot.statement_ids, np.fromiter(only, np.int64, len(only)))
            allowed = among if allowed is None else allowed & among
        if allowed is not None and not allowed.any():
            return []
        statements = snapshot.statement_ids[allowed].tolist() if allowed is not None else None
        near, cosines = self._nearest(snapshot, allowed, vector, k)
        worded, _ = self._lexical.best(text, k, statements=statements)
        ids = np.array(sorted({*near.tolist(), *worded.tolist()}), np.int64)
        rows = snapshot.rows(ids)
        rows = rows[rows >= 0]
        if allowed is not None:
            rows = rows[allowed[snapshot.chunk_statement[rows]]]
        if not len(rows):
            return []
        ids = snapshot.chunk_ids[rows]
        dense = dict(zip(near.tolist(), cosines.tolist(), strict=True))
        dense |= self._cosines([i for i in ids.tolist() if i not in dense], vector)
        best, scores = self._lexical.best(text, len(ids), chunks=ids.tolist())
        lexical = dict(zip(best.tolist(), scores.tolist(), strict=True))
        return [
            Hit(
                int(snapshot.chunk_ids[row]),
                int(snapshot.statement_ids[snapshot.chunk_statement[row]]),
                int(snapshot.chunk_first[row]),
                int(snapshot.chunk_last[row]),
                float(dense.get(int(snapshot.chunk_ids[row]), 0.0)),
                float(lexical.get(int(snapshot.chunk_ids[row]), 0.0)),
            )
            for row in rows
        ]

    def _nearest(
        self, snapshot: Snapshot, allowed: NDArray[np.bool_] | None, vector: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        if allowed is None:
            return self._vectors.nearest(vector, k)
        mask = allowed[snapshot.chunk_statement]
        if int(mask.sum()) <= EXACT_LIMIT:
            scores = self._cosines(snapshot.chunk_ids[mask].tolist(), vector)
            best = sorted(scores, key=lambda chunk_id: -scores[chunk_id])[:k]
            return np.array(best, np.int64), np.array([scores[i] for i in best], np.float32)
        ids, cosines = self._vectors.nearest(vector, max(OVERFETCH, k))
        rows = snapshot.rows(ids)
        kept = (rows >= 0) & mask[np.maximum(rows, 0)]
        return ids[kept][:k], cosines[kept][:k]

    def _cosines(self, ids: Sequence[int], vector: NDArray[np.float32]) -> dict[int, float]:
        found, texts, headers = self._registry.vectors(ids)
        return dict(zip(found, (combine(texts, headers) @ vector).tolist(), strict=True)) if found else {}

    def texts(self, chunk_ids: Sequence[int]) -> dict[int, str]:
        """What was embedded of chunks, by id; those no longer there are left out."""
        return {chunk_id: text for chunk_id, _, text in self._registry.chunk_texts(chunk_ids)}

    def passages(self, keys: Sequence[tuple[int, int]]) -> list[Passage]:
        """Paragraphs by (statement id, number), in the order asked; those no longer there are left out."""
        snapshot = self._snapshot
        found = self._registry.paragraphs(list(dict.fromkeys(keys)))
        return [
            Passage(snapshot.statements[key[0]], found[key])
            for key in keys
            if key in found and key[0] in snapshot.statements
        ]

    def paragraphs(self, statement_id: int) -> tuple[Paragraph, ...]:
        """All paragraphs of a statement in reading order."""
        if statement_id not in self._snapshot.statements:
            raise NotFoundError(f"no statement {statement_id} in the store")
        return self._registry.statement_paragraphs(statement_id)

    def statements(
        self, filters: Filters = Filters(), *, limit: int | None = None, offset: int = 0
    ) -> list[StoredStatement]:
        """Statements that satisfy the filters, by code, part and language."""
        found = self._snapshot.select(filters)
        return found[offset : offset + limit] if limit is not None else found[offset:]

    def find(self, code: str, part: str | None = None, language: str | None = None) -> list[StoredStatement]:
        """Statements with this code, in any spelling; a code without its revision finds the current one first."""
        return self._snapshot.find(code, part, language)

    def sources(self, root: str | None = None) -> list[Source]:
        """Files that were taken in, below `root` or all, in order."""
        return self._registry.sources(root)

    def refusals(self) -> list[tuple[str, str, str, str]]:
        """(root, file, member, reason) of what could not be taken in, in order."""
        return self._registry.refusals()

    @property
    def snapshot(self) -> Snapshot:
        """The live statements as they stand now: a frozen view."""
        return self._snapshot

    def status(self) -> StoreStatus:
        return self._snapshot.status(self._fingerprint)
