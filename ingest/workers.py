"""Parsing in worker processes. One that dies or hangs takes down the file it had in hand, not the run."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from ingest.chunker import chunk
from ingest.metadata import Row
from ingest.parse import parse
from store.codes import register, registered
from store.errors import StatementsError
from store.types import Chunk, Statement

SECONDS = 600
"""Time that any file may take …"""
BYTES_A_SECOND = 20_000
"""… and one second more for so many bytes: a scanned page of 70 kB takes four seconds to recognise."""
PATIENCE = 5.0
"""Seconds after which who waits for a result is told that there is none yet."""
_AHEAD = 8
"""Files that each worker may be ahead of the embedder …"""
_BYTES = 64_000_000
"""… and bytes of all files in hand together; a larger file is in hand alone. Both bound the memory."""


@dataclass(frozen=True, slots=True)
class Task:
    """A file to parse."""

    path: Path
    file: str
    root: str
    file_sha256: str
    row: Row | None = None
    bytes: int = 0
    """Its size."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The statements of a file with their chunks, or the reason why there are none."""

    file: str
    items: tuple[tuple[Statement, tuple[Chunk, ...]], ...] = ()
    reason: str | None = None
    refused: tuple[tuple[str, str], ...] = ()
    """(member, reason) of what a container holds beside the statements and could not be read."""


def parsed(
    tasks: Sequence[Task], workers: int | None = None, seconds: float = SECONDS
) -> Generator[Parsed | None, None, None]:
    """The results in the order of the tasks; None where the next one has not come for `PATIENCE` seconds."""
    if not tasks:
        return
    count = min(len(tasks), workers or min(4, max(1, (os.cpu_count() or 2) - 1)))
    waiting = deque(tasks)
    running: deque[tuple[Task, Future[Parsed]]] = deque()
    with _Workers(count, seconds) as pool:
        while waiting or running:
            while waiting and _fits(waiting[0], [task for task, _ in running], count):
                task = waiting.popleft()
                running.append((task, pool.submit(task)))
            try:
                result = running[0][1].result(PATIENCE)
            except TimeoutError:
                yield None
                continue
            running.popleft()
            yield result


def _fits(task: Task, running: Sequence[Task], workers: int) -> bool:
    held = sum(one.bytes for one in running)
    return not running or (len(running) < workers * _AHEAD and held + task.bytes <= _BYTES)


def parse_task(task: Task) -> Parsed:
    """Parse and chunk one file. Whatever goes wrong with it is its own reason."""
    try:
        file = parse(task.path, task.file, task.root, task.file_sha256, task.row)
        items = tuple((statement, chunk(statement)) for statement in file.statements)
        return Parsed(task.file, items, refused=file.refused)
    except StatementsError as error:
        return Parsed(task.file, reason=str(error))
    except MemoryError:
        return Parsed(task.file, reason="is too large for the memory of this machine")
    except Exception as error:  # noqa: BLE001  one file's fault must not stop the others; it is reported
        return Parsed(task.file, reason=f"can't be parsed ({type(error).__name__}: {error})")


class _Workers:
    """Processes that parse a file at a time, each with a thread that waits for its result and takes it at once."""

    def __init__(self, count: int, seconds: float) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(count, "parse")
        self._starting = Lock()
        self._closed = False
        self._all: list[_Worker] = []
        self._idle = deque(self._start() for _ in range(count))

    def submit(self, task: Task) -> Future[Parsed]:
        return self._threads.submit(self._parse, task)

    def _parse(self, task: Task) -> Parsed:
        worker = self._idle.popleft()
        try:
            return worker.parse(task)
        except (EOFError, OSError):
            reason = worker.why_it_ended(task)
            worker = self._start()
            return Parsed(task.file, reason=reason)
        finally:
            self._idle.append(worker)

    def _start(self) -> _Worker:
        with self._starting:
            worker = _Worker(self._seconds)
            self._all.append(worker)
            if self._closed:
                worker.stop()
            return worker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._starting:
            self._closed = True
            for worker in self._all:
                worker.stop()
        self._threads.shutdown(cancel_futures=True)


class _Worker:
    """A process and the line to it."""

    def __init__(self, seconds: float) -> None:
        # A fork of this process would inherit its threads' locks; the fork server has none, and starts in no time.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["ingest.workers"])
        self._seconds = seconds
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, seconds, registered()), daemon=True)
        self._process.start()
        theirs.close()

    def parse(self, task: Task) -> Parsed:
        """Raises EOFError or OSError where the process ends over it."""
        self._line.send(task)
        result: Parsed = self._line.recv()
        return result

    def why_it_ended(self, task: Task) -> str:
        self._process.join()
        if self._process.exitcode == -signal.SIGALRM:
            return f"takes longer to parse than {_limit(task, self._seconds) / 60:.0f} minutes"
        return "the process that parsed it died on it"

    def stop(self) -> None:
        self._process.kill()


def _work(line: Connection, seconds: float, families: Sequence[str]) -> None:
    """What a worker process does, until its line is closed."""
    register(families)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process' to handle
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _bound_memory()
    try:
        while True:
            task = line.recv()
            # The system ends the process, wherever it hangs, even if nobody waits for it any more.
            signal.setitimer(signal.ITIMER_REAL, _limit(task, seconds))
            result = parse_task(task)
            signal.setitimer(signal.ITIMER_REAL, 0)
            line.send(result)
    except (EOFError, OSError):
        return


def _limit(task: Task, seconds: float) -> float:
    return seconds + task.bytes / BYTES_A_SECOND


def _bound_memory() -> None:
    """Half of the machine's memory for each worker: a file that wants more is refused, and the machine stays usable."""
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (half if most == resource.RLIM_INFINITY else min(half, most), most))
