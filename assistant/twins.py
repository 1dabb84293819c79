"""The same paragraph in another statement: a text in two languages, or words that were circulated twice."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.demands import words_of
from store.types import Passage

MOST_LONGER = 2.5
"""A translation is at most so many times as long."""
MOST_SPACED = 1.05
"""The same words are at most so many times as long."""


def is_twin(one: Passage, other: Passage) -> bool:
    """Whether a reader who has seen one paragraph learns nothing from the other.

    Strict: a mandate that is renewed in the same words but for the date is another paragraph.
    """
    mine, theirs = one.statement, other.statement
    if mine.id == theirs.id:
        return False
    lengths = sorted((len(one.paragraph.text), len(other.paragraph.text)))
    if mine.header.language == theirs.header.language:
        return lengths[1] <= MOST_SPACED * lengths[0] and words_of(one.paragraph.text) == words_of(other.paragraph.text)
    same = (mine.header.code, mine.header.part) == (theirs.header.code, theirs.header.part)
    return same and one.paragraph.number == other.paragraph.number and lengths[1] <= MOST_LONGER * lengths[0]


def twins_of(one: Passage, passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Those among the passages."""
    return tuple(other for other in passages if is_twin(one, other))
