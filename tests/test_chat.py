"""The chat page in Debian's Chromium, over a real server with the sample statements."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from served import CHROMIUM, hostile_server, sample_server

QUESTION = "How many duty officers would suffice for the Centre?"
PHONE = {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is absent: apt-get install chromium"),
]


class Seen:
    """What a page did while it was open."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.dialogs = 0
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("dialog", self._dialog)

    def _dialog(self, dialog: object) -> None:
        self.dialogs += 1

    def hosts(self) -> set[str]:
        return {urlsplit(url).netloc for url in self.requests if urlsplit(url).scheme not in ("data", "blob")}


def opened(browser: Browser, address: str, **options: object) -> tuple[Page, Seen]:
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(60_000)
    seen = Seen(page)
    page.goto(address)
    page.wait_for_selector("#log .welcome")
    return page, seen


def ask(page: Page, question: str, number: int = 1) -> None:
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector(f'#log .turn[data-turn="{number}"] .answer:not(.pending):not(.stopped)')


@pytest.fixture(scope="module")
def chat(browser: Browser) -> tuple[Page, Seen]:
    page, seen = opened(browser, sample_server())
    ask(page, QUESTION)
    return page, seen


def test_nothing_is_requested_from_another_host(chat: tuple[Page, Seen]) -> None:
    _, seen = chat

    assert seen.requests
    assert seen.hosts() == {urlsplit(sample_server()).netloc}
    assert seen.errors == []


def test_the_question_box_has_the_focus_and_a_name(browser: Browser) -> None:
    page, _ = opened(browser, sample_server())

    assert page.evaluate("document.activeElement === document.querySelector('#question textarea')")
    assert page.get_by_role("textbox", name="Question").count() == 1
    assert page.title() == "Statements assistant"
    page.context.close()


def test_an_answer_is_cited_and_its_source_is_shown_with_the_quote_marked(chat: tuple[Page, Seen]) -> None:
    page, _ = chat
    quote = page.inner_text("#log .claim .quote >> nth=0").strip("“”")

    assert page.inner_text("#log .claim .mark >> nth=0") == "[1]"
    assert page.inner_text("#panel .source[data-n='1'] mark") == quote
    assert "para." in page.inner_text("#panel .source[data-n='1'] .where")
    assert page.locator("#panel .source[data-n='1'] .around").count() >= 1


def test_a_mark_shows_its_source_by_mouse_and_by_keyboard(browser: Browser) -> None:
    page, _ = opened(browser, sample_server())
    ask(page, QUESTION)
    ask(page, "What does the Centre cost a year?", 2)

    page.click('#log .turn[data-turn="1"] a.mark >> nth=0')
    page.wait_for_selector('#panel .reader[data-turn="1"][data-n="1"]')
    assert page.locator("#panel .paragraph.here mark").count() == 1
    page.click("#panel [data-do=sources]")
    assert page.get_attribute("#panel .sources", "data-turn") == "1"
    assert page.locator("#panel .source.current[data-n='1']").count() == 1

    page.locator('#log .turn[data-turn="2"] a.mark >> nth=0').focus()
    page.keyboard.press("Enter")
    page.wait_for_selector('#panel .reader[data-turn="2"]')
    assert page.evaluate("document.activeElement.matches('.reader')")
    page.click("#panel [data-do=step][data-by='1']")
    assert page.locator("#panel .paragraph.current").count() == 1
    assert page.locator("#panel .paragraph.here.current").count() == 0
    page.context.close()


def test_a_mark_shows_its_quote_at_the_keyboard_until_escape(browser: Browser) -> None:
    page, _ = opened(browser, sample_server())
    ask(page, QUESTION)
    page.focus("#question textarea")
    page.keyboard.press("Shift+Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.matches('a.mark')"):
            break
        page.keyboard.press("Shift+Tab")
    quote = page.inner_text("#log .claim .quote >> nth=-1").strip("“”")

    assert page.inner_text("#tip q").strip("“”") == quote
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()
    page.context.close()


