"""The registry's tables, and how a file of an older version becomes one of this version.

The tables stand here as they are now; `migrations/versions` holds the steps that lead here, and a test compares both.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from store.errors import StoreDamagedError

LOG = logging.getLogger(__name__)
FILE = "registry.sqlite3"
VERSION = "2"
"""Of the newest step in `migrations/versions`."""

metadata = sa.MetaData()

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Text),
)

statements = sa.Table(
    "statements",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("live", sa.Boolean, nullable=False, index=True),
    sa.Column("root", sa.String, nullable=False),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("member", sa.String, nullable=False, server_default=""),
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
    sa.Column("aligned", sa.Text),
    sa.Column("code_made", sa.Boolean, nullable=False),
    sa.Column("doubts", sa.JSON, nullable=False),
    sa.Column("refers_to", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("header_vector", sa.LargeBinary, nullable=False),
    sa.Column("checksum", sa.String),
    sa.Index("statements_source", "root", "file"),
    sqlite_autoincrement=True,
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("root", sa.String, primary_key=True),
    sa.Column("file", sa.String, primary_key=True),
    sa.Column("file_sha256", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False, index=True),
    sa.Column("same_root", sa.String),
    sa.Column("same_file", sa.String),
    sa.Index("sources_same", "same_root", "same_file"),
)
"""Files that were taken in. One with the content of another (`same_…`) has no statements of its own."""

refusals = sa.Table(
    "refusals",
    metadata,
    sa.Column("root", sa.String, primary_key=True),
    sa.Column("file", sa.String, primary_key=True),
    sa.Column("member", sa.String, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
)
"""What the last run could not take in: a file, or a member of one."""

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
    sa.Column("ocr", sa.Float),
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


def version_of(path: Path) -> str | None:
    """The schema version of a registry file; None where there is no file or it is empty."""
    if not path.exists() or not path.stat().st_size:
        return None
    with closing(sqlite3.connect(path)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            return "1"
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else ""


def keep_older(path: Path) -> None:
    """Copy a registry of an older version to `<name>.schema<version>` before it is migrated. Raises sqlite3.Error."""
    kept = version_of(path)
    if kept is None or not kept.isdecimal() or int(kept) >= int(VERSION):
        return
    copy = path.with_name(f"{path.name}.schema{kept}")
    unfinished = copy.with_name(f"{copy.name}.part")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM INTO ?", (str(unfinished),))
    unfinished.replace(copy)
    LOG.warning("%s is of schema %s: it is kept as %s and brought up to schema %s", path, kept, copy.name, VERSION)


def prepare(connection: sa.Connection, path: Path) -> None:
    """Make the tables in an empty database, or bring an older one up to this version, in the connection's transaction.

    Raises StoreDamagedError for a database of a newer version.
    """
    tables = set(sa.inspect(connection).get_table_names())
    if not tables:
        metadata.create_all(connection)
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:version)"), {"version": VERSION})
        return
    kept = _version(connection) if "alembic_version" in tables else "1"
    if kept == VERSION:
        return
    if not kept.isdecimal() or int(kept) > int(VERSION):
        raise StoreDamagedError(
            f"{path} has schema {kept}, this program knows {VERSION}: use the newer program that wrote it, "
            "or ingest the documents into a new store"
        )
    _migrate(connection, stamp=None if "alembic_version" in tables else kept)


def _version(connection: sa.Connection) -> str:
    return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or "")


def _migrate(connection: sa.Connection, stamp: str | None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    if stamp:
        command.stamp(config, stamp)
    command.upgrade(config, "head")
