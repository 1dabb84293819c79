"""Journals and verbatim records: several statements of one file, each with its own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.metadata import Row
from ingest.parse import ParsedFile, parse
from ingest.turns import turn
from store.types import Statement

JOURNAL = """XX.JOUR/12
3 May 2019

ENGLISH

12th PLENARY MEETING OF THE COUNCIL

1. Date: Friday, 3 May 2019. The Chairperson opened the meeting at ten.

2. Statements were made by Germany-European Union, Peru (Annex 1) and Chad (Annex 2).

XXOEJ12 - 2 - XX.JOUR/12
3 May 2019

3. The next meeting will be announced at a later time by the Chairperson.

XX.DEC/7
3 May 2019

ENGLISH

DECISION No. 7 ON THE BUDGET OF THE HOUSE

1. The Council decides to approve the budget as it stands in XX.DOC/3/19.

XX.DEC/7
3 May 2019
Attachment 1

ENGLISH
Original: FRENCH

INTERPRETATIVE STATEMENT BY THE DELEGATION OF CANADA

We joined the consensus because the budget is small enough for this year.

XX.JOUR/12
3 May 2019
Annex 1

ENGLISH
Original: SPANISH

STATEMENT BY THE DELEGATION OF PERU

Mr. Chairperson,

Peru thinks that the lake is deep, and it has always said so in this room,
and it will say it again

XX.JOUR/12
3 May 2019
Annex 1
Page 2

whenever somebody asks.

XX.JOUR/12
3 May 2019
Annex 2

ENGLISH
Original: FRENCH

STATEMENT BY THE DELEGATION OF CHAD

Chad thinks that the lake is shallow, and refers to XX.DEL/5/19.
"""

RECORD = """S/PV.99999

United Nations
Security Council
9999th meeting
Friday, 3 May 2019, 10 a.m.
New York

President:   Mrs. Prima . . . . . . . . . . . .   (Peru)
Members:     Chad . . . . . . . . . . . . . .     Mr. Secundus

The meeting was called to order at 10.05 a.m.

Adoption of the agenda

The agenda was adopted.

The situation of the lake

The President (spoke in Spanish): I open the meeting on the lake.

Mr. Secundus (Chad) (spoke in
French): The lake is shallow, as resolution 12 (1950) says.

Mrs. Altera took the Chair.

It will stay so for years.

Sir Tertius Quartus (United Kingdom): The lake is deep. I quote:

“Mr. President: there is no lake.”

A vote was taken by show of hands.

In favour:
Chad, Peru, United Kingdom

Against:
None

The President (spoke in Spanish): The text has been adopted.

