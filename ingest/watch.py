"""A folder is followed: what changes in it is handed on when it is at rest."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ingest.metadata import MANIFEST
from store.errors import InputError, StatementsError

TICK_MILLISECONDS = 1_000
"""A file that is the same at two ticks is at rest: nobody is writing it any more."""
POLL_MILLISECONDS = 30_000
"""How often a folder is compared whose system does not tell what changes: one that lies on another machine."""
RETRY_SECONDS = 30.0
WHOLE_SECONDS = 24 * 3600.0
"""A whole pass once a day finds what the system forgot to tell, as it may when much changes at once."""
_REMOTE = ("nfs", "cifs", "smb", "fuse.", "9p", "virtiofs", "afs", "ceph", "glusterfs", "vboxsf")
"""How kinds of file systems begin whose files other machines change."""

TakeIn = Callable[[Collection[str] | None], object]
"""Given what changed, as paths below the folder, or None for a whole pass."""


@dataclass(frozen=True, slots=True)
class _State:
    """What tells two versions of a file apart without reading it."""

    size: int
    changed: int


def watch(
    folder: Path,
    take_in: TakeIn,
    *,
    metadata: Path | None = None,
    failed: Callable[[str], object],
    stop: threading.Event,
) -> None:
    """Follow a folder until `stop` is set: a whole pass first, then what changes; whole passes for a changed table.

    Nothing ends it: what goes wrong is told to `failed`, once, and tried again. KeyboardInterrupt passes through.
    """
    told = ""
    while not stop.is_set():
        try:
            _follow(folder, take_in, metadata, stop)
        except (StatementsError, OSError, RuntimeError) as error:  # the last is what watchfiles raises
            if str(error) != told:
                told = str(error)
                failed(f"{told}; trying again every {RETRY_SECONDS:.0f} seconds")
            stop.wait(RETRY_SECONDS)


def _follow(folder: Path, take_in: TakeIn, metadata: Path | None, stop: threading.Event) -> None:
    from watchfiles import watch as changes_in

    root = folder.resolve()
    if not root.is_dir():
        raise InputError(f"{folder} is no folder: give one that can be followed")
    table = metadata or root / MANIFEST
    waiting = _Waiting(root)
    ticks = changes_in(
        root,
        watch_filter=None,
        stop_event=stop,
        rust_timeout=TICK_MILLISECONDS,
        yield_on_timeout=True,
        force_polling=_is_remote(root),
        poll_delay_ms=POLL_MILLISECONDS,
        ignore_permission_denied=True,
    )
    seen: _State | None = None
    whole = 0.0
    with closing(ticks):
        for changes in ticks:  # the first comes when the system is listening, so that no change falls in between
            waiting.add(Path(path) for _, path in changes)
            now = _state(table)
            if not whole or now != seen or time.monotonic() - whole > WHOLE_SECONDS:
                whole, seen = time.monotonic(), now
                take_in(None)
            elif ready := waiting.at_rest():
                take_in(ready)


class _Waiting:
    """Files that changed and may still be changing."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[str, object] = {}

    def add(self, paths: Iterable[Path]) -> None:
        for path in paths:
            for one in _files(path):
                self._seen[one.relative_to(self._root).as_posix()] = _UNSEEN

    def at_rest(self) -> list[str]:
        """Those that look as they did the last time, or are gone since then; they are waited for no longer."""
        states = {file: _state(self._root / file) for file in self._seen}
        ready = [file for file, state in states.items() if state == self._seen[file]]
        self._seen = {file: state for file, state in states.items() if file not in ready}
        return sorted(ready)


_UNSEEN = object()


def _files(path: Path) -> Iterator[Path]:
    """The path itself, or the files in it: of a folder that is moved here nothing but its own name is told."""
    if path.is_dir() and not path.is_symlink():
        for place, _, names in os.walk(path):
            yield from (Path(place, name) for name in names)
    else:
        yield path


def _state(path: Path) -> _State | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return _State(found.st_size, found.st_mtime_ns)


def _is_remote(folder: Path) -> bool | None:
    """True where other machines can change the folder unseen; None leaves it to the library to find out."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines()]
    except OSError:
        return None
    above = [(len(mount[1]), mount[2]) for mount in mounts if folder.is_relative_to(mount[1].replace("\\040", " "))]
    return True if above and max(above)[1].startswith(_REMOTE) else None
