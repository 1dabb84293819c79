"""Lines of the body become numbered paragraphs.

In order: furniture out, blocks at blank lines, blocks cut or lines joined, notices and footnotes set apart, pieces of
one paragraph joined again across blank lines and page breaks, headings and salutations set apart, the rest numbered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.footnotes import note_lines, with_footnotes
from ingest.forms import (
    ends_sentence,
    is_bullet,
    is_enacting,
    is_heading,
    is_rule,
    is_salutation,
    is_vote,
    split_label,
    starts_item,
    starts_preamble,
    starts_small,
)
from ingest.furniture import CUT, is_notice
from ingest.pieces import Piece, Words, words_of
from ingest.reader import Line
from store.types import Paragraph

_CLOSING = re.compile(
    r"^(?:I\s+(?:wish\s+to\s+|would\s+like\s+to\s+)?thank\s+you\b|(?:once\s+again,?\s+)?(?:I\s+)?thank(?:s|\s+you)\b.{0,60}[.!]$|"
    r"please\s+accept\b|je\s+vous\s+(?:en\s+)?remercie\b|merci\b|ich\s+danke\s+ihnen\b|(?:vielen|herzlichen|besten)\s+dank\b|danke\b|"
    r"(?:la|vi|le)\s+ringrazio\b|grazie\b|(?:muchas\s+)?gracias\b|(?:le|les|se)\s+(?:lo\s+)?agradezco\b|"
    r"(?:я\s+)?благодарю\s+(?:вас|за\s+внимание)\b|спасибо\b|дякую\b)",
    re.IGNORECASE,
)
_CODE_END = re.compile(r"\S/\S*\.\d+$")
"""A code at the end of a line, which is no end of a sentence with a footnote's number."""
_RUNS_ON = re.compile(r"[,;]\s?[\d⁰¹²³⁴-⁹]{0,3}$")
_NOTICE_LINES = 12
_MOST_OF_HEADING = 400
"""Letters after which a further line of a heading is left out."""
_WRAPPED = 0.3
"""Share of line ends inside blocks that fall in mid-sentence, from which a text counts as hard-wrapped."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a text is set."""

    wrapped: bool
    width: int
    """Usual length of a full line."""
    words: Words
    resolution: bool
    """There is a body that acts (`The Security Council,`), so a participle may open a paragraph."""


def split_paragraphs(
    lines: Sequence[Line], *, whole: bool = False, heading: str | None = None
) -> tuple[Paragraph, ...]:
    """The paragraphs of a body whose furniture is out already; `whole` where every line is one.

    `heading` is what stood over the body and is no title: context of its first paragraphs.
    """
    layout = _layout(lines, whole=whole)
    pieces: list[Piece] = []
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
        notes = rule and block[0].small
        made = note_lines(block, layout.words) if notes else _pieces(block, layout)
        if all(len(piece.lines) < _NOTICE_LINES and is_notice(piece.text) for piece in made):
            cut = True
            continue
        made[0].after_cut = cut
        for piece in made:
            piece.after_rule = notes
        made[0].after_rule = rule
        pieces.extend(made)
        cut = rule = False
    pieces = _rejoined(with_footnotes(pieces, layout.words, resolution=layout.resolution), layout)
    return tuple(_numbered(pieces, heading))


