"""The forms in which a name stands in a sentence, by rules of its language: `Россия` -> `России`, `Россией` …

The rules make a few forms that nobody says; that costs nothing, because forms are only looked up.
"""

from __future__ import annotations

_RU_ADJECTIVE = "ий ый ой ая яя ое ее ие ые ого его ому ему им ым ом ем ую юю ей ою их ых ими ыми"
_UK_ADJECTIVE = "ий ій а я е є і ої ього ого ому ьому ою у ю их іх им ім ими іми"
_NOUNS: dict[str, tuple[tuple[str, str], ...]] = {
    "ru": (
        ("ия", "ия ии ию ией иею ий иям иями иях"),
        ("ии", "ии ий иям иями иях"),
        ("ие", "ие ия ию ием ии ий иям иями иях"),
        ("ство", "ство ства ству ством стве"),
        ("ово", "ово ова ову овом ове"),
        ("ь", "ь и я ю ем ью е"),
        ("й", "й я ю ем е"),
        ("ы", "ы  ов ам ами ах"),
        ("а", "а ы и е у ой ою ам ами ах"),
        ("я", "я и е ю ей ею"),
    ),
    "uk": (
        ("ія", "ія ії ію ією ій"),
        ("ії", "ії ій іям іями іях"),
        ("ство", "ство ства ству ством стві"),
        ("ово", "ово ова ову овом ові"),
        ("ка", "ка ки ці ку кою"),
        ("га", "га ги зі гу гою"),
        ("ь", "ь і ю я ем ові сю"),
        ("й", "й я ю єм ї єві"),
        ("и", "и  ів ам ами ах"),
        ("а", "а и і у ою ею"),
        ("я", "я і ї ю ею єю"),
    ),
}
_CONSONANT = {"ru": " а у ом ем е ы и ов ам ами ах", "uk": " а у ом ем ові і и ів ам ами ах"}
_DEMONYM = {
    "ru": " а у ом ем е ы и ов ев ам ами ах ей ям ями ях я ю ин ина ину ине ином",
    "uk": " а у ом ем ові еві і и ів їв ей ам ами ах е ин ина ину",
}
_VOWELS = "аеёиоуыэюяіїє"


def name_forms(word: str, language: str, *, attributive: bool = False) -> list[str]:
    """Forms of one word of a name; `attributive` for a word that another one of the name follows."""
    if language in _NOUNS:
        if attributive and (stem := _adjective_stem(word, language)):
            return adjective_forms(stem, language)
        return _slavic_noun(word, language)
    if language == "de":
        forms = [word, word + "s"]
        if attributive and word.endswith(("es", "er", "e")):
            stem = word.rstrip("rs").removesuffix("e")
            forms += [stem + ending for ending in ("e", "en", "er", "es", "em")]
        return [*forms, word + "n"] if word.endswith("e") else forms
    return [word]


def adjective_forms(word: str, language: str) -> list[str]:
    """Forms of an adjective, given as masculine singular (fr, it, es), as a stem (de, ru, uk) or as it is (en)."""
    stem = word[:-1]
    match language:
        case "ru" | "uk":
            endings = _RU_ADJECTIVE if language == "ru" else _UK_ADJECTIVE
            return [word + ending for ending in endings.split()]
        case "de":
            return [word + ending for ending in ("", "e", "er", "es", "en", "em")]
        case "fr":
            forms = [word + ending for ending in ("", "s", "e", "es")]
            return [*forms, word + "ne", word + "nes"] if word.endswith("en") else forms
        case "it":
            by_vowel = {"o": "o a i e hi he", "e": "e i", "a": "a i e"}
            return [stem + ending for ending in by_vowel.get(word[-1], word[-1]).split()]
        case "es":
            by_vowel = {"o": "o a os as", "a": "a as", "e": "e es"}
            if word[-1] in by_vowel:
                return [stem + ending for ending in by_vowel[word[-1]].split()]
            return [word + ending for ending in ("", "s", "a", "es", "as")]
        case _:
            return [word, word + "s"]


def demonym_forms(word: str, language: str) -> list[str]:
    """Forms of the name of a people."""
    if language in _DEMONYM:
        return [word + ending for ending in _DEMONYM[language].split(" ")]
    if language == "de":
        stem = word.removesuffix("e")
        return [word, word + "n", word + "s", *(stem + ending for ending in ("en", "in", "innen"))]
    return [word, word + "s"]


def _adjective_stem(word: str, language: str) -> str | None:
    endings = (
        ("ая", "яя", "ий", "ый", "ой", "ое", "ее", "ие", "ые") if language == "ru" else ("а", "ий", "ій", "е", "і")
    )
    for ending in endings:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending)
    return None


def _slavic_noun(word: str, language: str) -> list[str]:
    for ending, forms in _NOUNS[language]:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            return [stem + form for form in forms.split(" ")]
    if word[-1] in _VOWELS:
        return [word]
    return [word + form for form in _CONSONANT[language].split(" ")]
