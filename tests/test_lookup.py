"""Look up: the page without a browser, over a small store; and typing in it, in Debian's Chromium."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page
from served import CHROMIUM, hostile_server, sample_server
from small import HARBOUR, small_app, small_store

from ui.lookup import Asked, _hits
from ui.timeline import HEIGHT, MOST_BARS, TOP, timeline
from ui.words import LANGUAGES, words


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with small_store(tmp_path_factory.mktemp("lookup")) as store, TestClient(small_app(store)) as client:
        yield client


class Reader(HTMLParser):
    """The links and the tags of a page, and what a policy would refuse."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.refused: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "href":
                self.links.append(value or "")
            if name == "style" or name.startswith("on"):
                self.refused.append(f"{tag} {name}")


def codes(text: str) -> list[str]:
    """Codes of the paragraphs or rows, in order."""
    return re.findall(r'<(?:p class="where"|th scope="row")><a[^>]*>\s*<bdi>([^<]*)', text)


def test_words_find_paragraphs_with_their_header_and_the_words_marked(http: TestClient) -> None:
    page = http.get("/lookup", params={"q": "harbour fourteen forged anchor chain"}).text

    assert codes(page)[0] == "XX.DEL/1/18"
    assert "<mark>anchor</mark> <mark>chains</mark>" in page
    assert "2018-03-01</bdi> · <bdi>Norvania</bdi> · <bdi>Ms. Ada Brunn</bdi> · English" in page
    assert "/statements/XX.DEL/1/18?language=en#p1" in unescape(page)


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"delegation": "Solmark"}, {"XX.DEL/2/18", "XX.DEL/8/20"}),
        ({"issued_from": "2020"}, {"XX.DEL/7/20", "XX.DEL/8/20"}),
        ({"issued_to": "2018-12"}, {"XX.DEL/1/18", "XX.DEL/2/18"}),
        ({"speaker": "brunn"}, {"XX.DEL/1/18"}),
        ({"language": "de"}, {"XX.DEL/8/20"}),
        ({"code": "xx.jour 9"}, {"XX.JOUR/9"}),
        ({"forum": "UNSC"}, set()),
        ({"delegation": ["Solmark", "Norvania"], "issued_from": "2019"}, {"XX.DEL/7/20", "XX.DEL/8/20"}),
    ],
)
def test_without_words_the_statements_that_pass_the_filters_are_listed(
    http: TestClient, filters: dict[str, str | list[str]], left: set[str]
) -> None:
    page = http.get("/lookup", params=filters)

    assert page.status_code == 200
    assert set(codes(page.text)) == left


def test_by_date_the_latest_comes_first_and_what_has_none_last(http: TestClient) -> None:
    listed = codes(http.get("/lookup").text)
    found = codes(http.get("/lookup", params={"q": "thank the Chair", "order": "date"}).text)

    assert listed == ["XX.DEL/7/20", "XX.DEL/8/20", "XX.DEL/1/18", "XX.DEL/2/18", "XX.JOUR/9"]
    assert found == ["XX.DEL/7/20", "XX.DEL/1/18"]


def test_the_plot_counts_by_year_and_delegation_and_leads_there(http: TestClient) -> None:
    page = http.get("/lookup").text
    assert re.findall(r'class="year" href="[^"]*" aria-label="([^"]*)"', page) == ["2018: 2", "2019: 0", "2020: 2"]
    assert "2020, Norvania: 1" in page
    assert words("en")["lookup.undated"].format(n=1) in page

    year = unescape(re.findall(r'class="year" href="([^"]*)"', page)[0])
    assert set(codes(http.get(year).text)) == {"XX.DEL/1/18", "XX.DEL/2/18"}
    segment = next(unescape(link) for link in Reader(page).links if "delegation=Norvania&issued_from=2020" in link)
    there = http.get(segment).text
    assert codes(there) == ["XX.DEL/7/20"]
    again = unescape(re.findall(r'class="year" href="([^"]*)"', there)[0])
    assert "issued_from" not in parse_qs(urlsplit(again).query)


def test_the_table_downloads_as_csv_without_formulas(http: TestClient) -> None:
    reply = http.get("/lookup/statements.csv", params={"issued_from": "2020"})
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))

    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="statements.csv"' in reply.headers["content-disposition"]
    assert [row["code"] for row in rows] == ["XX.DEL/7/20", "XX.DEL/8/20"]
    assert rows[1]["title"] == "'=2+5"
    assert rows[1]["url"].startswith("/statements/XX.DEL/8/20")


def test_words_with_the_table_list_their_statements(http: TestClient) -> None:
    page = http.get("/lookup", params={"q": "lighthouse keepers", "view": "statements"}).text

    assert codes(page)[0] == "XX.DEL/7/20"
    assert "<table>" in page


@pytest.mark.parametrize("bad", [{"issued_from": "yesterday"}, {"language": "Klingon!"}, {"q": "x" * 5000}])
def test_what_can_not_be_searched_is_said(http: TestClient, bad: dict[str, str]) -> None:
    for path in ("/lookup", "/lookup/results"):
        reply = http.get(path, params=bad)
        assert reply.status_code == 422
        assert 'class="notice"' in reply.text
    csv_reply = http.get("/lookup/statements.csv", params=bad)
    assert csv_reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("page", ["0", "-1", "9999999", "x", "2"])
