"""Dates and date ranges in texts of the house's languages, by the month names of CLDR."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import cache

from ingest.languages import HOUSE

_YEAR = re.compile(r"\d{4}")
_HOUR = re.compile(
    r"\b\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?\s?m\b\.?|uhr\b|heures?\b|horas?\b|h\b(?:\s?\d\d\b)?|"
    r"ч(?:ас\w*)?\b\.?(?:\s?\d\d\s?м\w*\.?)?|год\w*)|\b\d{1,2}[:.]\d\d\b|\bnoon\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """A date or a range as it stands in a text; ISO 8601, shortened to `YYYY-MM` or `YYYY` where no more is printed."""

    first: str
    last: str
    start: int
    end: int


def find_dates(text: str) -> list[DateSpan]:
    """Every date of a text in reading order; a bare year is none."""
    if not _YEAR.search(text):
        return []
    spans: list[DateSpan] = []
    for pattern in _patterns():
        for match in pattern.finditer(text):
            dates = _read(match.groupdict())
            if dates and not any(span.start < match.end() and match.start() < span.end for span in spans):
                spans.append(DateSpan(*dates, match.start(), match.end()))
    return sorted(spans, key=lambda span: span.start)


def only_date(text: str) -> DateSpan | None:
    """The date that a line consists of (a weekday, an hour or the word for year may stand by it), or None."""
    spans = find_dates(text)
    if len(spans) != 1:
        return None
    rest = text[: spans[0].start] + " " + text[spans[0].end :]
    rest = _small_words().sub("", _HOUR.sub("", rest)).strip(" .,;()[]–—-*")
    return None if rest else spans[0]


def iso_date(text: str) -> str | None:
    """A metadata value as an ISO date, month or year: `2008-07-01`, `2008-07`, `2008`, `1 July 2008`, `01.07.2008`."""
    text = text.strip()
    if re.fullmatch(r"(?:1[6-9]|20)\d\d", text):
        return text
    if re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", text):
        return text
    span = only_date(re.sub(r"[T ]\d\d:\d\d.*$", "", text))
    return span.first if span else None


def is_month(word: str) -> bool:
    """Whether a word is the name of a month in one of the languages."""
    return word.casefold().rstrip(".,") in _months()


def _read(found: dict[str, str | None]) -> tuple[str, str] | None:
    year = int(found["year"] or 0)
    month = _month(found.get("month"))
    if not month or not 1600 <= year <= 2100:
        return None
    if not found.get("day"):
        return f"{year:04d}-{month:02d}", f"{year:04d}-{month:02d}"
    last = _iso(year, month, int(found["day"] or 0))
    first = last
    if found.get("from"):
        first_month = _month(found.get("frommonth")) or month
        first_year = int(found.get("fromyear") or (year - 1 if first_month > month else year))
        first = _iso(first_year, first_month, int(found["from"] or 0))
    return (first, last) if first and last else None


def _month(word: str | None) -> int | None:
    if word is None:
        return None
    if word.isdigit():
        return int(word) if 1 <= int(word) <= 12 else None
    return _months().get(word.casefold().rstrip("."))


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None


@cache
def _small_words() -> re.Pattern[str]:
    """What may stand by a date: articles, the word for year, a weekday."""
    from babel.dates import get_day_names

    words = {name for locale in HOUSE for name in get_day_names("wide", "format", locale).values()}
    beside = "of on le il den el the de del al alle at um à a las от від г года году р року в о"
    words |= set(re.findall(r"\w+", beside))
    names = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"\b(?:{names})\b\.?", re.IGNORECASE)


@cache
def _months() -> dict[str, int]:
    from babel.dates import get_month_names

    names: dict[str, int] = {}
    for locale in HOUSE:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    names[name.casefold().rstrip(".")] = number
    names.update({"sept": 9, "settembre": 9, "марте": 3, "мае": 5, "jänner": 1, "setiembre": 9})
    return names


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Most telling first: ranges before single days, days before months."""
    month = "|".join(sorted((re.escape(name) for name in _months() if len(name) > 2), key=len, reverse=True))
    number = r"(?<![\d/.-])0?(?P<{}>\d{{1,2}})(?:\s?(?:er|st|nd|rd|th|[.ºª°]|-?го))?"
    of = r"\s?(?:of|de|del|di)?\s?"
    to = r"\s?(?:-|–|—|and|to|et|au|und|bis|e|al|y|и|по|до|та|і|through)\s?"
    tail = r"\.?,?\s?(?:of|de|del)?\s?(?P<year>(?:1[6-9]|20)\d\d)(?!\d)"
    days = number.format("day")
    return tuple(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            # 30 June 2008 – 2 July 2008; 30 June to 2 July 2008
            number.format("from")
            + rf"{of}(?P<frommonth>{month})\.?,?(?:{of}(?P<fromyear>\d{{4}}))?{to}(?:le\s|del\s|el\s)?"
            + days.replace(r"(?<![\d/.-])", "")
            + rf"{of}(?P<month>{month}){tail}",
            # 1 and 2 July 2008; 1-3 July 2008
            number.format("from") + to + days.replace(r"(?<![\d/.-])", "") + rf"{of}(?P<month>{month}){tail}",
            # July 1-2, 2008
            rf"\b(?P<month>{month})\.?\s(?P<from>\d{{1,2}}){to}(?P<day>\d{{1,2}}),?\s(?P<year>(?:1[6-9]|20)\d\d)(?!\d)",
            # 1 July 2008; 11. Oktober 2001; 1 de julio de 2008
            days + rf"{of}(?P<month>{month}){tail}",
            # July 1, 2008
            rf"\b(?P<month>{month})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<year>(?:1[6-9]|20)\d\d)(?!\d)",
            r"(?<![\d/.-])(?P<year>(?:1[6-9]|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\d/-])",
            r"(?<![\d/.-])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>(?:1[6-9]|20)\d\d)(?![\d/-])",
            rf"\b(?P<month>{month}){tail}",
        )
    )
