"""What the pages that staff see say, in six languages: `locales/<language>.json` holds one text for each key.

A key that counts something stands once for each plural form of CLDR: `app.statements.one`, `.few`, `.many`, `.other`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES = ("en", "fr", "de", "it", "ru", "es")
FOLDER = Path(__file__).parent / "locales"
COOKIE = "statements_language"
"""Where the browser remembers the language that was chosen on a page."""


@cache
def words(language: str) -> Mapping[str, str]:
    """Every text of one of `LANGUAGES` by its key."""
    texts: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return texts


def language_for(wanted: str | None, accepted: str = "") -> str:
    """The one that is wanted; else the first that a browser accepts (`Accept-Language`); else English."""
    if wanted in LANGUAGES:
        return str(wanted)
    ranked = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, quality = part.strip().partition(";")
        weight = re.fullmatch(r"\s*q=([01](?:\.\d{1,3})?)\s*", quality)
        ranked.append((-float(weight[1]) if weight else -1.0, place, tag.lower().partition("-")[0]))
    return next((tag for quality, _, tag in sorted(ranked) if quality and tag in LANGUAGES), LANGUAGES[0])


class Asked(Protocol):
    """What is read of a request, Starlette's or Gradio's."""

    @property
    def cookies(self) -> Mapping[str, str]: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def query_params(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Speech:
    """The texts in one language: what templates call `t`."""

    language: str = LANGUAGES[0]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, its `{places}` filled. Raises KeyError for a key that there is not."""
        text = words(self.language)[key]
        return text.format(**values) if values else text

    def count(self, key: str, n: int) -> str:
        """The text of a key that counts, in the plural form of the number."""
        return self(f"{key}.{_locale(self.language).plural_form(n)}", n=self.number(n))

    def number(self, n: int) -> str:
        """`2,380` as the language writes it."""
        from babel.numbers import format_decimal

        return str(format_decimal(n, locale=self.language))

    def percent(self, share: float) -> str:
        """`87 %` of 0.873."""
        return f"{share:.0%}".replace("%", " %")

    def language_name(self, code: str | None) -> str | None:
        """Name of a language in this one; the code itself where none is known."""
        return _locale(self.language).languages.get(code, code) if code else None

    def recognised(self, ocr: float | None) -> str | None:
        """What is said beside a text that was read from a picture; None for any other."""
        return None if ocr is None else self("sources.ocr", percent=self.percent(ocr))

    def under(self, *prefixes: str) -> dict[str, str]:
        """All texts whose key begins so, for a script."""
        return {key: text for key, text in words(self.language).items() if key.startswith(prefixes)}


ENGLISH = Speech()


def speech_of(request: Asked) -> Speech:
    """The language that the reader chose on a page, else the address's, else the one that the browser asks for."""
    wanted = request.cookies.get(COOKIE) or request.query_params.get("lang")
    return Speech(language_for(wanted, request.headers.get("accept-language", "")))


@cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale(language)
