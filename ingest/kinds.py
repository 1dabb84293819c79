"""What a file is, by its content: endings are often wrong, in archives of thirty years most of all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.package import open_zip, unpacked
from ingest.reader import ENDINGS, formats
from store.errors import InputError

if TYPE_CHECKING:
    import olefile  # type: ignore[import-untyped]

_HEAD = 8192
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BROKEN_OLE = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
    RecursionError,  # a folder that lies in itself
)
"""What olefile raises for damaged tables."""
_OTHERS = (
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|BM.{4}\0{4}|RIFF.{4}WEBP", "a picture"),
    (rb"Rar!\x1a\x07", "a RAR archive"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (rb"\x1f\x8b\x08", "a gzip file"),
    (rb"BZh[1-9]1AY", "a bzip2 file"),
    (rb"\xfd7zXZ\0", "an xz file"),
    (rb"MZ.{58}", "a program"),
    (rb"\x7fELF", "a program"),
    (rb"%!PS", "a PostScript file"),
    (rb"\xffWPC", "a WordPerfect file"),
    (rb"\x78\x9f\x3e\x22", "an Outlook winmail.dat"),
    (rb"ID3|OggS|.{4}ftyp", "a recording"),
)
_ODF = {
    "text-template": "an ODF template",
    "spreadsheet": "an ODF spreadsheet",
    "presentation": "an ODF presentation",
    "graphics": "an ODF drawing",
}
_HTML = re.compile(
    r"(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_FIELD = re.compile(r"([A-Za-z][A-Za-z-]{1,60}):[ \t]?(.*)")
_OF_MAIL = frozenset(("received", "message-id", "mime-version", "return-path", "delivered-to", "x-mailer"))


def kind_of(path: Path, ending: str) -> str:
    """The format to read a file as: one of the values of `ingest.reader.ENDINGS`.

    Raises InputError where the ending is none that is read, or where the content is known and none that is read.
    """
    declared = ENDINGS.get(ending)
    if declared is None:
        raise InputError(f"format {ending or 'without an ending'} is not read ({formats()} are)")
    return kind_by_content(path, declared)


def kind_by_content(path: Path, declared: str | None) -> str:
    """As `kind_of`; what the content alone doesn't tell is `declared`, or plain text where None is."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(path, declared)
    if head.startswith(_OLE):
        return _compound(path)
    if head.lstrip().startswith(b"%PDF-") or (declared == "pdf" and b"%PDF-" in head[:1024]):
        return "pdf"
    if head.lstrip().startswith(b"{\\rtf"):
        return "rtf"
    for pattern, name in _OTHERS:
        if re.match(pattern, head, re.DOTALL):
            raise InputError(f"is {name}, which is not read ({formats()} are)")
    text = _unicode(head)
    if declared == "md":
        return "md"
    if _is_mail(text, declared):
        return "eml"
    if _HTML.match(text.lstrip("\ufeff \t\r\n")):
        return "html"
    return "txt" if declared in (None, "rtf", "doc", "eml") else declared


def _zipped(path: Path, declared: str | None) -> str:
    try:
        archive = open_zip(path)
    except InputError as error:
        if declared in ("docx", "odt"):
            raise InputError(f"is not a whole {declared.upper()}: {error}") from error
        raise
    with archive:
        names = set(archive.namelist())
        if "mimetype" in names:
            mime = b"".join(unpacked(archive, archive.getinfo("mimetype"), 1000)).decode("ascii", "replace")
            kind = mime.strip().rpartition("opendocument.")[2]
            if kind == "text":
                return "odt"
            if kind.startswith(tuple(_ODF)) or kind == "application/epub+zip":
                raise InputError(f"is {_ODF.get(kind, 'an e-book')}, which is not read ({formats()} are)")
        if "[Content_Types].xml" in names:
            for folder, name in (("xl/", "an Excel workbook"), ("ppt/", "a PowerPoint presentation")):
                if any(one.startswith(folder) for one in names):
                    raise InputError(f"is {name}, which is not read ({formats()} are)")
            return "docx"
    return declared if declared in ("docx", "odt") else "zip"


@contextmanager
def open_compound(path: Path) -> Iterator[olefile.OleFileIO]:
    """An OLE file: the container of DOC and MSG. Raises InputError where it is damaged, also while it is read."""
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as ole:
            yield ole
    except _BROKEN_OLE as error:
        raise InputError(f"is a damaged OLE file ({error})") from error


def _compound(path: Path) -> str:
    with open_compound(path) as ole:
        names = {parts[0].casefold() for parts in ole.listdir()}
    if names & {"encryptedpackage", "encryptioninfo"}:
        raise InputError("is encrypted: its password is not known here")
    if "__properties_version1.0" in names:
        return "msg"
    if "worddocument" in names:
        return "doc"
    for name, what in (
        ("workbook", "an Excel workbook"),
        ("book", "an Excel workbook"),
        ("powerpoint document", "a PowerPoint presentation"),
    ):
        if name in names:
            raise InputError(f"is {what}, which is not read ({formats()} are)")
    raise InputError(f"is an OLE file of an unknown kind, which is not read ({formats()} are)")


def _unicode(head: bytes) -> str:
    """The start as text, as far as marks of a format stand in it."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    return head.decode("utf-8" if head.startswith(b"\xef\xbb\xbf") else "latin-1", "replace")


def _is_mail(text: str, declared: str | None) -> bool:
    """A block of header fields at the very start; without the ending of an e-mail, fields that only programs write."""
    fields: dict[str, str] = {}
    for line in text.lstrip("\ufeff\r\n").splitlines():
        match = _FIELD.match(line)
        if match:
            fields[match[1].lower()] = match[2]
        elif not line.startswith((" ", "\t")) or not fields:
            break
    if declared == "eml":
        return bool(fields)
    web_archive = "mime-version" in fields and fields.get("content-type", "").lower().startswith("multipart/")
    return web_archive or ("from" in fields and bool(_OF_MAIL & set(fields)))
