"""Chroma in a process of its own, where that is safer than in ours.

`survives`: a damaged folder may take down the process that opens it. `fill`: Chroma writes memory that it never filled
to its files, and in a process that has held a purged text, that memory may be the text.

Run as `python -m store.probe open FOLDER DIMENSION` or `python -m store.probe fill FOLDER`, FOLDER being the store's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from store.errors import StoreError

SECONDS = 600
"""A million vectors are read in seconds; what hangs is damaged."""
HITS = 10
SLICE = 2_000
VECTORS = "chroma"


def survives(folder: Path, dimension: int) -> bool:
    """Can the store's vectors be opened and searched without killing the process that does it?"""
    try:
        return _apart("open", folder, str(dimension), timeout=SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def fill(folder: Path) -> None:
    """Make the vector index of the store anew from its registry; Chroma must be closed and its folder gone."""
    done = _apart("fill", folder)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {done.returncode}"]
        raise StoreError(f"the vectors of {folder} can't be made again ({said[-1]}); run: statements doctor --repair")


def _apart(task: str, folder: Path, *more: str, timeout: float | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "store.probe", task, str(folder.resolve()), *more]
    return subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, timeout=timeout, check=False)


def _opened(folder: Path, dimension: int) -> int:
    """1 where it finds less than it holds; any exception or crash says the same."""
    from store.vectors import VectorIndex

    index = VectorIndex(folder / VECTORS)
    ids, _ = index.nearest(np.full(dimension, dimension**-0.5, np.float32), HITS)
    enough = len(ids) == min(HITS, index.count())
    index.close()
    return 0 if enough else 1


def _filled(folder: Path) -> int:
    from store.registry import Registry
    from store.schema import FILE
    from store.vectors import VectorIndex, combine

    registry, index = Registry(folder / FILE), VectorIndex(folder / VECTORS)
    ids = registry.chunks_of()["id"].tolist()
    for start in range(0, len(ids), SLICE):
        found, texts, headers = registry.vectors(ids[start : start + SLICE])
        index.add(found, combine(texts, headers))
    index.close()
    registry.close()
    return 0


if __name__ == "__main__":
    task, place, *rest = sys.argv[1:]
    sys.exit(_opened(Path(place), int(rest[0])) if task == "open" else _filled(Path(place)))
