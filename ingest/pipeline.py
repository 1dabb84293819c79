"""A folder of files becomes searchable. Read this first: the steps in order.

Walk the folder, skip what is unchanged, note what is a copy, parse the rest in worker processes, embed in batches,
write each batch while the next one is embedded. A file that can't be read is listed with the reason and stops nothing.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.folder import Refused, list_folder
from ingest.header import made_code
from ingest.metadata import MANIFEST, Row, load_metadata
from ingest.parse import digest, same_content
from ingest.report import rivals, says_nothing_new
from ingest.workers import Parsed, Task, parsed
from store.registry import Place, Source
from store.statements import StatementStore
from store.types import Chunk, Header, IndexedStatement, Statement, StoredStatement

BATCH_CHUNKS = 256
"""Chunks that a batch holds at most, but for a single file of more; a file is never divided between two."""
BATCH_SECONDS = 10.0
"""A batch is written after this time, however small: more is never lost than that, where parsing is slow."""

Items = Sequence[tuple[Statement, tuple[Chunk, ...]]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    done: int
    """Files taken in, refused or found unchanged."""
    total: int
    chunks: int
    """Chunks embedded so far."""
    file: str
    """The last file that was done."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A statement that was taken in."""

    file: str
    header: Header
    paragraphs: int
    doubts: tuple[str, ...] = ()
    member: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file with the content of another."""

    file: str
    same_as: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What a run did."""

    taken: tuple[Taken, ...] = ()
    copies: tuple[Copy, ...] = ()
    unchanged: int = 0
    refused: tuple[Refused, ...] = ()
    removed: int = 0
    missing: tuple[str, ...] = ()
    """Rows of the metadata table that name no file of the folder."""
    seconds: float = 0.0


