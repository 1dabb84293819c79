"""Does a sentence that a language model wrote say what its quote says? Strict: what can't be shown is not verified.

A sentence is verified when it is a whole sentence of the quoted paragraph, word for word and in its order, or such a
sentence without an opening or closing part that limits nothing, or either of these as said by the one who speaks in the
statement. Free are articles, typography, and how a number is spelt. That refuses most paraphrases; a reader is then
shown the quote itself, and no sentence whose words were put together anew is ever called verified.

Beside this, each number, date, name and negation is looked for in the quote on its own. These faults say what is wrong
with a sentence, and alone decide about one in another language than its quote, which is at best shown as unverified.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.answer import Support
from assistant.citations import Quote
from assistant.closed_words import (
    ACCORDING,
    AGREEMENT,
    ARTICLES,
    JOINS,
    LIMITS,
    MY_DELEGATION,
    NEGATIONS,
    OFFICES,
    PREPOSITIONS,
    SAID,
)
from assistant.names import entities_of, fold, mentions
from assistant.numerals import numbers
from assistant.periods import months_of, periods
from assistant.speakers import TITLES, keys_of, names_in
from store.language import detect_language
from store.sentences import sentences
from store.types import Header

FaultKind = Literal["markup", "length", "number", "date", "name", "negation", "language", "wording"]

LONGEST_CLAIM = 600
"""Characters; one sentence is shorter."""
LEAST_WORDS = 3
"""Words that a sentence must share with its quote."""
MOST_LEFT_OUT, MOST_BEHIND_PREPOSITION = 8, 6
"""Words of a part that may be left out."""
MOST_NAME_WORDS = 8

_MARKUP = re.compile(
    r"[<>`|{}\[\]\\*]|__|\w:/|(?<!\w)www\.|(?:javascript|mailto|data|file):\S|\w@\w|&#?\w+;|^\s*(?:#|[-+•]\s|\d+[.)]\s)",
    re.IGNORECASE,
)
_ELISION = r"(?:l|d|qu|n|s|j|c|m|t|un|dell|all|dall|nell|sull|jusqu|lorsqu|puisqu)'(?=[^\W\d_])|"
_WORD = r"(?:[^\W\d_]|\u00ad)+(?:['-](?:[^\W\d_]|\u00ad)+)*|\d[^\W_]*|[^\w\s]"
_WORDS = re.compile(_WORD)
_ELIDING = re.compile(_ELISION + _WORD, re.IGNORECASE)
_PLAIN = str.maketrans(dict.fromkeys("‘’‚‛ʼ`´′", "'") | dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("“”„‟«»‹›", '"'))
_STRICT_MARKS = frozenset("?;:%")
"""Marks that are compared as words are."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a sentence says and its quote does not."""

    kind: FaultKind
    what: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a sentence is worth beside its quote."""

    support: Support | None
    """`verified`; `unverified` for a sound sentence in another language than the quote; None: not to be shown."""
    quote: Quote
    """What carries it: the quote, or the one sentence of it that a verified sentence repeats."""
    faults: tuple[Fault, ...] = ()
    attributed: bool = False
    """The sentence itself says who speaks."""


@dataclass(frozen=True, slots=True)
class _Token:
    form: str
    """What is compared: small letters, a number's digits, a mark."""
    kind: Literal["word", "number", "mark"]
    start: int
    end: int
    name: bool
    """Written with a capital."""


def check(sentence: str, quote: Quote, language: str) -> Checked:
    """Compare a sentence with the quote that it is said to rest on. `language` is the one that the answer is to be in.

    `quote` holds whole sentences: what stands beside a piece of one can turn its meaning.
    """
    header = quote.passage.statement.header
    if form := _form_faults(sentence):
        return Checked(None, quote, form)
    if header.language != language:
        faults = _element_faults(sentence, quote, language)
        if detect_language(sentence) != language:
            faults = (*faults, Fault("language", f"not in {language}"))
        return Checked(None if faults else "unverified", quote, faults)
    held = _repeats(sentence, quote)
    if held is None:
        wording = Fault("wording", "its words or their order are not the quote's")
        return Checked(None, quote, (*_element_faults(sentence, quote, language), wording))
    faults = _element_faults(sentence, held.quote, language)
    return Checked(None if faults else "verified", held.quote, faults, held.attributed)


def negations(text: str, language: str) -> list[str]:
    """The words of a text that deny; those of every language where the language is not known."""
    patterns = [NEGATIONS[language]] if language in NEGATIONS else list(NEGATIONS.values())
    words = [token.form for token in _tokens(text, language)]
    return [word for word in words if any(pattern.fullmatch(word) for pattern in patterns)]


def _form_faults(sentence: str) -> tuple[Fault, ...]:
    """What no sentence of an answer may hold, whatever its quote says."""
    faults = []
    if markup := _MARKUP.search(sentence):
        faults.append(Fault("markup", markup[0]))
    if hidden := next((c for c in sentence if unicodedata.category(c)[0] == "C" and c != "\u00ad"), None):
        faults.append(Fault("markup", f"U+{ord(hidden):04X}"))
    if not 0 < len(sentence.strip()) <= LONGEST_CLAIM:
        faults.append(Fault("length", f"{len(sentence)} characters"))
    return tuple(faults)


