"""Document codes: find, parse, normalise, compare.

There is no list of code families. A code is told by its form: `PC.DEL/550/08` (body, kind, numbers) or `S/PV.7138`
(organ, segments). Only spellings that a person types (`pc del 550 08`, `s/pv 7138`) are recognised by a short list of
bodies and kinds, because in small letters and without punctuation any two words and a number would do. A house adds
the families of its own with `register`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from store.errors import InputError

_SUFFIX = r"(?P<suffix>(?:\s?/\s?(?:Rev|Corr|Add|Amend)\.?\s?\d{1,2})*)"
_MARK = r"(?:[ \t]+(?P<mark>OSCE\+|Restr(?:icted|\.)?|RESTR(?:ICTED|\.)?))?"
_DOTTED = re.compile(
    r"(?<![\w/.(])(?P<stem>[A-Z]{2,6}(?:\(\d{1,3}\))?(?:\.[A-Z]{2,6}(?:\(\d{1,3}\))?)+(?:/\d{1,5}){0,3})"
    rf"(?!\w)(?i:{_SUFFIX}){_MARK}"
)
_SEGMENT = r"(?:[A-Z]{1,6}\.(?:\d{1,4}|[IVXL]{1,6})|[A-Z]{1,4}-\d{1,3}|[A-Z]{1,6}|\d{1,5}(?:-\d{1,3})?)"
_SLASHED = re.compile(
    rf"(?<![\w/.])(?P<stem>[A-Z]{{1,5}}(?:/{_SEGMENT})+)(?![\w/](?!(?:Rev|Corr|Add|Amend)\b))"
    r"(?P<year>\s?\((?:19|20)\d\d\))?(?P<resumption>\s?\(\s?Resumption\s?\d{0,2}\s?\))?"
    rf"(?i:{_SUFFIX}){_MARK}"
)
_TYPED_DOTTED = re.compile(
    r"(?<![\w/.])(?<!\d )(?P<body>pc|fsc|mc|cio|sec|eef|ef|hdim|odihr|rc|shdm|asrc|cpc|rfm|pa)"
    r"(?:\s?\(\s?(?P<session>\d{1,3})\s?\))?"
    r"[\s._/-]{0,2}(?P<kind>del|jour|gal|doc|fr|inf|ngo|io|dec)[\s._/-]{0,2}(?P<number>\d{1,5})"
    rf"(?:[\s._/-]{{1,2}}(?P<year>(?:19|20)\d\d|\d\d)(?!\w))?(?![\w]){_SUFFIX}",
    re.IGNORECASE,
)
_TYPED_SLASHED = re.compile(
    r"(?<![\w/.])(?P<organ>[as])[\s._/-]{1,2}(?:(?P<kind>res|pv|prst|inf)[\s._/-]{0,2}(?P<number>\d{1,5})"
    r"(?:[\s._/-]{1,2}(?P<second>\d{1,4})(?!\w)|\s?\((?P<year>(?:19|20)\d\d)\))?"
    r"|(?P<session>\d{1,3})[\s._/-]{1,2}pv[\s._/-]{0,2}(?P<meeting>\d{1,4})"
    r"|(?P<annual>(?:19|20)\d\d)/(?P<serial>\d{1,4}))"
    rf"(?!\w){_SUFFIX}",
    re.IGNORECASE,
)
_RESOLUTIONS = re.compile(
    r"\b(?:resolu[tc]i[oó]n(?:s|es)?|résolutions?|resolution(?:en)?|risoluzion[ei]|резолюци\w+)\s+"
    r"(?P<list>\d{1,4}\s?\((?:19|20)\d\d\)(?:(?:\s*,\s*|\s+)(?:(?:and|et|und|y|e|и|та)\s+)?\d{1,4}\s?\((?:19|20)\d\d\))*)",
    re.IGNORECASE,
)
_GLUED = re.compile(
    r"(pc|fsc|mc|cio|sec|eef|hdim|odihr|rc|shdm|asrc|cpc)(del|jour|gal|doc|fr|inf|ngo|dec)|([as])(res|pv|prst|inf)"
)
_REVISION = re.compile(r"/(Rev|Corr|Add|Amend)\.(\d{1,2})", re.IGNORECASE)
_AMENDING = re.compile(r"\s?/\s?(Corr|Add|Amend)\.?\s?\d{1,2}(?:\s?/\s?Rev\.?\s?\d{1,2})*\s*$", re.IGNORECASE)
_YEARLESS = {"jour", "dec"}
_CYRILLIC_BODY = re.compile(r"(?<!\w)[АВЕКМНОРСТУХЅІ]{1,4}(?=[./])")
_LOOK_ALIKE_CAPITALS = str.maketrans("АВЕКМНОРСТУХЅІ", "ABEKMHOPCTYXSI")
_DIGIT_LIKE = "IlOoSBZ|"
_DIGITS = str.maketrans(_DIGIT_LIKE, "11005821")
_DAMAGED = re.compile(
    r"(?<![\w/.])(?:[AS5$]|[A-Z]{2,6}(?:\(\d{1,3}\))?(?:\s?[.,]\s?[A-Z]{2,6}(?:\(\d{1,3}\))?)+|[A-Z]{2,5})"
    r"(?:\s?/\s?[A-Za-z\d.,|-]+)+"
)
_LOOK_ALIKES = str.maketrans("авекмнорстухѕі", "abekmhopctyxsi")


_PART = re.compile(r"\{(?P<name>\w*)\}|(?P<letters>[A-Za-z]+)|(?P<digits>\d+)|(?P<between>[^A-Za-z\d{}]+)")
_PLACES = {"number": r"\d{1,6}", "year": r"(?:19|20)\d\d|\d\d", "letters": r"[A-Z]{1,6}"}
_BETWEEN = r"[\s./_–-]{{{},2}}"
_END = r"(?!\w|/(?!(?:Rev|Corr|Add|Amend)\b))"


@dataclass(frozen=True, slots=True)
class Code:
    """A document code, taken apart."""

    text: str
    """As it is kept and shown: `PC.DEL/1819/20/Rev.2`."""
    base: str
    """Without revision, corrigendum and addendum: `PC.DEL/1819/20`."""
    kind: str | None = None
    """`Rev`, `Corr`, `Add` or `Amend`: the last suffix."""
    number: int = 0
    """Number of the last suffix."""
    distribution: str | None = None
    """The mark that stood behind the code: `OSCE+`, `Restr.`."""
    start: int = 0
    end: int = 0
    """Where it stands in the text that was searched."""


@dataclass(frozen=True, slots=True)
class _Family:
    """A house's own family of codes."""

    pattern: re.Pattern[str]
    template: str

    def stem(self, match: re.Match[str]) -> str:
        return self._filled(match, short=False)

    def key(self, code: str) -> str | None:
        """The code with its year in two digits, where it is of this family."""
        match = self.pattern.match(code.strip())
        return self._filled(match, short=True) + code.strip()[match.start("suffix") :] if match else None

    def _filled(self, match: re.Match[str], *, short: bool) -> str:
        values = iter(match.group(*(name for name in match.re.groupindex if name.startswith("place_")), "suffix"))

        def value(place: re.Match[str]) -> str:
            text = str(next(values)).upper()
            return text[-2:] if short and place[1] == "year" else text

        return re.sub(r"\{(\w+)\}", value, self.template)


