"""Dates, years and ranges that a question names, in the house's languages."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

EARLIEST, LATEST = "0000-01-01", "9999-12-31"
"""Ends of a range that is open on one side."""

_MONTHS = (
    "january jan janvier janv januar janner gennaio gen enero ene",
    "february feb fevrier fevr februar febbraio febb febrero",
    "march mar mars marz maerz marzo",
    "april apr avril avr aprile abril abr",
    "may mai maggio mag mayo маи мая мае маем",
    "june jun juin juni giugno giu junio",
    "july jul juillet juil juli luglio lug julio",
    "august aug aout agosto ago",
    "september sept sep septembre settembre sett septiembre setiembre",
    "october oct octobre oktober okt ottobre ott octubre",
    "november nov novembre noviembre",
    "december dec decembre dezember dez dicembre dic diciembre",
)
_MONTH_STEMS = (
    "январ січн січен",
    "феврал лютог лютом лютии",
    "март берез",
    "апрел квітн квітен",
    "травн травен",
    "июн червн червен",
    "июл липн липен",
    "август серпн серпен",
    "сентябр вересн вересен",
    "октябр жовтн жовтен",
    "ноябр листопад",
    "декабр грудн груден",
)
_SEASONS = (
    (3, 5, "spring printemps fruhling fruhjahr primavera весна весной весны весне весну навесні весни весні"),
    (6, 8, "summer ete sommer estate verano лето летом лета літо влітку літа"),
    (9, 11, "autumn fall automne herbst autunno otono осень осенью осени осінь восени осені"),
)
_YEARS = "year an annee jahr jahres jahre anno ano год году года годом рік року році"
_SPOKEN_MONTHS = "month mois monat monats mese mes месяц месяце месяца місяць місяці місяця"
_LAST = r"last|past|letzt\w+|vergangen\w+|vorig\w+|прошл\w+|минул\w+|derniere?|scors[oa]|pasad[oa]"
_THIS = r"this|cette|diese[mns]|quest[oa]?|este|этом|этого|цього|цьому"

_YEAR = r"(?:19|20)\d\d"
_ORDINAL = r"(?:st|nd|rd|th|er|re|e|eme|a|o|[.ºª°]|-?(?:го|е|ого|му|я|и|ї|і|та|ша|га|ой|ыи))?"
_OF = r"(?:of\s+|de\s+l\W|del\s+|de\s+|di\s+|des\s+|d\W)?"
_WORD = r"[^\W\d_]{3,12}"
_POINT = re.compile(
    rf"(?<![\w/.$€£])(?:"
    rf"(?P<iso>(?P<iy>{_YEAR})-(?P<im>0[1-9]|1[0-2])(?:-(?P<id>[0-3]\d))?)"
    rf"|(?P<n1>\d{{1,2}})[./](?P<n2>\d{{1,2}})[./](?P<ny>{_YEAR})"
    rf"|(?P<am>{_WORD})\.?\s+(?P<ad>\d{{1,2}}){_ORDINAL},?\s+(?P<ay>{_YEAR})"
    rf"|(?:(?P<day>\d{{1,2}}){_ORDINAL}(?:\s*[-–—]\s*(?P<day2>\d{{1,2}}){_ORDINAL})?\s+{_OF})?"
    rf"(?P<month>{_WORD})\.?,?\s+{_OF}(?P<year>{_YEAR})"
    rf"|(?P<bare>{_YEAR})(?P<decade>-?(?:s|er|ern|х|ых|ті|их)(?!\w))?"
    rf"(?:\s?[-–/]\s?(?P<short>\d\d))?"
    rf")(?![\w%]|[.,/]\d|-\d)"
)
_SESSION = re.compile(
    r"(?:unga|general assembly|assemblee generale|asamblea general|assemblea generale|generalversammlung|agnu|"
    r"генассамбле\w|генасамбле\w|генеральн\w+ ас+амбле\w)[\s-]{0,2}(?P<after>\d{2})(?![\w])"
    rf"|(?<![\w/.])(?P<before>\d{{1,2}}){_ORDINAL}\s+(?:(?:regular|ordinary|un|u\.n\.|oon|united nations)\s+)?"
    r"(?:session|sesion|sessione|tagung|сесси\w|сесі\w|unga|general assembly|assemblee generale|asamblea general|"
    r"assemblea generale|generalversammlung|генассамбле\w|генасамбле\w)(?!\w)"
)
_RELATIVE = re.compile(
    rf"(?<!\w)(?:(?P<last>{_LAST})|(?P<this>{_THIS}))\s+(?P<what>{_WORD})|(?P<what2>{_WORD})\s+(?P<last2>{_LAST})(?!\w)"
)
_BETWEEN = re.compile(
    r"\s*(?:[-–—]|and|to|till|until|through|et|a|au|und|bis|e|ed|il|al|y|hasta|и|по|до|і|й|та)\s*(?:the\s|el\s|il\s)?"
)
_FROM = re.compile(
    r"(?:^|\W)(?:between|from|entre|de|du|zwischen|von|tra|fra|dal|il|desde|с|со|между|з|від|між)\s+(?:the\s|el\s|il\s|le\s)?$"
)
_SINCE = re.compile(r"(?:^|\W)(?:since|depuis|seit|ab|desde|dal|dall\W|с|со|з|від|починаючи з|начиная с)\s*$")
_AFTER = re.compile(r"(?:^|\W)(?:after|apres|nach|dopo(?: il)?|despues de|tras|после|після)\s*$")
_BEFORE = re.compile(
    r"(?:^|\W)(?:before|until|till|by|avant|jusqu\Wen|d\Wici|vor|bis|prima del|fino al|entro il|antes de|hasta|"
    r"до|перед|к)"
    r"(?:\s+(?:the\s+)?(?:end of|end|ende|fin|fine|конца|кінця))?\s*$"
)
_PART = re.compile(
    r"(?:^|\W)(?:(?P<early>early|beginning of|start of|debut|anfang|inizio|principios de|comienzos de|"
    r"начале|начала|початку)"
    r"|(?P<mid>mid|mi|mitte|meta|mediados de|середине|середині)"
    r"|(?P<late>late|end of|end|fin|fin de|ende|fine|finales de|fines de|конце|наприкінці|кінці))"
    r"(?:\s+(?:de|of|del|di))?[\s-]*$"
)


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days named in a text; both ends ISO dates, inclusive."""

    first: str
    last: str
    start: int
    end: int

    def agrees(self, first: str, last: str) -> bool:
        """Whether a document of these days may be meant."""
        return self.first <= last and first <= self.last


