"""DOCX to lines: a paragraph is a line, automatic numbers are made visible, tracked changes are taken as accepted.

Read from the parts themselves: every step is bounded and none recurses with the depth of the file, table cells and text
boxes aside, which are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.blocks import Shown, header_lines, heading_level, paragraph_lines, row_lines
from ingest.limits import bounded
from ingest.numbering import Numbers, W, integer, numeral, value
from ingest.package import Package
from ingest.reader import Line, Pages, clean
from store.errors import InputError

if TYPE_CHECKING:
    from lxml.etree import _Element

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_PARTS = ("styles", "numbering", "footnotes", "endnotes", "settings")
_NOT_SHOWN = frozenset(
    f"{W}{name}"
    for name in (
        *("del", "moveFrom", "pPr", "rPr", "tblPr", "tcPr", "trPr", "sdtPr", "sdtEndPr", "rubyPr", "rt"),
        *("instrText", "delInstrText", "delText", "sectPr", "customXmlPr", "smartTagPr"),
    )
)
_SIGNS = {
    f"{W}br": "\n",
    f"{W}cr": "\n",
    f"{W}tab": "\t",
    f"{W}ptab": "\t",
    f"{W}noBreakHyphen": "-",
}
_PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)
_DEEPEST = 20
"""Tables in tables and text boxes in text boxes; more is taken for a trap."""


def read_docx(path: Path) -> Pages:
    """Header of the first page, then the body in order. Raises InputError for a file that is no DOCX."""
    with Package(path, "DOCX") as package:
        main = next((name for kind, name in package.targets("").values() if kind == "officeDocument"), None)
        root = package.part(main) if main else None
        body = root.find(f"{W}body") if root is not None else None
        if main is None or body is None:
            raise InputError("is not a whole DOCX: its text is missing")
        parts = package.targets(main)
        document = _Document(package, parts)
        lines = list(bounded(document.blocks(body)))
        return Pages((*_header(document, package, parts, body, lines), *lines), whole=True)


def _header(
    document: _Document, package: Package, parts: dict[str, tuple[str, str]], body: _Element, lines: list[Line]
) -> list[Line]:
    """The header of the first page, else one of the following pages."""
    section = next(body.iter(f"{W}sectPr"), None)
    if section is None:
        return []
    names = {one.get(f"{W}type", "default"): one.get(f"{_R}id", "") for one in section.iter(f"{W}headerReference")}
    own = "first" if _on(section.find(f"{W}titlePg")) else "default"
    for name in (own, "default", "even"):
        root = package.part(parts[names[name]][1]) if names.get(name) in parts else None
        if root is None:
            continue
        texts = document.header(root)
        found = header_lines(texts, lines, running=name != own)
        if found:
            return found
    return []


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph or character style says, with what it inherits."""

    level: int | None = None
    list_id: str | None = None
    depth: int | None = None
    bold: bool = False
    hidden: bool = False
    contents: bool = False
    """An entry of the table of contents."""