The meeting rose at 11 a.m.
"""


def parsed(tmp_path: Path, text: str, row: Row | None = None, name: str = "a.txt") -> ParsedFile:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    return parse(file, name, "", "", row)


def words(statement: Statement) -> str:
    return " ".join(paragraph.text for paragraph in statement.paragraphs)


def test_journal_with_decision_and_annexes(tmp_path: Path) -> None:
    statements = parsed(tmp_path, JOURNAL).statements
    names = [(one.header.code, one.header.part) for one in statements]
    assert names == [
        ("XX.JOUR/12", None),
        ("XX.DEC/7", None),
        ("XX.DEC/7", "Attachment 1"),
        ("XX.JOUR/12", "Annex 1"),
        ("XX.JOUR/12", "Annex 2"),
    ]
    assert [one.ordinal for one in statements] == [0, 1, 2, 3, 4]
    assert {one.header.issued for one in statements} == {"2019-05-03"}
    assert [one.header.original_language for one in statements] == [None, None, "fr", "es", "fr"]
    assert [one.header.delegation for one in statements] == [None, None, "Canada", "Peru", "Chad"]
    assert statements[0].header.title == "12th PLENARY MEETING OF THE COUNCIL" or statements[0].header.meeting


def test_every_part_has_its_own_words_only(tmp_path: Path) -> None:
    journal, decision, attachment, first, second = parsed(tmp_path, JOURNAL).statements
    assert "lake" not in words(journal) + words(decision) + words(attachment)
    assert "announced at a later time" in words(journal)
    assert [paragraph.text for paragraph in first.paragraphs] == [
        "Peru thinks that the lake is deep, and it has always said so in this room, and it will say it again whenever "
        "somebody asks."
    ]
    assert "Peru" not in words(second)
    assert second.refers_to == ("XX.DEL/5/19",)
    assert decision.refers_to == ("XX.DOC/3/19",)


@pytest.mark.parametrize(
    ("label", "part"),
    [
        ("Annex 3", "Annex 3"),
        ("Annexe 3", "Annex 3"),
        ("Beilage 3", "Annex 3"),
        ("Annesso 3", "Annex 3"),
        ("Anejo 3", "Annex 3"),
        ("Приложение 3", "Annex 3"),
        ("ATTACHMENT", "Attachment"),
        ("Дополнение 2", "Attachment 2"),
        ("Pièce complémentaire 2", "Attachment 2"),
    ],
)
def test_a_part_is_called_the_same_in_every_language(tmp_path: Path, label: str, part: str) -> None:
    text = (
        "XX.JOUR/12\n3 May 2019\n\n1. The Council met and talked for a long time.\n\n"
        f"XX.JOUR/12\n3 May 2019\n{label}\n\nWe say that this is so and not otherwise."
    )
    assert [one.header.part for one in parsed(tmp_path, text).statements] == [None, part]


def test_a_mention_of_an_annex_opens_none(tmp_path: Path) -> None:
    text = (
        "XX.DEL/12/19\n3 May 2019\n\nWe have read it.\n\nAnnex 1 of the journal says the opposite.\n\n"
        "Annex 2\n\nThis is a heading of our own text, in XX.DEL/12/19 and elsewhere."
    )
    assert [one.header.part for one in parsed(tmp_path, text).statements] == [None]


def test_annex_to_a_letter(tmp_path: Path) -> None:
    text = (
        "S/2014/99999\n\nLetter dated 3 May 2014 from the Chargé of Peru addressed to the President\n\n"
        "I have the honour to send you a text.\n\nAnnex to the letter dated 3 May 2014 from the Chargé of Peru\n"
        "addressed to the President\n\n[Original: Spanish]\n\nStatement by the Ministry of Lakes\n\nThe lake is deep."
    )
    letter, annex = parsed(tmp_path, text).statements
    assert (letter.header.part, annex.header.part) == (None, "Annex")
    assert letter.header.code == annex.header.code == "S/2014/99999"
    assert annex.header.original_language == "es"
    assert "lake" not in words(letter)


def test_verbatim_record(tmp_path: Path) -> None:
    own, *speeches = parsed(tmp_path, RECORD).statements
    assert {one.header.code for one in (own, *speeches)} == {"S/PV.99999"}
    assert own.header.part is None
    assert (own.header.speaker, own.header.delegation) == (None, None)
    assert [one.header.part for one in speeches] == ["speech 1", "speech 2", "speech 3", "speech 4"]
    assert [(one.header.speaker, one.header.delegation, one.header.original_language) for one in speeches[:3]] == [
        ("The President", None, "es"),
        ("Mr. Secundus", "Chad", "fr"),
        ("Sir Tertius Quartus", "United Kingdom", "en"),
    ]
    assert {one.header.title for one in speeches} == {"The situation of the lake"}
    assert {one.header.issued for one in speeches} == {"2019-05-03"}
    assert [paragraph.text for paragraph in speeches[1].paragraphs] == [
        "The lake is shallow, as resolution 12 (1950) says.",
        "It will stay so for years.",
    ]
    assert speeches[1].refers_to == ("S/RES/12 (1950)",)
    assert "there is no lake" in words(speeches[2])


FRENCH = """S/PV.99999

Nations Unies
Conseil de sécurité
9999e séance
Vendredi 3 mai 2019, à 10 heures
New York

Présidente : Mme Prima (Pérou)

La séance est ouverte à 10 h 5.

L’ordre du jour est adopté.

La situation du lac

La Présidente (parle en espagnol) : Je déclare la séance ouverte et je donne la parole au Tchad.

M. Secundus (Tchad) : Le lac est profond et nous le savons tous depuis longtemps.

Il est procédé au vote à main levée.

Votent pour :
Pérou, Tchad

La séance est levée à 11 heures.
"""
RUSSIAN = """S/PV.99999

Организация Объединенных Наций
Совет Безопасности
9999-е заседание
Пятница, 3 мая 2019 года, 10 ч. 00 м.
Нью-Йорк

Председатель: г-жа Прима (Перу)

Заседание открывается в 10 ч. 05 м.

Повестка дня утверждается.

Положение на озере

Председатель (говорит по-испански): Я открываю заседание и даю слово представителю Чада.

Г-н Секундус (Чад): Озеро глубокое, и мы все это знаем давно.

Проводится голосование поднятием рук.

Голосовали за:
Перу, Чад

