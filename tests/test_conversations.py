"""Conversations on the server: kept over a restart, listed for their owner alone, shared by a link, exported."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from served import run
from words import WordEmbedder, document, whole

from assistant.assistant import Assistant
from assistant.evaluation import read_questions
from ingest.chunker import CHUNKING
from store.errors import InputError, NotFoundError
from store.statements import StatementStore
from store.types import Header
from ui.conversations import FILE, Conversations
from ui.render import AnswerJson, answer_json
from ui.service import Service
from ui.settings import load

HOSTILE = "<img src=x onerror=alert(1)> **chains** [a](http://outside.invalid/) hold fourteen anchors of the harbour."
QUESTION = "How many anchors do the chains of the harbour hold?"
BROWSER = {"X-Statements-Browser": "0123456789abcdef" * 2}
OTHER = {"X-Statements-Browser": "f" * 32}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StatementStore]:
    with StatementStore.open(tmp_path / "store", WordEmbedder(), chunking=CHUNKING) as opened:
        fields = {"issued": "2018-03-01", "delegation": "Norvania", "title": "<u>Chains</u>", "original_language": "de"}
        made = document("a.txt", (Header("XX.DEL/1/18", "en", **fields), (HOSTILE, "The harbour thanks the Chair.")))
        opened.add(opened.embed([(one, whole(one)) for one in made]))
        yield opened


@pytest.fixture
def service(store: StatementStore) -> Service:
    return Service(load(environment={}), store, Assistant(store, threshold=0.0))


@pytest.fixture
def answer(service: Service) -> AnswerJson:
    found = answer_json(service.ask(QUESTION))
    assert found["status"] == "answered"
    return found


@pytest.fixture
def http(store: StatementStore) -> Iterator[TestClient]:
    from ui.api import create_app

    async def build() -> FastAPI:  # outside of a running event loop Gradio makes some, and leaves them open
        return create_app(load(environment={}), store, Assistant(store, threshold=0.0))

    with TestClient(asyncio.run(build())) as client:
        yield client


def asked(http: TestClient, conversation: str = "one", headers: dict[str, str] = BROWSER) -> dict[str, Any]:
    reply = http.post("/api/ask", json={"question": QUESTION, "conversation_id": conversation}, headers=headers)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_turns_come_back_in_order_also_from_another_process(tmp_path: Path, answer: AnswerJson) -> None:
    Conversations(tmp_path / FILE, 10).add("me", "one", answer)
    Conversations(tmp_path / FILE, 10).add("me", "one", {**answer, "question": "And then?"})
    kept = Conversations(tmp_path / FILE, 10)

    assert [text for role, text in kept.history("me", "one") if role == "user"] == [QUESTION, "And then?"]
    assert kept.history("me", "one", before=2) == (("user", QUESTION), ("assistant", answer["text"]))
    assert kept.get("me", "one").turns[0].answer == answer


def test_nobody_else_sees_a_conversation(tmp_path: Path, answer: AnswerJson) -> None:
    kept = Conversations(tmp_path / FILE, 10)
    kept.add("me", "one", answer)

    assert kept.history("you", "one") == ()
    assert kept.list("you") == []
    for wrong in (kept.get, kept.share, kept.unshare, kept.delete):
        with pytest.raises(NotFoundError):
            wrong("you", "one")
    with pytest.raises(NotFoundError):
        kept.rename("you", "one", "mine")
    with pytest.raises(NotFoundError):
        kept.judge("you", "one", 1, "bad")


def test_a_question_asked_again_replaces_its_turn(tmp_path: Path, answer: AnswerJson) -> None:
    kept = Conversations(tmp_path / FILE, 10)
    kept.add("", "one", answer)
    kept.add("", "one", {**answer, "question": "wrong"})

    assert kept.add("", "one", {**answer, "question": "right"}, replace=2) == 2
    assert [turn.question for turn in kept.get("", "one").turns] == [QUESTION, "right"]


def test_the_list_is_searched_by_all_words_of_title_question_and_answer(tmp_path: Path, answer: AnswerJson) -> None:
    kept = Conversations(tmp_path / FILE, 10)
    kept.add("", "one", answer)
    kept.add("", "two", {**answer, "question": "Où est l’été 100%?", "text": "_"})
    kept.rename("", "one", "  Anchors of   MAY ")

    assert [one.id for one in kept.list("")] == ["two", "one"]
    assert [one.title for one in kept.list("", "anchors may fourteen")] == ["Anchors of MAY"]
    assert [one.id for one in kept.list("", "ete 0%")] == ["two"]
    assert kept.list("", "%_%") == []
    assert [one.id for one in kept.list("", limit=1, offset=1)] == ["one"]
    with pytest.raises(InputError):
        kept.rename("", "one", " ")


def test_beyond_the_limit_the_conversation_unused_for_longest_goes(tmp_path: Path, answer: AnswerJson) -> None:
    kept = Conversations(tmp_path / FILE, 2)
    for name in ("a", "b", "a", "c"):
        kept.add("", name, answer)

    assert {one.id: one.turns for one in kept.list("")} == {"a": 2, "c": 1}


def test_a_purged_statement_leaves_no_turn_and_nothing_on_the_disk(tmp_path: Path, answer: AnswerJson) -> None:
    kept = Conversations(tmp_path / FILE, 10)
    kept.add("", "one", answer)

    assert kept.forget(["XX.DEL/2/18"]) == 0
    assert kept.forget(["XX.DEL/1/18"]) == 1
    assert kept.list("") == []
    assert not any(b"fourteen anchors" in path.read_bytes() for path in tmp_path.glob(f"{FILE}*"))


def test_the_interface_lists_renames_and_deletes(http: TestClient) -> None:
    answer = asked(http)
    asked(http, "two")

    listed = http.get("/api/conversations", params={"limit": 1}, headers=BROWSER).json()
    assert ([one["id"] for one in listed["conversations"]], listed["more"]) == (["two"], True)
    one = http.get("/api/conversations/one", headers=BROWSER).json()
    assert one["exchanges"][0]["answer"]["claims"] == answer["claims"]
    renamed = http.patch("/api/conversations/one", json={"title": "Chains"}, headers=BROWSER)
    assert renamed.json()["title"] == "Chains"
    assert http.get("/api/conversations/one", headers=OTHER).status_code == 404
    assert http.get("/api/conversations").json()["conversations"] == []
    assert http.delete("/api/conversations/one", headers=BROWSER).status_code == 204
    assert http.delete("/api/conversations/one", headers=BROWSER).status_code == 404


def test_a_link_can_be_read_by_others_until_it_is_taken_back(http: TestClient) -> None:
    asked(http)
    link = http.post("/api/conversations/one/link", headers=BROWSER).json()["shared"]
    page = http.get(link)

    assert page.status_code == 200
    assert "&lt;img src=x" in page.text
    assert "<img" not in page.text
    assert "script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert http.delete("/api/conversations/one/link", headers=BROWSER).status_code == 204
    assert http.get(link).status_code == 404
    assert http.post("/api/conversations/one/link", headers=BROWSER).json()["shared"] != link


def test_a_statement_that_is_gone_is_no_longer_quoted(http: TestClient, store: StatementStore) -> None:
    asked(http)
    link = http.post("/api/conversations/one/link", headers=BROWSER).json()["shared"]
    store.delete([statement.id for statement in store.statements()])

    page = http.get(link).text
    assert "no longer here" in page
    assert "fourteen" not in page
    assert b"fourteen" not in http.get("/api/conversations/one/export?format=markdown", headers=BROWSER).content


def test_the_statement_beside_the_chat(http: TestClient) -> None:
    asked(http)
    query = {"conversation": "one", "turn": 1, "n": 1}
    page = http.get("/fragments/statement", params=query, headers=BROWSER).text

    assert "<mark>&lt;img" in page
    assert "The harbour thanks the Chair." in page
    assert "Translation; the original is in: German" in page
    assert 'data-text="XX.DEL/1/18, para. 1"' in page
    assert "<u>" not in page
    assert http.get("/fragments/statement", params={**query, "n": 9}, headers=BROWSER).status_code == 404
    assert http.get("/fragments/statement", params=query, headers=OTHER).status_code == 404


def test_an_export_as_markdown_holds_no_markup_of_the_statement(http: TestClient) -> None:
    asked(http)
    reply = http.get("/api/conversations/one/export?format=markdown", headers=BROWSER)

    assert reply.headers["content-disposition"].startswith("attachment;")
    assert "\\<img src=x onerror=alert(1)\\> \\*\\*chains\\*\\* \\[a\\](http" in reply.text
    assert "[^1]: XX.DEL/1/18, para. 1. 2018-03-01, Norvania, English (original German)." in reply.text
    assert "\n- XX.DEL/1/18. \\<u\\>Chains\\</u\\>" in reply.text


def test_an_export_for_word_has_footnotes(http: TestClient) -> None:
    import docx

    asked(http)
    asked(http)
    reply = http.get("/api/conversations/one/export?turn=2", headers=BROWSER)
    document = docx.Document(io.BytesIO(reply.content))
    with zipfile.ZipFile(io.BytesIO(reply.content)) as packed:
        notes = packed.read("word/footnotes.xml").decode()
        types = packed.read("[Content_Types].xml").decode()

    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts.count(QUESTION) == 1
    assert any(HOSTILE in text for text in texts)
    assert "XX.DEL/1/18, para. 1. 2018-03-01" in notes
    assert "/word/footnotes.xml" in types
    assert document.core_properties.author == ""


def test_the_original_file_is_downloaded_and_never_shown(
    http: TestClient, store: StatementStore, tmp_path: Path
) -> None:
    assert http.get("/originals/XX.DEL/1/18").status_code == 404  # the folder of this test's statements is no folder
    (tmp_path / "page.html").write_text("<script>alert(1)</script>")
    (tmp_path / "secret.txt").write_text("secret")
    for code, file in (("XX.DEL/2/18", "page.html"), ("XX.DEL/3/18", "../secret.txt")):
        (made,) = document(file, (Header(code, "en"), ("Nine keepers.",)))
        made = replace(made, root=str(tmp_path if file == "page.html" else tmp_path / "store"))
        store.add(store.embed([(made, whole(made))]))

    reply = http.get("/originals/XX.DEL/2/18")
    assert reply.text == "<script>alert(1)</script>"
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == 'attachment; filename="page.html"'
    assert http.get("/originals/XX.DEL/3/18").status_code == 404


def test_a_judged_answer_becomes_a_question_that_the_evaluation_reads(
    http: TestClient, store: StatementStore, tmp_path: Path
) -> None:
    asked(http)
    asked(http)
    vote = "/api/conversations/one/turns/{}/vote"
    assert http.put(vote.format(1), json={"vote": "bad", "reason": " too long "}, headers=BROWSER).status_code == 204
    assert http.put(vote.format(2), json={"vote": "good"}, headers=BROWSER).status_code == 204
    assert http.put(vote.format(3), json={"vote": "good"}, headers=BROWSER).status_code == 404
    assert http.put(vote.format(1), json={"vote": "bad"}, headers=OTHER).status_code == 404
    assert http.put(vote.format(1), json={"vote": "so so"}, headers=BROWSER).status_code == 422

    done = run("--store", store.folder, "feedback")
    assert done.code == 0, done.err
    (tmp_path / "q.jsonl").write_text(done.out, "utf-8")
    bad, good = read_questions(tmp_path / "q.jsonl")
    assert (bad.gold, good.gold) == ((), (HOSTILE,))
    assert [role for role, _ in good.history] == ["user", "assistant"]
    assert json.loads(done.out.splitlines()[0])["reason"] == "too long"
    assert run("--store", store.folder, "feedback", "--vote", "good").out.splitlines() == done.out.splitlines()[1:]
    assert run("--store", store.folder, "feedback", "--vote", "well").code == 2
