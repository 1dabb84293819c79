"""Names of languages, as documents print them, to ISO 639-1 codes."""

from __future__ import annotations

import re
from functools import cache

HOUSE = ("en", "fr", "de", "it", "ru", "es", "uk")
"""Languages whose words for other languages, months and States are read."""

_ONLY = re.compile(r"\b(?:only|seulement|uniquement|nur|soltanto|solo|sólo|únicamente|только)\b", re.IGNORECASE)
_ORIGINAL = re.compile(
    r"^\W*(?:texte\s+|versión\s+|langue\s+)?(?:original(?:e|fassung|sprache)?|оригинал|оригінал)"
    r"(?:\s+(?:language|text|version))?\s*:\s*(.+)$",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"^(?:spoke|speaking|continued?|interpretation\s+from|translated\s+from|parle|a\s+parlé|s'exprime|habla|habló|spricht|sprach|"
    r"parla|ha\s+parlato|говорит|выступает|говорить)\b\s*(?:in|en|auf|in\s+lingua|на|по|por)?[\s-]*([\w-]+)",
    re.IGNORECASE,
)


def language_code(text: str) -> str | None:
    """`en`, `English`, `ENGLISCH`, `en (Dutch title)`, `Original: RUSSIAN` -> ISO code; None for anything else."""
    original = _ORIGINAL.match(text.strip())
    word = original[1] if original else text
    word = _ONLY.sub("", re.sub(r"\(.*?\)", "", word)).strip(" .:;,*").casefold()
    names = _names()
    if re.fullmatch(r"[a-z]{2}", word):
        return word if word in names.values() else None
    return names.get(word) or names.get(word.split("/")[0].strip())


def original_language(line: str) -> str | None:
    """The language of a printed line `Original: RUSSIAN`; None for a line of another kind."""
    match = _ORIGINAL.match(line.strip())
    return language_code(match[1]) if match else None


def spoken_language(remark: str) -> str | None:
    """The language in `spoke in Chinese`, `parle en espagnol`; None for a remark of another kind."""
    match = _SPOKEN.match(remark.strip())
    return language_code(match[1]) if match else None


def is_spoken_remark(remark: str) -> bool:
    """Whether a text is such a remark, also where its language has no known name."""
    return _SPOKEN.match(remark.strip()) is not None


@cache
def _names() -> dict[str, str]:
    from babel import Locale

    names: dict[str, str] = {}
    for locale in HOUSE:
        for code, name in Locale(locale).languages.items():
            if len(code) == 2:
                names.setdefault(name.casefold(), code)
    # Short forms and cases that CLDR's list does not hold.
    names.update({"русском": "ru", "русски": "ru", "английском": "en", "французском": "fr", "испанском": "es"})
    names.update({"арабском": "ar", "китайском": "zh", "немецком": "de", "итальянском": "it", "mandarin": "zh"})
    return names
