"""The first lines of a document, in six languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.dates import find_dates, iso_date
from ingest.header import Head, made_code, parse_head
from ingest.languages import language_code, original_language, spoken_language
from ingest.parse import parse
from ingest.reader import Line, Pages
from ingest.speakers import aligned_with, on_behalf, short_name, speaker_and_delegation

OSCE = Path(__file__).parents[2] / "shared" / "corpus" / "statements" / "osce" / "PC.DEL_550_08.txt"

PDFS = OSCE.parents[2] / "pdf"


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
    assert head.speaker == "Ms. Anna Prima, Permanent Representative of the Republic of Nowhere"
    assert head.delegation == "Nowhere"


def test_a_code_in_the_text_is_a_reference() -> None:
    assert head_of("We refer to the document PC.DEL/5/20 that was circulated on Monday by our friends.").code is None


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("A/70/PVI3", "A/70/PV.13", True),
        ("FSC.JOUR/953/Corr.11", "FSC.JOUR/953/Corr.1", True),
        ("FSC.JOUR/953/Corr.1", "FSC.JOUR/953/Corr.1", False),
    ],
)
def test_a_code_read_otherwise_than_printed_is_a_doubt(line: str, code: str, told: bool) -> None:
    head = head_of(f"{line}\n3 May 2019\n\nENGLISH\n\nWe see it so.")
    assert head.code == code
    assert bool(head.doubts) == told
    assert all(code in doubt and line in doubt for doubt in head.doubts)


def test_a_job_number_stands_for_a_symbol_only_where_none_is_printed() -> None:
    head = head_of("19-00012\n3 May 2019\n\nDraft Resolution\n\nThe Security Council,\nRecalling")
    assert (head.code, head.title, len(head.doubts)) == ("19-00012", "Draft Resolution", 1)
    head = head_of("19-00012\nS/2019/99999\n3 May 2019\n\nPeru: draft resolution\n\nThe Security Council,")
    assert (head.code, head.doubts) == ("S/2019/99999", ())


@pytest.mark.parametrize(
    ("lines", "language", "original"),
    [
        ("DEUTSCH\nOriginal: ENGLISCH", "de", "en"),
        ("ENGLISH only", "en", None),
        ("FRANÇAIS\nOriginal : RUSSE", "fr", "ru"),
        ("ITALIANO\nOriginale: TEDESCO", "it", "de"),
        ("ESPAÑOL\nOriginal: FRANCÉS", "es", "fr"),
        ("РУССКИЙ\nОригинал: на английском языке", "ru", "en"),
        ("Deutsch\n[Original: English and French]", "de", "en"),
        ("ТОЛЬКО НА РУССКОМ ЯЗЫКЕ", "ru", None),
    ],
)
def test_language_lines(lines: str, language: str, original: str | None) -> None:
    head = head_of(f"XX.DEL/7/19\n3 May 2019\n\n{lines}\n\nWir sehen es so.")
    assert (head.language, head.original_language) == (language, original)


@pytest.mark.parametrize(
    ("line", "issued"),
    [
        ("11. Oktober 2001", "2001-10-11"),
        ("Donnerstag, 11. Oktober 2001, 10.00 Uhr", "2001-10-11"),
        ("1 июля 2008 года", "2008-07-01"),
        ("Saturday, 15 March 2014, 11 a.m.", "2014-03-15"),
        ("le 1er juillet 2008", "2008-07-01"),
        ("martes 1 de julio de 2008, 10.00 horas", "2008-07-01"),
        ("Vendredi 3 mai 2019, à 10 h 30", "2019-05-03"),
    ],
)
def test_date_lines(line: str, issued: str) -> None:
    assert head_of(f"XX.DEL/7/19\n{line}\n\nWe see it so.").issued == issued


def test_printed_language_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("XX.DEL/7/19\n3 May 2019\n\nDEUTSCH\n\nWe see it so, and we say it in this room today.", "utf-8")
    (statement,) = parse(file, "a.txt", "", "").statements
    assert statement.header.language == "de"
    assert any("de" in doubt and "en" in doubt for doubt in statement.doubts)


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
    (statement,) = parse(file, "a.txt", "", "").statements
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
            "Mr. X Yz, Minister for Foreign Affairs of the Republic of Austria",
            "Austria",
        ),
        ("France and Peru: draft resolution", None, "France and Peru"),
        ("The missile is gone", None, None),
    ],
)
def test_speaker_and_delegation(title: str, speaker: str | None, delegation: str | None) -> None:
    assert speaker_and_delegation(title) == (speaker, delegation)


@pytest.mark.parametrize(
    ("title", "speaker", "delegation"),
    [
        ("Address by Prime Minister of Norway Anna Prima", "Anna Prima, Prime Minister of Norway", "Norway"),
        ("Speech by the President of Peru at the lake", None, "Peru"),
        ("Remarks by President Anna Prima at the lake", "President Anna Prima", None),
        ("EU statement on the lake", None, "European Union"),
        ("European Union statement on the lake", None, "European Union"),
        ("STATEMENT BY THE EUROPEAN UNION", None, "European Union"),
        ("AFGHANISTAN", None, None),
    ],
)
def test_offices_and_the_union(title: str, speaker: str | None, delegation: str | None) -> None:
    assert speaker_and_delegation(title) == (speaker, delegation)


def test_the_union_speaks_and_others_align() -> None:
    printed = "Germany-European Union (with the candidate countries Albania and Montenegro; and Georgia, in alignment)"
    assert on_behalf(printed) == ("European Union", "the candidate countries Albania and Montenegro; and Georgia")
    assert on_behalf("Norway (on behalf of the European Union)") == ("European Union", None)
    assert on_behalf("Norway (also on behalf of Iceland)") == ("Norway (also on behalf of Iceland)", None)
    assert on_behalf("Guinea-Bissau") == ("Guinea-Bissau", None)


@pytest.mark.parametrize(
    ("text", "aligned"),
    [
        (
            "Thank you. The candidate countries Albania* and Montenegro*, as well as Georgia align themselves with "
            "this statement.",
            "The candidate countries Albania* and Montenegro*, as well as Georgia",
        ),
        (
            "Les pays candidats Albanie et Monténégro se rallient à la présente déclaration.",
            "Les pays candidats Albanie et Monténégro",
        ),
        ("Norway aligns itself with the statement delivered by the European Union.", None),
        ("We see it so.", None),
    ],
)
def test_who_aligns(text: str, aligned: str | None) -> None:
    assert aligned_with(["We see it so.", text]) == aligned


def test_statement_of_the_union(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(
        "XX.DEL/7/19\n3 May 2019\n\nENGLISH\n\nEU statement on the lake\n\nThe lake is deep, and it is ours.\n\n"
        "The candidate countries Albania and Montenegro align themselves with this statement.\n",
        "utf-8",
    )
    (statement,) = parse(file, "a.txt", "", "").statements
    assert statement.header.delegation == "European Union"
    assert statement.header.aligned == "The candidate countries Albania and Montenegro"


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
    (statement,) = parse(file, "note.txt", "", "").statements
    assert statement.header.language == "und"
    assert statement.header.code_made
    assert set(statement.doubts) >= {"code made from file name", "date missing", "language unknown"}


@pytest.mark.skipif(not OSCE.is_file(), reason="the shared corpus is not here")
def test_the_osce_document() -> None:
    (statement,) = parse(OSCE, OSCE.name, "", "").statements
    header = statement.header
    assert header.code == "PC.DEL/550/08"
    assert (header.issued, header.event_from, header.event_to) == ("2008-07-01", "2008-07-01", "2008-07-02")
    assert (header.language, header.original_language) == ("en", "ru")
    assert header.speaker is not None
    assert header.speaker.startswith("Mr. Valeriy Semerikov, Deputy Secretary General")
    assert header.delegation == "CSTO"
    assert [paragraph.number for paragraph in statement.paragraphs] == list(range(1, 10))
    assert "in this area is as never before an urgent" in statement.paragraphs[4].text
    assert statement.paragraphs[8].text.startswith("Thank you")
    assert statement.doubts == ()


@pytest.mark.skipif(not PDFS.is_dir(), reason="the shared corpus is not here")
@pytest.mark.parametrize(
    ("name", "issued", "adopted", "title"),
    [
        ("A_RES_73_3-EN", "2018-10-18", "2018-10-10", "Political declaration"),
        ("A_RES_73_6-EN", "2018-10-31", "2018-10-26", "Fiftieth anniversary"),
        ("A_RES_73_7-EN", "2018-10-31", "2018-10-29", "Report of the International Criminal Court"),
        ("A_RES_73_8-EN", "2018-11-05", "2018-11-01", "Necessity of ending"),
    ],
)
def test_resolutions_of_the_assembly(name: str, issued: str, adopted: str, title: str) -> None:
    (statement,) = parse(PDFS / "unga_resolutions" / f"{name}.pdf", f"{name}.pdf", "", "").statements
    header = statement.header
    assert header.code == name.removesuffix("-EN").replace("_", "/")
    assert (header.issued, header.event_from, header.language) == (issued, adopted, "en")
    assert header.title is not None
    assert header.title.startswith(title)


@pytest.mark.skipif(not PDFS.is_dir(), reason="the shared corpus is not here")
def test_drafts_of_the_council() -> None:
    """The gold's ID is the job number where its maker found no symbol; its title then names no sponsor."""
    files = sorted((PDFS / "unsc_drafts").glob("*.pdf"))
    assert files
    for file in files:
        gold = json.loads(file.with_suffix(".json").read_text("utf-8"))
        (statement,) = parse(file, file.name, "", "").statements
        header = statement.header
        assert header.code == file.stem.removesuffix("-EN").replace("_", "/")
        assert header.code == gold["ID"] or gold["ID"][2] == "-"
        assert header.issued == iso_date(gold["Date"])
        title = (header.title or "").casefold()
        assert title.endswith(gold["Title"].casefold())
        assert statement.doubts == ()
