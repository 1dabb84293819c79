"""The HTTP interface, through a real server over the sample statements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from served import hostile_server, sample_server

QUESTION = "How many duty officers would suffice for the Centre?"
CONTRACT = {
    "question", "standalone_question", "status", "text", "claims", "citations", "passages", "filters", "refusal",
    "writer", "timings_ms", "index",
}  # fmt: skip
CITATION = {
    "n", "code", "part", "language", "paragraph", "label", "quote", "start", "end", "also", "page", "title", "speaker",
    "delegation", "issued", "superseded_by", "file", "url", "ocr",
}  # fmt: skip
PASSAGE = {"code", "part", "language", "paragraph", "score", "text"}
FILTERS = {"delegation", "speaker", "code", "issued_from", "issued_to", "language"}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sample_server(), timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def answer(http: httpx.Client) -> dict[str, Any]:
    reply = http.post("/api/ask", json={"question": QUESTION})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def problem(reply: httpx.Response, status: int) -> str:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    body = reply.json()
    assert set(body) == {"type", "title", "status", "detail", "request_id"}
    assert body["status"] == status
    assert body["request_id"] == reply.headers["x-request-id"]
    assert "\n" not in body["detail"]
    return str(body["detail"])


def test_an_answer_has_the_keys_of_the_contract(answer: dict[str, Any]) -> None:
    assert set(answer) >= CONTRACT
    assert answer["status"] == "answered"
    assert answer["refusal"] is None
    assert set(answer["filters"]) == FILTERS
    assert set(answer["index"]) == {"fingerprint", "statements", "paragraphs"}
    for claim in answer["claims"]:
        assert set(claim) == {"text", "citations", "support"}
        assert claim["citations"]
    for citation in answer["citations"]:
        assert set(citation) == CITATION
    for passage in answer["passages"]:
        assert set(passage) >= PASSAGE


def test_every_quote_stands_in_its_paragraph_at_its_place(http: httpx.Client, answer: dict[str, Any]) -> None:
    for citation in answer["citations"]:
        query = {"language": citation["language"], **({"part": citation["part"]} if citation["part"] else {})}
        statement = http.get(f"/api/statements/{citation['code']}", params=query).json()
        paragraph = next(p for p in statement["paragraphs"] if p["number"] == citation["paragraph"])
        assert paragraph["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_a_citation_opens_the_page_with_its_paragraph(http: httpx.Client, answer: dict[str, Any]) -> None:
    citation = answer["citations"][0]
    path, _, anchor = citation["url"].partition("#")
    reply = http.get(path)

    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert f'id="{anchor}"' in reply.text


def test_a_refusal_is_an_answer(http: httpx.Client) -> None:
    reply = http.post("/api/ask", json={"question": "Which striker scored in the second half of the cup final?"})
    body = reply.json()

    assert reply.status_code == 200
    assert body["status"] == "not_found"
    assert body["refusal"]
    assert body["claims"] == body["citations"] == []
    assert body["passages"]


def test_search_gives_ranked_paragraphs_only(http: httpx.Client) -> None:
    body = http.post("/api/search", json={"question": QUESTION, "limit": 3}).json()

    assert {"passages", "filters"} <= set(body)
    assert len(body["passages"]) == 3
    assert [p["score"] for p in body["passages"]] == sorted((p["score"] for p in body["passages"]), reverse=True)
    assert "duty officers" in body["passages"][0]["text"]


def test_a_search_knows_what_was_said_before(http: httpx.Client) -> None:
    history = [["user", "What does Lestrin propose?"], ["assistant", "A Joint Notification Centre."]]
    body = http.post("/api/search", json={"question": "And how much would it cost?", "history": history}).json()

    assert "lestrin" in body["standalone_question"].casefold()


def test_filters_narrow_the_answer(http: httpx.Client) -> None:
    body = http.post("/api/search", json={"question": QUESTION, "filters": {"language": ["ru"]}}).json()

    assert body["filters"]["language"] == ["ru"]
    assert {p["language"] for p in body["passages"]} == {"ru"}


def test_a_conversation_is_remembered_and_can_be_given(http: httpx.Client) -> None:
    first = {"question": "What does Lestrin propose?", "conversation_id": "talk"}
    http.post("/api/ask", json=first).raise_for_status()
    second = {"question": "And how much would it cost?", "conversation_id": "talk"}
    remembered = http.post("/api/ask", json=second).json()
    history = [["user", "What does Lestrin propose?"], ["assistant", "A Joint Notification Centre."]]
    given = http.post("/api/ask", json={"question": "And how much would it cost?", "history": history}).json()

    assert "lestrin" in given["standalone_question"].casefold()
    assert "lestrin" in remembered["standalone_question"].casefold()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"question": ""}, "empty"),
        ({"question": " \n\t "}, "empty"),
        ({"question": "x" * 100_000}, "100,000 characters"),
        ({}, "question"),
        ({"question": 5}, "question"),
        ({"question": "x", "qestion": "y"}, "qestion"),
        ({"question": "x", "history": [["system", "y"]]}, "history"),
        ({"question": "x", "filters": {"issued_from": "yesterday"}}, "not a date"),
        ({"question": "x", "filters": {"language": ["Klingon!"]}}, "not a language"),
        ({"question": "x", "filters": {"colour": ["red"]}}, "colour"),
        ({"question": "x", "writer": "poet"}, "poet"),
        ({"question": "\ud800"}, "question"),
    ],
)
def test_bad_input_is_refused_in_one_clear_line(http: httpx.Client, body: dict[str, Any], said: str) -> None:
    sent = json.dumps(body).encode()
    reply = http.post("/api/ask", content=sent, headers={"Content-Type": "application/json"})

    assert said in problem(reply, 422)


def test_a_body_that_is_no_json_is_refused(http: httpx.Client) -> None:
    reply = http.post("/api/ask", content=b"{", headers={"Content-Type": "application/json"})

    problem(reply, 422)


def test_a_large_body_is_refused_whether_or_not_it_says_so(http: httpx.Client) -> None:
    large = b'{"question": "' + b"x" * 1_100_000 + b'"}'
    headers = {"Content-Type": "application/json"}

    problem(http.post("/api/ask", content=large, headers=headers), 413)
    problem(http.post("/api/ask", content=iter([large]), headers=headers), 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/ask", 405),
        ("DELETE", "/api/statements", 405),
        ("GET", "/api/statements/ZZ.DEL/9/99", 404),
        ("GET", "/api/statements?limit=0", 422),
        ("GET", "/api/statements?offset=-1", 422),
    ],
)
def test_what_is_not_there_is_a_problem(http: httpx.Client, method: str, path: str, status: int) -> None:
    problem(http.request(method, path), status)


def test_the_list_comes_in_pages(http: httpx.Client) -> None:
    everything = http.get("/api/statements").json()
    first = http.get("/api/statements", params={"limit": 2}).json()
    second = http.get("/api/statements", params={"limit": 2, "offset": 2}).json()

    assert everything["more"] is False
    assert first["more"] is True
    assert first["statements"] + second["statements"] == everything["statements"][:4]
    assert len(everything["statements"]) == http.get("/api/status").json()["statements"]


def test_a_code_is_found_in_any_spelling(http: httpx.Client) -> None:
    exact = http.get("/api/statements/CC.DEL/14/19").json()

    assert exact["code"] == "CC.DEL/14/19"
    assert http.get("/api/statements/cc del 14 19").json() == exact


def test_a_superseded_statement_says_so_and_the_current_one_does_not(http: httpx.Client) -> None:
    old = http.get("/api/statements/CC.DEL/12/19").json()
    new = http.get("/api/statements/CC.DEL/12/19/Rev.1").json()

    assert (old["superseded_by"], new["superseded_by"]) == ("CC.DEL/12/19/Rev.1", None)
    assert "Superseded" in http.get("/statements/CC.DEL/12/19").text


def test_a_corrigendum_and_what_it_corrects_name_each_other(http: httpx.Client) -> None:
    corrected = http.get("/api/statements/CC.GAL/5/19").json()
    correction = http.get("/api/statements/CC.GAL/5/19/Corr.1").json()

    assert [link["code"] for link in corrected["amended_by"]] == ["CC.GAL/5/19/Corr.1"]
    assert correction["amends"]["url"] == corrected["url"]
    assert corrected["amended_by"][0]["url"] in http.get(corrected["url"]).text
    assert corrected["url"] in http.get(correction["url"]).text


def test_the_page_marks_the_exact_words(http: httpx.Client) -> None:
    statement = http.get("/api/statements/CC.DEL/12/19").json()
    paragraph = statement["paragraphs"][2]
    query = {"paragraph": paragraph["number"], "quote_start": 4, "quote_end": 10}
    page = http.get("/statements/CC.DEL/12/19", params=query).text

    assert re.findall("<mark>(.*?)</mark>", page) == [paragraph["text"][4:10]]
    beyond = http.get("/statements/CC.DEL/12/19", params={**query, "quote_end": 10**6}).text
    assert "<mark>" not in beyond


def test_a_page_that_is_not_there_is_a_readable_one(http: httpx.Client) -> None:
    reply = http.get("/statements/ZZ.DEL/9/99<b>")

    assert reply.status_code == 404
    assert "not found" in reply.text
    assert "<b>" not in reply.text


class Tags(HTMLParser):
    """The tags of a page, and the addresses in them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_markup_in_a_document_is_text_on_its_page() -> None:
    page = httpx.get(f"{hostile_server()}/statements/XX.DEL/1/20", trust_env=False).text
    tags = Tags()
    tags.feed(page)

    assert not tags.tags & {"script", "img", "i", "u", "b", "strong"}
    assert not [address for address in tags.addresses if not address.startswith(("/", "#"))]
    assert not tags.handlers
    assert "&lt;script&gt;" in page


