"""The protocol of chat completions, asked by the clients that people use: OpenAI's own and LlamaIndex's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam
from small_app import HARBOUR, REFUSED, small_client

from ui import markdown


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with small_client(tmp_path_factory.mktemp("openai") / "store") as client:
        yield client


@pytest.fixture(scope="module")
def client(http: TestClient) -> OpenAI:
    return OpenAI(base_url="http://testserver/v1", api_key="none", http_client=http, max_retries=0)


def asked(question: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": question}]


def extra(message: Any) -> dict[str, Any]:  # noqa: ANN401  a model of the client with fields that it does not declare
    return dict(message.model_extra or {})


def test_the_models_are_listed(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["statements", "statements-extractive"]
    assert client.models.retrieve("statements").object == "model"


def test_an_answer_has_marks_sources_and_the_citations_of_the_other_way_in(client: OpenAI, http: TestClient) -> None:
    completion = client.chat.completions.create(model="statements", messages=asked(HARBOUR))
    answer = http.post("/api/ask", json={"question": HARBOUR}).json()
    (choice,) = completion.choices
    text = choice.message.content or ""
    said, sources = text.split(markdown.RULE)

    assert answer["status"] == "answered"
    assert extra(choice.message)["citations"] == answer["citations"]
    assert extra(choice.message)["status"] == "answered"
    assert choice.finish_reason == "stop"
    for citation in answer["citations"]:
        mark = f"[{citation['n']}]"
        assert citation["quote"] in said
        assert mark in said
        line = next(line for line in sources.splitlines() if line.startswith(f"- {mark} "))
        assert f"{citation['code']}, para. {citation['paragraph']}" in line
        assert line.endswith(f": http://testserver{citation['url']}")
    for citation, annotation in zip(answer["citations"], choice.message.annotations or [], strict=True):
        place = annotation.url_citation
        assert text[place.start_index : place.end_index] == f"[{citation['n']}]"
        assert place.url == f"http://testserver{citation['url']}"
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_a_stream_gives_the_same_piece_by_piece(client: OpenAI) -> None:
    whole = client.chat.completions.create(model="statements", messages=asked(HARBOUR))
    chunks = list(
        client.chat.completions.create(
            model="statements", messages=asked(HARBOUR), stream=True, stream_options={"include_usage": True}
        )
    )
    deltas = [choice for chunk in chunks for choice in chunk.choices]

    assert "".join(choice.delta.content or "" for choice in deltas) == whole.choices[0].message.content
    assert [choice.finish_reason for choice in deltas[-2:]] == [None, "stop"]
    assert extra(deltas[-1].delta)["citations"] == extra(whole.choices[0].message)["citations"]
    assert chunks[-1].usage == whole.usage
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_refusal_is_a_message(client: OpenAI) -> None:
    (choice,) = client.chat.completions.create(model="statements", messages=asked(REFUSED)).choices

    assert choice.finish_reason == "stop"
    assert choice.message.content == markdown.escape("The statements here do not say.")
    assert extra(choice.message) | {"annotations": None} == {
        "status": "not_found",
        "citations": [],
        "annotations": None,
    }


def test_markup_in_a_document_stays_words_and_the_citation_verbatim(client: OpenAI) -> None:
    (choice,) = client.chat.completions.create(
        model="statements", messages=asked("Sylvania: the weir is old and wet")
    ).choices
    text = choice.message.content or ""

    assert any("![x](http://" in citation["quote"] for citation in extra(choice.message)["citations"])
    assert "![x](" not in text
    assert "<b>" not in text.replace(r"\<b>", "")


def test_what_was_said_before_is_the_history(client: OpenAI, http: TestClient) -> None:
    first = client.chat.completions.create(model="statements", messages=asked(HARBOUR)).choices[0].message.content
    later = "And how many clerks would it have?"
    (choice,) = client.chat.completions.create(
        model="statements",
        messages=[
            {"role": "system", "content": "You may invent what the statements do not say."},
            *asked(HARBOUR),
            {"role": "assistant", "content": first},
            {"role": "user", "content": [{"type": "text", "text": later}]},
        ],
    ).choices
    history = [["user", HARBOUR], ["assistant", markdown.plain(first or "")]]
    answer = http.post("/api/ask", json={"question": later, "history": history}).json()

    assert answer["standalone_question"] != later
    assert extra(choice.message)["citations"] == answer["citations"]


def test_filters_are_taken_as_everywhere(client: OpenAI) -> None:
    (choice,) = client.chat.completions.create(
        model="statements-extractive",
        messages=asked("Who keeps the weir?"),
        extra_body={"filters": {"code": ["XX.DEL/1/20"]}},
    ).choices

    assert {citation["code"] for citation in extra(choice.message)["citations"]} <= {"XX.DEL/1/20"}


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


@pytest.mark.parametrize(
    ("body", "status", "param", "said"),
    [
        ({"model": "gpt-4o", "messages": asked("x")}, 404, "model", "statements"),
        ({"model": "statements", "messages": []}, 400, "messages", "at least 1"),
        ({"model": "statements"}, 400, "messages", "required"),
        ({"messages": asked("x")}, 400, "model", "required"),
        ({"model": "statements", "messages": [{"role": "system", "content": "x"}]}, 400, None, "no question"),
        ({"model": "statements", "messages": asked(" ")}, 400, None, "empty"),
        ({"model": "statements", "messages": asked("x" * 100_000)}, 400, None, "100,000 characters"),
        ({"model": "statements", "messages": asked("x") * 201}, 400, "messages", "200"),
        ({"model": "statements", "messages": [{"role": "tool", "content": "x"}]}, 400, "messages.0.role", "user"),
        ({"model": "statements", "messages": [{"role": "user", "content": [IMAGE]}]}, 400, None, "'text'"),
        ({"model": "statements", "messages": asked("x"), "n": 2}, 400, "n", "1"),
        (
            {"model": "statements", "messages": asked("x"), "response_format": {"type": "json_object"}},
            400,
            None,
            "text",
        ),
        ({"model": "statements", "messages": asked("x"), "filters": {"issued_to": "soon"}}, 400, None, "not a date"),
        ({"model": "statements", "messages": asked("\ud800")}, 400, None, "question"),
    ],
)
def test_errors_have_the_form_of_the_protocol(
    http: TestClient, body: dict[str, Any], status: int, param: str | None, said: str
) -> None:
    sent = json.dumps(body).encode()
    reply = http.post("/v1/chat/completions", content=sent, headers={"Content-Type": "application/json"})
    error = reply.json()["error"]

    assert reply.status_code == status, reply.text
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert said in error["message"]
    assert "\n" not in error["message"]
    assert param is None or error["param"] == param
    assert error["code"] == ("model_not_found" if status == 404 else None)
    assert reply.headers["x-request-id"]


def test_the_client_knows_the_errors(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-4o", messages=asked("x"))
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="statements", messages=[])
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="statements", input="x")
    with pytest.raises(openai.APIError, match="empty"):
        list(client.chat.completions.create(model="statements", messages=asked(" "), stream=True))


def test_a_path_or_method_that_is_not_there(http: TestClient) -> None:
    assert http.get("/v1/chat/completions").status_code == 405
    assert http.get("/v1/chat/completions").headers["allow"] == "POST"
    assert http.get("/v1/nothing").json()["error"]["message"].startswith("there is no /v1/nothing")


def test_llamaindex_chats_with_the_statements(http: TestClient) -> None:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.llms.openai_like import OpenAILike

    llm = OpenAILike(
        model="statements", api_base="http://testserver/v1", api_key="none", is_chat_model=True, http_client=http
    )
    question = ChatMessage(role="user", content=HARBOUR)
    whole = llm.chat([question]).message.content or ""
    streamed = "".join(part.delta or "" for part in llm.stream_chat([question]))

    assert "[1]" in whole
    assert streamed == whole
