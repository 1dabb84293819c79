"""Bytes to text: Unicode by its marks or its pattern, old code pages by the words that come out."""

from __future__ import annotations

import codecs
import re
from collections import Counter

from store.errors import InputError

KNOWN = "UTF-8, UTF-16, cp1251, cp1252, koi8-r, cp866, iso-8859"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LATIN_1 = ("iso-8859-1", "latin-1", "latin1")
"""Programs that say so mean cp1252, which has letters and signs where Latin-1 has control characters."""
_SAMPLE = 200_000
"""Bytes from which the encoding is told."""
_CYRILLIC = ("cp1251", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic")
_WEIGHT = {sign: 1 - place / 40 for place, sign in enumerate("оеаинтсрвлкмдпуяыьгзбчйхжшюцщфэіїєґўёъ")}
"""Small Cyrillic letters by how often they stand in Russian, the rarest last: two code pages swap `о` and `п`."""
_LETTERS = frozenset(_WEIGHT) | {sign.upper() for sign in _WEIGHT}
_LATIN = (
    ("cp1252", "äöüßéèêëàâçîïôûùñóíáúìòåøæ«»“”‘’–—…°§€ÄÖÜÉÀÇÑÓ¿¡º\u00a0®©™•·½€"),
    ("cp1250", "ąćęłńóśźżčďěňřšťůžăâîșțşţőűđáéíýúôäöüß„”“’–—…ŠŽČŁŚŻÓ"),
    ("cp1254", "çğıöşüİĞŞÇÖÜâî“”’–—…"),
    ("cp850", "äöüßéèêëàâçîïôûùñóíáúìòÄÖÜÉ«»\u00a0"),
)
"""Code pages of the Latin script, the likeliest first, each with the letters and signs that its languages use."""
_CLEARLY = 0.2
"""By how much a rare code page must fit better than the usual one."""


def decode_as(data: bytes, charset: str) -> str:
    """By the encoding that a file names, where there is one of that name and the bytes are in it; else as `decode`."""
    try:
        return data.decode("cp1252" if charset.lower() in _LATIN_1 else charset)
    except (LookupError, ValueError):  # it is wrong about itself
        return decode(data)


def decode(data: bytes) -> str:
    """The text. Raises InputError where the bytes are none."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    wide = _unmarked_utf16(data[:_SAMPLE])
    if wide:
        return data.decode(wide, "replace")
    if data[:_SAMPLE].count(0) > len(data[:_SAMPLE]) / 100:
        raise InputError("is not a text file: it holds zero bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        broken = data.decode("utf-8", "replace")
    if broken.count("\ufffd") * 500 < len(broken) and re.search(r"[^\x00-\x7f\ufffd]", broken):
        return broken
    return data.decode(_code_page(data), "replace")


def _unmarked_utf16(sample: bytes) -> str | None:
    """UTF-16 without its mark: every other byte is the zero of a Latin letter, or the page of a Cyrillic one."""
    if len(sample) < 4:
        return None
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        high = sample[place::2]
        low = sample[1 - place :: 2]
        pages = high.count(0) + high.count(4) + high.count(0x20)
        if pages > 0.95 * len(high) and low.count(0) < 0.02 * len(low) + 1 and high.count(0) + high.count(4) > 1:
            return encoding
    return None


def _code_page(data: bytes) -> str:
    """The old code page whose letters make words. Raises InputError where none does."""
    sample = data[:_SAMPLE]
    high = Counter(byte for byte in sample if byte >= 0x80)
    if sum(sample.count(byte) for byte in range(9)) > len(sample) / 100:
        raise InputError(f"is not a text in any encoding known here ({KNOWN})")
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]{2,}", sample) if len(set(run)) > 1]
    if sum(runs) > 0.5 * high.total():
        return max(_CYRILLIC, key=lambda name: _cyrillic(sample.decode(name, "replace")))
    shares = {name: _share(high, name, letters) for name, letters in _LATIN}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > shares[_LATIN[0][0]] + _CLEARLY else _LATIN[0][0]


def _cyrillic(text: str) -> float:
    """How much a text looks like Cyrillic words: capitals in front or everywhere, frequent letters, short words."""
    words = re.findall(r"[^\x00-\x7f]+", text)
    total = sum(map(len, words)) or 1
    good = 0.0
    for word in words:
        shape = word[1:].islower() or word.isupper() or len(word) == 1
        known = sum(sign in _LETTERS for sign in word)
        good += (
            sum(_WEIGHT.get(sign, 0.0) for sign in word.lower()) * (1.0 if shape else 0.3) if known == len(word) else 0
        )
    return good / total + 0.3 * sum(word.lower() in _COMMON for word in words) / max(1, len(words))


_COMMON = frozenset(
    (
        *("и", "в", "не", "на", "что", "с", "по", "к", "о", "за", "от", "из", "для", "как", "мы", "это", "так", "до"),
        *("та", "у", "з", "що", "про", "ми"),
    )
)
"""Short words of Russian and Ukrainian: what only looks like letters has none of them."""


def _share(high: Counter[int], encoding: str, letters: str) -> float:
    """The share of the upper bytes that are letters or signs of a code page's languages."""
    known = {code for sign in letters for code in sign.encode(encoding, "ignore")}
    return sum(count for byte, count in high.items() if byte in known) / max(1, high.total())
