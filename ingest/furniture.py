"""What is printed on every page and belongs to none: running headers, page numbers, job numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ingest.languages import language_code, original_language
from ingest.reader import PAGE_BREAK, Line
from store.codes import code_key, find, parse

CUT = "\f"
"""Stands where furniture was taken out: the paragraph may go on behind it."""

_JOB = re.compile(
    r"^(?:\d{1,3}(?:/\d{1,3})?\s+)?\d{2}-\d{5}(?:\s?\*)?(?:\s\([A-Z]\))?(?:\s+\d{1,6}(?:/\d{1,3})?)?"
    r"(?:\s+Ple\w+ rec\w+.*)?$"
    r"|^\*\d{6,8}\*$|^Please recycle.*$"
    r"|^[A-Z]{3,6}\d{0,3}[A-Z]{0,3}\d{1,6}(?:[A-Z]{1,3}\d{0,2})?$|^(?:PC|MC|FSC)\w{0,4}E?J$"
)
_PAGE_NUMBER = re.compile(
    r"^(?:[-–—\[(]\s?)?\d{1,4}(?:\s?[-–—\])])?$|^\d{1,4}\s?/\s?\d{1,4}$|"
    r"^(?:page|seite|pagina|página|стр\.|страница|p\.)\s?\d{1,4}(?:\s?(?:of|/|von|sur|de|di|из)\s?\d{1,4})?$",
    re.IGNORECASE,
)
_MARKER = re.compile(r"^\[[^\[\]]{3,200}\]$")
_PAGE_MARK = re.compile(r"(?:^|\s)(?:page|[-–—])\s?\d{1,4}(?:\s?[-–—])?(?=\s|$)", re.IGNORECASE)


def drop_furniture(lines: Sequence[Line], code: str | None, dates: Sequence[str] = ()) -> list[Line]:
    """The lines without furniture; each run of it, with the blank lines around it, becomes one `CUT` line.

    `code` and `dates` are what the document's own head prints, which its running headers repeat.
    """
    repeated = _repeated(lines)
    key = code_key(code) if code else None
    gone = [
        line.text != PAGE_BREAK and bool(line.text) and (index in repeated or is_furniture(line.text, key))
        for index, line in enumerate(lines)
    ]
    _near(lines, gone, [date.casefold() for date in dates], key)
    result: list[Line] = []
    for index, line in enumerate(lines):
        if gone[index] or line.text == PAGE_BREAK:
            while result and not result[-1].text:
                result.pop()
            if result and result[-1].text != CUT:
                result.append(Line(CUT, line.page))
        elif line.text or not result or result[-1].text != CUT:
            result.append(line)
    return result


def is_marker(text: str) -> bool:
    """A note in brackets on a line of its own, above everything else."""
    return _MARKER.match(text) is not None and not find(text)


def is_furniture(text: str, key: str | None = None) -> bool:
    """A job number, a language line, or nothing but the document's own code (`key`) and a page number."""
    if _JOB.match(text) or original_language(text) or (text.isupper() and language_code(text)):
        return True
    if key is None or len(text) > 90:
        return False
    codes = find(text)
    if not codes or code_key(codes[0].text) != key:
        return False
    rest = _PAGE_MARK.sub(" ", text[: codes[0].start] + " " + text[codes[0].end :])
    words = [word for word in rest.split() if not _JOB.match(word) and not _PAGE_NUMBER.match(word)]
    return not words


def _near(lines: Sequence[Line], gone: list[bool], dates: Sequence[str], key: str | None) -> None:
    """Page numbers and the rest of a running header count only beside other furniture or at a page's edge."""

    def edge(index: int, step: int) -> bool:
        index += step
        while 0 <= index < len(lines) and not lines[index].text:
            index += step
        return not 0 <= index < len(lines) or gone[index] or lines[index].text == PAGE_BREAK

    changed = True
    while changed:
        changed = False
        for index, line in enumerate(lines):
            if gone[index] or not line.text or line.text == PAGE_BREAK or not (edge(index, 1) or edge(index, -1)):
                continue
            inside = 0 < index < len(lines) - 1
            alone = edge(index, 1) and edge(index, -1)
            headline = bool(dates) and line.text.casefold() in dates
            tail = parse(line.text) is not None or (key is not None and _has_code_and_date(line.text, key))
            number = _PAGE_NUMBER.match(line.text) is not None and (alone or _stands_alone(lines, index))
            if (number and (inside or index > 0)) or ((headline or tail) and inside):
                gone[index] = changed = True


def _has_code_and_date(text: str, key: str) -> bool:
    """`PCOEJ1296 - 2 - PC.JOUR/1296 17 December 2020` on one line."""
    from ingest.dates import find_dates

    codes = find(text)
    if not codes or code_key(codes[0].text) != key or len(text) > 120:
        return False
    rest = text[: codes[0].start] + text[codes[0].end :]
    for span in reversed(find_dates(rest)):
        rest = rest[: span.start] + rest[span.end :]
    return all(_JOB.match(word) or _PAGE_NUMBER.match(word) or word in "-–—" for word in rest.split())


def _stands_alone(lines: Sequence[Line], index: int) -> bool:
    """A blank line, a page's edge or the text's edge on both sides."""
    before = index == 0 or lines[index - 1].text in ("", PAGE_BREAK)
    after = index == len(lines) - 1 or lines[index + 1].text in ("", PAGE_BREAK)
    return before and after


def _repeated(lines: Sequence[Line]) -> set[int]:
    """Indexes of lines that come again at the same edge of other pages, numbers aside."""
    pages: list[list[int]] = [[]]
    for index, line in enumerate(lines):
        if line.text == PAGE_BREAK:
            pages.append([])
        elif line.text:
            pages[-1].append(index)
    if len(pages) < 3:
        return set()
    found: set[int] = set()
    needed = max(2, 0.3 * len(pages))
    for step in (1, -1):
        edges = [page[::step][:4] for page in pages]
        shapes = Counter(shape for page in edges for shape in {_shape(lines[index]) for index in page})
        for page in edges:
            for index in page:
                if shapes[_shape(lines[index])] < needed:
                    break
                found.add(index)
    return found


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text.casefold())