def test_a_conversation_is_there_after_a_reload_and_in_the_list(browser: Browser) -> None:
    page, seen = opened(browser, sample_server())
    ask(page, QUESTION)
    address = page.url
    page.reload()
    page.wait_for_selector('#log .turn[data-turn="1"]')
    assert page.url == address
    ask(page, "What does the Centre cost a year?", 2)

    page.click("#new")
    page.wait_for_selector("#log .welcome")
    page.click("#talks-open")
    page.click("#talks-list .name >> nth=0")
    page.wait_for_selector('#log .turn[data-turn="2"]')
    assert page.url == address
    page.click("#talks-open")
    page.click("#talks-list [data-do=rename] >> nth=0")
    page.fill("#talks-list .naming input >> nth=0", "Costs")
    page.keyboard.press("Enter")
    page.wait_for_selector("#talks-list .name:has-text('Costs')")
    page.fill("#talks-search", "duty costs")
    page.wait_for_selector("#talks-list li:only-child")
    page.click("#talks-list [data-do=delete]")
    page.click("#talks-list [data-do=delete]")
    page.wait_for_selector("#log .welcome")
    assert "conversation" not in page.url
    assert seen.errors == []
    page.context.close()


def test_another_browser_sees_only_what_is_shared(browser: Browser) -> None:
    page, _ = opened(browser, sample_server())
    ask(page, QUESTION)
    address = page.url
    page.click("#talks-open")
    page.click("#talks-list [data-do=share] >> nth=0")
    page.wait_for_selector("#talks-list .linked:not([hidden])")
    link = page.input_value("#talks-list .linked input")
    other, _ = opened(browser, address)
    other.click("#talks-open")
    other.wait_for_selector("#talks-none:has-text('No conversations')")

    other.goto(link)
    assert QUESTION in other.inner_text("body")
    page.context.close()
    other.context.close()


def test_the_last_question_is_edited_and_asked_again(browser: Browser) -> None:
    page, _ = opened(browser, sample_server())
    ask(page, "What does the Centre cost a year?")
    page.click("#log .turn [data-do=edit]")
    assert page.input_value("#question textarea") == "What does the Centre cost a year?"
    ask(page, QUESTION)
    page.wait_for_selector(f"#log .asked:has-text('{QUESTION}')")
    page.wait_for_selector('#log .turn[data-turn="1"] .answer:not(.pending):not(.stopped)')
    page.reload()
    page.wait_for_selector('#log .turn[data-turn="1"]')

    assert page.locator("#log .turn").count() == 1
    assert QUESTION in page.inner_text("#log .asked")
    page.context.close()