def _layout(lines: Sequence[Line], *, whole: bool) -> _Layout:
    texts = [line.text for line in lines if line.text and line.text != CUT]
    lengths = sorted(len(text) for text in texts)
    width = lengths[int(0.85 * len(lengths))] if lengths else 0
    pairs = [(above, below) for above, below in pairwise(lines) if len(above.text) > 1 and len(below.text) > 1]
    return _Layout(
        wrapped=not whole and bool(pairs) and _in_sentence(pairs, width) >= _WRAPPED,
        width=width,
        words=words_of(texts),
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


def _pieces(block: list[Line], layout: _Layout) -> list[Piece]:
    """A block as one piece or several."""
    wrapped = _is_wrapped(block, layout)
    base = min(line.indent for line in block)
    pieces = [Piece.of(block[0])]
    for index in range(1, len(block)):
        above, line = block[index - 1], block[index]
        piece = pieces[-1]
        below = block[index + 1] if index + 1 < len(block) else None
        if _breaks(piece, above, line, below, base, layout, wrapped=wrapped):
            pieces.append(Piece.of(line))
        else:
            piece.add(line, layout.words)
    return pieces


def _is_wrapped(block: list[Line], layout: _Layout) -> bool:
    """By the block itself where it is long enough to tell, else as the text at large."""
    pairs = list(pairwise(block))
    return layout.wrapped if len(pairs) < 6 else _in_sentence(pairs, layout.width) >= _WRAPPED


def _breaks(
    piece: Piece, above: Line, line: Line, below: Line | None, base: int, layout: _Layout, *, wrapped: bool
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
    over = _follows(piece.line.text, text) or above.text.endswith((",", " and", " or"))
    if starts_item(text) and ((finished and not _CODE_END.search(above.text)) or over):
        return True
    if is_enacting(above.text) and len(piece.lines) == 1:
        return True
    if line.small and not above.small and finished and not starts_small(text):
        return True
    if is_closing(text) and finished and not starts_small(text):
        return True
    in_item = starts_item(piece.line.text)
    indented = above.indent <= base + 1 and above.indent < line.indent <= above.indent + 24
    if indented and not in_item and (finished or not starts_small(text)):
        return wrapped or finished
    if not wrapped:
        if starts_small(text) or above.text.endswith("-"):
            return finished and not above.text.endswith((",", "-"))
        return finished or not (text[0].isdigit() or (len(above.text) >= 150 and above.text[-1].isalnum()))
    if layout.resolution and _RUNS_ON.search(above.text) and starts_preamble(text):
        # Words of a title that is quoted open no paragraph: `the Declaration on … for the Benefit of All States,`.
        return not piece.quotes() or line.indent > above.indent
    short = len(above.text) < 0.6 * layout.width
    return short and finished and not above.text.endswith((",", ";")) and not starts_small(text) and below is not None


def _follows(text: str, line: str) -> bool:
    """Whether a line carries the number after the one that its paragraph carries."""
    before, after = split_label(text)[0], split_label(line)[0]
    digits = [re.sub(r"\D", "", label or "") for label in (before, after)]
    return all(digits) and int(digits[1]) == int(digits[0]) + 1


def _rejoined(pieces: list[Piece], layout: _Layout) -> list[Piece]:
    """Pieces that a blank line or a page break cut apart, as one again."""
    result: list[Piece] = []
    for piece in pieces:
        before = result[-1] if result else None
        if before and _goes_on(before, piece, layout):
            before.join(piece, layout.words)
        else:
            result.append(piece)
    return result


def _goes_on(before: Piece, piece: Piece, layout: _Layout) -> bool:
    first, last = piece.line.text, before.last
    if piece.line.label or piece.after_rule or piece.line.level is not None or before.line.level is not None:
        return False
    if starts_item(first) or is_vote(first) or (len(before.lines) < 6 and is_salutation(before.text)):
        return False
    if piece.line.small != before.line.small and not piece.line.small:
        return False
    if any(len(one.lines) < 6 and is_heading(one.text, bold=one.line.bold) for one in (before, piece)):
        return False
    if last.endswith(",") and layout.wrapped and len(before.lines) > 1 and starts_small(first):
        return True
    full = len(last) > 0.6 * layout.width and not starts_preamble(first)
    if last.endswith((",", ";")):
        return piece.after_cut and (starts_small(first) or (full and last.endswith(",")))
    if ends_sentence(last):
        return False
    if starts_small(first) or last.endswith("-"):
        return len(last) > 20 or len(before.lines) > 1
    return piece.after_cut and full


def is_closing(text: str) -> bool:
    """`I thank you, Mr. Chairperson.`: the last words of a speech, a line of their own."""
    return len(text) <= 160 and _CLOSING.match(text) is not None


def _numbered(pieces: Iterable[Piece], heading: str | None) -> Iterable[Paragraph]:
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
                    headings[-1] = depth, f"{headings[-1][1]} {text}"[:_MOST_OF_HEADING]
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
        notes = [re.sub(r"\s+", " ", note.replace("\ufffe", "-")) for note in piece.footnotes]
        yield Paragraph(
            number=number,
            text=text,
            label=label,
            under=numbered if lettered else None,
            page=line.page,
            heading=" / ".join(name for _, name in headings) or None,
            footnotes=(*notes, *(note for one in piece.lines for note in one.notes)),
            ocr=piece.recognised(),
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
