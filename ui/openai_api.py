"""The protocol of OpenAI's chat completions, so that any program that speaks it can ask the statements.

What was said before is the history, the last message of the user the question; a refusal is a message like any other.
Words of a `system` message are read by nobody: no client changes what counts as an answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from store.errors import InputError, StatementsError
from ui import events, markdown, problems, render
from ui.api import FiltersBody

if TYPE_CHECKING:
    from assistant.answer import Turn
    from ui.service import Service

MODEL = "statements"
"""The model that answers with the writer of the settings; `statements-extractive` with that writer."""
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,300}")
KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Part(BaseModel):
    """A piece of a message; of all kinds that there are, only text is read."""

    type: Literal["text"]
    text: str


class Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[Part], Field(max_length=100)]

    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content)


class ResponseFormat(BaseModel):
    type: Literal["text"]


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class CompletionBody(BaseModel):
    """What a chat program sends; what would steer a language model (`temperature` …) is accepted and has no effect."""

    model: Annotated[str, Field(max_length=300)]
    messages: Annotated[list[Message], Field(min_length=1, max_length=200)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    response_format: ResponseFormat | None = None
    filters: FiltersBody = FiltersBody()
    """Ours: the filters of `POST /api/ask`."""


class ModelJson(TypedDict):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelListJson(TypedDict):
    object: Literal["list"]
    data: list[ModelJson]


class UrlCitationJson(TypedDict):
    start_index: int
    end_index: int
    title: str
    url: str


class AnnotationJson(TypedDict):
    type: Literal["url_citation"]
    url_citation: UrlCitationJson


class SourcedJson(TypedDict):
    """Beside the text of a message, ours but for the annotations: whether it is an answer, and what it rests on."""

    status: str
    citations: list[render.CitationJson]
    annotations: list[AnnotationJson]


class MessageJson(SourcedJson):
    role: Literal["assistant"]
    content: str
    refusal: None


class ChoiceJson(TypedDict):
    index: int
    message: MessageJson
    logprobs: None
    finish_reason: Literal["stop"]


class UsageJson(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionJson(TypedDict):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChoiceJson]
    usage: UsageJson


class ErrorJson(TypedDict):
    message: str
    type: str
    param: str | None
    code: str | None


class FailureJson(TypedDict):
    error: ErrorJson


class _UnknownModel(HTTPException):
    """Told apart from an unknown path."""


class OpenAIRoute(APIRoute):
    """A route whose errors have the form that clients of this protocol read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def shaped(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                return _invalid(error)
            except StatementsError as error:
                return JSONResponse(failure(_status(error), str(error)), _status(error))
            except _UnknownModel as error:
                return JSONResponse(failure(404, str(error.detail), "model"), 404)
            except HTTPException as error:
                return JSONResponse(failure(error.status_code, str(error.detail)), error.status_code, error.headers)

        return shaped


RESPONSES: dict[int | str, dict[str, Any]] = {"4XX": {"model": FailureJson, "description": "OpenAI's form of an error"}}

STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The message; with `stream` as events, each a `chat.completion.chunk`, then `[DONE]`. The last "
        "chunk with a choice has `status`, `citations` and `annotations`",
        "content": {events.MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


def add_openai(app: FastAPI, service: Service) -> None:
    """`/v1/models` and `/v1/chat/completions`."""

    def models() -> ModelListJson:
        """The names under which the statements are asked."""
        return {"object": "list", "data": [_model(name) for name in _models(service)]}

    def model(model: str) -> ModelJson:
        """One of them."""
        _writer(service, model)
        return _model(model)

    def completions(body: CompletionBody, request: Request) -> CompletionJson | Response:
        """Answer the last message of the user."""
        writer = _writer(service, body.model)
        question, history = _conversation(body.messages)
        filters = body.filters.filters()
        reply = _Reply(f"chatcmpl-{problems.request_id_of(request)}", body, _base(request))

        def answer() -> render.AnswerJson:
            return render.answer_json(service.ask(question, history=history, filters=filters, writer=writer))

        if not body.stream:
            return reply.whole(answer())
        return events.respond(answer, reply.chunks, lambda status, detail: events.event(failure(status, detail)))

    for path, endpoint, method, shape, more in (
        ("/v1/models", models, "GET", ModelListJson, {}),
        ("/v1/models/{model}", model, "GET", ModelJson, {}),
        ("/v1/chat/completions", completions, "POST", CompletionJson, STREAMED),
    ):
        app.router.add_api_route(
            path,
            endpoint,
            methods=[method],
            response_model=shape,
            responses={**RESPONSES, **more},
            route_class_override=OpenAIRoute,
        )


class _Reply:
    """An answer in the form of the protocol."""

    def __init__(self, name: str, body: CompletionBody, base: str) -> None:
        self._id = name
        self._created = int(time.time())
        self._body = body
        self._base = base

    def whole(self, answer: render.AnswerJson) -> CompletionJson:
        content = "".join(markdown.pieces(answer, self._base))
        sourced = self._sourced(answer, content)
        message: MessageJson = {"role": "assistant", "content": content, "refusal": None, **sourced}
        choice: ChoiceJson = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self._body.model,
            "choices": [choice],
            "usage": self._usage(content),
        }

    def chunks(self, answer: render.AnswerJson) -> Iterator[str]:
        content = ""
        yield self._chunk({"role": "assistant", "content": ""})
        for piece in markdown.pieces(answer, self._base):
            content += piece
            yield self._chunk({"content": piece})
        yield self._chunk({**self._sourced(answer, content)}, "stop")
        if self._body.stream_options and self._body.stream_options.include_usage:
            yield events.event({**self._frame(), "choices": [], "usage": self._usage(content)})
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return events.event({**self._frame(), "choices": [choice]})

    def _frame(self) -> dict[str, Any]:
        return {"id": self._id, "object": "chat.completion.chunk", "created": self._created, "model": self._body.model}

    def _sourced(self, answer: render.AnswerJson, content: str) -> SourcedJson:
        return {
            "status": answer["status"],
            "citations": answer["citations"],
            "annotations": [_annotation(citation, content, self._base) for citation in answer["citations"]],
        }

    def _usage(self, content: str) -> UsageJson:
        from store.tokens import count_tokens

        asked = sum(count_tokens(message.text()) for message in self._body.messages)
        said = count_tokens(content)
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def failure(status: int, message: str, param: str | None = None) -> FailureJson:
    """One error, in one line."""
    kind = KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")
    code = "model_not_found" if status == 404 and param == "model" else None
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _invalid(error: RequestValidationError) -> JSONResponse:
    """The fault that lies deepest: of a content that is neither text nor parts, what is wrong with its parts."""
    fault = max(error.errors(), key=lambda fault: len(fault["loc"]))
    where = [str(part) for part in fault["loc"][1:] if isinstance(part, int) or str(part).isidentifier()]
    param = ".".join(where) or None
    return JSONResponse(failure(400, f"{param or 'body'}: {fault['msg']}", param), 400)


def _status(error: StatementsError) -> int:
    return 400 if isinstance(error, InputError) else problems.status_of(error)


def _models(service: Service) -> list[str]:
    return [MODEL, *(f"{MODEL}-{writer}" for writer in service.writers)]


def _model(name: str) -> ModelJson:
    return {"id": name, "object": "model", "created": 0, "owned_by": MODEL}


def _writer(service: Service, model: str) -> str | None:
    """The writer that a model's name stands for; None for that of the settings."""
    known = _models(service)
    if model not in known:
        raise _UnknownModel(404, f"there is no model {model[:100]!r}; there is: {', '.join(known)}")
    return model.removeprefix(MODEL).removeprefix("-") or None


def _conversation(messages: list[Message]) -> tuple[str, list[Turn]]:
    """The question, and what was said before it."""
    last = max((n for n, message in enumerate(messages) if message.role == "user"), default=None)
    if last is None:
        raise InputError("messages: none of them is the user's, so there is no question")
    history: list[Turn] = []
    for message in messages[:last]:
        if message.role == "user":
            history.append(("user", message.text()))
        elif message.role == "assistant":
            history.append(("assistant", markdown.plain(message.text())))
    return messages[last].text(), history


def _base(request: Request) -> str:
    """What stands before an address of ours, for a client that shows it elsewhere; empty where that is not known."""
    known = HOST.fullmatch(request.headers.get("host", ""))
    return str(request.base_url).rstrip("/") if known else ""


def _annotation(citation: render.CitationJson, content: str, base: str) -> AnnotationJson:
    """The first mark of a citation in the text. Words of documents have no marks: their brackets are escaped."""
    mark = f"[{citation['n']}]"
    start = content.index(mark)
    title = render.citation_label(citation["code"], citation["part"], citation["paragraph"], citation["label"])
    return {
        "type": "url_citation",
        "url_citation": {
            "start_index": start,
            "end_index": start + len(mark),
            "title": title,
            "url": base + citation["url"],
        },
    }
