"""Questions that lean on a conversation: what is carried, what is replaced, whom a pronoun means."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import pytest

from assistant.answer import Turn
from assistant.question import Query, understand
from assistant.vocabulary import Vocabulary
from store.snapshot import Snapshot
from store.types import Filters
from tests.test_vocabulary import header
from tests.test_vocabulary import snapshot as snapshot_of

TODAY = datetime.date(2026, 11, 1)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return snapshot_of(
        (
            header("S/PV.12", "Norway", "Mr. Halvard Brekke", "2014-03-15"),
            header("S/PV.12", "Portugal", "Ms. Rosa Quintel", "2014-03-15"),
            header("GD/DNK/2022", "Denmark", "Ms. Ellen Toft", "2022-09-20"),
            header("GD/TJK/2022", "Tajikistan", "Mr. Rustam Safi", "2022-09-21"),
            header("GD/TJK/2010", "Tajikistan", "Mr. Rustam Safi", "2010-09-21"),
        )
    )


def ask(snapshot: Snapshot, question: str, *history: Turn) -> Query:
    said: Sequence[Turn] = history
    return understand(question, said, Filters(), snapshot, Vocabulary.of(snapshot), TODAY)


def test_a_delegation_takes_the_place_of_the_one_before(snapshot: Snapshot) -> None:
    query = ask(
        snapshot,
        "and the Tajiks?",
        ("user", "For which term is Denmark running for the Council?"),
        ("assistant", "2025 to 2026 [GD/DNK/2022]."),
    )
    assert "Denmark" not in query.text
    assert "term" in query.text
    assert query.named["delegation"] == {4, 5}
    assert "code" not in query.carried
    assert query.carried["period"] == {3, 4}


def test_a_pronoun_means_the_speaker_who_was_named_last(snapshot: Snapshot) -> None:
    query = ask(
        snapshot,
        "what did he say about the dams?",
        ("user", "What did Brekke ask of the joint patrols?"),
        ("assistant", "That they report every month [S/PV.12]."),
    )
    assert "he (Brekke)" in query.text
    assert query.named["speaker"] == {1}
    assert query.carried["code"] == {1, 2}


def test_who_asks_for_somebody_else(snapshot: Snapshot) -> None:
    query = ask(
        snapshot,
        "who was against it?",
        ("user", "What did Portugal think of the joint patrols?"),
        ("assistant", "That they are useful [S/PV.12]."),
    )
    assert "Portugal" not in query.text
    assert "delegation" not in query.carried
    assert query.carried["code"] == {1, 2}


def test_without_a_conversation_a_question_stands_as_it_is(snapshot: Snapshot) -> None:
    query = ask(snapshot, "what did he say?")
    assert (query.text, query.question, query.carried) == ("what did he say?", "", {})


def test_names_that_the_vocabulary_does_not_know(snapshot: Snapshot) -> None:
    assert ask(snapshot, "What did Norway say about Karelstad in 2014?").names == ("Karelstad",)
    assert ask(snapshot, "Was sagte Norwegen 2014 zum Abschuss von MH17?").names == ("MH17",)


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("Qual è il totale?", "Che cosa ha chiesto Brekke per le pattuglie comuni?"),
        ("Wie lautet die Zahl her?", "Was verlangte Brekke für die gemeinsamen Streifen?"),
    ],
)
def test_a_word_that_is_a_pronoun_elsewhere_means_nobody(snapshot: Snapshot, question: str, before: str) -> None:
    query = ask(snapshot, question, ("user", before), ("assistant", "[S/PV.12]"))
    assert "(Brekke)" not in query.text
    assert "speaker" not in query.named


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("Qu'a-t-il dit des barrages ?", "Qu'a demandé Brekke pour les patrouilles communes ?"),
        ("Was sagte er zu den Dämmen?", "Was verlangte Brekke für die gemeinsamen Streifen?"),
        ("Che cosa ha detto lui delle dighe?", "Che cosa ha chiesto Brekke per le pattuglie comuni?"),
        ("¿Qué dijo él de las presas?", "¿Qué pidió Brekke para las patrullas conjuntas?"),
        ("Что он сказал о плотинах?", "Чего Brekke требовал от совместных патрулей?"),
    ],
)
def test_pronouns_in_each_language(snapshot: Snapshot, question: str, before: str) -> None:
    query = ask(snapshot, question, ("user", before), ("assistant", "[S/PV.12]"))
    assert "(Brekke)" in query.text
    assert query.named["speaker"] == {1}
