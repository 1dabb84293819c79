"""Evidence becomes claims. The extractive writer quotes: no language model, every claim verbatim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from assistant.answer import Support
from assistant.citations import Quote, attribution, reference
from assistant.demands import asked_quantity, asks_money, holds_money, holds_quantity
from assistant.prompts import PARAGRAPH, say
from assistant.question import Query
from assistant.referents import with_referent
from assistant.reranker import Reranker
from assistant.window import found_sentences, rarity, shared
from store.types import Embedder, Passage

MOST_SENTENCES = 3
"""Sentences quoted from one paragraph."""
SENTENCES_READ = 3
"""Sentences of one paragraph that the scorer reads: those that share most with the question."""
FOREIGN_SENTENCES_READ = 8
"""The same of a paragraph in another language than the question's, where shared words say little."""


@dataclass(frozen=True, slots=True)
class DraftClaim:
    """A claim before its quotes are checked and numbered. `text` has no citation marks yet."""

    text: str
    quotes: tuple[Quote, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer made of the evidence; no claims where it does not carry an answer."""

    claims: list[DraftClaim]
    writer: str
    """Name of the writer whose claims these are."""
    notes: tuple[str, ...] = ()
    """What the reader should know of how they were written."""
    tokens: int | None = None
    """Tokens that a language model took; None where none was asked."""


class Writer(Protocol):
    """Evidence, best first, to claims."""

    @property
    def name(self) -> str: ...

    def write(self, query: Query, evidence: Sequence[Passage]) -> Draft: ...


class SentenceScorer:
    """How well sentences answer a question: the cross-encoder in English, cosine of the embedder elsewhere."""

    RERANKER_MARGIN = 5.0
    COSINE_MARGIN = 0.03

    def __init__(self, embedder: Embedder, reranker: Reranker | None) -> None:
        self._embedder = embedder
        self._reranker = reranker

    def scores(self, query: Query, candidates: Sequence[Quote]) -> tuple[list[float], float]:
        """A score for each sentence, and how far below the best one a sentence is still worth quoting."""
        texts = [f"{attribution(c.passage)}: {c.text}" for c in candidates]
        english = query.language == "en" and all(c.passage.statement.header.language == "en" for c in candidates)
        if self._reranker is not None and english:
            return self._reranker.scores(query.text, texts), self.RERANKER_MARGIN
        cosines = self._embedder.embed_passages(texts) @ self._embedder.embed_query(query.text)
        return np.asarray(cosines).tolist(), self.COSINE_MARGIN


class ExtractiveWriter:
    """The sentences that answer, verbatim, each with who said it and where."""

    name = "extractive"

    def __init__(self, scorer: SentenceScorer) -> None:
        self._scorer = scorer

    def write(self, query: Query, evidence: Sequence[Passage]) -> Draft:
        candidates = _candidates(query, evidence)
        if not candidates:
            return Draft([], self.name)
        scores, margin = self._scorer.scores(query, candidates)
        quotes: list[Quote] = []
        for passage in evidence:
            own = [(s, c) for s, c in zip(scores, candidates, strict=True) if c.passage.key == passage.key]
            if own:
                quotes += _join([with_referent(quote) for quote in _best(own, margin)])
        return Draft([quoted(query, quote) for quote in _with_number(query, quotes)], self.name)


def _with_number(query: Query, quotes: Sequence[Quote]) -> Sequence[Quote]:
    """Where a number is asked for, and one of the quotes has one, those that have."""
    if asked_quantity(query.own, query.language) is None:
        return quotes
    holds = holds_money if asks_money(query.own) else holds_quantity
    return [quote for quote in quotes if holds(quote.text)] or quotes


def _candidates(query: Query, evidence: Sequence[Passage]) -> list[Quote]:
    """The sentences of the evidence that may answer, in reading order."""
    quotes = [[Quote(passage, *span) for span in found_sentences(passage)] for passage in evidence]
    worth = rarity(query.text, query.language, [quote.text for own in quotes for quote in own])
    chosen = []
    for passage, own in zip(evidence, quotes, strict=True):
        most = SENTENCES_READ if passage.statement.header.language == query.language else FOREIGN_SENTENCES_READ
        nearest = sorted(own, key=lambda quote: -shared(quote.text, worth))[:most]
        chosen += sorted(nearest, key=lambda quote: quote.start)
    return chosen


def _best(scored: Sequence[tuple[float, Quote]], margin: float) -> list[Quote]:
    """The best sentence of a paragraph and those close to it, in reading order."""
    ranked = sorted(scored, key=lambda item: -item[0])
    kept = [quote for score, quote in ranked[:MOST_SENTENCES] if score >= ranked[0][0] - margin]
    return sorted(kept, key=lambda quote: quote.start)


def _join(quotes: Sequence[Quote]) -> list[Quote]:
    """Sentences that follow each other, or are in two quotes, become one quote."""
    joined: list[Quote] = []
    for quote in quotes:
        between = joined and quote.passage.paragraph.text[joined[-1].end : quote.start]
        if joined and (quote.start <= joined[-1].end or not str(between).strip()):
            joined[-1] = Quote(quote.passage, joined[-1].start, max(quote.end, joined[-1].end))
        else:
            joined.append(quote)
    return joined


def quoted(query: Query, quote: Quote) -> DraftClaim:
    """The quote itself as a claim."""
    return DraftClaim(introduced(query, quote, f"“{quote.text}”"), (quote,), "quoted")


def introduced(query: Query, quote: Quote, words: str) -> str:
    """The words with who said them and where before them: `Ms. Öre (Ruritania), CC.DEL/1/19, para. 3: …`."""
    who, where = attribution(quote.passage), reference(quote.passage, say(PARAGRAPH, query.language))
    return f"{who}, {where}: {words}" if who else f"{where}: {words}"
