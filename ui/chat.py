"""The chat page: Gradio holds the question and the session, every word on it is HTML that `pages` has escaped.

What the browser knows (its key, the conversation in its address, which turn is asked again) comes with each event as
JSON that `static/chat.js` makes; lists and statements beside the chat it fetches itself.
"""

from __future__ import annotations

import html
import json
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from store.errors import InputError, NotFoundError, StatementsError
from store.types import Filters
from ui import pages
from ui.examples import Examples
from ui.opening import Opening, opening
from ui.owners import owner_of
from ui.render import answer_json
from ui.words import ENGLISH, Speech, speech_of

if TYPE_CHECKING:
    import gradio
    from fastapi import FastAPI

    from ui.service import Service

LOG = logging.getLogger("statements")
TURNS_SHOWN = 30
SYSTEM_FONTS = ["system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "Noto Sans", "sans-serif"]
SYSTEM_MONO = ["ui-monospace", "Consolas", "monospace"]
HEAD = """
<link rel="icon" href="./ui/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="./ui/chat.css">
<script src="./ui/chat.js" defer></script>
<script src="./ui/talks.js" defer></script>
<script src="./ui/feedback.js" defer></script>
<script src="./ui/framed.js" defer></script>
"""
KNOWN = "async () => { while (!window.statements) await new Promise((r) => setTimeout(r, 10)); return %s; }"
"""What the browser knows, once its script is there."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One browser's conversation as it is shown: its id, its turns as HTML, and what is searched."""

    id: str = ""
    count: int = 0
    turns: tuple[str, ...] = ()
    filters: Filters = Filters()

    def before(self, number: int | None) -> Talk:
        """Without its last turn, where that is the number."""
        if number is None or number != self.count:
            return self
        return replace(self, count=self.count - 1, turns=self.turns[:-1])

    def with_turn(self, number: int, turn: str) -> Talk:
        """One turn longer; the oldest turns leave the page."""
        return replace(self, count=number, turns=(*self.turns, turn)[-TURNS_SHOWN:])


@dataclass(frozen=True, slots=True)
class Told:
    """What the browser knows."""

    owner: str = ""
    conversation: str = ""
    again: int | None = None
    """The turn that the question is to replace."""

    @classmethod
    def of(cls, text: str, request: gradio.Request) -> Told:
        """Whatever is not as the page's own script writes it counts as not told."""
        try:
            told = json.loads(text)
        except (TypeError, ValueError):
            told = {}
        told = told if isinstance(told, dict) else {}
        again, conversation = told.get("again"), told.get("conversation")
        return cls(
            owner_of(request, str(told.get("browser") or "")),
            conversation if isinstance(conversation, str) else "",
            again if isinstance(again, int) else None,
        )


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
        told = gradio.Textbox(visible=False)
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
                stop = gradio.Button(ENGLISH("chat.stop"), elem_id="stop", scale=0, min_width=72)
                new = gradio.Button(ENGLISH("chat.new"), elem_id="new", scale=0, min_width=64)
                again = gradio.Button("", elem_id="open")

        def ask(question: str, talk: Talk, told: str, request: gradio.Request) -> Iterator[tuple[Any, ...]]:
            yield from _ask(service, question, talk, Told.of(told, request), speech_of(request))

        def start(talk: Talk, request: gradio.Request) -> tuple[Any, ...]:
            t = speech_of(request)
            return "", Talk(filters=talk.filters), _welcome(service, examples, t), pages.empty_panel(t)

        def resume(talk: Talk, told: str, request: gradio.Request) -> tuple[Any, ...]:
            return _opened(service, examples, Told.of(told, request), talk.filters, speech_of(request))

        def greet(told: str, request: gradio.Request) -> tuple[Any, ...]:
            t = speech_of(request)
            given = _opening(service, request)
            named = gradio.update(label=t("chat.question"), placeholder=t("chat.question_here"), value=given.question)
            buttons = [gradio.update(value=t(key)) for key in ("chat.ask", "chat.stop", "chat.new")]
            opened = _opened(service, examples, Told.of(told, request), given.filters, t)
            return (pages.masthead(service.status(), t), named, *buttons, *opened[1:])

        for handler in (ask, start, resume, greet):  # Gradio reads the type itself, not its name
            handler.__annotations__["request"] = gradio.Request

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        outputs = [box, talk, log, panel]
        asked = gradio.on(
            [box.submit, send.click],
            ask,
            [box, talk, told],
            outputs,
            js="(question, talk) => [question, talk, window.statements.told()]",
            **quiet,
        )
        stop.click(None, None, None, cancels=[asked], **quiet)
        new.click(start, [talk], outputs, cancels=[asked], **quiet)
        again.click(
            resume, [talk, told], outputs, js=KNOWN % "[null, window.statements.told()]", cancels=[asked], **quiet
        )
        blocks.load(
            greet, [told], [head, box, send, stop, new, *outputs[1:]], js=KNOWN % "window.statements.told()", **quiet
        )
    blocks.queue(default_concurrency_limit=service.settings.server.concurrency, api_open=False)
    return blocks


def _ask(service: Service, question: str, talk: Talk, told: Told, t: Speech) -> Iterator[tuple[Any, ...]]:
    """First the question with a sign of work, then the answer. Yields box, conversation, log, panel."""
    import gradio

    talk = talk if talk.id else replace(talk, id=uuid.uuid4().hex)
    talk = talk.before(told.again)
    number = talk.count + 1
    try:
        question = service.checked(question)
    except InputError as error:
        gradio.Warning(html.escape(str(error)))
        yield gradio.skip()
        return
    yield "", gradio.skip(), _log(talk.with_turn(number, pages.pending_turn(number, question, t)), t), gradio.skip()
    panel: Any = gradio.skip()
    try:
        again = number if told.again == number else None
        history = service.conversations.history(told.owner, talk.id, again)
        answer = answer_json(service.ask(question, history=history, filters=talk.filters))
        yield gradio.skip()  # whoever has stopped it meanwhile gets no further: what is not shown is not kept
        number = service.conversations.add(told.owner, talk.id, answer, again)
        item = service.shown(number, answer, t)
        talk = talk.with_turn(number, pages.turn(item, t))
        panel = pages.panel(item, t)
    except StatementsError as error:
        yield gradio.skip(), gradio.skip(), _failed(talk, number, question, str(error), t), panel
        return
    except Exception:
        LOG.exception("a question of the chat failed")
        yield gradio.skip(), gradio.skip(), _failed(talk, number, question, t("chat.failed_server"), t), panel
        return
    yield gradio.skip(), talk, _log(talk, t), panel


def _opening(service: Service, request: gradio.Request) -> Opening:
    import gradio

    try:
        return opening(request.query_params, service.settings.answer.question_characters)
    except InputError as error:
        raise gradio.Error(html.escape(str(error)), duration=None) from error


def _failed(talk: Talk, number: int, question: str, message: str, t: Speech) -> str:
    """The page with a question that failed; the conversation itself stays as it was."""
    return _log(talk.with_turn(number, pages.failed_turn(number, question, message, t)), t)


def _log(talk: Talk, t: Speech) -> str:
    return pages.talk(talk.id, talk.turns, talk.count > len(talk.turns), t)


def _opened(service: Service, examples: Examples, told: Told, filters: Filters, t: Speech) -> tuple[Any, ...]:
    """The conversation that the browser's address names, or a new one. Box, conversation, log, panel."""
    import gradio

    if told.conversation:
        try:
            found = service.conversations.get(told.owner, told.conversation)
        except NotFoundError:
            gradio.Info(t("talks.gone"))
        else:
            recent = found.turns[-TURNS_SHOWN:]
            items = [service.shown(turn.number, turn.answer, t) for turn in recent]
            turns = tuple(pages.turn(item, t, vote=turn.vote) for item, turn in zip(items, recent, strict=True))
            talk = Talk(told.conversation, recent[-1].number, turns, filters)
            return "", talk, _log(talk, t), pages.panel(items[-1], t)
    return "", Talk(filters=filters), _welcome(service, examples, t), pages.empty_panel(t)


def _welcome(service: Service, examples: Examples, t: Speech) -> str:
    return pages.welcome(service.status()["statements"], examples.of(t), t)
