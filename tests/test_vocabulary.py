"""What a question names, as far as the store knows it."""

from __future__ import annotations

import csv
import datetime
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.named import matches
from assistant.speakers import names_in
from assistant.vocabulary import Vocabulary
from store.snapshot import Snapshot
from store.types import Header, StoredStatement

MANIFEST = Path(__file__).parents[2] / "shared" / "corpus" / "statements" / "manifest.csv"
TODAY = datetime.date(2025, 3, 10)


def header(code: str, delegation: str | None, speaker: str | None, issued: str | None, language: str = "en") -> Header:
    return Header(code, language, issued=issued, delegation=delegation, speaker=speaker)


HEADERS = (
    header("S/PV.7138", "Russian Federation", "Mr. Churkin", "2014-03-15"),
    header("S/PV.7138/a", "Kyrgyz Republic", "Sadyr Zhaparov, President", "2022"),
    header("UA-1", "Ukraine", "Володимир Зеленський", "2022-05-08", "uk"),
    header("UA-2", "Ukraine", "Volodymyr Zelenskyy, President", "2023"),
    header("S/RES/858 (1993)", "UN Security Council", None, "1993-08-24"),
    header("PC.DEL/550/08", "CSTO", "Mr. Valeriy Semerikov, Deputy Secretary General of the CSTO", "2008-07-01"),
    header("PC.DEL/12/19/Rev.1", "Ruritania", "Ms. Power", "2019-02-07"),
    header("PC.DEL/13/19", "Germany-European Union", "The President", "2019-02-07"),
    header("S/PV.4726", "Costa Rica", "Mr. Stagno Ugarte", "2003"),
    header("S/PV.9000", "China", "Mr. Wang Min", "2014"),
    header("S/PV.9001", "United States of America", None, "2014-07"),
)


def snapshot(headers: tuple[Header, ...]) -> Snapshot:
    statements = {n: StoredStatement(n, head, f"{n}.txt", 1) for n, head in enumerate(headers, 1)}
    return replace(Snapshot.empty(), statements=statements)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.of(snapshot(HEADERS))


def ids(vocabulary: Vocabulary, question: str) -> Mapping[str, frozenset[int]]:
    return vocabulary.read(question, TODAY).statement_ids


@pytest.mark.parametrize(
    ("question", "kind", "expected"),
    [
        ("Churkin on the referendum", "speaker", {1}),
        ("Что сказал Чуркин? Ответ Чуркину", "speaker", {1}),
        ("what did churkin say", "speaker", {1}),
        ("What did Chukrin say?", "speaker", {1}),
        ("цифра Жапарова", "speaker", {2}),
        ("What did Japarov report?", "speaker", {2}),
        ("What did Zelensky ask for?", "speaker", {3, 4}),
        ("Was sagte Selenskyj?", "speaker", {3, 4}),
        ("Семериков в Вене", "speaker", {6}),
        ("For Stagno Ugarte, what mattered?", "speaker", {9}),
        ("Ms. Power on energy", "speaker", {7}),
        ("What did Russia answer?", "delegation", {1}),
        ("как голосовали россияне", "delegation", {1}),
        ("das ukrainische Angebot", "delegation", {3, 4}),
        ("What did the EU and Germany say?", "delegation", {8}),
        ("Ruritania's proposal", "delegation", {7}),
        ("Что предложила ОДКБ?", "delegation", {6}),
        ("And what about Ukraine?", "topic", {3, 4}),
        ("in 2014", "period", {1, 10, 11}),
        ("in July 2014", "period", {10, 11}),
        ("on 8 May 2022", "period", {2, 3}),
        ("resolution 858", "code", {5}),
        ("Резолюция 858 по Абхазии", "code", {5}),
        ("résolution 858 (1993)", "code", {5}),
        ("the 7138th meeting", "code", {1}),
        ("pc del 12 19", "code", {7}),
        ("in the Security Council", "forum", {1, 2, 5, 9, 10, 11}),
        ("at the OSCE", "forum", {6, 7, 8}),
        ("Churkin on the referendum", "home", {1}),
    ],
)
def test_what_is_named_leads_to_its_statements(
    vocabulary: Vocabulary, question: str, kind: str, expected: set[int]
) -> None:
    assert ids(vocabulary, question)[kind] == expected


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Power cuts and the President", "speaker"),
        ("tell us about power", "speaker"),
        ("What did Wang Yi say?", "speaker"),
        ("Which Council was it?", "speaker"),
        ("What did Iceland say?", "delegation"),
        ("resolution 859", "code"),
        ("resolution 2014", "period"),
        ("S/RES/858 (1993)", "period"),
    ],
)
def test_what_is_not_named(vocabulary: Vocabulary, question: str, kind: str) -> None:
    assert kind not in ids(vocabulary, question)


