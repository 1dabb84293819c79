"""`/widget.js`: the chat on a page of another site, with one line in that page."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import Response

from ui.pages import STATIC
from ui.words import LANGUAGES, words

if TYPE_CHECKING:
    from fastapi import FastAPI

PREFIX = "widget."
PLACE = "/* filled in by the server */ {}"
FRESH_SECONDS = 3600


def add_widget(app: FastAPI) -> None:
    """Serve the script to every site: which of them may show the chat is decided where the chat is served."""

    @app.get("/widget.js", include_in_schema=False)
    def widget(request: Request) -> Response:
        text = script()
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        headers = {
            "Cache-Control": f"public, max-age={FRESH_SECONDS}",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": tag,
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(text, media_type="text/javascript; charset=utf-8", headers=headers)


@cache
def script() -> str:
    """The widget with its words in every language."""
    said = {
        language: {key: text for key, text in words(language).items() if key.startswith(PREFIX)}
        for language in LANGUAGES
    }
    return (STATIC / "widget.js").read_text(encoding="utf-8").replace(PLACE, json.dumps(said, ensure_ascii=False))
