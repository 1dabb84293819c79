"""The registry's schema: the steps lead where the tables stand, and an older file keeps its statements."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from store import schema
from store.errors import StoreDamagedError
from store.registry import Registry


def first_version(path: Path) -> sa.Engine:
    """A registry as version 0.1.0 of the program left it, with one statement."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as db:
        from alembic.operations import Operations

        from store.migrations.versions import v1_first

        with Operations.context(MigrationContext.configure(db)):
            v1_first.upgrade()
        db.execute(sa.text("INSERT INTO settings VALUES ('schema', '1')"))
        db.execute(
            sa.text(
                "INSERT INTO statements (id, live, root, file, ordinal, file_sha256, digest, code, base_code, language,"
                " code_made, doubts, header_vector)"
                " VALUES (7, 1, '/docs', 'a.txt', 0, 'f', 'd', 'CC.DEL/1/19', 'CC.DEL/1/19', 'en', 0, '[]', x'0000')"
            )
        )
        db.execute(sa.text("INSERT INTO paragraphs VALUES (7, 1, '1.', 'The dam is safe.', NULL, NULL, '[]', NULL)"))
        db.execute(sa.text("INSERT INTO chunks VALUES (3, 7, 1, 1, 'The dam is safe.', x'0000')"))
    return engine


def test_the_steps_lead_to_the_tables(tmp_path: Path) -> None:
    engine = first_version(tmp_path / "registry.sqlite3")
    with engine.begin() as db:
        schema.prepare(db, tmp_path)
        db.execute(sa.text("DROP TABLE alembic_version"))
        assert compare_metadata(MigrationContext.configure(db), schema.metadata) == []
    engine.dispose()


def test_the_newest_step_is_the_version_of_new_files() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).with_name("migrations")))
    assert scripts.get_current_head() == schema.VERSION


def test_an_older_file_keeps_its_statements(tmp_path: Path) -> None:
    first_version(tmp_path / "registry.sqlite3").dispose()
    for _ in range(2):  # the second opening finds it migrated
        registry = Registry(tmp_path / "registry.sqlite3")
        assert [row["code"] for row in registry.live_statements()] == ["CC.DEL/1/19"]
        assert registry.statement_paragraphs(7)[0].text == "The dam is safe."
        source = registry.sources("/docs")[0]
        assert (source.file, source.digest, source.same) == ("a.txt", "d", None)
        registry.close()


def test_a_step_that_fails_leaves_the_older_file_whole(tmp_path: Path) -> None:
    engine = first_version(tmp_path / "registry.sqlite3")
    with engine.begin() as db:
        db.execute(sa.text("CREATE TABLE refusals (something TEXT)"))  # in the way of the second step
    engine.dispose()
    with pytest.raises(StoreDamagedError, match="registry"):
        Registry(tmp_path / "registry.sqlite3")
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    with engine.begin() as db:
        assert "sources" not in sa.inspect(db).get_table_names()
        assert db.execute(sa.text("SELECT digest FROM statements")).scalar() == "d"
    engine.dispose()


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    Registry(tmp_path / "registry.sqlite3").close()
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    with engine.begin() as db:
        db.execute(sa.text("UPDATE alembic_version SET version_num = '99'"))
    engine.dispose()
    with pytest.raises(StoreDamagedError, match="schema 99"):
        Registry(tmp_path / "registry.sqlite3")
