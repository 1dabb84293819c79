"""The page "Look up": search as one types, without a writer; when and who, and a table of statements."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from store.columns import fold
from store.errors import InputError
from store.language import stop_words
from store.types import Filters
from ui import pages, render
from ui.service import filters_from
from ui.shown import Piece
from ui.timeline import GAP, HEIGHT, TOP, Timeline, timeline
from ui.words import COOKIE, LANGUAGES, Speech, language_for

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.datastructures import QueryParams

    from store.snapshot import Snapshot
    from store.types import Passage, StoredStatement
    from ui.service import Service

MANY = ("code", "delegation", "speaker", "language", "forum")
"""Filters that may have several values."""
ORDERS = ("relevance", "date")
VIEWS = ("paragraphs", "statements")
PARAGRAPHS_A_PAGE, STATEMENTS_A_PAGE = 20, 50
MOST_SUGGESTED = 400
SHOWN = 700
"""Characters of a paragraph that are shown."""
ENDINGS = ("ru", "uk")
"""Languages in which also a word of four letters changes its end."""
MOST_ADDED = 3
"""Letters that a form of a word may have more than the word."""
CSV_COLUMNS = (
    "code", "part", "issued", "event_from", "event_to", "delegation", "speaker", "language", "original_language",
    "title", "meeting", "distribution", "superseded_by", "paragraph_count", "file", "url",
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_BODY = re.compile(r"([A-Z]{2,6})(?:\(\d+\))?\.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the address of the page."""

    words: str = ""
    filters: Filters = Filters()
    order: str = ORDERS[0]
    view: str = VIEWS[0]
    page: int = 1
    lang: str | None = None

    @classmethod
    def of(cls, query: QueryParams) -> Asked:
        """Raises InputError for a date or language that can't be one."""
        many = {name: tuple(value for value in query.getlist(name)[:50] if value.strip()) for name in MANY}
        given = filters_from(
            many["code"],
            many["delegation"],
            many["speaker"],
            many["language"],
            query.get("issued_from") or None,
            query.get("issued_to") or None,
        )
        page = query.get("page", "1")
        return cls(
            query.get("q", "").strip(),
            replace(given, forum=many["forum"]),
            _one_of(ORDERS, query.get("order")),
            _one_of(VIEWS, query.get("view")),
            int(page) if page.isdecimal() and 0 < len(page) < 6 and int(page) else 1,
            lang_of(query),
        )

    def query(self, **changes: object) -> str:
        """What follows `?` in the address of this with changes; of its first page, unless that is what changes.

        Changes are fields of this or of the filters.
        """
        own = {name: value for name, value in changes.items() if name in ORDER_OF_FIELDS}
        other = {name: value for name, value in changes.items() if name not in own}
        asked = replace(self, **{"page": 1, **own, "filters": replace(self.filters, **other)})  # type: ignore[arg-type]
        pairs: list[tuple[str, str]] = [("q", asked.words)]
        for name in (*MANY, "issued_from", "issued_to"):
            value = getattr(asked.filters, name)
            pairs += [(name, one) for one in (value if isinstance(value, tuple) else (value or "",))]
        pairs += [("order", asked.order if asked.order != ORDERS[0] else "")]
        pairs += [("view", asked.view if asked.view != VIEWS[0] else "")]
        pairs += [("page", str(asked.page) if asked.page > 1 else ""), ("lang", asked.lang or "")]
        return urlencode([(name, value) for name, value in pairs if value])

    def toggled(self, **filters: object) -> str:
        """The address with these filters, or without them where they are set already."""
        if all(getattr(self.filters, name) == value for name, value in filters.items()):
            filters = {name: () if isinstance(value, tuple) else None for name, value in filters.items()}
        return self.query(**filters)


