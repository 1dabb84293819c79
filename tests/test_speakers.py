"""Names of persons across titles, alphabets and spellings."""

from __future__ import annotations

from itertools import pairwise

import pytest

from assistant.speakers import keys_of, names_in


@pytest.mark.parametrize(
    ("line", "surnames"),
    [
        ("Mr. Churkin", [("Churkin",)]),
        ("Mr. Valeriy Semerikov, Deputy Secretary General of the CSTO", [("Valeriy", "Semerikov")]),
        ("Bamir Topi, President", [("Topi",)]),
        ("Cardinal Pietro Parolin, Secretary of State", [("Parolin",)]),
        ("Sir Jeremy Greenstock", [("Greenstock",)]),
        ("Ms. King", [("King",)]),
        ("Mr. KING of New York", [("KING",)]),
        ("Mr. Aboul Gheit", [("Aboul", "Gheit")]),
        ("Mr. Liu J ieyi", [("Liu", "Jieyi")]),
        ("Володимир Зеленський", [("Зеленський",)]),
        ("Михайло Подоляк; Денис Шмигаль", [("Подоляк",), ("Шмигаль",)]),
        ("Joseph R. Biden, Jr, President", [("Biden",)]),
        ("The President", []),
        ("The Secretary-General", []),
        ("", []),
    ],
)
def test_surnames_of_a_speaker_line(line: str, surnames: list[tuple[str, ...]]) -> None:
    assert [name.surnames for name in names_in(line)] == surnames


@pytest.mark.parametrize(
    "spellings",
    [
        "Чуркин Чуркина Чуркиным Churkin Tchourkine Tschurkin",
        "Зеленський Зеленського Зеленского Zelenskyy Zelensky Zelenski Selenskyj",
        "Шмигаль Шмигаля Shmyhal Schmyhal Chmyhal",
        "Лавров Лаврова Lavrov Lawrow",
        "Путин Путина Putin Poutine",
        "Макрон Macron",
        "Жапаров Жапарова Japarov Zhaparov",
        "Саркози Sarkozy",
        "Небензя Nebenzia Nebenzya",
        "Вучич Vučić Vucic",
        "Čaputová Caputova",
        "Єрмак Yermak Jermak",
        "Сергеев Sergeyev",
        "Ja'afari Jaafari",
    ],
)
def test_spellings_of_one_name_meet(spellings: str) -> None:
    names = spellings.split()
    assert [(a, b) for a, b in pairwise(names) if not set(keys_of(a)) & set(keys_of(b))] == []


@pytest.mark.parametrize(
    ("one", "other"), [("Churkin", "Chukri"), ("Lavrov", "Lazarov"), ("Kim", "Kin"), ("Lee", "Li")]
)
def test_different_names_do_not_meet(one: str, other: str) -> None:
    assert not set(keys_of(one)) & set(keys_of(other))
