"""Document codes: find, parse, normalise, compare.

There is no list of code families. A code is told by its form: `PC.DEL/550/08` (body, kind, numbers) or `S/PV.7138`
(organ, segments). Only spellings that a person types (`pc del 550 08`, `s/pv 7138`) are recognised by a short list of
bodies and kinds, because in small letters and without punctuation any two words and a number would do.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_SUFFIX = r"(?P<suffix>(?:\s?/\s?(?:Rev|Corr|Add|Amend)\.?\s?\d{1,2})*)"
_MARK = r"(?:[ \t]+(?P<mark>OSCE\+|Restr(?:icted|\.)?|RESTR(?:ICTED|\.)?))?"
_DOTTED = re.compile(
    r"(?<![\w/.(])(?P<stem>[A-Z]{2,6}(?:\(\d{1,3}\))?(?:\.[A-Z]{2,6}(?:\(\d{1,3}\))?)+(?:/\d{1,5}){0,3})"
    rf"(?!\w)(?i:{_SUFFIX}){_MARK}"
)
_SEGMENT = r"(?:[A-Z]{1,6}\.\d{1,4}|[A-Z]{1,4}-\d{1,3}|[A-Z]{1,6}|\d{1,5}(?:-\d{1,3})?)"
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
_REVISION = re.compile(r"/(Rev|Corr|Add|Amend)\.(\d{1,2})", re.IGNORECASE)
_YEARLESS = {"jour", "dec"}
_CYRILLIC_BODY = re.compile(r"(?<!\w)[АВЕКМНОРСТУХЅІ]{1,4}(?=[./])")
_LOOK_ALIKE_CAPITALS = str.maketrans("АВЕКМНОРСТУХЅІ", "ABEKMHOPCTYXSI")
_LOOK_ALIKES = str.maketrans("авекмнорстухѕі", "abekmhopctyxsi")


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


def find(text: str) -> list[Code]:
    """Every code in a text in reading order, printed or typed; the same code may come twice."""
    text = _CYRILLIC_BODY.sub(lambda match: match[0].translate(_LOOK_ALIKE_CAPITALS), text)
    found: list[Code] = []
    for pattern, build in (
        (_DOTTED, _dotted),
        (_SLASHED, _slashed),
        (_TYPED_DOTTED, _typed_dotted),
        (_TYPED_SLASHED, _typed_slashed),
    ):
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
    text = unicodedata.normalize("NFKC", code).casefold()
    text = re.sub(r"osce\+|\brestr(?:icted|\.)?|\((?:19|20)\d\d\)", " ", text)
    words = [_fold(word) for word in re.findall(r"[^\W\d_]+|\d+", text)]
    if len(words) >= 4 and words[:2] == ["s", "res"] and re.fullmatch(r"(?:19|20)\d\d", words[3]):
        del words[3]
    stem = next((i for i, word in enumerate(words) if word in ("rev", "corr", "add", "amend")), len(words))
    dotted = stem == 4 and len(words[0]) > 1 and words[1].isalpha() and words[2].isdigit()
    if dotted and re.fullmatch(r"(?:19|20)\d\d", words[3]):
        words[3] = words[3][2:]
    return " ".join(word.lstrip("0") or "0" for word in words)


def base_code(code: str) -> str:
    """The code without `/Rev.n`, `/Corr.n`, `/Add.n`; the code itself where it has none."""
    return re.sub(r"(?:\s?/\s?(?:Rev|Corr|Add|Amend)\.?\s?\d{1,2})+\s*$", "", code, flags=re.IGNORECASE)


def revision_rank(code: str) -> int:
    """0 for a base text, n for `/Rev.n`, -1 for a corrigendum or addendum, which is no newer version of the text."""
    suffixes = [(kind.lower(), int(number)) for kind, number in _REVISION.findall(code)]
    if any(kind != "rev" for kind, _ in suffixes):
        return -1
    return suffixes[-1][1] if suffixes else 0


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
    """`Corr.11` is `Corr.1` with the footnote mark 1 glued to it: nobody corrects a text eleven times."""
    return int(digits[0]) if kind.lower() == "corr" and len(digits) == 2 else int(digits)


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
    latin = word.translate(_LOOK_ALIKES)
    return latin if latin.isascii() else word
