"""How long a document may be: one bound for every format, so that memory and time stay bounded whatever comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.reader import Line
from store.errors import InputError

MOST_TEXT = 40_000_000
"""Characters of a document, and bytes of a file that is plain text: 10,000 densely printed pages."""
MOST_LINES = 1_000_000
"""Lines of a document, blank ones too: they cost memory where they cost no characters."""


def bounded(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines as they come. Raises InputError as soon as there are too many of them, or too long ones."""
    signs = 0
    for number, line in enumerate(lines, 1):
        signs += len(line.text)
        check_length(signs, number)
        yield line


def check_length(signs: int, lines: int = 0) -> None:
    """Raises InputError for a document of more characters or lines than are read."""
    for count, most, what in ((signs, MOST_TEXT, "million characters"), (lines, MOST_LINES, "million lines")):
        if count > most:
            raise InputError(f"is longer than {most // 1_000_000} {what}, the most that is read: divide it")


def text_bytes(path: Path) -> bytes:
    """The bytes of a file that is text in some encoding. Raises InputError, without reading it, for one too large."""
    size = path.stat().st_size
    if size > MOST_TEXT:
        most = f"{MOST_TEXT // 1_000_000} MB"
        raise InputError(f"is a text of {size / 1_000_000:.0f} MB, more than the {most} that are read: divide it")
    return path.read_bytes()
