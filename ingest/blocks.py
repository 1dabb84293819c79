"""What the formats that know paragraphs and tables share: rows and headings as lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from ingest.forms import ends_sentence
from ingest.reader import Line, clean
from store.codes import find

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEADING = 200
"""Letters that a heading may have: writers also set whole paragraphs in the styles of headings."""
_FIRST = 15
"""Lines in which a document's own code is looked for."""
_CELL_LABEL = re.compile(r"\(?\d{1,3}(?:\.\d{1,3})*[.)]|\(?[A-Za-z]{1,4}\)")


@dataclass(slots=True)
class Shown:
    """What is shown of a paragraph."""

    words: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    boxes: list[_Element] = field(default_factory=list)
    """Text boxes that are anchored in it."""
    bold: bool = True
    """No word of it is set in another weight."""


def paragraph_lines(text: str, label: str | None, level: int | None, shown: Shown) -> Iterator[Line]:
    """A paragraph's lines and a blank one; a heading's number stands in its text, a number without text alone."""
    notes = tuple(shown.notes)
    if level is not None and label and text.strip():
        text, label = f"{label} {text.lstrip()}", None
    for part in text.split("\n"):
        tidy = clean(part).strip()
        if not tidy:
            yield Line("")
            continue
        yield Line(tidy, bold=shown.bold, level=level, label=label, notes=notes)
        label, notes = None, ()
    if label:
        yield Line(label)
    yield Line("")


def heading_level(text: str, level: int | None) -> int | None:
    """The level that a format gives to a text, where the text can be a heading at all."""
    if level is None or len(text) > _HEADING or (ends_sentence(text) and len(text.split()) > 12):
        return None
    return level


def header_lines(texts: Iterable[str], lines: Sequence[Line], *, running: bool) -> list[Line]:
    """What is printed above the first page and is not repeated below: OSCE papers print code and date there.

    A `running` header, of the following pages, counts only where it gives a code and the text's first lines give none.
    """
    first = [line.text for line in islice((line for line in lines if line.text), _FIRST)]
    shown = [clean(text).strip() for text in texts]
    shown = [text for text in shown if any(sign.isalnum() for sign in text)]
    if running and (any(find(text) for text in first) or not any(find(text) for text in shown)):
        return []
    shown = [text for text in shown if text not in first]
    return [*map(Line, shown), Line("")] if shown else []


def row_lines(cells: Sequence[Sequence[Line]]) -> Iterator[Line]:
    """A row as one line, cells joined; a single cell that is filled only holds the place of its own lines.

    A number in the first cell, printed or made by the format, is the label of the row.
    """
    filled = [lines for lines in ([line for line in cell if line.text] for cell in cells) if lines]
    if len(filled) < 2:
        for line in filled[0] if filled else ():
            yield line
            yield Line("")
        return
    label = None
    first = filled[0][0]
    if first.label:
        label, filled[0] = first.label, [Line(first.text), *filled[0][1:]]
    elif len(filled[0]) == 1 and _CELL_LABEL.fullmatch(first.text):
        label = first.text
        filled = filled[1:]
    notes = tuple(note for cell in cells for line in cell for note in line.notes)
    yield Line(" | ".join(map(_cell, filled)), label=label, notes=notes)
    yield Line("")


def _cell(lines: Iterable[Line]) -> str:
    return " ".join(f"{line.label} {line.text}" if line.label else line.text for line in lines)
