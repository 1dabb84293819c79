"""Whose conversations a request may see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from starlette.datastructures import State

if TYPE_CHECKING:
    from ui.people import Person

BROWSER = "x-statements-browser"
"""Header with the key that a browser made for itself: 128 random bits that never leave it but to this server."""
_KEY = re.compile(r"[0-9a-f]{32}")


class Asked(Protocol):
    """What is read of a request, Starlette's or Gradio's."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def state(self) -> State: ...


def owner_of(request: Asked, browser: str = "") -> str:
    """Who is signed in; where nobody is, the browser that asks, or `""` for a program without one.

    A header of its own cannot come from a page of another site, as a cookie would. `browser` is the key where it came
    in another way.
    """
    person: Person | None = getattr(request.state, "person", None)
    if person is not None and person.name:
        return f"person {person.name}"
    key = browser or request.headers.get(BROWSER, "")
    return f"browser {key}" if _KEY.fullmatch(key) else ""
