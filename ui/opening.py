"""With what the chat opens: a question in the box and filters, from the address, as the widget writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.errors import InputError
from store.types import Filters
from ui.service import filters_from

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

MOST_VALUES = 50
LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands in the box, not asked yet, and what is searched."""

    question: str = ""
    filters: Filters = Filters()


def opening(query: QueryParams, longest: int) -> Opening:
    """From the address of the page. `longest` is the number of characters that a question may have.

    Raises InputError for a filter that can't be one: to search everything instead would not be what the link says.
    """
    code, delegation, speaker, language = (
        _values(query, name) for name in ("code", "delegation", "speaker", "language")
    )
    issued_from, issued_to = (query.get(name) or None for name in ("issued_from", "issued_to"))
    filters = filters_from(code, delegation, speaker, language, issued_from, issued_to)
    return Opening(query.get("question", "")[:longest], filters)


def _values(query: QueryParams, name: str) -> list[str]:
    values = [value for value in query.getlist(name) if value]
    if len(values) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in values):
        raise InputError(f"{name}: at most {MOST_VALUES} values of {LONGEST_VALUE} characters each")
    return values
