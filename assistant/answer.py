"""The answer: claims with citations, or a refusal with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from store.types import Filters, Passage, StoreStatus

Turn = tuple[Literal["user", "assistant"], str]
"""Who said what, oldest first."""

Support = Literal["quoted", "verified", "unverified"]


@dataclass(frozen=True, slots=True)
class Citation:
    """One quote in one paragraph of one statement."""

    n: int
    """Its mark in the answer's text: `[1]`."""
    passage: Passage
    quote: str
    """Verbatim: equals `passage.paragraph.text[start:end]`."""
    start: int
    end: int
    also: tuple[Passage, ...] = ()
    """The same paragraph in other statements: in another language, or circulated again."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the answer."""

    text: str
    citations: tuple[int, ...]
    """Numbers of the citations that carry it."""
    support: Support


@dataclass(frozen=True, slots=True)
class Answer:
    """What `Assistant.ask` returns. A refusal is an answer (`status` "not_found"); an error never is."""

    question: str
    standalone_question: str
    language: str
    """ISO 639-1 code of the question; the refusal is written in it."""
    status: Literal["answered", "not_found"]
    text: str
    index: StoreStatus
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = ()
    filters: Filters = Filters()
    refusal: str | None = None
    writer: str = "extractive"
    reranker: str | None = None
    """Name of the reranker that ordered the passages; None where none applied."""
    notes: tuple[str, ...] = ()
    """What the reader should know: a filter that was dropped, a model that was not reachable."""
    tokens: int | None = None
    """Tokens that a language model took, as the endpoint counts them; None where none was asked."""
    timings_ms: dict[str, float] = field(default_factory=dict)
