"""Real texts for measurements of size: the UN General Debate speeches, cut into chunks, with real vectors.

    python bench/scale.py --speeches FOLDER --work FOLDER [--chunks N] [--threads N]

`--speeches` is the unpacked UN General Debate Corpus (`ungdc/Session 63 - 2008/QAT_63_2008.txt` …). The vectors of the
first N chunks are made once and kept in `--work`; an interrupted run goes on. `bench/store.py` reads them.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from store.types import Chunk, Header, Paragraph, Statement, Vectors

WORDS = 70
"""In a chunk."""
SLICE = 2_000
"""Chunks whose vectors are kept together."""
SEED = 7


def speeches(folder: Path) -> Iterator[tuple[Statement, tuple[Chunk, ...]]]:
    """Every speech as a statement with its chunks, in one order that mixes years and delegations."""
    files = sorted(folder.rglob("[A-Z]*_[0-9]*_[0-9]*.txt"))
    random.Random(SEED).shuffle(files)
    for file in files:
        delegation, session, year = file.stem.split("_")
        words = file.read_text("utf-8", "replace").split()
        texts = [" ".join(words[start : start + WORDS]) for start in range(0, len(words), WORDS)]
        if not texts:
            continue
        header = Header(
            f"A/{session}/PV.{delegation}", "en", issued=year, delegation=delegation, title="General debate"
        )
        paragraphs = tuple(Paragraph(number, text) for number, text in enumerate(texts, 1))
        chunks = tuple(Chunk(paragraph.text, paragraph.number, paragraph.number) for paragraph in paragraphs)
        yield Statement(header, paragraphs, file.name, str(folder)), chunks


def first_chunks(folder: Path, count: int) -> list[str]:
    """The texts of the first so many chunks."""
    found: list[str] = []
    for _, chunks in speeches(folder):
        found += [chunk.text for chunk in chunks]
        if len(found) >= count:
            return found[:count]
    raise SystemExit(f"{folder} holds {len(found)} chunks, {count} are asked for")


def vectors(folder: Path, work: Path, count: int, threads: int | None = None) -> Vectors:
    """Real vectors of the first so many chunks, shape (count, dimension); made where they are not kept yet."""
    from store.embedder import E5Embedding
    from ui.settings import load

    work.mkdir(parents=True, exist_ok=True)
    texts = first_chunks(folder, count)
    model = None
    parts: list[NDArray[np.float16]] = []
    for start in range(0, count, SLICE):
        kept = work / f"vectors-{start}-{min(start + SLICE, count)}.npy"
        if not kept.is_file():
            model = model or E5Embedding.load(load().models.folder, threads=threads)
            made = model.embed_passages(texts[start : start + SLICE])
            np.save(kept.with_suffix(".part.npy"), made.astype(np.float16))
            kept.with_suffix(".part.npy").replace(kept)
            print(f"{start + len(made):,} of {count:,}", flush=True)  # noqa: T201
        parts.append(np.load(kept))
    return np.concatenate(parts).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speeches", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    made = vectors(arguments.speeches, arguments.work, arguments.chunks, arguments.threads)
    print(f"{len(made):,} vectors of {made.shape[1]} dimensions in {arguments.work}")  # noqa: T201


if __name__ == "__main__":
    main()
