"""The widget in a page of another site with a strict policy, in Debian's Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, ConsoleMessage, FrameLocator, Page
from served import CHROMIUM
from small import HARBOUR, free_socket, running, site, small_app, small_store

from store.errors import InputError
from ui import settings, widget
from ui.words import LANGUAGES, words

QUESTION = "How many anchor chains does the harbour hold?"
POLICY = (
    "default-src 'none'; script-src {chat}; frame-src {chat}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'"
)
PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Intranet</title>
<meta name="viewport" content="width=device-width"></head><body>
<h1>Intranet</h1><button id="own">Own button</button>{body}
<script src="{chat}/widget.js" {data}></script></body></html>"""


@dataclass(frozen=True)
class Sites:
    """The chat, a site that may show it, and one that may not."""

    chat: str
    allowed: str
    refused: str


@contextmanager
def sites(folder: Path, data: str = "", body: str = "", lang: str = "en") -> Iterator[Sites]:
    with ExitStack() as stack:
        listener = stack.enter_context(free_socket())
        chat = f"http://127.0.0.1:{listener.getsockname()[1]}"
        page = PAGE.format(chat=chat, data=data, body=body, lang=lang)
        policy = {"Content-Security-Policy": POLICY.format(chat=chat)}
        allowed, refused = (stack.enter_context(site(page, policy)) for _ in range(2))
        stack.enter_context(running(folder, listener, frame_ancestors=[allowed]))
        yield Sites(chat, allowed, refused)


@pytest.fixture(scope="module")
def intranet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    data = (
        'data-question="How many anchor chains does the harbour hold?" data-delegation="Norvania" data-color="#ffd400"'
    )
    with sites(tmp_path_factory.mktemp("widget"), data) as found:
        yield found


def opened(browser: Browser, address: str, **options: object) -> tuple[Page, list[str]]:
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if _is_ours(message) else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.goto(address)
    return page, said


def _is_ours(message: ConsoleMessage) -> bool:
    """An error, except the browser's remark that a frame may not take the focus by itself."""
    return message.type == "error" and not message.text.startswith("Blocked autofocusing")


def chat_in(page: Page) -> FrameLocator:
    page.get_by_role("button", name="Ask the statements").click()
    frame = page.frame_locator("statements-chat iframe")
    frame.locator("#log .welcome").wait_for()
    return frame


def browsing(test: Callable[..., None]) -> Callable[..., None]:
    absent = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is absent: apt-get install chromium")
    return pytest.mark.browser(absent(test))


@browsing
def test_a_page_with_a_strict_policy_opens_the_chat_with_its_question_and_filters(
    browser: Browser, intranet: Sites
) -> None:
    page, said = opened(browser, intranet.allowed)
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    before = page.locator("#own").evaluate("e => JSON.stringify(getComputedStyle(e))")
    names = set(page.evaluate("Object.keys(window)"))
    frame = chat_in(page)
    box = frame.locator("#question textarea")
    assert box.input_value() == QUESTION
    assert box.evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    frame.locator("#log .answer:not(.pending)").wait_for()

    quoted = frame.locator("#log .claim .quote").all_inner_texts()
    assert f"“{HARBOUR}”" in quoted
    assert "Solmark" not in " ".join(quoted)
    assert page.locator("#own").evaluate("e => JSON.stringify(getComputedStyle(e))") == before
    assert {name for name in names if "tatement" in name} == {"StatementsChat"}
    assert hosts == {urlsplit(intranet.chat).netloc}
    assert said == []
    page.context.close()


@browsing
def test_a_site_that_is_not_named_gets_a_button_and_no_chat(browser: Browser, intranet: Sites) -> None:
    page, said = opened(browser, intranet.refused)
    page.get_by_role("button", name="Ask the statements").click()
    page.wait_for_function("document.querySelector('statements-chat').shadowRoot.querySelector('iframe') !== null")
    page.wait_for_timeout(1000)

    assert any("frame-ancestors" in line for line in said)
    assert page.frame_locator("statements-chat iframe").locator("#log").count() == 0
    page.context.close()


