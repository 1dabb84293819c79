"""The registry: statements, paragraphs, chunks and vectors in one SQL database. It is the truth; the indexes follow it.

A statement is written with `live` false, becomes visible when `live` turns true, and is removed after it turned false.
Everything else in the store goes by the live rows alone.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from store import schema
from store.codes import base_code
from store.errors import StoreDamagedError
from store.schema import chunks, paragraphs, refusals, settings, sources, statements
from store.types import Chunk, Header, IndexedStatement, Paragraph, Vectors

T = TypeVar("T")

HEADER_COLUMNS = tuple(field for field in Header.__dataclass_fields__)
Place = tuple[str, str]
"""Root and file of a source."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was taken in."""

    root: str
    file: str
    file_sha256: str
    digest: str
    """Changes when the file, its metadata or the parser changes."""
    same: Place | None = None
    """The source that holds the statements, where this one is only another copy of it."""

    @property
    def place(self) -> Place:
        return self.root, self.file


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
        sa.event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        self._path = path
        with self.begin() as db:
            schema.prepare(db, path)

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

    def switch(self, new: Sequence[int], taken: Sequence[Source]) -> None:
        """In one transaction: hide what these sources had before and make the staged statements visible."""
        with self.begin() as db:
            self._release(db, [source.place for source in taken])
            _put_sources(db, taken)
            for ids in _slices(new):
                db.execute(sa.update(statements).where(statements.c.id.in_(ids)).values(live=True))

    def release(self, places: Sequence[Place]) -> int:
        """Forget these sources; statements that no other source holds are hidden. How many those were."""
        with self.begin() as db:
            return self._release(db, places)

    def _release(self, db: sa.Connection, places: Sequence[Place]) -> int:
        hidden = 0
        for root, file in places:
            mine = (statements.c.root == root, statements.c.file == file, statements.c.live)
            copies = (sources.c.same_root == root, sources.c.same_file == file)
            heir = db.execute(sa.select(sources.c.root, sources.c.file).where(*copies).order_by(sources.c.file)).first()
            if heir is None:
                hidden += db.execute(sa.update(statements).where(*mine).values(live=False)).rowcount
            else:
                db.execute(sa.update(statements).where(*mine).values(root=heir.root, file=heir.file))
                db.execute(sa.update(sources).where(*copies).values(same_root=heir.root, same_file=heir.file))
                own = (sources.c.root == heir.root, sources.c.file == heir.file)
                db.execute(sa.update(sources).where(*own).values(same_root=None, same_file=None))
            db.execute(sa.delete(sources).where(sources.c.root == root, sources.c.file == file))
        return hidden

    def set_refusals(self, root: str, files: Sequence[str], reasons: Sequence[tuple[str, str, str]]) -> None:
        """Replace what was refused of these files by (file, member, reason) rows."""
        with self.begin() as db:
            for part in _slices(files):
                db.execute(sa.delete(refusals).where(refusals.c.root == root, refusals.c.file.in_(part)))
            if reasons:
                names = ("root", "file", "member", "reason")
                db.execute(sa.insert(refusals), [dict(zip(names, (root, *row), strict=True)) for row in reasons])

    def hide(self, ids: Sequence[int]) -> int:
        """Hide these statements and forget their sources, so that the next run would take them in again."""
        hidden = 0
        with self.begin() as db:
            for part in _slices(ids):
                mine = (statements.c.id.in_(part), statements.c.live)
                places = db.execute(sa.select(statements.c.root, statements.c.file).where(*mine).distinct()).all()
                hidden += db.execute(sa.update(statements).where(*mine).values(live=False)).rowcount
                for root, file in places:
                    own = sa.and_(sources.c.root == root, sources.c.file == file)
                    copy = sa.and_(sources.c.same_root == root, sources.c.same_file == file)
                    db.execute(sa.delete(sources).where(own | copy))
        return hidden

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
        row = _statement_row(item)
        with self.begin() as db:
            db.execute(sa.delete(chunks).where(chunks.c.statement_id == statement_id))
            self._insert_chunks(db, statement_id, item.chunks, item.vectors)
            changed = {name: row[name] for name in ("header_vector", "checksum")}
            db.execute(sa.update(statements).where(statements.c.id == statement_id).values(changed))

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

    def sources(self, root: str | None = None) -> list[Source]:
        """Files that were taken in, below `root` or all, in order."""
        query = sa.select(sources).order_by(sources.c.root, sources.c.file)
        if root is not None:
            query = query.where(sources.c.root == root)
        with self.begin() as db:
            return [
                Source(
                    row.root,
                    row.file,
                    row.file_sha256,
                    row.digest,
                    (row.same_root, row.same_file) if row.same_file is not None else None,
                )
                for row in db.execute(query)
            ]

    def refusals(self) -> list[tuple[str, str, str, str]]:
        """(root, file, member, reason) of what could not be taken in, in order."""
        query = sa.select(refusals).order_by(refusals.c.root, refusals.c.file, refusals.c.member)
        with self.begin() as db:
            return [tuple(row) for row in db.execute(query)]

    def known_vectors(self, places: Sequence[Place]) -> dict[str, bytes]:
        """Packed vectors, by text, of everything that is live of these sources: header lines and chunks."""
        known: dict[str, bytes] = {}
        with self.begin() as db:
            for root, file in places:
                mine = (statements.c.root == root, statements.c.file == file, statements.c.live)
                for row in db.execute(sa.select(statements).where(*mine)).mappings():
                    known[header_of(row).line()] = row["header_vector"]
                query = sa.select(chunks.c.text, chunks.c.vector).join(statements).where(*mine)
                known |= {row.text: row.vector for row in db.execute(query)}
        return known


def _put_sources(db: sa.Connection, taken: Sequence[Source]) -> None:
    for source in taken:
        same_root, same_file = source.same or (None, None)
        db.execute(
            sa.insert(sources).values(
                root=source.root,
                file=source.file,
                file_sha256=source.file_sha256,
                digest=source.digest,
                same_root=same_root,
                same_file=same_file,
            )
        )


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
        "member": statement.member,
        "ordinal": statement.ordinal,
        "base_code": base_code(statement.header.code),
        "doubts": list(statement.doubts),
        "refers_to": list(statement.refers_to),
        "header_vector": pack(item.header_vector[None, :])[0],
        "checksum": checksum(statement.header, statement.paragraphs, item.chunks, item.header_vector, item.vectors),
    }


def checksum(
    header: Header,
    paragraphs: Sequence[Paragraph],
    chunks: Sequence[Chunk],
    header_vector: NDArray[np.float32],
    vectors: Vectors,
) -> str:
    """SHA-256 of everything that is kept of a statement; one changed bit on the disk changes it."""
    content = [asdict(header), [asdict(one) for one in paragraphs], [asdict(one) for one in chunks]]
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"))
    for packed in (*pack(header_vector[None, :]), *pack(vectors)):
        digest.update(packed)
    return digest.hexdigest()


def _paragraph(row: sa.RowMapping) -> Paragraph:
    fields = {name: row[name] for name in ("number", "text", "label", "page", "heading", "under", "ocr")}
    return Paragraph(**fields, footnotes=tuple(row["footnotes"]))


def _slices(items: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """SQLite takes a limited number of parameters in one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so, schema changes included
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
