"""Lines of the body become numbered paragraphs.

In order: furniture out, blocks at blank lines, blocks cut or lines joined, pieces of one paragraph joined again across
blank lines and page breaks, headings, salutations and footnotes set apart, the rest numbered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.forms import (
    ends_sentence,
    is_bullet,
    is_enacting,
    is_heading,
    is_rule,
    is_salutation,
    is_slash_note,
    is_vote,
    split_footnote,
    split_label,
    starts_item,
    starts_preamble,
    starts_small,
)
from ingest.furniture import CUT
from ingest.reader import Line
from store.types import Paragraph

_WRAPPED = 0.3
"""Share of line ends inside blocks that fall in mid-sentence, from which a text counts as hard-wrapped."""


@dataclass(slots=True)
class _Piece:
    """A paragraph in the making."""

    text: str
    line: Line
    """Its first line."""
    count: int = 1
    """Number of lines."""
    last: str = ""
    """Its last line, which tells whether it was cut off."""
    after_cut: bool = False
    after_rule: bool = False
    footnotes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a text is set."""

    wrapped: bool
    width: int
    """Usual length of a full line."""
    words: frozenset[str]
    """All words of the text, small, for line-end hyphens."""
    resolution: bool
    """There is a body that acts (`The Security Council,`), so a participle may open a paragraph."""


def split_paragraphs(
    lines: Sequence[Line], *, whole: bool = False, heading: str | None = None
) -> tuple[Paragraph, ...]:
    """The paragraphs of a body whose furniture is out already; `whole` where every line is one.

    `heading` is what stood over the body and is no title: context of its first paragraphs.
    """
    layout = _layout(lines, whole=whole)
    pieces: list[_Piece] = []
    cut = rule = False
    for block in _blocks(lines, layout):
        first = block[0]
        if first.text == CUT:
            cut = True
            continue
        if is_rule(first.text):
            rule, block = True, block[1:]
        if not any(sign.isalnum() for line in block for sign in line.text):
            continue
        made = _pieces(block, layout)
        made[0].after_cut, made[0].after_rule = cut, rule
        pieces.extend(made)
        cut = rule = False
    pieces = _rejoined(_with_footnotes(pieces, layout), layout)
    return tuple(_numbered(pieces, heading))


def join_lines(before: str, after: str, words: frozenset[str] = frozenset()) -> str:
    """Two lines of one paragraph as one. A line-end hyphen goes only where the text has the word without it."""
    head = re.search(r"([^\W\d_]+)\s?[-\ufffe]$", before)
    tail = re.match(r"[^\W\d_]+", after)
    if head and tail:
        left, right = head[1], tail[0]
        stem = before[: head.end(1)]
        whole = (left + right).casefold()
        if right[0].islower() and whole in words and f"{left}-{right}".casefold() not in words:
            return stem + after
        return f"{stem}-{after}"
    if before.endswith(("-", "\ufffe")) and not before.endswith((" -", "--")) and before[:-1]:
        return before.rstrip("\ufffe-") + "-" + after
    return f"{before} {after}"


def _layout(lines: Sequence[Line], *, whole: bool) -> _Layout:
    texts = [line.text for line in lines if line.text and line.text != CUT]
    lengths = sorted(len(text) for text in texts)
    width = lengths[int(0.85 * len(lengths))] if lengths else 0
    pairs = [(above, below) for above, below in pairwise(lines) if len(above.text) > 1 and len(below.text) > 1]
    words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", "\n".join(texts).casefold())
    return _Layout(
        wrapped=not whole and bool(pairs) and _in_sentence(pairs, width) >= _WRAPPED,
        width=width,
        words=frozenset(words),
        resolution=any(is_enacting(text) for text in texts[:40]),
    )


def _in_sentence(pairs: Sequence[tuple[Line, Line]], width: int) -> float:
    """The share of line ends that fall inside a sentence."""
    inside = sum(
        not ends_sentence(above.text) and (starts_small(below.text) or len(above.text) > 0.7 * width)
        for above, below in pairs
    )
    return inside / len(pairs)


