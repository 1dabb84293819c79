"""Words that a PDF tore apart or ran together, mended only where the document's own words leave no doubt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ingest.reader import Line

_WORD = re.compile(r"[^\W\d_]+")
_PAIR = re.compile(r"(?<![\w/.-])([^\W\d_]+) ([^\W\d_]+)(?![\w/-])")
_LONG = re.compile(r"(?<![\w/.-])[^\W\d_]{7,}(?![\w/-])")
_MARKS = frozenset(
    (
        *("of", "the", "and", "that", "which", "from", "their"),
        *("les", "des", "dans", "que", "qui", "della", "delle", "dei", "che", "los", "las", "del"),
        *("und", "der", "die", "das", "den", "для", "что", "это"),
    )
)
"""Small words that no longer word begins or ends with by right, so that one that does is two run together."""


def mended(lines: Sequence[Line]) -> list[Line]:
    """The lines with their words whole.

    Two parts become one word where the text has that word elsewhere and neither part (`des tabilising`). One becomes
    two where the text has it nowhere else, one part is a small word, and both stand side by side elsewhere
    (`ofpeoples`).
    """
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for line in lines:
        words.update(_WORD.findall(line.text))
        pairs.update(_pairs(line.text))

    def whole(match: re.Match[str]) -> str:
        left, right = match[1], match[2]
        # Part of a word are letters that stand nowhere else, or nowhere but in such a pair.
        torn = words[left + right] and words[left] == words[right] == pairs[left, right]
        return left + right if torn and len(left + right) > 4 else match[0]

    def parted(match: re.Match[str]) -> str:
        word = match[0]
        if words[word] > 1:
            return word
        ways = [
            (word[:cut], word[cut:])
            for cut in range(2, len(word) - 1)
            if (word[:cut] in _MARKS or word[cut:] in _MARKS) and pairs[word[:cut], word[cut:]]
        ]
        ways = [way for way in ways if max(len(part) for part in way) >= 4 and all(words[part] > 1 for part in way)]
        return " ".join(ways[0]) if len(ways) == 1 else word

    result = []
    for line in lines:
        text = _LONG.sub(parted, _PAIR.sub(whole, line.text))
        result.append(replace(line, text=text) if text != line.text else line)
    return result


def _pairs(text: str) -> list[tuple[str, str]]:
    """Words with nothing but one space between them."""
    return re.findall(r"(?<!\w)([^\W\d_]+)(?= ([^\W\d_]+)(?!\w))", text)
