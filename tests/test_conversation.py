"""Conversations: the newest turns are kept, within bounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from assistant.answer import Turn
from assistant.conversation import TURNS, Conversations, trim
from store.tokens import count_tokens


def test_turns_come_back_in_order() -> None:
    conversations = Conversations(limit=2)
    conversations.add("a", "one?", "One.")
    conversations.add("a", "two?", "Two.")

    assert conversations.history("a") == (
        ("user", "one?"),
        ("assistant", "One."),
        ("user", "two?"),
        ("assistant", "Two."),
    )
    assert conversations.history("b") == ()


def test_the_conversation_unused_for_longest_is_forgotten_first() -> None:
    conversations = Conversations(limit=2)
    conversations.add("a", "?", ".")
    conversations.add("b", "?", ".")
    conversations.history("a")
    conversations.add("c", "?", ".")

    assert conversations.history("b") == ()
    assert conversations.history("a")
    assert len(conversations) == 2


def test_a_long_conversation_keeps_its_newest_turns() -> None:
    conversations = Conversations(limit=1)
    for number in range(TURNS):
        conversations.add("a", f"{number}?", f"{number}.")

    history = conversations.history("a")
    assert len(history) == TURNS
    assert history[-1] == ("assistant", f"{TURNS - 1}.")


def test_many_threads_lose_nothing() -> None:
    conversations = Conversations(limit=1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: conversations.add("a", f"{number}?", "."), range(TURNS // 2)))

    asked = [text for role, text in conversations.history("a") if role == "user"]
    assert sorted(asked) == sorted(f"{number}?" for number in range(TURNS // 2))


def test_trim_keeps_the_newest_turns_that_fit() -> None:
    history: list[Turn] = [("user", "an old question " * 20), ("assistant", "short"), ("user", "newest")]
    budget = count_tokens("short") + count_tokens("newest")

    assert trim(history, budget) == (("assistant", "short"), ("user", "newest"))
    assert trim(history, budget - 1) == (("user", "newest"),)
    assert trim(history, 0) == ()
    assert trim(history, 10_000) == tuple(history)