def _blocks(lines: Sequence[Line], layout: _Layout) -> Iterable[list[Line]]:
    """Runs of lines between blank ones; `CUT` is a block of its own, as are two blank lines in a wrapped text."""
    block: list[Line] = []
    blank = 0
    for line in lines:
        blank = 0 if line.text else blank + 1
        if blank == 2 and layout.wrapped:
            yield [Line(CUT, line.page)]
        if line.text and line.text != CUT and not is_rule(line.text):
            block.append(line)
            continue
        if block and not is_rule(line.text):
            yield block
            block = []
        if is_rule(line.text):
            if block:
                yield block
            block = [line]
        if line.text == CUT:
            yield [line]
    if block:
        yield block


def _pieces(block: list[Line], layout: _Layout) -> list[_Piece]:
    """A block as one piece or several."""
    wrapped = _is_wrapped(block, layout)
    base = min(line.indent for line in block)
    pieces = [_Piece(block[0].text, block[0], last=block[0].text)]
    for index in range(1, len(block)):
        above, line = block[index - 1], block[index]
        piece = pieces[-1]
        below = block[index + 1] if index + 1 < len(block) else None
        if _breaks(piece, above, line, below, base, layout, wrapped=wrapped):
            pieces.append(_Piece(line.text, line, last=line.text))
        else:
            piece.text = join_lines(piece.text, line.text, layout.words)
            piece.last = line.text
            piece.count += 1
    return pieces


def _is_wrapped(block: list[Line], layout: _Layout) -> bool:
    """By the block itself where it is long enough to tell, else as the text at large."""
    pairs = list(pairwise(block))
    return layout.wrapped if len(pairs) < 6 else _in_sentence(pairs, layout.width) >= _WRAPPED


def _breaks(
    piece: _Piece, above: Line, line: Line, below: Line | None, base: int, layout: _Layout, *, wrapped: bool
) -> bool:
    """Whether a paragraph ends between two lines of a block."""
    text = line.text
    finished = ends_sentence(above.text)
    if line.level is not None or above.level is not None or line.label or line.bold != above.bold:
        return (
            line.level != above.level
            or line.level is not None
            or bool(line.label)
            or finished
            or not starts_small(text)
        )
    if is_vote(text) and not above.text.endswith((" was", " were", "and")):
        return True
    if is_bullet(text) and (is_bullet(piece.line.text) or re.match(r"[•▪●]|-\s{2}", text)):
        return True
    if starts_item(text) and (finished or _follows(piece.text, text) or above.text.endswith((",", " and", " or"))):
        return True
    if is_enacting(above.text) and piece.count == 1:
        return True
    in_item = starts_item(piece.line.text)
    indented = above.indent <= base + 1 and above.indent < line.indent <= above.indent + 24
    if indented and not in_item and (finished or not starts_small(text)):
        return wrapped or finished
    if not wrapped:
        if starts_small(text) or above.text.endswith("-"):
            return finished and not above.text.endswith((",", "-"))
        return finished or not (text[0].isdigit() or (len(above.text) >= 150 and above.text[-1].isalnum()))
    if layout.resolution and above.text.rstrip("0123456789 ").endswith((",", ";")) and starts_preamble(text):
        return True
    short = len(above.text) < 0.6 * layout.width
    return short and finished and not above.text.endswith((",", ";")) and not starts_small(text) and below is not None


def _follows(text: str, line: str) -> bool:
    """Whether a line carries the number after the one that its paragraph carries."""
    before, after = split_label(text)[0], split_label(line)[0]
    digits = [re.sub(r"\D", "", label or "") for label in (before, after)]
    return all(digits) and int(digits[1]) == int(digits[0]) + 1


def _rejoined(pieces: list[_Piece], layout: _Layout) -> list[_Piece]:
    """Pieces that a blank line or a page break cut apart, as one again."""
    result: list[_Piece] = []
    for piece in pieces:
        before = result[-1] if result else None
        if before and _goes_on(before, piece, layout):
            before.text = join_lines(before.text, piece.text, layout.words)
            before.last = piece.last
            before.count += piece.count
            before.footnotes += piece.footnotes
        else:
            result.append(piece)
    return result


def _goes_on(before: _Piece, piece: _Piece, layout: _Layout) -> bool:
    if piece.line.label or piece.after_rule or piece.line.level is not None or before.line.level is not None:
        return False
    if starts_item(piece.text) or is_vote(piece.text) or is_salutation(before.text):
        return False
    if piece.line.small != before.line.small and not piece.line.small:
        return False
    if is_heading(before.text, bold=before.line.bold) or is_heading(piece.text, bold=piece.line.bold):
        return False
    text = before.text
    if text.endswith(",") and layout.wrapped and before.count > 1 and starts_small(piece.text):
        return True
    full = len(before.last) > 0.6 * layout.width and not starts_preamble(piece.text)
    if text.endswith((",", ";")):
        return piece.after_cut and (starts_small(piece.text) or (full and text.endswith(",")))
    if ends_sentence(text):
        return False
    if starts_small(piece.text) or text.endswith("-"):
        return len(text) > 20
    return piece.after_cut and full


def _with_footnotes(pieces: list[_Piece], layout: _Layout) -> list[_Piece]:
    """Footnotes taken out of the row and hung on the paragraph that bears their mark, else on the one before."""
    result: list[_Piece] = []
    voted = False
    note: tuple[_Piece, int] | None = None
    cut = False
    for piece in pieces:
        piece.after_cut = piece.after_cut or cut
        cut = False
        mark = split_footnote(piece.text)
        behind = piece.after_rule or piece.line.small or (layout.resolution and voted) or is_slash_note(piece.text)
        unmarked = piece.after_rule and piece.line.small and note is None
        if result and (unmarked or (mark and behind)):
            owner = _owner(result, mark[0]) if mark else result[-1]
            owner.footnotes.append(piece.text)
            note = owner, len(owner.footnotes) - 1
            cut = True
        elif note and (piece.line.small or (voted and not is_heading(piece.text, bold=piece.line.bold))):
            owner, index = note
            owner.footnotes[index] = join_lines(owner.footnotes[index], piece.text, layout.words)
            cut = True
        else:
            note = None
            result.append(piece)
            voted = voted or is_vote(piece.text)
    return result


def _owner(pieces: list[_Piece], mark: str) -> _Piece:
    before = r"(?<!\d)(?<!\d[.,])" if mark.isascii() else ""
    pattern = re.compile(rf"{before}{re.escape(mark)}(?!\w)(?!\.\d)")
    for piece in reversed(pieces):
        if any(not split_label(piece.text)[0] or match.start() > 3 for match in pattern.finditer(piece.text)):
            return piece
    return pieces[-1]


def _numbered(pieces: Iterable[_Piece], heading: str | None) -> Iterable[Paragraph]:
    headings: list[tuple[int, str]] = [(0, heading)] if heading else []
    carried: str | None = None
    number = 0
    was_heading = False
    numbered: str | None = None
    for piece in pieces:
        text = re.sub(r"\s+", " ", piece.text.replace("\ufffe", "-")).strip()
        line = piece.line
        if not any(sign.isalnum() for sign in text) or (is_salutation(text) and not piece.footnotes):
            continue
        if re.fullmatch(r"\(?[A-Za-z\d]{1,3}[.)]", text) and not line.bold:
            carried = text
            continue
        if is_heading(text, bold=line.bold, level=line.level) and not is_vote(text):
            only_number = re.fullmatch(r"\d{1,3}[.)]?", text)
            if only_number:
                carried = text
            else:
                depth = line.level or _depth(text, bold=line.bold)
                if not (was_heading and headings and headings[-1][0] == depth and line.level is None):
                    headings = [(level, name) for level, name in headings if level < depth]
                    headings.append((depth, text))
                else:
                    headings[-1] = depth, f"{headings[-1][1]} {text}"
                was_heading = True
                numbered = None
            continue
        was_heading = False
        label, text = (line.label, text) if line.label else split_label(text)
        label = label or carried
        lettered = bool(label and label.startswith("("))
        if label and not lettered:
            numbered = label
        number += 1
        yield Paragraph(
            number=number,
            text=text,
            label=label,
            under=numbered if lettered else None,
            page=line.page,
            heading=" / ".join(name for _, name in headings) or None,
            footnotes=tuple(re.sub(r"\s+", " ", note) for note in piece.footnotes),
        )
        carried = None


def _depth(text: str, *, bold: bool) -> int:
    """Levels for headings that only their looks tell: divisions, capitals, bold."""
    if re.match(
        r"(?i)(?:annex|attachment|appendix|part|annexe|anhang|anexo|allegato|приложение|chapter|title)\b", text
    ):
        return 7
    if text.isupper():
        return 8
    return 9 if re.match(r"(?i)(?:article|section|artikel|artículo|articolo|статья)\b", text) or not bold else 10
