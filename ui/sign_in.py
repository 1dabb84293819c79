"""ASGI middleware that finds who asks, for every request, those of the chat page and its queue included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from store.errors import AccessError, SignInError, StatementsError
from ui import pages
from ui.middleware import path_of
from ui.origin import is_same_origin
from ui.people import Person, Role, acting
from ui.problems import problem_response, status_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ui.access import Access

OPEN = ("/healthz", "/favicon.ico", "/widget.js")
OPEN_FOLDERS = ("/ui/",)
"""Needed before anybody is known; nothing of the store is there."""
NEEDS: tuple[tuple[str, Role], ...] = (
    ("/api/uploads", "editor"),
    ("/admin", "administrator"),
    ("/api/report", "administrator"),
    ("/api/doctor", "administrator"),
)
"""What more than reading needs: a path, and what lies below it."""
READING = ("GET", "HEAD", "OPTIONS")
TITLES = {401: "Sign in", 403: "Not allowed"}


class SignIn:
    """Around everything that answers; inside of `Guard`, which gives its answers their headers."""

    def __init__(self, app: ASGIApp, access: Access, public_url: str | None = None) -> None:
        self._app = app
        self._access = access
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket" and not self._access.is_off:  # nothing of ours speaks it
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        path = path_of(scope)
        try:
            if scope["method"] not in READING and not self._may_change(request):
                raise AccessError("another site may not send this")
            if path in OPEN or path.startswith(OPEN_FOLDERS):
                await self._app(scope, receive, send)
                return
            person = await run_in_threadpool(self._access.person, request)
            _allow(person, path)
        except StatementsError as error:
            await _refused(request, error)(scope, receive, send)
            return
        scope.setdefault("state", {})["person"] = person
        with acting(person):
            await self._app(scope, receive, send)

    def _may_change(self, request: HTTPConnection) -> bool:
        """A page of another site can't make a browser send a key that it does not know."""
        with_key = not self._access.is_off and "authorization" in request.headers
        return with_key or is_same_origin(request, self._public_url)


def needed(path: str) -> Role:
    """The role that a path asks for."""
    return next((role for place, role in NEEDS if path == place or path.startswith(f"{place}/")), "reader")


def _allow(person: Person, path: str) -> None:
    role = needed(path)
    if not person.may(role):
        raise AccessError(f"this needs the role {role}; {person.name} is {person.role}")


def _refused(request: HTTPConnection, error: StatementsError) -> Response:
    status, path = status_of(error), path_of(request.scope)
    for_reading = "text/html" in request.headers.get("accept", "") and not path.startswith("/api/")
    if for_reading or path == "/admin":
        root = str(request.scope.get("root_path", ""))
        return HTMLResponse(pages.error_page(TITLES.get(status, "Not possible"), str(error), root), status)
    headers = {"WWW-Authenticate": 'Bearer realm="statements"'} if isinstance(error, SignInError) else None
    return problem_response(status, str(error), str(request.scope.get("state", {}).get("request_id", "")), headers)
