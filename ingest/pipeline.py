"""A folder of files becomes searchable. Read this first: the steps in order.

Walk the folder, skip what is unchanged, parse in worker processes, embed in batches, write each batch while the next
one is embedded. A file that can't be read is listed with the reason and stops nothing.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.metadata import MANIFEST, Row, load_metadata
from ingest.parse import digest
from ingest.reader import formats, is_read
from ingest.workers import Parsed, Task, parsed
from store.errors import InputError
from store.statements import StatementStore
from store.types import Chunk, Header, IndexedStatement, Statement

BATCH_CHUNKS = 256
"""Chunks from which a batch is embedded and written; a file is never divided between two."""


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


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken in, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What a run did."""

    taken: tuple[Taken, ...] = ()
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
    progress: Callable[[Progress], None] | None = None,
) -> IngestReport:
    """Take in the files of a folder, or one file, in the order of their names.

    Hidden files and folders, `README.*` and the metadata table are left out without a word; links that lead out of the
    folder are refused. `manifest.csv` in the folder is the metadata table where none is named. With `prune`, statements
    whose file is gone are removed. Raises InputError for a folder that is missing or holds no file, and for a metadata
    table that can't be used. KeyboardInterrupt passes through after the batch in hand is written.
    """
    started = time.perf_counter()
    root, files, refused = _files(folder, metadata)
    table = metadata if metadata is not None else root / MANIFEST
    rows = load_metadata(table) if metadata is not None or table.is_file() else {}
    run = _Run(store, str(root), len(files) + len(refused), progress)
    for one in refused:
        run.refuse(one)
    tasks = run.changed(files, rows)
    with closing(parsed(tasks)) as results:
        run.take(results)
    gone = _gone(store, root, files, run.refused) if prune and folder.is_dir() else []
    return IngestReport(
        taken=tuple(run.taken),
        unchanged=run.unchanged,
        refused=tuple(sorted(run.refused, key=lambda one: one.file)),
        removed=store.remove_files(str(root), gone) if gone else 0,
        missing=tuple(sorted(set(rows) - set(files) - {one.file for one in run.refused})) if folder.is_dir() else (),
        seconds=time.perf_counter() - started,
    )


class _Run:
    """One run over one folder: what it has done so far, and the batch in hand."""

    def __init__(
        self, store: StatementStore, root: str, total: int, progress: Callable[[Progress], None] | None
    ) -> None:
        self.taken: list[Taken] = []
        self.refused: list[Refused] = []
        self.unchanged = 0
        self._store = store
        self._root = root
        self._total = total
        self._progress = progress
        self._chunks = 0
        self._done = 0
        self._identities: dict[tuple[str, str | None, str], str] = {}
        self._counting = threading.Lock()

    def refuse(self, refused: Refused) -> None:
        self.refused.append(refused)
        self._step(refused.file)

    def changed(self, files: Sequence[str], rows: dict[str, Row]) -> list[Task]:
        """The files whose content or metadata is new; the others only need their hash taken."""
        known = {source.file: source.digest for source in self._store.sources(self._root)}
        tasks: list[Task] = []
        for file in files:
            path = Path(self._root, file)
            try:
                with path.open("rb") as stream:
                    file_sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError as error:
                self.refuse(Refused(file, f"can't be read: {error.strerror or error}"))
                continue
            if known.get(file) == digest(file_sha256, rows.get(file)):
                self.unchanged += 1
                self._step(file)
            else:
                tasks.append(Task(path, file, self._root, file_sha256, rows.get(file)))
        return tasks

    def take(self, results: Iterator[Parsed]) -> None:
        """Embed and store what was parsed, batch by batch; one batch is written while the next is embedded."""
        with ThreadPoolExecutor(1, "write") as writer:
            writing: Future[None] | None = None
            for batch in self._batches(results):
                indexed = self._store.embed(batch)
                if writing is not None:
                    writing.result()
                writing = writer.submit(self._write, indexed)
            if writing is not None:
                writing.result()

    def _batches(self, results: Iterator[Parsed]) -> Iterator[list[tuple[Statement, tuple[Chunk, ...]]]]:
        batch: list[tuple[Statement, tuple[Chunk, ...]]] = []
        for result in results:
            if result.reason is not None:
                self.refuse(Refused(result.file, result.reason))
                continue
            batch.extend((self._flagged(statement), chunks) for statement, chunks in result.items)
            if sum(len(chunks) for _, chunks in batch) >= BATCH_CHUNKS:
                yield batch
                batch = []
        if batch:
            yield batch

    def _flagged(self, statement: Statement) -> Statement:
        """Two files that claim one identity are both kept, and the later one says so."""
        first = self._identities.setdefault(statement.header.identity, statement.file)
        if first == statement.file:
            return statement
        return replace(statement, doubts=(*statement.doubts, f"same code, part and language as {first}"))

    def _write(self, batch: Sequence[IndexedStatement]) -> None:
        self._store.add(batch)
        for one in batch:
            statement = one.statement
            self.taken.append(Taken(statement.file, statement.header, len(statement.paragraphs), statement.doubts))
            self._chunks += len(one.chunks)
            if statement.ordinal == 0:
                self._step(statement.file)

    def _step(self, file: str) -> None:
        with self._counting:
            self._done += 1
            if self._progress is not None:
                self._progress(Progress(self._done, self._total, self._chunks, file))


