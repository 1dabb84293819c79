"""Figures of an evaluation, their intervals, and the comparison of two runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from served import ROOT, run, sample_store

from assistant.evaluation import bootstrap, compare, holds, read_rows
from store.errors import InputError
from store.types import Header, Paragraph, Passage, StoredStatement

QUESTIONS = ROOT / "samples" / "questions.jsonl"


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = bootstrap([0.0, 1.0] * 10), bootstrap([0.0, 1.0] * 1000)
    assert few.mean == many.mean == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high


def test_two_runs_are_compared_question_by_question() -> None:
    before = {"a": {"right": 0.0}, "b": {"right": 1.0, "cited": 1.0}, "gone": {"right": 1.0}}
    after = {"a": {"right": 1.0}, "b": {"right": 1.0, "cited": 0.5}, "new": {"right": 0.0}}
    found = compare(before, after)
    assert (found["right"].mean, found["right"].n) == (0.5, 2)
    assert (found["cited"].mean, found["cited"].n) == (-0.5, 1)


def test_a_gold_quote_may_begin_with_the_printed_number() -> None:
    statement = StoredStatement(1, Header("CC.DEC/1", "en"), "1.txt", 1)
    passage = Passage(statement, Paragraph(2, "Decides to meet at noon.", "12."))
    assert holds(passage, ["12. Decides to meet"])
    assert holds(passage, ["no, this not", "to meet at noon"])
    assert not holds(passage, ["13. Decides to meet"])


@pytest.mark.parametrize("text", ["no JSON", "[1]", '{"right": true}'])
def test_a_file_that_holds_no_details_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "details.jsonl"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"details\.jsonl"):
        read_rows(file)


def test_the_command(tmp_path: Path) -> None:
    lines = QUESTIONS.read_text("utf-8").splitlines()
    odd = {
        "id": "X",
        "type": "unanswerable",
        "language": "en",
        "question": "Is <b>Atlantis</b> a member of the herons' club?",
    }
    file, details, page = tmp_path / "few.jsonl", tmp_path / "details.jsonl", tmp_path / "page.html"
    file.write_text("\n".join([*lines[:3], json.dumps(odd)]), "utf-8")

    store = shutil.copytree(sample_store(), tmp_path / "store")  # another test may serve the shared one
    first = run("--store", store, "eval", file, "--details", details, "--page", page)
    second = run("--store", store, "eval", file, "--compare", details, "--json")

    assert first.code == second.code == 0, first.err + second.err
    assert "95 % interval" in first.out
    rows = [json.loads(line) for line in details.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == [*(json.loads(line)["id"] for line in lines[:3]), "X"]
    found = json.loads(second.out)
    assert found["figures"]["all"]["R@5"]["n"] == 3
    assert found["figures"]["all"]["verbatim"]["mean"] == 1.0
    assert {figure["mean"] for figure in found["change"].values()} == {0.0}
    assert "&lt;b&gt;Atlantis&lt;/b&gt;" in page.read_text("utf-8")


def test_a_file_without_questions_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n", "utf-8")
    done = run("--store", tmp_path / "store", "eval", empty)
    assert done.code == 2
    assert "holds no question" in done.err
