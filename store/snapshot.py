"""A frozen view of the live statements: what readers go by, and what filters are applied to."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from store.codes import base_code, code_key, revision_rank
from store.registry import Place, Registry, header_of
from store.types import Filters, StoredStatement, StoreStatus

OPEN_START, OPEN_END = "0000-01-01", "9999-12-31"


def fold(text: str) -> str:
    """Small letters without accents: how names are compared."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@lru_cache(maxsize=1 << 18)
def keys(code: str) -> tuple[str, str]:
    """Look-up key of a code and of its base."""
    return code_key(code), code_key(base_code(code))


def first_day(date: str | None) -> str:
    """The earliest day that a date, month or year may mean."""
    return date + OPEN_START[len(date) :] if date else OPEN_START


def last_day(date: str | None) -> str:
    return date + OPEN_END[len(date) :] if date else OPEN_END


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Live statements by id, and the live chunks as columns."""

    statements: Mapping[int, StoredStatement]
    statement_ids: NDArray[np.int64]
    """Ascending; the row of a statement is its place here."""
    chunk_ids: NDArray[np.int64]
    """Ascending."""
    chunk_statement: NDArray[np.int64]
    """Row of the statement of each chunk."""
    chunk_first: NDArray[np.int64]
    chunk_last: NDArray[np.int64]
    paragraphs: int

    @classmethod
    def empty(cls) -> Snapshot:
        none = np.zeros(0, np.int64)
        return cls({}, none, none, none, none, none, 0)

    @classmethod
    def read(cls, registry: Registry) -> Snapshot:
        copies: dict[Place, list[str]] = defaultdict(list)
        for source in registry.sources():
            if source.same:
                copies[source.same].append(source.file)
        stored = [
            StoredStatement(
                row["id"],
                header_of(row),
                row["file"],
                row["n"],
                doubts=tuple(row["doubts"]),
                root=row["root"],
                member=row["member"],
                also=tuple(copies.get((row["root"], row["file"]), ())),
                refers_to=tuple(row["refers_to"]),
            )
            for row in registry.live_statements()
        ]
        statements = {item.id: item for item in _with_revisions(stored)}
        ids = np.array(list(statements), np.int64)
        chunks = registry.live_chunks()
        return cls(
            statements,
            ids,
            chunks[:, 0],
            np.searchsorted(ids, chunks[:, 1]),
            chunks[:, 2],
            chunks[:, 3],
            sum(item.paragraphs for item in stored),
        )

    def rows(self, chunk_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row of each chunk, -1 for one that is not live."""
        if not len(self.chunk_ids):
            return np.full(len(chunk_ids), -1, np.int64)
        places = np.minimum(np.searchsorted(self.chunk_ids, chunk_ids), len(self.chunk_ids) - 1)
        return np.where(self.chunk_ids[places] == chunk_ids, places, -1)

    def allowed(self, filters: Filters) -> NDArray[np.bool_]:
        """For each statement row: does it satisfy the filters?"""
        match = _Matcher(filters, self)
        return np.fromiter((match(item) for item in self.statements.values()), np.bool_, len(self.statements))

    def select(self, filters: Filters) -> list[StoredStatement]:
        match = _Matcher(filters, self)
        return sorted((s for s in self.statements.values() if match(s)), key=_order)

    def find(self, code: str, part: str | None, language: str | None) -> list[StoredStatement]:
        key, base = keys(code)
        exact = [s for s in self.statements.values() if keys(s.header.code)[0] == key]
        if key == base:
            related = [s for s in self.statements.values() if keys(s.header.code)[1] == base]
            exact = [s for s in related if s.superseded_by is None] + [s for s in exact if s.superseded_by is not None]
        found = [
            s
            for s in exact
            if (part is None or fold(s.header.part or "") == fold(part))
            and (language is None or s.header.language == language)
        ]
        return sorted(found, key=lambda s: (s.superseded_by is not None, -revision_rank(s.header.code), _order(s)))

    def status(self, fingerprint: str) -> StoreStatus:
        languages = Counter(s.header.language for s in self.statements.values())
        return StoreStatus(
            fingerprint, len(self.statements), self.paragraphs, len(self.chunk_ids), dict(languages.most_common())
        )


def _order(item: StoredStatement) -> tuple[object, ...]:
    header = item.header
    return header.code, _natural(header.part or ""), header.language, item.id


def _natural(text: str) -> tuple[object, ...]:
    """`speech 10` after `speech 9`."""
    digits = "".join(c for c in text if c.isdigit())
    return text.rstrip("0123456789"), int(digits or 0), text


def _with_revisions(stored: Iterable[StoredStatement]) -> list[StoredStatement]:
    """Every statement, with the code of the revision that replaces it, and whether it shares its identity."""
    items = list(stored)
    claimed = Counter(item.header.identity for item in items)
    newest: dict[tuple[str, str | None, str], tuple[int, str]] = {}
    for item in items:
        header = item.header
        family, rank = (base_code(header.code), header.part, header.language), revision_rank(header.code)
        if rank > newest.get(family, (0, ""))[0]:
            newest[family] = rank, header.code
    result = []
    for item in items:
        header = item.header
        rank, code = newest.get((base_code(header.code), header.part, header.language), (0, ""))
        older = 0 <= revision_rank(header.code) < rank
        result.append(replace(item, superseded_by=code if older else None, twin=claimed[header.identity] > 1))
    return result


class _Matcher:
    """Does a statement satisfy the filters?"""

    def __init__(self, filters: Filters, snapshot: Snapshot) -> None:
        self._codes = {code_key(code) for code in filters.code}
        self._printed = {keys(s.header.code)[0] for s in snapshot.statements.values()} if self._codes else set()
        self._delegations = [fold(value).split() for value in filters.delegation]
        self._speakers = [fold(value).split() for value in filters.speaker]
        self._languages = set(filters.language)
        self._from, self._to = first_day(filters.issued_from), last_day(filters.issued_to)
        self._dated = bool(filters.issued_from or filters.issued_to)

    def __call__(self, item: StoredStatement) -> bool:
        header = item.header
        if self._languages and header.language not in self._languages:
            return False
        if self._codes and not self._has_code(header.code):
            return False
        if self._dated and not (
            header.issued and first_day(header.issued) <= self._to and last_day(header.issued) >= self._from
        ):
            return False
        return _has_words(header.delegation, self._delegations) and _has_words(header.speaker, self._speakers)

    def _has_code(self, code: str) -> bool:
        """The code itself; a revision of it only where no statement has just that code."""
        key, base = keys(code)
        return key in self._codes or (base in self._codes and base not in self._printed)


def _has_words(text: str | None, alternatives: list[list[str]]) -> bool:
    folded = fold(text or "")
    return not alternatives or any(all(word in folded for word in words) for words in alternatives)
