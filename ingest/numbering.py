"""Automatic paragraph numbers, counted as a word processor counts them: they are what a reader cites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LONGEST = 40
"""Letters of a label; more is no number."""
_ROMAN = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L")),
    *((40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщэюя"
"""The letters that a Russian list counts with: without ё, й, ъ, ы, ь."""


def numeral(number: int, form: str) -> str:
    """A number in a form of OOXML: `decimal`, `lowerLetter`, `upperRoman`, `russianLower` …"""
    if form in ("none", "bullet"):
        return ""
    if form in ("lowerLetter", "upperLetter", "russianLower", "russianUpper") and 0 < number <= 780:
        letters = _RUSSIAN if form.startswith("russian") else "abcdefghijklmnopqrstuvwxyz"
        letter = letters[(number - 1) % len(letters)] * ((number - 1) // len(letters) + 1)
        return letter.upper() if form in ("upperLetter", "russianUpper") else letter
    if form in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        roman = ""
        for value, sign in _ROMAN:
            roman += sign * (number // value)
            number %= value
        return roman.lower() if form == "lowerRoman" else roman
    if form == "ordinal" and number > 0:
        ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")
        return f"{number}{ending}"
    return f"{number:02d}" if form == "decimalZero" else str(number)


@dataclass(frozen=True, slots=True)
class _Level:
    """How a level of a list is numbered."""

    form: str = "decimal"
    pattern: str = ""
    """`%1.%2.`: `%n` stands for the number of level n."""
    start: int = 1
    restart: int | None = None
    """Restarts after a level up to this one (1 is the highest) was used; 0 never; None after any higher level."""
    legal: bool = False
    """Numbers of all levels are shown as decimals."""
    style: str | None = None
    """The paragraph style that this level is tied to."""


class Numbers:
    """The lists of a DOCX, and how far each has counted."""

    def __init__(self, root: _Element | None, linked: Mapping[str, str]) -> None:
        """`root` is the numbering part; `linked` gives the list (numId) of each numbering style."""
        self._abstract: dict[str, str] = {}
        """numId -> abstractNumId: lists that share one count together."""
        self._levels: dict[str, dict[int, _Level]] = {}
        self._starts: dict[str, dict[int, int]] = {}
        """numId -> level -> number at which its first paragraph restarts."""
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        if root is not None:
            self._read(root, linked)

    def label(self, list_id: str | None, depth: int | None, style: str | None) -> str | None:
        """Count one paragraph and return its number as printed; None for a bullet and for no list."""
        levels = self._levels.get(list_id or "")
        if not levels:
            return None
        if depth is None:
            depth = next((one for one, level in levels.items() if style and level.style == style), 0)
        level = levels.get(depth)
        if level is None:
            return None
        counts = self._counts[self._abstract[list_id or ""]]
        start = self._starts.get(list_id or "", {}).pop(depth, None)
        counts[depth] = start if start is not None else counts.get(depth, level.start - 1) + 1
        for deeper in [one for one in counts if one > depth]:
            restart = levels.get(deeper, _Level()).restart
            if restart is None or depth < restart:
                del counts[deeper]
        if level.form == "bullet":
            return None
        text = level.pattern
        for above in range(depth, -1, -1):
            one = levels.get(above, _Level())
            form = "decimal" if level.legal and one.form not in ("none", "bullet") else one.form
            text = text.replace(f"%{above + 1}", numeral(counts.get(above, one.start), form))
        text = text.strip()
        return text if any(sign.isalnum() for sign in text) and len(text) <= _LONGEST else None

    def _read(self, root: _Element, linked: Mapping[str, str]) -> None:
        abstracts = {one.get(f"{W}abstractNumId", ""): one for one in root.iterchildren(f"{W}abstractNum")}
        numbers = {one.get(f"{W}numId", ""): one for one in root.iterchildren(f"{W}num")}
        for list_id, number in numbers.items():
            abstract_id = value(number, "abstractNumId") or ""
            link = value(abstracts[abstract_id], "numStyleLink") if abstract_id in abstracts else None
            if link and (other := numbers.get(linked.get(link, ""))) is not None:
                abstract_id = value(other, "abstractNumId") or ""
            abstract = abstracts.get(abstract_id)
            levels = _levels(abstract) if abstract is not None else {}
            starts: dict[int, int] = {}
            for override in number.iterchildren(f"{W}lvlOverride"):
                depth = integer(override.get(f"{W}ilvl"), 0)
                levels.update(_levels(override))
                if (start := value(override, "startOverride")) is not None:
                    starts[depth] = integer(start, 1)
                    if depth in levels:
                        levels[depth] = replace(levels[depth], start=starts[depth])
            self._abstract[list_id], self._levels[list_id], self._starts[list_id] = abstract_id, levels, starts


def value(element: _Element, name: str) -> str | None:
    """The `w:val` of a child."""
    child = element.find(f"{W}{name}")
    return child.get(f"{W}val") if child is not None else None


def integer(text: str | None, default: int) -> int:
    """A whole number as an attribute gives it, whatever stands there."""
    try:
        number = int(text or "")
    except ValueError:
        return default
    return number if abs(number) < 1_000_000 else default


def _levels(parent: _Element) -> dict[int, _Level]:
    levels: dict[int, _Level] = {}
    for level in parent.iterchildren(f"{W}lvl"):
        restart = value(level, "lvlRestart")
        legal = level.find(f"{W}isLgl")
        levels[integer(level.get(f"{W}ilvl"), 0)] = _Level(
            form=value(level, "numFmt") or "decimal",
            pattern=value(level, "lvlText") or "",
            start=integer(value(level, "start"), 1),
            restart=integer(restart, 0) if restart is not None else None,
            legal=legal is not None and legal.get(f"{W}val") not in ("0", "false", "off"),
            style=value(level, "pStyle"),
        )
    return levels
