"""Of a text, what a question most likely asks for, by shared words: so that a slow model reads no more than that."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from assistant.demands import words_of
from store.language import stop_words
from store.sentences import sentences
from store.types import Passage

STEM = 5
"""Two words that begin with so many equal letters count as the same word."""


def stems(text: str) -> set[str]:
    """The beginnings of a text's words, without capitals and accents."""
    return {word[:STEM] for word in words_of(text)}


def rarity(question: str, language: str, texts: Sequence[str]) -> dict[str, float]:
    """What each content word of the question is worth: the more, the fewer of the texts have it."""
    asked = stems(question) - {word[:STEM] for word in stop_words(language)}
    held = Counter(stem for text in texts for stem in stems(text) & asked)
    return {stem: math.log(1 + len(texts) / (1 + held[stem])) for stem in asked}


def shared(text: str, worth: Mapping[str, float]) -> float:
    """What the question's words in a text are worth together."""
    return sum(worth[stem] for stem in stems(text) if stem in worth)


def found_sentences(passage: Passage) -> list[tuple[int, int]]:
    """The sentences of a passage, as offsets; of a long paragraph, those of the piece that was found."""
    first, last = passage.focus or (0, len(passage.paragraph.text))
    spans = sentences(passage.paragraph.text, passage.statement.header.language)
    return [(start, end) for start, end in spans if start < last and end > first]


def window(passage: Passage, worth: Mapping[str, float], words: int) -> tuple[int, int]:
    """Where the sentence that shares most with the question stands, with as many around it as make up so many words."""
    spans = found_sentences(passage)
    text = passage.paragraph.text
    if not spans:
        return passage.focus or (0, len(text))
    scores = [shared(text[start:end], worth) for start, end in spans]
    lengths = [len(text[start:end].split()) for start, end in spans]
    first = last = max(range(len(spans)), key=lambda place: scores[place])
    left = words - lengths[first]
    while beside := [n for n in (first - 1, last + 1) if 0 <= n < len(spans) and lengths[n] <= left]:
        chosen = max(beside, key=lambda place: scores[place])
        first, last = min(first, chosen), max(last, chosen)
        left -= lengths[chosen]
    return spans[first][0], spans[last][1]
