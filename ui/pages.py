"""Everything that becomes HTML: the statement page, a turn of the chat, its sources.

Jinja2 escapes each value where it stands, so what a document or a user wrote is shown as text and never as markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import NotFoundError
from ui import render
from ui.links import amendment
from ui.originals import original_of
from ui.report import source_of
from ui.shown import facts, pieces
from ui.words import ENGLISH, LANGUAGES, Speech

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

    from assistant.evaluation import Figure, Judgement
    from store.types import Paragraph, StoredStatement
    from ui.checkup import CheckJson
    from ui.intake import IntakeJson, ReceivedJson
    from ui.links import Links
    from ui.report import ReportJson
    from ui.shown import Shown

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
MOST_LISTED = 200
"""Rows of a list on the administrator's page; the table has all."""
MOST_FILES = 20
"""Files of one upload."""
AROUND = 40
"""Paragraphs shown before and after a cited one beside the chat; the statement's page has all."""


def turn(item: Shown, t: Speech = ENGLISH, *, kept: bool = True, vote: str | None = None) -> str:
    """One question with its answer, and its sources for when a mark in it is chosen.

    `kept`: it stands in a conversation on the server, so that it can be judged, exported and asked again. `vote` is
    what its reader said of it.
    """
    return _template("turn.html").render(t=t, item=item, number=item.number, kept=kept, vote=vote)


def talk(conversation_id: str, turns: Sequence[str], earlier: bool, t: Speech = ENGLISH) -> str:
    """The turns of a conversation; `earlier`: some before them are not shown."""
    from markupsafe import Markup

    safe = Markup("").join(Markup(one) for one in turns)  # each was made by a template of ours
    return _template("talk.html").render(t=t, id=conversation_id, turns=safe, earlier=earlier)


def shared_page(title: str, turns: Sequence[Shown], root: str = "", t: Speech = ENGLISH) -> str:
    """A conversation to read, for whoever has its link."""
    return _template("shared.html").render(t=t, title=title, turns=turns, root=root)


def reader(item: Shown, n: int, paragraphs: Sequence[Paragraph], t: Speech = ENGLISH) -> str:
    """The statement of a source beside the chat: the cited paragraph and those around it, every quote marked.

    Raises NotFoundError where it is gone.
    """
    source = next((one for one in item.sources if one.n == n), None)
    if source is None or source.statement is None:
        raise NotFoundError(t("sources.gone"))
    same = [one for one in item.sources if one.statement == source.statement]
    cited = {one["n"]: (one["paragraph"], (one["start"], one["end"])) for one in item.answer["citations"]}
    spans: dict[int, list[tuple[int, int]]] = {}
    for one in same:
        if item.answered and not one.changed:
            spans.setdefault(cited[one.n][0], []).append(cited[one.n][1])
    near = [p for p in paragraphs if abs(p.number - source.paragraph) <= AROUND]
    rows = [(p, pieces(p.text, *spans.get(p.number, ()))) for p in near]
    return _template("reader.html").render(
        t=t,
        number=item.number,
        source=source,
        statement=source.statement,
        header=source.statement.header,
        others=[one for one in same if one.n != n],
        numbers={one.paragraph: one.n for one in reversed(same)},
        rows=rows,
        excerpt=len(near) < len(paragraphs),
        file="." + render.original_url(source.statement) if original_of(source.statement) else None,
    )


def pending_turn(number: int, question: str, t: Speech = ENGLISH) -> str:
    """One question that is being worked on."""
    return _template("pending.html").render(t=t, number=number, question=question)


def failed_turn(number: int, question: str, message: str, t: Speech = ENGLISH) -> str:
    """One question that could not be answered because something failed; never shown as an answer."""
    return _template("failed.html").render(t=t, number=number, question=question, message=message)


def panel(item: Shown, t: Speech = ENGLISH) -> str:
    """The sources beside the chat."""
    return _template("sources.html").render(t=t, item=item, number=item.number)


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
        (paragraph, pieces(paragraph.text, *((span,) if span and paragraph.number == cited else ())))
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
    environment.filters["language"] = render.language_name
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