def test_security_headers(http: httpx.Client) -> None:
    for path in ("/", "/statements/CC.DEL/12/19", "/api/status", "/api/nothing", "/ui/chat.js"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "frame-ancestors 'self'" in headers["content-security-policy"], path
        assert "img-src 'self' data:" in headers["content-security-policy"], path
    assert "script" not in http.get("/statements/CC.DEL/12/19").headers["content-security-policy"]
    assert "connect-src 'self'" in http.get("/").headers["content-security-policy"]


def test_the_openapi_document_names_every_operation(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    paths = {"/api/ask", "/api/search", "/api/status", "/api/statements", "/api/statements/{code}", "/healthz"}
    paths |= {"/api/report", "/api/uploads", "/api/doctor"}
    paths |= {"/v1/models", "/v1/models/{model}", "/v1/chat/completions"}
    talk = "/api/conversations/{conversation_id}"
    paths |= {"/api/conversations", talk, f"{talk}/export", f"{talk}/link", f"{talk}/turns/{{number}}/vote"}
    assert set(document["paths"]) == paths
    shape = document["paths"]["/api/ask"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(document["components"]["schemas"][shape["$ref"].rpartition("/")[2]]["properties"]) >= CONTRACT


def test_no_page_of_the_framework_that_loads_from_elsewhere(http: httpx.Client) -> None:
    for path in ("/docs", "/redoc"):
        assert http.get(path).status_code == 404


def test_nothing_can_be_uploaded_to_the_chat(http: httpx.Client) -> None:
    assert http.post("/gradio_api/upload", files={"files": ("x.html", b"<script></script>")}).status_code == 413


def test_it_is_alive(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
