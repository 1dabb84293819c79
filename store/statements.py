"""StatementStore: the registry, the vector index and the lexical index as one unit.

Write protocol: (1) stage the new rows in the registry, unseen; (2) write both indexes; (3) in one registry transaction
turn the new rows live and the old ones off; (4) take the old ones out of the indexes, then out of the registry.
Readers go by a snapshot of the live rows, which is exchanged after (3). A kill between any two steps leaves rows that
are not live and index entries that no snapshot knows; the next start removes both.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from store import doctor, schema
from store.doctor import Finding, Report
from store.errors import FingerprintError, NotFoundError, StatementsError, StoreDamagedError, StoreError
from store.indexes import Indexes
from store.lexical import ANALYSER_VERSION
from store.lock import FolderLock, Owner, read_owner
from store.recovery import index_errors
from store.registry import Place, Registry, Source, unpack
from store.search import Hit as Hit
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
from store.vectors import HEADER_SHARE

LOG = logging.getLogger(__name__)
SCRUB = "scrub"
"""Setting of the registry that is set while a purge is not finished."""
EMBED_SLICE = 2_000
"""Texts that the embedder gets at once: a single statement may have a hundred thousand."""


class StatementStore:
    """Add, replace, delete, search. Thread-safe; one process per folder."""

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        lock: FolderLock,
        *,
        chroma_url: str | None = None,
        wary: bool = False,
    ) -> None:
        self.folder = folder
        self.embedder = embedder
        self._lock = lock
        self._writing = threading.RLock()
        self._registry = Registry(folder / schema.FILE)
        self._made = f"{embedder.fingerprint} + {HEADER_SHARE} header"
        self._indexes = Indexes(folder, self._registry, self._made, chroma_url=chroma_url, wary=wary)
        self._settled = True
        self._found_at_start: list[Finding] = []
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
        chroma_url: str | None = None,
        any_index: bool = False,
        wary: bool = False,
    ) -> StatementStore:
        """Open or make the store in `folder` and mend what an interrupted write left.

        `chunking` names the chunker's settings. An index made with another embedder or chunker is refused
        (FingerprintError) unless `any_index`, which is for `rebuild` alone. `wary` looks at the indexes as closely as
        after a crash. With `chroma_url` the vectors live in the Chroma server there. A folder in use: StoreBusyError.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"can't make {folder} ({error.strerror}); choose another --store DIR") from error
        lock = FolderLock(folder)
        lock.acquire(address)
        try:
            store = cls(folder, embedder, lock, chroma_url=chroma_url, wary=wary)
            store._check_fingerprint(chunking, any_index=any_index)
            agreed = store._reread()
            if not any_index:  # else `rebuild` makes both anyway, also from an interrupted one
                store._settle(agreed=agreed)
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
            try:
                self._indexes.close(sound=self._settled)
                self._registry.close()
            finally:
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
            "embedder": self._made,
            "chunking": chunking,
            "analyser": ANALYSER_VERSION,
        }
        self._wanted = json.dumps(wanted, sort_keys=True)
        kept = self._registry.setting("fingerprint")
        if kept is None:
            self._registry.set_settings({"fingerprint": self._wanted})
        old = json.loads(kept) if kept else wanted
        differs = [name for name, value in wanted.items() if old.get(name) != value]
        self._other_words = differs == ["analyser"]
        self._other_chunks = bool(differs) and not self._other_words
        if self._other_chunks and not any_index:
            said = ", ".join(f"{name} {old.get(name) or 'unfinished'}, settings say {wanted[name]}" for name in differs)
            raise FingerprintError(f"the index in {self.folder} was made with {said}; run: statements rebuild")
        self._fingerprint = hashlib.sha256(self._wanted.encode()).hexdigest()[:16]

    def _settle(self, *, agreed: bool) -> None:
        """Take out what an interrupted write or purge left, and let both indexes hold what the registry holds."""
        with index_errors(self.folder):
            self._remove_hidden()
            self._found_at_start = self._indexes.settle(self._snapshot, agreed=agreed)
            if self._other_words:
                LOG.warning("%s: words are looked up in another way now: the lexical index is made again", self.folder)
                self._indexes.rebuild_words(self._snapshot)
                self._registry.set_settings({"fingerprint": self._wanted})
            if self._registry.setting(SCRUB):
                self._scrub()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One writer at a time. A write that fails (a full disk) leaves what was there, for readers and on the disk."""
        with self._writing, index_errors(self.folder):
            self._recover()
            self._settled = False
            try:
                yield
            except BaseException:
                with suppress(StatementsError), index_errors(self.folder):  # no space for it either: then later
                    self._recover()
                raise
            self._settled = True

    def _recover(self) -> None:
        """After a write that failed: a new writer of words, for theirs may be dead, and the indexes compared by id."""
        if self._settled:
            return
        self._indexes.reopen_words()
        self._reread()
        self._remove_hidden()
        self._indexes.match(self._snapshot, closely=True)
        self._settled = True

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
        known = self._registry.known_vectors(sources) if not self._other_chunks else {}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        made: dict[str, NDArray[np.float32]] = {}
        for start in range(0, len(new), EMBED_SLICE):
            part = new[start : start + EMBED_SLICE]
            made |= zip(part, self.embedder.embed_passages(part), strict=True)
        kept = dict(zip(known, unpack(list(known.values())), strict=True))
        return np.array([kept[text] if text in kept else made[text] for text in texts], np.float32)

    def add(self, batch: Sequence[IndexedStatement]) -> None:
        """Make the batch visible in one step, in place of what the same source files had before.

        All statements of one source file must be in one batch.
        """
        if not batch:
            return
        with self._changing():
            staged = self._registry.stage(batch)
            self._indexes.add(batch, staged)
            taken = dict.fromkeys(
                Source(one.root, one.file, one.file_sha256, one.digest) for one in (item.statement for item in batch)
            )
            self._registry.switch([statement_id for statement_id, _ in staged], list(taken))
            self._refresh()
            self._remove_hidden()

    def remove_files(self, root: str, files: Sequence[str]) -> int:
        """Forget these source files and take out every statement that no other file holds; how many those were."""
        with self._changing():
            removed = self._registry.release([(root, file) for file in files])
            self._refresh()
            self._remove_hidden()
        return removed

    def share(self, copies: Sequence[Source]) -> None:
        """Record files that are copies of others (`same`): they have no statements of their own, or no longer."""
        with self._changing():
            self._registry.switch([], copies)
            self._refresh()
            self._remove_hidden()

    def set_refusals(self, root: str, files: Sequence[str], reasons: Sequence[tuple[str, str, str]]) -> None:
        """Replace what is known to have been refused of these files by (file, member, reason) rows."""
        with self._writing:
            self._registry.set_refusals(root, files, reasons)

    def delete(self, statement_ids: Sequence[int]) -> int:
        """Take these statements out of every answer; how many there were."""
        with self._changing():
            removed = self._registry.hide(statement_ids)
            self._refresh()
            self._remove_hidden()
        return removed

    def purge(self, statement_ids: Sequence[int]) -> int:
        """Take these statements out of every answer and their text off the disk; how many there were.

        No file below the store's folder holds it afterwards, nor what was deleted before. Source files and backups
        are not touched. Both indexes are made again, so no other thread may search meanwhile; a purge that is
        interrupted is finished when the store is opened again.
        """
        with self._changing():
            self._registry.set_settings({SCRUB: "unfinished"})
            removed = self._registry.hide(statement_ids)
            self._refresh()
            self._remove_hidden()
            self._scrub()
        return removed

    def _scrub(self) -> None:
        self._registry.scrub()
        self._indexes.remake(self._snapshot)
        self._registry.set_settings({SCRUB: ""})

    def _remove_hidden(self) -> None:
        ids = self._registry.hidden_chunks()
        if ids:
            self._indexes.delete(ids)
        self._registry.remove_hidden()

    def _refresh(self) -> None:
        """What was written becomes visible; only what changed is read."""
        self._snapshot = self._snapshot.following(self._registry)

    def _reread(self) -> bool:
        """The whole snapshot, its chunks from the matrix where that says what the registry says: whether it did."""
        known = self._indexes.chunks()
        self._snapshot = Snapshot.read(self._registry, known)
        if known is None:
            self._indexes.fill_matrix()
        return known is not None

    # rebuilding

    def rebuild(
        self, chunk: Callable[[Statement], Sequence[Chunk]], progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Make both indexes again from the registry.

        Chunks and vectors are made anew only where the fingerprint says that they are of another chunker or embedder.
        """
        with self._changing():
            if self._other_chunks:
                self._registry.set_settings({"fingerprint": "{}"})
                self._remake_chunks(chunk, progress)
                self._reread()
            self._indexes.rebuild(self._snapshot)
            self._registry.set_settings({"fingerprint": self._wanted})
            self._other_chunks = False

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

    # checking

    def check(self, *, full: bool = False, repair: bool = False) -> Report:
        """Compare registry and indexes, all of it or a sample; `repair` mends what can be mended and looks again.

        A statement whose content is not what was written can't be mended: `repair` takes it out of every answer and
        forgets its source file, so that the next ingest takes that in anew.
        """
        started = time.perf_counter()
        with self._writing, index_errors(self.folder):
            seed = random.getrandbits(32)
            found = tuple(self._examined(full, seed))
            if repair and found:
                with self._changing():
                    self._mend(found)
                found = doctor.settled(found, self._examined(full, seed))
        status = self.status()
        seconds = time.perf_counter() - started
        at_start, self._found_at_start = self._found_at_start, []
        return Report(full, status.statements, status.chunks, (*at_start, *found), seconds)

    def _examined(self, full: bool, seed: int) -> Iterator[Finding]:
        damaged = False
        for one in doctor.examine(self._registry, full=full, seed=seed):
            damaged = damaged or one.kind == "damaged"
            yield one
        if not damaged:
            held = doctor.Held(self._indexes.vectors, self._indexes.words, self._indexes.matrix)
            yield from doctor.compare(self._registry, held, full=full, seed=seed)
            yield from doctor.segments(self.folder)

    def _mend(self, found: Sequence[Finding]) -> None:
        kinds = {one.kind for one in found}
        if "damaged" in kinds:
            with suppress(StoreDamagedError):  # what is left is reported with the way out
                self._registry.reindex()
            return
        if "reference" in kinds:
            self._registry.remove_orphans()
        self._registry.forget([one.source for one in found if one.kind == "source" and one.source])
        for one in found:
            if one.kind == "no checksum" and one.statement is not None:
                self._registry.set_checksum(one.statement)
        self._registry.hide([one.statement for one in found if one.source and one.statement is not None])
        self._refresh()
        self._remove_hidden()
        if "other content" in kinds or any(one.part == "matrix" for one in found):
            self._indexes.remake(self._snapshot)
        self._indexes.match(self._snapshot, closely=True)

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
        with index_errors(self.folder):
            return self._indexes.search(self._snapshot).best(text, vector, filters, only, k)

    def nearest(
        self, vector: NDArray[np.float32], *, filters: Filters = Filters(), k: int = 50
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids and cosines of the k best chunks by vector alone, best first."""
        with index_errors(self.folder):
            return self._indexes.search(self._snapshot).nearest(vector, filters, k)

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
