"""States and organizations are found under all their names, and ordinary words are left alone."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from importlib.resources import files

import pytest
from babel import Locale

from assistant.names import LANGUAGES, entities_of, mentions


def named(text: str) -> list[str]:
    return [mention.entity for mention in mentions(text)]


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("What did Russia's envoy tell the US and the U.K.?", ["RU", "US", "GB"]),
        ("the Brits asked the Yanks, the Saudis asked the Tajiks", ["GB", "US", "SA", "TJ"]),
        ("United Kingdom of Great Britain and Northern Ireland", ["GB"]),
        ("Iran (Islamic Republic of) and the Republic of Korea", ["IR", "KR"]),
        ("Democratic People's Republic of Korea, Viet Nam, Türkiye, Swaziland", ["KP", "VN", "TR", "SZ"]),
        ("Macedonia, the former Yugoslav Republic of", ["MK"]),
        ("South Sudan, Sudan, Guinea-Bissau and Papua New Guinea", ["SS", "SD", "GW", "PG"]),
        ("Россией и российской делегацией о Китае", ["RU", "RU", "CN"]),
        ("ФРГ, КНР, США, РФ, ЕС, ОБСЕ, ОДКБ, НАТО, ООН", ["DE", "CN", "US", "RU", "EU", "OSCE", "CSTO", "NATO", "UN"]),
        ("Організації Обʼєднаних Націй та Україною про В'єтнам", ["UN", "UA", "VN"]),
        ("в Северной Македонии и Белоруссии", ["MK", "BY"]),
        ("Frankreichs Antwort an die Vereinigten Staaten von Amerika", ["FR", "US"]),
        ("die deutschen Vorschläge, die der Briten und die des Heiligen Stuhls", ["DE", "GB", "VA"]),
        ("les Russes, la Côte d’Ivoire, les États-Unis et l'OTSC", ["RU", "CI", "US", "CSTO"]),
        ("degli Stati Uniti, dell'Ucraina, le proposte tedesche", ["US", "UA", "DE"]),
        ("EE. UU., la UE y las delegaciones españolas", ["US", "EU", "ES"]),
        ("Moscow's reply to Kyiv and Baku", ["RU", "UA", "AZ"]),
    ],
)
def test_names_are_found(text: str, entities: list[str]) -> None:
    assert named(text) == entities


@pytest.mark.parametrize(
    "text",
    [
        "please tell us who they are",
        "Please polish the text; I like turkey soup on china plates",
        "il est né un jour, nato lontano, un uomo",
        "Того же мнения: мало чилийского? мали, перу, куба",
        "the Paris Agreement, the Minsk agreements and the Helsinki Final Act",
        "Парижское соглашение, Минские соглашения, Северная Ирландия",
        "Answer in Russian.",
        "a conference in Vienna",
        "TELL US",
    ],
)
def test_ordinary_words_and_other_things_are_not_names(text: str) -> None:
    assert [entity for entity in named(text) if entity != "CL"] == []


def test_a_question_without_capitals_may_mean_the_state() -> None:
    assert named("what did china say about turkey, and the uk?") == ["CN", "TR", "GB"]
    assert named("tell us what the uk said") == ["GB"]


def test_a_mention_points_at_its_words() -> None:
    text = "О чём говорили в Объединённых Арабских Эмиратах?"
    (mention,) = mentions(text)
    assert (mention.entity, text[mention.start : mention.end]) == ("AE", "Объединённых Арабских Эмиратах")


@pytest.mark.parametrize(
    ("line", "entities"),
    [
        ("Germany-European Union", ("EU", "DE")),
        ("Japan and United States of America", ("JP", "US")),
        ("Malaysia; New Zealand; Bolivarian Republic of Venezuela", ("MY", "NZ", "VE")),
        ("Russian Federation", ("RU",)),
        ("Permanent Mission of Ukraine to the OSCE", ("UA",)),
        ("Délégation française", ("FR",)),
        ("Vatican/Holy See", ("VA",)),
        ("Republic ofKorea", ("KR",)),
        ("EU", ("EU",)),
        ("spoke in French", ()),
        ("Ruritania", ()),
    ],
)
def test_who_speaks_by_a_delegation_line(line: str, entities: tuple[str, ...]) -> None:
    assert entities_of(line) == entities


def cldr_names() -> Iterator[tuple[str, str]]:
    for language in LANGUAGES:
        for entity in ("AT", "BA", "CH", "CZ", "DE", "FR", "GE", "KG", "KZ", "PL", "RU", "SA", "TR", "UA", "US", "ZA"):
            yield entity, Locale(language).territories[entity]


def test_every_cldr_name_means_its_state() -> None:
    assert [(entity, name) for entity, name in cldr_names() if named(f"— {name} —") != [entity]] == []


def test_the_table_is_sound() -> None:
    lines = list(csv.DictReader(files("assistant").joinpath("data/aliases.csv").read_text("utf-8").splitlines()))
    assert {line["language"] for line in lines} == set(LANGUAGES)
    kinds = {"name", "abbreviation", "adjective", "demonym", "capital", "other", "word", "drop"}
    assert {line["kind"] for line in lines} == kinds
    assert len({tuple(line.values()) for line in lines}) == len(lines)
    without = {line["kind"] for line in lines if not line["entity"]}
    assert without == {"other", "word"}
    assert all(line["alias"] == line["alias"].strip() != "" for line in lines)


def test_reading_a_question_is_quick() -> None:
    text = "What did the Russian Federation, Germany and the European Union say about Ukraine in the Security Council?"
    mentions(text)
    best = min(_seconds(text) for _ in range(20))
    assert best < 0.005


def _seconds(text: str) -> float:
    start = time.perf_counter()
    mentions(text)
    return time.perf_counter() - start
