"""A paragraph in the making, and how two lines of one become one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.reader import Line

_HYPHENS = "-\ufffe"
_CUT_WORD = re.compile(r"([^\W\d_]+)\s?[-\ufffe]$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_TAIL = 80
"""Letters of a line's end that are looked at."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a text says about its own hyphens."""

    known: frozenset[str] = frozenset()
    """All words of the text, small; a compound is one word."""
    hyphenated: bool = False
    """Words are cut at line ends: more of them than compounds end there."""

    def is_cut(self, left: str, right: str) -> bool:
        """Whether the hyphen between two parts is there for the line's end only."""
        if not right[0].islower():
            return False
        left, right = left.casefold(), right.casefold()
        if f"{left}-{right}" in self.known:
            return False
        if left + right in self.known:
            return True
        return self.hyphenated and not (left in self.known and right in self.known)


@dataclass(slots=True)
class Piece:
    """A paragraph in the making."""

    lines: list[Line]
    parts: list[str]
    """The text, in parts that are joined once."""
    last: str
    """Its last line, which tells whether it was cut off."""
    after_cut: bool = False
    after_rule: bool = False
    footnotes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, line: Line) -> Piece:
        return cls([line], [line.text], line.text)

    @property
    def line(self) -> Line:
        """Its first line."""
        return self.lines[0]

    @property
    def text(self) -> str:
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0]

    @text.setter
    def text(self, text: str) -> None:
        self.parts = [text]

    def quotes(self) -> bool:
        """Whether a quotation was opened in the last lines and not closed; one further back was never closed."""
        return sum(_open(line.text) for line in self.lines[-3:]) > 0

    def add(self, line: Line, words: Words) -> None:
        """One more line."""
        self._append(line.text, words)
        self.lines.append(line)
        self.last = line.text

    def join(self, other: Piece, words: Words) -> None:
        """All of another piece."""
        self._append(other.text, words)
        self.lines += other.lines
        self.last = other.last
        self.footnotes += other.footnotes

    def recognised(self) -> float | None:
        """Mean confidence of its words; None where no line was read from a picture."""
        read = [(line.ocr, len(line.text.split())) for line in self.lines if line.ocr is not None]
        total = sum(count for _, count in read)
        return sum(confidence * count for confidence, count in read) / total if total else None

    def _append(self, text: str, words: Words) -> None:
        head, glue = _joint(self.parts[-1], text, words)
        self.parts[-1] = head
        self.parts.append(glue + text)


def words_of(texts: Iterable[str]) -> Words:
    """The words of a text, line by line."""
    lines = [text.casefold() for text in texts]
    known = frozenset(_WORD.findall("\n".join(line.rstrip(_HYPHENS) for line in lines)))
    cut = compound = 0
    for above, below in pairwise(lines):
        head, tail = _CUT_WORD.search(above[-_TAIL:]), re.match(r"[^\W\d_]+", below)
        if head and tail:
            cut += head[1] + tail[0] in known
            compound += f"{head[1]}-{tail[0]}" in known
    return Words(known, cut > compound + 1)


def join_lines(before: str, after: str, words: Words | None = None) -> str:
    """Two lines of one paragraph as one. A line-end hyphen goes only where the text itself speaks for it."""
    head, glue = _joint(before, after, words or Words())
    return head + glue + after


def _joint(before: str, after: str, words: Words) -> tuple[str, str]:
    """The line before without a hyphen at its end, and what goes between."""
    tail = before[-_TAIL:]
    if not tail.endswith(("-", "\ufffe")):
        return before, " "
    cut, rest = _CUT_WORD.search(tail), re.match(r"[^\W\d_]+", after)
    if cut and rest:
        stem = before[: len(before) - len(tail) + cut.end(1)]
        return stem, "" if words.is_cut(cut[1], rest[0]) else "-"
    if not tail.endswith((" -", "--")) and before[:-1]:
        return before.rstrip(_HYPHENS), "-"
    return before, " "


def _open(text: str) -> int:
    return text.count("“") + text.count("«") - text.count("”") - text.count("»")