ORDER_OF_FIELDS = tuple(field.name for field in fields(Asked))


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph that was found, as it is shown."""

    passage: Passage
    pieces: tuple[Piece, ...]
    cut_before: bool
    cut_after: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that satisfies what was asked."""

    passages: tuple[Passage, ...]
    statements: tuple[StoredStatement, ...]
    plot: Timeline | None

    def rows(self, asked: Asked) -> list[Row]:
        """The paragraphs of the page that is asked for."""
        start = (asked.page - 1) * PARAGRAPHS_A_PAGE
        return [_row(passage, asked.words) for passage in self.passages[start : start + PARAGRAPHS_A_PAGE]]

    def listed(self, asked: Asked) -> Sequence[StoredStatement]:
        """The same of the statements."""
        start = (asked.page - 1) * STATEMENTS_A_PAGE
        return self.statements[start : start + STATEMENTS_A_PAGE]

    def pages(self, paragraphs: bool) -> int:
        count, size = (
            (len(self.passages), PARAGRAPHS_A_PAGE) if paragraphs else (len(self.statements), STATEMENTS_A_PAGE)
        )
        return max(1, -(-count // size))


@dataclass(frozen=True, slots=True)
class Facets:
    """What can be chosen from, most frequent first."""

    delegation: tuple[str, ...]
    speaker: tuple[str, ...]
    language: tuple[str, ...]
    forum: tuple[str, ...]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Facets:
        headers = [statement.header for statement in snapshot.statements.values()]
        forums = _frequent(_forum_of(header.code) for header in headers)
        return cls(
            _frequent(header.delegation for header in headers),
            _frequent(header.speaker for header in headers),
            _frequent(header.language for header in headers),
            tuple(one for one in forums if snapshot.allowed(Filters(forum=(one,))).any()),
        )


class Lookup:
    """Looks up what the address asks for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._facets: tuple[Snapshot, Facets] | None = None

    def facets(self) -> Facets:
        snapshot = self._service.store.snapshot
        if self._facets is None or self._facets[0] is not snapshot:
            self._facets = snapshot, Facets.of(snapshot)
        return self._facets[1]

    def find(self, asked: Asked) -> Found:
        """Raises InputError for words that are too long."""
        if not asked.words:
            statements = sorted(self._service.store.statements(asked.filters), key=_latest_first)
            counts = Counter((_year(s), s.header.delegation) for s in statements)
            return Found((), tuple(statements), timeline(counts))
        passages = list(self._service.lookup(asked.words, asked.filters))
        if asked.order == "date":
            passages.sort(key=lambda passage: _latest_first(passage.statement))
        counts = Counter((_year(passage.statement), passage.statement.header.delegation) for passage in passages)
        unique = {passage.statement.id: passage.statement for passage in passages}
        return Found(tuple(passages), tuple(unique.values()), timeline(counts))


def add_lookup(app: FastAPI, service: Service) -> None:
    """The page, the part of it that changes while one types, and the table as CSV."""
    looking = Lookup(service)

    def answer(request: Request, template: str) -> HTMLResponse:
        t = speech(request)
        values: dict[str, object] = {"t": t, "root": request.scope.get("root_path", ""), "languages": LANGUAGES}
        try:
            asked = Asked.of(request.query_params)
            found = looking.find(asked)
        except InputError as error:
            blank = Asked(lang=lang_of(request.query_params))
            values |= {"asked": blank, "facets": looking.facets(), "found": None, "error": str(error)}
            return HTMLResponse(pages.rendered(template, **values), 422)
        values |= {"asked": asked, "facets": looking.facets(), "found": found, "error": None}
        values |= {"gap": GAP, "top": TOP, "height": HEIGHT, "page_size": PARAGRAPHS_A_PAGE}
        return HTMLResponse(pages.rendered(template, **values))

    @app.get("/lookup", response_class=HTMLResponse, include_in_schema=False)
    def page(request: Request) -> HTMLResponse:
        return answer(request, "lookup.html")

    @app.get("/lookup/results", response_class=HTMLResponse, include_in_schema=False)
    def results(request: Request) -> HTMLResponse:
        return answer(request, "lookup_results.html")

    @app.get("/lookup/statements.csv", include_in_schema=False)
    def table(request: Request) -> Response:
        found = looking.find(Asked.of(request.query_params))
        text = statements_csv(found.statements, request.scope.get("root_path", ""))
        headers = {"Content-Disposition": 'attachment; filename="statements.csv"'}
        return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def statements_csv(statements: Iterable[StoredStatement], root: str = "") -> str:
    """A table for a spreadsheet, in which no cell is a formula."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(CSV_COLUMNS)
    for statement in statements:
        values = dict(render.statement_json(statement))
        values["url"] = f"{root}{values['url']}"
        rows.writerow([_inert(values[name]) for name in CSV_COLUMNS])
    return out.getvalue()


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def speech(request: Request) -> Speech:
    """The language of the page: the address says it, or the browser remembers it, or the browser prefers it."""
    wanted = lang_of(request.query_params) or request.cookies.get(COOKIE)
    return Speech(language_for(wanted, request.headers.get("accept-language", "")))


def lang_of(query: QueryParams) -> str | None:
    """Language of the page's own words, where the address says it."""
    lang = query.get("lang")
    return lang if lang in LANGUAGES else None


def _row(passage: Passage, words: str) -> Row:
    """The paragraph, or the part of it around the first word that was looked for."""
    text = passage.paragraph.text
    spans = _hits(text, words, passage.statement.header.language)
    start, end = 0, len(text)
    if end > SHOWN:
        first = spans[0][0] if spans else (passage.focus or (0, 0))[0]
        start = max(0, min(first - SHOWN // 3, end - SHOWN))
        end = start + SHOWN
        start = text.find(" ", start) + 1 if start else 0
        end = text.rfind(" ", start, end) if end < len(text) else end
        end = end if end > start else min(start + SHOWN, len(text))
    pieces, at = [], start
    for left, right in spans:
        if start <= left and right <= end:
            pieces += [Piece(text[at:left], False), Piece(text[left:right], True)]
            at = right
    pieces.append(Piece(text[at:end], False))
    return Row(passage, tuple(piece for piece in pieces if piece.text), start > 0, end < len(text))


def _hits(text: str, words: str, language: str) -> list[tuple[int, int]]:
    """Where words of the text begin like one that is looked for: its forms, without a dictionary."""
    shortest = 3 if language in ENDINGS else 4
    looked_for = {fold(word) for word in _WORD.findall(words)} - stop_words(language)
    stems = [(word[: max(shortest, len(word) - 2)], len(word) + MOST_ADDED) for word in looked_for if len(word) > 1]
    spans = []
    for match in _WORD.finditer(text):
        word = fold(match[0])
        if any(
            word.startswith(stem) and len(word) <= longest if len(stem) >= shortest else word == stem
            for stem, longest in stems
        ):
            spans.append(match.span())
    return spans


def _latest_first(statement: StoredStatement) -> tuple[object, ...]:
    issued = statement.header.issued or ""
    return tuple(-int(part) for part in (issued or "0").split("-")), statement.header.code, statement.id


def _year(statement: StoredStatement) -> int | None:
    issued = statement.header.issued
    return int(issued[:4]) if issued else None


def _forum_of(code: str) -> str | None:
    if code.startswith("S/"):
        return "UNSC"
    if code.startswith("A/"):
        return "UNGA"
    body = _BODY.match(code)
    return body[1] if body else None


def _frequent(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(value for value, _ in Counter(filter(None, values)).most_common(MOST_SUGGESTED))


def _one_of(known: tuple[str, ...], value: str | None) -> str:
    return value if value in known else known[0]
