"""Does the evidence answer the question? One number, calibrated; below the threshold the assistant refuses."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from assistant.question import Query
from assistant.retriever import AGREEMENT, readable
from store.language import stop_words
from store.snapshot import fold
from store.types import Passage

THRESHOLD = 0.45
"""Refuse below. Its trade-off curve stands in docs/quality.md; `python bench/calibrate.py` makes it."""

WEIGHTS: Mapping[bool, Mapping[str, float]] = {
    True: {"constant": -0.65, "dense": 0.05, "lead": 1.09, "coverage": -0.12, "disagreement": -0.8, "reranker": 1.12},
    False: {"constant": -0.02, "dense": 0.69, "lead": 0.21, "coverage": -0.13, "disagreement": -0.47},
}
"""By whether the reranker applied: logistic regression on `features`, made by the same command."""

STEM = 5
"""Two words of one language that begin with so many equal letters count as the same word."""


def features(query: Query, passages: Sequence[Passage]) -> dict[str, float]:
    """What speaks for the best passage: its scores, its lead, and how much of the question it holds."""
    best = passages[0]
    fifth = passages[min(4, len(passages) - 1)]
    found = {
        "constant": 1.0,
        "dense": 10 * (best.scores["dense"] - 0.85),
        "lead": best.score - fifth.score,
        "coverage": coverage(query, best),
        "disagreement": disagreement(query, best),
    }
    if "reranker" in best.scores:
        found["reranker"] = best.scores["reranker"] / 5
    return found


def coverage(query: Query, passage: Passage) -> float:
    """Share of the question's content words that stand in the passage or its header, 0 to 1."""
    asked = {word[:STEM] for word in _words(query.text) if word not in stop_words(query.language)}
    held = {word[:STEM] for word in _words(readable(passage))}
    return len(asked & held) / len(asked) if asked else 0.0


def disagreement(query: Query, passage: Passage) -> float:
    """Share of what the question names (speaker, period, code …) that is not the passage's statement's, 0 to 1."""
    named = [kind for kind in AGREEMENT if kind in query.named]
    return sum(passage.statement.id not in query.named[kind] for kind in named) / len(named) if named else 0.0


def confidence(query: Query, passages: Sequence[Passage]) -> float:
    """Probability that the best passages hold the answer."""
    if not passages:
        return 0.0
    weights = WEIGHTS["reranker" in passages[0].scores]
    found = features(query, passages)
    return 1 / (1 + math.exp(-sum(weight * found.get(name, 0.0) for name, weight in weights.items())))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text))
