"""Dense and lexical search, fused, ordered: the passages for a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from assistant.question import Query
from assistant.reranker import Reranker
from store.statements import Hit, StatementStore
from store.types import Passage

K = TypeVar("K")

CANDIDATES = 60
"""Chunks taken from each index."""
RRF_CONSTANT = 60
RERANKED = 30
"""The reranker reads so many of the fused passages."""


def reciprocal_rank_fusion(rankings: Sequence[Sequence[K]], constant: int = RRF_CONSTANT) -> dict[K, float]:
    """Score of each key: the sum of 1 / (constant + rank) over the rankings (Cormack, Clarke and Büttcher 2009)."""
    scores: dict[K, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, 1):
            scores[key] = scores.get(key, 0.0) + 1 / (constant + rank)
    return scores


class Retriever:
    """Query to passages, best first."""

    def __init__(self, store: StatementStore, reranker: Reranker | None = None) -> None:
        self._store = store
        self._reranker = reranker

    def candidates(self, query: Query) -> list[Passage]:
        """Fused passages, best first, at most twice CANDIDATES; `scores` has what each index said."""
        vector = self._store.embedder.embed_query(query.text)
        hits = self._store.search(query.text, vector, filters=query.filters, k=CANDIDATES)
        scores = _by_paragraph(hits)
        dense = sorted(scores, key=lambda key: -scores[key]["dense"])
        lexical = sorted((key for key in scores if scores[key]["lexical"] > 0), key=lambda key: -scores[key]["lexical"])
        fused = reciprocal_rank_fusion([dense, lexical])
        passages = self._store.passages(sorted(fused, key=lambda key: -fused[key]))
        return [replace(p, score=fused[p.key], scores={**scores[p.key], "fused": fused[p.key]}) for p in passages]

    def rerank(self, query: Query, passages: Sequence[Passage]) -> tuple[list[Passage], str | None]:
        """The passages in final order, and the reranker's name where one applied.

        The reranker knows English only: with a question in another language the order stays, and a passage in another
        language keeps the place that fusion gave it.
        """
        if self._reranker is None or query.language != "en":
            return list(passages), None
        head = [p for p in passages[:RERANKED] if p.statement.header.language == "en"]
        if not head:
            return list(passages), None
        logits = self._reranker.scores(query.text, [readable(p) for p in head])
        scored = [replace(p, scores={**p.scores, "reranker": s}) for p, s in zip(head, logits, strict=True)]
        ordered = iter(sorted(scored, key=lambda p: -p.scores["reranker"]))
        placed = [next(ordered) if p.statement.header.language == "en" else p for p in passages[:RERANKED]]
        return [*placed, *passages[RERANKED:]], self._reranker.name


def readable(passage: Passage) -> str:
    """A passage as a model reads it: header line, heading, paragraph."""
    parts = (passage.statement.header.line(), passage.paragraph.heading, passage.paragraph.text)
    return "\n".join(part for part in parts if part)


def _by_paragraph(hits: Sequence[Hit]) -> Mapping[tuple[int, int], dict[str, float]]:
    """The best scores that a paragraph has from its chunks."""
    scores: dict[tuple[int, int], dict[str, float]] = {}
    for hit in hits:
        for number in range(hit.first, hit.last + 1):
            known = scores.setdefault((hit.statement_id, number), {"dense": 0.0, "lexical": 0.0})
            known["dense"] = max(known["dense"], hit.dense)
            known["lexical"] = max(known["lexical"], hit.lexical)
    return scores
