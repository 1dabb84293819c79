"""What the store holds as a person checks it: every statement with its doubts, and everything that was refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.folder import Refused
from ingest.metadata import Row, apply
from ingest.metadata import doubts as metadata_doubts
from store.statements import StatementStore
from store.types import Header, StoredStatement

_BLANK = Header(code="", language="und")


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement, and what a person should look at."""

    statement: StoredStatement
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """In order of root and file."""

    entries: tuple[Entry, ...]
    refused: Mapping[str, tuple[Refused, ...]]
    """By root."""


def report(store: StatementStore) -> Report:
    """Everything that was ever taken in and is still there, and what the last runs refused."""
    statements = store.statements()
    claims = rivals(statements)
    entries = [Entry(one, (*one.doubts, *claims.get(one.id, ()), *_copies(one))) for one in statements]
    entries.sort(key=lambda entry: (entry.statement.root, entry.statement.file, entry.statement.id))
    refused: defaultdict[str, list[Refused]] = defaultdict(list)
    for root, file, member, reason in store.refusals():
        refused[root].append(Refused(file, reason, member))
    return Report(tuple(entries), {root: tuple(ones) for root, ones in refused.items()})


def rivals(statements: Sequence[StoredStatement]) -> dict[int, tuple[str, ...]]:
    """By id, what is to be said of statements whose code, part and language others claim too."""
    claimed: defaultdict[tuple[str, str | None, str], list[StoredStatement]] = defaultdict(list)
    for one in statements:
        if one.twin:
            claimed[one.header.identity].append(one)
    return {
        one.id: tuple(
            f"same code, part and language as {_name(other, one.root)}"
            for other in claimed[one.header.identity]
            if other.id != one.id
        )
        for ones in claimed.values()
        for one in ones
    }


def row_of(statement: StoredStatement) -> Row:
    """The row of the metadata table that says what the store says; empty where that is only a guess."""
    header = statement.header
    return Row(
        file=statement.file,
        code=None if header.code_made else header.code,
        part=header.part,
        date=header.issued,
        speaker=header.speaker,
        organization=header.delegation,
        language=None if header.language == "und" else header.language,
        original_language=header.original_language,
        title=header.title,
    )


def rows_of(statements: Sequence[StoredStatement]) -> dict[int, Row]:
    """By id, the rows of those that a metadata table can correct: of a file itself and of its parts.

    Members of a container have no rows, and of two statements under one name for a part only the first has one.
    """
    rows: dict[tuple[str, str, str], tuple[int, Row]] = {}
    for one in sorted(statements, key=lambda one: one.id):
        if not one.member:
            rows.setdefault((one.root, one.file, _part(one.header.part)), (one.id, row_of(one)))
    return dict(rows.values())


def says_nothing_new(row: Row, statements: Sequence[StoredStatement]) -> bool:
    """Whether the rows of a file are those that the report gave out, however a spreadsheet spells them."""
    given = {_part(one.part): one for one in (replace(row, parts=()), *row.parts) if one.canonical()}
    kept = {_part(one.part): one for one in rows_of(statements).values()}
    same = given.keys() == kept.keys() and all(apply(given[p], _BLANK) == apply(kept[p], _BLANK) for p in given)
    return same and not any(metadata_doubts(row))


def _part(name: str | None) -> str:
    return " ".join((name or "").casefold().split())


def _name(statement: StoredStatement, root: str) -> str:
    file = statement.file if statement.root == root else f"{statement.root}/{statement.file}"
    return f"{file}: {statement.member}" if statement.member else file


def _copies(statement: StoredStatement) -> tuple[str, ...]:
    return (f"same content also in {', '.join(statement.also)}",) if statement.also else ()