def _element_faults(sentence: str, quote: Quote, language: str) -> tuple[Fault, ...]:
    """Numbers, dates, names and negation of the sentence that are not the quote's. The head's names are known."""
    header = quote.passage.statement.header
    said, text = sentence.translate(_PLAIN), quote.text.translate(_PLAIN)
    values = {number.value for number in numbers(text, header.language)}
    faults = [Fault("number", n.value) for n in numbers(said, language) if n.value not in values]
    dates = {(period.first, period.last) for period in periods(text)}
    faults += [Fault("date", said[p.start : p.end]) for p in periods(said) if (p.first, p.last) not in dates]
    months = set(_months(text))
    faults += [Fault("date", f"month {month}") for month in _months(said) if month not in months]
    faults += [Fault("name", name) for name in _strange_names(said, text, language, header)]
    if bool(negations(said, language)) != bool(negations(text, header.language)):
        faults.append(Fault("negation", "one side alone denies"))
    return tuple(faults)


def _months(text: str) -> Iterator[int]:
    """Months by name, with or without a year."""
    for word in re.findall(r"[^\W\d_]{3,12}", text):
        months = months_of(fold(word))
        if months and months[0] == months[1] and (word[0].isupper() or word != "may"):
            yield months[0]


def _strange_names(said: str, text: str, language: str, header: Header) -> Iterator[str]:
    """Names of the sentence that neither the quote nor the statement's own head has."""
    known = {mention.entity for mention in mentions(text)} | set(entities_of(header.delegation or ""))
    named = mentions(said)
    yield from (mention.alias for mention in named if mention.entity not in known)
    head = f"{header.speaker or ''} {header.delegation or ''}"
    keys = {key for word in re.findall(r"[^\W\d_]+", f"{text} {head}") for key in keys_of(word)}
    for at, match in enumerate(re.finditer(r"[^\W\d_]+", said)):
        word = match[0]
        as_name = word[1:] != word[1:].lower() or (word[0].isupper() and language != "de" and at > 0)
        if not as_name or fold(word) in TITLES or months_of(fold(word)) or not keys.isdisjoint(keys_of(word)):
            continue
        if not any(mention.start <= match.start() < mention.end for mention in named):
            yield word


@dataclass(frozen=True, slots=True)
class _Held:
    quote: Quote
    attributed: bool


def _repeats(sentence: str, quote: Quote) -> _Held | None:
    """The sentence of the quote whose words these are; None where there is none."""
    passage, header = quote.passage, quote.passage.statement.header
    text = passage.paragraph.text
    said = sentence.translate(_PLAIN)
    everything = _tokens(said, header.language)
    for start, end in sentences(text, header.language):
        if start < quote.start or end > quote.end:
            continue
        whole = _tokens(text[start:end].translate(_PLAIN), header.language)
        one = Quote(passage, start, end)
        if _same(everything, whole):
            return _Held(one, attributed=False)
        if _reported(text, start):
            continue
        if any(_same(_tokens(rest, header.language), whole) for rest in _said_by(said, header)):
            return _Held(one, attributed=True)
        if any(_same(mine, whole) for mine in _in_first_person(everything, whole, said, header)):
            return _Held(one, attributed=True)
    return None


def _reported(text: str, start: int) -> bool:
    """Whether a place lies inside quotation marks: somebody else's words."""
    before = text[: start + 1]
    opened = before.count("“") + before.count("„") + before.count("«")
    return opened > before.count("”") + before.count("»") or before.count('"') % 2 == 1


def _same(said: Sequence[_Token], whole: Sequence[_Token]) -> bool:
    """Whether the words are the whole sentence's, but for a part at either end that limits nothing."""
    forms, of = [token.form for token in said if _counts(token)], [token for token in whole if _counts(token)]
    if sum(form not in _STRICT_MARKS for form in forms) < LEAST_WORDS:
        return False
    for first in range(len(of) - len(forms) + 1):
        run = of[first : first + len(forms)]
        if [token.form for token in run] == forms:
            before = [token for token in whole if token.end <= run[0].start] if first else []
            after = [token for token in whole if token.start >= run[-1].end]
            if _may_go_before(before) and _may_go_behind(after):
                return True
    return False


def _counts(token: _Token) -> bool:
    return token.kind != "mark" or token.form in _STRICT_MARKS


def _may_go_before(tokens: Sequence[_Token]) -> bool:
    """`In the same year,` may go; `If asked,` and `France said,` may not."""
    words = [token for token in tokens if _counts(token)]
    if not words:
        return True
    return tokens[-1].form == "," and len(words) <= MOST_LEFT_OUT and _limits_nothing(words, first_of_sentence=True)


