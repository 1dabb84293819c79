"""A plot of counts by year and delegation: where its bars stand, ready to be drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

SERIES = 5
"""Delegations with a colour of their own; the others share one."""
MOST_BARS = 40
STEPS = (1, 5, 10, 50, 100, 1000)
YEAR, YEARS, GAP, TOP, HEIGHT = 32, 52, 8, 16, 110
"""Units of the drawing: width of a column of one year and of several, room between bars, and above them for their
number, height of the tallest bar."""

Counts = Mapping[tuple[int | None, str | None], int]
"""How often for each year and delegation, where they are known."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What one delegation has in one bar."""

    delegation: str | None
    """None for all the others together."""
    series: int
    count: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A year, or several where the time is long."""

    first: int
    last: int
    count: int
    x: int
    y: float
    segments: tuple[Segment, ...]

    @property
    def label(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last % 100:02}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole plot."""

    bars: tuple[Bar, ...]
    series: tuple[tuple[str, int], ...]
    """The delegations that have a colour, and how often each stands; most first."""
    others: int
    undated: int

    @property
    def column(self) -> int:
        return _column(self.bars[0].first, self.bars[0].last)

    @property
    def width(self) -> int:
        return self.column * len(self.bars)


def timeline(counts: Counts) -> Timeline | None:
    """The plot of these counts; None where no year is known."""
    years = [year for year, _ in counts if year is not None]
    if not years:
        return None
    by_name: Counter[str] = Counter()
    for (year, name), count in counts.items():
        if name and year is not None:
            by_name[name] += count
    series = tuple(sorted(by_name.items(), key=lambda item: (-item[1], item[0]))[:SERIES])
    dated = sum(count for (year, _), count in counts.items() if year is not None)
    spans = _spans(min(years), max(years))
    split = [_split(counts, span, [name for name, _ in series]) for span in spans]
    tallest = max(sum(parts) for parts in split)
    bars = tuple(
        _bar(span, parts, [name for name, _ in series], place * _column(*span), tallest)
        for place, (span, parts) in enumerate(zip(spans, split, strict=True))
    )
    return Timeline(bars, series, dated - sum(n for _, n in series), sum(counts.values()) - dated)


def _column(first: int, last: int) -> int:
    return YEAR if first == last else YEARS


def _spans(first: int, last: int) -> list[tuple[int, int]]:
    """Years one by one, or several together where there are too many."""
    step = next(step for step in STEPS if (last - first) // step < MOST_BARS or step == STEPS[-1])
    start = first - first % step
    return [(year, year + step - 1) for year in range(start, last + 1, step)]


def _split(counts: Counts, span: tuple[int, int], names: list[str]) -> list[int]:
    """What each series has in these years, the others last."""
    parts = [0] * (len(names) + 1)
    for (year, name), count in counts.items():
        if year is not None and span[0] <= year <= span[1]:
            parts[names.index(name) if name in names else -1] += count
    return parts


def _bar(span: tuple[int, int], parts: list[int], names: list[str], x: int, tallest: int) -> Bar:
    segments = []
    y = float(TOP + HEIGHT)
    for series, count in enumerate(parts):
        if count:
            height = round(HEIGHT * count / tallest, 2)
            y = round(y - height, 2)
            segments.append(Segment(names[series] if series < len(names) else None, series, count, y, height))
    return Bar(*span, sum(parts), x, y, tuple(segments))
