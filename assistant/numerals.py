"""Numbers in a text, as digits or words of the house's languages, in one spelling: `5,000`, `5 thousand` -> `5000`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

_UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "fr": "zéro _ deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
    "dix-huit dix-neuf",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn",
    "it": "zero _ due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove",
    "es": "cero _ dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
    "diecisiete dieciocho diecinueve",
    "ru": "ноль,нуль,нуля один,одна,одно,одного,одной,одному,одним,одну два,две,двух,двум,двумя "
    "три,трех,трём,трем,тремя,трёх четыре,четырех,четырёх,четырем,четырём,четырьмя пять,пяти,пятью "
    "шесть,шести,шестью семь,семи,семью восемь,восьми,восемью девять,девяти,девятью десять,десяти,десятью "
    "одиннадцать,одиннадцати двенадцать,двенадцати тринадцать,тринадцати четырнадцать,четырнадцати "
    "пятнадцать,пятнадцати шестнадцать,шестнадцати семнадцать,семнадцати восемнадцать,восемнадцати "
    "девятнадцать,девятнадцати",
    "uk": "нуль,нуля один,одна,одне,одного,однієї,одному,одну два,дві,двох,двом,двома три,трьох,трьом,трьома "
    "чотири,чотирьох,чотирьом,чотирма п'ять,п'яти шість,шести сім,семи вісім,восьми дев'ять,дев'яти десять,десяти "
    "одинадцять,одинадцяти дванадцять,дванадцяти тринадцять,тринадцяти чотирнадцять,чотирнадцяти "
    "п'ятнадцять,п'ятнадцяти шістнадцять,шістнадцяти сімнадцять,сімнадцяти вісімнадцять,вісімнадцяти "
    "дев'ятнадцять,дев'ятнадцяти",
}
"""0 to 19; forms of one number with commas between them, `_` where the word is an article too."""
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingts,quatre-vingt quatre-vingt-dix",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "ru": "двадцать,двадцати тридцать,тридцати сорок,сорока пятьдесят,пятидесяти шестьдесят,шестидесяти "
    "семьдесят,семидесяти восемьдесят,восьмидесяти девяносто,девяноста",
    "uk": "двадцять,двадцяти тридцять,тридцяти сорок,сорока п'ятдесят,п'ятдесяти шістдесят,шістдесяти "
    "сімдесят,сімдесяти вісімдесят,вісімдесяти дев'яносто,дев'яноста",
}
_SCALES = {
    "en": {"hundred": 100, "thousand": 1000, "million": 10**6, "millions": 10**6, "billion": 10**9, "dozen": 12},
    "fr": {"cent": 100, "cents": 100, "mille": 1000, "million": 10**6, "millions": 10**6, "milliard": 10**9,
           "milliards": 10**9},
    "de": {"hundert": 100, "tausend": 1000, "million": 10**6, "millionen": 10**6, "milliarde": 10**9,
           "milliarden": 10**9},
    "it": {"cento": 100, "mille": 1000, "mila": 1000, "milione": 10**6, "milioni": 10**6, "miliardo": 10**9,
           "miliardi": 10**9},
    "es": {"cien": 100, "ciento": 100, "mil": 1000, "millón": 10**6, "millones": 10**6},
    "ru": {"сто": 100, "ста": 100, "двести": 200, "триста": 300, "пятьсот": 500, "тысяча": 1000, "тысячи": 1000,
           "тысяч": 1000, "тыс": 1000, "миллион": 10**6, "миллиона": 10**6, "миллионов": 10**6, "млн": 10**6,
           "миллиард": 10**9, "миллиарда": 10**9, "миллиардов": 10**9, "млрд": 10**9},
    "uk": {"сто": 100, "ста": 100, "двісті": 200, "триста": 300, "тисяча": 1000, "тисячі": 1000, "тисяч": 1000,
           "тис": 1000, "мільйон": 10**6, "мільйона": 10**6, "мільйонів": 10**6, "млн": 10**6, "мільярд": 10**9,
           "мільярда": 10**9, "мільярдів": 10**9, "млрд": 10**9},
}  # fmt: skip
_JOINED = {"de": ("und", "eins", "ein"), "it": ("", "", "")}
_AND = {"en": ("and",), "fr": ("et",), "es": ("y",), "de": ("und",), "it": ("e",)}
_PERCENT = re.compile(
    r"%|(?<!\w)(?:per\s?cent|pour\s?cent|prozent|per\s?cento|por\s?ciento|процент(?:а|ов|у|ы|ом)?|відсот(?:ок|ки|ка|ків))(?!\w)",
    re.IGNORECASE,
)
_DIGITS = r"\d+(?:[.,]\d+)*"
_GROUPS = r"\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+(?:[.,]\d+)?(?!\d)"
_PIECE = re.compile(rf"(?<![\w.,]){_GROUPS}|(?<!\w){_DIGITS}(?!\w)|[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Number:
    """A number where it stands in a text."""

    value: str
    """Plain decimal digits, or as printed where that can't be told."""
    start: int
    end: int