def periods(text: str, today: datetime.date | None = None) -> tuple[Period, ...]:
    """Every period that a text names, in reading order. `today` is what `last autumn` counts from."""
    folded = _fold_in_place(text)
    found = list(_sessions(folded))
    found += [p for p in _relative(folded, today or datetime.date.today()) if not _overlaps(p, found)]
    points = [p for p in _points(folded) if not _overlaps(p, found)]
    return tuple(sorted([*found, *_joined(folded, points)], key=lambda period: period.start))


def _fold_in_place(text: str) -> str:
    """Small letters without accents, every sign at its place."""
    return "".join(
        (unicodedata.normalize("NFKD", sign)[:1] or sign) if sign > "\x7f" else sign for sign in text.lower()
    )


def _overlaps(period: Period, others: list[Period]) -> bool:
    return any(period.start < other.end and other.start < period.end for other in others)


def _points(text: str) -> Iterator[Period]:
    for match in _POINT.finditer(text):
        found = match.groupdict()
        day = found["id"] or found["ad"] or found["day"] or found["n1"]
        word = found["am"] or found["month"]
        year = int(found["iy"] or found["ny"] or found["ay"] or found["year"] or found["bare"])
        if found["iso"] and not day:
            span = _year_range(year, int(found["im"] or 0))
        elif found["iso"] or found["ny"]:
            month, day = (found["im"], found["id"]) if found["iso"] else (found["n2"], found["n1"])
            if month and day and int(month) > 12 >= int(day):
                month, day = day, month
            span = _days(year, int(month or 0), int(day or 0))
        elif word and (months := months_of(word)):
            span = _days(year, months[0], int(day or 0), months[1])
            if span and found["day2"] and (last := _days(year, months[0], int(found["day2"]))):
                span = span[0], last[1]
        elif found["short"]:
            span = _year_range(year, int(found["short"]))
        else:
            span = _days(year + 9 if found["decade"] else year)
            span = (f"{year}-01-01", span[1]) if span else None
        if span is None:
            continue
        named = not word or months_of(word)
        yield Period(*span, match.start() if named else match.end() - 4, match.end())


