"""Paragraphs to chunks: what is embedded. One paragraph is one chunk; a long one is cut at sentence ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

from store.sentences import sentences
from store.tokens import count_tokens
from store.types import Chunk, Paragraph, Statement

MAX_TOKENS = 256
"""Tokens (o200k_base) of a chunk at most, context included."""
CHUNKING = f"paragraph-{MAX_TOKENS}-o200k_base-1"
"""Names these settings: part of the fingerprint of an index."""
_CONTEXT_WORDS = 30
_SHORT_ITEM = 30
"""Words below which a list item is not understood without the words that lead to it."""


def chunk(statement: Statement) -> tuple[Chunk, ...]:
    """The chunks of a statement in reading order; none crosses a paragraph."""
    return tuple(
        Chunk(piece, paragraph.number, paragraph.number)
        for index, paragraph in enumerate(statement.paragraphs)
        for piece in pieces(paragraph.text, statement.header.language, context_of(statement.paragraphs, index))
    )


def pieces(text: str, language: str, context: str | None = None) -> list[str]:
    """A text cut at sentence ends so that each piece, with the context before it, holds at most MAX_TOKENS tokens."""
    lead = f"{context}\n" if context else ""
    budget = MAX_TOKENS - (count_tokens(lead) if lead else 0)
    if _fits(text, budget):
        return [lead + text]
    result: list[str] = []
    start = end = 0
    for span in _spans(text, language, budget):
        if end > start and not _fits(text[start : span[1]], budget):
            result.append(lead + text[start:end])
            start = span[0]
        end = span[1]
    result.append(lead + text[start:end])
    return result


def context_of(paragraphs: Sequence[Paragraph], index: int) -> str | None:
    """What a paragraph needs to be understood and found: its headings, and the words that lead to a short list item."""
    heading = paragraphs[index].heading
    lead = _lead_in(paragraphs, index)
    parts = [" ".join(part.split()[-_CONTEXT_WORDS:]) for part in (heading, lead) if part]
    return "\n".join(parts) or None


def _lead_in(paragraphs: Sequence[Paragraph], index: int) -> str | None:
    item = paragraphs[index]
    if len(item.text.split()) >= _SHORT_ITEM:
        return None
    inner = (item.label or "").startswith("(")
    for before in reversed(paragraphs[max(0, index - 30) : index]):
        listed = (before.label or "").startswith("(")
        if listed and not inner:
            return None
        if before.text.endswith((":", ": —", "—")):
            return before.text
        if before.text.endswith(",") and inner and not listed:
            return before.text
        if before.heading != item.heading or not (listed or before.text.endswith((";", ",", "; and", "; or"))):
            return None
    return None


def _fits(text: str, budget: int) -> bool:
    return len(text) * 4 <= budget or len(text.encode()) <= budget or count_tokens(text) <= budget


def _spans(text: str, language: str, budget: int) -> list[tuple[int, int]]:
    """Sentences; one that is too long alone falls into clauses, and those into words."""
    result: list[tuple[int, int]] = []
    for start, end in sentences(text, language):
        result.extend(_halved(text, start, end, budget))
    return result


def _halved(text: str, start: int, end: int, budget: int) -> list[tuple[int, int]]:
    """A span halved at the mark or space nearest its middle until each part fits."""
    if _fits(text[start:end], budget):
        return [(start, end)]
    middle = (start + end) / 2
    for pattern in (r"(?<=[;:])\s+", r"(?<=,)\s+", r"\s+"):
        cuts = [
            match for match in re.finditer(pattern, text[start:end]) if match.start() > 0 and match.end() < end - start
        ]
        if cuts:
            cut = min(cuts, key=lambda match: abs(start + match.start() - middle))
            break
    else:
        half = int(middle)
        return [*_halved(text, start, half, budget), *_halved(text, half, end, budget)]
    return [*_halved(text, start, start + cut.start(), budget), *_halved(text, start + cut.end(), end, budget)]
