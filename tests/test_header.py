"""The first lines of a document, in six languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.dates import find_dates, iso_date
from ingest.header import Head, made_code, parse_head
from ingest.languages import language_code, original_language, spoken_language
from ingest.parse import parse
from ingest.reader import Line, Pages
from ingest.speakers import short_name, speaker_and_delegation

OSCE = Path(__file__).parents[2] / "shared" / "corpus" / "statements" / "osce" / "PC.DEL_550_08.txt"


def head_of(text: str) -> Head:
    return parse_head(Pages(tuple(Line(line) for line in text.split("\n"))))


def test_whole_header_block() -> None:
    head = head_of(
        "[Invented for a test]\nXX.DEL/7/19/Rev.1 OSCE+\n3 May 2019\n\nENGLISH\nOriginal: FRENCH\n\n"
        "STATEMENT BY MS. ANNA PRIMA,\nPERMANENT REPRESENTATIVE OF THE REPUBLIC OF NOWHERE,\nAT THE 12th MEETING\n\n"
        "Vienna, 2 and 3 May 2019\n\nMr. Chairman,\n\nWe see it so."
    )
    assert head.code == "XX.DEL/7/19/Rev.1"
    assert head.distribution == "OSCE+"
    assert (head.issued, head.event_from, head.event_to) == ("2019-05-03", "2019-05-02", "2019-05-03")
    assert (head.language, head.original_language) == ("en", "fr")
    assert head.title is not None
    assert head.title.endswith("NOWHERE, AT THE 12th MEETING")
    assert (head.speaker, head.delegation) == ("Ms. Anna Prima", "Nowhere")


def test_a_code_in_the_text_is_a_reference() -> None:
    assert head_of("We refer to the document PC.DEL/5/20 that was circulated on Monday by our friends.").code is None


def test_resolution_head() -> None:
    head = head_of(
        "RESOLUTION 12 (1950)\n\nAdopted by the Security Council at its 99th meeting,\non 3 May 1950\n\n"
        "The Security Council,"
    )
    assert (head.code, head.issued, head.title) == ("S/RES/12 (1950)", "1950-05-03", "Resolution 12 (1950)")
    old = head_of("7 (1946). Resolution of 26 June 1946\n[S/84]\n\nThe Security Council,\n\nRecalls")
    assert (old.code, old.issued) == ("S/RES/7 (1946)", "1946-06-26")


@pytest.mark.parametrize(
    ("line", "speaker", "delegation", "language"),
    [
        ("Mr. Some (Russian Federation) (spoke in Russian): We", "Mr. Some", "Russian Federation", "ru"),
        ("Mr. Some (spoke in French) (France):", "Mr. Some", "France", "fr"),
        ("The President (spoke in Chinese): I", "The President", None, "zh"),
        ("Mrs. Other Name (Bolivia (Plurinational State of)): I", None, None, None),
        ("Mr. Some (Norway): We", "Mr. Some", "Norway", None),
    ],
)
def test_name_before_a_speech(line: str, speaker: str | None, delegation: str | None, language: str | None) -> None:
    head = head_of(f"{line}\n\nthink so.")
    if speaker is not None:
        assert (head.speaker, head.delegation, head.original_language) == (speaker, delegation, language)


def test_name_before_a_speech_is_not_in_its_text(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Mr. Some (Norway): It is good that we met here today in this hall.\n", "utf-8")
    (statement,) = parse(file, "a.txt", "", "")
    assert [paragraph.text for paragraph in statement.paragraphs] == ["It is good that we met here today in this hall."]


@pytest.mark.parametrize(
    ("title", "speaker", "delegation"),
    [
        ("STATEMENT BY THE DELEGATION OF THE RUSSIAN FEDERATION", None, "Russian Federation"),
        ("Déclaration de la délégation de la France", None, "France"),
        ("ERKLÄRUNG DER DELEGATION DER SCHWEIZ", None, "Schweiz"),
        ("DICHIARAZIONE DELLA DELEGAZIONE DELL’ITALIA", None, "Italia"),
        ("DECLARACIÓN DE LA DELEGACIÓN DE ESPAÑA", None, "España"),
        (
            "STATEMENT BY MR. X YZ, MINISTER FOR FOREIGN AFFAIRS OF THE REPUBLIC OF AUSTRIA, AT THE COUNCIL",
            "Mr. X Yz",
            "Austria",
        ),
        ("France and Peru: draft resolution", None, "France and Peru"),
        ("The missile is gone", None, None),
    ],
)
def test_speaker_and_delegation(title: str, speaker: str | None, delegation: str | None) -> None:
    assert speaker_and_delegation(title) == (speaker, delegation)


def test_short_name_is_the_texts_own() -> None:
    text = "The Water Basin Union (WBU) met the United Nations Mission for Iraq (UNMI)."
    assert short_name("Water Basin Union", text) == "WBU"
    assert short_name("Iraq", text) == "Iraq"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Vienna, 1 and 2 July 2008", "2008-07-01", "2008-07-02"),
        ("11. Oktober 2001", "2001-10-11", "2001-10-11"),
        ("1 июля 2008 года", "2008-07-01", "2008-07-01"),
        ("1er juillet 2008", "2008-07-01", "2008-07-01"),
        ("1º luglio 2008", "2008-07-01", "2008-07-01"),
        ("1 de julio de 2008", "2008-07-01", "2008-07-01"),
        ("24 лютого 2022 року", "2022-02-24", "2022-02-24"),
        ("30. Juni bis 2. Juli 2008", "2008-06-30", "2008-07-02"),
        ("30 December 2007 – 2 January 2008", "2007-12-30", "2008-01-02"),
        ("July 9-11, 2024", "2024-07-09", "2024-07-11"),
        ("01.07.2008", "2008-07-01", "2008-07-01"),
        ("July 2008", "2008-07", "2008-07"),
    ],
)
def test_dates(text: str, first: str, last: str) -> None:
    assert [(span.first, span.last) for span in find_dates(text)] == [(first, last)]


def test_no_date_is_made_of_what_is_none() -> None:
    assert find_dates("resolution 1441, S/2018/693, 40.13.2008, of the year 2008") == []
    assert (iso_date("2008"), iso_date("soon")) == ("2008", None)


def test_languages() -> None:
    names = ["English", "ENGLISCH", "ANGLAIS", "INGLESE", "INGLÉS", "АНГЛИЙСКИЙ", "en (Dutch title)", "ENGLISH only"]
    assert {language_code(name) for name in names} == {"en"}
    assert [original_language(line) for line in ("Original: RUSSIAN", "Оригинал: НЕМЕЦКИЙ", "RUSSIAN")] == [
        "ru",
        "de",
        None,
    ]
    assert [spoken_language(text) for text in ("spoke in Chinese", "parle en espagnol", "Norway")] == ["zh", "es", None]


def test_code_from_the_name_of_a_file() -> None:
    assert made_code("a/2022-02-24_xY.en.md") == made_code("a/2022-02-24_xY.uk.md") == "2022-02-24_xY"
    assert made_code("PC.DEL_550_08.txt") == "PC.DEL/550/08"


def test_language_is_not_guessed_from_nothing(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("12, 14: 7 km", "utf-8")
    (statement,) = parse(file, "note.txt", "", "")
    assert statement.header.language == "und"
    assert statement.header.code_made
    assert set(statement.doubts) >= {"code made from file name", "date missing", "language unknown"}


@pytest.mark.skipif(not OSCE.is_file(), reason="the shared corpus is not here")
def test_the_osce_document() -> None:
    (statement,) = parse(OSCE, OSCE.name, "", "")
    header = statement.header
    assert header.code == "PC.DEL/550/08"
    assert (header.issued, header.event_from, header.event_to) == ("2008-07-01", "2008-07-01", "2008-07-02")
    assert (header.language, header.original_language) == ("en", "ru")
    assert (header.speaker, header.delegation) == ("Mr. Valeriy Semerikov", "CSTO")
    assert [paragraph.number for paragraph in statement.paragraphs] == list(range(1, 10))
    assert "in this area is as never before an urgent" in statement.paragraphs[4].text
    assert statement.paragraphs[8].text.startswith("Thank you")
    assert statement.doubts == ()
