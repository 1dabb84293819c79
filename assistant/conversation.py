"""Turns of a conversation, trimmed to what a question needs."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer import Turn


def trim(history: Sequence[Turn], budget_tokens: int) -> tuple[Turn, ...]:
    """The newest turns that fit into the budget, oldest first."""
    from store.tokens import count_tokens

    kept: list[Turn] = []
    for turn in reversed(history):
        budget_tokens -= count_tokens(turn[1])
        if budget_tokens < 0:
            break
        kept.append(turn)
    return tuple(reversed(kept))