class _Document:
    """The parts that the body refers to, and how far its numbers have counted."""

    def __init__(self, package: Package, parts: dict[str, tuple[str, str]]) -> None:
        roots = {kind: package.part(name) for kind, name in parts.values() if kind in _PARTS}
        self._styles = _Styles(roots.get("styles"))
        self._numbers = Numbers(roots.get("numbering"), self._styles.linked())
        self._notes = {kind: _notes(roots.get(f"{kind}s")) for kind in ("footnote", "endnote")}
        self._forms = {
            kind: _note_form(roots.get("settings"), kind, default)
            for kind, default in (("footnote", "decimal"), ("endnote", "lowerRoman"))
        }
        self._marks = {"footnote": 0, "endnote": 0}
        self._deep = 0

    def blocks(self, parent: _Element) -> Iterator[Line]:
        """The lines of a body, a cell or a text box, a blank one after each paragraph."""
        self._deep += 1
        if self._deep > _DEEPEST:
            raise InputError(f"nests tables or text boxes more than {_DEEPEST} deep: taken for a trap")
        stack = [iter(parent)]
        kept = Shown()
        while stack:
            child = next(stack[-1], None)
            if child is None:
                stack.pop()
            elif child.tag == f"{W}p":
                shown = self._inline(child, kept)
                if child.find(f"{W}pPr/{W}rPr/{W}del") is not None:
                    kept = shown  # its mark was deleted: it goes on in the next paragraph
                    continue
                kept = Shown()
                yield from self._paragraph(child, shown)
            elif child.tag == f"{W}tbl":
                for row in _rows(child):
                    yield from self._row(row)
            elif child.tag == f"{_MC}AlternateContent":
                stack.append(iter(_choice(child)))
            elif child.tag not in _NOT_SHOWN and not _is_contents(child):
                stack.append(iter(child))
        if kept.words:
            yield from self._lines("".join(kept.words), None, None, kept)
        self._deep -= 1

    def header(self, root: _Element) -> list[str]:
        """What a header shows, divided where it is set at the left, in the middle and at the right."""
        shown = ["".join(self._inline(one, Shown()).words) for one in root.iter(f"{W}p")]
        return [part for text in shown for part in re.split(r"[\t\n]", text)]

    def _paragraph(self, element: _Element, shown: Shown) -> Iterator[Line]:
        name = value(properties, "pStyle") if (properties := element.find(f"{W}pPr")) is not None else None
        style = self._styles.paragraph(name)
        text = "".join(shown.words)
        empty = not text.strip()
        hidden = properties is not None and _on(properties.find(f"{W}rPr/{W}vanish")) is True
        if style.contents or (empty and (hidden or style.hidden)):
            return
        label, level = None, style.level
        list_id, depth = style.list_id, style.depth
        if properties is not None:
            own = properties.find(f"{W}numPr")
            if own is not None:
                list_id = value(own, "numId") or list_id
                depth = integer(value(own, "ilvl"), 0) if own.find(f"{W}ilvl") is not None else depth
            outline = value(properties, "outlineLvl")
            level = _outline(outline) if outline is not None else level
        if list_id is not None:
            label = self._numbers.label(list_id, depth, name)
        yield from self._lines(text, label, heading_level(text, level), shown)

    def _lines(self, text: str, label: str | None, level: int | None, shown: Shown) -> Iterator[Line]:
        yield from paragraph_lines(text, label, level, shown)
        for box in shown.boxes:
            yield from self.blocks(box)

    def _row(self, row: _Element) -> Iterator[Line]:
        """A row is one line; one that fills a single cell only holds the place of its paragraphs."""
        yield from row_lines([list(self.blocks(cell)) for cell in _cells(row)])

    def _inline(self, paragraph: _Element, kept: Shown) -> Shown:
        """Insertions in, deletions and hidden text out, breaks as line ends, results of fields only."""
        shown = kept
        style = self._styles.paragraph(_paragraph_style(paragraph))
        fields: list[str | None] = []  # of each open field its instruction; None where its result is shown
        stack = [(iter(paragraph), style.bold, style.hidden)]
        while stack:
            children, bold, hidden = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                continue
            tag = child.tag
            if tag == f"{W}r":
                bold, hidden = self._styles.run(child, style)
                stack.append((iter(child), bold, hidden))
            elif tag in (f"{W}instrText", f"{W}fldChar"):
                _field(child, fields)
            elif tag in _NOT_SHOWN or hidden or any(one is not None for one in fields):
                continue
            elif tag in (f"{W}t", f"{_M}t"):
                shown.words.append(child.text or "")
                shown.bold = shown.bold and (bold or not (child.text or "").strip())
            elif tag in _SIGNS:
                shown.words.append(_SIGNS[tag])
            elif tag == f"{W}sym":
                shown.words.append(_symbol(child))
            elif tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
                shown.notes.extend(self._note(child, tag.removeprefix(W).removesuffix("Reference")))
            elif tag == f"{W}txbxContent":
                shown.boxes.append(child)
            elif tag == f"{_MC}AlternateContent":
                stack.append((iter(_choice(child)), bold, hidden))
            elif tag != f"{W}fldSimple" or not _PAGE_FIELD.match(child.get(f"{W}instr", "")):
                stack.append((iter(child), bold, hidden))
        shown.bold = shown.bold and any(word.strip() for word in shown.words)
        return shown

    def _note(self, reference: _Element, kind: str) -> Iterator[str]:
        """The note with its mark in front, as it is printed."""
        body = self._notes[kind].get(reference.get(f"{W}id", ""))
        mark = ""
        if _on(reference.get(f"{W}customMarkFollows")) is not True:
            self._marks[kind] += 1
            mark = numeral(self._marks[kind], self._forms[kind])
        if body is None:
            return
        texts = ["".join(self._inline(one, Shown()).words) for one in body.iter(f"{W}p")]
        text = " ".join(clean(" ".join(texts)).split())
        if text:
            yield f"{mark} {text}".strip()


