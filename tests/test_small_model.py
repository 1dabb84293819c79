"""The writer `llm` with a real model that is far too small to be right: what it writes is checked all the same."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from assistant.endpoint import Completion, Endpoint, Message
from assistant.llm_writer import LlmWriter
from assistant.question import Query
from store.errors import ModelError
from store.models import require
from store.types import Filters
from tests import small_model
from tests.test_llm_writer import EVIDENCE, FirstSentences, assert_sound
from ui.settings import load

QUESTIONS = (
    "What does Lestrin propose?",
    "How many officers does Lestrin ask Tarvenia for?",
    "Did Tarvenia open a gate in February 2018?",
    "Who said that the plan failed?",
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    if find_spec(small_model.ENGINE) is None:
        pytest.skip(f"{small_model.ENGINE} is not installed; make test-llm gets it")
    try:
        require(small_model.CARD, load().models.folder)
    except ModelError:
        pytest.skip(f"{small_model.CARD.name} (93 MB) is not prepared; make test-llm gets it")
    with small_model.serving() as served:
        yield served


class Recording:
    """The endpoint, with what it wrote kept to be looked at."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.written: list[str] = []

    def complete(self, messages: list[Message], schema: dict[str, object] | None) -> Completion:
        completion = self._endpoint.complete(messages, schema)
        self.written.append(completion.text)
        return completion


@pytest.mark.timeout(600)
def test_what_a_small_model_writes_is_shown_only_where_it_holds(address: str) -> None:
    model = Recording(Endpoint("openai", address, "small", timeout=200, answer_tokens=250))
    writer = LlmWriter(model, FirstSentences(), answer_tokens=250)  # type: ignore[arg-type]
    for question in QUESTIONS:
        draft = writer.write(Query(question, "en", Filters()), EVIDENCE)
        assert_sound(draft)
        assert draft.tokens
    assert any('"quote"' in text for text in model.written), "the engine was to enforce the schema"
