"""A question and its conversation become a standalone query: what it asks, in which language, and whom it names."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.answer import Turn
from assistant.followup import standalone
from assistant.named import Named
from assistant.prompts import CODE_UNKNOWN, NOTHING_MATCHES, say
from assistant.shape import asks_for_everyone, asks_for_several, sides
from assistant.vocabulary import Vocabulary
from store.codes import find_codes
from store.columns import fold
from store.errors import InputError
from store.language import detect_language, stop_words
from store.snapshot import Snapshot
from store.types import Filters

LONGEST_QUESTION = 4_000
SHORTEST_NAME = 3
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_STARTS = ("", ".", "?", "!", ":", "¿", "¡")
"""What stands before the first word of a sentence, which is written large in any case."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question, understood."""

    text: str
    """Standalone: says what it asks without the conversation."""
    language: str
    filters: Filters
    question: str = ""
    """As it was asked, where `text` is more than that."""
    named: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """For each kind of thing that the question names (`speaker`, `period` …): the statements that agree."""
    carried: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """The same for what the conversation named last and the question does not."""
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Proper names that are no speaker, delegation, period or code of the store: `Bürgenstock`, `MH17`."""
    sides: tuple[frozenset[int], ...] = ()
    """Statements of each of those that the question sets beside each other; none where it compares nothing."""
    several: bool = False
    """It asks for all of something (`what were the three proposals`), not for one thing."""
    everyone: bool = False
    """It asks for all who said something (`which delegations …`)."""
    spoken: Named = field(default_factory=lambda: Named((), ()))
    """What the question itself names, each with its place in `own`."""
    absent: tuple[str, ...] = ()
    """Codes of the question that no statement has."""

    @property
    def own(self) -> str:
        """The question as it was asked."""
        return self.question or self.text


def checked(question: str, longest: int) -> str:
    """The question on one line. Raises InputError for one that is empty or has more than `longest` characters."""
    question = re.sub(r"\s+", " ", question).strip()
    if not question:
        raise InputError("the question is empty; write what you want to know")
    if len(question) > longest:
        raise InputError(f"the question has {len(question):,} characters, at most {longest:,} are read; shorten it")
    return question


def understand(
    question: str,
    history: Sequence[Turn],
    filters: Filters,
    snapshot: Snapshot,
    vocabulary: Vocabulary,
    today: datetime.date | None = None,
) -> Query:
    """What is asked, in which language, of which statements. `vocabulary` is the snapshot's."""
    asked = [text for role, text in history if role == "user"]
    language = detect_language(question) or detect_language(" ".join(asked)) or "en"
    named = vocabulary.read(question, today)
    given = filters
    filters = replace(given, code=given.code or named.codes)
    absent = tuple(code for code in find_codes(question) if not snapshot.find(code, None, None))
    notes = tuple(say(CODE_UNKNOWN, language, code=code) for code in absent)
    if filters != given and not snapshot.allowed(filters).any():
        filters = given  # what the question names gives way to what the caller set
    if filters and not snapshot.allowed(filters).any():
        notes = (*notes, say(NOTHING_MATCHES, language, filters=describe(filters)))
    alone = standalone(question, named, history, language, snapshot, vocabulary, today)
    return Query(
        text=alone.text,
        language=language,
        filters=filters,
        question=question if alone.text != question else "",
        named={**named.statement_ids, **alone.meant},
        carried=alone.carried,
        notes=notes,
        names=_names(question, named, language),
        sides=sides(question, named),
        several=asks_for_several(question),
        everyone=asks_for_everyone(question),
        spoken=named,
        absent=absent,
    )


def _names(question: str, named: Named, language: str) -> tuple[str, ...]:
    """Words written as names that the vocabulary does not know. German writes every noun so: there, only `MH17`."""
    known = [(one.start, one.end) for one in named.found] + [(one.start, one.end) for one in named.mentions]
    return tuple(
        word
        for match in _WORD.finditer(question)
        for word in (match[0],)
        if len(word) >= SHORTEST_NAME
        and (word[1:] != word[1:].lower() if language == "de" else word[0].isupper())
        and question[: match.start()].rstrip()[-1:] not in _STARTS
        and fold(word) not in stop_words(language)
        and not any(start < match.end() and match.start() < end for start, end in known)
    )


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