_families: tuple[_Family, ...] = ()


def register(patterns: Sequence[str]) -> None:
    """The families of a house's own from now on, in place of those registered before.

    A pattern is the code as it is printed, with `{number}` (digits), `{year}` (two or four digits) and `{letters}`
    (capitals) where it varies: `VM-{number}/{year}`. Raises InputError for a pattern that would match anything.
    """
    global _families
    _families = tuple(_family(pattern) for pattern in patterns)
    keys.cache_clear()


def registered() -> tuple[str, ...]:
    """The patterns of the house's own families, for another process to register and for what depends on them."""
    return tuple(family.template for family in _families)


def find(text: str) -> list[Code]:
    """Every code in a text in reading order, printed or typed; the same code may come twice."""
    return _find(text, typed=True)


def references(text: str) -> list[str]:
    """The documents that a text names, each once, in order of first mention.

    Only printed forms count, not typed ones, which in running text may be any words. `resolution 1441 (2002)` is the
    Security Council's `S/RES/1441 (2002)`: no other body numbers with a year in brackets.
    """
    found = [(code.start, code.text) for code in _find(text, typed=False)]
    for match in _RESOLUTIONS.finditer(text):
        for one in re.finditer(r"(\d+)\s?\((\d{4})\)", match["list"]):
            found.append((match.start("list") + one.start(), f"S/RES/{one[1]} ({one[2]})"))
    return list(dict.fromkeys(code for _, code in sorted(found)))


def _find(text: str, *, typed: bool) -> list[Code]:
    text = _CYRILLIC_BODY.sub(lambda match: match[0].translate(_LOOK_ALIKE_CAPITALS), text)
    found: list[Code] = []
    forms: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]] = [
        (family.pattern, family.stem) for family in _families
    ]
    forms += [(_DOTTED, _dotted), (_SLASHED, _slashed)]
    if typed:
        forms += [(_TYPED_DOTTED, _typed_dotted), (_TYPED_SLASHED, _typed_slashed)]
    for pattern, build in forms:
        for match in pattern.finditer(text):
            stem = build(match)
            if stem and not any(code.start < match.end() and match.start() < code.end for code in found):
                found.append(_code(stem, match))
    return sorted(found, key=lambda code: code.start)


