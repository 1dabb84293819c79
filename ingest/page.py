"""The pieces of text on a page become lines in reading order, with its footnotes behind a rule.

Everything here is geometry: points from the lower left corner of the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingest.footnotes import note_mark
from ingest.forms import is_rule
from ingest.reader import PAGE_BREAK, Line

RULE = "_" * 18
"""The line that stands for a rule drawn over footnotes."""
SMALL = 0.88
"""Part of the running text's size below which a line counts as small."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_COLUMN = 6
"""Fewest lines that make a column."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text on one base line."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool = False
    tied: bool = False
    """The file itself sets it on one line with the piece before, a wide gap between."""
    ocr: float | None = None
    """Confidence of the recognition, where there was one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin horizontal line that is drawn."""

    left: float
    right: float
    height: float


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on a page."""

    number: int
    width: float
    height: float
    pieces: tuple[Piece, ...]
    rules: tuple[Rule, ...] = ()


def page_lines(page: Page, body: float, opening: str = "") -> Iterator[Line]:
    """The lines of a page. `body` is the size of the running text, `opening` the letters of the first page's head."""
    pieces = _joined(page.pieces)
    if page.number > 1:
        pieces = _without_margins(page, pieces, opening)
    for index, segment in enumerate(_columns(page.pieces, pieces)):
        if index:
            yield Line(PAGE_BREAK, page.number)
        yield from _segment(_with_rule(page, segment, body), page.number, body)


def raised(text: str) -> str:
    """Digits as raised ones."""
    return text.translate(_RAISED)


def letters(text: str) -> str:
    """What two prints of one heading have in common."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Runs that stand side by side on one base line as one: a raised footnote mark cuts a line in the file."""
    result: list[Piece] = []
    parts: list[str] = []

    def close() -> None:
        if result:
            result[-1] = replace(result[-1], text="".join(parts))

    for piece in pieces:
        before = result[-1] if result else None
        if before and (piece.tied or _same_line(before, piece)):
            gap = piece.left - before.right
            mark = _is_raised(piece, before)
            parts += ["" if gap < 0.12 * before.size or mark else " ", raised(piece.text) if mark else piece.text]
            taller = max(before, piece, key=lambda one: one.size)
            result[-1] = replace(
                taller, left=before.left, right=piece.right, bold=before.bold and piece.bold, tied=before.tied
            )
        else:
            close()
            result.append(piece)
            parts = [piece.text]
    close()
    return result


def _is_raised(piece: Piece, before: Piece) -> bool:
    return (
        re.fullmatch(r"\d{1,3}", piece.text) is not None
        and piece.size < 0.8 * before.size
        and piece.bottom > before.bottom + 0.1 * before.size
    )


def _same_line(before: Piece, piece: Piece) -> bool:
    overlap = min(before.top, piece.top) - max(before.bottom, piece.bottom)
    lower = min(before.top - before.bottom, piece.top - piece.bottom)
    return overlap > 0.5 * lower and -2 < piece.left - before.right < 3 * before.size


def _without_margins(page: Page, pieces: list[Piece], opening: str) -> list[Piece]:
    """Without what stands above a rule at the head or below one at the foot, and without the title printed again."""
    if not pieces:
        return pieces
    left, right = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    wide = [rule.height for rule in page.rules if rule.right - rule.left > 0.8 * (right - left)]
    head = max((height for height in wide if height > 0.88 * page.height), default=page.height)
    foot = min((height for height in wide if height < 0.1 * page.height), default=0.0)
    over = [piece for piece in pieces if piece.bottom > head - 2]
    under = [piece for piece in pieces if piece.top < foot + 2]
    gone = {*(over if len(over) <= 4 else ()), *(under if len(under) <= 3 else ())}
    for piece in pieces:
        # A running title at the head of a page repeats words of the first page's head.
        printed = letters(piece.text)
        if piece.bottom > 0.88 * page.height and len(printed) > 12 and printed in opening:
            gone.add(piece)
    return [piece for piece in pieces if piece not in gone]


def _columns(loose: Sequence[Piece], joined: list[Piece]) -> list[list[Piece]]:
    """The joined pieces in reading order, cut where a new column begins; one list where there is one column."""
    cells = _joined([replace(piece, tied=False) for piece in loose]) if any(one.tied for one in loose) else joined
    gutter = _gutter(cells)
    if gutter is None:
        return [joined]
    crossing = [piece for piece in cells if piece.left < gutter - 1 and piece.right > gutter + 1]
    kept = {(piece.bottom, piece.left) for piece in joined}
    heights = sorted((piece.bottom for piece in crossing), reverse=True)
    segments: list[list[Piece]] = []
    wide: list[Piece] = []
    for above, below in pairwise([float("inf"), *heights, float("-inf")]):
        band = [piece for piece in cells if below < piece.bottom < above]
        first = [piece for piece in band if piece.right <= gutter + 1]
        second = [piece for piece in band if piece.left >= gutter - 1]
        if min(len(first), len(second)) >= 2:
            segments += [wide, _downward(first), _downward(second)]
            wide = []
        else:
            wide += [piece for piece in joined if below < piece.bottom < above]
        wide += [piece for piece in crossing if piece.bottom == below and (piece.bottom, piece.left) in kept]
    return [segment for segment in [*segments, wide] if segment]


