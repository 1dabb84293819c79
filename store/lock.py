"""One process owns a store's folder. The lock is the operating system's: it ends with the process that holds it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from store.errors import StoreBusyError, StoreError

NAME = "store.lock"


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
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(file)
            raise _busy(self._path.parent, read_owner(self._path.parent)) from error
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps({"pid": os.getpid(), "address": address}).encode(), 0)
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


def _busy(folder: Path, owner: Owner | None) -> StoreBusyError:
    who = f"process {owner.pid}" if owner else "another process"
    where = f", which serves {owner.address}" if owner and owner.address else ""
    error = StoreBusyError(
        f"the store {folder} is in use by {who}{where}; stop it first, or choose another --store DIR"
    )
    error.owner = owner
    return error


def read_owner(folder: Path) -> Owner | None:
    """The live holder of a folder's lock, or None."""
    path = folder / NAME
    try:
        file = os.open(path, os.O_RDWR)
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
