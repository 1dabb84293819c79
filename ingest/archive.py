"""ZIP archives: members one at a time, within bounds that hold for all archives inside one another."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.package import open_zip, unpacked
from ingest.reader import clean
from store.errors import InputError

MOST_MEMBERS = 10_000
"""Members of a file, those of archives inside it counted."""
MOST_MEMBER = 200_000_000
"""Bytes of one member."""
MOST_UNPACKED = 2_000_000_000
"""Bytes of all members together."""
MOST_DEEP = 3
"""Archives and e-mails inside one another."""
_NAME = 200
"""Letters of a member's name; the start of a longer one is cut."""
_LEFT_OUT = ("__macosx", "thumbs.db", "desktop.ini")


@dataclass(slots=True)
class Budget:
    """What is left of the bounds of one file."""

    members: int = MOST_MEMBERS
    size: int = MOST_UNPACKED
    spent: bool = False

    def count(self, size: int = 0) -> None:
        """Take a member, or some bytes of it. Raises InputError when a bound is reached: nothing more is read then."""
        self.members -= not size
        self.size -= size
        if self.members < 0 or self.size < 0:
            self.spent = True
            limit = f"{MOST_MEMBERS} members" if self.members < 0 else f"{MOST_UNPACKED // 1_000_000} MB unpacked"
            raise InputError(f"is not read, nor is what follows: the file holds more than {limit}")


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside an archive."""

    name: str
    """A label that can be printed, never a path to write to."""
    item: zipfile.ZipInfo
    reason: str | None = None
    """Why it is not to be read."""


class Archive:
    """A ZIP that is open for reading. Raises InputError where it is none."""

    def __init__(self, path: Path) -> None:
        self._archive = open_zip(path)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *error: object) -> None:
        self._archive.close()

    def members(self) -> Iterator[Member]:
        """Every file in the order of the archive; hidden ones and what systems leave behind are passed over."""
        seen: dict[str, int] = {}
        for item in self._archive.infolist():
            name = printable(_name(item))
            parts = PurePosixPath(name).parts
            if item.filename.endswith("/") or any(
                part.startswith((".", "~$")) or part.casefold() in _LEFT_OUT for part in parts
            ):
                continue
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name = f"{name} ({seen[name]})"
            mode = item.external_attr >> 16
            linked = item.create_system == 3 and stat.S_IFMT(mode) not in (0, stat.S_IFREG)
            yield Member(name, item, "is a link or a device, no file" if linked else None)

    def unpack(self, member: Member, target: Path, budget: Budget) -> None:
        """Write a member to a file. Raises InputError where it is damaged or a bound is reached."""
        with target.open("wb") as stream:
            for block in unpacked(self._archive, member.item, MOST_MEMBER):
                budget.count(len(block))
                stream.write(block)


def printable(name: str) -> str:
    """A name from outside as a label: no control or direction signs, no way up or to a root, not too long."""
    name = clean(name.encode("utf-8", "replace").decode("utf-8")).replace("\\", "/")
    parts = [part.strip() for part in name.split("/")]
    parts = [part for part in parts if part not in ("", ".", "..") and not re.fullmatch(r"[A-Za-z]:", part)]
    return "/".join(parts)[-_NAME:].lstrip("/") or "unnamed"


def _name(item: zipfile.ZipInfo) -> str:
    """Old archives hold names in the code page of a system, which zipfile takes for the American one."""
    if item.flag_bits & 0x800 or item.filename.isascii():
        return item.filename
    try:
        data = item.filename.encode("cp437")
    except UnicodeEncodeError:
        return item.filename
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        russian = data.decode("cp866")
        return russian if re.search("[А-Яа-яЁё]{3}", russian) else item.filename
