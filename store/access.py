"""The database of access: API keys by their hashes, in `access.sqlite3` in the store's folder.

It is no part of the registry: the command line writes it while a server reads it, and a purge or a rebuild leaves it
alone.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from pathlib import Path

import sqlalchemy as sa

from store.errors import InputError, NotFoundError, SignInError, disk_errors
from store.registry import configure, translated

FILE = "access.sqlite3"
PREFIX = "stk"
KEY_BYTES = 32
ID_BYTES = 5

metadata = sa.MetaData()

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("groups", sa.JSON, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("made", sa.String, nullable=False),
    sa.Column("expires", sa.String),
    sa.Column("revoked", sa.String),
)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key without the key itself."""

    id: str
    name: str
    role: str
    groups: tuple[str, ...]
    """What it may read is what these may, at the time of each request."""
    made: str
    expires: str | None
    """ISO date and time, UTC; like the others."""
    revoked: str | None = None

    def fault(self, now: datetime) -> str | None:
        """Why it does not count; None where it does."""
        if self.revoked:
            return f"the key {self.name} was revoked"
        return f"the key {self.name} has expired" if self.expires and self.expires <= iso(now) else None


def iso(moment: datetime) -> str:
    """As it is kept: sorts as it passes."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


class AccessDatabase:
    """`access.sqlite3`, open. Any number of processes may have it open."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        with disk_errors(folder, f"can't make {folder}", "choose another --store DIR"):
            folder.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)  # names of people stand in it
        self._engine = sa.create_engine(f"sqlite:///{self.path}", connect_args={"timeout": 30})
        sa.event.listen(self._engine, "connect", configure)
        sa.event.listen(self._engine, "begin", _begin)
        with self.writing() as db:
            metadata.create_all(db)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with translated(self.path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that no other process writes beside."""
        with translated(self.path), self._engine.execution_options(immediate=True).begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()


def _begin(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


class Keys:
    """Makes, lists, revokes and recognises API keys."""

    def __init__(self, database: AccessDatabase) -> None:
        self._database = database

    def add(self, name: str, role: str, groups: Sequence[str], expires: datetime | None) -> tuple[Key, str]:
        """A new key, and the text that is shown once and kept nowhere."""
        if not name.strip():
            raise InputError("a key needs a name: say who or what will use it")
        key_id = secrets.token_hex(ID_BYTES)
        text = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(KEY_BYTES)}"
        key = Key(key_id, name.strip(), role, tuple(groups), iso(datetime.now(UTC)), iso(expires) if expires else None)
        row = {name: getattr(key, name) for name in Key.__dataclass_fields__} | {"groups": list(groups)}
        with self._database.writing() as db:
            same = sa.select(keys.c.id).where(keys.c.name == key.name, keys.c.revoked.is_(None))
            if db.execute(same).first():
                raise InputError(f"there is a key named {key.name}; choose another name, or revoke that one first")
            db.execute(sa.insert(keys).values(**row, sha256=_hashed(text)))
        return key, text

    def all(self) -> list[Key]:
        """Every key there was, the oldest first."""
        with self._database.reading() as db:
            return [_key(row) for row in db.execute(sa.select(keys).order_by(keys.c.made, keys.c.id)).mappings()]

    def revoke(self, name_or_id: str) -> Key:
        """From now on it does not count. Raises NotFoundError where there is none that does."""
        with self._database.writing() as db:
            which = sa.or_(keys.c.id == name_or_id, keys.c.name == name_or_id) & keys.c.revoked.is_(None)
            row = db.execute(sa.select(keys).where(which)).mappings().first()
            if row is None:
                raise NotFoundError(f"no key {name_or_id} that is not revoked; see: statements keys list")
            now = iso(datetime.now(UTC))
            db.execute(sa.update(keys).where(keys.c.id == row["id"]).values(revoked=now))
            return _key({**row, "revoked": now})

    def known(self, text: str) -> Key:
        """The key with this text. Raises SignInError for one that is none, revoked or past its day."""
        prefix, _, rest = text.partition("_")
        key_id = rest.partition("_")[0]
        with self._database.reading() as db:
            row = db.execute(sa.select(keys).where(keys.c.id == key_id)).mappings().first()
        # Compared whether there is one or not: a wrong id takes as long as a wrong key.
        same = compare_digest(_hashed(text), row["sha256"] if row else _hashed(""))
        if row is None or not same or prefix != PREFIX:
            raise SignInError("the API key is not known here")
        key = _key(row)
        if fault := key.fault(datetime.now(UTC)):
            raise SignInError(fault)
        return key


def _hashed(text: str) -> str:
    """Enough for a key of 256 random bits: there is nothing to guess from."""
    return hashlib.sha256(text.encode()).hexdigest()


def _key(row: sa.RowMapping | dict[str, object]) -> Key:
    values = {name: row[name] for name in Key.__dataclass_fields__}
    return Key(**values | {"groups": tuple(row["groups"])})  # type: ignore[arg-type]  # a row's values are of any type
