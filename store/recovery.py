"""Opening the two indexes whatever state their folders are in: both can be made again, so neither stops a start.

A store that is closed seals its index folders: names, sizes and times of their files stand in `indexes.seal`, which is
taken away when the store is opened. Where the seal is unbroken, nothing is looked at twice. Where it is missing (the
process was killed) or does not fit (something else wrote there), the words are checked against their checksums and
Chroma is opened in a child process first, because a damaged folder takes its process down.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from store import probe
from store.errors import NO_SPACE, StatementsError, StoreError, StoreFullError
from store.lexical import LexicalIndex, remove_uncommitted
from store.probe import VECTORS as VECTORS
from store.vectors import VectorIndex

T = TypeVar("T")

LOG = logging.getLogger(__name__)
SEAL = "indexes.seal"
WORDS = "lexical"
FOOTER_MAGIC = 1337
"""Ends every segment file of tantivy, after a JSON footer with the CRC-32 of what stands before, and its length."""


@contextmanager
def index_errors(folder: Path) -> Iterator[None]:
    """What Chroma and tantivy raise comes out as ours: they have no tree of their own that could be named here."""
    try:
        yield
    except (StatementsError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of their Rust side is no Exception
        said = " ".join(str(error).split())
        if getattr(error, "errno", None) in NO_SPACE or "is full" in said or "No space left" in said:
            raise StoreFullError(
                f"no space left in {folder}; free some and run the same command again, nothing is lost"
            ) from error
        raise StoreError(f"an index in {folder} can't be used ({said}); run: statements doctor --repair") from error


class Seal:
    """Says whether the index folders are as they were left when the store was closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / SEAL

    def unbroken(self) -> bool:
        try:
            return bool(json.loads(self._path.read_text("utf-8")) == self._state())
        except (OSError, ValueError):
            return False

    def take_away(self) -> None:
        self._path.unlink(missing_ok=True)

    def put_on(self) -> None:
        self._path.write_text(json.dumps(self._state()), "utf-8")

    def _state(self) -> dict[str, list[int]]:
        files = sorted(path for name in (VECTORS, WORDS) for path in (self._folder / name).rglob("*") if path.is_file())
        return {
            path.relative_to(self._folder).as_posix(): [path.stat().st_size, path.stat().st_mtime_ns] for path in files
        }


def open_vectors(folder: Path, *, trusted: bool, dimension: int | None) -> VectorIndex:
    """The vector index in `folder`, an empty one where that can't be used. `dimension` is that of its vectors."""
    known = (folder / "chroma.sqlite3").exists()
    if known and not trusted and dimension and not probe.survives(folder.parent, dimension):
        LOG.warning("the vector index in %s is damaged: it is made again", folder)
        remove(folder)
    return _opened(VectorIndex, folder, "vector")


def open_words(folder: Path, *, trusted: bool) -> LexicalIndex:
    """The lexical index in `folder`, an empty one where that can't be used."""
    remove_uncommitted(folder)
    if not trusted and damaged_segments(folder):
        LOG.warning("the lexical index in %s is damaged: it is made again", folder)
        remove(folder)
    return _opened(LexicalIndex, folder, "lexical")


def _opened(index: Callable[[Path], T], folder: Path, name: str) -> T:
    try:
        with index_errors(folder.parent):
            return index(folder)
    except StoreFullError:
        raise
    except StoreError as error:
        if not folder.exists():
            raise
        LOG.warning("the %s index is made again: %s", name, error)
        remove(folder)
        with index_errors(folder.parent):
            return index(folder)


def remove(folder: Path) -> None:
    """Take an index folder away."""
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StoreError(
            f"{folder} can't be made again ({error.strerror}); give this user the right to, or choose another --store"
        ) from error


def damaged_segments(folder: Path) -> list[Path]:
    """Segment files of tantivy whose content is not what was written."""
    files = sorted(path for path in folder.glob("*.*") if path.suffix != ".json" and not path.name.startswith("."))
    return [path for path in files if not _whole(path)]


def _whole(path: Path) -> bool:
    try:
        file = path.open("rb")
    except FileNotFoundError:  # merged away meanwhile
        return True
    with file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 8, 0))
        end = file.read(8)
        length = int.from_bytes(end[:4], "little")
        body = size - 8 - length
        if len(end) < 8 or int.from_bytes(end[4:], "little") != FOOTER_MAGIC or body < 0:
            return False
        file.seek(body)
        try:
            wanted = json.loads(file.read(length))["crc"]
        except (ValueError, KeyError):
            return False
        file.seek(0)
        crc = 0
        while body:
            part = file.read(min(body, 1 << 20))
            crc, body = zlib.crc32(part, crc), body - len(part)
    return bool(crc == wanted)
