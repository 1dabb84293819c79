"""After set-up the program talks to nobody: every connection that a process attempts is noted and looked at."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.served import COMMAND, ROOT, SAMPLES, environment

NOTING = """
import os, sys

def note(event, arguments):
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    with open(os.environ["NOTED"], "a") as file:
        file.write(f"{host}\\n")

sys.addaudithook(note)
"""


def test_ingest_and_ask_connect_to_nobody(models_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NOTING, "utf-8")
    noted = tmp_path / "noted"
    noted.touch()
    env = environment(PYTHONPATH=str(tmp_path), NOTED=str(noted), STATEMENTS_MODELS_FOLDER=str(models_folder))
    probe = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    subprocess.run([COMMAND[0], "-c", probe], cwd=ROOT, env=env, check=True)
    assert noted.read_text() == "127.0.0.1\n", "the noting itself must work"
    for arguments in (["ingest", str(SAMPLES)], ["ask", "Who proposed a joint notification centre?"]):
        subprocess.run(
            [*COMMAND, "--store", str(tmp_path / "store"), *arguments],
            cwd=ROOT,
            env=env,
            check=True,
            capture_output=True,
        )
    assert noted.read_text() == "127.0.0.1\n"
