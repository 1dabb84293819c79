"""An answer as one text for a foreign chat program, which will read it as Markdown.

Words of documents and questions are escaped there, so that they make no link, image or markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui import render

ACTIVE = re.compile(
    r"[\\`*_~\[\]@]"
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
    r"|(?<=[A-Za-z])(?=://)"  # nothing is replaced here and below: a backslash comes between
    r"|(?<=[Ww]{3})(?=\.)"
    r"|^[#+=>-]"
)
"""What CommonMark and its usual extensions (bare addresses, strikethrough) would not show as it stands."""
RULE = "\n\n---\n\n"
"""Stands between an answer and its sources."""


def escape(text: str) -> str:
    """The text on one line, to be shown as it stands."""
    return ACTIVE.sub(r"\\\g<0>", " ".join(text.split()))


def plain(text: str) -> str:
    """What was said in a message made by `pieces`: without its sources and escapes. Other texts stay as they are."""
    said, rule, sources = text.partition(RULE)
    if rule and sources.startswith("- [1] "):
        text = said
    return re.sub(r"\\(?=[\\`*_~\[\]@<&:.#+=>-])", "", text)


def pieces(answer: render.AnswerJson, base: str) -> Iterator[str]:
    """The answer's text, to be joined: notes, then claim by claim, then the sources.

    `base` stands before the addresses of the sources: `http://host:port`, or nothing.
    """
    for note in answer["notes"]:
        yield f"{escape(note)}\n\n"
    if answer["status"] == "not_found":
        yield escape(answer["text"])
        return
    for number, claim in enumerate(answer["claims"]):
        marks = "".join(f"[{n}]" for n in claim["citations"])
        text = escape(claim["text"].removesuffix(marks))
        doubt = " (not verified)" if claim["support"] == "unverified" else ""
        yield "\n\n" * (number > 0) + f"{text} {marks}{doubt}"
    yield RULE + "\n".join(_source(citation, base) for citation in answer["citations"])


def _source(citation: render.CitationJson, base: str) -> str:
    from ui import render

    label = render.citation_label(citation["code"], citation["part"], citation["paragraph"], citation["label"])
    newer = f"superseded by {citation['superseded_by']}" if citation["superseded_by"] else None
    caveats = "".join(f" ({escape(word)})" for word in (newer, render.recognised(citation["ocr"])) if word)
    return f"- [{citation['n']}] {escape(label)}{caveats}: {base}{citation['url']}"
