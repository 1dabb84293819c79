"""Quotes become citations only after they were checked against the paragraph they are said to stand in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from assistant.answer import Citation
from store.types import Passage

_ALIKE = str.maketrans(
    dict.fromkeys('“”„‟«»‹›<>〈〉"', '"') | dict.fromkeys("‘’‚‛ʼ`´′", "'") | dict.fromkeys("‐‑‒–—―−", "-")
)
_UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
"""Signs without width that a copy may lose; never those that change the direction of a text."""
_OUTER = " \"'.,;:-"


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
    """The quote's place in the paragraph, letter for letter, or None where it does not stand there.

    White space, the forms of quotation marks and hyphens, and punctuation around the quote do not count: whoever copies
    a text by hand, or by model, changes these. The place found is a whole number of words.
    """
    text = passage.paragraph.text
    start = text.find(quote) if quote else -1
    if start >= 0 and _whole_words(text, start, start + len(quote)):
        return Quote(passage, start, start + len(quote))
    wanted = _alike(quote)[0].strip(_OUTER)
    plain, places = _alike(text)
    at = plain.find(wanted) if wanted else -1
    while at >= 0:
        start, end = places[at], places[at + len(wanted) - 1] + 1
        if _whole_words(text, start, end):
            return Quote(passage, start, end)
        at = plain.find(wanted, at + 1)
    return None


def _whole_words(text: str, start: int, end: int) -> bool:
    """A quote may not begin or end inside a word or a number: `1,400` is not in `11,400`."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if (
        text[start].isalnum()
        and re.search(r"\w$|\d[.,]$", before)
        and not (before[-1] in ".," and text[start].isalpha())
    ):
        return False
    return not (text[end - 1].isalnum() and re.match(r"\w|[.,]\d", after))


def _alike(text: str) -> tuple[str, list[int]]:
    """The text in one spelling of marks and white space, and the place in it of each sign that is left."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if sign in _UNSEEN:
            continue
        plain = " " if sign.isspace() else unicodedata.normalize("NFC", sign).translate(_ALIKE)
        if plain == "…":
            plain = "..."
        if plain == " " and signs[-1:] == [" "]:
            continue
        signs += plain
        places += [place] * len(plain)
    return "".join(signs), places


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
