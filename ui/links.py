"""How statements hang together: what one names, what names it, what it corrects and what corrects it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.codes import amended, revision_rank
from ui import render

if TYPE_CHECKING:
    from store.snapshot import Snapshot
    from store.types import StoredStatement

MOST = 200
"""Statements listed that refer to one; some resolutions are named by thousands."""
_WORDS = {"c": "Corrigendum", "ad": "Addendum", "am": "Amendment"}


@dataclass(frozen=True, slots=True)
class Link:
    """A document that is named: its code as printed, and its statement where the store has it."""

    code: str
    statement: StoredStatement | None


@dataclass(frozen=True, slots=True)
class Links:
    """What a statement is tied to."""

    refers_to: tuple[Link, ...]
    """In order of first mention."""
    referred_by: tuple[StoredStatement, ...]
    """The latest first, `MOST` at most."""
    referring: int
    """All that refer to it."""
    amends: Link | None
    """What it is a corrigendum, addendum or amendment to."""
    amended_by: tuple[StoredStatement, ...]


def links_of(snapshot: Snapshot, statement: StoredStatement) -> Links:
    """Look-ups in a view of the store, made for one of its statements."""
    header = statement.header

    def link(code: str) -> Link:
        found = snapshot.find(code, None, None)
        if revision_rank(code) >= 0:  # whoever names a text does not mean its corrigendum
            found = [other for other in found if revision_rank(other.header.code) >= 0]
        same = [other for other in found if other.header.language == header.language]
        return Link(code, render.pick(same or found, code, None))

    amends = amended(header.code)
    referring = snapshot.referring_to(header.code)
    return Links(
        tuple(link(code) for code in statement.refers_to),
        tuple(referring[:MOST]),
        len(referring),
        link(amends) if amends else None,
        tuple(snapshot.amending(header.code)),
    )


def amendment(code: str) -> str:
    """What the document of an amending code is: `Corrigendum`, `Addendum` or `Amendment`."""
    suffix = re.sub(r"[^a-z]", "", code[len(amended(code) or "") :].lower())
    return next(word for start, word in _WORDS.items() if suffix.startswith(start))