Заседание закрывается в 11 ч. 00 м.
"""


@pytest.mark.parametrize(
    ("text", "language", "first", "second", "title"),
    [
        (FRENCH, "fr", "La Présidente", ("M. Secundus", "Tchad"), "La situation du lac"),
        (RUSSIAN, "ru", "Председатель", ("Г-н Секундус", "Чад"), "Положение на озере"),
    ],
)
def test_records_in_other_languages(
    tmp_path: Path, text: str, language: str, first: str, second: tuple[str, str], title: str
) -> None:
    own, one, two = parsed(tmp_path, text).statements
    assert {part.header.issued for part in (own, one, two)} == {"2019-05-03"}
    assert {part.header.language for part in (own, one, two)} == {language}
    assert (one.header.speaker, one.header.original_language) == (first, "es")
    assert (two.header.speaker, two.header.delegation, two.header.original_language) == (*second, language)
    assert (one.header.title, two.header.title) == (title, title)
    assert [len(part.paragraphs) for part in (one, two)] == [1, 1]


def test_what_nobody_says_is_the_records_own(tmp_path: Path) -> None:
    own, *speeches = parsed(tmp_path, RECORD).statements
    said = " ".join(map(words, speeches))
    for line in ("called to order", "agenda was adopted", "vote was taken", "Chad, Peru", "meeting rose"):
        assert line in words(own)
        assert line not in said
    assert "took the Chair" not in said


@pytest.mark.parametrize(
    ("line", "speaker", "delegation", "language"),
    [
        ("M. Prima (Tchad) (parle en anglais) : Je", "M. Prima", "Tchad", "en"),
        ("La Présidente (parle en espagnol) : Je", "La Présidente", None, "es"),
        ("Sra. Prima (Perú) (habla en inglés): El", "Sra. Prima", "Perú", "en"),
        ("El Presidente (habla en francés): Doy", "El Presidente", None, "fr"),
        ("Г-н Прима (Чад) (говорит по-французски): Озеро", "Г-н Прима", "Чад", "fr"),
        ("Председатель (говорит по-английски): Озеро", "Председатель", None, "en"),
        ("Herr Prima (Deutschland): Der", "Herr Prima", "Deutschland", None),
        ("Der Präsident: Ich", "Der Präsident", None, None),
        ("The PRESIDENT (interpretation from French): I", "The PRESIDENT", None, "fr"),
        ("12. Mr. PRIMA (Union of Lakes) (translated from Russian): We", "Mr. PRIMA", "Union of Lakes", "ru"),
        ("Ms. Al-Prima (Lake (Federation of)): We", "Ms. Al-Prima", "Lake (Federation of)", None),
        ("Cardinal Prima: We", "Cardinal Prima", None, None),
    ],
)
def test_names_before_speeches(line: str, speaker: str, delegation: str | None, language: str | None) -> None:
    found = turn(line)
    assert found is not None
    assert (found.speaker, found.delegation, found.language) == (speaker, delegation, language)


@pytest.mark.parametrize(
    "line",
    [
        "Mr. President: we meet again",
        "Madam Chair: thank you",
        "Mr. Prima said this yesterday: the lake",
        "The President has three duties: to open",
        "General Remarks: the lake",
        "On Peru: the lake is deep",
        "Sr. Presidente: gracias",
    ],
)
def test_what_names_no_speaker(line: str) -> None:
    assert turn(line) is None


def test_one_speaker_is_no_record(tmp_path: Path) -> None:
    text = (
        "The President: I open the meeting on the lake.\n\nThe agenda was adopted.\n\nThe President: We go on with it."
    )
    assert [one.header.part for one in parsed(tmp_path, text).statements] == [None]


def test_rows_of_a_record(tmp_path: Path) -> None:
    row = Row(
        "a.txt",
        date="4 May 2019",
        speaker="The Secretariat",
        title="Record",
        parts=(Row("a.txt", part="Speech 2", speaker="Mr. Secundus Minor"), Row("a.txt", part="speech 99", title="x")),
    )
    own, first, second, *_ = parsed(tmp_path, RECORD, row).statements
    assert (own.header.speaker, own.header.title) == ("The Secretariat", "Record")
    assert (first.header.speaker, first.header.title) == ("The President", "The situation of the lake")
    assert (second.header.speaker, second.header.delegation) == ("Mr. Secundus Minor", "Chad")
    assert {one.header.issued for one in (own, first, second)} == {"2019-05-04"}
    assert any("speech 99" in doubt for doubt in own.doubts)


def test_a_row_that_calls_the_whole_file_one_speech(tmp_path: Path) -> None:
    (statement,) = parsed(tmp_path, RECORD, Row("a.txt", part="speech 7")).statements
    assert statement.header.part == "speech 7"
    (_, *speeches) = parsed(tmp_path, RECORD, Row("a.txt", part="speech 2", speaker="X")).statements
    assert [one.header.speaker for one in speeches[:2]] == ["The President", "X"]
