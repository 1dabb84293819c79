"""A folder is followed: what changes is taken in when it is at rest, errors are survived, Ctrl-C ends it cleanly."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from served import COMMAND, ROOT, environment, serving
from test_pipeline import write
from words import HashEmbedder

from ingest.chunker import CHUNKING
from ingest.pipeline import ingest
from ingest.watch import watch
from store.errors import InputError
from store.statements import StatementStore

PATIENCE = 120.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "docs"
    place.mkdir()
    return place


def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


@contextmanager
def followed(folder: Path, take_in: Callable[[Collection[str] | None], object], told: list[str]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(folder, take_in), kwargs={"failed": told.append, "stop": stop})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_what_changes_is_handed_on_once_it_is_at_rest(folder: Path, tmp_path: Path) -> None:
    passes: list[Collection[str] | None] = []
    with followed(folder, passes.append, []):
        until(lambda: passes == [None])
        write(folder / "a.txt", 1)
        until(lambda: passes[1:] == [["a.txt"]])
        growing = folder / "growing.txt"
        for step in range(12):
            with growing.open("a", encoding="utf-8") as file:
                file.write(f"The {step} boats are in the harbour.\n")
            assert ["growing.txt"] not in passes, "a file that is being written waits"
            time.sleep(0.3)
        until(lambda: ["growing.txt"] in passes)
        (tmp_path / "new" / "deep").mkdir(parents=True)
        write(tmp_path / "new" / "deep" / "b.txt", 2)
        (tmp_path / "new").rename(folder / "new")
        until(lambda: ["new/deep/b.txt"] in passes)
        (folder / "a.txt").unlink()
        until(lambda: passes[-1] == ["a.txt"])
        (folder / "manifest.csv").write_text("file,title\na.txt,Boats\n", "utf-8")
        until(lambda: passes.count(None) == 2)


def test_errors_are_told_and_survived(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.watch.RETRY_SECONDS", 0.2)
    told: list[str] = []
    passes: list[Collection[str] | None] = []

    def take_in(only: Collection[str] | None) -> None:
        passes.append(only)
        if len(passes) < 4:
            raise InputError("the table can't be read")

    with followed(folder, take_in, told):
        until(lambda: len(passes) == 4)
        write(folder / "a.txt", 1)
        until(lambda: passes[-1] == ["a.txt"])
    assert [line.partition(";")[0] for line in told] == ["the table can't be read"]


def test_an_empty_folder_removes_nothing(folder: Path, tmp_path: Path) -> None:
    with StatementStore.open(tmp_path / "store", HashEmbedder(), chunking=CHUNKING) as store:
        write(folder / "a.txt", 1)
        ingest(folder, store)
        (folder / "a.txt").unlink()
        assert ingest(folder, store, prune=True, may_be_empty=True).removed == 0
        assert ingest(folder, store, prune=True, only=["a.txt"]).removed == 1


def test_the_command_follows_a_folder_and_ends_cleanly(folder: Path, tmp_path: Path, models_folder: Path) -> None:
    write(folder / "a.txt", 1)
    process = subprocess.Popen(
        [*COMMAND, "--store", str(tmp_path / "store"), "ingest", str(folder), "--watch"],
        cwd=ROOT,
        env=environment(STATEMENTS_MODELS_FOLDER=str(models_folder)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        assert "1 taken in" in next(line for line in lines if "taken in" in line)
        write(folder / "b.txt", 2)
        assert "1 taken in" in next(line for line in lines if "taken in" in line)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")


def test_the_server_follows_a_folder_while_it_answers(folder: Path, tmp_path: Path, models_folder: Path) -> None:
    write(folder / "a.txt", 1)
    with serving(tmp_path / "store", "--watch", str(folder)) as address:

        def codes() -> list[str]:
            found = httpx.get(f"{address}/api/statements", trust_env=False, timeout=60).json()
            return [one["code"] for one in found["statements"]]

        until(lambda: codes() == ["XX.DEL/1/20"])
        write(folder / "b.txt", 2)
        until(lambda: codes() == ["XX.DEL/1/20", "XX.DEL/2/20"])
        (folder / "a.txt").unlink()
        write(folder / "c.txt", 3)
        until(lambda: len(codes()) == 3)