@browsing
def test_escape_closes_from_both_sides_and_gives_the_focus_back(browser: Browser, intranet: Sites) -> None:
    page, _ = opened(browser, intranet.allowed)
    frame = chat_in(page)
    dialog = page.get_by_role("dialog", name="Ask the statements")
    focused = "document.querySelector('statements-chat').shadowRoot.activeElement?.className"
    button = page.locator("statements-chat button.open")
    assert button.get_attribute("aria-expanded") == "true"

    frame.locator("#question textarea").press("Escape")
    dialog.wait_for(state="hidden")
    assert page.evaluate(focused).startswith("open")
    assert button.get_attribute("aria-expanded") == "false"

    page.keyboard.press("Enter")
    dialog.wait_for()
    page.locator("#own").focus()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert page.evaluate(focused).startswith("open")

    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close", exact=True).click()
    dialog.wait_for(state="hidden")
    page.context.close()


@browsing
def test_nobody_else_can_close_it(browser: Browser, intranet: Sites) -> None:
    page, _ = opened(browser, intranet.allowed)
    chat_in(page)
    page.evaluate("postMessage('statements-chat:close', '*')")
    page.wait_for_timeout(300)

    assert page.get_by_role("dialog", name="Ask the statements").is_visible()
    page.context.close()


@browsing
def test_a_phone_is_filled_and_nothing_scrolls_sideways(browser: Browser, intranet: Sites) -> None:
    page, _ = opened(browser, intranet.allowed, viewport={"width": 360, "height": 740})
    frame = chat_in(page)

    assert page.locator("statements-chat dialog").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
    assert frame.locator("html").evaluate("e => e.scrollWidth <= innerWidth")
    frame.locator("#question textarea").press("Escape")
    page.get_by_role("dialog", name="Ask the statements").wait_for(state="hidden")
    page.context.close()


@browsing
def test_the_element_puts_the_chat_into_the_page_and_speaks_the_pages_language(
    browser: Browser, tmp_path: Path
) -> None:
    body = '<statements-chat data-question="Wie viele?"></statements-chat>'
    with sites(tmp_path, 'data-position="none"', body, lang="de-AT") as found:
        page, said = opened(browser, found.allowed)
        frame = page.frame_locator("statements-chat iframe")
        frame.locator("#log .welcome").wait_for()

        assert page.locator("statements-chat").count() == 1
        assert page.locator("statements-chat iframe").get_attribute("title") == words("de")["widget.title"]
        assert frame.locator("#question textarea").input_value() == "Wie viele?"
        assert said == []
        page.context.close()


@browsing
def test_the_button_can_be_read_on_its_colour(browser: Browser, intranet: Sites) -> None:
    page, _ = opened(browser, intranet.allowed)
    style = page.locator("statements-chat button.open").evaluate(
        "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
    )

    assert style == ["rgb(255, 212, 0)", "rgb(0, 0, 0)"]
    page.context.close()


def test_the_script_is_small_and_may_be_loaded_from_anywhere_and_kept(tmp_path: Path) -> None:
    with small_store(tmp_path) as store, TestClient(small_app(store)) as http:
        reply = http.get("/widget.js")
        again = http.get("/widget.js", headers={"If-None-Match": reply.headers["etag"]})

    assert len(reply.content) < 10_000
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-origin" not in reply.headers
    assert (again.status_code, again.content) == (304, b"")
    assert widget.PLACE not in reply.text


def test_only_the_named_sites_may_frame_and_none_the_administrators_page(tmp_path: Path) -> None:
    named = ["https://intranet.example.org", "https://*.example.net:8443"]
    with small_store(tmp_path) as store, TestClient(small_app(store, frame_ancestors=named)) as http:
        for path in ("/", "/statements/XX.DEL/1/18", "/api/status"):
            policy = http.get(path).headers["content-security-policy"]
            assert f"frame-ancestors 'self' {' '.join(named)}" in policy.split("; "), path
        assert "frame-ancestors 'self'" in http.get("/admin").headers["content-security-policy"].split("; ")


@pytest.mark.parametrize(
    "value", ["*", "intranet.example.org", "https://a.org/path", "https://a.org; script-src *", "'none'"]
)
def test_what_is_no_origin_is_refused(value: str) -> None:
    with pytest.raises(InputError, match=r"frame_ancestors.* is not an origin"):
        settings.load(environment={}, overrides={"server.frame_ancestors": [value]})


def test_origins_of_a_variable_stand_between_commas() -> None:
    loaded = settings.load(environment={"STATEMENTS_SERVER_FRAME_ANCESTORS": "https://a.org, http://b.org:81"})

    assert loaded.server.frame_ancestors == ("https://a.org", "http://b.org:81")


def test_every_language_has_every_text() -> None:
    for language in LANGUAGES:
        assert words(language).keys() == words("en").keys(), language
        assert all(words(language).values()), language
