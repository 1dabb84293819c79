"""Conversations kept on the server: `conversations.sqlite3` in the store's folder.

It holds each question with its whole answer as JSON, what a reader said about the answer, and under which link a
conversation may be read by others. The registry knows nothing of it. A conversation belongs to an owner; `""` stands
for nobody in particular: without sign-in, whoever knows the id of such a conversation goes on with it.
"""

from __future__ import annotations

import datetime
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from store.columns import fold
from store.errors import InputError, NotFoundError
from store.registry import translated

if TYPE_CHECKING:
    from assistant.answer import Turn
    from ui.render import AnswerJson, PlaceJson
    from ui.settings import Settings

FILE = "conversations.sqlite3"
REMEMBERED = 20
"""Questions of a conversation that a further one may reach back to."""
LONGEST_TITLE = 200
LONGEST_REASON = 2000

metadata = sa.MetaData()

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("id", sa.String, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("token", sa.String, unique=True),
    sa.Column("created", sa.String, nullable=False),
    sa.Column("updated", sa.String, nullable=False, index=True),
    sa.UniqueConstraint("owner", "id"),
)
turns = sa.Table(
    "turns",
    metadata,
    sa.Column("conversation", sa.ForeignKey("conversations.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("asked", sa.String, nullable=False),
    sa.Column("vote", sa.String),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
)

Vote = Literal["good", "bad"]


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation in a list. Times are ISO, UTC."""

    id: str
    title: str
    turns: int
    created: str
    updated: str
    token: str | None
    """Under which others may read it; None where it is not shared."""


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """One question with its answer."""

    number: int
    question: str
    answer: AnswerJson
    asked: str
    vote: Vote | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation with its turns, oldest first."""

    summary: Summary
    turns: tuple[KeptTurn, ...]


class Conversations:
    """Add, find, rename, share, delete. Thread-safe; the file is made when the first turn comes."""

    def __init__(self, path: Path, limit: int) -> None:
        """Beyond `limit` conversations the one unused for longest goes."""
        self._path = path
        self._limit = limit

    @cached_property
    def _engine(self) -> sa.Engine:
        engine = sa.create_engine(f"sqlite:///{self._path}", poolclass=sa.NullPool)
        sa.event.listen(engine, "connect", _configure)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with translated(self._path), engine.begin() as db:
            metadata.create_all(db)
        self._path.chmod(0o600)
        return engine

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        with translated(self._path), self._engine.begin() as connection:
            yield connection

    def history(self, owner: str, conversation_id: str, before: int | None = None) -> tuple[Turn, ...]:
        """The newest turns, oldest first, or those before a number; empty for a conversation that is not known."""
        if not self._path.exists():
            return ()
        query = sa.select(turns.c.question, turns.c.said).join(conversations).where(*_mine(owner, conversation_id))
        if before is not None:
            query = query.where(turns.c.number < before)
        with self._begin() as db:
            rows = db.execute(query.order_by(turns.c.number.desc()).limit(REMEMBERED)).all()
        said: list[Turn] = []
        for row in reversed(rows):
            said += [("user", row.question), ("assistant", row.said)]
        return tuple(said)

    def add(self, owner: str, conversation_id: str, answer: AnswerJson, replace: int | None = None) -> int:
        """Keep an answer as the next turn, or in place of the turn `replace` and of all after it; its number."""
        now = _now()
        with self._begin() as db:
            new = {"owner": owner, "id": conversation_id, "title": answer["question"][:LONGEST_TITLE]}
            known = ["owner", "id"]
            db.execute(insert(conversations).values(**new, created=now, updated=now).on_conflict_do_nothing(known))
            where = _mine(owner, conversation_id)
            key = db.execute(sa.select(conversations.c.key).where(*where)).scalar_one()
            db.execute(sa.update(conversations).where(conversations.c.key == key).values(updated=now))
            if replace is not None:
                db.execute(sa.delete(turns).where(turns.c.conversation == key, turns.c.number >= replace))
            last = db.execute(sa.select(sa.func.max(turns.c.number)).where(turns.c.conversation == key)).scalar()
            number = (last or 0) + 1
            said = answer["refusal"] or answer["text"]
            row = {"question": answer["question"], "said": said, "answer": answer, "asked": now}
            words = fold(f"{answer['question']}\n{said}")
            db.execute(sa.insert(turns).values(conversation=key, number=number, words=words, **row))
            kept = sa.select(conversations.c.key).order_by(conversations.c.updated.desc(), conversations.c.key.desc())
            db.execute(sa.delete(conversations).where(conversations.c.key.not_in(kept.limit(self._limit))))
        return number

    def list(self, owner: str, search: str = "", *, limit: int = 50, offset: int = 0) -> list[Summary]:
        """The latest first; where something is searched, those in which all its words stand."""
        if not self._path.exists():
            return []
        query = _summaries().where(conversations.c.owner == owner)
        for word in fold(search).split():
            inside = sa.select(turns.c.conversation).where(turns.c.words.contains(word, autoescape=True))
            named = sa.func.folded(conversations.c.title).contains(word, autoescape=True)
            query = query.where(conversations.c.key.in_(inside) | named)
        query = query.order_by(conversations.c.updated.desc(), conversations.c.key.desc())
        with self._begin() as db:
            return [_summary(row) for row in db.execute(query.limit(limit).offset(offset)).mappings()]

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """Raises NotFoundError where the owner has none of this id."""
        return self._one(
            _mine(owner, conversation_id), f"no conversation {conversation_id}; see GET /api/conversations"
        )

    def shared(self, token: str) -> Conversation:
        """The conversation under a link. Raises NotFoundError where there is none."""
        return self._one([conversations.c.token == token], "no conversation is shared under this link")

    def turn(self, owner: str, conversation_id: str, number: int) -> KeptTurn:
        """One turn. Raises NotFoundError."""
        for turn in self.get(owner, conversation_id).turns:
            if turn.number == number:
                return turn
        raise NotFoundError(f"the conversation {conversation_id} has no turn {number}")

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        """Raises InputError for an empty or too long title, NotFoundError."""
        title = " ".join(title.split())
        if not 0 < len(title) <= LONGEST_TITLE:
            raise InputError(f"a title has 1 to {LONGEST_TITLE} characters, this one has {len(title)}")
        self._change(owner, conversation_id, title=title)

    def share(self, owner: str, conversation_id: str) -> str:
        """The token under which others may read it; the same one until it is taken back. Raises NotFoundError."""
        token = self.get(owner, conversation_id).summary.token
        if token is None:
            token = secrets.token_urlsafe(24)
            self._change(owner, conversation_id, token=token)
        return token

    def unshare(self, owner: str, conversation_id: str) -> None:
        """The link no longer works; a later one is another. Raises NotFoundError."""
        self._change(owner, conversation_id, token=None)

    def delete(self, owner: str, conversation_id: str) -> None:
        """Raises NotFoundError."""
        with self._begin() as db:
            gone = db.execute(sa.delete(conversations).where(*_mine(owner, conversation_id))).rowcount
        if not gone:
            raise NotFoundError(f"no conversation {conversation_id}; see GET /api/conversations")

    def judge(self, owner: str, conversation_id: str, number: int, vote: Vote | None, reason: str = "") -> None:
        """Keep what the reader says about an answer; None takes it back. Raises NotFoundError, InputError."""
        if len(reason) > LONGEST_REASON:
            raise InputError(f"the reason has {len(reason):,} characters, at most {LONGEST_REASON:,} are kept")
        key = sa.select(conversations.c.key).where(*_mine(owner, conversation_id)).scalar_subquery()
        where = (turns.c.conversation == key, turns.c.number == number)
        with self._begin() as db:
            done = db.execute(sa.update(turns).where(*where).values(vote=vote, reason=reason.strip())).rowcount
        if not done:
            raise NotFoundError(f"the conversation {conversation_id} has no turn {number}")

    def judged(self) -> Iterator[tuple[str, KeptTurn, tuple[Turn, ...]]]:
        """Every answer that a reader judged: (name of the turn, turn, what was said before), in order."""
        if not self._path.exists():
            return
        query = sa.select(turns, conversations.c.owner, conversations.c.id).join(conversations)
        with self._begin() as db:
            rows = db.execute(query.where(turns.c.vote.is_not(None)).order_by(turns.c.asked)).mappings().all()
        for row in rows:
            before = self.history(row["owner"], row["id"], row["number"])
            yield f"{row['conversation']}-{row['number']}", _turn(row), before

    def forget(self, codes: Sequence[str]) -> int:
        """Take out every turn that shows a paragraph of these statements, also off the disk; how many those were."""
        if not self._path.exists():
            return 0
        gone = set(codes)
        with self._begin() as db:
            rows = db.execute(sa.select(turns.c.conversation, turns.c.number, turns.c.answer)).all()
            shown = [row for row in rows if gone & {place["code"] for place in _places(row.answer)}]
            for row in shown:
                where = (turns.c.conversation == row.conversation, turns.c.number == row.number)
                db.execute(sa.delete(turns).where(*where))
            empty = sa.select(turns.c.conversation)
            db.execute(sa.delete(conversations).where(conversations.c.key.not_in(empty)))
        with translated(self._path):
            connection = self._engine.raw_connection()
            try:
                connection.cursor().execute("VACUUM")
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()
        return len(shown)

    def _change(self, owner: str, conversation_id: str, **values: str | None) -> None:
        with self._begin() as db:
            done = db.execute(sa.update(conversations).where(*_mine(owner, conversation_id)).values(values)).rowcount
        if not done:
            raise NotFoundError(f"no conversation {conversation_id}; see GET /api/conversations")

    def _one(self, where: Sequence[sa.ColumnElement[bool]], missing: str) -> Conversation:
        if not self._path.exists():
            raise NotFoundError(missing)
        with self._begin() as db:
            row = db.execute(_summaries().where(*where)).mappings().first()
            if row is None:
                raise NotFoundError(missing)
            query = sa.select(turns).where(turns.c.conversation == row["key"]).order_by(turns.c.number)
            return Conversation(_summary(row), tuple(_turn(one) for one in db.execute(query).mappings()))


def kept_in(settings: Settings) -> Conversations:
    """The conversations beside the store that the settings name."""
    return Conversations(settings.store.folder / FILE, settings.server.conversations)


def _mine(owner: str, conversation_id: str) -> list[sa.ColumnElement[bool]]:
    return [conversations.c.owner == owner, conversations.c.id == conversation_id]


def _summaries() -> sa.Select[tuple[object, ...]]:
    count = sa.select(sa.func.count()).where(turns.c.conversation == conversations.c.key).scalar_subquery()
    return sa.select(conversations, count.label("turns"))


def _summary(row: sa.RowMapping) -> Summary:
    return Summary(**{name: row[name] for name in Summary.__dataclass_fields__})


def _turn(row: sa.RowMapping) -> KeptTurn:
    return KeptTurn(**{name: row[name] for name in KeptTurn.__dataclass_fields__})


def _places(answer: AnswerJson) -> Iterator[PlaceJson]:
    yield from answer["citations"]
    yield from answer["passages"]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so
    connection.create_function("folded", 1, fold, deterministic=True)
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=30000", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
