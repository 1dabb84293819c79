"""Names of persons: what is a name in a speaker line, and what its spellings have in common across alphabets.

A name is compared by keys. One key is the name without accents; the other is how it sounds, roughly: `Чуркин`,
`Churkin`, `Tchourkine` and `Tschurkin` share it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from assistant.names import fold


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    "mr mrs ms miss mx dr prof professor sir dame lord lady baroness baron count sheikh sheikha shaikh prince princess "
    "king queen cardinal archbishop bishop monsignor mgr msgr rev reverend father his her excellency he hon honourable "
    "honorable ambassador amb general gen colonel col admiral captain president minister senator judge chairman "
    "chairperson chairwoman secretary don dona herr frau monsieur madame mme mlle m signor signora sig senor senora sr "
    "sra botschafter botschafterin ambassadeur ambassadrice embajador embajadora ambasciatore ambasciatrice prasident "
    "г н жа господин госпожа посол пан пані"
)
_BEFORE_SURNAME = _words("mr mrs ms miss mx herr frau mme monsieur madame г н жа господин госпожа")
"""Titles that need no given name behind them, as `Sir` does."""
_PARTICLES = _words(
    "de da do dos das del della di du la le el al ul bin bint ben ibn abu van von der den ter ten zu y e of oglu ogly "
    "uulu kyzy ou jr ii iii iv vi vii xiv xvi"
)
_NO_PERSONS = re.compile(
    r"^\W*(?:the|le|la|el|il|der|die)?\s*(?:acting\s+)?(?:president|secretary|chair|moderator|delegation|permanent|"
    r"председател|генеральн|голова|präsident|président|presidente|vorsitz)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "ı": "i", "æ": "ae", "œ": "oe"})
_LATIN_SOUNDS = str.maketrans(
    {
        "š": "sh",
        "ž": "zh",
        "č": "ch",
        "ć": "ch",
        "đ": "dj",
        "ş": "sh",
        "ç": "ch",
        "æ": "e",
        "œ": "e",
        "ț": "ts",
        "ș": "sh",
    }
)
_CYRILLIC = str.maketrans(
    {"а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "ie", "ж": "zh", "з": "z",
     "и": "i", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
     "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "",
     "ы": "i", "ь": "", "э": "e", "ю": "iu", "я": "ia", "қ": "k", "ғ": "g", "ө": "o", "ү": "u", "ұ": "u", "ң": "n",
     "ә": "e", "һ": "h", "ћ": "ch", "ђ": "dj", "ј": "i", "љ": "l", "њ": "n", "џ": "j", "ѓ": "g", "ќ": "k"}
)  # fmt: skip
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("tsch|tch|cz|ci(?=[aou])", "ch"), ("sch|sz", "sh"), ("d?zh|dj|dsh|j(?=[aou])", "j"),
        ("kh", "h"), ("ph", "f"), ("th", "t"), ("ck|qu|q", "k"), ("gu(?=[eiy])", "g"), ("c(?!h)", "k"), ("x", "ks"),
        ("w", "v"), ("ou|oo", "u"), ("[yij]+e", "e"), ("[yj]", "i"), ("ei", "ai"), ("sht", "st"), ("ine$", "in"),
        ("(?<=[vf])e$", ""), ("f+$", "v"), ("sk(?:i|o|ii|oi)$", "ski"), ("i[aou](?=$|[^aeiou])", "i"),
        ("(?<![cs])h", "g"), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
_HISS = re.compile("[cs]h|z")
LONG_NAME = 6
"""Letters from which a name is long enough to be compared loosely."""
_ENDINGS = (
    (re.compile("(?:ського|ському|ським|ська|ської|ську|ською|ській|ський)$"), "ський"),
    (re.compile("(?:ского|скому|ским|ском|ская|ской|скую|ский|скии)$"), "ский"),
    (re.compile("(?:ові|еві|ом|ем|єм|ым|им|ой|ей|ою|ею|єю)$"), ""),
    (re.compile("[аяуюеиіїьйы]$"), ""),
)
_CYRILLIC_WORD = re.compile("[а-яёіїєґў]+")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A speaker line's words, taken apart."""

    given: tuple[str, ...]
    """Words that come before the last one, as printed."""
    surnames: tuple[str, ...]
    """Words that one may call the person by, as printed."""


@lru_cache(maxsize=1 << 14)
def names_in(speaker: str) -> tuple[PersonName, ...]:
    """The persons of a speaker line; none for an office such as `The President`.

    Titles, and the office behind a comma, are no part of a name.
    """
    persons = (_person(part) for part in re.split(r";|\band\b", speaker))
    return tuple(person for person in persons if person)


def _person(text: str) -> PersonName | None:
    text = re.split(r"[,(]|\s+of\s+", text.strip())[0]
    if _NO_PERSONS.match(text):
        return None
    text = re.sub(r"\b([A-Z]) (?=[a-z]{2})", r"\1", text)
    words = [word[0] for word in _WORD.finditer(text.replace("-", " "))]
    surname_first = False
    while len(words) > 1 and fold(words[0]) in TITLES:
        surname_first = fold(words.pop(0)) in _BEFORE_SURNAME
    full = [word for word in words if fold(word) not in _PARTICLES and len(word) > 1]
    if not full:
        return None
    if surname_first or len(full) == 1:
        return PersonName((), tuple(full))
    return PersonName(tuple(full[:-1]), tuple(full[-1:] if len(full) == 2 else full[1:]))


@lru_cache(maxsize=1 << 15)
def keys_of(word: str) -> tuple[str, ...]:
    """What a name is looked up by: its plain letters and its sound; a Cyrillic one's also without case ending."""
    word = unicodedata.normalize("NFC", re.sub(r"['’ʼ`-]", "", word.casefold()))
    if not _CYRILLIC_WORD.match(word):
        return tuple(dict.fromkeys((fold(word.translate(_LETTERS)), _sound(word))))
    stems = [word]
    for pattern, ending in _ENDINGS:
        stem = pattern.sub(ending, word)
        if stem != word and len(stem) >= 3:
            stems += [stem] if ending or word[-1] not in "ыуиеі" else [stem, stem + "а"]
    return tuple(dict.fromkeys(_sound(stem) for stem in stems))


def _sound(word: str) -> str:
    """A rough spelling of how a name sounds, in Latin letters; hisses are told apart in short names only."""
    if word.endswith("ic"):
        word = word.replace("c", "ch")
    word = fold(
        re.sub("(?<=[аеиоуыэюя])ё", "йо", word).translate(_LATIN_SOUNDS).translate(_LETTERS).translate(_CYRILLIC)
    )
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return _HISS.sub("s", word) if len(word) >= LONG_NAME else word
