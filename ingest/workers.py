"""Parsing in worker processes. A worker that dies takes down the file it had in hand, not the run."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from ingest.chunker import chunk
from ingest.metadata import Row
from ingest.parse import parse
from store.errors import StatementsError
from store.types import Chunk, Statement

_FEW = 16
"""Files up to which starting processes costs more than it saves."""
_AHEAD = 8
"""Files that each worker may be ahead of the embedder: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Task:
    """A file to parse."""

    path: Path
    file: str
    root: str
    file_sha256: str
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """The statements of a file with their chunks, or the reason why there are none."""

    file: str
    items: tuple[tuple[Statement, tuple[Chunk, ...]], ...] = ()
    reason: str | None = None


def parsed(tasks: Sequence[Task], workers: int | None = None) -> Generator[Parsed, None, None]:
    """The results in the order of the tasks; few files are parsed in this process."""
    if len(tasks) < _FEW:
        yield from map(parse_task, tasks)
        return
    count = workers or min(4, max(1, (os.cpu_count() or 2) - 1))
    waiting = deque(tasks)
    while waiting:
        try:
            yield from _pooled(waiting, count)
        except BrokenProcessPool:
            # Any of the files in hand may have been the one: each gets a process of its own, until the next pool.
            for task in [waiting.popleft() for _ in range(min(len(waiting), count * _AHEAD))]:
                yield _alone(task)


def parse_task(task: Task) -> Parsed:
    """Parse and chunk one file. Whatever goes wrong with it is its own reason."""
    try:
        statements = parse(task.path, task.file, task.root, task.file_sha256, task.row)
        return Parsed(task.file, tuple((statement, chunk(statement)) for statement in statements))
    except StatementsError as error:
        return Parsed(task.file, reason=str(error))
    except MemoryError:
        return Parsed(task.file, reason="is too large for the memory of this machine")
    except Exception as error:  # noqa: BLE001  one file's fault must not stop the others; it is reported
        return Parsed(task.file, reason=f"can't be parsed ({type(error).__name__}: {error})")


def _pooled(waiting: deque[Task], count: int) -> Iterator[Parsed]:
    """Takes a task off the queue only when its result is there, so that a broken pool leaves the open ones in it."""
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _ignore_interrupt)
    running: deque[Future[Parsed]] = deque()
    try:
        submitted = 0
        while waiting:
            while len(running) < count * _AHEAD and submitted < len(waiting):
                running.append(pool.submit(parse_task, waiting[submitted]))
                submitted += 1
            result = running.popleft().result()
            waiting.popleft()
            submitted -= 1
            yield result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _alone(task: Task) -> Parsed:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _ignore_interrupt) as pool:
        try:
            return pool.submit(parse_task, task).result()
        except BrokenProcessPool:
            return Parsed(task.file, reason="the process that parsed it died on it")


def _ignore_interrupt() -> None:
    """Ctrl-C is the main process' to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
