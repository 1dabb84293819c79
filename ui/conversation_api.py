"""Conversations over HTTP: the list, one of them, its name, its link, what is thought of an answer, its export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from store.errors import InputError, NotFoundError
from ui import pages
from ui.export import ENDINGS, MEDIA_TYPES, Exported, Format, export
from ui.owners import owner_of
from ui.render import AnswerJson
from ui.words import speech_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ui.conversations import Conversation, KeptTurn, Summary
    from ui.service import Service

MOST_ROWS = 200


class SummaryJson(TypedDict):
    id: str
    title: str
    turns: int
    created: str
    updated: str
    shared: str | None
    """Path under which others may read it."""


class TurnJson(TypedDict):
    number: int
    asked: str
    vote: Literal["good", "bad"] | None
    reason: str
    answer: AnswerJson


class ConversationListJson(TypedDict):
    conversations: list[SummaryJson]
    limit: int
    offset: int
    more: bool


class ConversationJson(TypedDict):
    """Turns stand under `exchanges`, for `turns` is their number."""

    id: str
    title: str
    turns: int
    created: str
    updated: str
    shared: str | None
    exchanges: list[TurnJson]


class TitleBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str = Field(max_length=1000)


class VoteBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    vote: Literal["good", "bad"] | None
    reason: str = ""


def add_conversations(app: FastAPI, service: Service) -> None:
    """The routes, over the conversations of whoever asks."""
    _add_list(app, service)
    _add_changes(app, service)
    _add_pages(app, service)


def _add_list(app: FastAPI, service: Service) -> None:
    kept = service.conversations

    @app.get("/api/conversations")
    def conversations(
        request: Request,
        search: Annotated[str, Query(max_length=300)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    ) -> ConversationListJson:
        """Conversations of whoever asks, the latest first; with `search` those in which all its words stand."""
        found = kept.list(owner_of(request), search, limit=limit + 1, offset=offset)
        rows = [summary_json(one) for one in found[:limit]]
        return {"conversations": rows, "limit": limit, "offset": offset, "more": len(found) > limit}

    @app.get("/api/conversations/{conversation_id}")
    def conversation(request: Request, conversation_id: str) -> ConversationJson:
        """One conversation with its answers."""
        return conversation_json(kept.get(owner_of(request), conversation_id))


def _add_changes(app: FastAPI, service: Service) -> None:
    kept = service.conversations

    @app.patch("/api/conversations/{conversation_id}")
    def rename(request: Request, conversation_id: str, body: TitleBody) -> SummaryJson:
        """Give it another title."""
        owner = owner_of(request)
        kept.rename(owner, conversation_id, body.title)
        return summary_json(kept.get(owner, conversation_id).summary)

    @app.delete("/api/conversations/{conversation_id}", status_code=204)
    def delete(request: Request, conversation_id: str) -> None:
        """Take it away for good."""
        kept.delete(owner_of(request), conversation_id)

    @app.post("/api/conversations/{conversation_id}/link")
    def share(request: Request, conversation_id: str) -> SummaryJson:
        """Let whoever has the link `shared` read it."""
        owner = owner_of(request)
        kept.share(owner, conversation_id)
        return summary_json(kept.get(owner, conversation_id).summary)

    @app.delete("/api/conversations/{conversation_id}/link", status_code=204)
    def unshare(request: Request, conversation_id: str) -> None:
        """The link no longer works."""
        kept.unshare(owner_of(request), conversation_id)

    @app.put("/api/conversations/{conversation_id}/turns/{number}/vote", status_code=204)
    def judge(request: Request, conversation_id: str, number: int, body: VoteBody) -> None:
        """Say that an answer is good or bad, and why; null takes it back."""
        if not 0 < number < 2**31:
            raise InputError(f"{number} is not the number of a turn; they count from 1")
        kept.judge(owner_of(request), conversation_id, number, body.vote, body.reason)


def _add_pages(app: FastAPI, service: Service) -> None:
    kept = service.conversations

    @app.get("/shared/{token}", response_class=HTMLResponse, include_in_schema=False)
    def shared(request: Request, token: str) -> HTMLResponse:
        t, root = speech_of(request), str(request.scope.get("root_path", ""))
        try:
            found = kept.shared(token)
        except NotFoundError:
            return HTMLResponse(pages.error_page(t("chat.not_found"), t("talks.not_shared"), root, t), 404)
        turns = [service.shown(turn.number, turn.answer, t) for turn in found.turns]
        return HTMLResponse(pages.shared_page(found.summary.title, turns, root, t))

    @app.get("/api/conversations/{conversation_id}/export", response_class=Response)
    def download(
        request: Request,
        conversation_id: str,
        format: Format = "docx",
        turn: Annotated[int | None, Query(ge=1, le=2**31)] = None,
    ) -> Response:
        """The conversation, or one answer of it, as a document with footnotes and a list of sources."""
        t, owner = speech_of(request), owner_of(request)
        found = kept.get(owner, conversation_id)
        chosen = found.turns if turn is None else (kept.turn(owner, conversation_id, turn),)
        told = [Exported(service.shown(one.number, one.answer, t), one.asked) for one in chosen]
        title = found.summary.title if turn is None else t("app.title")
        name = f"statements-{chosen[-1].asked[:10]}.{ENDINGS[format]}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(export(format, title, told, t), media_type=MEDIA_TYPES[format], headers=headers)

    @app.get("/fragments/statement", response_class=HTMLResponse, include_in_schema=False)
    def reader(request: Request, conversation: str, turn: int, n: int) -> HTMLResponse:
        t = speech_of(request)
        found = kept.turn(owner_of(request), conversation, turn)
        item = service.shown(turn, found.answer, t)
        source = next((one for one in item.sources if one.n == n), None)
        paragraphs = service.paragraphs(source.statement) if source and source.statement else ()
        return HTMLResponse(pages.reader(item, n, paragraphs, t))


def summary_json(summary: Summary) -> SummaryJson:
    """A conversation in a list."""
    return {
        "id": summary.id,
        "title": summary.title,
        "turns": summary.turns,
        "created": summary.created,
        "updated": summary.updated,
        "shared": f"/shared/{summary.token}" if summary.token else None,
    }


def conversation_json(conversation: Conversation) -> ConversationJson:
    """A conversation with its answers."""
    return {**summary_json(conversation.summary), "exchanges": [turn_json(turn) for turn in conversation.turns]}


def turn_json(turn: KeptTurn) -> TurnJson:
    return {
        "number": turn.number,
        "asked": turn.asked,
        "vote": turn.vote,
        "reason": turn.reason,
        "answer": turn.answer,
    }
