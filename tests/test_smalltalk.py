"""What asks nothing of the statements gets a short reply, and no search."""

from __future__ import annotations

import pytest

from assistant.assistant import Assistant
from assistant.prompts import HELP, VAGUE
from store.statements import StatementStore
from store.types import Header
from tests.words import document, whole


@pytest.fixture
def assistant(store: StatementStore) -> Assistant:
    header = Header("CC.DEL/1/19", "en", delegation="Lestrin", issued="2019-02-06")
    made = document("1.txt", (header, ["Lestrin proposes a bridge over the river."]))
    store.add(store.embed([(statement, whole(statement)) for statement in made]))
    return Assistant(store)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Hello!", "en"),
        ("Thank you very much", "en"),
        ("you are a stupid bot", "en"),
        ("What can you do?", "en"),
        ("Vielen Dank, auf Wiedersehen und guten Abend", "de"),
        ("Merci beaucoup, bonne journée et au revoir", "fr"),
        ("Здравствуйте! Большое спасибо", "ru"),
    ],
)
def test_politeness_and_curses(assistant: Assistant, question: str, language: str) -> None:
    answer = assistant.ask(question)
    assert (answer.status, answer.refusal, answer.passages) == ("not_found", HELP[language], ())
    assert answer.text == answer.refusal


@pytest.mark.parametrize("question", ["What about it?", "Why?", "And?", "???"])
def test_no_subject(assistant: Assistant, question: str) -> None:
    assert assistant.ask(question).refusal == VAGUE["en"]


@pytest.mark.parametrize(
    "question",
    [
        "Who said hello?",
        "What did Lestrin propose?",
        "bridge",
        "Is the bridge useless?",
        "Thanks, and what about the river?",
        "CC.DEL/1/19",
        "What happened in 2019?",
    ],
)
def test_a_question_is_a_question(assistant: Assistant, question: str) -> None:
    assert assistant.ask(question).passages


def test_a_short_follow_up_is_none_of_it(assistant: Assistant) -> None:
    history = (("user", "What did Lestrin propose?"), ("assistant", "A bridge."))
    assert assistant.ask("Why?", history=history).passages  # type: ignore[arg-type]
