"""The registry: statements, paragraphs, chunks and vectors in one SQL database. It is the truth; the indexes follow it.

A statement is written with `live` false, becomes visible when `live` turns true, and is removed after it turned false.
Everything else in the store goes by the live rows alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from store.codes import base_code
from store.errors import StoreDamagedError
from store.types import Chunk, Header, IndexedStatement, Paragraph, Vectors

SCHEMA_VERSION = 1

metadata = sa.MetaData()

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

statements = sa.Table(
    "statements",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("live", sa.Boolean, nullable=False, index=True),
    sa.Column("root", sa.String, nullable=False),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("file_sha256", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("base_code", sa.String, nullable=False, index=True),
    sa.Column("part", sa.String),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("original_language", sa.String),
    sa.Column("issued", sa.String),
    sa.Column("event_from", sa.String),
    sa.Column("event_to", sa.String),
    sa.Column("title", sa.Text),
    sa.Column("speaker", sa.Text),
    sa.Column("delegation", sa.Text),
    sa.Column("distribution", sa.String),
    sa.Column("meeting", sa.Text),
    sa.Column("code_made", sa.Boolean, nullable=False),
    sa.Column("doubts", sa.JSON, nullable=False),
    sa.Column("header_vector", sa.LargeBinary, nullable=False),
    sa.Index("statements_source", "root", "file"),
    sqlite_autoincrement=True,
)

paragraphs = sa.Table(
    "paragraphs",
    metadata,
    sa.Column("statement_id", sa.ForeignKey("statements.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("label", sa.String),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("page", sa.Integer),
    sa.Column("heading", sa.Text),
    sa.Column("footnotes", sa.JSON, nullable=False),
    sa.Column("under", sa.String),
)

chunks = sa.Table(
    "chunks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("statement_id", sa.ForeignKey("statements.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("first", sa.Integer, nullable=False),
    sa.Column("last", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

T = TypeVar("T")

HEADER_COLUMNS = tuple(field for field in Header.__dataclass_fields__)


def pack(vectors: Vectors) -> list[bytes]:
    """Vectors as they are kept: float16, little-endian."""
    return [row.tobytes() for row in vectors.astype("<f2")]


def unpack(blobs: Sequence[bytes]) -> Vectors:
    """Shape (len(blobs), dimension), float32."""
    if not blobs:
        return np.zeros((0, 0), np.float32)
    return np.frombuffer(b"".join(blobs), "<f2").reshape(len(blobs), -1).astype(np.float32)


class Registry:
    """The tables above in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
        sa.event.listen(self._engine, "connect", _configure)
        self._path = path
        with self._translated():
            metadata.create_all(self._engine)
            version = int(self.setting("schema") or SCHEMA_VERSION)
            if version != SCHEMA_VERSION:
                raise StoreDamagedError(
                    f"{path} has schema {version}, this program knows {SCHEMA_VERSION}; "
                    "ingest the documents into a new store"
                )
            self.set_settings({"schema": str(SCHEMA_VERSION)})

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise StoreDamagedError(
                f"{self._path} can't be used ({error.orig}); check the disk and the folder's rights, "
                "or ingest the documents into a new store"
            ) from error

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction; foreign errors come out as ours."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    # settings of the store itself

    def setting(self, name: str) -> str | None:
        with self.begin() as db:
            return db.execute(sa.select(settings.c.value).where(settings.c.name == name)).scalar()

    def set_settings(self, values: Mapping[str, str]) -> None:
        with self.begin() as db:
            for name, value in values.items():
                db.execute(sa.delete(settings).where(settings.c.name == name))
                db.execute(sa.insert(settings).values(name=name, value=value))

    # writing

    def stage(self, batch: Sequence[IndexedStatement]) -> list[tuple[int, list[int]]]:
        """Write statements that nobody sees yet; the id of each and the ids of its chunks."""
        staged = []
        with self.begin() as db:
            for item in batch:
                statement_id = _insert(db, statements, _statement_row(item))
                if item.statement.paragraphs:
                    rows = [asdict(p) | {"statement_id": statement_id} for p in item.statement.paragraphs]
                    db.execute(sa.insert(paragraphs), rows)
                staged.append((statement_id, self._insert_chunks(db, statement_id, item.chunks, item.vectors)))
        return staged

    @staticmethod
    def _insert_chunks(db: sa.Connection, statement_id: int, items: Sequence[Chunk], vectors: Vectors) -> list[int]:
        ids = []
        for chunk, vector in zip(items, pack(vectors), strict=True):
            row = {
                "statement_id": statement_id,
                "first": chunk.first,
                "last": chunk.last,
                "text": chunk.text,
                "vector": vector,
            }
            ids.append(_insert(db, chunks, row))
        return ids

    def switch(self, new: Sequence[int], sources: Sequence[tuple[str, str]]) -> None:
        """Make the staged statements visible and, in the same transaction, hide what their sources had before."""
        with self.begin() as db:
            self._hide_sources(db, sources)
            for ids in _slices(new):
                db.execute(sa.update(statements).where(statements.c.id.in_(ids)).values(live=True))

    @staticmethod
    def _hide_sources(db: sa.Connection, sources: Sequence[tuple[str, str]]) -> int:
        hide = (
            sa.update(statements)
            .where(statements.c.root == sa.bindparam("r"), statements.c.file == sa.bindparam("f"), statements.c.live)
            .values(live=False)
        )
        return sum(db.execute(hide, {"r": root, "f": file}).rowcount for root, file in sources)

    def hide_sources(self, sources: Sequence[tuple[str, str]]) -> int:
        """Hide every statement of these (root, file) pairs; how many there were."""
        with self.begin() as db:
            return self._hide_sources(db, sources)

    def hide(self, ids: Sequence[int]) -> int:
        with self.begin() as db:
            return sum(
                db.execute(
                    sa.update(statements).where(statements.c.id.in_(part), statements.c.live).values(live=False)
                ).rowcount
                for part in _slices(ids)
            )

    def hidden_chunks(self) -> list[int]:
        """Chunks of statements that nobody may see: staged by a write that was cut short, or replaced."""
        with self.begin() as db:
            query = sa.select(chunks.c.id).join(statements).where(~statements.c.live)
            return list(db.execute(query).scalars())

    def remove_hidden(self) -> None:
        with self.begin() as db:
            db.execute(sa.delete(statements).where(~statements.c.live))

    def replace_chunks(self, statement_id: int, item: IndexedStatement) -> None:
        """Give a statement other chunks (another chunker) or other vectors (another embedder)."""
        with self.begin() as db:
            db.execute(sa.delete(chunks).where(chunks.c.statement_id == statement_id))
            self._insert_chunks(db, statement_id, item.chunks, item.vectors)
            header = sa.update(statements).where(statements.c.id == statement_id)
            db.execute(header.values(header_vector=pack(item.header_vector[None, :])[0]))

    # reading

    def live_statements(self) -> list[sa.RowMapping]:
        """Every live statement's columns and its number of paragraphs, in order of id."""
        count = (
            sa.select(paragraphs.c.statement_id, sa.func.count().label("n"))
            .group_by(paragraphs.c.statement_id)
            .subquery()
        )
        query = (
            sa.select(statements, sa.func.coalesce(count.c.n, 0).label("n"))
            .outerjoin(count, count.c.statement_id == statements.c.id)
            .where(statements.c.live)
            .order_by(statements.c.id)
        )
        with self.begin() as db:
            return list(db.execute(query).mappings())

    def live_chunks(self) -> NDArray[np.int64]:
        """Rows (chunk id, statement id, first paragraph, last paragraph), in order of id."""
        query = (
            sa.select(chunks.c.id, chunks.c.statement_id, chunks.c.first, chunks.c.last)
            .join(statements)
            .where(statements.c.live)
            .order_by(chunks.c.id)
        )
        with self.begin() as db:
            rows = [tuple(row) for row in db.execute(query)]
        return np.array(rows, np.int64).reshape(-1, 4)

    def chunk_texts(self, ids: Sequence[int]) -> list[tuple[int, int, str]]:
        """(id, statement id, text) of these chunks."""
        found: list[tuple[int, int, str]] = []
        with self.begin() as db:
            for part in _slices(ids):
                query = sa.select(chunks.c.id, chunks.c.statement_id, chunks.c.text).where(chunks.c.id.in_(part))
                found += [(row.id, row.statement_id, row.text) for row in db.execute(query)]
        return found

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors, Vectors]:
        """The ids that were found; row by row their text vectors and their statements' header vectors."""
        found: list[tuple[int, bytes, bytes]] = []
        with self.begin() as db:
            for part in _slices(ids):
                query = sa.select(chunks.c.id, chunks.c.vector, statements.c.header_vector).join(statements)
                rows = db.execute(query.where(chunks.c.id.in_(part)))
                found += [(row.id, row.vector, row.header_vector) for row in rows]
        return [row[0] for row in found], unpack([row[1] for row in found]), unpack([row[2] for row in found])

    def paragraphs(self, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Paragraph]:
        """Paragraphs by (statement id, number); what is gone is left out."""
        key = sa.tuple_(paragraphs.c.statement_id, paragraphs.c.number)
        found = {}
        with self.begin() as db:
            for part in _slices(wanted):
                for row in db.execute(sa.select(paragraphs).where(key.in_(part))).mappings():
                    found[(row["statement_id"], row["number"])] = _paragraph(row)
        return found

    def statement_paragraphs(self, statement_id: int) -> tuple[Paragraph, ...]:
        query = sa.select(paragraphs).where(paragraphs.c.statement_id == statement_id).order_by(paragraphs.c.number)
        with self.begin() as db:
            return tuple(_paragraph(row) for row in db.execute(query).mappings())

    def digests(self, root: str) -> dict[str, str]:
        query = sa.select(statements.c.file, statements.c.digest).where(statements.c.live, statements.c.root == root)
        with self.begin() as db:
            return {row.file: row.digest for row in db.execute(query)}


def _insert(db: sa.Connection, table: sa.Table, row: Mapping[str, object]) -> int:
    """The id that the new row got."""
    key = db.execute(sa.insert(table).values(row)).inserted_primary_key
    if key is None:
        raise StoreDamagedError(f"the database gave no id for a row of {table.name}")
    return int(key[0])


def header_of(row: sa.RowMapping) -> Header:
    return Header(**{name: row[name] for name in HEADER_COLUMNS})


def _statement_row(item: IndexedStatement) -> dict[str, object]:
    statement = item.statement
    return asdict(statement.header) | {
        "live": False,
        "root": statement.root,
        "file": statement.file,
        "ordinal": statement.ordinal,
        "file_sha256": statement.file_sha256,
        "digest": statement.digest,
        "base_code": base_code(statement.header.code),
        "doubts": list(statement.doubts),
        "header_vector": pack(item.header_vector[None, :])[0],
    }


def _paragraph(row: sa.RowMapping) -> Paragraph:
    fields = {name: row[name] for name in ("number", "text", "label", "page", "heading", "under")}
    return Paragraph(**fields, footnotes=tuple(row["footnotes"]))


def _slices(items: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """SQLite takes a limited number of parameters in one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
