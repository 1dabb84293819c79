"""Measure the ingest beside its embedder: does everything else hide behind the embedding?

    python bench/ingest_time.py [FOLDER] [--metadata CSV] [--sample N]

Takes a folder (default: the samples), or N of its files spread over it, into a store of its own, and then gives the
same texts to the same embedder alone, in the same batches. Prints a Markdown table. Machines are shared and noisy:
the ratio of one run counts, not the seconds of two.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]


class TimedEmbedder:
    """The embedder, with the seconds spent in it and the batches that it got."""

    def __init__(self, embedder: object) -> None:
        self._embedder = embedder
        self.seconds = 0.0
        self.batches: list[list[str]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._embedder, name)

    def embed_passages(self, texts: Sequence[str]) -> object:
        started = time.perf_counter()
        vectors = self._embedder.embed_passages(texts)  # type: ignore[attr-defined]
        self.seconds += time.perf_counter() - started
        self.batches.append(list(texts))
        return vectors

    @property
    def texts(self) -> int:
        return sum(map(len, self.batches))


class Memory:
    """The most memory that this process and those below it hold, in bytes, looked at ten times a second."""

    def __init__(self) -> None:
        self.own = self.workers = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._stop.wait(0.1):
            held: dict[int, tuple[int, int]] = {}
            for place in Path("/proc").glob("[0-9]*"):
                try:
                    fields = (place / "stat").read_text().rpartition(")")[2].split()
                    held[int(place.name)] = int(fields[1]), int(fields[21]) * page
                except OSError:  # it has just ended
                    continue
            below = {os.getpid()}
            while more := {pid for pid, (parent, _) in held.items() if parent in below} - below:
                below |= more
            self.own = max(self.own, held[os.getpid()][1])
            self.workers = max(self.workers, sum(held[pid][1] for pid in below - {os.getpid()}))


def measure(store: Path, docs: Path, metadata: Path | None, sample: int | None) -> Iterator[tuple[str, str]]:
    """Name and value of each figure."""
    from ingest.chunker import CHUNKING
    from ingest.folder import list_folder
    from ingest.pipeline import ingest
    from store.statements import StatementStore
    from ui.settings import load
    from ui.wiring import embedder as open_embedder

    files = list_folder(docs, metadata).files
    only = files[:: max(1, len(files) // sample)][:sample] if sample else None
    embedder = TimedEmbedder(open_embedder(load()))
    embedder.embed_passages(["the model is loaded"])
    embedder.seconds, embedder.batches = 0.0, []
    with Memory() as memory, StatementStore.open(store, embedder, chunking=CHUNKING) as opened:  # type: ignore[arg-type]
        started = time.perf_counter()
        report = ingest(docs, opened, metadata=metadata, only=only)
        whole = time.perf_counter() - started
        started = time.perf_counter()
        again = ingest(docs, opened, metadata=metadata, only=only)
        second = time.perf_counter() - started
    inside, texts = embedder.seconds, embedder.texts
    started = time.perf_counter()
    for batch in list(embedder.batches):
        embedder.embed_passages(batch)
    alone = time.perf_counter() - started
    yield (
        "statements taken in",
        f"{len(report.taken):,} of {len(only or files):,} files, {len(report.refused):,} refused",
    )
    yield "texts embedded", f"{texts:,} in {len(embedder.batches) // 2:,} batches"
    yield "whole ingest", f"{whole:.1f} s, {len(report.taken) / whole:.1f} statements/s"
    yield "of it in the embedder", f"{inside:.1f} s"
    yield "the embedder alone on the same batches", f"{alone:.1f} s, {texts / alone:.0f} texts/s"
    yield "whole ingest / in the embedder", f"{whole / inside:.2f}"
    yield "whole ingest / the embedder alone", f"{whole / alone:.2f}"
    yield f"second run ({again.unchanged:,} unchanged)", f"{second:.2f} s"
    yield "peak memory", f"{memory.own / 1e6:.0f} MB, its worker processes together {memory.workers / 1e6:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("docs", type=Path, nargs="?", default=ROOT / "samples" / "statements")
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--sample", type=int, metavar="N")
    given = parser.parse_args()
    sys.stdout.write(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n\n")
    sys.stdout.write("| what | measured |\n| --- | --- |\n")
    with tempfile.TemporaryDirectory() as scratch:
        for name, value in measure(Path(scratch) / "store", given.docs, given.metadata, given.sample):
            sys.stdout.write(f"| {name} | {value} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
