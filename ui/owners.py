"""Whose conversations a request may see."""

from __future__ import annotations

import re
from collections.abc import Mapping

BROWSER = "x-statements-browser"
"""Header with the key that a browser made for itself: 128 random bits that never leave it but to this server."""
_KEY = re.compile(r"[0-9a-f]{32}")


def owner_of(headers: Mapping[str, str], browser: str = "") -> str:
    """The browser that asks, or `""` for a program without one.

    A header of its own cannot come from a page of another site, as a cookie would. `browser` is the key where it came
    in another way.
    """
    key = browser or headers.get(BROWSER, "")
    return f"browser {key}" if _KEY.fullmatch(key) else ""
