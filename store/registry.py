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
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from store import schema
from store.codes import base_code
from store.errors import StoreBusyError, StoreDamagedError, StoreError, StoreFullError
from store.matrix import CHUNK
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


def kept(vectors: Vectors) -> Vectors:
    """Vectors with the precision that they are kept with."""
    return vectors.astype("<f2").astype(np.float32)


def unpack(blobs: Sequence[bytes]) -> Vectors:
    """Shape (len(blobs), dimension), float32."""
    if not blobs:
        return np.zeros((0, 0), np.float32)
    return np.frombuffer(b"".join(blobs), "<f2").reshape(len(blobs), -1).astype(np.float32)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors over this file come out as ours, by what the user does next."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _ours(path, error.orig) from error
    except sqlite3.Error as error:
        raise _ours(path, error) from error


def _ours(path: Path, error: BaseException | None) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte is the kind
    if code == sqlite3.SQLITE_FULL:
        return StoreFullError(f"no space left for {path}; free some and run the same command again, nothing is lost")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusyError(f"{path} is in use by another process; wait until it is done")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return StoreError(f"{path} can't be written ({error}); give this user the right to, or choose another --store")
    if code == sqlite3.SQLITE_IOERR:
        return StoreError(f"{path} can't be read or written ({error}); check the disk and its free space")
    return StoreDamagedError(
        f"{path} is damaged ({error}); run: statements restore FILE --replace, with a backup, "
        "or ingest the documents into a new store"
    )


