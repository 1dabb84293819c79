"""Everything that becomes HTML: the statement page, a turn of the chat, its sources.

Jinja2 escapes each value where it stands, so what a document or a user wrote is shown as text and never as markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.citations import reference
from assistant.prompts import PARAGRAPH
from ui import render
from ui.links import amendment
from ui.report import source_of
from ui.words import ENGLISH, LANGUAGES, Speech

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

    from assistant.answer import Answer, Claim
    from assistant.evaluation import Figure, Judgement
    from store.types import Header, Paragraph, Passage, StoredStatement
    from ui.checkup import CheckJson
    from ui.intake import IntakeJson, ReceivedJson
    from ui.links import Links
    from ui.report import ReportJson
    from ui.service import Catalogue

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
MOST_LISTED = 200
"""Rows of a list on the administrator's page; the table has all."""
MOST_FILES = 20
"""Files of one upload."""
MARKS = re.compile(r"\s*(\[\d+\])+$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a paragraph's text, inside or outside a quote."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A paragraph as it stands in its document, for the panel beside the chat."""

    n: int
    label: str
    language: str
    facts: tuple[str, ...]
    title: str | None
    superseded_by: str | None
    recognised: str | None
    """Said where the paragraph was read from a picture."""
    before: str | None
    pieces: tuple[Piece, ...]
    after: str | None
    href: str


def pieces(text: str, start: int, end: int) -> tuple[Piece, ...]:
    """The text cut at the span; a span that does not fit into it marks nothing."""
    if not 0 <= start < end <= len(text):
        return (Piece(text, False),)
    cut = (Piece(text[:start], False), Piece(text[start:end], True), Piece(text[end:], False))
    return tuple(piece for piece in cut if piece.text)


def sources_of(answer: Answer, catalogue: Catalogue, t: Speech = ENGLISH, nearest: int = 3) -> tuple[Source, ...]:
    """The cited paragraphs; for a refusal the nearest ones, with nothing marked."""
    if answer.status == "answered":
        return tuple(_source(c.n, c.passage, (c.start, c.end), catalogue, t) for c in answer.citations)
    return tuple(_source(n, passage, None, catalogue, t) for n, passage in enumerate(answer.passages[:nearest], 1))


def _source(n: int, passage: Passage, span: tuple[int, int] | None, catalogue: Catalogue, t: Speech) -> Source:
    header, paragraph = passage.statement.header, passage.paragraph
    around = {other.number: other.text for other in catalogue.paragraphs(passage.statement)}
    return Source(
        n=n,
        label=reference(passage, PARAGRAPH[t.language]),
        language=header.language,
        facts=facts(header, t),
        title=header.title,
        superseded_by=passage.statement.superseded_by,
        recognised=t.recognised(paragraph.ocr),
        before=around.get(paragraph.number - 1),
        pieces=pieces(paragraph.text, *(span or (0, 0))),
        after=around.get(paragraph.number + 1),
        href=_relative(render.address_of(passage.statement, paragraph.number, span)),
    )


def facts(header: Header, t: Speech = ENGLISH) -> tuple[str, ...]:
    """Who, when and in which language, as far as it is known."""
    language = t.language_name(header.language)
    if header.original_language and header.original_language != header.language:
        original = t("sources.original", language=t.language_name(header.original_language))
        language = f"{language} ({original})"
    known = (header.issued, header.delegation, header.speaker, language)
    return tuple(fact for fact in known if fact)


@dataclass(frozen=True, slots=True)
class Said:
    """A claim for the eye: what introduces the quote, the quote, and its sources."""

    lead: str
    quote: str
    sources: tuple[Source, ...]
    verified: bool


def _said(claim: Claim, answer: Answer, by_n: Mapping[int, Source]) -> Said:
    text = MARKS.sub("", claim.text)
    lead, quote = text, ""
    for citation in answer.citations:
        if citation.n in claim.citations and text.endswith(f"“{citation.quote}”"):
            quote = f"“{citation.quote}”"
            lead = text.removesuffix(quote).rstrip()
            break
    sources = tuple(by_n[n] for n in claim.citations if n in by_n)
    return Said(lead, quote, sources, claim.support != "unverified")


def turn(number: int, question: str, answer: Answer, sources: Sequence[Source], t: Speech = ENGLISH) -> str:
    """One question with its answer, and its sources for when a mark in it is chosen."""
    by_n = {source.n: source for source in sources}
    said = [_said(claim, answer, by_n) for claim in answer.claims]
    answered = answer.status == "answered"
    return _template("turn.html").render(
        t=t, number=number, question=question, answer=answer, said=said, sources=sources, answered=answered
    )


def pending_turn(number: int, question: str, t: Speech = ENGLISH) -> str:
    """One question that is being worked on."""
    return _template("pending.html").render(t=t, number=number, question=question)


def failed_turn(number: int, question: str, message: str, t: Speech = ENGLISH) -> str:
    """One question that could not be answered because something failed; never shown as an answer."""
    return _template("failed.html").render(t=t, number=number, question=question, message=message)


def panel(number: int, sources: Sequence[Source], answered: bool, t: Speech = ENGLISH) -> str:
    """The sources beside the chat."""
    return _template("sources.html").render(t=t, number=number, sources=sources, answered=answered)


def masthead(status: render.StatusJson, t: Speech = ENGLISH) -> str:
    """The line above the chat: its name, what it answers from, and the language of the page."""
    languages = [(code, Speech(code).language_name(code)) for code in LANGUAGES]
    return _template("masthead.html").render(t=t, status=status, languages=languages)


def welcome(statements: int, examples: Sequence[str], t: Speech = ENGLISH) -> str:
    """The chat before the first question."""
    return _template("welcome.html").render(t=t, statements=statements, examples=examples)


def empty_panel(t: Speech = ENGLISH) -> str:
    """The panel before the first question."""
    return _template("panel_empty.html").render(t=t)


def statement_page(
    statement: StoredStatement,
    paragraphs: Sequence[Paragraph],
    also: Sequence[StoredStatement],
    links: Links,
    cited: int | None = None,
    span: tuple[int, int] | None = None,
    root: str = "",
    t: Speech = ENGLISH,
) -> str:
    """The page that a citation opens. `root` is the path under which the application stands."""
    rows = [
        (paragraph, pieces(paragraph.text, *(span if span and paragraph.number == cited else (0, 0))))
        for paragraph in paragraphs
    ]
    before, after = _neighbours(statement, also)
    return _template("statement.html").render(
        t=t,
        statement=statement,
        header=statement.header,
        rows=rows,
        also=also,
        links=links,
        cited=cited,
        before=before,
        after=after,
        root=root,
    )


def admin_page(
    report: ReportJson,
    intake: IntakeJson,
    check: CheckJson | None,
    received: ReceivedJson | None = None,
    root: str = "",
) -> str:
    """Upload, what is being taken in, and what a person should look at. `received` is what an upload just brought."""
    return _template("admin.html").render(
        report=report, intake=intake, check=check, received=received, root=root, most=MOST_LISTED, most_files=MOST_FILES
    )


def evaluation_page(
    name: str,
    found: Mapping[str, Mapping[str, Figure]],
    change: Mapping[str, Figure] | None,
    judged: Sequence[Judgement],
) -> str:
    """What `statements eval` found, question by question; a file of its own, which needs no server."""
    names = list(dict.fromkeys(one for figures in found.values() for one in figures))
    return _template("evaluation.html").render(name=name, names=names, found=found, change=change, judged=judged)


def error_page(title: str, detail: str, root: str = "", t: Speech = ENGLISH) -> str:
    """A page for a statement that is not there."""
    return _template("error.html").render(t=t, title=title, detail=detail, root=root)


def _neighbours(
    statement: StoredStatement, also: Sequence[StoredStatement]
) -> tuple[StoredStatement | None, StoredStatement | None]:
    """The parts before and after this one under the same code, as printed: `speech 9` before `speech 10`."""
    header = statement.header
    same = [s for s in also if s.header.code == header.code and s.header.language == header.language]
    ordered = sorted([*same, statement], key=lambda s: _natural(s.header.part or ""))
    place = ordered.index(statement)
    return (
        ordered[place - 1] if place else None,
        ordered[place + 1] if place + 1 < len(ordered) else None,
    )


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(word), "") if word.isdigit() else (0, word) for word in re.split(r"(\d+)", text)]


def _filled(text: str, **values: str) -> Markup:
    """A text with links in its places; whatever is no markup of ours is escaped."""
    from markupsafe import escape

    return escape(text).format(**values)


def _relative(url: str) -> str:
    """The chat may stand under a path of its own, so its links start from its page."""
    return "." + url


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["address_of"] = render.address_of
    environment.globals["amendment"] = amendment
    environment.globals["facts"] = facts
    environment.globals["filled"] = _filled
    environment.globals["source_of"] = source_of
    return environment


def rendered(template: str, **values: object) -> str:
    """A page of another module, escaped like these."""
    return _template(template).render(**values)


def _template(name: str) -> Template:
    return _environment().get_template(name)
