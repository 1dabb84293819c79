"""Assistant.ask: understand, retrieve, rerank, judge, write, check. The steps in order."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from assistant.answer import Answer, Citation, Claim, Turn
from assistant.citations import cite
from assistant.prompts import AMENDED, CODE_UNKNOWN, EMPTY_STORE, NOT_FOUND, say
from assistant.question import LONGEST_QUESTION, Query, checked, understand
from assistant.reranker import Reranker
from assistant.retriever import Retriever
from assistant.shape import items
from assistant.smalltalk import reply_to
from assistant.sufficiency import THRESHOLD, confidence
from assistant.twins import twins_of
from assistant.vocabulary import Vocabulary
from assistant.writers import Draft, DraftClaim, ExtractiveWriter, SentenceScorer, Writer
from store.codes import find_codes
from store.errors import InputError, NotFoundError
from store.statements import StatementStore
from store.types import Filters, Paragraph, Passage

PASSAGES_SHOWN = 10
"""Passages that come with an answer."""
EVIDENCE = 3
"""Passages handed to the writer at most."""
EVIDENCE_MARGIN = 0.2
"""Passages whose score is further than this below the best one's are no evidence (measured: docs/quality.md)."""
SIDE_MARGIN = 1.0
"""The same for the best passage of a side of a comparison: it is named, so it is to be heard."""
SIDE_EVIDENCE = 3
SIDE_SPREAD = 0.3
"""Passages of one side at most, and how far below its best one (measured: docs/quality.md)."""
LIST_EVIDENCE = 8
"""Where everything is asked for: so many of the best passages may add a further document."""
LOOKED_UP = 200
"""Chunks taken from each index where many paragraphs are to be seen together."""
SHARED = 0.5
"""A hit is nearly as good as the best one, or has this share of the best one's words; the rest is far from it."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked paragraphs without an answer."""

    passages: tuple[Passage, ...]
    filters: Filters
    standalone_question: str


@dataclass(slots=True)
class _Clock:
    """Milliseconds per step."""

    spent: dict[str, float] = field(default_factory=dict)
    _started: float = field(default_factory=time.perf_counter)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.spent[name] = round((time.perf_counter() - started) * 1000, 1)

    def done(self) -> dict[str, float]:
        return self.spent | {"total": round((time.perf_counter() - self._started) * 1000, 1)}


