"""The same paragraph in two statements is evidence once, and the other is named beside it."""

from __future__ import annotations

from assistant.assistant import evidence
from assistant.twins import is_twin, twins_of
from store.types import Header, Paragraph, Passage, StoredStatement

TEXT = "The Council extends the mission until 31 May 2019."


def passage(number: int, code: str, text: str = TEXT, *, language: str = "en", place: int = 4) -> Passage:
    statement = StoredStatement(number, Header(code, language), f"{number}.txt", 9)
    return Passage(statement, Paragraph(place, text), 1.0)


def test_equal_words_in_another_statement_are_a_twin_and_nearly_equal_ones_are_not() -> None:
    one = passage(1, "CC.DEC/1")
    assert is_twin(one, passage(2, "CC.DEC/9", TEXT.replace("the mission", "the  mission,"), place=7))
    assert not is_twin(one, passage(2, "CC.DEC/2", TEXT.replace("2019", "2020")))
    assert not is_twin(one, passage(1, "CC.DEC/1", place=5))


def test_a_translation_is_the_same_paragraph_of_the_same_document() -> None:
    one = passage(1, "CC.DEC/1")
    german = "Der Rat verlängert die Mission bis 31. Mai 2019."
    assert is_twin(one, passage(2, "CC.DEC/1", german, language="de"))
    assert not is_twin(one, passage(2, "CC.DEC/1", german, language="de", place=5))
    assert not is_twin(one, passage(2, "CC.DEC/2", german, language="de"))
    assert not is_twin(one, passage(2, "CC.DEC/1", german * 3, language="de"))


def test_evidence_holds_it_once() -> None:
    found = [passage(1, "CC.DEC/1"), passage(2, "CC.DEC/9"), passage(3, "CC.DEC/3", "Lestrin abstained.")]
    assert [p.statement.id for p in evidence(found)] == [1, 3]
    assert twins_of(found[0], found) == (found[1],)
