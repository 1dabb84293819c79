"""A question that leans on the conversation: what it leaves open is carried over, what it replaces is not.

No language model: the last question that says what it is about gives the topic, the last turn that names somebody gives
whom `he` or `they` means, and a question that names somebody itself (`and the Danes?`) takes that place.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistant.answer import Turn
from assistant.named import Named
from assistant.vocabulary import Vocabulary
from store.columns import fold
from store.language import stop_words
from store.snapshot import Snapshot

FOLLOW_UP_WORDS = 12
"""A question with fewer words than this may lean on those before it."""
TOPIC_WORDS = 3
"""Content words from which a question says what it is about."""
WHO = ("speaker", "delegation", "home")
"""Kinds that answer one question, who: one of them named anew replaces the others."""

_PERSON: Mapping[str, str] = {
    "en": "he|she|him|his|hers?",
    "de": "er|ihm|ihn|sie|ihr(?:e[mnrs]?)?|sein(?:e[mnrs]?)?",
    "fr": "il|elle|lui",
    "es": "él|ella|suyo",
    "it": "lui|lei|egli|ella",
    "ru": "он|она|его|её|ему|ей|ним|ней",
    "uk": "він|вона|його|її|йому|їй|ним|ній",
}
"""By language, what means the speaker who was named last, or the delegation where no speaker was."""
_PEOPLE: Mapping[str, str] = {
    "en": "they|them|theirs?",
    "de": "ihnen",
    "fr": "ils|elles|leurs?|eux",
    "es": "ellos|ellas|suyos?",
    "it": "loro|essi",
    "ru": "они|их|им|ними",
    "uk": "вони|їх|їм|ними",
}
"""By language, what means whoever was named last."""
_ASKS_WHO = re.compile(
    r"^\W*(?:(?:and|but|et|mais|und|aber|e|ma|y|pero|а|и|но)\s+)?"
    r"(?:who|whose|which (?:\w+ )?(?:delegations?|countr\w+|states?|speakers?)|wer|wem"
    r"|welche[rs]? (?:delegation|land|staat)\w*|qui|quel(?:le)?s? (?:délégation|pays|état)\w*"
    r"|chi|qual[ei]? (?:delegazion|paes|stat)\w*"
    r"|quién(?:es)?|qué (?:delegaci|país)\w*|кто|кому|как\w+ (?:делегаци|стран|государств)\w*|хто)(?!\w)",
    re.IGNORECASE,
)
"""Asks for whoever it is: not for those that the conversation was about."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that can be searched alone."""

    text: str
    meant: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Statements of those whom its pronouns mean, by kind (`speaker`, `home`, `delegation`)."""
    carried: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """For each kind of thing that the conversation named and the question leaves open: the statements that agree."""


def standalone(
    question: str,
    named: Named,
    history: Sequence[Turn],
    language: str,
    snapshot: Snapshot,
    vocabulary: Vocabulary,
    today: datetime.date | None = None,
) -> Standalone:
    """The question with what it leans on; as it is where there is no conversation."""
    if not history:
        return Standalone(question)
    read = [(role, text, vocabulary.read(text, today)) for role, text in history]
    turns = [found for *_, found in read]
    settled = {kind for kind in named.statement_ids if kind != "topic"}
    if _ASKS_WHO.search(question) or settled & set(WHO):
        settled |= set(WHO)
    short = len(question.split()) < FOLLOW_UP_WORDS
    meant: dict[str, frozenset[int]] = {}
    if short and not settled & set(WHO):
        question, meant = _meant(question, read, language)
    closed = settled | set(WHO) if meant else settled
    carried = _carried(named.statement_ids | meant, closed, turns, snapshot)
    if not short:
        return Standalone(question, carried=carried)
    topic = _topic([(text, found) for role, text, found in read if role == "user"], settled, language)
    return Standalone(" ".join((*topic, question)), meant, carried)


def _meant(
    question: str, read: Sequence[tuple[str, str, Named]], language: str
) -> tuple[str, dict[str, frozenset[int]]]:
    """The question with whom its pronoun means behind it, and the statements of that speaker or delegation."""
    person = _pronoun(_PERSON, language, question)
    pronoun = person or _pronoun(_PEOPLE, language, question)
    if pronoun is None:
        return question, {}
    for kinds in (("speaker",), ("speaker", "delegation")) if person else (("speaker", "delegation"),):
        for _, text, turn in reversed(read):
            one = next((found for found in turn.found if found.kind in kinds), None)
            if one is not None:
                meant: dict[str, frozenset[int]] = {one.kind: one.statement_ids}
                if one.kind == "speaker" and turn.homes:
                    meant["home"] = turn.homes
                name = text[one.start : one.end]
                return f"{question[: pronoun.end()]} ({name}){question[pronoun.end() :]}", meant
    return question, {}


def _pronoun(words: Mapping[str, str], language: str, question: str) -> re.Match[str] | None:
    """The first of the language's own words: Italian `il` and German `her` are no pronouns, French and English are."""
    if language not in words:
        return None
    return re.search(rf"(?<!\w)(?:{words[language]})(?!\w)", question, re.IGNORECASE)


def _topic(asked: Sequence[tuple[str, Named]], replaced: set[str], language: str) -> list[str]:
    """The earlier questions back to the last one that says what it is about, without what is now replaced."""
    parts: list[str] = []
    words: set[str] = set()
    for text, found in reversed(asked):
        for one in sorted(found.found, key=lambda item: -item.start):
            if one.kind in replaced:
                text = f"{text[: one.start]}{text[one.end :]}"
        parts.insert(0, " ".join(text.split()))
        words |= {word for word in re.findall(r"\w{3,}", fold(text)) if word not in stop_words(language)}
        if len(words) >= TOPIC_WORDS:
            break
    return parts


def _carried(
    mine: Mapping[str, frozenset[int]], settled: set[str], turns: Sequence[Named], snapshot: Snapshot
) -> dict[str, frozenset[int]]:
    """What the conversation named last, of the kinds that the question leaves open."""
    carried: dict[str, frozenset[int]] = {}
    for turn in reversed(turns):
        for kind, ids in turn.statement_ids.items():
            if kind not in mine and kind not in settled:
                carried.setdefault(kind, ids)
    who = next((mine[kind] for kind in WHO if kind in mine), None)
    cited = carried.get("code")
    if who is not None and cited is not None and not cited & who:
        del carried["code"]  # another delegation's document: only its year says where to look
        if "period" not in mine:
            years = {(snapshot.statements[i].header.issued or "")[:4] for i in cited} - {""}
            same = {i for i, s in snapshot.statements.items() if (s.header.issued or "")[:4] in years}
            carried["period"] = frozenset(same)
    return carried
