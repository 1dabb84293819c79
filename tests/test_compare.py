"""Compare: sides beside each other, over a small store without models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient
from small import HARBOUR, small_app, small_store
from test_lookup import Reader

from ui.words import LANGUAGES, words

TOPIC = "How many anchor chains does the harbour hold?"
Given = list[tuple[str, str]]


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with small_store(tmp_path_factory.mktemp("compare")) as store, TestClient(small_app(store)) as client:
        yield client


def sides(*given: tuple[str, str, str], topic: str = TOPIC) -> Given:
    names = ("delegation", "issued_from", "issued_to")
    return [("topic", topic), *(pair for side in given for pair in zip(names, side, strict=True))]


def cells(text: str) -> list[str]:
    return re.findall(r'<article class="cell.*?</article>', text, re.DOTALL)


def test_each_delegation_is_quoted_in_its_own_cell_with_a_link_to_the_words(http: TestClient) -> None:
    page = unescape(http.get("/compare", params=sides(("Norvania", "", ""), ("Solmark", "", ""))).text)
    first, second = cells(page)

    assert f"“{HARBOUR}”" in first
    assert "Solmark" not in first
    assert "“Solmark sees no need for anchor chains in any harbour.”" in second
    link = re.search(r'href="(/statements/XX.DEL/1/18[^"]*)"', first)
    assert link is not None
    assert f"<mark>{HARBOUR}</mark>" in http.get(link[1].partition("#")[0]).text


def test_times_are_sides_too(http: TestClient) -> None:
    page = unescape(http.get("/compare", params=sides(("", "2018", "2018"), ("Norvania", "2020-01", "2020-12"))).text)
    first, second = cells(page)

    assert "XX.DEL/1/18" in first
    assert set(re.findall(r"XX\.\w+/\d+/\d+", second)) == {"XX.DEL/7/20"}
    assert ">2018</bdi>" in first
    assert ">Norvania · 2020-01–2020-12</bdi>" in second


def test_a_side_that_says_nothing_says_so_in_its_cell(http: TestClient) -> None:
    page = http.get("/compare", params=sides(("Norvania", "", ""), ("Atlantis", "", ""))).text
    first, second = cells(page)

    assert "<blockquote>" in first
    assert "<blockquote>" not in second
    assert words("en")["compare.not_found"] in second


def test_two_sides_are_needed_and_four_the_most(http: TestClient) -> None:
    one = http.get("/compare", params=sides(("Norvania", "", ""), ("", "", "")))
    four = http.get("/compare", params=sides(*[("Norvania", str(year), "") for year in range(2014, 2020)]))
    more = http.get("/compare", params=[*sides(("Norvania", "", ""), ("Solmark", "", "")), ("add", "1")])

    assert words("en")["compare.too_few"] in unescape(one.text)
    assert cells(one.text) == []
    assert len(cells(four.text)) == 4
    assert 'name="add"' not in four.text
    assert more.text.count('name="delegation"') == 3


@pytest.mark.parametrize(
    "given", [sides(("A", "then", ""), ("B", "", "")), sides(("A", "", ""), ("B", "", ""), topic="x" * 9000)]
)
def test_what_can_not_be_asked_is_said(http: TestClient, given: Given) -> None:
    reply = http.get("/compare", params=given)

    assert reply.status_code == 422
    assert 'role="alert"' in reply.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_wanted_language(http: TestClient, language: str) -> None:
    page = unescape(http.get("/compare", params={"lang": language}).text)

    assert f'<html lang="{language}">' in page
    assert words(language)["compare.begin"] in page


def test_everything_is_text_and_the_policy_strict(http: TestClient) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x>"
    reply = http.get(
        "/compare", params=sides((hostile, "", ""), ("Solmark", "2020", "2020"), topic=f"Leuchtturm {hostile}")
    )
    read = Reader(reply.text)

    assert not {"img", "b", "style"} & set(read.tags)
    assert read.tags.count("script") == 1
    assert read.refused == []
    assert "unsafe" not in reply.headers["content-security-policy"]
