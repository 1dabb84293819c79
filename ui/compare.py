"""The page "Compare": two to four delegations or times on one topic, side by side, every cell quoted and cited."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from store.errors import InputError, StatementsError
from store.types import Filters
from ui import pages
from ui.lookup import Facets, lang_of, speech
from ui.service import filters_from
from ui.words import LANGUAGES

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.datastructures import QueryParams

    from assistant.answer import Answer, Citation
    from store.snapshot import Snapshot
    from store.types import Passage
    from ui.service import Service

FEWEST, MOST = 2, 4
CLOSEST = 2
"""Paragraphs named where a side does not say anything."""
WRITER = "extractive"
"""Cells are quotes: beside each other a language model's own words could not be compared."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of those that are compared."""

    delegation: str = ""
    issued_from: str = ""
    issued_to: str = ""

    def __bool__(self) -> bool:
        return bool(self.delegation or self.issued_from or self.issued_to)

    @property
    def name(self) -> str:
        times = self.issued_from if self.issued_from == self.issued_to else f"{self.issued_from}–{self.issued_to}"
        return " · ".join(part for part in (self.delegation, times if times != "–" else "") if part)

    def filters(self) -> Filters:
        """Raises InputError for a date that is none."""
        delegation = [self.delegation] if self.delegation else []
        return filters_from(
            delegation=delegation, issued_from=self.issued_from or None, issued_to=self.issued_to or None
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the address of the page."""

    topic: str = ""
    sides: tuple[Side, ...] = (Side(), Side())
    """Those of the form, from `FEWEST` to `MOST`; some may be empty."""
    lang: str | None = None

    @classmethod
    def of(cls, query: QueryParams) -> Asked:
        """The nth value of each name belongs to the nth side."""
        columns = [query.getlist(name)[:MOST] for name in ("delegation", "issued_from", "issued_to")]
        sides = [Side(*(value.strip()[:300] for value in row)) for row in zip_longest(*columns, fillvalue="")]
        wanted = min(MOST, max(FEWEST, len(sides) + ("add" in query)))
        sides += [Side()] * (wanted - len(sides))
        return cls(query.get("topic", "").strip(), tuple(sides), lang_of(query))

    @property
    def chosen(self) -> tuple[Side, ...]:
        return tuple(side for side in self.sides if side)

    def query(self, lang: str | None) -> str:
        pairs = [("topic", self.topic)]
        for side in self.sides:
            pairs += [("delegation", side.delegation), ("issued_from", side.issued_from), ("issued_to", side.issued_to)]
        return urlencode([*pairs, ("lang", lang or "")])


@dataclass(frozen=True, slots=True)
class Cell:
    """What one side says."""

    side: Side
    citations: tuple[Citation, ...] = ()
    closest: tuple[Passage, ...] = ()
    said: str = ""
    """Where nothing is quoted: why."""
    failed: bool = False
    notes: tuple[str, ...] = ()


class Comparison:
    """Asks each side by itself."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._facets: tuple[Snapshot, Facets] | None = None

    def delegations(self) -> tuple[str, ...]:
        snapshot = self._service.store.snapshot
        if self._facets is None or self._facets[0] is not snapshot:
            self._facets = snapshot, Facets.of(snapshot)
        return self._facets[1].delegation

    def cells(self, asked: Asked) -> list[Cell]:
        """One for each side that is filled in; a side that fails says so and leaves the others."""
        return [self._cell(asked.topic, side) for side in asked.chosen]

    def _cell(self, topic: str, side: Side) -> Cell:
        try:
            answer = self._service.ask(topic, filters=side.filters(), writer=WRITER)
        except StatementsError as error:
            return Cell(side, said=str(error), failed=True)
        return _told(side, answer)


def _told(side: Side, answer: Answer) -> Cell:
    if answer.status != "answered":
        closest = answer.passages[:CLOSEST]
        return Cell(side, closest=closest, said=answer.refusal or answer.text, notes=answer.notes)
    carried = {n for claim in answer.claims if claim.support != "unverified" for n in claim.citations}
    return Cell(side, tuple(c for c in answer.citations if c.n in carried), notes=answer.notes)


def add_compare(app: FastAPI, service: Service) -> None:
    """The page: a form, and where it is filled in its table."""
    comparison = Comparison(service)

    @app.get("/compare", response_class=HTMLResponse, include_in_schema=False)
    def page(request: Request) -> HTMLResponse:
        asked = Asked.of(request.query_params)
        t = speech(request)
        ready = bool(asked.topic) and len(asked.chosen) >= FEWEST
        error, status = None, 200
        cells: list[Cell] = []
        try:
            if asked.topic:
                service.checked(asked.topic)
            for side in asked.chosen:
                side.filters()
            cells = comparison.cells(asked) if ready else []
        except InputError as wrong:
            error, status = str(wrong), 422
        begun = bool(asked.topic or asked.chosen)
        text = pages.rendered(
            "compare.html",
            t=t,
            root=request.scope.get("root_path", ""),
            languages=LANGUAGES,
            asked=asked,
            delegations=comparison.delegations(),
            cells=cells,
            error=error,
            few=begun and not ready and error is None,
            most=MOST,
        )
        return HTMLResponse(text, status)