class Assistant:
    """Questions to answers over one store. Thread-safe."""

    def __init__(
        self,
        store: StatementStore,
        *,
        reranker: Reranker | None = None,
        model: Callable[[Writer], Writer] | None = None,
        threshold: float = THRESHOLD,
        question_characters: int = LONGEST_QUESTION,
    ) -> None:
        """`model` makes the writer that answers unless another is asked for, given the one it falls back to."""
        self._store = store
        self._retriever = Retriever(store, reranker)
        extractive = ExtractiveWriter(SentenceScorer(store.embedder, reranker))
        chosen: list[Writer] = [model(extractive)] if model else []
        self._writers = {writer.name: writer for writer in (*chosen, extractive)}
        self._threshold = threshold
        self._question_characters = question_characters
        self._known = store.snapshot, Vocabulary.of(store.snapshot)

    @property
    def writers(self) -> tuple[str, ...]:
        """Names of the writers, the one that answers unless another is asked for first."""
        return tuple(self._writers)

    def checked(self, question: str) -> str:
        """The question on one line. Raises InputError for one that is empty or too long."""
        return checked(question, self._question_characters)

    def search(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters = Filters(), limit: int = 10
    ) -> SearchResult:
        """Ranked paragraphs. Raises InputError for a question that can't be read."""
        query, passages, _ = self.retrieve(question, history=history, filters=filters)
        return SearchResult(tuple(passages[:limit]), query.filters, query.text)

    def lookup(self, words: str, *, filters: Filters = Filters()) -> tuple[Passage, ...]:
        """Paragraphs near to words as they are typed, as the indexes order them, without those that are far from it.

        Raises InputError for words that can't be read.
        """
        passages = self._retriever.candidates(self._understand(words, (), filters), LOOKED_UP)
        shared = max((p.scores["lexical"] for p in passages), default=0.0) * SHARED
        return tuple(
            p for p in passages if p.score >= passages[0].score - EVIDENCE_MARGIN or 0 < shared <= p.scores["lexical"]
        )

    def retrieve(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters = Filters()
    ) -> tuple[Query, list[Passage], str | None]:
        """The question as understood, every passage found, best first, and the reranker's name where one applied."""
        query = self._understand(question, history, filters)
        passages, reranker = self._retriever.rerank(query, self._retriever.candidates(query))
        return query, passages, reranker

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        writer: str | None = None,
    ) -> Answer:
        """A checked answer, or a refusal. Raises InputError for a question that can't be read or an unknown writer."""
        chosen = self._writer(writer)
        clock = _Clock()
        with clock.step("understand"):
            query = self._understand(question, history, filters)
        if reply := reply_to(query):
            nothing = Draft([], chosen.name)
            return self._answer(question, query, (), (), (), nothing, None, clock, say(reply, query.language))
        with clock.step("retrieve"):
            passages = self._retriever.candidates(query)
        with clock.step("rerank"):
            passages, reranker = self._retriever.rerank(query, passages)
        draft = Draft([], chosen.name)
        with clock.step("write"):
            best = evidence(passages)
            absent = _absent_code(query, best)
            if not absent and confidence(query, passages, best, self.text) >= self._threshold:
                draft = chosen.write(query, self._evidence(query, passages, best))
        with clock.step("verify"):
            checked, citations = _verify(draft.claims, passages)
        refusal = say(CODE_UNKNOWN, query.language, code=absent) if absent else say(NOT_FOUND, query.language)
        return self._answer(question, query, passages, checked, citations, draft, reranker, clock, refusal)

    def _understand(self, question: str, history: Sequence[Turn], filters: Filters) -> Query:
        question = self.checked(question)
        snapshot, vocabulary = self._known
        if snapshot is not self._store.snapshot:
            snapshot = self._store.snapshot
            vocabulary = Vocabulary.of(snapshot)
            self._known = snapshot, vocabulary
        return understand(question, history, filters, snapshot, vocabulary, datetime.date.today())

    def _evidence(self, query: Query, passages: Sequence[Passage], best: Sequence[Passage]) -> list[Passage]:
        """What the writer may quote: the best passages, the best of each side, and all that belongs to a list."""
        sides = [side_evidence(side, passages) for side in query.sides]
        chosen = {p.key: p for p in (*(p for side in sides for p in side), *best)}
        if query.everyone:
            for passage in passages[:LIST_EVIDENCE]:
                heard = any(p.statement.id == passage.statement.id for p in chosen.values())
                if not heard and passage.score >= passages[0].score - EVIDENCE_MARGIN:
                    chosen[passage.key] = passage
        if query.several:
            for passage in best:
                for item in items(self._paragraphs(passage.statement.id), passage.paragraph.number):
                    found = replace(passage, paragraph=item, focus=None)
                    chosen.setdefault(found.key, found)
        return list(chosen.values())

    def _amended(self, query: Query, citations: Sequence[Citation]) -> Iterator[str]:
        """What the reader of a cited document must know: there is a corrigendum, addendum or amendment to it."""
        for code in dict.fromkeys(citation.passage.statement.header.code for citation in citations):
            others = dict.fromkeys(one.header.code for one in self._store.snapshot.amending(code))
            if others:
                yield say(AMENDED, query.language, code=code, others=", ".join(others))

    def _paragraphs(self, statement_id: int) -> tuple[Paragraph, ...]:
        """Of a statement; none where it has just been taken out."""
        try:
            return self._store.paragraphs(statement_id)
        except NotFoundError:
            return ()

    def text(self, statement_id: int) -> str:
        """All words of a statement; empty where it has just been taken out."""
        paragraphs = self._paragraphs(statement_id)
        return "\n".join(part for p in paragraphs for part in (p.heading, p.text) if part)

    def paragraph(self, key: tuple[int, int]) -> str | None:
        """The text of a paragraph (statement id, number) as the store has it now; None where it is gone."""
        return next((passage.paragraph.text for passage in self._store.passages([key])), None)

    def _writer(self, name: str | None) -> Writer:
        if name is None:
            return next(iter(self._writers.values()))
        if name not in self._writers:
            raise InputError(f"there is no writer {name!r}; there is: {', '.join(self._writers)}")
        return self._writers[name]

    def _answer(
        self,
        question: str,
        query: Query,
        passages: Sequence[Passage],
        claims: tuple[Claim, ...],
        citations: tuple[Citation, ...],
        draft: Draft,
        reranker: str | None,
        clock: _Clock,
        otherwise: str,
    ) -> Answer:
        """`otherwise` is what is said where there are no claims."""
        status = self._store.status()
        refusal = None if claims else otherwise if status.statements else say(EMPTY_STORE, query.language)
        return Answer(
            question=question,
            standalone_question=query.text,
            language=query.language,
            status="not_found" if refusal else "answered",
            text=refusal or "\n".join(claim.text for claim in claims),
            index=status,
            claims=claims,
            citations=citations,
            passages=_shown(passages, citations),
            filters=query.filters,
            refusal=refusal,
            writer=draft.writer,
            reranker=reranker,
            notes=(*(n for n in query.notes if n != refusal), *draft.notes, *self._amended(query, citations)),
            tokens=draft.tokens,
            timings_ms=clock.done(),
        )


