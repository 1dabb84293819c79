"""Dense and lexical search, fused, ordered: the passages for a query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assistant.question import Query
from assistant.reranker import Reranker
from assistant.votes import WORDS, asks_for_outcome, tells_outcome
from assistant.window import rarity, window
from store.statements import Hit, StatementStore
from store.types import Passage

CANDIDATES = 60
"""Chunks taken from each index."""
LIKELY_CANDIDATES = 20
"""Chunks taken from each index among the statements that the question seems to mean."""
LIKELY_SHARE = 0.25
"""What the question names must leave out most of the store, else it says nothing of where to look."""
RERANKED = 8
"""The reranker reads so many of the fused passages."""
READ_WORDS = 60
"""Words that it reads of each, beside header and headings: whole sentences, those that share most with the question."""
VOTED_ON = 5
"""Where a question asks how a vote went: so many of the best statements are looked into for it."""
EQUAL = 1e-6
SUPERSEDED = -0.5
"""An older revision stands behind the current one, unless it is asked for by its code."""
DENSE_SHARE = 0.7
COSINE_RANGE = 0.1
"""Between the best and a worthless candidate's cosine lies about this much."""
AGREEMENT = {"code": 0.5, "speaker": 0.3, "period": 0.3, "delegation": 0.2, "home": 0.1, "forum": 0.1}
"""What it is worth that a statement agrees with what the question names."""
CARRIED_SHARE = 0.5
"""Worth of what the conversation named before, beside what the question names itself."""
RERANKER_WEIGHT = 0.1
"""Worth of one logit beside the fused score."""
FOLLOW_UP_SHARE = 0.5
"""The reranker was not trained on questions that stand behind others: it counts for less there."""


def fused(dense: float, best_dense: float, lexical: float, best_lexical: float) -> float:
    """A weighted sum of both scores, each on its own scale, 1 - DENSE_SHARE at the most for the best in both.

    Sums of scores keep what rank fusion throws away (Bruch, Gai and Ingber 2023); here they rank the gold paragraph
    first for 62 % of English questions, reciprocal rank fusion for 56 % (docs/quality.md).
    """
    share = lexical / best_lexical if best_lexical > 0 else 0.0
    return DENSE_SHARE * (dense - best_dense) / COSINE_RANGE + (1 - DENSE_SHARE) * share


class Retriever:
    """Query to passages, best first."""

    def __init__(self, store: StatementStore, reranker: Reranker | None = None) -> None:
        self._store = store
        self._reranker = reranker

    def candidates(self, query: Query, k: int = CANDIDATES) -> list[Passage]:
        """Fused passages, best first; `scores` has what each index said and what agrees with the question.

        `k` chunks are taken from each index.
        """
        vector = self._vector(query)
        hits = self._store.search(query.text, vector, filters=query.filters, k=k)
        worth = _worth(query)
        for likely in self._likely(query, worth):
            hits += self._store.search(query.text, vector, filters=query.filters, only=likely, k=LIKELY_CANDIDATES)
        hits = list({hit.chunk_id: hit for hit in hits}.values())
        if not hits:
            return []
        scores = _by_paragraph(hits)
        best_dense = max(item["dense"] for item in scores.values())
        best_lexical = max(item["lexical"] for item in scores.values())
        known = self._store.snapshot.statements
        for (statement_id, _), item in scores.items():
            item["agreement"] = worth[statement_id]
            if statement_id in known and known[statement_id].superseded_by and not query.filters.code:
                item["agreement"] += SUPERSEDED
            item["fused"] = fused(item["dense"], best_dense, item["lexical"], best_lexical) + item["agreement"]
        if asks_for_outcome(query.text):
            self._add_outcomes(query, vector, scores)
        best_first = sorted(scores, key=lambda key: -scores[key]["fused"])
        chosen = _read_again(best_first, query.sides)
        chunks = self._store.texts([int(scores[key]["chunk"]) for key in chosen])
        return [
            replace(p, score=found["fused"], scores=found, focus=_focus(p, chunks.get(int(found["chunk"]))))
            for p in self._store.passages(best_first)
            for found in (scores[p.key],)
        ]

    def _add_outcomes(
        self, query: Query, vector: NDArray[np.float32], scores: dict[tuple[int, int], dict[str, float]]
    ) -> None:
        """The lines of the best statements that tell how a vote went count as much as what was found of these."""
        best: dict[int, float] = {}
        for statement_id, number in sorted(scores, key=lambda key: -scores[key]["fused"]):
            best.setdefault(statement_id, scores[statement_id, number]["fused"])
        meant = dict(list(best.items())[:VOTED_ON])
        hits = self._store.search(WORDS, vector, filters=query.filters, only=meant.keys(), k=VOTED_ON)
        found = _by_paragraph([replace(hit, lexical=0.0) for hit in hits])
        for passage in self._store.passages(list(found)):
            if tells_outcome(query.text, passage.paragraph.text):
                item = scores.get(passage.key) or found[passage.key] | {"agreement": 0.0, "fused": 0.0}
                scores[passage.key] = item | {"fused": max(item["fused"], meant[passage.statement.id]), "outcome": 1.0}

    def _vector(self, query: Query) -> NDArray[np.float32]:
        """Of the standalone question; a follow-up counts once more by itself, for it is what is asked."""
        vector = self._store.embedder.embed_query(query.text)
        if query.question:
            vector = vector + self._store.embedder.embed_query(query.question)
            vector /= np.linalg.norm(vector)
        return vector

    def _likely(self, query: Query, worth: Mapping[int, float]) -> list[frozenset[int]]:
        """The statements that agree best with what the question names, of all and of each side; no wide choice."""
        most_of_all = LIKELY_SHARE * len(self._store.snapshot.statements)
        groups = [frozenset(worth), *query.sides] if worth and not query.filters.code else query.sides
        likely = []
        for group in groups:
            most = max((worth[i] for i in group), default=0.0)
            best = frozenset(i for i in group if worth[i] > most - EQUAL)
            if 0 < len(best) <= most_of_all and best not in likely:
                likely.append(best)
        return likely

    def rerank(self, query: Query, passages: Sequence[Passage]) -> tuple[list[Passage], str | None]:
        """The passages in final order, and the reranker's name where one applied.

        The reranker knows English only: with a question in another language the order stays, and a passage in another
        language keeps the place that fusion gave it.
        """
        chosen = _read_again([p.key for p in passages], query.sides)
        head = [p for p in passages if p.key in chosen and p.statement.header.language == "en"]
        if self._reranker is None or query.language != "en" or not head:
            return list(passages), None
        worth = rarity(query.text, query.language, [readable(p) for p in passages])
        logits = self._reranker.scores(query.text, [readable(p, window(p, worth, READ_WORDS)) for p in head])
        weight = RERANKER_WEIGHT * (FOLLOW_UP_SHARE if query.question else 1)
        read_again = [_with_logit(p, logit, weight) for p, logit in zip(head, logits, strict=True)]
        scored = iter(sorted(_with_outcomes(read_again), key=lambda p: -p.score))
        read = {p.key for p in head}
        return [next(scored) if p.key in read else p for p in passages], self._reranker.name


