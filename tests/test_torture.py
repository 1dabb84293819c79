"""A store that is killed while it writes loses nothing, halves nothing and doubles nothing; nor does `ingest`."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from served import COMMAND, ROOT, SECONDS, environment, run
from torture import Torture

from store.schema import FILE

KILLS = 5
"""`make torture` does 200."""
FILES = 24
PARAGRAPHS = 20
HEAD = "XX.DEL/{number}/20\n3 May 2020\n\nENGLISH\n\nMr. Chairman,\n\n"
TEXT = "{n}.  Berth {n} of harbour {number} is kept free for the pilot boats, and the watch on its pier is doubled.\n\n"


@pytest.mark.timeout(900)
def test_a_killed_store_has_what_it_acknowledged(tmp_path: Path) -> None:
    torture = Torture(tmp_path / "store", seed=5)

    torture.run(KILLS)

    assert not torture.problems, torture.table()
    assert torture.kills == KILLS
    assert torture.acknowledged


def test_a_killed_ingest_is_finished_by_the_next(tmp_path: Path, models_folder: Path) -> None:
    folder, store = tmp_path / "docs", tmp_path / "store"
    folder.mkdir()
    for number in range(FILES):
        body = "".join(TEXT.format(n=n, number=number) for n in range(1, PARAGRAPHS + 1))
        (folder / f"{number}.txt").write_text(HEAD.format(number=number) + body, "utf-8")
    with _ingesting(folder, store) as process, suppress(subprocess.TimeoutExpired):
        process.wait(random.Random(3).uniform(1, 5))
    with _ingesting(folder, store) as process:
        while process.poll() is None and not _live(store):
            time.sleep(0.05)
        killed = process.poll() is None
    assert killed
    before = _live(store)

    done = run("--store", store, "ingest", folder)
    again = run("--store", store, "ingest", folder)

    assert done.code == again.code == 0, done.err + again.err
    assert f"{len(before)} unchanged" in done.out
    assert f"{FILES} unchanged" in again.out
    assert set(before) <= set(_live(store))
    assert _live(store) == [(f"{number}.txt", PARAGRAPHS) for number in sorted(range(FILES), key=lambda n: f"{n}.txt")]


@contextmanager
def _ingesting(folder: Path, store: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own, which is killed at the end, its workers with it."""
    command = [*COMMAND, "--store", str(store), "ingest", str(folder)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(SECONDS)


def _live(store: Path) -> list[tuple[str, int]]:
    """File and number of paragraphs of every statement that a reader would see; none while the tables are made."""
    query = """SELECT s.file, count(p.number) FROM statements s LEFT JOIN paragraphs p ON p.statement_id = s.id
        WHERE s.live GROUP BY s.id ORDER BY s.file"""
    try:
        with closing(sqlite3.connect(f"file:{store / FILE}?mode=ro", uri=True)) as registry:
            return registry.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []
