"""What the local models share: a session, and texts of many lengths made into tight batches, one a core at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from store.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

MAX_TOKENS = 512
"""The models know no position beyond; what is longer is cut."""

MAX_CHARACTERS = 32 * MAX_TOKENS
"""A text is cut here before it is tokenised: more than any 512 tokens hold, and a bound for the tokeniser's time."""

BATCH_TOKENS = 512
"""Tokens in a batch, padding counted: what a layer computes stays in the processor's cache (docs/performance.md)."""

_MAX_THREADS = 8


class Session(Protocol):
    """An ONNX model that is ready to run; may be run from many threads."""

    def run(self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]: ...


def open_session(path: Path) -> Session:
    """Load a model for the processor. A run takes one core: `run_batches` puts several to work."""
    import onnxruntime  # type: ignore[import-untyped]

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_mem_pattern = False  # it pays for one shape only, and batches have many
    try:
        session: Session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(f"{path} can't be loaded: {_line(error)}; run: statements models --prepare") from error
    return session


def open_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer that neither pads nor cuts until it is told to."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise ModelError(f"{path} can't be loaded: {_line(error)}; run: statements models --prepare") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def batches(lengths: Sequence[int], budget: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Positions of `lengths`, the longest first, in groups that padded to their longest hold at most `budget` tokens.

    A single text may be longer than the budget; it is a group of its own then.
    """
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    start = 0
    while start < len(order):
        size = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def run_batches(
    run: Callable[[list[int]], NDArray[np.float32]], lengths: Sequence[int], threads: int | None = None
) -> Iterator[tuple[list[int], NDArray[np.float32]]]:
    """Positions of each batch, and what `run` makes of them; by default on every core, eight at most.

    Cores work on different batches: sharing one, they would wait for each other after every operator of the graph.
    Threads live as long as the call, so that a question never queues behind the batches of an ingest.
    """
    groups = list(batches(lengths))
    workers = min(threads or min(os.cpu_count() or 1, _MAX_THREADS), len(groups))
    if workers < 2:
        yield from ((positions, run(positions)) for positions in groups)
        return
    with ThreadPoolExecutor(workers, "inference") as pool:
        yield from zip(groups, pool.map(run, groups), strict=True)


def padded(rows: Sequence[Sequence[int]], fill: int) -> NDArray[np.int64]:
    """Rows of different lengths as one array, filled up at the end."""
    array = np.full((len(rows), max(map(len, rows))), fill, np.int64)
    for row, values in zip(array, rows, strict=True):
        row[: len(values)] = values
    return array


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
