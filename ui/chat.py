"""The chat page: Gradio holds the question and the session, every word on it is HTML that `pages` has escaped."""

from __future__ import annotations

import html
import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store.errors import InputError, StatementsError
from ui import pages

if TYPE_CHECKING:
    import gradio
    from fastapi import FastAPI

    from ui.service import Service

LOG = logging.getLogger("statements")
TITLE = "Statements assistant"
TURNS_SHOWN = 30
EXAMPLES = 4
EXAMPLE_SECONDS = 2.0
"""Longest time that the search for examples may add to the start."""
SYSTEM_FONTS = ["system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "Noto Sans", "sans-serif"]
SYSTEM_MONO = ["ui-monospace", "Consolas", "monospace"]
HEAD = """
<link rel="icon" href="./ui/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="./ui/chat.css">
<script src="./ui/chat.js" defer></script>
"""


@dataclass(frozen=True, slots=True)
class Talk:
    """One browser's conversation: its id, and its turns as HTML."""

    id: str = ""
    count: int = 0
    turns: tuple[str, ...] = ()

    def with_turn(self, turn: str) -> Talk:
        """The conversation one turn longer; the oldest turns leave the page."""
        return Talk(self.id, self.count + 1, (*self.turns, turn)[-TURNS_SHOWN:])


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

    examples = _examples(service)
    blocks: gradio.Blocks
    with gradio.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        talk = gradio.State(Talk())
        with gradio.Column(elem_id="app"):
            head = gradio.HTML(elem_id="masthead", apply_default_css=False)
            log = gradio.HTML(elem_id="log", apply_default_css=False)
            panel = gradio.HTML(pages.empty_panel(), elem_id="panel", apply_default_css=False)
            with gradio.Row(elem_id="composer"):
                box = gradio.Textbox(
                    elem_id="question",
                    label="Question",
                    show_label=False,
                    container=False,
                    placeholder="Your question",
                    lines=1,
                    max_lines=5,
                    autofocus=True,
                    scale=1,
                    html_attributes=gradio.InputHTMLAttributes(autocomplete="off", spellcheck=True),
                )
                send = gradio.Button("Ask", variant="primary", elem_id="send", scale=0, min_width=72)
                new = gradio.Button("New", elem_id="new", scale=0, min_width=64)

        def ask(question: str, talk: Talk) -> Iterator[tuple[Any, ...]]:
            yield from _ask(service, question, talk)

        def start() -> tuple[Any, ...]:
            return "", Talk(), _welcome(service, examples), pages.empty_panel()

        def greet() -> tuple[str, str]:
            return pages.masthead(TITLE, service.status()), _welcome(service, examples)

        outputs = [box, talk, log, panel]
        asked = gradio.on(
            [box.submit, send.click], ask, [box, talk], outputs, show_progress="hidden", api_visibility="private"
        )
        new.click(start, None, outputs, show_progress="hidden", api_visibility="private", cancels=[asked])
        blocks.load(greet, None, [head, log], show_progress="hidden", api_visibility="private")
    blocks.queue(default_concurrency_limit=service.settings.server.concurrency, api_open=False)
    return blocks


def _ask(service: Service, question: str, talk: Talk) -> Iterator[tuple[Any, ...]]:
    """First the question with a sign of work, then the answer. Yields box, conversation, log, panel."""
    import gradio

    talk = talk if talk.id else Talk(uuid.uuid4().hex)
    number = talk.count + 1
    try:
        question = service.checked(question)
    except InputError as error:
        gradio.Warning(html.escape(str(error)))
        yield gradio.skip()
        return
    yield "", talk, "".join((*talk.turns, pages.pending_turn(number, question))), gradio.skip()
    panel: Any = gradio.skip()
    try:
        answer = service.ask(question, conversation_id=talk.id)
        sources = pages.sources_of(answer, service)
        turn = pages.turn(number, question, answer, sources)
        panel = pages.panel(number, sources, answer.status == "answered")
    except StatementsError as error:
        turn = pages.failed_turn(number, question, str(error))
    except Exception:
        LOG.exception("a question of the chat failed")
        turn = pages.failed_turn(number, question, "The server failed on it; its log has the details.")
    talk = talk.with_turn(turn)
    yield gradio.skip(), talk, "".join(talk.turns), panel


def _welcome(service: Service, examples: Sequence[str]) -> str:
    status = service.status()
    return pages.welcome(status["statements"], list(status["languages"]), examples)


def _examples(service: Service) -> tuple[str, ...]:
    """Questions about those who speak most in this store, each asked once to see that it has an answer."""
    until = time.monotonic() + EXAMPLE_SECONDS
    years: dict[str, Counter[str]] = {}
    for statement in service.store.statements():
        header = statement.header
        if header.delegation and header.issued and statement.superseded_by is None:
            years.setdefault(header.delegation, Counter())[header.issued[:4]] += 1
    answered: list[str] = []
    for delegation in sorted(years, key=lambda name: -years[name].total()):
        if len(answered) == EXAMPLES or time.monotonic() > until:
            break
        question = f"What did {delegation} propose in {years[delegation].most_common(1)[0][0]}?"
        short = len(question) <= service.settings.answer.question_characters
        if short and service.ask(question).status == "answered":
            answered.append(question)
    return tuple(answered)
