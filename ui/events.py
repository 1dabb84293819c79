"""Answers as server-sent events: what is ready goes out at once, and a failure on the way is an event too."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from store.errors import StatementsError
from ui import problems, render

MEDIA_TYPE = "text/event-stream"
QUIET_SECONDS = 10.0
"""A comment goes out after so long without an event, so that nothing between takes the connection for a dead one."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Neither kept nor gathered by a proxy: nginx would hold the events back until the answer is complete."""
SCHEMA: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; as events where the client accepts `text/event-stream`: `claim` for each claim, "
        "with its citations as `cited`, then `answer` with the whole; or `error` with a problem object",
        "content": {
            MEDIA_TYPE: {
                "schema": {"type": "string", "contentMediaType": MEDIA_TYPE},
                "example": 'event: claim\ndata: {"text":"…","citations":[1],"support":"quoted","cited":[…]}\n\n'
                'event: answer\ndata: {"status":"answered",…}\n\n',
            }
        },
    }
}
"""For the OpenAPI document, beside `POST /api/ask`."""
LOG = logging.getLogger("statements")
T = TypeVar("T")


def wanted(accept: str) -> bool:
    """Whether the value of an Accept header names event streams; `*/*` does not."""
    for given in accept.lower().split(","):
        name, *parameters = (part.strip() for part in given.split(";"))
        if name == MEDIA_TYPE:
            weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
            return weight.strip("0.") != ""
    return False


def respond(
    work: Callable[[], T], told: Callable[[T], Iterator[str]], failed: Callable[[int, str], str]
) -> StreamingResponse:
    """`told` makes events of what `work` returns; `failed` makes one of a status and what went wrong.

    `work` runs in a thread.
    """
    return StreamingResponse(_events(work, told, failed), media_type=MEDIA_TYPE, headers=HEADERS)


def event(data: Any, name: str | None = None) -> str:  # noqa: ANN401  anything that JSON holds
    """One event; its data are JSON in one line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\ndata: {text}\n\n" if name else f"data: {text}\n\n"


def answer_events(answer: render.AnswerJson) -> Iterator[str]:
    """Each claim with its citations, then the whole."""
    for claim in answer["claims"]:
        cited = [citation for citation in answer["citations"] if citation["n"] in claim["citations"]]
        yield event({**claim, "cited": cited}, "claim")
    yield event(answer, "answer")


def problem_event(request_id: str) -> Callable[[int, str], str]:
    """What `respond` sends for a failure: the same object as without streaming."""
    return lambda status, detail: event(problems.problem(status, detail, request_id), "error")


async def _events(
    work: Callable[[], T], told: Callable[[T], Iterator[str]], failed: Callable[[int, str], str]
) -> AsyncIterator[str]:
    task = asyncio.ensure_future(run_in_threadpool(work))
    while not (await asyncio.wait({task}, timeout=QUIET_SECONDS))[0]:
        yield ": still at work\n\n"
    try:
        for text in told(task.result()):
            yield text
    except StatementsError as error:
        yield failed(problems.status_of(error), str(error))
    except Exception:
        LOG.exception("an answer that was to be streamed failed")
        yield failed(500, problems.FAILED)