class Registry:
    """The tables above in one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
        sa.event.listen(self._engine, "connect", configure)
        sa.event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        self._path = path
        with translated(path):
            schema.keep_older(path)
        with self.begin() as db:
            schema.prepare(db, path)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction; foreign errors come out as ours."""
        with translated(self._path), self._engine.begin() as connection:
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
        with self.begin() as db:
            first = _next_id(db, statements)
            ids = range(first, first + len(batch))
            if batch:
                rows = zip(ids, map(_statement_row, batch), strict=True)
                db.execute(sa.insert(statements), [row | {"id": statement_id} for statement_id, row in rows])
            texts = [
                _values(paragraph) | {"statement_id": statement_id}
                for statement_id, item in zip(ids, batch, strict=True)
                for paragraph in item.statement.paragraphs
            ]
            if texts:
                db.execute(sa.insert(paragraphs), texts)
            return list(zip(ids, _insert_chunks(db, list(zip(ids, batch, strict=True))), strict=True))

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

    def forget(self, places: Sequence[Place]) -> None:
        """Forget sources, so that the next run takes their files in again; their statements stay."""
        with self.begin() as db:
            for root, file in places:
                db.execute(sa.delete(sources).where(sources.c.root == root, sources.c.file == file))

    def set_checksum(self, statement_id: int) -> None:
        """Record the checksum of what is kept now, for a statement that an older version wrote without one."""
        with self.begin() as db:
            mine = statements.c.id == statement_id
            row = db.execute(sa.select(statements).where(mine)).mappings().one()
            db.execute(sa.update(statements).where(mine).values(checksum=self._content_checksum(db, row)))

    def remove_orphans(self) -> None:
        """Paragraphs and chunks of statements that are not there: SQLite makes none, a damaged file may hold some."""
        known = sa.select(statements.c.id)
        with self.begin() as db:
            for table in (paragraphs, chunks):
                db.execute(sa.delete(table).where(table.c.statement_id.not_in(known)))

    def reindex(self) -> None:
        """Make SQLite's own indexes again from its tables."""
        with self.begin() as db:
            db.execute(sa.text("REINDEX"))

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

    def scrub(self) -> None:
        """Leave nothing on the disk of what was removed: neither in free pages, nor in the log, nor in older copies."""
        with translated(self._path):
            connection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute("PRAGMA secure_delete=ON")  # else free space within a page may hold what stood in memory
                cursor.execute("VACUUM")
                waiting, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                connection.close()
        if waiting:
            raise StoreBusyError(f"{self._path} is being read by another process; repeat when that is done")
        for older in self._path.parent.glob(f"{self._path.name}.*"):
            older.unlink()  # copies made before a migration

    def replace_chunks(self, statement_id: int, item: IndexedStatement) -> None:
        """Give a statement other chunks (another chunker) or other vectors (another embedder)."""
        row = _statement_row(item)
        with self.begin() as db:
            db.execute(sa.delete(chunks).where(chunks.c.statement_id == statement_id))
            _insert_chunks(db, [(statement_id, item)])
            changed = {name: row[name] for name in ("header_vector", "checksum")}
            db.execute(sa.update(statements).where(statements.c.id == statement_id).values(changed))

    # reading

    def live_statements(self, ids: Sequence[int] | None = None) -> list[sa.RowMapping]:
        """Live statements, all or these, without vectors; `n` is their number of paragraphs. In order of id."""
        columns = [c for c in statements.c if c.name not in ("header_vector", "checksum")]
        found: list[sa.RowMapping] = []
        with self.begin() as db:
            for part in [None] if ids is None else _slices(ids):
                chosen = statements.c.live if part is None else statements.c.live & statements.c.id.in_(part)
                counts = sa.select(paragraphs.c.statement_id, sa.func.count().label("n"))
                counts = counts.group_by(paragraphs.c.statement_id)
                if part is not None:
                    counts = counts.where(paragraphs.c.statement_id.in_(part))
                count = counts.subquery()
                query = sa.select(*columns, sa.func.coalesce(count.c.n, 0).label("n"))
                query = query.outerjoin(count, count.c.statement_id == statements.c.id)
                found += db.execute(query.where(chosen).order_by(statements.c.id)).mappings()
        return found

    def live_places(self) -> list[tuple[int, str, str]]:
        """(id, root, file) of every live statement, in order of id."""
        with self.begin() as db:
            return _tuples(db, "SELECT id, root, file FROM statements WHERE live ORDER BY id")

    def copies(self) -> list[tuple[str, str, str]]:
        """(root, file, further file with the same content), in order."""
        with self.begin() as db:
            query = "SELECT same_root, same_file, file FROM sources WHERE same_file IS NOT NULL ORDER BY root, file"
            return _tuples(db, query)

    def spans(self) -> list[tuple[int, int, int, int]]:
        """(statement id, number of its chunks, their least id, their greatest) of every live statement that has any.

        Read from an index alone, however long the texts are.
        """
        with self.begin() as db:
            query = (
                "SELECT statement_id, count(*), min(id), max(id) FROM chunks GROUP BY statement_id "
                "HAVING statement_id IN (SELECT id FROM statements WHERE live)"
            )
            return _tuples(db, query)

    def chunks_of(self, statement_ids: Sequence[int] | None = None) -> NDArray[np.void]:
        """The numbers of the chunks (`CHUNK`) of these statements or of all live ones, in order of id."""
        columns = "SELECT id, statement_id, first, last FROM chunks WHERE statement_id"
        rows: list[tuple[int, int, int, int]] = []
        with self.begin() as db:
            if statement_ids is None:
                rows = _tuples(db, f"{columns} IN (SELECT id FROM statements WHERE live) ORDER BY id")
            for part in _slices(statement_ids or ()):
                rows += _tuples(db, f"{columns} IN ({','.join(map(str, map(int, part)))})")
        return np.sort(np.array(rows, CHUNK), order="id")

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
        # A list of pairs behind IN would read the whole table: SQLite looks only single values up in an index.
        pair = sa.func.json_each(json.dumps([list(key) for key in wanted])).table_valued("value", name="wanted").c.value
        statement_id, number = (sa.func.json_extract(pair, f"$[{place}]") for place in (0, 1))
        query = sa.select(paragraphs).where(paragraphs.c.statement_id == statement_id, paragraphs.c.number == number)
        with self.begin() as db:
            return {(row["statement_id"], row["number"]): _paragraph(row) for row in db.execute(query).mappings()}

    def statement_paragraphs(self, statement_id: int) -> tuple[Paragraph, ...]:
        query = sa.select(paragraphs).where(paragraphs.c.statement_id == statement_id).order_by(paragraphs.c.number)
        with self.begin() as db:
            return tuple(_paragraph(row) for row in db.execute(query).mappings())

    def dimension(self) -> int | None:
        """Of the vectors; None where there are none yet."""
        with self.begin() as db:
            vector = db.execute(sa.select(chunks.c.vector).limit(1)).scalar()
        return len(vector) // 2 if vector else None

    def as_written(self, statement_id: int) -> bool:
        """Is what is kept of a statement what was written? True also for one that is gone meanwhile.

        Raises StoreDamagedError or ValueError where it can't even be read.
        """
        with self.begin() as db:
            row = db.execute(sa.select(statements).where(statements.c.id == statement_id)).mappings().first()
            return row is None or row["checksum"] == self._content_checksum(db, row)

    def _content_checksum(self, db: sa.Connection, row: sa.RowMapping) -> str:
        texts = sa.select(paragraphs).where(paragraphs.c.statement_id == row["id"]).order_by(paragraphs.c.number)
        pieces = db.execute(sa.select(chunks).where(chunks.c.statement_id == row["id"]).order_by(chunks.c.id)).all()
        return checksum(
            header_of(row),
            [_paragraph(one) for one in db.execute(texts).mappings()],
            [Chunk(piece.text, piece.first, piece.last) for piece in pieces],
            unpack([row["header_vector"]])[0],
            unpack([piece.vector for piece in pieces]),
        )

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
        """Packed vectors, by text, of everything that is live of these sources or what they are copies of.

        Header lines and chunks.
        """
        known: dict[str, bytes] = {}
        with self.begin() as db:
            for place in places:
                root, file = _original(db, place)
                mine = (statements.c.root == root, statements.c.file == file, statements.c.live)
                for row in db.execute(sa.select(statements).where(*mine)).mappings():
                    known[header_of(row).line()] = row["header_vector"]
                query = sa.select(chunks.c.text, chunks.c.vector).join(statements).where(*mine)
                known |= {row.text: row.vector for row in db.execute(query)}
        return known