def _downward(pieces: list[Piece]) -> list[Piece]:
    ordered = all(above.bottom >= below.bottom - below.size for above, below in pairwise(pieces))
    return pieces if ordered else sorted(pieces, key=lambda piece: -piece.bottom)


def _gutter(pieces: Sequence[Piece]) -> float | None:
    """The middle of the white between two columns of running text; None where there is none.

    Cells of a table are short; the lines of a column fill it.
    """
    if len(pieces) < 2 * _COLUMN:
        return None
    left, right = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    width = right - left
    if sum(piece.right - piece.left > 0.7 * width for piece in pieces) > 0.4 * len(pieces):
        return None
    best: tuple[int, float] | None = None
    for step in range(36, 65):
        x = left + step / 100 * width
        crossing = sum(piece.left < x - 1 and piece.right > x + 1 for piece in pieces)
        if best is None or (crossing, abs(step - 50)) < (best[0], abs((best[1] - left) / width * 100 - 50)):
            best = crossing, x
    if best is None or best[0] > 0.3 * len(pieces):
        return None
    x = best[1]
    sides = (
        [piece for piece in pieces if piece.right <= x + 1],
        [piece for piece in pieces if piece.left >= x - 1],
    )
    if min(len(side) for side in sides) < _COLUMN:
        return None
    for side in sides:
        reach = max(piece.right for piece in side) - min(piece.left for piece in side)
        if reach < 0.3 * width or median(piece.right - piece.left for piece in side) < 0.75 * reach:
            return None
    shared = min(max(piece.top for piece in side) for side in sides) - max(
        min(piece.bottom for piece in side) for side in sides
    )
    return x if shared > 0.4 * (max(piece.top for piece in pieces) - min(piece.bottom for piece in pieces)) else None


def _with_rule(page: Page, pieces: list[Piece], body: float) -> list[Piece]:
    """With a rule in front of the footnotes, where one is drawn or where they are set small at the foot."""
    if len(pieces) < 2 or any(is_rule(piece.text) for piece in pieces):
        return pieces
    left = min(piece.left for piece in pieces)
    start = None
    for rule in page.rules:
        short = 30 < rule.right - rule.left < 0.5 * page.width and rule.left < left + 80
        struck = any(
            piece.bottom - 1 < rule.height < piece.top and piece.left < rule.right and piece.right > rule.left
            for piece in pieces
        )
        below = [index for index, piece in enumerate(pieces) if piece.top < rule.height + 3]
        if short and not struck and below and below == list(range(below[0], below[0] + len(below))):
            first = pieces[below[0]]
            if note_mark(first.text) or first.size < SMALL * body:
                start = below[0] if start is None else max(start, below[0])
    start = _small_foot(page, pieces, body) if start is None else start
    if not start:
        return pieces
    first = pieces[start]
    drawn = Piece(RULE, first.left, first.right, first.top, first.top, first.size)
    return [*pieces[:start], drawn, *pieces[start:]]


def _small_foot(page: Page, pieces: list[Piece], body: float) -> int | None:
    """Where small lines at the foot of a page begin, the first of them with a mark."""
    start = len(pieces)
    while start and pieces[start - 1].size < SMALL * body:
        start -= 1
    for index in range(start, len(pieces)):
        if note_mark(pieces[index].text):
            over = pieces[index - 1] if index else None
            apart = over is not None and over.size >= SMALL * body and over.bottom > pieces[index].bottom
            return index if apart and pieces[index].bottom < 0.6 * page.height else None
    return None


def _segment(pieces: list[Piece], number: int, body: float) -> Iterator[Line]:
    """Lines; where the gap above one is wider than usual a blank one stands between."""
    if not pieces:
        return
    edge = min(piece.left for piece in pieces)
    gaps = [round(a.bottom - b.bottom, 1) for a, b in pairwise(pieces) if 0 < a.bottom - b.bottom < 40]
    pitch = min(_common(gaps), 1.6 * body) if gaps else 1.2 * body
    before: Piece | None = None
    for piece in pieces:
        drop = before.bottom - piece.bottom if before else 0.0
        if before and (drop > 1.25 * pitch or drop < -2):
            yield Line("", number)
        yield Line(
            piece.text,
            number,
            max(0, round((piece.left - edge) / (0.5 * body))),
            bold=piece.bold,
            small=piece.size < SMALL * body,
            ocr=piece.ocr,
        )
        before = piece


def _common(gaps: list[float]) -> float:
    """The usual distance of lines: the commonest one to a point."""
    rounded = Counter(round(gap) for gap in gaps)
    return float(min(gap for gap, count in rounded.items() if count >= 0.7 * max(rounded.values())))
