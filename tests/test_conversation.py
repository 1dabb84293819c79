"""Conversations: the newest turns are read, within bounds."""

from __future__ import annotations

from assistant.answer import Turn
from assistant.conversation import trim
from store.tokens import count_tokens


def test_trim_keeps_the_newest_turns_that_fit() -> None:
    history: list[Turn] = [("user", "an old question " * 20), ("assistant", "short"), ("user", "newest")]
    budget = count_tokens("short") + count_tokens("newest")

    assert trim(history, budget) == (("assistant", "short"), ("user", "newest"))
    assert trim(history, budget - 1) == (("user", "newest"),)
    assert trim(history, 0) == ()
    assert trim(history, 10_000) == tuple(history)
