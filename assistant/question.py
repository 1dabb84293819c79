"""A question and its conversation become a standalone query with a language and filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answer import Turn
from assistant.prompts import FILTER_DROPPED, say
from store.codes import find_codes
from store.errors import InputError
from store.language import detect_language
from store.snapshot import Snapshot
from store.types import Filters

LONGEST_QUESTION = 4_000
FOLLOW_UP_WORDS = 12
"""A question with fewer words than this may lean on the one before it."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question, understood."""

    text: str
    """Standalone: says what it asks without the conversation."""
    language: str
    filters: Filters
    notes: tuple[str, ...] = ()


def understand(question: str, history: Sequence[Turn], filters: Filters, snapshot: Snapshot) -> Query:
    """What is asked, in which language, of which statements.

    Raises InputError for a question that is empty or longer than LONGEST_QUESTION characters.
    """
    question = re.sub(r"\s+", " ", question).strip()
    if not question:
        raise InputError("the question is empty; ask something")
    if len(question) > LONGEST_QUESTION:
        raise InputError(
            f"the question has {len(question):,} characters; at most {LONGEST_QUESTION:,} are read: shorten it"
        )
    asked = [text for role, text in history if role == "user"]
    language = detect_language(question) or detect_language(" ".join(asked)) or "en"
    text = standalone(question, asked)
    filters = _with_codes(filters, question, snapshot)
    notes: tuple[str, ...] = ()
    if filters and not snapshot.select(filters):
        notes = (say(FILTER_DROPPED, language, filters=describe(filters)),)
        filters = Filters()
    return Query(text, language, filters, notes)


def standalone(question: str, asked: Sequence[str]) -> str:
    """A short question put behind the one that it follows, so that it can be searched alone."""
    if not asked or len(question.split()) >= FOLLOW_UP_WORDS or find_codes(question):
        return question
    return f"{asked[-1].strip()} {question}"


def _with_codes(filters: Filters, question: str, snapshot: Snapshot) -> Filters:
    """A document named in the question is the one that is asked about, if the store has it."""
    if filters.code:
        return filters
    codes = tuple(code for code in find_codes(question) if snapshot.find(code, None, None))
    return replace(filters, code=codes)


def describe(filters: Filters) -> str:
    """The filters in a few words: `code PC.DEL/1/20, from 2008`."""
    words = [
        f"{name} {' / '.join(values)}"
        for name, values in (
            ("code", filters.code),
            ("delegation", filters.delegation),
            ("speaker", filters.speaker),
            ("language", filters.language),
        )
        if values
    ]
    words += [f"from {filters.issued_from}"] if filters.issued_from else []
    words += [f"to {filters.issued_to}"] if filters.issued_to else []
    return ", ".join(words)
