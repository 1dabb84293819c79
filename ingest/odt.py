"""ODT to lines: numbers of lists and headings made visible, notes on their paragraph, deletions left out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.blocks import Shown, heading_level, paragraph_lines, row_lines
from ingest.limits import bounded
from ingest.numbering import integer, numeral
from ingest.package import Package
from ingest.reader import Line, Pages, clean
from store.errors import InputError

if TYPE_CHECKING:
    from lxml.etree import _Element

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TEXT, _TABLE = f"{{{_NS}office:1.0}}", f"{{{_NS}text:1.0}}", f"{{{_NS}table:1.0}}"
_STYLE, _FO, _DRAW = f"{{{_NS}style:1.0}}", f"{{{_NS}xsl-fo-compatible:1.0}}", f"{{{_NS}drawing:1.0}}"
_LO = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_CYRILLIC_FORMS = {"а": "russianLower", "А": "russianUpper"}
_NOT_SHOWN = frozenset(
    (
        *(f"{_OFFICE}annotation", f"{_OFFICE}annotation-end", f"{_OFFICE}forms"),
        *(f"{_TEXT}tracked-changes", f"{_TEXT}table-of-content", f"{_TEXT}sequence-decls", f"{_TEXT}hidden-text"),
        *(f"{_TEXT}hidden-paragraph", f"{_TEXT}page-number", f"{_TEXT}page-count", f"{_TEXT}ruby-text"),
        *(f"{_TEXT}list-header-number", f"{_DRAW}object", f"{_DRAW}image"),
    )
)
_SIGNS = {
    f"{_TEXT}s": " ",
    f"{_TEXT}tab": " ",
    f"{_TEXT}line-break": "\n",
    f"{_TEXT}soft-page-break": "",
}
_DEEPEST = 20
"""Tables in tables, lists in lists and frames in frames; more is taken for a trap."""


def read_odt(path: Path) -> Pages:
    """The body in order. Raises InputError for a file that is no ODT, or an encrypted one."""
    with Package(path, "ODT") as package:
        manifest = package.part("META-INF/manifest.xml")
        if manifest is not None and any(str(one.tag).endswith("}encryption-data") for one in manifest.iter()):
            raise InputError("is encrypted: its password is not known here")
        content = package.part("content.xml")
        body = content.find(f"{_OFFICE}body/{_OFFICE}text") if content is not None else None
        if content is None or body is None:
            raise InputError("is not a whole ODT: its text is missing")
        document = _Document([root for root in (package.part("styles.xml"), content) if root is not None])
        return Pages(tuple(bounded(document.blocks(body))), whole=True)


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    prefix: str
    suffix: str
    start: int
    shown: int
    """How many levels its number shows."""
    pattern: str | None


@dataclass(slots=True)
class _Counts:
    """How far a list has counted."""

    numbers: dict[int, int] = field(default_factory=dict)

    def step(self, depth: int, start: int) -> None:
        self.numbers[depth] = self.numbers.get(depth, start - 1) + 1
        for deeper in [one for one in self.numbers if one > depth]:
            del self.numbers[deeper]


class _Document:
    """Styles and lists of a document, and how far its numbers have counted."""

    def __init__(self, roots: list[_Element]) -> None:
        self._styles: dict[str, _Element] = {}
        self._lists: dict[str, dict[int, _Level]] = defaultdict(dict)
        self._outline: dict[int, _Level] = {}
        for root in roots:
            for style in root.iter(f"{_STYLE}style"):
                self._styles[style.get(f"{_STYLE}name", "")] = style
            for style in root.iter(f"{_TEXT}list-style"):
                self._lists[style.get(f"{_STYLE}name", "")] = dict(
                    map(_level, style.iterchildren(f"{_TEXT}list-level-style-number"))
                )
            for style in root.iter(f"{_TEXT}outline-style"):
                self._outline = dict(map(_level, style))
        self._by_id: dict[str, _Counts] = {}
        self._last: dict[str, _Counts] = {}
        """The list of each style that was opened last."""
        self._headings = _Counts()
        self._deep = 0

    def blocks(self, parent: _Element) -> Iterator[Line]:
        """The lines of a body, a cell or a frame, a blank one after each paragraph."""
        self._enter()
        stack = [iter(parent)]
        while stack:
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
            elif child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                yield from self._paragraph(child, None)
            elif child.tag == f"{_TEXT}list":
                yield from self._list(child, None, None, 1)
            elif child.tag == f"{_TABLE}table":
                for row in child.iter(f"{_TABLE}table-row"):
                    if _owner(row) is child:
                        yield from row_lines(
                            [list(self.blocks(cell)) for cell in row.iterchildren(f"{_TABLE}table-cell")]
                        )
            elif child.tag not in _NOT_SHOWN and child.get(f"{_TEXT}display") != "none":
                stack.append(iter(child))
        self._deep -= 1

    def _enter(self) -> None:
        self._deep += 1
        if self._deep > _DEEPEST:
            raise InputError(f"nests tables, lists or frames more than {_DEEPEST} deep: taken for a trap")

    def _list(self, element: _Element, style: str | None, counts: _Counts | None, depth: int) -> Iterator[Line]:
        """The items of a list; a list inside one counts on its own level."""
        self._enter()
        style = element.get(f"{_TEXT}style-name") or style or ""
        if counts is None:
            continued = self._by_id.get(element.get(f"{_TEXT}continue-list", ""))
            if continued is None and element.get(f"{_TEXT}continue-numbering") == "true":
                continued = self._last.get(style)
            counts = continued or _Counts()
            self._last[style] = counts
        if name := element.get(_ID):
            self._by_id[name] = counts
        level = self._lists.get(style, {}).get(depth)
        for item in element:
            label: str | None = None
            if item.tag == f"{_TEXT}list-item":
                start = item.get(f"{_TEXT}start-value")
                if start is not None:
                    counts.numbers[depth] = integer(start, 1) - 1
                if any(child.tag in (f"{_TEXT}p", f"{_TEXT}h") for child in item):
                    counts.step(depth, level.start if level else 1)
                    label = _label(self._lists.get(style, {}), depth, counts)
            elif item.tag != f"{_TEXT}list-header":
                continue
            for child in item:
                if child.tag == f"{_TEXT}list":
                    yield from self._list(child, style, counts, depth + 1)
                elif child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                    yield from self._paragraph(child, label, listed=True)
                    label = None
        self._deep -= 1

    def _paragraph(self, element: _Element, label: str | None, *, listed: bool = False) -> Iterator[Line]:
        bold, hidden, title = self._style(element.get(f"{_TEXT}style-name"))
        shown = self._inline(element, bold, hidden)
        text = "".join(shown.words)
        level = 1 if title else None
        if element.tag == f"{_TEXT}h":
            level = max(1, integer(element.get(f"{_TEXT}outline-level"), 1))
            if not listed and element.get(f"{_TEXT}is-list-header") != "true" and text.strip():
                own = self._outline.get(level)
                self._headings.step(level, own.start if own else 1)
                label = _label(self._outline, level, self._headings)
        level = heading_level(text, level)
        yield from paragraph_lines(text, label, level, shown)
        for box in shown.boxes:
            yield from self.blocks(box)

    def _inline(self, paragraph: _Element, bold: bool, hidden: bool) -> Shown:
        shown = Shown()

        def add(text: str | None, bold: bool, hidden: bool) -> None:
            if text and not hidden:
                text = re.sub(r"[ \t\r\n]+", " ", text)
                shown.words.append(text)
                shown.bold = shown.bold and (bold or not text.strip())

        add(paragraph.text, bold, hidden)
        stack = [(iter(paragraph), bold, hidden)]
        opened: list[_Element] = [paragraph]
        while stack:
            children, bold, hidden = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                closed = opened.pop()
                if stack:
                    add(closed.tail, stack[-1][1], stack[-1][2])
                continue
            tag = child.tag
            if tag == f"{_TEXT}span":
                own_bold, own_hidden, _ = self._style(child.get(f"{_TEXT}style-name"), bold=bold)
                add(child.text, own_bold, hidden or own_hidden)
                stack.append((iter(child), own_bold, hidden or own_hidden))
                opened.append(child)
                continue
            if tag == f"{_TEXT}note":
                shown.notes.extend(() if hidden else self._note(child))
            elif tag == f"{_DRAW}frame" or tag == f"{_DRAW}custom-shape":
                shown.boxes.extend(() if hidden else [child])
            elif tag in _SIGNS:
                shown.words.append("" if hidden else _SIGNS[tag])
            elif tag not in _NOT_SHOWN:
                add(child.text, bold, hidden)
                stack.append((iter(child), bold, hidden))
                opened.append(child)
                continue
            add(child.tail, bold, hidden)
        shown.bold = shown.bold and any(word.strip() for word in shown.words)
        return shown

    def _note(self, note: _Element) -> Iterator[str]:
        """The note with its mark in front, as it is printed."""
        mark = note.findtext(f"{_TEXT}note-citation") or ""
        body = note.find(f"{_TEXT}note-body")
        if body is None:
            return
        texts = ["".join(self._inline(one, False, False).words) for one in body.iter(f"{_TEXT}p", f"{_TEXT}h")]
        text = " ".join(clean(f"{mark} {' '.join(texts)}").split())
        if text != mark:
            yield text

    def _style(self, name: str | None, *, bold: bool = False) -> tuple[bool, bool, bool]:
        """Whether a style sets bold, hides, and is the one of titles; its own properties win over inherited ones."""
        weight: str | None = None
        hidden: str | None = None
        title = False
        seen: set[str] = set()
        while name and name not in seen and (style := self._styles.get(name)) is not None:
            seen.add(name)
            title = title or name == "Title"
            properties = style.find(f"{_STYLE}text-properties")
            if properties is not None:
                weight = weight or properties.get(f"{_FO}font-weight")
                hidden = hidden or properties.get(f"{_TEXT}display")
            name = style.get(f"{_STYLE}parent-style-name")
        if weight is not None:
            bold = weight in ("bold", "600", "700", "800", "900")
        return bold, hidden == "none", title


def _owner(row: _Element) -> _Element | None:
    """The table that a row belongs to, row groups and header rows between them looked through."""
    parent = row.getparent()
    while parent is not None and parent.tag != f"{_TABLE}table":
        parent = parent.getparent()
    return parent


def _level(element: _Element) -> tuple[int, _Level]:
    form = element.get(f"{_STYLE}num-format", "")
    return integer(element.get(f"{_TEXT}level"), 1), _Level(
        form=_FORMS.get(form) or _CYRILLIC_FORMS.get(form[:1]) or ("decimal" if form else "none"),
        prefix=element.get(f"{_STYLE}num-prefix", ""),
        suffix=element.get(f"{_STYLE}num-suffix", ""),
        start=integer(element.get(f"{_TEXT}start-value"), 1),
        shown=integer(element.get(f"{_TEXT}display-levels"), 1),
        pattern=element.get(f"{_LO}num-list-format"),
    )


def _label(levels: dict[int, _Level], depth: int, counts: _Counts) -> str | None:
    """The number of the last paragraph as printed; None for a bullet and for a level without a number."""
    level = levels.get(depth)
    if level is None or level.form == "none":
        return None
    numbers = {
        one: numeral(counts.numbers.get(one, levels[one].start), levels[one].form) for one in levels if one <= depth
    }
    if level.pattern:
        text = re.sub(r"%(\d{1,2})%", lambda match: numbers.get(int(match[1]), ""), level.pattern)
    else:
        shown = [numbers[one] for one in sorted(numbers) if one > depth - level.shown and numbers[one]]
        text = f"{level.prefix}{'.'.join(shown)}{level.suffix}"
    text = text.strip()
    return text if any(sign.isalnum() for sign in text) and len(text) <= 40 else None
