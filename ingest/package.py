"""ZIP members and XML parts read within bounds: what a file says about its own size is not trusted."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from store.errors import InputError

if TYPE_CHECKING:
    from lxml.etree import _Element

MOST_XML = 64_000_000
"""Bytes that an XML part of an office file may unpack to: a text of some 10,000 pages."""
MOST_RATIO = 250
"""Bytes out for one in, beyond which a large member is taken for a trap; text packs to a tenth, XML to a fiftieth."""
_MOST_DIRECTORY = 8_000_000
"""Bytes that the list of an archive's members may take: room for some 80,000."""
_LARGE = 10_000_000
_BLOCK = 1 << 16
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)
"""What zipfile raises for a damaged or unknown member, OSError aside."""


def open_zip(path: Path) -> zipfile.ZipFile:
    """The archive. Raises InputError where it is none, is damaged, or lists more than can be held."""
    try:
        with path.open("rb") as stream:
            if _directory_size(stream) > _MOST_DIRECTORY:
                raise InputError("lists too many files: taken for a trap")
        return zipfile.ZipFile(path)
    except (*BROKEN, struct.error) as error:
        raise InputError(f"is no whole ZIP ({error})") from error


def _directory_size(stream: BinaryIO) -> int:
    """Bytes of an archive's directory, which zipfile would hold in memory whole."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - (1 << 16) - 22))
    tail = stream.read()
    place = tail.rfind(b"PK\5\6")
    if place < 0:
        raise zipfile.BadZipFile("its directory is missing")
    (length,) = struct.unpack_from("<12xL", tail, place)
    if place >= 20 and tail[place - 20 : place - 16] == b"PK\6\7":
        (offset,) = struct.unpack_from("<8xQ", tail, place - 20)
        stream.seek(min(offset, size))
        (length,) = struct.unpack_from("<40xQ", stream.read(56))
    return int(length)


def unpacked(archive: zipfile.ZipFile, item: zipfile.ZipInfo, limit: int) -> Iterator[bytes]:
    """The bytes of a member, block by block. Raises InputError where it is damaged or exceeds a bound."""
    if item.flag_bits & 1:
        raise InputError("is encrypted: its password is not known here")
    size = 0
    try:
        with archive.open(item) as stream:
            while block := stream.read(_BLOCK):
                size += len(block)
                if size > limit:
                    raise InputError(f"unpacks to more than {limit // 1_000_000} MB")
                if size > _LARGE and size > MOST_RATIO * max(1, item.compress_size):
                    raise InputError(f"unpacks to more than {MOST_RATIO} times its size: taken for a ZIP bomb")
                yield block
    except (*BROKEN, OSError) as error:
        raise InputError(f"is damaged ({error})") from error


def parse_xml(data: bytes) -> _Element:
    """The root of an XML part. No entity is resolved, nothing is loaded; a document type is refused."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"holds broken XML ({error})") from error
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise InputError("holds a document type declaration, which no office file needs: taken for a trap")
    return root


class Package:
    """An office file: a ZIP of named parts."""

    def __init__(self, path: Path, kind: str) -> None:
        """`kind` names the format in messages. Raises InputError where the file is no ZIP."""
        self._kind = kind
        try:
            self._archive = open_zip(path)
        except InputError as error:
            raise InputError(f"is not a whole {kind}: {error}") from error

    def __enter__(self) -> Package:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    def part(self, name: str) -> _Element | None:
        """The root of an XML part; None where there is none. Raises InputError where it can't be read."""
        try:
            item = self._archive.getinfo(name)
        except KeyError:
            return None
        try:
            data = b"".join(unpacked(self._archive, item, MOST_XML))
            # The strict variant of the format differs in the names of its namespaces only.
            data = data.replace(
                b"http://purl.oclc.org/ooxml/wordprocessingml/main",
                b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            ).replace(
                b"http://purl.oclc.org/ooxml/officeDocument/relationships",
                b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            )
            return parse_xml(data)
        except InputError as error:
            raise InputError(f"is not a whole {self._kind}: {name} {error}") from error

    def targets(self, source: str) -> dict[str, tuple[str, str]]:
        """What a part (or "" for the package) refers to: id -> (kind, name of the part)."""
        folder, name = posixpath.split(source)
        root = self.part(posixpath.join(folder, "_rels", f"{name}.rels"))
        if root is None:
            return {}
        return {
            rel.get("Id", ""): (
                rel.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, rel.get("Target", ""))).lstrip("/"),
            )
            for rel in root
            if rel.get("TargetMode") != "External"
        }
