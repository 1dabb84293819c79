"""A real store of the sample statements and a real server over it, for the tests of the ways in."""

from __future__ import annotations

import atexit
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

from ui.cli import main

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples" / "statements"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
COMMAND = [sys.executable, "-m", "ui"]
SECONDS = 240


def environment(**more: str) -> dict[str, str]:
    """The process's own without settings of ours, except where the prepared models are; and with UTF-8."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("STATEMENTS_") or name == "STATEMENTS_MODELS_FOLDER"
    }
    return {**kept, "PYTHONUTF8": "1", **more}


@dataclass(frozen=True)
class Done:
    """What a command left."""

    code: int
    out: str
    err: str


def run(*arguments: str | Path, **more: str) -> Done:
    """The command `statements` in this process, as its own process would run it."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environment(**more), clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main([str(argument) for argument in arguments])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def folder() -> Path:
    """A folder that lives as long as the tests."""
    made = Path(tempfile.mkdtemp(prefix="statements-test-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def sample_store() -> Path:
    """The store's folder, with the samples taken in."""
    return ingested(SAMPLES)


@cache
def hostile_store() -> Path:
    """A store of statements, invented here, whose every word tries to be markup."""
    documents = folder() / "hostile"
    documents.mkdir()
    (documents / "XX.DEL_1_20.txt").write_text(HOSTILE, encoding="utf-8")
    manifest = documents.parent / "manifest.csv"
    manifest.write_text(
        "file,code,part,date,speaker,organization,language,original_language,title\n"
        'XX.DEL_1_20.txt,XX.DEL/1/20,,2020-01-02,"<i>Ms. Speaker</i>","<u>Deleg</u>",en,en,'
        '"<img src=x onerror=alert(1)> **Title**"\n',
        encoding="utf-8",
    )
    return ingested(documents, "--metadata", manifest)


HOSTILE = """\
                                                        XX.DEL/1/20
                                                        2 January 2020

                                                        ENGLISH

STATEMENT ON THE ANCHOR CHAINS OF THE HARBOUR

1.  The harbour holds exactly fourteen anchor chains <script>alert(1)</script> of forged
iron <img src="http://outside.invalid/x.png" onerror="alert(2)"> and no more than that.

2.  The list of anchor chains is at <a href="javascript:alert(4)">http://outside.invalid/</a>,
&lt;b&gt;signed&lt;/b&gt; by nobody so far.
"""


def ingested(documents: Path, *options: str | Path) -> Path:
    """A new store with these documents."""
    store = folder() / "store"
    done = run("--store", store, "ingest", documents, *options)
    assert done.code == 0, done.err
    return store


@contextmanager
def serving(store: Path, *options: str) -> Iterator[str]:
    """A server over the store; gives its address."""
    process = subprocess.Popen(
        [*COMMAND, "--store", str(store), "serve", "--port", "0", *options],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, f"the server did not start: {line!r}"
        yield next(word for word in line.split() if word.startswith("http://"))
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


@cache
def sample_server() -> str:
    """Address of a server over the samples that lives as long as the tests."""
    return _kept(sample_store())


@cache
def hostile_server() -> str:
    """Address of a server over the hostile statements that lives as long as the tests."""
    return _kept(hostile_store())


def _kept(store: Path) -> str:
    server = serving(store)
    address = server.__enter__()
    atexit.register(server.__exit__, None, None, None)
    return address