def _files(folder: Path, metadata: Path | None) -> tuple[Path, list[str], list[Refused]]:
    """Root, files to read and files refused by name alone; paths below the root, in order, with `/`."""
    if not folder.exists():
        raise InputError(f"{folder} does not exist: give a folder of statements, or one file")
    if not folder.is_dir():
        return folder.resolve().parent, [folder.name], []
    root = folder.resolve()
    table = (metadata.resolve() if metadata is not None else root / MANIFEST, root / MANIFEST)
    files: list[str] = []
    refused: list[Refused] = []
    for path, reason in _walk(root):
        file = path.relative_to(root).as_posix()
        if reason:
            refused.append(Refused(_printable(file), reason))
        elif path in table or path.name.casefold().startswith("readme."):
            continue
        elif _printable(file) != file:
            refused.append(Refused(_printable(file), "its name is no valid text: rename it"))
        elif not is_read(path):
            refused.append(Refused(file, f"format {path.suffix or 'without an ending'} is not read ({formats()} are)"))
        else:
            files.append(file)
    if not files and not refused:
        raise InputError(f"{folder} holds no file to take in ({formats()} are read)")
    return root, sorted(files), refused


def _gone(store: StatementStore, root: Path, files: Sequence[str], refused: Sequence[Refused]) -> list[str]:
    """Files that the store holds and the folder does not; what lies in a folder that can't be entered is not gone."""
    closed = tuple(f"{one.file}/" for one in refused)
    known = {source.file for source in store.sources(str(root))}
    return sorted(file for file in known - set(files) if not file.startswith(closed))


def _walk(root: Path) -> Iterator[tuple[Path, str | None]]:
    """Every file below a folder, and folders that can't be entered, each with a reason where it is not to be read."""
    failed: list[OSError] = []
    for place, folders, names in os.walk(root, onerror=failed.append):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [name for name in folders if (here / name).is_symlink()]:
            if _leads_out(here / name, root):
                yield here / name, "is a link that leads out of the folder"
        for name in sorted(name for name in names if not name.startswith((".", "~$"))):
            path = here / name
            if path.is_symlink() and _leads_out(path, root):
                yield path, "is a link that leads out of the folder"
            elif not path.is_file():
                yield path, "is no regular file"
            else:
                yield path, None
    for error in failed:
        yield Path(error.filename), f"can't be entered: {error.strerror}"


def _leads_out(link: Path, root: Path) -> bool:
    try:
        return not link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return True


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
