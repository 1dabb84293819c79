"""What lies in a folder: the files to take in, and those that are refused by their name or place alone."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.metadata import MANIFEST
from ingest.reader import formats, is_read
from store.errors import InputError

LEADS_OUT = "is a link that leads out of the folder"


@dataclass(frozen=True, slots=True)
class Refused:
    """A file, or a member of one, that was not taken in, and why."""

    file: str
    reason: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Paths are below the root, with `/`."""

    root: Path
    files: tuple[str, ...]
    """In order."""
    refused: tuple[Refused, ...]


def list_folder(
    folder: Path, metadata: Path | None = None, only: Collection[str] | None = None, *, may_be_empty: bool = False
) -> Listing:
    """What a folder, or one file, holds; of `only` these files and folders below it, where they are given.

    Hidden files and folders, `README.*` and the metadata table are left out. Raises InputError for a folder that does
    not exist or, unless it `may_be_empty`, holds nothing.
    """
    if not folder.exists():
        raise InputError(f"{folder} does not exist: give a folder of statements, or one file")
    if not folder.is_dir():
        return Listing(folder.resolve().parent, (folder.name,), ())
    root = folder.resolve()
    tables = (metadata.resolve() if metadata is not None else root / MANIFEST, root / MANIFEST)
    found = _walk(root, root) if only is None else (one for name in sorted(only) for one in _below(root, name))
    files: dict[str, None] = {}
    refused: list[Refused] = []
    for path, reason in found:
        file = path.relative_to(root).as_posix()
        if reason:
            refused.append(Refused(printable(file), reason))
        elif path in tables or path.name.casefold().startswith("readme."):
            continue
        elif printable(file) != file:
            refused.append(Refused(printable(file), "its name is no valid text: rename it"))
        elif not is_read(path):
            refused.append(Refused(file, f"format {path.suffix or 'without an ending'} is not read ({formats()} are)"))
        else:
            files[file] = None
    if not files and not refused and only is None and not may_be_empty:
        raise InputError(f"{folder} holds no file to take in ({formats()} are read)")
    return Listing(root, tuple(sorted(files)), tuple(refused))


def printable(name: str) -> str:
    """The name with what is no text in it written as escapes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _below(root: Path, name: str) -> Iterator[tuple[Path, str | None]]:
    """One file, or all below one folder; nothing where a whole walk would not come by."""
    parts = Path(name).parts
    ancestors = [root.joinpath(*parts[:depth]) for depth in range(1, len(parts))]
    if not parts or Path(name).is_absolute() or any(part.startswith(".") for part in parts):
        return
    if any(place.is_symlink() for place in ancestors):
        return
    path = root / name
    if path.is_dir() and not path.is_symlink():
        yield from _walk(root, path)
    elif not path.name.startswith("~$") and (path.is_symlink() or path.exists()):
        fault = _fault(path, root)
        if not (path.is_dir() and fault != LEADS_OUT):  # a link to a folder of the root is walked where that lies
            yield path, fault


def _walk(root: Path, start: Path) -> Iterator[tuple[Path, str | None]]:
    """Every file below a folder, and folders that can't be entered, each with a reason where it is not to be read."""
    failed: list[OSError] = []
    for place, folders, names in os.walk(start, onerror=failed.append):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in [name for name in folders if (here / name).is_symlink()]:
            if _leads_out(here / name, root):
                yield here / name, LEADS_OUT
        for name in sorted(name for name in names if not name.startswith((".", "~$"))):
            yield here / name, _fault(here / name, root)
    for error in failed:
        yield Path(error.filename), f"can't be entered: {error.strerror}"


def _fault(path: Path, root: Path) -> str | None:
    if path.is_symlink() and _leads_out(path, root):
        return LEADS_OUT
    return None if path.is_file() else "is no regular file"


def _leads_out(link: Path, root: Path) -> bool:
    try:
        return not link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return True