def test_a_question_is_stopped_and_not_kept(browser: Browser) -> None:
    page, _ = opened(browser, sample_server())
    page.evaluate(
        """new MutationObserver(() => {
          if (document.querySelector("#log .pending")) document.querySelector("#stop").click();
        }).observe(document.body, {childList: true, subtree: true})"""
    )
    page.fill("#question textarea", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("#log .stopped")
    page.wait_for_timeout(3_000)

    assert page.locator("#log .stopped").count() == 1
    page.click("#talks-open")
    page.wait_for_selector("#talks-none:has-text('No conversations')")
    page.context.close()


def test_the_link_opens_the_statement_at_the_paragraph_in_a_new_tab(chat: tuple[Page, Seen]) -> None:
    page, _ = chat
    quote = page.inner_text("#panel .source[data-n='1'] mark")
    with page.context.expect_page() as popup:
        page.click("#panel .source[data-n='1'] .open a")
    statement = popup.value
    statement.wait_for_load_state()

    assert statement.inner_text("mark") == quote
    assert statement.locator(".paragraph:target mark").count() == 1
    statement.close()


def test_a_refusal_looks_like_none_and_speaks_the_language_of_the_question(browser: Browser) -> None:
    page, _ = opened(browser, sample_server())
    ask(page, "Welcher Stürmer schoss im Pokalfinale das zweite Tor?")

    assert page.locator("#log .answer.refusal").count() == 1
    assert page.get_attribute("#log .refusal .claim", "lang") == "de"
    assert page.inner_text("#log .refusal p.closest") == "Closest, not an answer:"
    assert page.locator("#panel mark").count() == 0
    page.context.close()


def test_a_wrong_question_gets_a_warning_and_stays_in_the_box(browser: Browser) -> None:
    page, _ = opened(browser, sample_server())
    page.fill("#question textarea", "x" * 5_000)
    page.click("#send")
    page.wait_for_selector("text=5,000 characters")

    assert len(page.input_value("#question textarea")) == 5_000
    assert page.locator("#log .turn").count() == 0
    page.context.close()


def test_an_example_asks_itself_and_new_starts_again(browser: Browser) -> None:
    page, _ = opened(browser, sample_server())
    example = page.inner_text("#log .example >> nth=0")
    page.click("#log .example >> nth=0")
    page.wait_for_selector("#log .answer:not(.pending):not(.stopped)")
    assert example in page.inner_text("#log .asked")

    page.click("#new")
    page.wait_for_selector("#log .welcome")
    assert page.locator("#log .turn").count() == 0
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling_and_shows_the_sources_below(browser: Browser, scheme: str) -> None:
    page, _ = opened(browser, sample_server(), viewport=PHONE, color_scheme=scheme)
    ask(page, QUESTION)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Both at one moment: between two reads the page may be laid out anew.
    log_ends, panel_starts = page.evaluate(
        "[document.querySelector('#log').getBoundingClientRect().bottom,"
        " document.querySelector('#panel').getBoundingClientRect().top]"
    )
    assert panel_starts > 0  # it is shown
    assert panel_starts >= log_ends - 1
    box = page.locator("#question").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"]
    page.context.close()


def test_markup_in_documents_and_questions_is_shown_as_text(browser: Browser) -> None:
    page, seen = opened(browser, hostile_server())
    question = "How many anchor chains <img src=x onerror=alert(3)> **does** the harbour hold?"
    ask(page, question)

    shown = page.inner_text("#log") + page.inner_text("#panel")
    assert question in shown
    assert "<script>alert(1)</script>" in shown
    assert page.locator("#log, #panel").locator("img, script, i, u").count() == 0
    page.goto(page.locator("#panel .open a >> nth=0").evaluate("link => link.href"))
    assert "<img src=x onerror=alert(1)> **Title**" in page.inner_text("body")
    assert seen.dialogs == 0
    assert seen.hosts() == {urlsplit(hostile_server()).netloc}
    page.context.close()


def test_the_page_speaks_the_language_of_the_browser_and_the_one_that_is_chosen(browser: Browser) -> None:
    page, seen = opened(browser, sample_server(), locale="de-AT")

    page.wait_for_selector("#send:has-text('Fragen')")
    assert page.get_attribute("html", "lang") == "de"
    assert page.get_by_role("textbox", name="Frage").count() == 1
    assert page.title() == "Assistent für Erklärungen"

    page.select_option("#language", "ru")
    page.wait_for_selector("#send:has-text('Спросить')")
    assert page.get_attribute("html", "lang") == "ru"
    page.reload()
    page.wait_for_selector("#send:has-text('Спросить')")
    ask(page, QUESTION)
    assert "п." in page.inner_text("#panel .source[data-n='1'] .where")
    page.goto(page.locator("#panel .open a >> nth=0").evaluate("link => link.href"))
    assert page.get_attribute("html", "lang") == "ru"
    assert page.get_attribute("main", "lang") == "en"
    assert "Язык" in page.inner_text("dl.facts")
    assert seen.errors == []
    page.context.close()