def find_codes(text: str) -> list[str]:
    """The codes of a text, normalised, each once, in reading order."""
    return list(dict.fromkeys(code.text for code in find(text)))


def parse(text: str) -> Code | None:
    """The code that a text consists of (a distribution mark may follow it), or None where it is not one code."""
    text = re.sub(r"\s+", " ", text).strip().rstrip("*")
    codes = find(text)
    if len(codes) == 1 and codes[0].start == 0 and not text[codes[0].end :].strip(" .,;"):
        return codes[0]
    return None


def normalise(text: str) -> str | None:
    """A code in its canonical spelling, or None where the text is not one code."""
    code = parse(text)
    return code.text if code else None


def code_key(code: str) -> str:
    """What all spellings of one code have in common, for look-up: `pc.del 550/08`, `PC DEL 550 2008` -> `pc del 550 8`.

    Takes any text, also a code made from a file name. The year behind a Security Council resolution does not count.
    """
    text = unicodedata.normalize("NFKC", code)
    text = next((key for family in _families if (key := family.key(text))), text).casefold()
    text = re.sub(r"osce\+|\brestr(?:icted|\.)?|\((?:19|20)\d\d\)", " ", text)
    words = [_fold(word) for word in re.findall(r"[^\W\d_]+|\d+", text)]
    glued = _GLUED.fullmatch(words[0]) if words and len(words[0]) > 2 else None
    if glued:
        words[:1] = [part for part in glued.groups() if part]
    if len(words) >= 4 and words[:2] == ["s", "res"] and re.fullmatch(r"(?:19|20)\d\d", words[3]):
        del words[3]
    stem = next((i for i, word in enumerate(words) if word in ("rev", "corr", "add", "amend")), len(words))
    dotted = stem == 4 and len(words[0]) > 1 and words[1].isalpha() and words[2].isdigit()
    if dotted and re.fullmatch(r"(?:19|20)\d\d", words[3]):
        words[3] = words[3][2:]
    for index, word in enumerate(words[1:], 1):
        if words[index - 1] == "corr" and word.isdigit():
            words[index] = str(_number("corr", word))
    return " ".join(word.lstrip("0") or "0" for word in words)


@lru_cache(maxsize=1 << 18)
def keys(code: str) -> tuple[str, str]:
    """Look-up key of a code and of its base."""
    key, base = code_key(code), base_code(code)
    return key, key if base == code else code_key(base)


def repair(text: str) -> tuple[Code, str] | None:
    """The code behind a spelling that text recognition damaged (`A/70/PVI3`), and that spelling; None where none is.

    Undone are letters read for digits beside digits, a lost or wrong point behind the kind, and spaces inside.
    """
    for match in _DAMAGED.finditer(text):
        printed = match[0].strip(" .,;:")
        tight = re.sub(r"\s*([./])\s*", r"\1", printed)
        mended = "/".join(_mended(segment, first=not index) for index, segment in enumerate(tight.split("/")))
        code = parse(mended)
        if code and mended != printed:
            return replace(code, start=match.start(), end=match.start() + len(printed)), printed
    return None


def _mended(segment: str, *, first: bool) -> str:
    if first:
        return re.sub(r"^[5$]$", "S", segment.replace(",", "."))
    kind = re.fullmatch(rf"(PV|PRST|L|Rev|Corr|Add)([.,]?)\s?([{_DIGIT_LIKE}\d]+)", segment)
    if kind and not kind[3].isalpha():
        return f"{kind[1]}.{kind[3].translate(_DIGITS)}"
    digits = re.fullmatch(rf"[{_DIGIT_LIKE}\d]+", segment)
    return segment.translate(_DIGITS) if digits and re.search(r"\d", segment) else segment


def base_code(code: str) -> str:
    """The code without `/Rev.n`, `/Corr.n`, `/Add.n`; the code itself where it has none."""
    return re.sub(r"(?:\s?/\s?(?:Rev|Corr|Add|Amend)\.?\s?\d{1,2})+\s*$", "", code, flags=re.IGNORECASE)


def amended(code: str) -> str | None:
    """What a corrigendum, addendum or amendment belongs to: `A/1/Rev.1` for `A/1/Rev.1/Corr.1`; None for other codes.

    A revised addendum, `A/1/Add.1/Rev.2`, belongs to what the addendum belongs to.
    """
    match = _AMENDING.search(code)
    return code[: match.start()] if match else None


