"""The command `statements`: help, exit codes, one line for each mistake, the same output with and without a server."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from served import COMMAND, ROOT, SAMPLES, Done, environment, ingested, run, sample_store, serving

COMMANDS = (
    *("ingest", "report", "ask", "search", "show", "list", "status", "models", "serve", "eval"),
    *("delete", "purge", "rebuild", "doctor", "backup", "restore", "feedback"),
)
QUESTION = "How many duty officers would suffice for the Centre?"


def complaint(done: Done, code: int) -> str:
    """The one line on standard error."""
    assert done.code == code, done.out + done.err
    assert "Traceback" not in done.err
    lines = done.err.strip().splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("statements: ")
    return lines[0]


@pytest.fixture
def own_store() -> Path:
    """A store that a test may change."""
    return Path(shutil.copytree(sample_store(), sample_store().parent / f"copy-{time.monotonic_ns()}"))


# help


def test_help_names_every_command() -> None:
    done = run("--help")

    assert done.code == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", done.out, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    done = run(command, "--help")

    assert done.code == 0
    assert done.out.startswith(f"Usage: statements {command}")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom ui.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'pydantic', 'numpy', 'gradio', 'chromadb', 'llama_index', 'fastapi', 'rich.table', 'onnxruntime'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    apart = subprocess.run(
        [COMMAND[0], "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )

    assert apart.returncode == 0, apart.stderr


# questions and look-ups


def test_ask_prints_quotes_with_code_and_paragraph() -> None:
    done = run("--store", sample_store(), "ask", QUESTION)

    assert done.code == 0, done.err
    assert "duty officers" in done.out
    assert re.search(r"^\[1\] CC\.[A-Z]+/\d.*, para\. \d+ · ", done.out, re.MULTILINE)


def test_the_same_answer_from_the_store_and_from_the_server_that_owns_it(own_store: Path) -> None:
    calls = (
        ("ask", QUESTION, "--json"),
        ("search", QUESTION, "--json", "--limit", "3"),
        ("show", "cc del 14 19", "--json"),
        ("list", "--json", "--language", "Russian", "--from", "2018"),
        ("status", "--json"),
        ("status",),
        ("list",),
    )
    alone = [run("--store", own_store, *call) for call in calls]
    with serving(own_store) as address:
        served = [run("--store", own_store, *call) for call in calls]
        refused = complaint(run("--store", own_store, "delete", "CC.DEL/14/19", "--yes"), 1)
        again = complaint(run("--store", own_store, "ingest", SAMPLES), 1)
        third = complaint(run("--store", own_store, "serve", "--port", "0"), 1)

    for one, other in zip(alone, served, strict=True):
        assert one.code == other.code == 0, one.err + other.err
        assert _without_times(one.out) == _without_times(other.out)
    for line in (refused, again, third):
        assert address in line


def _without_times(output: str) -> object:
    try:
        value = json.loads(output)
    except ValueError:
        return output
    if isinstance(value, dict):
        value.pop("timings_ms", None)
    return value


def test_ask_json_is_what_http_gives() -> None:
    answer = json.loads(run("--store", sample_store(), "ask", "--json", QUESTION).out)

    assert answer["status"] == "answered"
    assert answer["citations"][0]["url"].startswith("/statements/CC.")


def test_a_refusal_is_done_not_failed() -> None:
    done = run("--store", sample_store(), "ask", "Which striker scored in the second half of the cup final?")

    assert done.code == 0
    assert "do not say" in done.out
    assert "Closest, not an answer" in done.out


def test_show_prints_the_numbered_paragraphs() -> None:
    done = run("--store", sample_store(), "show", "CC.DEL/12/19/Rev.1")

    assert done.code == 0
    assert done.out.startswith("CC.DEL/12/19/Rev.1\n")
    assert re.search(r"^ +2\.?  ", done.out, re.MULTILINE)


def test_delete_takes_out_exactly_what_was_named(own_store: Path) -> None:
    refused = run("--store", own_store, "delete", "CC.DEL/12/19")
    assert refused.code == 2
    assert "--yes" in refused.err

    assert run("--store", own_store, "delete", "CC.DEL/12/19", "--yes").out.strip() == "1 deleted"

    left = {row["code"] for row in json.loads(run("--store", own_store, "list", "--json").out)}
    assert "CC.DEL/12/19" not in left
    assert "CC.DEL/12/19/Rev.1" in left


def test_a_second_ingest_changes_nothing(own_store: Path) -> None:
    report = json.loads(run("--store", own_store, "ingest", SAMPLES, "--json").out)

    assert report["taken"] == 0
    assert report["unchanged"] == len(list(SAMPLES.iterdir())) - 1  # the metadata table


def test_rebuild_keeps_the_answers(own_store: Path) -> None:
    before = run("--store", own_store, "ask", QUESTION, "--json").out
    assert run("--store", own_store, "rebuild").code == 0

    after = run("--store", own_store, "ask", QUESTION, "--json").out
    assert json.loads(before)["text"] == json.loads(after)["text"]


def test_models_are_listed_with_source_and_licence() -> None:
    done = run("models", "--json")

    assert done.code == 0
    assert all({"name", "licence", "sha256"} <= set(card) for card in json.loads(done.out))


# mistakes


def test_missing_folder(tmp_path: Path) -> None:
    assert "none" in complaint(run("--store", tmp_path / "s", "ingest", tmp_path / "none"), 2)


def test_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert "empty" in complaint(run("--store", tmp_path / "s", "ingest", tmp_path / "empty"), 2)


def test_a_broken_file_is_refused_and_the_others_are_taken_in(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    shutil.copy(SAMPLES / "CC.DEL_12_19.txt", documents)
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (documents / "broken.docx").write_bytes(b"PK broken")
    (documents / "empty.txt").write_bytes(b"")

    done = run("--store", tmp_path / "s", "ingest", documents)

    assert done.code == 1
    for name in ("broken.pdf", "broken.docx", "empty.txt"):
        assert name in done.out
    assert len(json.loads(run("--store", tmp_path / "s", "list", "--json").out)) == 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("code,title\nX,Y\n", "file"),
        ("file,code\nCC.DEL_12_19.txt,A/1\nCC.DEL_12_19.txt,A/2\n", "CC.DEL_12_19.txt"),
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path: Path, table: str, said: str) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(table, encoding="utf-8")

    line = complaint(run("--store", tmp_path / "s", "ingest", SAMPLES, "--metadata", manifest), 2)

    assert said in line


def test_a_missing_manifest_is_refused(tmp_path: Path) -> None:
    manifest = tmp_path / "none.csv"

    assert "none.csv" in complaint(run("--store", tmp_path / "s", "ingest", SAMPLES, "--metadata", manifest), 2)


def test_a_manifest_row_without_its_file_is_reported(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("file,title\nnowhere.txt,None\n", encoding="utf-8")
    documents = tmp_path / "documents"
    documents.mkdir()
    shutil.copy(SAMPLES / "CC.DEL_12_19.txt", documents)

    done = run("--store", tmp_path / "s", "ingest", documents, "--metadata", manifest)

    assert "nowhere.txt" in done.out


@pytest.mark.parametrize(
    ("question", "said"), [("", "empty"), ("  \t", "empty"), ("x" * 100_000, "100,000 characters")]
)
def test_a_question_that_is_empty_or_too_long(question: str, said: str) -> None:
    assert said in complaint(run("--store", sample_store(), "ask", question), 2)


def test_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = complaint(run("--store", tmp_path / "s", "serve", "--port", str(port)), 2)

    assert f"port {port}" in line
    assert "--port" in line


def test_a_second_process_on_a_store_that_is_being_written(own_store: Path) -> None:
    import fcntl

    with (own_store / "store.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate()
        lock.write(json.dumps({"pid": os.getpid(), "address": None}))
        lock.flush()
        line = complaint(run("--store", own_store, "status"), 1)

    assert str(os.getpid()) in line


def test_an_index_made_with_another_embedder(own_store: Path) -> None:
    remote = {
        "STATEMENTS_EMBEDDER_KIND": "remote",
        "STATEMENTS_EMBEDDER_URL": "http://127.0.0.1:9/v1",
        "STATEMENTS_EMBEDDER_MODEL": "another",
    }

    line = complaint(run("--store", own_store, "status", **remote), 1)

    assert "statements rebuild" in line or "127.0.0.1:9" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--config", "/nowhere/settings.toml", "status"), "/nowhere/settings.toml"),
        (("list", "--from", "yesterday"), "yesterday"),
        (("list", "--language", "Klingon"), "Klingon"),
    ],
)
def test_a_wrong_call(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in complaint(run("--store", tmp_path / "s", *arguments), 2)


def test_an_unknown_setting(tmp_path: Path) -> None:
    line = complaint(run("--store", tmp_path / "s", "status", STATEMENTS_SERVER_PROT="1"), 2)

    assert "STATEMENTS_SERVER_PORT" in line


@pytest.mark.parametrize("arguments", [("nothing",), ("list", "--nothing"), ("show",), ("search", "x", "--limit", "0")])
def test_a_call_that_the_command_line_does_not_know(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert done.code == 2
    assert "Traceback" not in done.err


def test_what_is_not_in_the_store() -> None:
    assert "ZZ.DEL/9/99" in complaint(run("--store", sample_store(), "show", "ZZ.DEL/9/99"), 1)
    line = complaint(run("--store", sample_store(), "show", "CC.DEL/14/19", "--language", "fr"), 1)
    assert "English" in line or "German" in line


def test_a_store_that_can_not_be_written() -> None:
    assert "/proc" in complaint(run("--store", "/proc/nowhere", "status"), 1)


def test_models_that_are_not_prepared(tmp_path: Path) -> None:
    own = shutil.copytree(sample_store(), tmp_path / "store")  # no server holds this one
    done = run("--store", own, "ask", QUESTION, STATEMENTS_MODELS_FOLDER=str(tmp_path / "models"))
    line = complaint(done, 1)

    assert "statements models --prepare" in line


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_server_stops_when_told_and_frees_the_store(own_store: Path, sent: signal.Signals, code: int) -> None:
    server = subprocess.Popen(
        [*COMMAND, "--store", str(own_store), "serve", "--port", "0"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert "Serving" in server.stdout.readline()
    server.send_signal(sent)
    _, errors = server.communicate(timeout=60)

    assert server.returncode == code, errors
    assert "Traceback" not in errors
    assert run("--store", own_store, "status").code == 0


def test_text_that_would_steer_the_terminal_is_printed_harmlessly(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    body = "The signal \x1b[31mred\x1b]0;title\x07 lamp [bold]glows[/bold]."
    (documents / "a.txt").write_text(f"ZZ.DEL/1/20\n\nENGLISH\n\nSTATEMENT ON LAMPS\n\n{body}\n", encoding="utf-8")
    store = ingested(documents)
    code = json.loads(run("--store", store, "list", "--json").out)[0]["code"]

    shown = run("--store", store, "show", code).out

    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[bold]glows[/bold]" in shown
