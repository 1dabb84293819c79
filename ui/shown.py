"""An answer as it is shown: its claims, and each source as its document reads now.

A kept answer may be older than the store: what stands no longer where it was quoted says so, and of a statement that is
gone, or that the reader may not open, nothing is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from assistant.prompts import PARAGRAPH
from store.errors import NotFoundError
from ui import render
from ui.words import ENGLISH, Speech

if TYPE_CHECKING:
    from store.types import Header, StoredStatement
    from ui.render import AnswerJson, CitationJson, ClaimJson, PassageJson, PlaceJson
    from ui.service import Catalogue

MARKS = re.compile(r"\s*(\[\d+\])+$")
NEAREST = 3
"""Paragraphs shown beside a refusal."""
CITATION = "{code}, para. {paragraph}"
"""The house's form of a citation, unless the settings have another."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a paragraph's text, inside or outside a quote."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Twin:
    """The same paragraph in another statement."""

    label: str
    language: str | None
    """Its name."""
    href: str


@dataclass(frozen=True, slots=True)
class Source:
    """A cited paragraph as it stands in its document."""

    n: int
    label: str
    citation: str
    """In the house's form, to be copied."""
    language: str
    facts: tuple[str, ...]
    title: str | None
    superseded_by: str | None
    recognised: str | None
    """Said where the paragraph was read from a picture."""
    translated: str | None
    """Name of the original's language, where this text is another one."""
    before: str | None
    pieces: tuple[Piece, ...]
    after: str | None
    quote: str
    href: str
    paragraph: int
    statement: StoredStatement | None
    """None where it is gone, or not open to the reader."""
    changed: bool = False
    """Its statement is here, and no longer says this at this place."""
    also: tuple[Twin, ...] = ()

    @property
    def gone(self) -> bool:
        return self.statement is None


