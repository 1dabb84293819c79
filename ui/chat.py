"""The chat page: Gradio holds the question and the session, every word on it is HTML that `pages` has escaped."""

from __future__ import annotations

import html
import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from store.errors import InputError, StatementsError
from store.types import Filters
from ui import pages
from ui.opening import Opening, opening
from ui.words import COOKIE, ENGLISH, Speech, language_for

if TYPE_CHECKING:
    import gradio
    from fastapi import FastAPI

    from ui.service import Service

LOG = logging.getLogger("statements")
TURNS_SHOWN = 30
EXAMPLES = 4
EXAMPLE_SECONDS = 1.5
"""Longest time that the search for examples may add to the start, or to the first page in a language."""
SYSTEM_FONTS = ["system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "Noto Sans", "sans-serif"]
SYSTEM_MONO = ["ui-monospace", "Consolas", "monospace"]
HEAD = """
<link rel="icon" href="./ui/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="./ui/chat.css">
<script src="./ui/chat.js" defer></script>
<script src="./ui/framed.js" defer></script>
"""


@dataclass(frozen=True, slots=True)
class Talk:
    """One browser's conversation: its id, its turns as HTML, and what is searched."""

    id: str = ""
    count: int = 0
    turns: tuple[str, ...] = ()
    filters: Filters = Filters()

    def with_turn(self, turn: str) -> Talk:
        """The conversation one turn longer; the oldest turns leave the page."""
        return replace(self, count=self.count + 1, turns=(*self.turns, turn)[-TURNS_SHOWN:])


def mount_chat(app: FastAPI, service: Service) -> FastAPI:
    """The application with the chat page at `/`."""
    import gradio

    theme = gradio.themes.Base(
        primary_hue="blue", neutral_hue="slate", radius_size="md", font=SYSTEM_FONTS, font_mono=SYSTEM_MONO
    )
    mounted: FastAPI = gradio.mount_gradio_app(
        app,
        _blocks(service),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=0,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        theme=theme,
        head=HEAD,
    )
    return mounted


def _blocks(service: Service) -> gradio.Blocks:
    import gradio

    examples = Examples(service)
    examples.of(ENGLISH)
    blocks: gradio.Blocks
    with gradio.Blocks(title=ENGLISH("app.title"), analytics_enabled=False, fill_width=True) as blocks:
        talk = gradio.State(Talk())
        with gradio.Column(elem_id="app"):
            head = gradio.HTML(elem_id="masthead", apply_default_css=False)
            log = gradio.HTML(elem_id="log", apply_default_css=False)
            panel = gradio.HTML(pages.empty_panel(), elem_id="panel", apply_default_css=False)
            with gradio.Row(elem_id="composer"):
                box = gradio.Textbox(
                    elem_id="question",
                    label=ENGLISH("chat.question"),
                    show_label=False,
                    container=False,
                    placeholder=ENGLISH("chat.question_here"),
                    lines=1,
                    max_lines=5,
                    autofocus=True,
                    scale=1,
                    html_attributes=gradio.InputHTMLAttributes(autocomplete="off", spellcheck=True),
                )
                send = gradio.Button(ENGLISH("chat.ask"), variant="primary", elem_id="send", scale=0, min_width=72)
                new = gradio.Button(ENGLISH("chat.new"), elem_id="new", scale=0, min_width=64)

        def ask(question: str, talk: Talk, request: gradio.Request) -> Iterator[tuple[Any, ...]]:
            yield from _ask(service, question, talk, _speech(request))

        def start(talk: Talk, request: gradio.Request) -> tuple[Any, ...]:
            t = _speech(request)
            return "", Talk(filters=talk.filters), _welcome(service, examples, t), pages.empty_panel(t)

        def greet(request: gradio.Request) -> tuple[Any, ...]:
            t = _speech(request)
            opened = _opened(service, request)
            named = gradio.update(label=t("chat.question"), placeholder=t("chat.question_here"), value=opened.question)
            buttons = gradio.update(value=t("chat.ask")), gradio.update(value=t("chat.new"))
            shown = pages.masthead(service.status(), t), _welcome(service, examples, t), pages.empty_panel(t)
            return (*shown, named, *buttons, Talk(filters=opened.filters))

        for handler in (ask, start, greet):  # Gradio reads the type itself, not its name
            handler.__annotations__["request"] = gradio.Request

        outputs = [box, talk, log, panel]
        asked = gradio.on(
            [box.submit, send.click], ask, [box, talk], outputs, show_progress="hidden", api_visibility="private"
        )
        new.click(start, [talk], outputs, show_progress="hidden", api_visibility="private", cancels=[asked])
        greeted = [head, log, panel, box, send, new, talk]
        blocks.load(greet, None, greeted, show_progress="hidden", api_visibility="private")
    blocks.queue(default_concurrency_limit=service.settings.server.concurrency, api_open=False)
    return blocks


def _ask(service: Service, question: str, talk: Talk, t: Speech) -> Iterator[tuple[Any, ...]]:
    """First the question with a sign of work, then the answer. Yields box, conversation, log, panel."""
    import gradio

    talk = talk if talk.id else replace(talk, id=uuid.uuid4().hex)
    number = talk.count + 1
    try:
        question = service.checked(question)
    except InputError as error:
        gradio.Warning(html.escape(str(error)))
        yield gradio.skip()
        return
    yield "", talk, "".join((*talk.turns, pages.pending_turn(number, question, t))), gradio.skip()
    panel: Any = gradio.skip()
    try:
        answer = service.ask(question, conversation_id=talk.id, filters=talk.filters)
        sources = pages.sources_of(answer, service, t)
        turn = pages.turn(number, question, answer, sources, t)
        panel = pages.panel(number, sources, answer.status == "answered", t)
    except StatementsError as error:
        turn = pages.failed_turn(number, question, str(error), t)
    except Exception:
        LOG.exception("a question of the chat failed")
        turn = pages.failed_turn(number, question, t("chat.failed_server"), t)
    talk = talk.with_turn(turn)
    yield gradio.skip(), talk, "".join(talk.turns), panel


def _speech(request: gradio.Request) -> Speech:
    """The language that the reader chose on the page, else the address's, else the one that the browser asks for."""
    wanted = request.cookies.get(COOKIE) or request.query_params.get("lang")
    return Speech(language_for(wanted, request.headers.get("accept-language", "")))


def _opened(service: Service, request: gradio.Request) -> Opening:
    import gradio

    try:
        return opening(request.query_params, service.settings.answer.question_characters)
    except InputError as error:
        raise gradio.Error(html.escape(str(error)), duration=None) from error


def _welcome(service: Service, examples: Examples, t: Speech) -> str:
    return pages.welcome(service.status()["statements"], examples.of(t), t)


class Examples:
    """Questions about those who speak most in this store, each asked once to see that it has an answer."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, t: Speech) -> tuple[str, ...]:
        """In this language; found when they are first wanted."""
        if t.language not in self._known:
            self._known[t.language] = self._found(t)
        return self._known[t.language]

    def _found(self, t: Speech) -> tuple[str, ...]:
        until = time.monotonic() + EXAMPLE_SECONDS
        years: dict[str, Counter[str]] = {}
        for statement in self._service.store.statements():
            header = statement.header
            if header.delegation and header.issued and statement.superseded_by is None:
                years.setdefault(header.delegation, Counter())[header.issued[:4]] += 1
        answered: list[str] = []
        for delegation in sorted(years, key=lambda name: -years[name].total()):
            if len(answered) == EXAMPLES or time.monotonic() > until:
                break
            question = t("chat.example", delegation=delegation, year=years[delegation].most_common(1)[0][0])
            short = len(question) <= self._service.settings.answer.question_characters
            if short and self._service.ask(question).status == "answered":
                answered.append(question)
        return tuple(answered)
