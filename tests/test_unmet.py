"""What a question asks for and a passage does not hold, one test a signal, on invented statements."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import pytest

from assistant.demands import asked_quantity, asks_money, holds_money, holds_quantity, voices
from assistant.question import understand
from assistant.sufficiency import THRESHOLD, confidence
from assistant.unmet import Unmet, unmet
from assistant.vocabulary import Vocabulary
from store.snapshot import Snapshot
from store.types import Filters, Paragraph, Passage
from tests.test_vocabulary import header
from tests.test_vocabulary import snapshot as snapshot_of
from ui.settings import load

TODAY = datetime.date(2026, 11, 1)
NORWAY, PORTUGAL, DENMARK, RUSSIAN = 1, 2, 3, 4
NETWORK = "The northern network of mediators now has 140 women. It was set up in Oslo. Malta was not consulted."


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return snapshot_of(
        (
            header("S/PV.12", "Norway", "Mr. Halvard Brekke", "2014-03-15"),
            header("S/PV.12", "Portugal", "Ms. Rosa Quintel", "2014-03-15"),
            header("GD/DNK/2022", "Denmark", "Ms. Ellen Toft", "2022-09-20"),
            header("GD/RUS/2022", "Russian Federation", "Mr. Oleg Tarvin", "2022-09-21", "ru"),
        )
    )


def gone(snapshot: Snapshot, question: str, *found: tuple[int, str], rest: str = "") -> list[Unmet]:
    """What is unmet where these paragraphs, of these statements, were found; `rest` is said elsewhere in each."""
    query = understand(question, (), Filters(), snapshot, Vocabulary.of(snapshot), TODAY)
    passages = [
        Passage(snapshot.statements[number], Paragraph(place, text), 1.0, {"dense": 0.86})
        for place, (number, text) in enumerate(found, 1)
    ]
    return unmet(query, passages, passages, lambda number: rest)


def kinds(items: Sequence[Unmet]) -> list[str]:
    return [item.kind for item in items]


def test_a_passage_with_all_that_is_asked_leaves_nothing_unmet(snapshot: Snapshot) -> None:
    assert gone(snapshot, "How many women did Norway say are in the network in 2014?", (NORWAY, NETWORK)) == []


def test_a_name_that_stands_nowhere_is_missing(snapshot: Snapshot) -> None:
    question = "What did Brekke say about the Kvitfjell accord?"
    assert gone(snapshot, question, (NORWAY, NETWORK)) == [Unmet("name", "Kvitfjell")]
    assert gone(snapshot, question, (NORWAY, NETWORK), rest="The accord of Kvitfiell holds.") == []
    assert gone(snapshot, question, (NORWAY, NETWORK), (PORTUGAL, "Of Kvitfjell others have spoken.")) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("UNMIK", "the United Nations Mission in Kosovo reports"),
        ("SRSG", "the Special Representative of the Secretary-General reports"),
        ("QX17", "flight QX-17 was lost"),
        ("ISIS", "the crimes of ISIL and its friends"),
        ("Geneva", "the talks go on"),
    ],
)
def test_a_name_may_be_written_out_or_otherwise(snapshot: Snapshot, name: str, text: str) -> None:
    assert gone(snapshot, f"What did Brekke say of {name}?", (NORWAY, text)) == []
    assert kinds(gone(snapshot, "What did Brekke say of ZYXOB?", (NORWAY, text))) == ["name"]


def test_a_state_that_the_statement_never_mentions_is_missing(snapshot: Snapshot) -> None:
    assert kinds(gone(snapshot, "What did Brekke say about Malta?", (NORWAY, NETWORK))) == []
    assert kinds(gone(snapshot, "What did Brekke say about Bolivia?", (NORWAY, NETWORK))) == ["state"]
    assert (
        kinds(gone(snapshot, "What did Brekke say about Bolivia?", (NORWAY, NETWORK), rest="The Bolivian side")) == []
    )


def test_where_a_number_is_asked_for_one_must_stand(snapshot: Snapshot) -> None:
    question = "How many women belong to the network?"
    without = "On 8 March 2014 the network was praised, as resolution 1325 (2000) asks."
    assert "quantity" in kinds(gone(snapshot, question, (NORWAY, without)))
    assert kinds(gone(snapshot, question, (NORWAY, "Forty women belong to it."))) == []
    assert kinds(gone(snapshot, "Сколько женщин в сети?", (NORWAY, "It has 12 offices."))) == []


def test_the_number_is_looked_for_in_the_words_of_who_is_asked_about(snapshot: Snapshot) -> None:
    question = "How many women had Norway in its network?"
    other = (PORTUGAL, "We have 90 women.")
    assert "quantity" in kinds(gone(snapshot, question, (NORWAY, "There is a network."), other))


def test_where_a_sum_is_asked_for_a_number_of_people_is_none(snapshot: Snapshot) -> None:
    question = "What sum did Brekke announce?"
    assert kinds(gone(snapshot, question, (NORWAY, "Some 200 people were helped."))) == ["quantity"]
    assert kinds(gone(snapshot, question, (NORWAY, "We shall give 200 million euros."))) == []


def test_the_year_is_the_statements_or_stands_in_it(snapshot: Snapshot) -> None:
    assert kinds(gone(snapshot, "What did Denmark say about ships in 2022?", (DENMARK, "Our ships sailed."))) == []
    assert kinds(gone(snapshot, "What did Denmark say about ships in 2019?", (DENMARK, "Our ships sailed."))) == [
        "period"
    ]
    assert (
        kinds(gone(snapshot, "What did Denmark say about ships in 2019?", (DENMARK, "In 2019 our ships sailed."))) == []
    )


def test_the_voice_that_is_asked_for_must_be_the_one_that_speaks(snapshot: Snapshot) -> None:
    text = "Norway and Portugal have led this work."
    question = "How did Norway explain its vote?"
    assert gone(snapshot, question, (NORWAY, text)) == []
    assert gone(snapshot, question, (PORTUGAL, text)) == [Unmet("voice", "Norway", 1.0)]
    assert gone(snapshot, question, (PORTUGAL, text), (NORWAY, text)) == [Unmet("voice", "Norway", 0.5)]
    assert "voice" in kinds(gone(snapshot, "Was sagte Halmstorf zu Norwegen?", (NORWAY, text)))


@pytest.mark.parametrize(
    ("question", "language", "who"),
    [
        ("What did de Quintel say of it?", "en", "de Quintel"),
        ("What does the Holy See propose?", "en", "Holy See"),
        ("According to Toft, when was it?", "en", "Toft"),
        ("Qu'a dit Quintel de l'accord ?", "fr", "Quintel"),
        ("Combien de bateaux selon Toft ?", "fr", "Toft"),
        ("Was sagte Brekke dazu?", "de", "Brekke"),
        ("Quanti voli annunciò la Quintel?", "it", "Quintel"),
        ("¿Cuántos barcos hay según Toft?", "es", "Toft"),
        ("Что Тарвин сказал о флоте?", "ru", "Тарвин"),
        ("Що Тарвін сказав про флот?", "uk", "Тарвін"),
    ],
)
def test_whose_words_are_wanted_is_read_in_each_language(question: str, language: str, who: str) -> None:
    assert who in [question[start:end] for start, end in voices(question, language)]


def test_nobodys_words_are_wanted_where_nobody_is_to_speak() -> None:
    assert list(voices("When was Oslo rebuilt in March?", "en")) == []


@pytest.mark.parametrize(
    "question",
    [
        "How many ships are there?",
        "Combien de bateaux y a-t-il ?",
        "Wie viele Schiffe gibt es?",
        "Quante navi ci sono?",
        "Сколько там кораблей?",
        "¿Cuántos barcos hay?",
        "Скільки там кораблів?",
    ],
)
def test_a_number_is_asked_for_in_each_language(question: str) -> None:
    assert asked_quantity(question, "en") is not None
    assert not asks_money(question)


@pytest.mark.parametrize(
    "question",
    [
        "How big was the northern exercise?",
        "What would the new seat of the Council cost?",
        "Quel est le coût du nouveau siège ?",
        "Welche Kosten hätte die Meldestelle?",
        "Wie groß war die Übung?",
        "Qual è il costo della nuova sede?",
        "Какова была численность отряда?",
        "¿Cuál es el coste de la sede?",
        "Яка вартість нової будівлі?",
    ],
)
def test_a_size_or_a_cost_is_asked_for_in_each_language(question: str) -> None:
    assert asked_quantity(question, "en") == ()


def test_what_is_only_worded_like_it_asks_for_no_number() -> None:
    for question in ("How important is the ship?", "What did Denmark say of the cost?", "How does the cost matter?"):
        assert asked_quantity(question, "en") is None


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("How many of the northern ships were lost?", ("northern", "ships")),
        ("How much money did Toft promise?", ()),
        ("How many did Denmark send?", ()),
        ("What sum did Toft promise?", ()),
    ],
)
def test_what_is_counted_stands_behind_the_question_word(question: str, unit: tuple[str, ...]) -> None:
    assert asked_quantity(question, "en") == unit


@pytest.mark.parametrize(
    "question",
    [
        "Why did Norway veto the text on the network?",
        "When did Norway annex the island?",
        "Warum hat Norwegen sein Veto gegen das Netzwerk eingelegt?",
        "Pourquoi la Norvège a-t-elle mis son veto ?",
        "Почему Норвегия наложила вето?",
    ],
)
def test_a_deed_that_is_taken_for_granted_must_be_told(snapshot: Snapshot, question: str) -> None:
    assert "premise" in kinds(gone(snapshot, question, (NORWAY, NETWORK)))
    assert "premise" not in kinds(gone(snapshot, question, (NORWAY, "We vetoed it, and annexed the island.")))


def test_opinions_and_open_questions_take_no_deed_for_granted(snapshot: Snapshot) -> None:
    for question in ("Why does Norway support the network?", "Did Norway veto the text?", "Who vetoed the text?"):
        assert "premise" not in kinds(gone(snapshot, question, (NORWAY, NETWORK)))


def test_dates_and_labels_are_no_quantities() -> None:
    for text in ("on 14 February 2003", "in 1991", "resolution 687", "paragraph 14 of S/2014/189", "article 5"):
        assert not holds_quantity(text), text
    for text in (
        "two ships",
        "1.4 million thalers",
        "65 per cent",
        "up to 11 400 men",
        "дві ракети",
        "dreißig, nein, zehn",
    ):
        assert holds_quantity(text), text
    assert holds_money("$40 were paid")
    assert not holds_money("40 were paid")


def test_confidence_falls_with_what_is_unmet_and_rises_with_the_reranker(snapshot: Snapshot) -> None:
    def sure(question: str, **scores: float) -> float:
        query = understand(question, (), Filters(), snapshot, Vocabulary.of(snapshot), TODAY)
        found = [Passage(snapshot.statements[NORWAY], Paragraph(1, NETWORK), 1.0, {"dense": 0.86, **scores})]
        return confidence(query, found, found, lambda number: "")

    told, untold = "What did Brekke say about Malta?", "What did Brekke say about the Kvitfjell accord?"
    assert sure(untold, reranker=4.0) < sure(told, reranker=4.0)
    assert sure(told, reranker=-6.0) < sure(told, reranker=4.0)
    assert (
        confidence(understand(told, (), Filters(), snapshot, Vocabulary.of(snapshot), TODAY), [], [], lambda _: "") == 0
    )


def test_the_settings_have_the_measured_threshold() -> None:
    assert load().answer.threshold == THRESHOLD