def ingest(
    folder: Path,
    store: StatementStore,
    *,
    metadata: Path | None = None,
    prune: bool = False,
    only: Collection[str] | None = None,
    may_be_empty: bool = False,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> IngestReport:
    """Take in the files of a folder, or one file, in the order of their names.

    Hidden files and folders, `README.*` and the metadata table are left out without a word; links that lead out of the
    folder are refused. `manifest.csv` in the folder is the metadata table where none is named. With `prune`, statements
    whose file is gone are removed. `only` names what may have changed, paths of files and folders below the folder:
    nothing else is looked at. A folder that holds nothing at all may be a share that is not connected: nothing is
    removed then. Raises InputError for a folder that is missing or, unless it `may_be_empty`, holds no file, and for a
    metadata table that can't be used. KeyboardInterrupt passes through after the batch in hand is written; `stop` ends
    the run in the same way, with the report of what was done.
    """
    started = time.perf_counter()
    found = list_folder(folder, metadata, only, may_be_empty=may_be_empty)
    table = metadata if metadata is not None else found.root / MANIFEST
    rows = load_metadata(table) if metadata is not None or table.is_file() else {}
    run = _Run(store, str(found.root), len(found.files) + len(found.refused), progress)
    for one in found.refused:
        run.refuse(one)
    tasks = run.changed(found.files, rows)
    if folder.is_dir() and (only is not None or found.files or found.refused):
        tasks += run.clear(_gone(run, found.files, only), prune=prune)
    with closing(parsed(tasks)) as results:
        run.take(results, stop or threading.Event())
    named = {*found.files, *(one.file for one in run.refused)}
    return IngestReport(
        taken=run.taken_in(),
        copies=tuple(run.copies),
        unchanged=run.unchanged,
        refused=tuple(sorted(run.refused, key=lambda one: (one.file, one.member))),
        removed=run.removed,
        missing=tuple(sorted(set(rows) - named)) if folder.is_dir() and only is None else (),
        seconds=time.perf_counter() - started,
    )


class _Run:
    """One run over one folder: what it has done so far, and the batch in hand."""

    def __init__(
        self, store: StatementStore, root: str, total: int, progress: Callable[[Progress], None] | None
    ) -> None:
        self.copies: list[Copy] = []
        self.refused: list[Refused] = []
        self.unchanged = 0
        self.removed = 0
        self.root = root
        self.sources = {source.place: source for source in store.sources()}
        self._store = store
        self._total = total
        self._progress = progress
        self._chunks = 0
        self._done = 0
        self._counting = threading.Lock()
        self._taken: list[Statement] = []
        self._twins: dict[str, list[Source]] = {}
        """Files with the content of one that is about to be parsed."""
        self._renamed: dict[str, Task] = {}
        """Files with the content of one that is no longer there, by the name of that one."""
        self._unsaid: dict[str, list[Refused]] = {}
        """Files done, with what was refused of them, that the store was not told of yet."""

    def refuse(self, *reasons: Refused) -> None:
        """A file of which nothing was taken in, and so the files with the same content."""
        file = reasons[0].file
        for name in (file, *(twin.file for twin in self._twins.pop(file, ()))):
            mine = [replace(one, file=name) for one in reasons]
            self._note(name, mine)
            self._step(name)

    def _note(self, file: str, reasons: Sequence[Refused]) -> None:
        with self._counting:
            self.refused += reasons
            self._unsaid[file] = list(reasons)

    def known_files(self) -> set[str]:
        """Files of this root that were taken in or refused before."""
        taken = {file for root, file in self.sources if root == self.root}
        return taken | {file for root, file, _, _ in self._store.refusals() if root == self.root}

    # before parsing

    def changed(self, files: Sequence[str], rows: dict[str, Row]) -> list[Task]:
        """The files whose content or metadata is new; of the others, copies are noted as such."""
        read = {file: task for file in files if (task := self._hashed(file)) is not None}
        held: dict[str, Place] = {one.digest: one.place for one in self.sources.values() if one.same is None}
        given = self._rows_by_content(read, rows)
        statements = _by_place(self._store.statements())
        tasks: dict[str, Task] = {}
        shared: list[Source] = []
        for file, task in read.items():
            task = replace(task, row=rows.get(file) or given.get(task.file_sha256))
            key = digest(task.file_sha256, task.row)
            known = self.sources.get((self.root, file))
            if known is not None and (known.digest == key or _same_row(known, key, task.row, statements)):
                self.unchanged += 1
                self._step(file)
            elif key in held:
                shared.append(Source(self.root, file, task.file_sha256, key, held[key]))
                self._note_renamed(task, held[key], statements)
            elif key in tasks:
                first = tasks[key].file
                twin = Source(self.root, file, task.file_sha256, key, (self.root, first))
                self._twins.setdefault(first, []).append(twin)
            else:
                tasks[key] = task
        self._share(shared)
        return list(tasks.values())

    def _hashed(self, file: str) -> Task | None:
        path = Path(self.root, file)
        try:
            with path.open("rb") as stream:
                file_sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
                return Task(path, file, self.root, file_sha256, bytes=stream.tell())
        except OSError as error:
            self.refuse(Refused(file, f"can't be read: {error.strerror or error}"))
            return None

    def _rows_by_content(self, read: dict[str, Task], rows: dict[str, Row]) -> dict[str, Row]:
        """Copies share the row of the one that has a row, so that a correction of one is a correction of all."""
        contents = {source.file: source.file_sha256 for source in self.sources.values() if source.root == self.root}
        contents |= {file: task.file_sha256 for file, task in read.items()}
        return {contents[file]: rows[file] for file in sorted(rows, reverse=True) if file in contents}

    def _note_renamed(self, task: Task, held: Place, statements: dict[Place, list[StoredStatement]]) -> None:
        """A code that was made from a name is made anew where that name is gone."""
        made = any(one.header.code_made for one in statements.get(held, ()))
        if made and held[0] == self.root and made_code(held[1]) != made_code(task.file):
            self._renamed[held[1]] = task

    def clear(self, gone: Sequence[str], *, prune: bool) -> list[Task]:
        """Drop the refusals of files that are gone, with `prune` their statements; what to parse for that."""
        if gone:
            self._store.set_refusals(self.root, gone, ())
        known = [file for file in gone if (self.root, file) in self.sources]
        if not prune or not known:
            return []
        self.removed = self._store.remove_files(self.root, known)
        return [self._renamed[file] for file in known if file in self._renamed]

    # parsing, embedding, writing

    def take(self, results: Iterator[Parsed | None], stop: threading.Event) -> None:
        """Embed and store what was parsed, batch by batch; one batch is written while the next is embedded."""
        try:
            with ThreadPoolExecutor(1, "write") as writer:
                writing: Future[None] | None = None
                for batch in self._batches(results):
                    indexed = self._store.embed([item for one in batch for item in one.items])
                    if writing is not None:
                        writing.result()
                    writing = writer.submit(self._write, batch, indexed)
                    if stop.is_set():
                        break
                if writing is not None:
                    writing.result()
        finally:
            self._say_refused()

    def _batches(self, results: Iterator[Parsed | None]) -> Iterator[list[Parsed]]:
        """Files in batches; an empty one where nothing came for a while."""
        batch: list[Parsed] = []
        chunks = 0
        since = time.monotonic()
        for result in results:
            if result is not None and not result.items:
                self.refuse(*_refusals(result))
            elif result is not None:
                more = sum(len(one) for _, one in result.items)
                if batch and chunks + more > BATCH_CHUNKS:
                    yield batch
                    batch, chunks, since = [], 0, time.monotonic()
                batch.append(result)
                chunks += more
            if result is None or chunks >= BATCH_CHUNKS or time.monotonic() - since > BATCH_SECONDS:
                yield batch
                batch, chunks, since = [], 0, time.monotonic()
        if batch:
            yield batch

    def _write(self, batch: Sequence[Parsed], indexed: Sequence[IndexedStatement]) -> None:
        self._store.add(indexed)
        self._taken += [one.statement for one in indexed]
        self._chunks += sum(len(one.chunks) for one in indexed)
        self._share([twin for one in batch for twin in self._twins.pop(one.file, ())])
        for one in batch:
            self._note(one.file, _refusals(one))
            self._step(one.file)
        self._say_refused()

    def _share(self, copies: Sequence[Source]) -> None:
        if copies:
            self._store.share(copies)
        for copy in copies:
            if copy.same is not None:
                root, file = copy.same
                self.copies.append(Copy(copy.file, file if root == self.root else f"{root}/{file}"))
            self._note(copy.file, ())
            self._step(copy.file)

    def _say_refused(self) -> None:
        with self._counting:
            unsaid, self._unsaid = self._unsaid, {}
        reasons = {(one.file, one.member): one.reason for ones in unsaid.values() for one in ones}
        if unsaid:
            rows = [(file, member, reason) for (file, member), reason in reasons.items()]
            self._store.set_refusals(self.root, list(unsaid), rows)

    def _step(self, file: str) -> None:
        with self._counting:
            self._done += 1
            if self._progress is not None:
                self._progress(Progress(self._done, self._total, self._chunks, file))

    def taken_in(self) -> tuple[Taken, ...]:
        """What was taken in, with the doubts that only the whole store shows."""
        stored = self._store.statements()
        claims = rivals(stored)
        doubts = {(one.root, one.file, one.member, *one.header.identity): claims.get(one.id, ()) for one in stored}
        return tuple(
            Taken(
                one.file,
                one.header,
                len(one.paragraphs),
                (*one.doubts, *doubts.get((one.root, one.file, one.member, *one.header.identity), ())),
                one.member,
            )
            for one in self._taken
        )


def _refusals(result: Parsed) -> list[Refused]:
    whole = [Refused(result.file, result.reason)] if result.reason is not None else []
    return whole + [Refused(result.file, reason, member) for member, reason in result.refused]


def _same_row(known: Source, key: str, row: Row | None, statements: dict[Place, list[StoredStatement]]) -> bool:
    """Whether only the metadata differ, and the row says just what the store says of the file already."""
    mine = statements.get(known.same or known.place, [])
    return row is not None and bool(mine) and same_content(known.digest, key) and says_nothing_new(row, mine)


def _by_place(statements: Sequence[StoredStatement]) -> dict[Place, list[StoredStatement]]:
    found: defaultdict[Place, list[StoredStatement]] = defaultdict(list)
    for one in statements:
        found[one.root, one.file].append(one)
    return found


def _gone(run: _Run, files: Sequence[str], only: Collection[str] | None) -> list[str]:
    """Files that the store knows and the folder no longer has; what lies in a folder that can't be entered is not gone.

    With `only`, of these and what lies below them.
    """
    closed = tuple(f"{one.file}/" for one in run.refused)
    there = {*files, *(one.file for one in run.refused)}
    known = run.known_files() - there
    if only is not None:
        below = tuple(f"{name}/" for name in only)
        known = {file for file in known if file in only or file.startswith(below)}
    return sorted(file for file in known if not file.startswith(closed))
