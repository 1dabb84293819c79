"""Measure the whole product: ingest, start, questions, memory, the command line's own start.

    python bench/product.py [--docs FOLDER] [--metadata CSV] [--questions FILE.jsonl] [--store DIR]

Prints a Markdown table. With `--store` an index that is already there is used and ingest is not measured. Machines
are shared and noisy: compare ratios of one run, not seconds of two.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
STATEMENTS = Path(sys.executable).with_name("statements")


def ingest(folder: Path, docs: Path, metadata: Path | None) -> Iterator[tuple[str, str]]:
    """What of it is the embedder's own time is measured by `ingest_time.py`."""
    command = [STATEMENTS, "--store", str(folder), "ingest", str(docs), "--json"]
    started = time.perf_counter()
    done = subprocess.run([*command, *(("--metadata", str(metadata)) if metadata else ())], capture_output=True)
    report = json.loads(done.stdout)
    yield "statements taken in", f"{report['taken']:,}"
    yield "`statements ingest`, whole", f"{time.perf_counter() - started:.1f} s"


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, int, float]]:
    """A running server: its address, pid and the moment it was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    command = [STATEMENTS, "--store", folder, "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}", process.pid, started
    finally:
        process.terminate()
        process.wait(timeout=30)


def ask(url: str, question: str, history: object = ()) -> dict[str, object]:
    body = json.dumps({"question": question, "history": list(history)}).encode()  # type: ignore[call-overload]
    request = urllib.request.Request(f"{url}/api/ask", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)  # type: ignore[no-any-return]


def first_answer(url: str, question: str, patience: float = 120) -> None:
    deadline = time.perf_counter() + patience
    while True:
        try:
            ask(url, question)
            return
        except urllib.error.URLError:
            if time.perf_counter() > deadline:
                raise
            time.sleep(0.05)


def memory_mb(pid: int) -> float:
    resident = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(resident.stdout) / 1024


def serve(folder: Path, questions: list[dict[str, object]]) -> Iterator[tuple[str, str]]:
    with server(folder) as (url, pid, started):
        first_answer(url, str(questions[0]["question"]))
        yield "start to first answer", f"{time.perf_counter() - started:.1f} s"
        whole, own = [], []
        for question in questions:
            before = time.perf_counter()
            answer = ask(url, str(question["question"]), question.get("history", ()))
            whole.append((time.perf_counter() - before) * 1000)
            timings = answer["timings_ms"]
            own.append(timings["total"])  # type: ignore[index]
        whole.sort()
        yield f"/api/ask, {len(whole)} questions, p50", f"{statistics.median(whole):.0f} ms"
        yield "/api/ask, p95", f"{whole[int(len(whole) * 0.95)]:.0f} ms"
        yield "of it outside Assistant.ask, median", f"{statistics.median(whole) - statistics.median(own):.1f} ms"
        yield "resident memory after the questions", f"{memory_mb(pid):.0f} MB"


def command_line() -> Iterator[tuple[str, str]]:
    times = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([STATEMENTS, "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    bare = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import typer, rich"], check=True)
        bare.append(time.perf_counter() - started)
    yield "`statements --help`, median", f"{statistics.median(times):.2f} s"
    yield "the same / importing typer and rich alone", f"{statistics.median(times) / statistics.median(bare):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", type=Path, default=ROOT / "samples" / "statements")
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--questions", type=Path, default=ROOT / "samples" / "questions.jsonl")
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    questions = [json.loads(line) for line in given.questions.read_text("utf-8").splitlines() if line.strip()]
    sys.stdout.write(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n\n")
    sys.stdout.write("| what | measured |\n| --- | --- |\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.store or Path(scratch) / "store"
        parts = [] if given.store else [ingest(folder, given.docs, given.metadata)]
        for part in (*parts, serve(folder, questions), command_line()):
            for name, value in part:
                sys.stdout.write(f"| {name} | {value} |\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
