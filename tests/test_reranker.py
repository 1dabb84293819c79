"""The cross-encoder puts the passage that answers before the one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.reranker import CrossEncoder, Reranker
from store.errors import ModelError

QUESTION = "When was the border crossing opened again?"
RIGHT = "The crossing on the northern border was opened again in May 2011, after the two sides had agreed on patrols."
NEAR = "The delegation thanked the chair for the report on border management and asked for more details."
FAR = "Fish stocks in the lake have recovered since the new quotas were introduced."


@pytest.fixture(scope="module")
def reranker(models_folder: Path) -> Reranker:
    return CrossEncoder.load(models_folder)


def test_the_right_passage_comes_first_in_any_order(reranker: Reranker) -> None:
    right, near, far = reranker.scores(QUESTION, [RIGHT, NEAR, FAR])

    assert right > near > far
    assert reranker.scores(QUESTION, [FAR, RIGHT, NEAR]) == pytest.approx([far, right, near], abs=0.2)


def test_a_score_depends_little_on_its_neighbours(reranker: Reranker) -> None:
    alone = reranker.scores(QUESTION, [RIGHT])[0]
    among = reranker.scores(QUESTION, [RIGHT, *([NEAR * 20, FAR] * 10)])[0]

    assert among == pytest.approx(alone, abs=0.5)


def test_a_question_longer_than_the_model_knows_leaves_room_for_the_passage(reranker: Reranker) -> None:
    question = QUESTION + " We ask because nothing is known about it." * 200

    right, far = reranker.scores(question, [RIGHT * 30, FAR * 30])

    assert right > far


@pytest.mark.parametrize("text", ["", " ", "a" * 100_000, "\0\u202e🙂", "[SEP] [PAD]"])
def test_odd_texts_get_a_score(reranker: Reranker, text: str) -> None:
    assert len(reranker.scores(QUESTION, [text])) == 1
    assert len(reranker.scores(text, [RIGHT])) == 1


def test_no_texts(reranker: Reranker) -> None:
    assert reranker.scores(QUESTION, []) == []


def test_a_model_that_is_not_prepared(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="statements models --prepare"):
        CrossEncoder.load(tmp_path)