def numbers(text: str, language: str) -> list[Number]:
    """The numbers of a text in reading order; `%` is one of its own, as is each of its names."""
    signs = [Number("%", m.start(), m.end()) for m in _PERCENT.finditer(text)]
    taken = {place for sign in signs for place in range(sign.start, sign.end)}
    found: list[Number] = []
    pieces = [m for m in _PIECE.finditer(text) if m.start() not in taken]
    place = 0
    while place < len(pieces):
        number, used = _number(text, pieces, place, language)
        found += [number] if number else []
        place += used
    return sorted([*found, *signs], key=lambda number: number.start)


def _number(text: str, pieces: list[re.Match[str]], place: int, language: str) -> tuple[Number | None, int]:
    """The number that begins at a piece, and how many pieces it takes."""
    words, scales, joins = _words(language), _SCALES.get(language, {}), _AND.get(language, ())
    total, current, last, at = Decimal(0), Decimal(0), -1, place
    seen = 0
    while at < len(pieces):
        piece = pieces[at]
        word = _plain(piece[0])
        gap = text[pieces[at - 1].end() : piece.start()] if at > place else ""
        if at > place and gap.strip(" \u00a0-") != "":
            break
        if word[0].isdecimal():
            value = _decimal(piece[0], language)
            if at > place:
                break
            if value is None:
                return Number(piece[0], piece.start(), piece.end()), 1
            current = value
        elif word in words and not pieces[place][0][0].isdecimal() and _fits(current, seen, words[word]):
            current += words[word]
        elif word in scales and (seen or scales[word] >= 100) and not (seen and current == 0):
            if scales[word] >= 1000:
                total, current = total + max(current, Decimal(1)) * scales[word], Decimal(0)
            elif scales[word] == 100 or not seen:
                current = max(current, Decimal(1)) * scales[word]
            else:
                current *= scales[word]
        elif word in joins and seen:
            at += 1
            continue
        else:
            break
        seen, last = seen + 1, at
        at += 1
        if current == 0 and total == 0:
            break
    if not seen:
        return None, 1
    return Number(_shown(total + current), pieces[place].start(), pieces[last].end()), last - place + 1


def _fits(current: Decimal, seen: int, value: int) -> bool:
    """`twenty` then `five`, `hundred` then `sixty`; never `two` then `three`."""
    rest = int(current) % 100
    return not seen or current == 0 or (current >= 100 and rest == 0) or (rest >= 20 and rest % 10 == 0 and value < 10)


def _decimal(printed: str, language: str) -> Decimal | None:
    """Value of digits with separators, by the language's rules; None where they have none or can't be told."""
    plain = re.sub(r"[ \u00a0\u202f'’]", "", printed)
    thousands, point = (",", ".") if language == "en" else (".", ",")
    if thousands in plain:
        if not re.fullmatch(rf"\d{{1,3}}(?:\{thousands}\d{{3}})+(?:\{point}\d+)?", plain):
            return None
        plain = plain.replace(thousands, "")
    plain = plain.replace(point, ".")
    return Decimal(plain) if plain.count(".") <= 1 else None


def _shown(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _plain(word: str) -> str:
    return re.sub("[’ʼ]", "'", word.casefold())


@cache
def _words(language: str) -> dict[str, int]:
    """Words for 0 to 99 that are written as one; German and Italian also have hundreds and thousands so."""
    if language not in _UNITS:
        return {}
    units = [forms.split(",") for forms in _plain(_UNITS[language]).split()]
    tens = [forms.split(",") for forms in _plain(_TENS[language]).split()]
    words = {form: n for n, forms in enumerate(units) for form in forms if form != "_" and "-" not in form}
    words |= {form: 10 * n for n, forms in enumerate(tens, 2) for form in forms if "-" not in form}
    if language in _JOINED:
        words |= dict(_compounds(language, units, tens))
    if language == "es":
        words |= {f"veinti{units[n][0]}": 20 + n for n in range(2, 10)}
        words |= {"veintiuno": 21, "veintiún": 21, "veintidós": 22, "veintitrés": 23, "veintiséis": 26}
    return words


def _compounds(language: str, units: list[list[str]], tens: list[list[str]]) -> Iterator[tuple[str, int]]:
    """German and Italian write 21 to 99, 200 and 2000 as one word."""
    for ten, (word, *_) in enumerate(tens, 2):
        for unit in range(1, 10):
            if language == "de":
                yield f"{'ein' if unit == 1 else units[unit][0]}und{word}", 10 * ten + unit
            else:
                small = "uno" if unit == 1 else "tré" if unit == 3 else units[unit][0]
                yield f"{word[:-1] if unit in (1, 8) else word}{small}", 10 * ten + unit
    hundred, thousand = ("hundert", "tausend") if language == "de" else ("cento", "mila")
    for unit in range(2, 20):
        if unit < 10:
            yield f"{units[unit][0]}{hundred}", 100 * unit
        yield f"{units[unit][0]}{thousand}", 1000 * unit
    if language == "de":
        yield from (("einhundert", 100), ("eintausend", 1000))