def _read_again(best_first: Sequence[tuple[int, int]], sides: Sequence[frozenset[int]]) -> set[tuple[int, int]]:
    """The passages that the reranker reads: of each side its best ones, and the best of all."""
    share = RERANKED // len(sides) if sides else 0
    chosen: dict[tuple[int, int], None] = {}
    for side in sides:
        chosen |= dict.fromkeys([key for key in best_first if key[0] in side][:share])
    for key in best_first[:RERANKED]:
        if len(chosen) < RERANKED:
            chosen[key] = None
    return set(chosen)


def readable(passage: Passage, place: tuple[int, int] | None = None) -> str:
    """A passage as a model reads it: header line, headings, and the text at this place or the piece that was found."""
    start, end = place or passage.focus or (0, None)
    parts = (passage.statement.header.line(), passage.paragraph.heading, passage.paragraph.text[start:end])
    return "\n".join(part for part in parts if part)


def _worth(query: Query) -> dict[int, float]:
    """What each statement's agreement with the question is worth."""
    worth: dict[int, float] = defaultdict(float)
    for named, share in ((query.named, 1.0), (query.carried, CARRIED_SHARE)):
        for kind, value in AGREEMENT.items():
            for statement_id in named.get(kind, ()):
                worth[statement_id] += share * value
    return worth


def _focus(passage: Passage, chunk: str | None) -> tuple[int, int] | None:
    """Where the found piece stands in its paragraph; a chunk is its context, a line end and the piece."""
    text = passage.paragraph.text
    piece = chunk.rpartition("\n")[2] if chunk else ""
    start = text.find(piece) if piece and len(piece) < len(text) else -1
    return (start, start + len(piece)) if start >= 0 else None


def _with_logit(passage: Passage, logit: float, weight: float) -> Passage:
    scores = {**passage.scores, "reranker": logit}
    return replace(passage, score=passage.scores["fused"] + weight * logit, scores=scores)


def _with_outcomes(passages: Sequence[Passage]) -> list[Passage]:
    """The line that tells how a vote went has the scores of the best of its statement, which says what was voted on."""
    best: dict[int, Passage] = {}
    for passage in sorted(passages, key=lambda p: -p.score):
        best.setdefault(passage.statement.id, passage)
    lifted = []
    for passage in passages:
        above = best[passage.statement.id]
        if passage.scores.get("outcome") and above is not passage:
            scores = {**above.scores, "outcome": 1.0}
            passage = replace(passage, score=above.score + EQUAL, scores=scores)
        lifted.append(passage)
    return lifted


def _by_paragraph(hits: Sequence[Hit]) -> dict[tuple[int, int], dict[str, float]]:
    """The best scores that a paragraph has from its chunks, and the id of the chunk that is nearest."""
    scores: dict[tuple[int, int], dict[str, float]] = {}
    for hit in sorted(hits, key=lambda hit: -hit.dense):
        for number in range(hit.first, hit.last + 1):
            nearest = {"dense": hit.dense, "lexical": hit.lexical, "chunk": float(hit.chunk_id)}
            known = scores.setdefault((hit.statement_id, number), nearest)
            known["lexical"] = max(known["lexical"], hit.lexical)
    return scores
