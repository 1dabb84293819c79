"""How a vote went is found from what was voted on."""

from __future__ import annotations

from pathlib import Path

import pytest
from words import WordEmbedder, document, whole

from assistant.assistant import Assistant
from assistant.votes import asks_for_outcome, tells_outcome
from store.statements import StatementStore
from store.types import Header

LINE = "Adopted at the 4th meeting by 9 votes to 1 (Lestrin), with 2 abstentions (Ordavia, Fenwick)."
NONE = "Adopted at the 5th meeting by 12 votes to none."


@pytest.mark.parametrize(
    "question",
    [
        "Who abstained on the call to leave the islands?",
        "Which State voted no?",
        "Was it unanimous?",
        "Qui s’est abstenu ?",
        "Wer enthielt sich?",
        "¿Quién se abstuvo en la votación?",
        "Chi si è astenuto?",
        "Кто воздержался?",
        "Хто утримався?",
    ],
)
def test_a_question_for_the_outcome_is_known(question: str) -> None:
    assert asks_for_outcome(question)


@pytest.mark.parametrize("question", ["Who leads the Votyak party?", "What did Lestrin propose?", "Wer hat abgesagt?"])
def test_other_questions_are_left_alone(question: str) -> None:
    assert not asks_for_outcome(question)


def test_a_line_must_tell_what_is_asked() -> None:
    assert tells_outcome("Who abstained?", LINE)
    assert tells_outcome("Who voted against it?", LINE)
    assert not tells_outcome("Who abstained?", NONE)
    assert not tells_outcome("Who voted against it?", NONE)
    assert tells_outcome("How many votes did it get?", NONE)
    assert not tells_outcome("Who abstained?", "Lestrin abstained from comment.")


def test_the_line_is_found_from_what_was_voted_on(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as store:
        files = [
            document(
                f"{n}.txt",
                (
                    Header(f"XX.DEC/{n}/20", "en"),
                    [f"Calls upon Tarvenia to leave the {place} at once.", "It is grave.", line],
                ),
            )
            for n, (place, line) in enumerate([("islands", LINE), ("harbours", NONE), ("bridges", LINE)], 1)
        ]
        store.add(store.embed([(one, whole(one)) for file in files for one in file]))
        found = Assistant(store).search("Who abstained on the call to leave the islands?").passages
    first = [(p.statement.header.code, p.paragraph.number) for p in found[:2]]
    assert set(first) == {("XX.DEC/1/20", 1), ("XX.DEC/1/20", 3)}
