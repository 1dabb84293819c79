"""What is said to the assistant and asks nothing of the statements: a greeting, thanks, a curse, no subject at all."""

from __future__ import annotations

from functools import cache

from assistant.demands import words_of
from assistant.prompts import HELP, VAGUE
from assistant.question import Query
from store.columns import fold
from store.language import LANGUAGES, stop_words

_POLITE = frozenset(
    fold(word)
    for line in (
        "hello hi hey good morning afternoon evening thanks thank much ok okay bye goodbye please help test testing",
        "welcome great nice cool perfect excellent sorry yes no name bot assistant robot",
        "bonjour bonsoir salut merci beaucoup bien bonne journée soirée aide aidez au revoir oui non",
        "hallo guten morgen tag abend danke dank schön schönen vielen hilfe tschüss auf wiedersehen bitte ja nein",
        "ciao buongiorno buonasera grazie mille aiuto prego sì no",
        "hola buenos buenas días tardes noches gracias muchas ayuda por favor adiós sí",
        "здравствуйте привет добрый день утро вечер спасибо большое помощь помоги пожалуйста да нет",
        "вітаю привіт добрий день ранок вечір дякую дуже допомога будь ласка так ні",
    )
    for word in line.split()
)
_RUDE = frozenset(
    fold(word)
    for line in (
        "stupid idiot idiotic dumb useless rubbish nonsense shit fuck fucking damn crap moron hate bad terrible",
        "idiot stupide nul merde inutile con débile dumm blöd scheiße scheisse idiotisch nutzlos unsinn",
        "stupido inutile merda idiota estúpido inútil mierda tonto тупой глупый дурак идиот бесполезный",
        "дурень ідіот тупий марний",
    )
    for word in line.split()
)
_ABOUT_ITSELF = frozenset(("do", "can", "work", "made", "make", "who", "what", "how", "you", "are"))
"""Beside such words, `you` means the assistant."""


def reply_to(query: Query) -> dict[str, str] | None:
    """What to answer instead of searching, by language; None for a question about something."""
    if query.named or query.filters.code or query.names or query.absent:
        return None
    words = words_of(query.own)
    content = [word for word in words if word not in _small_words()]
    told = _POLITE | _RUDE
    if not told.isdisjoint(words) and told.issuperset(content):
        return HELP
    if content:
        return None
    if "you" in words and _ABOUT_ITSELF.issuperset(words):
        return HELP
    return None if query.question else VAGUE


@cache
def _small_words() -> frozenset[str]:
    return frozenset(fold(word) for language in LANGUAGES for word in stop_words(language))
