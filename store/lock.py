"""One process owns a store's folder. The lock is the operating system's: it ends with the process that holds it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from store.errors import StoreBusyError, StoreError

NAME = "store.lock"
TRIES = 10
"""A look at the lock holds it for an instant: whoever meets that tries again."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a store."""

    pid: int
    address: str | None
    """Where it serves, if it does: `http://127.0.0.1:7860`."""


class FolderLock:
    """Held from `acquire` to `release`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._file: int | None = None

    def acquire(self, address: str | None) -> None:
        """Raises StoreBusyError, which names the holder, where another process has it."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(
                f"can't write in {self._path.parent} ({error.strerror}); choose another --store DIR"
            ) from error
        try:
            self._lock(file)
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps({"pid": os.getpid(), "address": address}).encode(), 0)
        except OSError as error:
            os.close(file)
            raise StoreError(
                f"can't lock {self._path} ({error.strerror}); free some space, or choose a --store DIR on a local disk"
            ) from error
        except StoreBusyError:
            os.close(file)
            raise
        self._file = file

    def _lock(self, file: int) -> None:
        for left in reversed(range(TRIES)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                owner = read_owner(self._path.parent)
                if owner is not None or not left:
                    raise _busy(self._path.parent, owner) from error
            time.sleep(0.02)

    def release(self) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


def _busy(folder: Path, owner: Owner | None) -> StoreBusyError:
    who = f"process {owner.pid}" if owner and owner.pid else "another process"
    where = f", which serves {owner.address}" if owner and owner.address else ""
    way = "stop it first" if where else "wait until it is done"
    error = StoreBusyError(f"the store {folder} is in use by {who}{where}; {way}, or choose another --store DIR")
    error.owner = owner
    return error


def read_owner(folder: Path) -> Owner | None:
    """The live holder of a folder's lock, or None."""
    path = folder / NAME
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(file, 4096, 0)
        try:
            data = json.loads(text)
            return Owner(int(data["pid"]), data["address"])
        except (ValueError, KeyError):  # its holder is just writing it
            return Owner(0, None)
    finally:
        os.close(file)
    return None
