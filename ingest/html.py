"""HTML to lines: what a reader sees of the text, without scripts, menus, hidden parts and comments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.blocks import heading_level, row_lines
from ingest.encodings import decode, decode_as
from ingest.limits import bounded, check_length, text_bytes
from ingest.numbering import integer, numeral
from ingest.reader import Line, Pages, clean

if TYPE_CHECKING:
    from lxml.etree import _Element

_NOT_SHOWN = frozenset(
    (
        *(
            "script",
            "style",
            "head",
            "noscript",
            "template",
            "iframe",
            "object",
            "embed",
            "svg",
            "math",
            "canvas",
            "audio",
        ),
        *("video", "map", "nav", "aside", "footer", "input", "select", "textarea", "button", "dialog", "rt", "rp"),
        *("del", "area"),
    )
)
_BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "blockquote",
            "body",
            "center",
            "dd",
            "details",
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
        ),
        *("figure", "header", "hr", "li", "main", "ol", "p", "pre", "section", "summary", "ul", "h1", "h2", "h3", "h4"),
        *("h5", "h6", "caption", "legend", "menu", "dir", "html", "table", "tr", "td", "th"),
    )
)
_MENUS = frozenset(("navigation", "banner", "contentinfo", "search", "menu", "menubar", "dialog", "alertdialog"))
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.IGNORECASE)
_TYPES = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_DEEPEST = 20
"""Tables in tables that are followed; deeper ones are read as plain text."""


def read_html(path: Path) -> Pages:
    """The readable text in order. Raises InputError where the bytes are no text, or too many."""
    return html_pages(decode_html(text_bytes(path)))


def decode_html(data: bytes) -> str:
    """By the mark at its start, else as the page itself says, else by what comes out."""
    declared = None if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) else _CHARSET.search(data[:4096])
    if declared:
        name = declared[1].decode("ascii")
        return decode_as(data, "latin1" if name.lower() in ("us-ascii", "ascii") else name)
    return decode(data)


def html_pages(text: str) -> Pages:
    """The lines of a page that is text already. Raises InputError for one that is too long."""
    from lxml import etree

    check_length(len(text))
    text = text.replace("\0", "")
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, recover=True, huge_tree=False
    )
    root = etree.fromstring(text.encode("utf-8", "replace"), parser) if text.strip() else None
    if root is None:
        return Pages(())
    page = _Page()
    lines = tuple(bounded(page.blocks(_content(root))))
    return Pages(lines, whole=not page.set_by_hand)


def _content(root: _Element) -> _Element:
    """The one part that a page itself calls its content, where it does."""
    marked: tuple[Callable[[_Element], bool], ...] = (
        lambda one: one.tag == "main" or one.get("role") == "main",
        lambda one: one.tag == "article",
    )
    for is_content in marked:
        found = [one for one in root.iter() if is_content(one)]
        if len(found) == 1 and sum(len(text.split()) for text in found[0].itertext() if isinstance(text, str)) > 50:
            return found[0]
    return root


@dataclass(slots=True)
class _Open:
    """An element that is being read."""

    element: _Element
    children: Iterator[_Element]
    bold: bool = False
    pre: bool = False
    level: int | None = None


@dataclass(slots=True)
class _Text:
    """The paragraph in the making."""

    words: list[str] = field(default_factory=list)
    label: str | None = None
    level: int | None = None
    bold: bool = True


class _Page:
    """One pass over a page."""

    def __init__(self) -> None:
        self.set_by_hand = False
        """Most of the text stands in `<pre>`, where a line is no paragraph."""
        self._deep = 0
        self._letters = self._pre_letters = 0

    def blocks(self, parent: _Element) -> Iterator[Line]:
        """The lines of a page or a cell, a blank one after each paragraph."""
        self._deep += 1
        text = _Text()
        counts: dict[_Element, int] = {}
        stack = [_Open(parent, iter(parent), level=None)]
        self._add(text, parent.text, stack[-1])
        while stack:
            top = stack[-1]
            child = next(top.children, None)
            if child is None:
                stack.pop()
                if top.element.tag in _BLOCKS:
                    yield from _flushed(text)
                    text = _Text()
                if stack:
                    self._add(text, top.element.tail, stack[-1])
                continue
            tag = child.tag
            if not isinstance(tag, str) or tag in _NOT_SHOWN or _is_hidden(child):
                self._add(text, child.tail, top)
                continue
            if tag == "br":
                text.words.append("\n")
                self._add(text, child.tail, top)
                continue
            if tag in _BLOCKS:
                yield from _flushed(text)
                text = _Text(label=None if "".join(text.words).strip() else text.label)
            if tag == "table" and self._deep <= _DEEPEST:
                yield from self._table(child)
                self._add(text, child.tail, top)
                continue
            heading = re.fullmatch(r"h([1-6])", tag)
            opened = _Open(
                child,
                iter(child),
                bold=top.bold or tag in ("b", "strong", "th") or _set_bold(child),
                pre=top.pre or tag in ("pre", "xmp", "plaintext"),
                level=int(heading[1]) if heading else top.level,
            )
            if tag == "li":
                text.label = _item(child, counts)
            stack.append(opened)
            self._add(text, child.text, opened)
        yield from _flushed(text)
        self._deep -= 1
        self.set_by_hand = self._pre_letters > 0.5 * self._letters

    def _add(self, text: _Text, words: str | None, place: _Open) -> None:
        if not words:
            return
        if not place.pre:
            words = re.sub(r"[ \t\r\n\f]+", " ", words)
        text.words.append(words)
        if words.strip():
            text.bold = text.bold and place.bold
            text.level = place.level
            self._letters += len(words)
            self._pre_letters += len(words) if place.pre else 0

    def _table(self, table: _Element) -> Iterator[Line]:
        for row in table.iter("tr"):
            owner = row.getparent()
            while owner is not None and owner.tag != "table":
                owner = owner.getparent()
            if owner is table and not _is_hidden(row):
                cells = [cell for cell in row.iterchildren("td", "th") if not _is_hidden(cell)]
                yield from row_lines([list(self.blocks(cell)) for cell in cells])


def _flushed(text: _Text) -> Iterator[Line]:
    """The paragraph as lines, and the blank one behind it."""
    whole = "".join(text.words)
    if not whole.strip():
        return
    label = text.label
    level = heading_level(whole, text.level)
    for part in whole.strip("\n").split("\n"):
        tidy = " ".join(clean(part).split())
        yield Line(tidy, bold=bool(tidy) and text.bold, level=level if tidy else None, label=label if tidy else None)
        label = None if tidy else label
    yield Line("")


def _is_hidden(element: _Element) -> bool:
    if element.tag == "header" and (parent := element.getparent()) is not None and parent.tag == "body":
        return True
    if element.get("hidden") is not None or element.get("role", "").lower() in _MENUS:
        return True
    return _HIDDEN.search(element.get("style", "")) is not None


def _set_bold(element: _Element) -> bool:
    return re.search(r"font-weight\s*:\s*(?:bold|[6-9]00)", element.get("style", ""), re.IGNORECASE) is not None


def _item(item: _Element, counts: dict[_Element, int]) -> str | None:
    """The number of an item of an ordered list, as a browser prints it."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return None
    start = integer(parent.get("start"), 1)
    number = counts[parent] = integer(item.get("value"), counts.get(parent, start - 1) + 1)
    return f"{numeral(number, _TYPES.get(parent.get('type', ''), 'decimal'))}."
