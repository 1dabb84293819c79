"""The assistant over the sample statements, with the real models: found, quoted, checked, or refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answer import Answer
from assistant.assistant import Assistant
from assistant.evaluation import Question, evaluate, read_questions, summary
from assistant.retriever import fused
from store.errors import InputError
from store.types import Filters
from tests.served import ROOT, SAMPLES, sample_store
from ui.settings import load
from ui.wiring import build_assistant, open_store

QUESTIONS = SAMPLES.parent / "questions.jsonl"


@pytest.fixture(scope="module")
def assistant(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("assistant") / "store"
    shutil.copytree(sample_store(), folder)
    settings = load(overrides={"store.folder": folder, "models.folder": models_folder})
    with open_store(settings) as store:
        yield build_assistant(settings, store)


def assert_quotes_stand(answer: Answer) -> None:
    """Every citation equals its paragraph's text at its place, and every claim has one."""
    numbers = {citation.n for citation in answer.citations}
    for citation in answer.citations:
        assert citation.passage.paragraph.text[citation.start : citation.end] == citation.quote != ""
    for claim in answer.claims:
        assert claim.citations
        assert set(claim.citations) <= numbers


@pytest.mark.parametrize("question", read_questions(QUESTIONS), ids=lambda question: question.id)
def test_every_sentence_of_every_answer_is_a_quote(assistant: Assistant, question: Question) -> None:
    answer = assistant.ask(question.question, history=question.history)
    assert_quotes_stand(answer)
    assert (answer.status == "answered") == bool(answer.claims)
    assert bool(answer.refusal) != bool(answer.claims)
    assert answer.language == question.language


def test_the_samples_are_found_and_answered(assistant: Assistant) -> None:
    figures = summary(evaluate(assistant, read_questions(QUESTIONS)))
    assert figures["all"]["R@5"].mean >= 0.8
    assert figures["all"]["right"].mean >= 0.4


def test_the_answer_comes_from_the_current_revision(assistant: Assistant) -> None:
    answer = assistant.ask("How many duty officers does Lestrin want?")
    assert {c.passage.statement.superseded_by for c in answer.citations} == {None}


def test_an_older_revision_is_quoted_when_its_code_is_asked_for(assistant: Assistant) -> None:
    answer = assistant.ask("What would the Centre cost a year according to cc.del 12/19?")
    assert answer.filters.code == ("CC.DEL/12/19",)
    assert all(p.statement.header.code.startswith("CC.DEL/12/19") for p in answer.passages)


@pytest.mark.parametrize(
    "question",
    [
        "What do Lestrin and Tarvenia say about the Joint Notification Centre?",
        "How does Tarvenia see the Joint Notification Centre, and what does Lestrin want of it?",
    ],
)
def test_a_comparison_is_answered_from_each_side(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    heard = {citation.passage.statement.header.delegation for citation in answer.citations}
    assert {"Tarvenia", "Lestrin"} <= heard


def test_a_list_is_answered_with_its_items(assistant: Assistant) -> None:
    answer = assistant.ask("Which objections does Tarvenia raise in CC.DEL/14/19 against the plan for a centre?")
    cited = {citation.passage.paragraph.number for citation in answer.citations}
    assert len(cited) > 1
    assert {c.passage.statement.header.code for c in answer.citations} == {"CC.DEL/14/19"}


def test_a_filter_that_leaves_nothing_is_kept_and_said(assistant: Assistant) -> None:
    answer = assistant.ask("Who proposed a joint notification centre?", filters=Filters(delegation=("Atlantis",)))
    assert answer.status == "not_found"
    assert "Atlantis" in answer.notes[0]
    assert answer.passages == ()


def test_a_code_in_the_question_gives_way_to_a_filter_that_was_set(assistant: Assistant) -> None:
    answer = assistant.ask("What does CC.DEL/14/19 say of the Centre?", filters=Filters(language=("fr",)))
    assert answer.filters == Filters(language=("fr",))
    assert {p.statement.header.language for p in answer.passages} == {"fr"}


def test_a_code_that_is_not_here_is_said(assistant: Assistant) -> None:
    answer = assistant.ask("Was steht in PC.DEL/1/99?")
    assert answer.refusal == answer.text == "PC.DEL/1/99 ist nicht unter den hier vorliegenden Erklärungen."
    assert answer.notes == answer.claims == ()
    assert assistant.ask("What does CC.DEC/7 decide?").notes == ()


def test_filters_hold(assistant: Assistant) -> None:
    result = assistant.search("joint notification centre", filters=Filters(delegation=("Tarvenia",)), limit=50)
    assert result.passages
    assert {p.statement.header.delegation for p in result.passages} == {"Tarvenia"}


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("What is the recipe for an apple pie with cinnamon?", "The statements here do not say."),
        (
            "Wie lautet das Rezept für einen Apfelkuchen mit Zimt?",
            "Die hier vorliegenden Erklärungen sagen dazu nichts.",
        ),
        ("Какой рецепт яблочного пирога с корицей?", "В имеющихся здесь заявлениях об этом не говорится."),
    ],
)
def test_what_the_statements_do_not_say_is_refused_in_the_questions_language(
    assistant: Assistant, question: str, refusal: str
) -> None:
    answer = assistant.ask(question)
    assert answer.status == "not_found"
    assert answer.text == answer.refusal == refusal
    assert answer.claims == answer.citations == ()
    assert answer.passages


