"""A quote that begins with a pronoun takes in the sentence that says whom it means."""

from __future__ import annotations

import pytest

from assistant.citations import Quote
from assistant.referents import with_referent
from store.types import Header, Paragraph, Passage, StoredStatement


def quoted(text: str, wanted: str, language: str = "en") -> str:
    passage = Passage(StoredStatement(1, Header("CC.DEL/1/19", language), "a.txt", 1), Paragraph(1, text))
    start = text.index(wanted)
    return with_referent(Quote(passage, start, start + len(wanted))).text


@pytest.mark.parametrize(
    ("language", "before", "sentence"),
    [
        ("en", "Tarvenia closed the bridge.", "They refused every inspection."),
        ("en", "Tarvenia closed the bridge.", "This was a breach."),
        ("fr", "La Tarvénie a fermé le pont.", "Cela viole notre accord."),
        ("de", "Die Delegation schloss die Brücke.", "Sie verweigerte jede Prüfung."),
        ("it", "La Tarvenia ha chiuso il ponte.", "Ciò viola il nostro accordo."),
        ("es", "Tarvenia cerró el puente.", "Ellos rechazaron toda inspección."),
        ("ru", "Тарвения закрыла мост.", "Она отвергла все проверки."),
        ("uk", "Тарвенія закрила міст.", "Вона відкинула всі перевірки."),
    ],
)
def test_the_sentence_before_comes_with_it(language: str, before: str, sentence: str) -> None:
    text = f"Nobody asked why. {before} {sentence} Nothing more is known."
    assert quoted(text, sentence, language) == f"{before} {sentence}"


def test_a_pronoun_before_a_pronoun_is_followed_once_more_and_no_further() -> None:
    text = "Lestrin came. Tarvenia closed it. They stayed. They left. They returned."
    assert quoted(text, "They left.") == "Tarvenia closed it. They stayed. They left."
    assert quoted(text, "They returned.") == "They stayed. They left. They returned."


@pytest.mark.parametrize(
    "sentence",
    ["It is time to act.", "We refused.", "I propose a bridge.", "These bridges are old.", "Theirs is lost."],
)
def test_what_names_what_it_means_stays_as_it_is(sentence: str) -> None:
    assert quoted(f"Tarvenia came. {sentence}", sentence) == sentence


def test_a_paragraph_that_begins_so_stays_as_it_is() -> None:
    assert quoted("They refused. We did not.", "They refused.") == "They refused."