def evidence(passages: Sequence[Passage]) -> list[Passage]:
    """The best passage and those that are nearly as good; what stands in two statements, once."""
    chosen: list[Passage] = []
    for passage in passages:
        if len(chosen) == EVIDENCE or passage.score < passages[0].score - EVIDENCE_MARGIN:
            break
        if not twins_of(passage, chosen):
            chosen.append(passage)
    return chosen


def side_evidence(side: Collection[int], passages: Sequence[Passage]) -> list[Passage]:
    """The best of one side of a comparison; nothing where the question is about something else than it says."""
    own = [p for p in passages if p.statement.id in side][:SIDE_EVIDENCE]
    least = max(passages[0].score - SIDE_MARGIN, own[0].score - SIDE_SPREAD) if own else 0.0
    return [p for p in own if p.score >= least]


def _absent_code(query: Query, evidence: Sequence[Passage]) -> str | None:
    """A code that is asked for and not here, unless another one is, or the evidence speaks of it."""
    if query.filters.code:
        return None
    told = {code for passage in evidence for code in find_codes(passage.paragraph.text)}
    return next((code for code in query.absent if code not in told), None)


def _verify(
    drafts: Sequence[DraftClaim], passages: Sequence[Passage]
) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Number the quotes that stand in their paragraphs; a claim without one is dropped."""
    claims: list[Claim] = []
    citations: list[Citation] = []
    for draft in drafts:
        numbers = []
        for quote in draft.quotes:
            made = cite(len(citations) + 1, quote)
            citations.append(replace(made, also=twins_of(quote.passage, passages)))
            numbers.append(len(citations))
        if numbers:
            marks = "".join(f"[{n}]" for n in numbers)
            claims.append(Claim(f"{draft.text} {marks}", tuple(numbers), draft.support))
    return tuple(claims), tuple(citations)


def _shown(passages: Sequence[Passage], citations: Sequence[Citation]) -> tuple[Passage, ...]:
    """The best passages, and every cited one."""
    best = list(passages[:PASSAGES_SHOWN])
    known = {p.key for p in best}
    return tuple(best + [c.passage for c in citations if c.passage.key not in known])
