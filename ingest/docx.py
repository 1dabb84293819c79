"""DOCX to lines: a paragraph is a line, automatic numbers are made visible, tracked changes are taken as accepted."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.reader import Line, Pages, clean
from store.errors import InputError

if TYPE_CHECKING:
    from docx.document import Document
    from lxml.etree import _Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MAX_UNPACKED = 200_000_000
"""Bytes that a file may unpack to; more is taken for a trap."""


def read_docx(path: Path) -> Pages:
    """Header of the first page, then body and tables in order. Raises InputError for a file that is no DOCX."""
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import XMLSyntaxError

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MAX_UNPACKED:
                raise InputError(f"unpacks to more than {_MAX_UNPACKED // 1_000_000} MB")
            if any(item.flag_bits & 1 for item in archive.infolist()):
                raise InputError("is encrypted")
        document = docx.Document(str(path))
        lines = [*_header(document), *_body(document)]
    except (OpcError, XMLSyntaxError, zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
        raise InputError(f"is not a whole DOCX ({error})") from error
    return Pages(tuple(lines), whole=True)


def _header(document: Document) -> Iterator[Line]:
    """OSCE papers print the code in the header of the first page."""
    for section in list(document.sections)[:1]:
        head = section.first_page_header if section.different_first_page_header_footer else section.header
        if head.is_linked_to_previous:
            continue
        for paragraph in head.paragraphs:
            for text in _text(paragraph._p).split("\n"):
                if text.strip():
                    yield Line(clean(text).strip())
        yield Line("")


def _body(document: Document) -> Iterator[Line]:
    numbers = _Numbers(document)
    for element in document.element.body.iterchildren():
        if element.tag == f"{_W}p":
            yield from _paragraph(element, numbers, document)
        elif element.tag == f"{_W}tbl":
            for row in element.iter(f"{_W}tr"):
                cells = [" ".join(_text(cell).split()) for cell in row.iterchildren(f"{_W}tc")]
                text = clean(" | ".join(cell for cell in cells if cell))
                if text:
                    yield Line(text)
                    yield Line("")


def _paragraph(element: _Element, numbers: _Numbers, document: Document) -> Iterator[Line]:
    text = _text(element)
    runs = [run for run in element.iter(f"{_W}r") if _text(run).strip()]
    bold = bool(runs) and all(_is_bold(run) for run in runs)
    style = _style(element)
    level = None
    name = next((s.name or "" for s in document.styles if s.style_id == style), "") if style else ""
    if name.lower().startswith("heading ") and name[8:].isdigit():
        level = int(name[8:])
    elif name == "Title":
        level = 1
    label = numbers.label(element, style)
    for part in text.split("\n"):
        tidy = clean(part).strip()
        yield Line(tidy, bold=bold, level=level if tidy else None, label=label if tidy else None)
        label = None if tidy else label
    yield Line("")


def _text(element: _Element) -> str:
    """What is shown: insertions in, deletions out, breaks as line ends."""
    words: list[str] = []

    def walk(node: _Element) -> None:
        for child in node:
            if child.tag == f"{_W}t":
                words.append(child.text or "")
            elif child.tag in (f"{_W}br", f"{_W}cr"):
                words.append("\n")
            elif child.tag == f"{_W}tab":
                words.append(" ")
            elif child.tag == f"{_W}noBreakHyphen":
                words.append("-")
            elif child.tag == f"{_W}p":
                walk(child)
                words.append(" ")
            elif child.tag not in (f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", _FALLBACK):
                walk(child)

    walk(element)
    return "".join(words)


def _is_bold(run: _Element) -> bool:
    mark = run.find(f"{_W}rPr/{_W}b")
    return mark is not None and mark.get(f"{_W}val") not in ("0", "false", "off")


def _style(element: _Element) -> str | None:
    style = element.find(f"{_W}pPr/{_W}pStyle")
    return style.get(f"{_W}val") if style is not None else None


class _Numbers:
    """Automatic paragraph numbers, counted as a word processor counts them."""

    def __init__(self, document: Document) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        """numId -> level -> (format, pattern, start)."""
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._styles: dict[str, _Element] = {}
        for style in document.styles.element.iter(f"{_W}style"):
            mark = style.find(f"{_W}pPr/{_W}numPr")
            if mark is not None:
                self._styles[style.get(f"{_W}styleId", "")] = mark
        part = next(
            (rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/numbering")), None
        )
        if part is not None:
            self._read(part.element)

    def _read(self, root: _Element) -> None:
        levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        for abstract in root.iter(f"{_W}abstractNum"):
            levels[abstract.get(f"{_W}abstractNumId", "")] = {
                int(level.get(f"{_W}ilvl", "0")): (
                    _value(level, "numFmt") or "decimal",
                    _value(level, "lvlText") or "",
                    int(_value(level, "start") or 1),
                )
                for level in abstract.iter(f"{_W}lvl")
            }
        for number in root.iter(f"{_W}num"):
            name, abstract_id = number.get(f"{_W}numId", ""), _value(number, "abstractNumId") or ""
            own = dict(levels.get(abstract_id, {}))
            self._abstract[name] = abstract_id
            for override in number.iter(f"{_W}lvlOverride"):
                depth, start = int(override.get(f"{_W}ilvl", "0")), _value(override, "startOverride")
                if start and depth in own:
                    own[depth] = (own[depth][0], own[depth][1], int(start))
                    self._abstract[name] = f"{abstract_id}/{name}"
            self._levels[name] = own

    def label(self, element: _Element, style: str | None) -> str | None:
        mark = element.find(f"{_W}pPr/{_W}numPr")
        if mark is None:
            mark = self._styles.get(style or "")
        if mark is None:
            return None
        name, depth = _value(mark, "numId") or "0", int(_value(mark, "ilvl") or 0)
        levels = self._levels.get(name, {})
        if name == "0" or depth not in levels:
            return None
        counts = self._counts[self._abstract[name]]
        counts[depth] = counts.get(depth, levels[depth][2] - 1) + 1
        for deeper in [level for level in counts if level > depth]:
            del counts[deeper]
        form, pattern, _ = levels[depth]
        if form in ("bullet", "none"):
            return None
        for level in range(depth + 1):
            kind, _, start = levels.get(level, ("decimal", "", 1))
            pattern = pattern.replace(f"%{level + 1}", _numeral(counts.get(level, start), kind))
        return pattern.strip() or None


def _value(element: _Element, name: str) -> str | None:
    child = element.find(f"{_W}{name}")
    return child.get(f"{_W}val") if child is not None else None


def _numeral(number: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter if form == "lowerLetter" else letter.upper()
    if form in ("lowerRoman", "upperRoman"):
        roman = ""
        for value, sign in zip(
            (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
            ["M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"],
            strict=True,
        ):
            roman += sign * (number // value)
            number %= value
        return roman.lower() if form == "lowerRoman" else roman
    return f"{number:02d}" if form == "decimalZero" else str(number)
