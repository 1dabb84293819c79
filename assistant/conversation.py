"""Turns of a conversation: remembered for a while, trimmed to what a question needs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from assistant.answer import Turn

TURNS = 40
"""Turns kept of one conversation; no question reaches further back."""


class Conversations:
    """Recent turns by conversation id, in memory; the conversation unused for longest is forgotten first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._turns: OrderedDict[str, tuple[Turn, ...]] = OrderedDict()
        self._lock = Lock()

    def history(self, conversation_id: str) -> tuple[Turn, ...]:
        """Turns so far, oldest first; empty for a conversation that is new or forgotten."""
        with self._lock:
            if conversation_id not in self._turns:
                return ()
            self._turns.move_to_end(conversation_id)
            return self._turns[conversation_id]

    def add(self, conversation_id: str, question: str, answer: str) -> None:
        """Remember one exchange."""
        with self._lock:
            before = self._turns.pop(conversation_id, ())
            self._turns[conversation_id] = (*before, ("user", question), ("assistant", answer))[-TURNS:]
            while len(self._turns) > self._limit:
                self._turns.popitem(last=False)

    def __len__(self) -> int:
        return len(self._turns)


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
