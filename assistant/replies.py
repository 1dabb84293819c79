"""What a language model sends back, read as claims: JSON, half of it, in fences, or lines with labels.

Nothing here is trusted: a claim that is read is only a proposal for the checker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_REPLY = 20_000
"""Characters read of a reply."""
MOST_CLAIMS = 12
"""Claims read of a reply."""
_MOST_ATTEMPTS = 300
"""Braces tried as the beginning of an object."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "claims": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "evidence": {"type": "string"},
                    "quote": {"type": "string"},
                    "claim": {"type": "string"},
                },
                "required": ["evidence", "quote", "claim"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["claims"],
    "additionalProperties": False,
}
"""Of a reply in JSON. The quote comes before the sentence, so that the sentence is written from the quote."""

_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile(
    r"^[ \t>*_#-]*(?:\d+[.)])?[ \t*_]*(?P<label>evidence|quote|claim|sentence)[ \t*_]*(?:\d+)?[ \t*_]*:"
    r"[ \t*_]*(?P<text>.*)$",
    re.IGNORECASE,
)
_ID = re.compile(r"(?<!\w)e?\s?(\d{1,3})(?!\w)", re.IGNORECASE)
_QUOTED = re.compile(r"^[\"“„«'‘](?P<inside>.*)[\"”“»'’]$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A claim as the model wrote it."""

    evidence: int | None
    """Number of the passage, from 1; None where no id could be read."""
    quote: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What could be read of a reply."""

    proposals: tuple[Proposal, ...]
    understood: bool
    """False for a text that follows neither form; an honest "no claims" is understood."""


def read(text: str) -> Reply:
    """The claims of a reply, in its order, each once."""
    text = _THOUGHT.sub("", text)[:LONGEST_REPLY]
    objects = list(_objects(text))
    found = [proposal for item in objects for proposal in _of_object(item)] or list(_of_lines(text))
    proposals = tuple(dict.fromkeys(found))[:MOST_CLAIMS]
    none = any(item.get("claims") == [] for item in objects) or re.fullmatch(r"\W*NONE\W*", text.strip()) is not None
    return Reply(proposals, understood=bool(proposals) or none)


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """Every complete JSON object, also those inside one that was cut off."""
    decoder, place, attempts = json.JSONDecoder(strict=False), text.find("{"), 0
    while place >= 0 and attempts < _MOST_ATTEMPTS:
        attempts += 1
        try:
            item, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            if isinstance(item, dict):
                yield item
        place = text.find("{", end)


def _of_object(item: Mapping[str, Any]) -> Iterator[Proposal]:
    claims = item.get("claims", item)
    for claim in claims if isinstance(claims, list) else [claims]:
        if not isinstance(claim, dict):
            continue
        quote, sentence = claim.get("quote"), claim.get("claim", claim.get("sentence"))
        if isinstance(quote, str) and isinstance(sentence, str):
            yield from _proposal(str(claim.get("evidence", "")), quote, sentence)


def _of_lines(text: str) -> Iterator[Proposal]:
    """Groups of labelled lines; a line without label goes on with the one before it."""
    fields: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        match = _LABEL.match(line)
        if match is None:
            if last and line.strip():
                fields[last] += " " + line.strip()
            else:
                last = ""
            continue
        last = match["label"].lower().replace("sentence", "claim")
        if last in fields:
            yield from _proposal(fields.get("evidence", ""), fields.get("quote", ""), fields.get("claim", ""))
            fields = {}
        fields[last] = match["text"].strip()
    yield from _proposal(fields.get("evidence", ""), fields.get("quote", ""), fields.get("claim", ""))


def _proposal(evidence: str, quote: str, sentence: str) -> Iterator[Proposal]:
    if quote.strip():
        number = _ID.search(evidence)
        yield Proposal(int(number[1]) if number else None, _bare(quote), _bare(sentence))


def _bare(text: str) -> str:
    """Without quotation marks around the whole; all on one line."""
    text = " ".join(text.split())
    match = _QUOTED.match(text)
    return match["inside"].strip() if match else text
