"""Does the evidence answer the question? One number, calibrated; below the threshold the assistant refuses."""

from __future__ import annotations

import math
from collections.abc import Sequence

from store.types import Passage

THRESHOLD = 0.5
"""Refuse below. Its trade-off curve stands in docs/quality.md; `python bench/calibrate.py` makes it."""

RERANKED_WEIGHTS = (0.0, 0.0, 0.0)
FUSED_WEIGHTS = (0.0, 0.0, 0.0)


def features(passages: Sequence[Passage]) -> tuple[float, float]:
    """What the search itself knows: the best passage's main score and its lead over the fifth.

    The main score is the cross-encoder's logit where it applied, else the cosine.
    """
    name = "reranker" if "reranker" in passages[0].scores else "dense"
    scores = [p.scores[name] for p in passages if name in p.scores]
    return scores[0], scores[0] - scores[min(4, len(scores) - 1)]


def confidence(passages: Sequence[Passage]) -> float:
    """Probability that the passages hold the answer, by logistic regression on `features`."""
    if not passages:
        return 0.0
    best, lead = features(passages)
    constant, by_best, by_lead = RERANKED_WEIGHTS if "reranker" in passages[0].scores else FUSED_WEIGHTS
    return 1 / (1 + math.exp(-(constant + by_best * best + by_lead * lead)))