def _original(db: sa.Connection, place: Place) -> Place:
    own = (sources.c.root == place[0], sources.c.file == place[1], sources.c.same_file.is_not(None))
    same = db.execute(sa.select(sources.c.same_root, sources.c.same_file).where(*own)).first()
    return (same.same_root, same.same_file) if same else place


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


def _tuples(db: sa.Connection, query: str) -> list[Any]:
    """The rows as SQLite gives them: SQLAlchemy's own take ten times as long for a million."""
    cursor = db.connection.cursor()
    try:
        return list(cursor.execute(query).fetchall())
    finally:
        cursor.close()


def _next_id(db: sa.Connection, table: sa.Table) -> int:
    """The id that the next row gets: no id is ever given twice, nor to two rows, for there is one writer."""
    query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return int(db.execute(query, {"name": table.name}).scalar() or 0) + 1


def _insert_chunks(db: sa.Connection, items: Sequence[tuple[int, IndexedStatement]]) -> list[list[int]]:
    """The chunks of statements, given with their ids; the new ids for each."""
    following = _next_id(db, chunks)
    made: list[list[int]] = []
    rows: list[dict[str, object]] = []
    for statement_id, item in items:
        made.append(list(range(following, following + len(item.chunks))))
        following += len(item.chunks)
        for chunk_id, chunk, vector in zip(made[-1], item.chunks, pack(item.vectors), strict=True):
            rows.append(_values(chunk) | {"id": chunk_id, "statement_id": statement_id, "vector": vector})
    if rows:
        db.execute(sa.insert(chunks), rows)
    return made


def header_of(row: sa.RowMapping) -> Header:
    return Header(**{name: row[name] for name in HEADER_COLUMNS})


def _statement_row(item: IndexedStatement) -> dict[str, object]:
    statement = item.statement
    return _values(statement.header) | {
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


def _values(one: Header | Paragraph | Chunk) -> dict[str, object]:
    """Its fields by name; they are texts and numbers, so `dataclasses.asdict` would only copy them, slowly."""
    return {field.name: getattr(one, field.name) for field in fields(one)}


def checksum(
    header: Header,
    paragraphs: Sequence[Paragraph],
    chunks: Sequence[Chunk],
    header_vector: NDArray[np.float32],
    vectors: Vectors,
) -> str:
    """SHA-256 of everything that is kept of a statement; one changed bit on the disk changes it."""
    content = [_values(header), [_values(one) for one in paragraphs], [_values(one) for one in chunks]]
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


def configure(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so, schema changes included
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")
