"""Answers as server-sent events: claims, then the whole; failures as events too."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from small_app import HARBOUR, REFUSED, small_client

from ui import events

STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with small_client(tmp_path_factory.mktemp("events") / "store") as client:
        yield client


def read(text: str) -> list[tuple[str, Any]]:
    """The events of a stream as a client reads them: name and data."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def test_claims_come_as_events_and_then_the_same_object_as_without(http: TestClient) -> None:
    body = {"question": HARBOUR}
    plain = http.post("/api/ask", json=body)
    reply = http.post("/api/ask", json=body, headers=STREAM)
    *claims, (name, whole) = read(reply.text)

    assert plain.json()["status"] == "answered"
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["x-request-id"]
    assert (name, lasting(whole)) == ("answer", lasting(plain.json()))
    assert [name for name, _ in claims] == ["claim"] * len(whole["claims"])
    assert [{**claim, "cited": None} for _, claim in claims] == [{**claim, "cited": None} for claim in whole["claims"]]
    assert [cited for _, claim in claims for cited in claim["cited"]] == whole["citations"]


def test_a_refusal_is_an_answer_in_a_stream_too(http: TestClient) -> None:
    ((name, whole),) = read(http.post("/api/ask", json={"question": REFUSED}, headers=STREAM).text)

    assert (name, whole["status"], whole["claims"]) == ("answer", "not_found", [])


@pytest.mark.parametrize("body", [{"question": " "}, {"question": "x", "writer": "poet"}])
def test_what_fails_while_answering_is_an_event_with_the_problem(http: TestClient, body: dict[str, str]) -> None:
    plain = http.post("/api/ask", json=body).json()
    reply = http.post("/api/ask", json=body, headers=STREAM)
    ((name, problem),) = read(reply.text)

    assert name == "error"
    assert problem == {**plain, "request_id": reply.headers["x-request-id"]}
    assert problem["status"] == 422


def test_a_body_that_is_wrong_is_refused_before_a_stream_begins(http: TestClient) -> None:
    reply = http.post("/api/ask", json={"qestion": "x"}, headers=STREAM)

    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_failure_of_the_program_is_told_without_its_insides() -> None:
    def broken() -> str:
        raise RuntimeError("the insides")

    app = events.respond(broken, iter, events.problem_event("7"))
    ((name, problem),) = read(TestClient(app).get("/").text)

    assert (name, problem["status"], problem["request_id"]) == ("error", 500, "7")
    assert "insides" not in problem["detail"]


def test_a_long_silence_is_filled_with_comments(monkeypatch: pytest.MonkeyPatch) -> None:

    def slow() -> str:
        time.sleep(0.3)
        return events.event(1, "answer")

    monkeypatch.setattr(events, "QUIET_SECONDS", 0.05)
    text = TestClient(events.respond(slow, lambda told: iter([told]), events.problem_event("7"))).get("/").text

    assert text.startswith(": ")
    assert read(text) == [("answer", 1)]


@pytest.mark.parametrize(
    ("accept", "stream"),
    [
        ("text/event-stream", True),
        ("application/json, Text/Event-Stream; q=0.5", True),
        ("*/*", False),
        ("application/json", False),
        ("text/event-stream;q=0", False),
        ("text/event-stream; q=0.000, */*", False),
        ("", False),
    ],
)
def test_a_stream_is_given_to_who_names_it(accept: str, stream: bool) -> None:
    assert events.wanted(accept) is stream


def test_the_openapi_document_describes_both(http: TestClient) -> None:
    content = http.get("/openapi.json").json()["paths"]["/api/ask"]["post"]["responses"]["200"]["content"]

    assert set(content) == {"application/json", "text/event-stream"}
    assert content["text/event-stream"]["schema"]["type"] == "string"
