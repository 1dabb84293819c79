"""What every way in does with a question or a code, once: the command line, HTTP and the chat call this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.errors import InputError, NotFoundError
from store.types import Filters
from ui import render
from ui.links import Links, links_of
from ui.shown import Shown, shown

if TYPE_CHECKING:
    from assistant.answer import Answer, Turn
    from assistant.assistant import Assistant
    from store.statements import StatementStore
    from store.types import Paragraph, Passage, StoredStatement
    from ui.settings import Settings
    from ui.words import Speech

DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
EVERYTHING = Filters()


class Catalogue:
    """Look-ups in the store: what is there, and how it reads."""

    def __init__(self, store: StatementStore) -> None:
        self.store = store

    def statements(
        self, filters: Filters = EVERYTHING, *, limit: int = 100, offset: int = 0
    ) -> render.StatementListJson:
        """A page of the statements that satisfy the filters."""
        found = self.store.statements(filters, limit=limit + 1, offset=offset)
        rows = [render.statement_json(statement) for statement in found[:limit]]
        return {"statements": rows, "limit": limit, "offset": offset, "more": len(found) > limit}

    def statement(self, code: str, part: str | None = None, language: str | None = None) -> render.StatementPageJson:
        """The statement under a code in any spelling, with its paragraphs and the others under that code."""
        statement = self.find(code, part, language)
        return render.statement_page_json(
            statement, self.store.paragraphs(statement.id), self.others(statement), self.links(statement)
        )

    def others(self, statement: StoredStatement) -> list[StoredStatement]:
        """The other languages, parts and revisions under its code."""
        return [other for other in self.store.find(statement.header.code) if other.id != statement.id]

    def links(self, statement: StoredStatement) -> Links:
        """The documents that it names or amends, and those that name or amend it."""
        return links_of(self.store.snapshot, statement)

    def find(
        self, code: str, part: str | None = None, language: str | None = None, only: int | None = None
    ) -> StoredStatement:
        """One statement, or where `only` is given the one with that id and no other.

        Raises NotFoundError with the nearest thing that can be said about it.
        """
        language = language_of(language) if language else None
        if only is not None:
            same = [item for item in self.store.find(code, part, language) if item.id == only]
            if not same:
                raise NotFoundError(f"this version of {code} is no longer in the store; see: statements list")
            return same[0]
        found = render.pick(self.store.find(code, part, language), code, part)
        if found is not None:
            return found
        others = self.store.find(code)
        if not others:
            raise NotFoundError(f"no statement {code} in the store; see: statements list")
        kept = ", ".join(sorted({_name(other) for other in others}))
        wanted = " ".join(
            word for word in (code, part, f"in {render.language_name(language)}" if language else None) if word
        )
        raise NotFoundError(f"no statement {wanted} in the store; there is {kept}")

    def paragraphs(self, statement: StoredStatement) -> tuple[Paragraph, ...]:
        """All paragraphs of a statement in reading order."""
        return self.store.paragraphs(statement.id)

    def status(self) -> render.StatusJson:
        """Counts and fingerprint."""
        return render.status_json(self.store.status())


class Service(Catalogue):
    """Questions too."""

    def __init__(self, settings: Settings, store: StatementStore, assistant: Assistant) -> None:
        from ui.conversations import FILE, Conversations

        super().__init__(store)
        self.settings = settings
        self._assistant = assistant
        self.conversations = Conversations(store.folder / FILE, settings.server.conversations)

    @property
    def writers(self) -> tuple[str, ...]:
        """Names of the writers that can be asked for."""
        return self._assistant.writers

    def checked(self, question: str) -> str:
        """The question on one line. Raises InputError for one that is empty, too long or no text."""
        well_formed("question", question)
        return self._assistant.checked(question)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] | None = None,
        conversation_id: str | None = None,
        filters: Filters = EVERYTHING,
        writer: str | None = None,
        owner: str = "",
    ) -> Answer:
        """Answer a question, and keep it with its answer in the owner's conversation where one is named.

        `history` is what was said before; where none is given, the turns kept under `conversation_id` are used.
        Raises InputError for a question that is empty or too long.
        """
        question = self.checked(question)
        if history is None:
            history = self.conversations.history(owner, conversation_id) if conversation_id else ()
        answer = self._assistant.ask(question, history=self._trimmed(history), filters=filters, writer=writer)
        if conversation_id:
            self.conversations.add(owner, conversation_id, render.answer_json(answer))
        return answer

    def shown(self, number: int, answer: render.AnswerJson, t: Speech) -> Shown:
        """A kept answer for the eye."""
        return shown(number, answer, self, t, self.settings.answer.citation)

    def search(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters = EVERYTHING, limit: int = 10
    ) -> render.SearchJson:
        """Paragraphs for a question, best first."""
        question = self.checked(question)
        result = self._assistant.search(question, history=self._trimmed(history), filters=filters, limit=limit)
        return render.search_json(result.passages, result.filters, result.standalone_question)

    def lookup(self, words: str, filters: Filters = EVERYTHING) -> tuple[Passage, ...]:
        """Paragraphs near to words as they are typed, best first; no reranker, so that it keeps up."""
        return self._assistant.lookup(self.checked(words), filters=filters)

    def _trimmed(self, history: Sequence[Turn]) -> tuple[Turn, ...]:
        if not history:
            return ()
        for _, said in history:
            well_formed("history", said)
        from assistant.conversation import trim

        return trim(history, self.settings.answer.history_tokens)


def filters_from(
    code: Sequence[str] = (),
    delegation: Sequence[str] = (),
    speaker: Sequence[str] = (),
    language: Sequence[str] = (),
    issued_from: str | None = None,
    issued_to: str | None = None,
) -> Filters:
    """Filters as given by a user. Raises InputError for a date or language that can't be one."""
    for value in (*code, *delegation, *speaker):
        well_formed("filter", value)
    for date in (issued_from, issued_to):
        if date is not None and not DATE.fullmatch(date):
            raise InputError(f"{date!r} is not a date; write 2008-07-01, 2008-07 or 2008")
    languages = tuple(language_of(name) for name in language)
    return Filters(tuple(code), tuple(delegation), tuple(speaker), languages, issued_from, issued_to)


def well_formed(what: str, text: str) -> None:
    """Raises InputError for half characters, which JSON and a command line let through and nothing can store."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise InputError(f"the {what} holds characters that are no text; write it as UTF-8")


def language_of(name: str) -> str:
    """ISO 639-1 code of a language as given by a user. Raises InputError where it is none."""
    code = render.language_code(name)
    if code is None:
        raise InputError(f"{name!r} is not a language; write en, de, fr … or its English name")
    return code


def _name(statement: StoredStatement) -> str:
    header = statement.header
    part = f" {header.part}" if header.part else ""
    return f"{header.code}{part} in {render.language_name(header.language)}"
