"""What a question wants: one thing, all of a list, everyone who spoke, or an answer from each side."""

from __future__ import annotations

import pytest

from assistant.assistant import side_evidence
from assistant.named import Found, FoundKind, Named
from assistant.shape import asks_for_everyone, asks_for_several, items, sides
from store.types import Header, Paragraph, Passage, StoredStatement


@pytest.mark.parametrize(
    "question",
    [
        "What were the four objections of Tarvenia?",
        "Which bridges did the engineers close?",
        "Which old mountain bridges were closed?",
        "Welche Brücken wurden gesperrt?",
        "Quels ponts ont été fermés ?",
        "¿Cuáles son las tres condiciones?",
        "Quali ponti sono stati chiusi?",
        "Какие мосты были закрыты?",
        "Які мости було закрито?",
    ],
)
def test_a_question_for_all_of_something(question: str) -> None:
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "When was the bridge closed?",
        "What was the price of the bridge?",
        "What does Lestrin propose?",
        "Which bridge did the engineers close?",
        "In which country's speech does the bridge come up?",
        "Wann wurde die Brücke gesperrt?",
        "Когда был закрыт мост?",
    ],
)
def test_a_question_for_one_thing(question: str) -> None:
    assert not asks_for_several(question)


def test_a_question_for_everyone_who_said_something() -> None:
    assert asks_for_everyone("Which delegations mentioned the dam?")
    assert asks_for_everyone("Какие делегации упомянули плотину?")
    assert not asks_for_everyone("Which delegation mentioned the dam?")
    assert not asks_for_everyone("Which bridges were closed?")


def named(question: str, **found: tuple[FoundKind, set[int]]) -> tuple[str, Named]:
    """The question, and that each of these words of it means these statements."""
    at = {word: question.index(word) for word in found}
    items = [Found(kind, w, at[w], at[w] + len(w), frozenset(ids)) for w, (kind, ids) in found.items()]
    return question, Named(tuple(sorted(items, key=lambda item: item.start)), ())


LESTRIN: tuple[FoundKind, set[int]] = ("delegation", {1, 2})
TARVENIA: tuple[FoundKind, set[int]] = ("delegation", {3})


@pytest.mark.parametrize(
    "question",
    [
        "What do Lestrin and Tarvenia say about the dam?",
        "Lestrin, Tarvenia: whose dam is it?",
        "What does Lestrin want of the dam, and what does Tarvenia offer?",
        "How did Lestrin and later also Tarvenia each describe the flood?",
        "Was sagt Lestrin zum Damm und was Tarvenia?",
        "Что говорит Lestrin о плотине, а что Tarvenia?",
    ],
)
def test_two_delegations_are_two_sides(question: str) -> None:
    assert sides(*named(question, Lestrin=LESTRIN, Tarvenia=TARVENIA)) == (frozenset({1, 2}), frozenset({3}))


def test_two_names_are_no_comparison_by_themselves() -> None:
    question = "How did Lestrin answer when Tarvenia opened the gates?"
    assert sides(*named(question, Lestrin=LESTRIN, Tarvenia=TARVENIA)) == ()


def test_a_speaker_and_his_delegation_are_one_side() -> None:
    question = "What did Ahlwede, Lestrin and Tarvenia say?"
    speaker: tuple[FoundKind, set[int]] = ("speaker", {2})
    assert sides(*named(question, Ahlwede=speaker, Lestrin=LESTRIN)) == ()
    both = sides(*named(question, Ahlwede=speaker, Lestrin=LESTRIN, Tarvenia=TARVENIA))
    assert both == (frozenset({2}), frozenset({3}))


@pytest.mark.parametrize("kind", ["code", "period"])
def test_documents_or_periods_are_sides_where_one_speaks(kind: FoundKind) -> None:
    found = named("What did Lestrin say in 2018 and 2019?", Lestrin=LESTRIN)[1].found
    more = named("What did Lestrin say in 2018 and 2019?", **{"2018": (kind, {1}), "2019": (kind, {2})})[1].found
    both = sides("What did Lestrin say in 2018 and 2019?", Named((*found, *more), ()))
    assert both == (frozenset({1}), frozenset({2}))


def test_what_a_question_is_about_is_no_side() -> None:
    assert sides(*named("Lestrin and the Dam", Lestrin=LESTRIN, Dam=("topic", {3}))) == ()


def paragraphs(*texts: str) -> list[Paragraph]:
    return [Paragraph(number, text) for number, text in enumerate(texts, 1)]


def test_a_spoken_list_is_followed_from_where_it_is_announced() -> None:
    speech = paragraphs(
        "The river has risen.",
        "We make three proposals.",
        "First, a gauge at each gate.",
        "It costs little.",
        "The second proposal is a joint watch.",
        "And third, we offer our boats.",
        "Let me come to the roads.",
        "They are old.",
        "They are narrow.",
        "First, they must be drained.",
    )
    assert [p.number for p in items(speech, 2)] == [3, 5, 6]
    assert [p.number for p in items(speech, 5)] == [3, 5, 6]
    assert items(speech[:2], 1) == []


def test_lettered_paragraphs_are_items() -> None:
    decision = [
        Paragraph(1, "Decides to:", "4."),
        Paragraph(2, "open the gate;", "(a)", under="4."),
        Paragraph(3, "watch the water.", "(b)", under="4."),
    ]
    assert [p.number for p in items(decision, 1)] == [2, 3]


def test_each_side_of_a_comparison_has_its_best_passages_as_evidence() -> None:
    def passage(statement_id: int, number: int, score: float) -> Passage:
        statement = StoredStatement(statement_id, Header(f"CC.DEL/{statement_id}/19", "en"), "a.txt", 1)
        return Passage(statement, Paragraph(number, "The flood came at night."), score)

    found = [passage(1, 1, 1.2), passage(1, 2, 1.1), passage(2, 1, 0.8), passage(1, 3, 0.7), passage(2, 2, 0.6)]
    assert [p.key for p in side_evidence({1}, found)] == [(1, 1), (1, 2)]
    assert [p.key for p in side_evidence({2}, found)] == [(2, 1), (2, 2)]
    assert side_evidence({2}, [passage(1, 1, 2.0), *found[1:]]) == []
    assert side_evidence({3}, found) == []
