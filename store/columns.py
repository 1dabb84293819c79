"""What statements are filtered by, as columns of numbers: a filter over a hundred thousand statements costs no reading.

`terms_of` and `days_of` say what a header can be filtered by. They fill the columns here and the fields of the lexical
index alike, so that both sides mean the same by a filter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from store.codes import code_key, keys
from store.types import Filters, Header

OPEN_START, OPEN_END = "0000-01-01", "9999-12-31"
NEVER = (99_999_999, 0)
"""First and last day of a date that is not known: it lies in no period."""
TERMS = ("code", "base", "language", "delegation", "speaker", "distribution", "forum")
SPANS = ("issued", "event")
DAYS = tuple(f"{span}_{end}" for span in SPANS for end in ("first", "last"))
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
_PLACE = {name: place for place, name in enumerate((*TERMS, *DAYS))}

_UN = ((re.compile(r"S/"), "UN UNSC Security Council"), (re.compile(r"A/|UNGD/"), "UN UNGA General Assembly"))
_BODY = re.compile(r"([A-Z]{2,6})(?:\(\d+\))?\.")
_OSCE = {
    "PC": "Permanent Council",
    "FSC": "Forum for Security Co-operation",
    "MC": "Ministerial Council",
    "CIO": "Chairperson-in-Office",
    "SEC": "Secretariat",
    "PA": "Parliamentary Assembly",
    "EEF": "Economic and Environmental Forum",
    "EF": "Economic Forum",
    "HDIM": "Human Dimension Implementation Meeting",
    "SHDM": "Supplementary Human Dimension Meeting",
    "ASRC": "Annual Security Review Conference",
    "RC": "Review Conference",
    "ODIHR": "",
    "CPC": "",
    "RFM": "",
}
"""Bodies of the OSCE that codes begin with, and their names."""


_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


def fold(text: str) -> str:
    """Small letters without accents: how names are compared."""
    small = text.casefold()
    return small if small.isascii() else _BEYOND_ASCII.sub(_bare, small)


def _bare(match: re.Match[str]) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", match[0]) if not unicodedata.combining(c))


def first_day(date: str | None) -> str:
    """The earliest day that a date, month or year may mean."""
    return date + OPEN_START[len(date) :] if date else OPEN_START


def last_day(date: str | None) -> str:
    return date + OPEN_END[len(date) :] if date else OPEN_END


def terms_of(header: Header) -> dict[str, str]:
    """What a header says in each field of `TERMS`, in the form that is compared."""
    key, base = keys(header.code)
    return {
        "code": key,
        "base": base,
        "language": header.language,
        "delegation": _folded(header.delegation or ""),
        "speaker": _folded(header.speaker or ""),
        "distribution": _folded(header.distribution or ""),
        "forum": _forum(header.code, header.meeting or ""),
    }


def days_of(header: Header) -> dict[str, int]:
    """First and last day of the issue date and of the event, as numbers: 20080701."""
    issued = _span(header.issued, header.issued)
    event = _span(header.event_from, header.event_to or header.event_from)
    return dict(zip(DAYS, (*issued, *event), strict=True))


def _span(first: str | None, last: str | None) -> tuple[int, int]:
    known = first and last and _DATE.fullmatch(first) and _DATE.fullmatch(last)
    return (_day(first_day(first)), _day(last_day(last))) if known else NEVER


def _day(date: str) -> int:
    return int(date.replace("-", ""))


_folded = lru_cache(maxsize=1 << 16)(fold)


@lru_cache(maxsize=1 << 16)
def _forum(code: str, meeting: str) -> str:
    """Where a statement was made: what its code says, by name and abbreviation, and its meeting; words with spaces."""
    names = [name for pattern, name in _UN if pattern.match(code)]
    body = _BODY.match(code)
    if body and body[1] in _OSCE:
        names.append(f"OSCE {body[1]} {_OSCE[body[1]]}")
    return _spaced(" ".join((*names, meeting)))


def _spaced(text: str) -> str:
    """Folded words, each between spaces: `un` is not found in ` council `."""
    return f" {' '.join(_WORD.findall(fold(text)))} "


class Values:
    """The distinct texts of one field and their numbers; grows only, so that snapshots share it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Of this text; a new text gets the next one."""
        known = self._numbers.setdefault(text, len(self.texts))
        if known == len(self.texts):
            self.texts.append(text)
        return known

    def numbers(self, texts: Iterable[str]) -> list[int]:
        """Of those that are known."""
        return [self._numbers[text] for text in texts if text in self._numbers]

    def holding(self, words: Sequence[str]) -> list[int]:
        """Of the texts in which every word stands."""
        if not words:
            return list(range(len(self.texts)))
        longest = max(words, key=len)
        found = [number for number, text in enumerate(self.texts) if longest in text]
        return [number for number in found if all(word in self.texts[number] for word in words)]


@dataclass(frozen=True, slots=True)
class Selection:
    """The statements that satisfy filters, and the same said in values that they have."""

    rows: NDArray[np.bool_]
    """One for each statement row."""
    terms: Mapping[str, Sequence[str]]
    """Field -> the texts that satisfy the filter, all of them."""
    spans: Mapping[str, tuple[int, int]]
    """`issued` or `event` -> first and last day that it must meet."""


@dataclass(frozen=True, slots=True)
class Columns:
    """One row of numbers for each field, one column for each statement."""

    values: Mapping[str, Values]
    numbers: NDArray[np.int32]
    """Shape (fields, statements): places in `values`, then days."""

    @classmethod
    def empty(cls) -> Columns:
        return cls({name: Values() for name in TERMS}, np.zeros((len(_PLACE), 0), np.int32))

    def changed(self, kept: NDArray[np.bool_], added: Sequence[Header]) -> Columns:
        """Without the statements that are not kept, and with new ones behind them."""
        new = np.array([list(self._row(header)) for header in added], np.int32).reshape(-1, len(_PLACE)).T
        return Columns(self.values, np.concatenate([self.numbers[:, kept], new], axis=1))

    def _row(self, header: Header) -> Iterator[int]:
        for name, text in terms_of(header).items():
            yield self.values[name].number(text)
        yield from days_of(header).values()

    def __getitem__(self, field: str) -> NDArray[np.int32]:
        row: NDArray[np.int32] = self.numbers[_PLACE[field]]
        return row

    def with_key(self, field: str, key: str) -> NDArray[np.bool_]:
        """Statement rows with just this text in the field."""
        numbers = self.values[field].numbers([key])
        return self[field] == numbers[0] if numbers else np.zeros(self.numbers.shape[1], np.bool_)

    def select(self, filters: Filters) -> Selection:
        """Every field that is set must be satisfied; its values are alternatives."""
        rows = np.ones(self.numbers.shape[1], np.bool_)
        terms: dict[str, Sequence[str]] = {}
        for field, numbers in self._wanted(filters):
            values = self.values[field]
            table = np.zeros(len(values.texts), np.bool_)
            table[numbers] = True
            rows &= table[self[field]]
            terms[field] = [values.texts[number] for number in numbers]
        spans = {}
        asked = (filters.issued_from, filters.issued_to), (filters.event_from, filters.event_to)
        for span, (start, end) in zip(SPANS, asked, strict=True):
            if start or end:
                first, last = _day(first_day(start)), _day(last_day(end))
                rows &= (self[f"{span}_first"] <= last) & (self[f"{span}_last"] >= first)
                spans[span] = first, last
        return Selection(rows, terms, spans)

    def _wanted(self, filters: Filters) -> Iterator[tuple[str, list[int]]]:
        """For each field that is set, the numbers of the texts that satisfy it."""
        if filters.code:
            yield "code", sorted({number for code in filters.code for number in self._codes(code_key(code))})
        if filters.language:
            yield "language", self.values["language"].numbers(dict.fromkeys(filters.language))
        if filters.distribution:
            yield "distribution", self.values["distribution"].numbers(dict.fromkeys(map(fold, filters.distribution)))
        for field, words in (
            ("delegation", [fold(value).split() for value in filters.delegation]),
            ("speaker", [fold(value).split() for value in filters.speaker]),
            ("forum", [[f" {word} " for word in _spaced(value).split()] for value in filters.forum]),
        ):
            if words:
                yield field, sorted({number for one in words for number in self.values[field].holding(one)})

    def _codes(self, key: str) -> list[int]:
        """The code itself; its revisions only where no statement has just that code."""
        exact = self.with_key("code", key)
        rows = exact if exact.any() else self.with_key("base", key)
        return [int(number) for number in np.unique(self["code"][rows])]
