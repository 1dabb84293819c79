"""Measure the local models: chunks a second of the embedder, pairs a second of the reranker.

    python bench/embedder.py [--models FOLDER] [--threads N] [--seconds S]

Texts are generated, in six languages for the embedder and in English for the reranker. Prints a Markdown table. The
models must have been prepared. Machines are shared and noisy: compare ratios of one run, not seconds of two.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from assistant.reranker import CrossEncoder
from store.embedder import E5Embedding
from store.errors import StatementsError
from store.inference import open_tokenizer
from store.models import E5_SMALL, MINILM_RERANKER, require
from ui.settings import load

PHRASES = {
    "en": (
        "the delegation of the northern lakes",
        "regrets once more",
        "the delay of the joint patrols",
        "this autumn",
    ),
    "fr": ("la délégation des lacs du nord", "regrette encore une fois", "le retard des patrouilles", "cet automne"),
    "de": ("die Delegation der nördlichen Seen", "bedauert erneut", "den Verzug der Streifen", "in diesem Herbst"),
    "it": ("la delegazione dei laghi del nord", "deplora di nuovo", "il ritardo delle pattuglie", "quest'autunno"),
    "ru": ("делегация северных озёр", "вновь сожалеет", "о задержке совместных патрулей", "этой осенью"),
    "es": ("la delegación de los lagos del norte", "lamenta otra vez", "el retraso de las patrullas", "este otoño"),
}
LENGTHS = (32, 128, 256)
"""Tokens in a text."""
TEXTS = 64
QUESTION = "Why did the delegation of the northern lakes regret the delay of the joint patrols?"
PAIRS = 30


def texts(tokenizer_file: Path, tokens: int, count: int, languages: Sequence[str]) -> list[str]:
    """Texts of as many tokens, the same ones every time."""
    tokenizer = open_tokenizer(tokenizer_file)
    chance = random.Random(tokens)
    made = []
    for number in range(count):
        phrases = PHRASES[languages[number % len(languages)]]
        words = " ".join(chance.choice(phrases) for _ in range(tokens))
        offsets = tokenizer.encode(words, add_special_tokens=False).offsets
        made.append(words[: offsets[tokens - 1][1]])
    return made


def rate(run: Callable[[], object], units: int, seconds: float) -> float:
    """Units a second in the best of the runs that fit into `seconds`, after one that warms up."""
    run()
    best = float("inf")
    end = time.perf_counter() + seconds
    while best == float("inf") or time.perf_counter() < end:
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return units / best


def measure(models: Path, threads: int | None, seconds: float) -> Iterator[tuple[str, str]]:
    """Name and figure, one after the other."""
    started = time.perf_counter()
    embedder = E5Embedding.load(models, threads)
    yield "embedder, load", f"{time.perf_counter() - started:.2f} s"
    for tokens in LENGTHS:
        passages = texts(require(E5_SMALL, models) / "tokenizer.json", tokens, TEXTS, list(PHRASES))
        per_second = rate(partial(embedder.embed_passages, passages), TEXTS, seconds)
        yield f"embedder, {tokens} tokens", f"{per_second:.1f} chunks/s"
    per_second = rate(lambda: embedder.embed_query(QUESTION), 1, seconds)
    yield "embedder, one question", f"{1000 / per_second:.1f} ms"

    started = time.perf_counter()
    reranker = CrossEncoder.load(models, threads)
    yield "reranker, load", f"{time.perf_counter() - started:.2f} s"
    for tokens in LENGTHS:
        passages = texts(require(MINILM_RERANKER, models) / "tokenizer.json", tokens, PAIRS, ["en"])
        per_second = rate(partial(reranker.scores, QUESTION, passages), PAIRS, seconds)
        yield f"reranker, {tokens} tokens", f"{per_second:.1f} pairs/s, {PAIRS} in {1000 * PAIRS / per_second:.0f} ms"


def _processor() -> str:
    """The processor's name where the system tells it."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text("utf-8").splitlines() if table.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the local models.")
    parser.add_argument("--models", type=Path, help="folder of prepared models (default: that of the settings)")
    parser.add_argument("--threads", type=int, help="threads of each model (default: one a core, eight at most)")
    parser.add_argument("--seconds", type=float, default=5.0, help="spent on each figure")
    options = parser.parse_args()
    write = sys.stdout.write
    write(f"{platform.system()}, {_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n\n")
    write("| what | figure |\n| --- | --- |\n")
    try:
        for name, figure in measure(options.models or load().models.folder, options.threads, options.seconds):
            write(f"| {name} | {figure} |\n")
            sys.stdout.flush()
    except StatementsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
