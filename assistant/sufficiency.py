"""Does the evidence answer the question? One number, calibrated; below the threshold the assistant refuses."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from rapidfuzz import fuzz, process

from assistant.question import Query
from assistant.retriever import AGREEMENT, readable
from assistant.speakers import keys_of
from store.language import stop_words
from store.snapshot import fold
from store.types import Passage

THRESHOLD = 0.5
"""Refuse below. Its trade-off curve stands in docs/quality.md; `python bench/calibrate.py` makes it."""

WEIGHTS: Mapping[bool, Mapping[str, float]] = {
    True: {
        "constant": -0.23,
        "dense": 0.63,
        "lead": 0.99,
        "coverage": -0.23,
        "disagreement": -0.42,
        "missing": -1.24,
        "reranker": 0.75,
    },
    False: {
        "constant": 0.1,
        "dense": 0.69,
        "lead": 0.21,
        "coverage": -0.13,
        "disagreement": -0.47,
        "missing": -0.8,
    },
}
"""By whether the reranker applied: logistic regression on `features`, from the same command. Where it did not, 24
questions are too few: there only the new weight is fitted, and the constant is set by hand (docs/quality.md)."""

LOOKED_AT = 3
"""Passages in whose statements a name is looked for."""
MOST_MISSING = 2
SPELT_ALIKE = 82
"""Similarity, of 100, from which two spellings are one name."""
STEM = 5
"""Two words of one language that begin with so many equal letters count as the same word."""


def features(query: Query, passages: Sequence[Passage], read: Callable[[int], str]) -> dict[str, float]:
    """What speaks for the best passage: its scores, its lead, and how much of the question it holds.

    `read` gives the whole text of a statement by its id.
    """
    best = passages[0]
    fifth = passages[min(4, len(passages) - 1)]
    found = {
        "constant": 1.0,
        "dense": 10 * (best.scores["dense"] - 0.85),
        "lead": best.score - fifth.score,
        "coverage": coverage(query, best),
        "disagreement": disagreement(query, best),
        "missing": float(min(len(missing(query, passages[:LOOKED_AT], read)), MOST_MISSING)),
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


def missing(query: Query, passages: Sequence[Passage], read: Callable[[int], str]) -> list[str]:
    """Names of the question that stand nowhere in the statements of the passages, in any script or slight misspelling.

    Where a question names what a statement never mentions, a passage on a neighbouring subject is the likeliest find.
    """
    if not query.names:
        return []
    near = _joined_words(f"{p.statement.header.line()}\n{readable(p)}" for p in passages)
    gone = [name for name in query.names if not _stands(name, near)]
    if not gone:
        return []
    whole = _joined_words(read(statement_id) for statement_id in dict.fromkeys(p.statement.id for p in passages))
    return [name for name in gone if not _stands(name, whole)]


def _joined_words(texts: Iterable[str]) -> set[str]:
    """The words of texts, each once, without their hyphens: `MH-17` and `MH17` are one."""
    return {word for text in texts for word in _words(fold(text).replace("-", ""))}


def _stands(name: str, words: set[str]) -> bool:
    wanted = fold(name).replace("-", "")
    stem = wanted[: max(STEM - 1, len(wanted) - 2)]
    if any(word.startswith(stem) for word in words):
        return True
    if len(wanted) >= STEM and process.extractOne(wanted, words, scorer=fuzz.ratio, score_cutoff=SPELT_ALIKE):
        return True
    keys = set(keys_of(fold(name)))
    return not name.isascii() and any(keys.intersection(keys_of(word)) for word in words)


def confidence(query: Query, passages: Sequence[Passage], read: Callable[[int], str]) -> float:
    """Probability that the best passages hold the answer."""
    if not passages:
        return 0.0
    weights = WEIGHTS["reranker" in passages[0].scores]
    found = features(query, passages, read)
    return 1 / (1 + math.exp(-sum(weight * found.get(name, 0.0) for name, weight in weights.items())))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text))
