"""The application under a path of its own, behind a reverse proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class SubPath:
    """ASGI middleware, outermost: every path begins with the sub-path, whether or not the proxy took it away.

    The sub-path is never one of the application's own paths (`settings.OWN_PATHS`), so that both can be told apart.
    """

    def __init__(self, app: ASGIApp, root: str) -> None:
        """`root` is the sub-path, without a slash at its end."""
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path == self._root and scope["type"] == "http":  # relative addresses of the page count from the slash
            query = scope.get("query_string", b"").decode("latin-1")
            redirect = RedirectResponse(f"{self._root}/?{query}" if query else f"{self._root}/", 308)
            await redirect(scope, receive, send)
            return
        whole = path if path.startswith(f"{self._root}/") else self._root + path
        await self._app({**scope, "path": whole, "root_path": self._root}, receive, send)
