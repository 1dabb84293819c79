"""A file becomes lines: one function a format.

Everything behind this module sees the same thing, whatever the file was: lines with page, indent and a hint or two
about how they were set.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from store.errors import InputError

PAGE_BREAK = "\f"
ENDINGS = {
    ".txt": "txt",
    ".text": "txt",
    ".md": "md",
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".odt": "odt",
    ".rtf": "rtf",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".doc": "doc",
    ".eml": "eml",
    ".msg": "msg",
    ".zip": "zip",
}
"""The endings that are read, and the format that each stands for."""
_SPACES = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ue000-\uf8ff\ufff9-\ufffb]"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands on the page; a blank one separates, `PAGE_BREAK` alone ends a page."""

    text: str
    page: int | None = None
    indent: int = 0
    """Distance from the left edge of the text, in characters."""
    bold: bool = False
    small: bool = False
    """Set smaller than the running text, as footnotes are."""
    level: int | None = None
    """Level of a heading that the format itself marks as one; 1 is the highest."""
    label: str | None = None
    """A number that the format makes by itself."""
    notes: tuple[str, ...] = ()
    """Footnotes that the format itself ties to this line."""
    ocr: float | None = None
    """Confidence of the recognition, 0 to 1, where the line was read from a picture."""


@dataclass(frozen=True, slots=True)
class Pages:
    """What a file holds, before anything is understood."""

    lines: tuple[Line, ...]
    whole: bool = False
    """True where every line is a whole paragraph, as the format says so."""
    fields: dict[str, str] = field(default_factory=dict)
    """Fields that stand apart from the text, as in a front matter: `title`, `date` …"""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: the file itself, or a member of a container."""

    member: str
    """Path inside the container, with `/`; "" for a plain file and for the body of an e-mail."""
    pages: Pages | None
    reason: str | None = None
    """Why a member was not read; then there are no pages."""


def documents(path: Path) -> Iterator[Document]:
    """The documents of a file: exactly one of a plain file, one for each member of a container, refused ones too.

    Raises InputError with the reason where the file itself can't be read or holds nothing.
    """
    from ingest.containers import container_documents
    from ingest.kinds import kind_of

    try:
        kind = kind_of(path, path.suffix.lower())
        if kind in ("zip", "eml", "msg"):
            yield from container_documents(path, kind)
        else:
            yield Document("", read(path, kind))
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}") from error


def read(path: Path, kind: str) -> Pages:
    """Read a plain file as one of the formats of `ingest.kinds`. Raises InputError where that can't be done."""
    pages = _reader(kind)(path)
    if not any(any(sign.isalnum() for sign in line.text) for line in pages.lines):
        raise InputError("holds no text")
    return pages


def is_read(path: Path) -> bool:
    """Whether the ending of a file's name is one that is read."""
    return path.suffix.lower() in ENDINGS


def formats() -> str:
    """The endings that are read, for messages."""
    return ", ".join(sorted(ending.lstrip(".") for ending in ENDINGS))


def clean(text: str) -> str:
    """NFC; no control characters, soft hyphens, zero-width marks or direction overrides; every space a plain one."""
    if text.isascii() and text.isprintable():
        return text
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).replace("\uf0b7", "•")
    return _INVISIBLE.sub("", text)


def _reader(kind: str) -> Callable[[Path], Pages]:
    """The function that reads a format; its library is loaded with it."""
    match kind:
        case "pdf":
            from ingest.pdf import read_pdf as reader
        case "docx":
            from ingest.docx import read_docx as reader
        case "odt":
            from ingest.odt import read_odt as reader
        case "rtf":
            from ingest.rtf import read_rtf as reader
        case "html":
            from ingest.html import read_html as reader
        case "doc":
            from ingest.doc import read_doc as reader
        case "md":
            from ingest.plain import read_markdown as reader
        case _:
            from ingest.plain import read_text as reader
    return reader
