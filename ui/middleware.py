"""What every HTTP exchange gets: a request id, security headers, and a limit on the body."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from ui.problems import FAILED, problem_response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
CHAT = (
    # Gradio starts from inline scripts and compiles its HTML templates, hence the two 'unsafe' words; nothing that a
    # document or a user wrote is ever put into the page unescaped, and nothing may leave for another host.
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
ADMIN = STRICT.replace("form-action 'none'", "form-action 'self'")
OURS = (
    *("/api/", "/v1/", "/statements/", "/healthz", "/openapi.json", "/ui/", "/widget.js"),
    *("/originals/", "/shared/", "/fragments/", "/mcp"),
)
SEARCH = f"{ADMIN}; script-src 'self'; connect-src 'self'"
SEARCHES = ("/lookup", "/compare")
COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


LOG = logging.getLogger("statements")


def path_of(scope: Scope) -> str:
    """The path below the application, wherever a proxy shows it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _policy(path: str) -> str:
    return SEARCH if path.startswith(SEARCHES) else STRICT if path.startswith(OURS) else CHAT


class Guard:
    """ASGI middleware around the whole application, the chat page included."""

    def __init__(
        self,
        app: ASGIApp,
        body_bytes: int,
        larger: Mapping[str, int] | None = None,
        frame_ancestors: Sequence[str] = (),
    ) -> None:
        """`larger` are paths to which more than `body_bytes` may be posted, and how much.

        `frame_ancestors` are the sites that may show a page in a frame, beside this one; never the administrator's.
        """
        self._app = app
        self._body_bytes = body_bytes
        self._larger = larger or {}
        self._ancestors = " ".join(("frame-ancestors 'self'", *frame_ancestors))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        path = path_of(scope)
        admin = path == "/admin"
        policy = ADMIN if admin else _policy(path).replace("frame-ancestors 'self'", self._ancestors)
        most = self._larger.get(path, self._body_bytes)
        too_large = f"the request is larger than {most:,} bytes"
        started = False
        arrived = 0

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers["Content-Security-Policy"] = policy
                for name, value in COMMON.items():
                    headers[name] = value
                if admin:  # without a referrer a browser would not say either which site a form comes from
                    headers["Referrer-Policy"] = "same-origin"
            await send(message)

        async def guarded_receive() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > most:
                raise HTTPException(413, too_large)
            return message

        declared = Headers(scope=scope).get("content-length", "0")
        if not (declared.isascii() and declared.isdigit() and int(declared) <= most):
            await problem_response(413, too_large, request_id)(scope, receive, guarded_send)
            return
        try:
            await self._app(scope, guarded_receive, guarded_send)
        except Exception:
            LOG.exception("request %s failed", request_id)
            if started:
                raise
            await problem_response(500, FAILED, request_id)(scope, receive, guarded_send)