@dataclass(frozen=True, slots=True)
class Said:
    """A claim for the eye: what introduces the quote, the quote, and its sources."""

    lead: str
    quote: str
    sources: tuple[Source, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One question with its answer."""

    number: int
    question: str
    answer: AnswerJson
    said: tuple[Said, ...]
    sources: tuple[Source, ...]

    @property
    def answered(self) -> bool:
        return self.answer["status"] == "answered"

    def text(self) -> str:
        """The claims, each with its citation in the house's form, to be copied."""
        if not self.answered:
            return self.answer["refusal"] or self.answer["text"]
        lines = []
        for item in self.said:
            words = " ".join(part for part in (item.lead, item.quote) if part)
            cited = "; ".join(source.citation for source in item.sources)
            lines.append(f"{words} ({cited})" if cited else words)
        return "\n".join(lines)


def pieces(text: str, *spans: tuple[int, int]) -> tuple[Piece, ...]:
    """The text cut at the spans; one that does not fit into it, or overlaps an earlier one, marks nothing."""
    cut: list[Piece] = []
    at = 0
    for start, end in sorted(spans):
        if at <= start < end <= len(text):
            cut += [Piece(text[at:start], False), Piece(text[start:end], True)]
            at = end
    cut.append(Piece(text[at:], False))
    return tuple(piece for piece in cut if piece.text)


def shown(
    number: int, answer: AnswerJson, catalogue: Catalogue, t: Speech = ENGLISH, citation: str = CITATION
) -> Shown:
    """The answer with its sources looked up; `citation` is the house's form of one."""
    sources = sources_of(answer, catalogue, t, citation)
    by_n = {source.n: source for source in sources}
    said = tuple(_said(claim, answer["citations"], by_n, t) for claim in answer["claims"])
    return Shown(number, answer["question"], answer, said, sources)


def sources_of(
    answer: AnswerJson, catalogue: Catalogue, t: Speech = ENGLISH, citation: str = CITATION
) -> tuple[Source, ...]:
    """The cited paragraphs; for a refusal the nearest ones, with nothing marked."""
    if answer["status"] == "answered":
        return tuple(_cited(one, catalogue, t, citation) for one in answer["citations"])
    nearest = answer["passages"][:NEAREST]
    return tuple(_source(n, one, "", None, catalogue, t, citation) for n, one in enumerate(nearest, 1))


def _cited(one: CitationJson, catalogue: Catalogue, t: Speech, citation: str) -> Source:
    source = _source(one["n"], one, one["quote"], (one["start"], one["end"]), catalogue, t, citation)
    return replace(source, also=tuple(_twins(one, catalogue, t)))


def _twins(one: CitationJson, catalogue: Catalogue, t: Speech) -> Iterator[Twin]:
    for place in one.get("also", ()):  # answers that were kept before there were any have none
        statement = stored(place, catalogue)
        if statement is not None:
            href = "." + render.address_of(statement, place["paragraph"], None)
            yield Twin(_label(place, t)[1], t.language_name(place["language"]), href)


def _label(place: PlaceJson, t: Speech) -> tuple[str, str]:
    """The document, and the paragraph in it."""
    document = f"{place['code']}, {place['part']}" if place["part"] else place["code"]
    return document, f"{document}, {PARAGRAPH[t.language]} {place['label'] or place['paragraph']}"


def _source(
    n: int,
    place: CitationJson | PassageJson,
    quote: str,
    span: tuple[int, int] | None,
    catalogue: Catalogue,
    t: Speech,
    citation: str,
) -> Source:
    number = place["paragraph"]
    statement = stored(place, catalogue)
    around = {one.number: one for one in catalogue.paragraphs(statement)} if statement else {}
    paragraph = around.get(number)
    here = paragraph is not None and (span is None or paragraph.text[slice(*span)] == quote)
    text = paragraph.text if paragraph and here else quote if statement else ""
    marked = (span,) if here and span else ((0, len(text)),)
    before, after = around.get(number - 1), around.get(number + 1)
    header = statement.header if statement else None
    printed = place["label"] or str(number)
    document, label = _label(place, t)
    other = header and header.original_language not in (None, header.language)
    return Source(
        n=n,
        label=label,
        citation=_filled(citation, place, document, printed),
        language=place["language"],
        facts=facts(header, t) if header else (),
        title=header.title if header else None,
        superseded_by=statement.superseded_by if statement else None,
        recognised=t.recognised(place["ocr"]),
        translated=t.language_name(header.original_language) if header and other else None,
        before=before.text if before and here else None,
        pieces=pieces(text, *marked) if span else pieces(text),
        after=after.text if after and here else None,
        quote=quote if statement else "",
        href="." + (render.address_of(statement, number, span if here else None) if statement else place["url"]),
        paragraph=number,
        statement=statement,
        changed=statement is not None and not here,
    )


def stored(place: PlaceJson, catalogue: Catalogue) -> StoredStatement | None:
    """The statement that a place names, as the store has it now; None where it has none, or one of another name."""
    only = parse_qs(urlsplit(place["url"]).query).get("only")
    try:
        found = catalogue.find(place["code"], place["part"], place["language"], int(only[0]) if only else None)
    except NotFoundError:
        return None
    return found if found.header.identity == (place["code"], place["part"], place["language"]) else None


def facts(header: Header, t: Speech = ENGLISH) -> tuple[str, ...]:
    """Who, when and in which language, as far as it is known."""
    language = t.language_name(header.language)
    if header.original_language and header.original_language != header.language:
        original = t("sources.original", language=t.language_name(header.original_language))
        language = f"{language} ({original})"
    known = (header.issued, header.delegation, header.speaker, language)
    return tuple(fact for fact in known if fact)


def _filled(citation: str, place: CitationJson | PassageJson, document: str, printed: str) -> str:
    names = ("title", "speaker", "delegation", "issued", "language")
    values = {name: place.get(name) or "" for name in names}
    return citation.format(code=document, paragraph=printed, **values)


def _said(claim: ClaimJson, citations: Sequence[CitationJson], by_n: Mapping[int, Source], t: Speech) -> Said:
    sources = tuple(by_n[n] for n in claim["citations"] if n in by_n)
    verified = claim["support"] != "unverified"
    if any(source.gone for source in sources):
        return Said(t("sources.gone"), "", sources, verified)
    text = MARKS.sub("", claim["text"])
    lead, quote = text, ""
    for citation in citations:
        if citation["n"] in claim["citations"] and text.endswith(f"“{citation['quote']}”"):
            quote = f"“{citation['quote']}”"
            lead = text.removesuffix(quote).rstrip()
            break
    return Said(lead, quote, sources, verified)
