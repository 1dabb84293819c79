"""Does the evidence answer the question? One number, calibrated; below the threshold the assistant refuses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from assistant.question import Query
from assistant.retriever import AGREEMENT
from assistant.unmet import Read, unmet
from store.types import Passage

THRESHOLD = 0.48
"""Refuse below. Its trade-off curve stands in docs/quality.md; `python bench/calibrate.py` makes it."""

WEIGHTS: Mapping[str, float] = {
    "constant": 0.18,
    "unread": 0.75,
    "dense": 0.9,
    "lead": 0.7,
    "reranker": 0.91,
    "disagreement": -1.18,
    "nameless": -1.47,
    "unmet": -2.34,
}
"""Logistic regression on `features`, from the same command."""


def features(query: Query, passages: Sequence[Passage], evidence: Sequence[Passage], read: Read) -> dict[str, float]:
    """What speaks for the best passage: its scores and its lead; and against it: what the evidence does not hold."""
    best = passages[0]
    fifth = passages[min(4, len(passages) - 1)]
    return {
        "constant": 1.0,
        "unread": float("reranker" not in best.scores),
        "dense": 10 * (best.scores["dense"] - 0.85),
        "lead": best.score - fifth.score,
        "reranker": best.scores.get("reranker", 0.0) / 5,
        "disagreement": disagreement(query, best),
        "nameless": float("reranker" not in best.scores and not (query.named or query.carried or query.names)),
        "unmet": sum(one.weight for one in unmet(query, passages, evidence, read)),
    }


def disagreement(query: Query, passage: Passage) -> float:
    """Share of what the question names (speaker, period, code …) that is not the passage's statement's, 0 to 1."""
    named = [kind for kind in AGREEMENT if kind in query.named]
    return sum(passage.statement.id not in query.named[kind] for kind in named) / len(named) if named else 0.0


def confidence(query: Query, passages: Sequence[Passage], evidence: Sequence[Passage], read: Read) -> float:
    """Probability that the evidence, the best of the passages found, holds the answer."""
    if not evidence:
        return 0.0
    found = features(query, passages, evidence, read)
    return 1 / (1 + math.exp(-sum(weight * found[name] for name, weight in WEIGHTS.items())))
