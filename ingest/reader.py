"""A file becomes lines: one function a format.

Everything behind this module sees the same thing, whatever the file was: lines with page, indent and a hint or two
about how they were set.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.markdown import front_matter, uses_markdown, without_inline_marks, without_markdown
from store.errors import InputError

PAGE_BREAK = "\f"
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


@dataclass(frozen=True, slots=True)
class Pages:
    """What a file holds, before anything is understood."""

    lines: tuple[Line, ...]
    whole: bool = False
    """True where every line is a whole paragraph, as the format says so."""
    fields: dict[str, str] = field(default_factory=dict)
    """Fields that stand apart from the text, as in a front matter: `title`, `date` …"""


def read(path: Path) -> Pages:
    """Read a file by the ending of its name. Raises InputError with the reason where that can't be done."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"format {path.suffix or 'without an ending'} is not read ({formats()} are)")
    try:
        pages = reader(path)
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror or error}") from error
    if not any(any(sign.isalnum() for sign in line.text) for line in pages.lines):
        raise InputError(
            "holds no text" if path.suffix.lower() != ".pdf" else "has no text layer: a scan needs OCR first"
        )
    return pages


def is_read(path: Path) -> bool:
    """Whether the ending of a file's name is one that is read."""
    return path.suffix.lower() in _READERS


def formats() -> str:
    """The endings that are read, for messages."""
    return ", ".join(sorted(ending.lstrip(".") for ending in _READERS))


def clean(text: str) -> str:
    """NFC; no control characters, soft hyphens, zero-width marks or direction overrides; every space a plain one."""
    if text.isascii() and text.isprintable():
        return text
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).replace("\uf0b7", "•")
    return _INVISIBLE.sub("", text)


def _text(path: Path) -> Pages:
    return _lines_of(_decode(path.read_bytes()), markdown=path.suffix.lower() == ".md")


def _lines_of(text: str, *, markdown: bool) -> Pages:
    fields: dict[str, str] = {}
    if markdown:
        fields, text = front_matter(text)
    marked = markdown or uses_markdown(text)
    if marked:
        text = without_inline_marks(text)
    lines: list[Line] = []
    page = 1
    for part in re.split(r"(\f)", text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n")):
        if part == "\f":
            page += 1
            lines.append(Line(PAGE_BREAK, page))
            continue
        for raw in part.split("\n"):
            tidy = clean(raw.expandtabs(4))
            indent = len(tidy) - len(tidy.lstrip())
            lines.append(Line(tidy.strip(), page, indent))
    if marked:
        lines = [
            Line(plain.text, line.page, line.indent, bold=plain.bold, level=plain.level)
            for line, plain in zip(
                lines, without_markdown([line.text for line in lines], headings=markdown), strict=True
            )
        ]
    if page == 1:
        lines = [Line(line.text, None, line.indent, line.bold, level=line.level) for line in lines]
    return Pages(tuple(lines), fields=fields)


def _decode(data: bytes) -> str:
    """UTF-8 and UTF-16 by their marks, else what charset-normalizer takes for the likeliest."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _guess(data)
    if text.count("\0") > len(text) / 100:
        raise InputError("is not a text file: it holds zero bytes")
    return text


def _guess(data: bytes) -> str:
    if data[:4096].count(0) > 8:
        raise InputError("is not a text file: it holds zero bytes")
    from charset_normalizer import from_bytes

    broken = data.decode("utf-8", "replace")
    if broken.count("\ufffd") * 500 < len(broken):
        return broken
    best = from_bytes(data, cp_isolation=["cp1251", "cp1252", "koi8_r", "cp866"]).best()
    if best is None:
        raise InputError("is not a text in any encoding known here (UTF-8, UTF-16, cp1251, cp1252, koi8-r)")
    return str(best)


def _pdf(path: Path) -> Pages:
    from ingest.pdf import read_pdf

    return read_pdf(path)


def _docx(path: Path) -> Pages:
    from ingest.docx import read_docx

    return read_docx(path)


_READERS: dict[str, Callable[[Path], Pages]] = {".txt": _text, ".md": _text, ".pdf": _pdf, ".docx": _docx}
