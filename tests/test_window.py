"""The part of a paragraph that shares most with a question is what the reranker reads."""

from __future__ import annotations

from assistant.window import found_sentences, rarity, shared, window
from store.types import Header, Paragraph, Passage, StoredStatement

TEXT = (
    "The commission met in spring. It thanked the hosts for their patience. "
    "The ferry to Port Alder was stopped on 3 May. Nobody was hurt. The next meeting is in the autumn."
)


def passage(text: str = TEXT, focus: tuple[int, int] | None = None) -> Passage:
    return Passage(StoredStatement(1, Header("CC.DEL/1/19", "en"), "a.txt", 1), Paragraph(1, text), focus=focus)


def test_a_rare_word_is_worth_more() -> None:
    worth = rarity("When was the ferry of the commission stopped?", "en", [TEXT, "A commission."])
    assert worth["ferry"] > worth["commi"]
    assert "the" not in worth


def test_the_window_holds_the_sentence_that_shares_most() -> None:
    worth = rarity("When was the ferry stopped?", "en", [TEXT])
    start, end = window(passage(), worth, 10)
    assert TEXT[start:end] == "The ferry to Port Alder was stopped on 3 May."


def test_the_window_grows_to_so_many_words_in_whole_sentences() -> None:
    worth = rarity("When was the ferry stopped?", "en", [TEXT])
    start, end = window(passage(), worth, 14)
    assert TEXT[start:end] == "The ferry to Port Alder was stopped on 3 May. Nobody was hurt."
    assert window(passage(), worth, 1_000) == (0, len(TEXT))


def test_a_sentence_longer_than_the_window_is_read_whole() -> None:
    worth = rarity("ferry", "en", [TEXT])
    start, end = window(passage(), worth, 2)
    assert "Port Alder was stopped on 3 May." in TEXT[start:end]


def test_the_window_stays_in_the_piece_that_was_found() -> None:
    first = TEXT.index("Nobody")
    focus = first, len(TEXT)
    start, end = found_sentences(passage(focus=focus))[0]
    assert TEXT[start:end] == "Nobody was hurt."
    assert window(passage(focus=focus), rarity("ferry", "en", [TEXT]), 1_000)[0] == first


def test_nothing_to_read() -> None:
    assert window(passage(""), {}, 60) == (0, 0)
    assert rarity("", "en", []) == {}
    assert shared("", {"ferry": 1.0}) == 0
