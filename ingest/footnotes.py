"""Footnotes leave the row of paragraphs and are hung on the one that bears their mark."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.forms import is_heading, is_slash_note, is_vote, split_footnote, split_label
from ingest.pieces import Piece, Words, join_lines
from ingest.reader import Line

_MARK = re.compile(
    r"^(?P<mark>\d{1,3}(?!\d)|\*{1,3}|[a-z](?=\s[A-ZÀ-ÞА-Я]))\s*[./)]?\s*(?P<text>[^\W\d_].*|[\[“\"«(‘$].*)$"
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SUPER = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}")
_DROPPED = re.compile(rf"(?:(?<=[^\d\s⁰¹²³⁴-⁹])(?<!\b[kcdm]m)(?<!\bm)|(?<=\d{{3}})| )({_SUPER.pattern})")
"""A raised number that is no power as `10⁶` and `5 km²` are; behind a year it is none."""
_NEAR = 60
"""Pieces back in which the mark of a footnote is looked for."""


def note_mark(text: str) -> str | None:
    """The mark that opens a line of footnotes: `1`, `12`, `*`; only for lines that stand where footnotes do."""
    match = _MARK.match(_plain(text))
    return match["mark"] if match else None


def note_lines(lines: Sequence[Line], words: Words) -> list[Piece]:
    """The lines under a rule as one piece a footnote: the next number, or another sign, opens the next one."""
    pieces: list[Piece] = []
    number: int | None = None
    for line in lines:
        mark = note_mark(line.text)
        following = mark is not None and (not mark.isdigit() or number is None or int(mark) == number + 1)
        if not pieces or following:
            pieces.append(Piece.of(line))
            number = int(mark) if mark and mark.isdigit() else number
        else:
            pieces[-1].add(line, words)
    return pieces


def with_footnotes(pieces: Sequence[Piece], words: Words, *, resolution: bool) -> list[Piece]:
    """The pieces without footnotes, each of which is with the one that bears its mark, else with the one before.

    A raised mark whose footnote is known leaves the text.
    """
    result: list[Piece] = []
    known: dict[str, tuple[int, str]] = {}
    voted = cut = under_rule = False
    note: tuple[Piece, int] | None = None
    latest = note
    for piece in pieces:
        piece.after_cut = piece.after_cut or cut
        cut = False
        set_apart = piece.after_rule or piece.line.small
        under_rule = piece.after_rule or (under_rule and piece.line.small and not piece.after_cut)
        text = _plain(piece.text) if set_apart else piece.text
        mark = note_mark(text) if under_rule else (split_footnote(text) or (None,))[0]
        behind = set_apart or (resolution and voted) or is_slash_note(text)
        if result and mark and behind:
            owner = _owner(result, mark)
            owner.footnotes.append(text)
            note = latest = owner, len(owner.footnotes) - 1
            known[mark] = len(result), text
            cut = True
        elif result and piece.after_rule and piece.line.small:
            # Under a rule and without a mark: the footnote of the page before goes on.
            if latest is None or _ended(latest):
                result[-1].footnotes.append(text)
                latest = result[-1], len(result[-1].footnotes) - 1
            else:
                _extend(latest, text, words)
            note = latest
            cut = True
        elif note and (piece.line.small or (voted and not is_heading(piece.text, bold=piece.line.bold))):
            _extend(note, text, words)
            cut = True
        else:
            note = None
            result.append(piece)
            voted = voted or is_vote(piece.text)
    for index, piece in enumerate(result):
        _without_marks(piece, index, known)
    return result


def _extend(note: tuple[Piece, int], text: str, words: Words) -> None:
    owner, index = note
    owner.footnotes[index] = join_lines(owner.footnotes[index], text, words)


def _ended(note: tuple[Piece, int]) -> bool:
    owner, index = note
    return owner.footnotes[index].rstrip().endswith((".", "!", "?", ")", "”", "»"))


def _owner(pieces: list[Piece], mark: str) -> Piece:
    """The nearest piece before with the mark: raised where the file shows it so, else as a number behind a word."""
    near = pieces[: -_NEAR - 1 : -1]
    for piece in near:
        if any(found[0].translate(_RAISED) == mark for found in _SUPER.finditer(piece.text)):
            return piece
    before = r"(?<!\d)(?<!\d[.,])" if mark.isascii() else ""
    pattern = re.compile(rf"{before}{re.escape(mark)}(?!\w)(?!\.\d)")
    for piece in near:
        if any(not split_label(piece.text)[0] or match.start() > 3 for match in pattern.finditer(piece.text)):
            return piece
    return pieces[-1]


def _without_marks(piece: Piece, index: int, known: dict[str, tuple[int, str]]) -> None:
    """Take raised marks out whose footnotes are there; one that was printed before is hung here too."""
    if not _SUPER.search(piece.text):
        return

    def dropped(match: re.Match[str]) -> str:
        mark = match[1].translate(_RAISED)
        if any(note_mark(note) == mark for note in piece.footnotes):
            return ""
        if mark in known and known[mark][0] <= index:
            piece.footnotes.append(known[mark][1])
            return ""
        return match[0]

    piece.text = _DROPPED.sub(dropped, piece.text)


def _plain(text: str) -> str:
    """A footnote's own mark as a plain number."""
    match = _SUPER.match(text)
    return match[0].translate(_RAISED) + text[match.end() :] if match else text
