"""Dates, years and ranges in questions."""

from __future__ import annotations

import datetime

import pytest

from assistant.periods import EARLIEST, LATEST, periods

TODAY = datetime.date(2025, 3, 10)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("in 2008", "2008-01-01", "2008-12-31"),
        ("in March 2003", "2003-03-01", "2003-03-31"),
        ("on 13 April 2014", "2014-04-13", "2014-04-13"),
        ("April 13th, 2014", "2014-04-13", "2014-04-13"),
        ("2014-04-13", "2014-04-13", "2014-04-13"),
        ("2014-04", "2014-04-01", "2014-04-30"),
        ("13.04.2014", "2014-04-13", "2014-04-13"),
        ("1-2 July 2008", "2008-07-01", "2008-07-02"),
        ("im September 2014", "2014-09-01", "2014-09-30"),
        ("am 8. Mai 2022", "2022-05-08", "2022-05-08"),
        ("le 1er mars 2014", "2014-03-01", "2014-03-01"),
        ("a settembre 2014", "2014-09-01", "2014-09-30"),
        ("el 13 de abril de 2014", "2014-04-13", "2014-04-13"),
        ("13 апреля 2014 г.", "2014-04-13", "2014-04-13"),
        ("в марте 2014 года", "2014-03-01", "2014-03-31"),
        ("у квітні 2022 року", "2022-04-01", "2022-04-30"),
        ("навесні 2022 року", "2022-03-01", "2022-05-31"),
        ("in autumn 2022", "2022-09-01", "2022-11-30"),
        ("between 2010 and 2012", "2010-01-01", "2012-12-31"),
        ("zwischen 2010 und 2012", "2010-01-01", "2012-12-31"),
        ("с 2010 по 2012 год", "2010-01-01", "2012-12-31"),
        ("2010–2012", "2010-01-01", "2012-12-31"),
        ("2010-12", "2010-01-01", "2012-12-31"),
        ("since 2015", "2015-01-01", LATEST),
        ("seit März 2015", "2015-03-01", LATEST),
        ("before 2015", EARLIEST, "2015-12-31"),
        ("late 2019", "2019-09-01", "2019-12-31"),
        ("Ende 2019", "2019-09-01", "2019-12-31"),
        ("at the end of April 2014", "2014-04-21", "2014-04-30"),
        ("in the 1990s", "1990-01-01", "1999-12-31"),
        ("at UNGA 63", "2008-01-01", "2008-12-31"),
        ("at the 78th session", "2023-01-01", "2023-12-31"),
        ("на Генассамблее-77", "2022-01-01", "2022-12-31"),
        ("last autumn", "2024-09-01", "2024-11-30"),
        ("im letzten Jahr", "2024-01-01", "2024-12-31"),
        ("в прошлом году", "2024-01-01", "2024-12-31"),
        ("this year", "2025-01-01", "2025-12-31"),
        ("last month", "2025-02-01", "2025-02-28"),
    ],
)
def test_a_period_is_read(text: str, first: str, last: str) -> None:
    (period,) = periods(text, TODAY)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    "text", ["who may march in May?", "the post-2003 order", "$2000 or 2000%", "31 February 2014", "room 12", "5 to 7"]
)
def test_what_is_no_period(text: str) -> None:
    assert periods(text, TODAY) == ()


def test_several_periods_stand_in_order_with_their_places() -> None:
    text = "Was it 1 March 2022 or 8 May 2022?"
    found = periods(text, TODAY)
    assert [text[period.start : period.end] for period in found] == ["1 March 2022", "8 May 2022"]


def test_a_year_agrees_with_each_of_its_days() -> None:
    (period,) = periods("in 2003", TODAY)
    assert period.agrees("2003-03-26", "2003-03-26")
    assert not period.agrees("2004-01-01", "2004-12-31")