class _Styles:
    """The styles of a document, each with what it inherits."""

    def __init__(self, root: _Element | None) -> None:
        styles = [] if root is None else list(root.iterchildren(f"{W}style"))
        self._elements = {style.get(f"{W}styleId", ""): style for style in styles}
        self._default = next(
            (
                style.get(f"{W}styleId", "")
                for style in styles
                if style.get(f"{W}type") == "paragraph" and _on(style.get(f"{W}default")) is True
            ),
            None,
        )
        self._known: dict[str | None, _Style] = {}

    def linked(self) -> dict[str, str]:
        """The list of each style that has one."""
        pairs = ((name, style.find(f"{W}pPr/{W}numPr/{W}numId")) for name, style in self._elements.items())
        return {name: number.get(f"{W}val", "") for name, number in pairs if number is not None}

    def paragraph(self, name: str | None) -> _Style:
        if name not in self._known:
            self._known[name] = self._resolved(name if name in self._elements else self._default)
        return self._known[name]

    def run(self, run: _Element, style: _Style) -> tuple[bool, bool]:
        """Whether a run is bold, and whether it is hidden: by itself, its own style, or its paragraph's."""
        properties = run.find(f"{W}rPr")
        if properties is None:
            return style.bold, style.hidden
        name = value(properties, "rStyle")
        own = self.paragraph(name) if name in self._elements else _Style()
        bold, hidden = _on(properties.find(f"{W}b")), _on(properties.find(f"{W}vanish"))
        return (
            bold if bold is not None else own.bold or style.bold,
            hidden if hidden is not None else own.hidden or style.hidden,
        )

    def _resolved(self, name: str | None) -> _Style:
        chain: list[_Element] = []
        while name in self._elements and self._elements[name] not in chain and len(chain) < 40:
            chain.append(self._elements[name])
            name = value(chain[-1], "basedOn") or ""
        level: int | None = None
        list_id: str | None = None
        depth: int | None = None
        bold = hidden = contents = False
        for style in reversed(chain):
            title = (value(style, "name") or "").casefold()
            level = 1 if title == "title" else level
            if match := re.fullmatch(r"heading (\d)", title):
                level = int(match[1])
            contents = contents or re.fullmatch(r"toc \d|table of figures", title) is not None
            outline = style.find(f"{W}pPr/{W}outlineLvl")
            level = _outline(outline.get(f"{W}val")) if outline is not None else level
            numbered = style.find(f"{W}pPr/{W}numPr")
            if numbered is not None:
                list_id = value(numbered, "numId") or list_id
                depth = integer(value(numbered, "ilvl"), 0) if numbered.find(f"{W}ilvl") is not None else depth
            for_bold, for_hidden = _on(style.find(f"{W}rPr/{W}b")), _on(style.find(f"{W}rPr/{W}vanish"))
            bold = bold if for_bold is None else for_bold
            hidden = hidden if for_hidden is None else for_hidden
        return _Style(level, list_id, depth, bold, hidden, contents)


def _on(mark: _Element | str | None) -> bool | None:
    """A switch: on, off, or not given."""
    if mark is None:
        return None
    text = mark if isinstance(mark, str) else mark.get(f"{W}val", "1")
    return text not in ("0", "false", "off")


def _outline(text: str | None) -> int | None:
    depth = integer(text, 9)
    return depth + 1 if 0 <= depth < 9 else None


def _paragraph_style(paragraph: _Element) -> str | None:
    mark = paragraph.find(f"{W}pPr/{W}pStyle")
    return mark.get(f"{W}val") if mark is not None else None


def _field(element: _Element, fields: list[str | None]) -> None:
    """Follow a field: between its begin and its separation stands an instruction, behind that the result."""
    if element.tag == f"{W}instrText":
        if fields and fields[-1] is not None:
            fields[-1] += element.text or ""
        return
    kind = element.get(f"{W}fldCharType")
    if kind == "begin":
        fields.append("")
    elif kind == "separate" and fields:
        fields[-1] = fields[-1] if _PAGE_FIELD.match(fields[-1] or "") else None
    elif kind == "end" and fields:
        fields.pop()


def _choice(alternatives: _Element) -> _Element:
    """The first variant of a drawing; the others show the same again."""
    choice = alternatives.find(f"{_MC}Choice")
    fallback = alternatives.find(f"{_MC}Fallback")
    return choice if choice is not None else fallback if fallback is not None else alternatives


def _is_contents(element: _Element) -> bool:
    """A content control that holds the table of contents."""
    gallery = element.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return gallery is not None and gallery.get(f"{W}val") == "Table of Contents"


def _rows(table: _Element) -> Iterator[_Element]:
    for row in _inside(table, f"{W}tr"):
        if row.find(f"{W}trPr/{W}del") is None:
            yield row


def _cells(row: _Element) -> Iterator[_Element]:
    for cell in _inside(row, f"{W}tc"):
        merged = cell.find(f"{W}tcPr/{W}vMerge")
        goes_on = merged is not None and merged.get(f"{W}val", "continue") == "continue"
        if not goes_on and cell.find(f"{W}tcPr/{W}cellDel") is None:
            yield cell


def _inside(parent: _Element, tag: str) -> Iterator[_Element]:
    """Elements of a kind below a parent, content controls between them looked through."""
    stack = [iter(parent)]
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
        elif child.tag == tag:
            yield child
        elif child.tag not in _NOT_SHOWN:
            stack.append(iter(child))


def _symbol(element: _Element) -> str:
    """A sign of a symbol font: its own letters stand in the private area, of which only the bullet is known."""
    try:
        return chr(int(element.get(f"{W}char", ""), 16))
    except (ValueError, OverflowError):
        return ""


def _notes(root: _Element | None) -> dict[str, _Element]:
    """Notes by number; the separators above them are none."""
    if root is None:
        return {}
    return {note.get(f"{W}id", ""): note for note in root if note.get(f"{W}type", "normal") == "normal"}


def _note_form(settings: _Element | None, kind: str, default: str) -> str:
    form = settings.find(f"{W}{kind}Pr/{W}numFmt") if settings is not None else None
    return form.get(f"{W}val", default) if form is not None else default