def test_a_page_that_there_is_not_is_no_error(http: TestClient, page: str) -> None:
    assert http.get("/lookup", params={"page": page}).status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_wanted_language_and_carries_it_along(http: TestClient, language: str) -> None:
    page = http.get("/lookup", params={"lang": language, "q": "harbour"}).text

    assert f'<html lang="{language}">' in page
    assert words(language)["lookup.words"] in unescape(page)
    own = [link for link in map(unescape, Reader(page).links) if link.startswith("/lookup?")]
    assert own
    assert all(f"lang={language}" in link for link in own)
    german = http.get("/lookup", headers={"Accept-Language": "de-AT"}).text
    assert '<html lang="de">' in german


def test_everything_is_text_and_the_policy_strict(http: TestClient) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x>"
    reply = http.get("/lookup", params={"q": hostile, "delegation": hostile, "view": hostile, "lang": hostile})
    german = http.get("/lookup", params={"q": "Leuchtturm dunkel"})
    policy = reply.headers["content-security-policy"]

    assert "&lt;b&gt;" in german.text
    for page in (reply, german):
        read = Reader(page.text)
        assert read.tags.count("script") == 2
        assert not {"img", "b", "style"} & set(read.tags)
        assert read.refused == []
    assert "unsafe" not in policy
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(policy.split("; "))


def test_an_address_keeps_what_was_asked() -> None:
    from starlette.datastructures import QueryParams

    asked = Asked.of(QueryParams("q=a+b&delegation=X&delegation=Y%26Z&forum=PC&issued_to=2020-03&order=date&lang=fr"))

    assert Asked.of(QueryParams(asked.query())) == asked
    assert Asked.of(QueryParams(asked.query(page=3))).page == 3
    assert Asked.of(QueryParams(asked.query(view="statements"))).view == "statements"


@pytest.mark.parametrize(
    ("text", "looked_for", "language", "marked"),
    [
        ("The proposal was proposed.", "proposals", "en", ["proposal"]),
        ("An act of war; the party acted.", "act", "en", ["act"]),
        ("О мерах укрепления доверия", "меры доверие", "ru", ["мерах", "доверия"]),
        ("The harbour and the sea", "the sea", "en", ["sea"]),
        ("Déclaration de la délégation", "declaration", "fr", ["Déclaration"]),
    ],
)
def test_forms_of_a_word_are_marked(text: str, looked_for: str, language: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in _hits(text, looked_for, language)] == marked


def test_a_plot_of_many_years_draws_several_as_one_bar() -> None:
    plot = timeline({(1946, "A"): 3, (2024, "B"): 1, (2025, "B"): 2, (None, "A"): 5})

    assert plot is not None
    assert len(plot.bars) <= MOST_BARS
    assert sum(bar.count for bar in plot.bars) == 6
    assert plot.undated == 5
    assert plot.bars[0].first <= 1946 <= plot.bars[0].last
    tallest = max(plot.bars, key=lambda bar: bar.count)
    assert tallest.y == pytest.approx(TOP)
    assert sum(segment.height for segment in tallest.segments) == pytest.approx(HEIGHT)
    assert timeline({(None, "A"): 5}) is None


def opened(browser: Browser, address: str, **options: object) -> tuple[Page, list[str]]:
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    return page, said


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is absent: apt-get install chromium")
def test_results_follow_what_is_typed(browser: Browser) -> None:
    page, said = opened(browser, f"{sample_server()}/lookup")
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.keyboard.type("notification centre")
    page.wait_for_selector(".hit mark")
    page.wait_for_url("**/lookup?q=notification+centre")
    assert page.inner_text("#said") == page.inner_text(".count")
    assert page.locator("#q").evaluate("e => e === document.activeElement")

    page.get_by_label("Statements", exact=True).check()
    page.wait_for_selector("#results table")
    page.locator(".plot .year >> nth=0").click()
    page.wait_for_url("**issued_from=*")
    assert page.locator("#issued_from1").input_value()
    assert page.locator("#results table").count() == 1
    assert hosts == {urlsplit(sample_server()).netloc}
    assert said == []
    page.context.close()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is absent: apt-get install chromium")
@pytest.mark.parametrize("path", ["/lookup?q=centre", "/lookup?view=statements", "/lookup"])
def test_a_phone_needs_no_sideways_scrolling(browser: Browser, path: str) -> None:
    page, _ = opened(browser, sample_server() + path, viewport={"width": 360, "height": 740})

    assert page.locator(".count").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_markup_of_documents_is_text_here_too() -> None:
    page = httpx.get(f"{hostile_server()}/lookup", params={"q": "anchor chains"}, trust_env=False).text
    read = Reader(page)

    assert "&lt;script&gt;" in page
    assert not {"img", "i", "u", "b"} & set(read.tags)
    assert read.tags.count("script") == 2
    assert HARBOUR not in page