def revision_rank(code: str) -> int:
    """0 for a base text, n for `/Rev.n`, -1 for a corrigendum or addendum, which is no newer version of the text."""
    suffixes = [(kind.lower(), int(number)) for kind, number in _REVISION.findall(code)]
    if any(kind != "rev" for kind, _ in suffixes):
        return -1
    return suffixes[-1][1] if suffixes else 0


def _family(template: str) -> _Family:
    template = template.strip()
    names = re.findall(r"\{(\w*)\}", template)
    unknown = [name for name in names if name not in _PLACES]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in _PLACES)
        raise InputError(f"code family `{template}`: {{{unknown[0]}}} is not one of {known}")
    if "number" not in names or not re.search(r"[A-Za-z]", re.sub(r"\{\w*\}", "", template)):
        raise InputError(
            f"code family `{template}` needs letters of its own and {{number}}, as in VM-{{number}}/{{year}}"
        )
    pattern = ""
    parts = list(_PART.finditer(template))
    for index, part in enumerate(parts):
        if part["name"]:
            pattern += f"(?P<place_{index}>{_PLACES[part['name']]})"
        elif part["between"]:
            sides = [parts[side] for side in (index - 1, index + 1) if 0 <= side < len(parts)]
            glued = len(sides) == 2 and any(side["letters"] for side in sides)
            pattern += _BETWEEN.format(0 if glued else 1)
        else:
            pattern += re.escape(part[0])
    return _Family(re.compile(rf"(?<![\w/.]){pattern}{_END}{_SUFFIX}{_MARK}", re.IGNORECASE), template)


def _code(stem: str, match: re.Match[str]) -> Code:
    suffix = "".join(
        f"/{kind.capitalize()}.{_number(kind, digits)}"
        for kind, digits in re.findall(r"(Rev|Corr|Add|Amend)\.?\s?(\d{1,2})", match["suffix"], re.IGNORECASE)
    )
    last = _REVISION.findall(suffix)
    mark = match.groupdict().get("mark")
    return Code(
        text=stem + suffix,
        base=stem,
        kind=last[-1][0] if last else None,
        number=int(last[-1][1]) if last else 0,
        distribution=_mark(mark) if mark else None,
        start=match.start(),
        end=match.end(),
    )


def _number(kind: str, digits: str) -> int:
    """`Corr.11` is `Corr.1` with the mark of the first footnote glued to it: nobody corrects a text eleven times.

    Any other second digit could not be the first mark of a document, so `Corr.12` stays as it is.
    """
    return int(digits[0]) if kind.lower() == "corr" and re.fullmatch(r"[1-9]1", digits) else int(digits)


def _mark(printed: str) -> str:
    return "Restr." if printed.lower().startswith("restr") else printed


def _dotted(match: re.Match[str]) -> str | None:
    stem = match["stem"]
    return stem if "/" in stem or "(" in stem else None


def _slashed(match: re.Match[str]) -> str | None:
    stem = match["stem"]
    segments = stem.split("/")
    if not any(any(sign.isdigit() for sign in segment) for segment in segments[1:]):
        return None
    if len(segments) == 2 and not (len(segments[0]) == 1 or "." in segments[1]):
        return None
    year, resumption = match["year"], match["resumption"]
    if year:
        if "RES" not in segments:
            return None
        stem += f" {year.strip()}"
    if resumption:
        number = re.sub(r"\D", "", resumption)
        stem += f" (Resumption {number})" if number else " (Resumption)"
    return stem


def _typed_dotted(match: re.Match[str]) -> str | None:
    kind = match["kind"].lower()
    year = match["year"]
    if kind in _YEARLESS and year:
        return None
    if kind not in _YEARLESS and not year:
        return None
    session = f"({match['session']})" if match["session"] else ""
    stem = f"{match['body'].upper()}{session}.{kind.upper()}/{match['number']}"
    return f"{stem}/{year[-2:]}" if year else stem


def _typed_slashed(match: re.Match[str]) -> str | None:
    organ = match["organ"].upper()
    if match["annual"]:
        return f"{organ}/{match['annual']}/{match['serial']}"
    if match["session"]:
        return f"{organ}/{match['session']}/PV.{match['meeting']}"
    kind, number, second = match["kind"].upper(), match["number"], match["second"]
    if kind == "PV":
        return f"{organ}/PV.{number}" if not second else None
    year = match["year"] or (second if kind == "RES" and organ == "S" else None)
    if year:
        return f"{organ}/{kind}/{number} ({year})" if len(year) == 4 else None
    return f"{organ}/{kind}/{number}" + (f"/{second}" if second else "")


def _fold(word: str) -> str:
    """Latin letters for Cyrillic ones of the same look, where that makes the whole word Latin."""
    if word.isascii():
        return word
    latin = word.translate(_LOOK_ALIKES)
    return latin if latin.isascii() else word
