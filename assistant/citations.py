"""Quotes become citations only after they were checked against the paragraph they are said to stand in."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.answer import Citation
from store.types import Passage


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a passage that a writer wants to cite, by their place in the paragraph."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.passage.paragraph.text[self.start : self.end]


def locate(quote: str, passage: Passage) -> Quote | None:
    """The quote's place in the paragraph, letter for letter, or None where it does not stand there."""
    start = passage.paragraph.text.find(quote) if quote else -1
    return Quote(passage, start, start + len(quote)) if start >= 0 else None


def cite(n: int, quote: Quote) -> Citation:
    """A citation whose quote equals the paragraph's text at its place.

    Raises ValueError where the place is empty or outside the paragraph: nothing may be cited from there.
    """
    length = len(quote.passage.paragraph.text)
    if not 0 <= quote.start < quote.end <= length:
        raise ValueError(f"no quote at {quote.start}:{quote.end} in a paragraph of {length} characters")
    return Citation(n, quote.passage, quote.text, quote.start, quote.end)


def reference(passage: Passage, word: str) -> str:
    """`PC.DEL/550/08, para. 5`; the printed label where the paragraph has one. `word` is "para." in some language."""
    header = passage.statement.header
    document = f"{header.code}, {header.part}" if header.part else header.code
    return f"{document}, {word} {passage.paragraph.place}"


def attribution(passage: Passage) -> str:
    """Who speaks, from the statement's own metadata: `Mr. Churkin (Russian Federation)`."""
    header = passage.statement.header
    if header.speaker and header.delegation and header.delegation.casefold() not in header.speaker.casefold():
        return f"{header.speaker} ({header.delegation})"
    return header.speaker or header.delegation or header.title or ""