def _days(year: int, month: int = 0, day: int = 0, last_month: int | None = None) -> tuple[str, str] | None:
    """First and last day of a year, of a month, of some months, or one day; None for a day that does not exist."""
    if not month:
        return f"{year}-01-01", f"{year}-12-31"
    if month > 12 or day > 31:
        return None
    if day:
        date = f"{year}-{month:02d}-{day:02d}"
        return (date, date) if _exists(year, month, day) else None
    end = last_month or month
    length = next(day for day in (31, 30, 29, 28) if _exists(year, end, day))
    return f"{year}-{month:02d}-01", f"{year}-{end:02d}-{length}"


def _exists(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def _year_range(year: int, short: int) -> tuple[str, str] | None:
    """`2010-12` runs to 2012; `2014-04` is a month."""
    if short > year % 100:
        return f"{year}-01-01", f"{year // 100 * 100 + short}-12-31"
    return _days(year, short) if 1 <= short <= 12 else _days(year)


@cache
def _month_words() -> dict[str, tuple[int, int]]:
    words = {word: (number, number) for number, line in enumerate(_MONTHS, 1) for word in line.split()}
    words |= {word: (first, last) for first, last, line in _SEASONS for word in line.split()}
    return words


@cache
def _stems() -> tuple[tuple[str, int], ...]:
    return tuple((stem, number) for number, line in enumerate(_MONTH_STEMS, 1) for stem in line.split())


def months_of(word: str) -> tuple[int, int] | None:
    """First and last month of the month or season that a folded word names."""
    if word in _month_words():
        return _month_words()[word]
    return next(((number, number) for stem, number in _stems() if word.startswith(stem)), None)


def _joined(text: str, points: list[Period]) -> Iterator[Period]:
    """Ranges made of two dates; and single dates with what stands before them (`since`, `late`)."""
    place = 0
    while place < len(points):
        point = points[place]
        before = text[: point.start]
        after = points[place + 1] if place + 1 < len(points) else None
        between = text[point.end : after.start] if after else ""
        place += 1
        if after and _BETWEEN.fullmatch(between) and (_FROM.search(before) or between.strip() in ("-", "–", "—")):
            place += 1
            yield Period(point.first, max(after.last, point.last), point.start, after.end)
        elif re.search(r"(?:post|pre|пост)[-–]$", before):
            continue
        elif _SINCE.search(before) or _AFTER.search(before):
            yield Period(point.first, LATEST, point.start, point.end)
        elif _BEFORE.search(before):
            yield Period(EARLIEST, point.last, point.start, point.end)
        else:
            yield _part(point, _PART.search(before))


def _part(point: Period, match: re.Match[str] | None) -> Period:
    """`late 2019` is its last third; the end of a month its last ten days."""
    year, month = point.first[:4], point.first[5:7]
    if match is None or point.first == point.last or point.first[:4] != point.last[:4]:
        return point
    third = ("early", "mid", "late").index(str(match.lastgroup))
    if point.first[5:] == "01-01" and point.last[5:] == "12-31":
        span = _days(int(year), 1 + 4 * third, 0, 4 + 4 * third)
        first, last = span or (point.first, point.last)
    elif month == point.last[5:7]:
        first = f"{year}-{month}-{(1, 11, 21)[third]:02d}"
        last = point.last if third == 2 else f"{year}-{month}-{(10, 20)[third]}"
    else:
        return point
    return Period(first, last, match.start(match.lastgroup or 0), point.end)


def _sessions(text: str) -> Iterator[Period]:
    """Session n of the General Assembly opened in 1945 + n."""
    for match in _SESSION.finditer(text):
        number = int(match["after"] or match["before"])
        if number:
            yield Period(f"{1945 + number}-01-01", f"{1945 + number}-12-31", match.start(), match.end())


def _relative(text: str, today: datetime.date) -> Iterator[Period]:
    """`last year`, `this year`, `last month`, `last autumn`, `last October`."""
    for match in _RELATIVE.finditer(text):
        word, year = match["what"] or match["what2"], today.year
        if word in _YEARS.split():
            year -= 0 if match["this"] else 1
            span = _days(year)
        elif word in _SPOKEN_MONTHS.split():
            month = today.replace(day=1) - datetime.timedelta(days=0 if match["this"] else 1)
            span = _days(month.year, month.month)
        elif (months := months_of(word)) and not re.match(r"\.?,?\s+\d", text[match.end() :]):
            if not match["this"] and (year, months[1]) >= (today.year, today.month):
                year -= 1
            span = _days(year, months[0], 0, months[1])
        else:
            continue
        if span:
            yield Period(*span, match.start(), match.end())