def test_a_follow_up_carries_what_was_asked_before(assistant: Assistant) -> None:
    history = (("user", "Where is the Joint Notification Centre located?"), ("assistant", "In Roccavel [CC.DEC/7]."))
    answer = assistant.ask("And from what day?", history=history)  # type: ignore[arg-type]
    assert "Joint Notification Centre" in answer.standalone_question


@pytest.mark.parametrize("question", ["", "   ", "x" * 5000])
def test_what_is_no_question_is_refused_as_input(assistant: Assistant, question: str) -> None:
    with pytest.raises(InputError):
        assistant.ask(question)


def test_an_unknown_writer_is_named(assistant: Assistant) -> None:
    with pytest.raises(InputError, match="quill"):
        assistant.ask("Who proposed it?", writer="quill")


def test_an_empty_store_says_so(models_folder: Path, tmp_path: Path) -> None:
    settings = load(overrides={"store.folder": tmp_path, "models.folder": models_folder})
    with open_store(settings) as store:
        answer = build_assistant(settings, store).ask("Who proposed a joint notification centre?")
    assert answer.status == "not_found"
    assert answer.refusal == "There are no statements in the store yet."


def test_fusion_prefers_what_both_indexes_prefer() -> None:
    both = fused(0.9, 0.9, 12.0, 12.0)
    assert both > fused(0.9, 0.9, 3.0, 12.0)
    assert both > fused(0.85, 0.9, 12.0, 12.0)
    assert fused(0.9, 0.9, 0.0, 0.0) == 0.0


def test_the_parts_for_llamaindex_give_the_same(assistant: Assistant) -> None:
    from assistant.llamaindex import StatementQueryEngine, StatementRetriever

    question = "Who proposed a joint notification centre?"
    nodes = StatementRetriever(assistant, limit=3).retrieve(question)
    passages = assistant.search(question, limit=3).passages
    assert [(n.node.metadata["code"], n.node.metadata["paragraph"]) for n in nodes] == [
        (p.statement.header.code, p.paragraph.number) for p in passages
    ]
    response = StatementQueryEngine(assistant=assistant).query(question)
    answer = assistant.ask(question)
    assert str(response) == answer.text
    assert response.metadata is not None
    assert response.metadata["status"] == "answered"
    assert [c["quote"] for c in response.metadata["citations"]] == [c.quote for c in answer.citations]


def test_the_example_of_the_documentation_runs(
    models_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATEMENTS_STORE", str(shutil.copytree(sample_store(), tmp_path / "store")))
    monkeypatch.setenv("STATEMENTS_MODELS_FOLDER", str(models_folder))
    text = (ROOT / "docs" / "llamaindex.md").read_text("utf-8")
    exec(text.split("```python\n")[1].split("```")[0], {})
    printed = capsys.readouterr().out
    assert "CC.DEL/12/19/Rev.1" in printed
    assert "answered" in printed


def test_question_files_that_are_none_are_named(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(json.dumps({"id": "1"}) + "\n", "utf-8")
    with pytest.raises(InputError, match="line 1"):
        read_questions(path)


def test_where_a_sum_is_asked_for_only_what_names_one_is_quoted(assistant: Assistant) -> None:
    answer = assistant.ask("How much would the Centre cost a year?")
    assert answer.citations
    assert all("thalers" in citation.quote for citation in answer.citations)
