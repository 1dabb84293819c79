"""A frozen view of the live statements: what readers go by, and what filters are applied to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from store.codes import amended, base_code, keys, revision_rank
from store.columns import Columns, fold
from store.matrix import places
from store.references import References
from store.registry import Place, Registry, header_of
from store.types import Filters, StoredStatement, StoreStatus


@dataclass(frozen=True)
class Snapshot:
    """Live statements by id, and the live chunks as columns."""

    statements: Mapping[int, StoredStatement]
    """Ids ascending."""
    statement_ids: NDArray[np.int64]
    """The row of a statement is its place here."""
    chunk_ids: NDArray[np.int64]
    """Ascending."""
    chunk_statement: NDArray[np.int32]
    """Row of the statement of each chunk."""
    chunk_first: NDArray[np.int32]
    chunk_last: NDArray[np.int32]
    paragraphs: int
    filled: Columns | None = None
    """The statements' fields; None where they are still to be read from `statements`."""
    named: References | None = None
    """Which statements name a code; None until somebody asks."""

    @classmethod
    def empty(cls) -> Snapshot:
        none, rows = np.zeros(0, np.int64), np.zeros(0, np.int32)
        return cls({}, none, none, rows, rows, rows, 0)

    @classmethod
    def read(cls, registry: Registry, chunks: NDArray[np.void] | None = None) -> Snapshot:
        """Everything that is live. `chunks` are numbers of chunks (`CHUNK`) that are at hand, live or not."""
        return cls.empty().following(registry, chunks)

    def following(self, registry: Registry, chunks: NDArray[np.void] | None = None) -> Snapshot:
        """The state that the registry has now; only what this one does not know is read.

        A statement never changes its chunks: it is replaced by another. `chunks` as in `read`.
        """
        now = registry.live_places()
        ids = np.array([statement_id for statement_id, *_ in now], np.int64)
        kept = np.isin(self.statement_ids, ids, assume_unique=True)
        new = np.setdiff1d(ids, self.statement_ids, assume_unique=True)
        rows = registry.live_statements(new.tolist() if len(self.statement_ids) else None) if len(new) else []
        added = {row["id"]: _stored(row) for row in rows}
        gone = [item for item, stays in zip(self.statements.values(), kept.tolist(), strict=True) if not stays]
        statements = dict(self.statements)
        for item in gone:
            del statements[item.id]
        statements |= added
        statements |= _moved(statements, now, registry)
        columns = self.columns.changed(kept, [item.header for item in added.values()])
        touched = [*gone, *added.values()]
        statements |= _with_revisions(_relatives(touched, statements, ids, columns) if self.statements else statements)
        if chunks is None:
            chunks = registry.chunks_of(new.tolist() if len(self.statement_ids) else None)
        pieces = chunks[np.isin(chunks["statement"], new)]
        still = kept[self.chunk_statement] if len(self.chunk_ids) else np.zeros(0, np.bool_)
        shifted = (np.cumsum(kept, dtype=np.int32) - 1)[self.chunk_statement[still]] if len(kept) else still
        known: References | None = self.__dict__.get("references", self.named)  # not made only to be carried along
        return Snapshot(
            statements,
            ids,
            np.concatenate([self.chunk_ids[still], pieces["id"]]),
            np.concatenate([shifted, np.searchsorted(ids, pieces["statement"])]).astype(np.int32),
            np.concatenate([self.chunk_first[still], pieces["first"]]),
            np.concatenate([self.chunk_last[still], pieces["last"]]),
            self.paragraphs + sum(s.paragraphs for s in added.values()) - sum(s.paragraphs for s in gone),
            columns,
            known.changed(gone, added.values()) if known is not None else None,
        )

    @cached_property
    def columns(self) -> Columns:
        if self.filled is not None:
            return self.filled
        return Columns.empty().changed(np.zeros(0, np.bool_), [item.header for item in self.statements.values()])

    def rows(self, chunk_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row of each chunk, -1 for one that is not live."""
        return places(self.chunk_ids, chunk_ids)

    def allowed(self, filters: Filters) -> NDArray[np.bool_]:
        """For each statement row: does it satisfy the filters?"""
        return self.columns.select(filters).rows

    def select(self, filters: Filters) -> list[StoredStatement]:
        items = list(self.statements.values())
        if filters:
            items = [items[row] for row in np.flatnonzero(self.allowed(filters)).tolist()]
        return sorted(items, key=_order)

    def find(self, code: str, part: str | None, language: str | None) -> list[StoredStatement]:
        key, base = keys(code)
        exact = self._with("code", key)
        if key == base:
            related = self._with("base", base)
            exact = [s for s in related if s.superseded_by is None] + [s for s in exact if s.superseded_by is not None]
        found = [
            s
            for s in exact
            if (part is None or fold(s.header.part or "") == fold(part))
            and (language is None or s.header.language == language)
        ]
        return sorted(found, key=lambda s: (s.superseded_by is not None, -revision_rank(s.header.code), _order(s)))

    def referring_to(self, code: str) -> list[StoredStatement]:
        """Statements whose text names a code, the latest first; for a text and its revisions, any revision of it."""
        found = sorted((self.statements[one] for one in self.references.naming(code)), key=_order)
        return sorted(found, key=lambda item: item.header.issued or "", reverse=True)

    def amending(self, code: str) -> list[StoredStatement]:
        """Corrigenda, addenda and amendments of just this text, in order."""
        key, base = keys(code)
        family = [(item, amended(item.header.code)) for item in self._with("base", base)]
        return sorted((item for item, text in family if text and keys(text)[0] == key), key=_order)

    @cached_property
    def references(self) -> References:
        return References.of(self.statements.values()) if self.named is None else self.named

    def _with(self, field: str, key: str) -> list[StoredStatement]:
        rows = np.flatnonzero(self.columns.with_key(field, key))
        ids = self.statement_ids if len(self.statement_ids) else np.array(list(self.statements), np.int64)
        return [self.statements[statement_id] for statement_id in ids[rows].tolist()]

    def status(self, fingerprint: str) -> StoreStatus:
        languages = Counter(s.header.language for s in self.statements.values())
        return StoreStatus(
            fingerprint, len(self.statements), self.paragraphs, len(self.chunk_ids), dict(languages.most_common())
        )


def _stored(row: sa.RowMapping) -> StoredStatement:
    return StoredStatement(
        row["id"],
        header_of(row),
        row["file"],
        row["n"],
        doubts=tuple(row["doubts"]),
        root=row["root"],
        member=row["member"],
        refers_to=tuple(row["refers_to"]),
    )


def _moved(
    statements: Mapping[int, StoredStatement], now: Iterable[tuple[int, str, str]], registry: Registry
) -> dict[int, StoredStatement]:
    """The statements whose source, or the further files with the same content, are others than they say."""
    copies: dict[Place, list[str]] = defaultdict(list)
    for root, file, copy in registry.copies():
        copies[root, file].append(copy)
    moved = {}
    for statement_id, root, file in now:
        item, also = statements[statement_id], tuple(copies.get((root, file), ()))
        if item.file != file or item.root != root or item.also != also:
            moved[statement_id] = replace(item, root=root, file=file, also=also)
    return moved


def _relatives(
    touched: Sequence[StoredStatement],
    statements: Mapping[int, StoredStatement],
    ids: NDArray[np.int64],
    columns: Columns,
) -> dict[int, StoredStatement]:
    """Every statement that has its base code in common with one of those touched."""
    numbers = columns.values["base"].numbers({keys(item.header.code)[1] for item in touched})
    rows = np.flatnonzero(np.isin(columns["base"], numbers))
    return {statement_id: statements[statement_id] for statement_id in ids[rows].tolist()}


def _order(item: StoredStatement) -> tuple[object, ...]:
    header = item.header
    return header.code, _natural(header.part or ""), header.language, item.id


def _natural(text: str) -> tuple[object, ...]:
    """`speech 10` after `speech 9`."""
    digits = "".join(c for c in text if c.isdigit())
    return text.rstrip("0123456789"), int(digits or 0), text


def _with_revisions(statements: Mapping[int, StoredStatement]) -> dict[int, StoredStatement]:
    """Every statement, with the code of the revision that replaces it, and whether it shares its identity."""
    items = statements.values()
    claimed = Counter(item.header.identity for item in items)
    newest: dict[tuple[str, str | None, str], tuple[int, str]] = {}
    for item in items:
        header = item.header
        family, rank = (base_code(header.code), header.part, header.language), revision_rank(header.code)
        if rank > newest.get(family, (0, ""))[0]:
            newest[family] = rank, header.code
    result = {}
    for item in items:
        header = item.header
        rank, code = newest.get((base_code(header.code), header.part, header.language), (0, ""))
        superseded_by = code if 0 <= revision_rank(header.code) < rank else None
        twin = claimed[header.identity] > 1
        if (superseded_by, twin) != (item.superseded_by, item.twin):
            item = replace(item, superseded_by=superseded_by, twin=twin)
        result[item.id] = item
    return result
