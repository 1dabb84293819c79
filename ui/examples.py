"""Questions for the empty page, made from what is in the store."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.service import Service
    from ui.words import Speech

EXAMPLES = 4
EXAMPLE_SECONDS = 1.5
"""Longest time that the search for examples may add to the start, or to the first page in a language."""


class Examples:
    """Questions about those who speak most in this store, each asked once to see that it has an answer."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, t: Speech) -> tuple[str, ...]:
        """In this language; found when they are first wanted."""
        if t.language not in self._known:
            self._known[t.language] = self._found(t)
        return self._known[t.language]

    def _found(self, t: Speech) -> tuple[str, ...]:
        until = time.monotonic() + EXAMPLE_SECONDS
        years: dict[str, Counter[str]] = {}
        for statement in self._service.store.statements():
            header = statement.header
            if header.delegation and header.issued and statement.superseded_by is None:
                years.setdefault(header.delegation, Counter())[header.issued[:4]] += 1
        answered: list[str] = []
        for delegation in sorted(years, key=lambda name: -years[name].total()):
            if len(answered) == EXAMPLES or time.monotonic() > until:
                break
            question = t("chat.example", delegation=delegation, year=years[delegation].most_common(1)[0][0])
            short = len(question) <= self._service.settings.answer.question_characters
            if short and self._service.ask(question).status == "answered":
                answered.append(question)
        return tuple(answered)
