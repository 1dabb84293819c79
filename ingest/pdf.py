"""Born-digital PDF to lines, with pypdfium2."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.reader import PAGE_BREAK, Line, Pages, clean
from store.errors import InputError

if TYPE_CHECKING:
    import pypdfium2  # type: ignore[import-untyped]

_BOLD = 600
"""Font weight from which a line counts as bold."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of text on one base line, in points from the lower left corner of the page."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool


def read_pdf(path: Path) -> Pages:
    """Lines in reading order. Raises InputError for a broken or encrypted file."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        known = (
            "is encrypted: its password is not known here" if "password" in str(error).lower() else "is not a whole PDF"
        )
        raise InputError(f"{known} ({error})") from error
    try:
        pages = [list(_pieces(document, number)) for number in range(len(document))]
    except pypdfium2.PdfiumError as error:
        raise InputError(f"is not a whole PDF ({error})") from error
    finally:
        document.close()
    body = _body_size(pages)
    lines: list[Line] = []
    for number, pieces in enumerate(pages, 1):
        if number > 1:
            lines.append(Line(PAGE_BREAK, number))
        lines.extend(_page(_joined(pieces), number, body))
    return Pages(tuple(lines))


def _pieces(document: pypdfium2.PdfDocument, number: int) -> Iterator[_Piece]:
    from ctypes import c_double

    from pypdfium2 import raw

    page = document[number]
    textpage = page.get_textpage()
    left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
    text = textpage.get_text_range()
    # Boxes are asked for by index of a character; a surrogate pair would shift them, so it is counted as two.
    start = 0
    # pdfium joins a word cut at a line's end with U+FFFE: the line ends there.
    for raw_line in re.findall(r"[^\r\n\ufffe]*(?:\ufffe|\r\n|\r|\n)|[^\r\n\ufffe]+$", text):
        length = len(raw_line.encode("utf-16-le")) // 2
        visible = clean(raw_line).strip()
        if visible:
            first = start + len(raw_line) - len(raw_line.lstrip())
            last = start + length - 1 - (len(raw_line) - len(raw_line.rstrip()))
            raw.FPDFText_GetCharBox(textpage.raw, last, left, right, bottom, top)
            end = right.value
            raw.FPDFText_GetLooseCharBox(textpage.raw, first, box := raw.FS_RECTF())
            yield _Piece(
                visible,
                box.left,
                end,
                box.bottom,
                box.top,
                raw.FPDFText_GetFontSize(textpage.raw, first) or box.top - box.bottom,
                raw.FPDFText_GetFontWeight(textpage.raw, first) >= _BOLD
                and raw.FPDFText_GetFontWeight(textpage.raw, last) >= _BOLD,
            )
        start += length
    textpage.close()
    page.close()


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    """Runs that stand side by side on one base line as one: a raised footnote mark cuts a line in the file."""
    result: list[_Piece] = []
    for piece in pieces:
        before = result[-1] if result else None
        if before and _same_line(before, piece):
            glue = "" if piece.left - before.right < 0.12 * before.size else " "
            taller = max(before, piece, key=lambda one: one.size)
            result[-1] = _Piece(
                f"{before.text}{glue}{piece.text}",
                before.left,
                piece.right,
                taller.bottom,
                taller.top,
                taller.size,
                before.bold and piece.bold,
            )
        else:
            result.append(piece)
    return result


def _same_line(before: _Piece, piece: _Piece) -> bool:
    overlap = min(before.top, piece.top) - max(before.bottom, piece.bottom)
    lower = min(before.top - before.bottom, piece.top - piece.bottom)
    return overlap > 0.5 * lower and -2 < piece.left - before.right < 3 * before.size


def _page(pieces: list[_Piece], number: int, body: float) -> Iterator[Line]:
    """The lines of a page; where the gap above a line is wider than usual a blank one stands between."""
    if not pieces:
        return
    edge = min(piece.left for piece in pieces)
    gaps = [round(a.bottom - b.bottom, 1) for a, b in pairwise(pieces) if 0 < a.bottom - b.bottom < 40]
    pitch = min(_common(gaps), 1.6 * body) if gaps else 1.2 * body
    before: _Piece | None = None
    for piece in pieces:
        drop = before.bottom - piece.bottom if before else 0.0
        if before and (drop > 1.25 * pitch or drop < -2):
            yield Line("", number)
        yield Line(
            piece.text,
            number,
            max(0, round((piece.left - edge) / (0.5 * body))),
            bold=piece.bold,
            small=piece.size < 0.88 * body,
        )
        before = piece


def _common(gaps: list[float]) -> float:
    """The usual distance of lines: the commonest one to a point."""
    rounded = Counter(round(gap) for gap in gaps)
    return float(min(gap for gap, count in rounded.items() if count >= 0.7 * max(rounded.values())))


def _body_size(pages: list[list[_Piece]]) -> float:
    """Font size of the running text: the one that most letters are set in."""
    sizes: Counter[float] = Counter()
    for pieces in pages:
        for piece in pieces:
            sizes[round(piece.size, 1)] += len(piece.text)
    return max(sizes, key=lambda size: sizes[size]) if sizes else 12.0
