"""What a question takes for granted: `Why did Tarvenia veto the text?` presupposes a veto.

Only of deeds that a record calls by their own name. Whether somebody supports or regrets something is said in a hundred
ways, so nothing follows from a word that is missing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.demands import words_of
from store.columns import fold

_ASKS_FOR_GROUND = re.compile(
    r"^\W*(?:(?:and|but|so|et|mais|und|aber|e|ma|y|pero|а|и|но|і|але)\s+)?"
    r"(?:why|when|how come|pourquoi|quand|warum|weshalb|wieso|wann|perché|quando|por qué|cuándo|почему|зачем|когда"
    r"|чому|навіщо|коли)(?!\w)",
    re.IGNORECASE,
)
_DEEDS = tuple(
    tuple(fold(stem) for stem in line.split())
    for line in (
        "veto вето",
        "invad invas envah einmarsch überfall überfiel вторг вторж",
        "annex annett annekt anexi anexó аннекс анекс",
        "ratif ratifizier ратиф",
        "resign démission zurückgetret rücktritt rücktret dimission dimett dimit отставк відставк",
        "expel expuls ausgewies ausweis espuls espell высла высыл висла видвор",
        "boycot boykott boicot бойкот",
        "bomb бомб",
        "murder assassin kill ermord tötet assassin asesin uccid ucci убий убил убит вбив",
        "seced secess secesi sezess отдел відокрем",
    )
)
"""Deeds by the beginnings of the words that name them, in all languages, folded."""


def presupposed(question: str) -> tuple[str, tuple[str, ...]] | None:
    """The word of the question that takes a deed for granted, and the beginnings of all words for it."""
    if not _ASKS_FOR_GROUND.search(question):
        return None
    for word in words_of(question):
        for stems in _DEEDS:
            if word.startswith(stems):
                return word, stems
    return None


def tells(text: str, stems: tuple[str, ...]) -> bool:
    """Whether a text names the deed."""
    return any(word.startswith(stems) for word in words_of(text))


def unfounded(question: str, texts: Iterable[str]) -> str | None:
    """The word of the question whose deed none of the texts names."""
    taken = presupposed(question)
    return taken[0] if taken and not any(tells(text, taken[1]) for text in texts) else None