def _may_go_behind(tokens: Sequence[_Token]) -> bool:
    """`, as foreseen` or `at the seat of the Council` may go; `, France says` and `, if asked` may not."""
    words = [token for token in tokens if _counts(token)]
    if not words:
        return True
    if tokens[0].kind == "mark":
        return len(words) <= 3 * MOST_LEFT_OUT and _limits_nothing(words)
    return (
        any(pattern.fullmatch(words[0].form) for pattern in PREPOSITIONS.values())
        and len(words) <= MOST_BEHIND_PREPOSITION
        and not any(token.form in (",", "-") for token in tokens)
        and _limits_nothing([token for token in words if not token.name])
    )


def _limits_nothing(words: Sequence[_Token], *, first_of_sentence: bool = False) -> bool:
    """Whether words can be left out: no condition, no denial, no list, no question, nobody else's name."""
    for at, word in enumerate(words):
        if word.form == "?" or LIMITS.fullmatch(word.form) or JOINS.fullmatch(word.form):
            return False
        if any(pattern.fullmatch(word.form) for pattern in NEGATIONS.values()):
            return False
        if word.name and not (first_of_sentence and at == 0 and not mentions(word.form.title())):
            return False
    return True


def _said_by(said: str, header: Header) -> Iterator[str]:
    """What the sentence lets the statement's own speaker say; nothing where it names somebody else."""
    verb, according = SAID.get(header.language), ACCORDING.get(header.language)
    if verb is None or according is None:
        return
    for pattern in (
        rf"(?P<who>.{{2,120}}?),?\s+{verb}\s*[:,]?\s+(?P<rest>.+)",
        rf"{according}\s+(?P<who>[^,]{{2,120}}),\s+(?P<rest>.+)",
        r"(?P<who>[^:]{2,120}):\s+(?P<rest>.+)",
    ):
        match = re.fullmatch(pattern, said.strip(), re.IGNORECASE | re.DOTALL)
        if match and _is_speaker(match["who"], header):
            yield match["rest"]


def _in_first_person(
    said: Sequence[_Token], whole: Sequence[_Token], text: str, header: Header
) -> Iterator[list[_Token]]:
    """The sentence with its subject put as the speaker put it: `Lestrin proposes` -> `My delegation proposes`."""
    pattern = MY_DELEGATION.get(header.language)
    sentence = [token for token in whole if token.kind != "mark"]
    for length in (1, 2, 3):
        mine = " ".join(token.form for token in sentence[:length])
        if not pattern or not re.fullmatch(pattern, mine):
            continue
        for names in range(1, min(MOST_NAME_WORDS, len(said) - 1)):
            rest = list(said[names:])
            if not _is_speaker(text[: said[names - 1].end], header):
                continue
            yield [*sentence[:length], *rest]
            if header.language == "en" and mine == "i" and rest[0].kind == "word" and len(sentence) > length:
                expected = sentence[length].form
                if rest[0].form in (f"{expected}s", f"{expected}es") or AGREEMENT.get(rest[0].form) == expected:
                    yield [*sentence[:length], sentence[length], *rest[1:]]


def _is_speaker(who: str, header: Header) -> bool:
    """Whether these words name the speaker or the delegation of the statement, and nobody else."""
    named = mentions(who)
    speaks = entities_of(header.delegation or "")[:1]
    if any(mention.entity not in speaks for mention in named):
        return False
    head = re.findall(r"[^\W\d_]+", f"{header.speaker or ''} {header.delegation or ''}")
    keys = {key for word in head if fold(word) not in TITLES for key in keys_of(word)}
    surnames = {key for person in names_in(header.speaker or "") for name in person.surnames for key in keys_of(name)}
    surnames |= {key for word in re.findall(r"[^\W\d_]+", header.delegation or "") for key in keys_of(word)}
    told = bool(named)
    for match in re.finditer(r"\w+(?:'(?=\w))?", who):
        word = match[0].casefold()
        if any(mention.start <= match.start() < mention.end for mention in named):
            continue
        if OFFICES.fullmatch(word) or fold(word) in TITLES:
            continue
        if keys.isdisjoint(keys_of(word)):
            return False
        told = told or not surnames.isdisjoint(keys_of(word))
    return told


def _tokens(text: str, language: str) -> list[_Token]:
    """Words, numbers and marks of a text in plain typography; articles left out."""
    text = text.translate(_PLAIN)
    counted = numbers(text, language)
    found = [_Token(number.value, "number", number.start, number.end, name=False) for number in counted]
    articles = ARTICLES.get(language)
    for match in (_ELIDING if language in ("fr", "it") else _WORDS).finditer(text):
        if any(number.start < match.end() and match.start() < number.end for number in counted):
            continue
        form = unicodedata.normalize("NFC", match[0].replace("\u00ad", "")).casefold()
        if articles and articles.fullmatch(form):
            continue
        mark = not form[:1].isalnum()
        found.append(_Token(form, "mark" if mark else "word", match.start(), match.end(), match[0][0].isupper()))
    return sorted(found, key=lambda token: token.start)
