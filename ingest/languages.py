"""Names of languages, as documents print them, to ISO 639-1 codes."""

from __future__ import annotations

import re
from functools import cache

HOUSE = ("en", "fr", "de", "it", "ru", "es", "uk")
"""Languages whose words for other languages, months and States are read."""

_ASIDE = re.compile(
    r"\b(?:only|seulement|uniquement|nur|ausschließlich|soltanto|solo|sólo|solamente|únicamente|только|тільки|лише|"
    r"language|langue|sprache|lingua|lengua|idioma|язык[еа]?|мов[аою]{1,2}|in|en|auf|на|по)\b[\s-]*",
    re.IGNORECASE,
)
"""What stands beside the name of a language in such lines."""
_SEVERAL = re.compile(r"\s*[/,;]\s*|\s+(?:and|et|und|e|y|и|та)\s+", re.IGNORECASE)
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
    word = re.sub(r"\(.*?\)", "", word).strip(" .:;,*[]").casefold()
    names = _names()
    if re.fullmatch(r"[a-z]{2}", word):
        return word if word in names.values() else None
    bare = _ASIDE.sub("", word).strip(" .:;,*-")
    return names.get(word) or names.get(bare) or names.get(_SEVERAL.split(bare)[0])


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
    for name, code in list(names.items()):
        for ending, others in _INFLECTED.items():
            if name.endswith(ending):
                stem = name.removesuffix(ending)
                names.update({stem + other: code for other in others if stem + other not in names})
    names["mandarin"] = "zh"
    return names


_INFLECTED = {
    "ский": ("ском", "ски", "ского"),
    "цкий": ("цком", "цки", "цкого"),
    "ська": ("ською", "ської"),
    "isch": ("ische", "ischer", "ischen"),
    "çais": ("çaise",),
    "glais": ("glaise",),
    "gnol": ("gnole",),
    "mand": ("mande",),
    "talien": ("talienne",),
    "hinois": ("hinoise",),
}
"""Endings of names as CLDR has them, and those that stand in `на русском языке`, `en langue française`."""