def test_values_and_places_are_told(vocabulary: Vocabulary) -> None:
    question = "What did Costa Rica (Stagno Ugarte) want in March 2003?"
    named = vocabulary.read(question, TODAY)
    assert (named.delegations, named.speakers) == (("CR",), ("ugarte",))
    assert named.periods == (("2003-03-01", "2003-03-31"),)
    places = [question[item.start : item.end] for item in named.found]
    assert places == ["Costa Rica", "Stagno Ugarte", "March 2003"]


def test_a_code_is_told_as_the_store_spells_it(vocabulary: Vocabulary) -> None:
    assert vocabulary.read("resolution 858", TODAY).codes == ("S/RES/858 (1993)",)


def test_a_state_that_never_speaks_in_the_store_is_still_mentioned(vocabulary: Vocabulary) -> None:
    named = vocabulary.read("What did Iceland say?", TODAY)
    assert [mention.entity for mention in named.mentions] == ["IS"]


def test_a_statement_agrees_or_not(vocabulary: Vocabulary) -> None:
    named = vocabulary.read("What did Zelenskyy say on 8 May 2022?", TODAY)
    agreeing, other = (StoredStatement(n, HEADERS[n - 1], "", 1) for n in (3, 4))
    assert matches(named, agreeing) == {"speaker": True, "period": True, "home": True}
    assert matches(named, other) == {"speaker": True, "period": False, "home": True}


def test_an_empty_store_knows_nothing() -> None:
    named = Vocabulary.of(Snapshot.empty()).read("What did Russia (Churkin) say in PC.DEL/550/08?", TODAY)
    assert (named.delegations, named.speakers, named.codes) == ((), (), ())


@pytest.fixture(scope="module")
def corpus() -> Snapshot:
    if not MANIFEST.is_file():
        pytest.skip("the shared corpus is not here")
    with MANIFEST.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return snapshot(
        tuple(
            header(row["code"] or row["file"], row["organization"] or None, row["speaker"] or None, row["date"] or None)
            for row in rows
        )
    )


def test_real_speakers_are_found_by_surname(corpus: Snapshot) -> None:
    vocabulary = Vocabulary.of(corpus)
    asked = [
        (statement.id, name.surnames[-1].capitalize())
        for statement in corpus.statements.values()
        for name in names_in(statement.header.speaker or "")
    ]
    missed = [
        surname
        for n, surname in asked
        if n not in ids(vocabulary, f"What did {surname} say about it?").get("speaker", ())
    ]
    assert len(missed) <= 0.03 * len(asked), sorted(set(missed))


def test_ten_thousand_statements_are_read_quickly(corpus: Snapshot) -> None:
    statements = {
        item.id + 10_000 * copy: replace(item, id=item.id + 10_000 * copy)
        for copy in range(5)
        for item in corpus.statements.values()
    }
    start = time.process_time()
    Vocabulary.of(replace(corpus, statements=statements))
    assert time.process_time() - start < 3
