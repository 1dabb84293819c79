"""What a question names, and which statements agree with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from assistant.names import Mention
from store.types import StoredStatement

FoundKind = Literal["delegation", "topic", "forum", "speaker", "period", "code"]
Ids = frozenset[int]
"""Of statements."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a question names and the store knows."""

    kind: FoundKind
    value: str
    """Entity or delegation, forum, surname, `first/last` day, or code."""
    start: int
    end: int
    """Where it stands in the question."""
    statement_ids: Ids
    """The statements that agree with it."""


@dataclass(frozen=True)
class Named:
    """What a question names."""

    found: tuple[Found, ...]
    mentions: tuple[Mention, ...]
    """States and organizations of the question, also those that never speak in the store."""
    homes: Ids = frozenset()
    """Statements of the delegations to which the speakers belong."""

    @cached_property
    def delegations(self) -> tuple[str, ...]:
        return self._values("delegation")

    @cached_property
    def forums(self) -> tuple[str, ...]:
        return self._values("forum")

    @cached_property
    def speakers(self) -> tuple[str, ...]:
        return self._values("speaker")

    @cached_property
    def codes(self) -> tuple[str, ...]:
        return self._values("code")

    @cached_property
    def periods(self) -> tuple[tuple[str, str], ...]:
        """First and last day of each period."""
        pairs = (value.split("/") for value in self._values("period"))
        return tuple((first, last) for first, last in pairs)

    @cached_property
    def statement_ids(self) -> dict[str, Ids]:
        """Per kind that the question names: the statements that agree with any of what it names.

        `home` stands beside the kinds of `Found`: the delegations of the speakers.
        """
        together: dict[str, set[int]] = {}
        for item in self.found:
            together.setdefault(item.kind, set()).update(item.statement_ids)
        result = {kind: frozenset(ids) for kind, ids in together.items()}
        return result | {"home": self.homes} if self.homes else result

    def _values(self, kind: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.value for item in self.found if item.kind == kind))


def matches(named: Named, statement: StoredStatement) -> dict[str, bool]:
    """For each kind that a question names: whether the statement agrees."""
    return {kind: statement.id in ids for kind, ids in named.statement_ids.items()}
