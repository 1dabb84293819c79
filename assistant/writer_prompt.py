"""The messages that a language model is sent: rules, two worked examples, evidence and question, in a budget."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache

from assistant.endpoint import Message
from assistant.prompts import AS_JSON, AS_LINES, ASKED, EVIDENCE_CLOSES, EVIDENCE_OPENS, EXAMPLES, RULES
from assistant.question import Query
from store.sentences import sentences
from store.tokens import count_tokens
from store.types import Passage

MOST_CLAIMS = 5
_CONTROL = re.compile(r"\[(/?[A-Z_]{2,20})\]")
"""What some models' templates mean by `[INST]`."""
_LEAST_TOKENS = 20
"""With less room a passage is left out."""


def messages(query: Query, evidence: Sequence[Passage], budget: int, *, as_json: bool) -> list[Message]:
    """`budget` in tokens of o200k_base, for all messages; what does not fit of the evidence is cut by sentences."""
    fixed = _fixed(_language_name(query.language), as_json)
    room = budget - sum(count_tokens(message.text) for message in fixed) - count_tokens(query.text)
    pieces = [(passage.statement.header.line(), text) for passage, text in _cut(evidence, room)]
    return [*fixed, Message("user", _asked(query.text, pieces))]


@lru_cache(maxsize=32)
def _fixed(language: str, as_json: bool) -> tuple[Message, ...]:
    rules = RULES.format(claims=MOST_CLAIMS, language=language) + (AS_JSON if as_json else AS_LINES)
    made = [Message("system", rules)]
    for question, pieces, claims in EXAMPLES:
        made.append(Message("user", _asked(question, pieces)))
        made.append(Message("assistant", _answered(claims, as_json)))
    return tuple(made)


def _answered(claims: Sequence[tuple[str, str, str]], as_json: bool) -> str:
    if as_json:
        rows = [{"evidence": number, "quote": quote, "claim": sentence} for number, quote, sentence in claims]
        return json.dumps({"claims": rows}, ensure_ascii=False)
    return "\n".join(f"EVIDENCE: {n}\nQUOTE: {quote}\nCLAIM: {sentence}" for n, quote, sentence in claims) or "NONE"


def _asked(question: str, pieces: Sequence[tuple[str, str]]) -> str:
    parts = [
        f"{EVIDENCE_OPENS}\nE{number} · {harmless(head)}\n{harmless(text)}\n{EVIDENCE_CLOSES}"
        for number, (head, text) in enumerate(pieces, 1)
    ]
    return "\n".join([*parts, ASKED.format(question=harmless(question))])


def harmless(text: str) -> str:
    """On one line, and without any sign that could end the evidence or be read as a mark of a model's template."""
    text = _CONTROL.sub(r"(\1)", " ".join(text.split()))
    return text.replace("<", "‹").replace(">", "›")


def _cut(evidence: Sequence[Passage], room: int) -> list[tuple[Passage, str]]:
    """The passages in their order, each with as many whole sentences as its share of the room holds."""
    kept = []
    for at, passage in enumerate(evidence):
        share = room // (len(evidence) - at) - count_tokens(passage.statement.header.line()) - _LEAST_TOKENS
        text = _sentences_within(passage, share)
        room -= count_tokens(text) + count_tokens(passage.statement.header.line()) + _LEAST_TOKENS
        kept.append((passage, text))
    return kept


def _sentences_within(passage: Passage, tokens: int) -> str:
    """Of a long paragraph from the piece that was found; never a piece of a sentence."""
    text = passage.paragraph.text
    if count_tokens(text) <= tokens:
        return text
    first = (passage.focus or (0, 0))[0]
    chosen = []
    for start, end in sentences(text, passage.statement.header.language):
        if end <= first:
            continue
        tokens -= count_tokens(text[start:end]) + 1
        if tokens < 0:
            break
        chosen.append(text[start:end])
    return " ".join(chosen)


def _language_name(language: str) -> str:
    from babel import Locale

    return str(Locale("en").languages.get(language, language))
