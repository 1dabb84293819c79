"""What a question asks for and the evidence does not hold: the likeliest sign of a passage that only looks right.

On near misses (the right speaker, meeting and subject, only the figure, the year or the name is not in the record)
scores of relevance say little; these tests each look for one thing that an answer must account for. Each is rarely
wrong, so their weights are set, not fitted: 1 for what is missing altogether, a half for what may be a paraphrase.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process

from assistant.demands import asked_quantity, asks_money, holds_money, holds_quantity, voices, words_of
from assistant.names import FORUMS, mentions
from assistant.premises import unfounded
from assistant.question import Query
from assistant.retriever import readable
from assistant.speaker_index import overlaps
from assistant.speakers import keys_of
from store.columns import fold
from store.sentences import sentences
from store.types import Passage

Kind = Literal["name", "state", "quantity", "period", "voice", "premise"]
Read = Callable[[int], str]
"""The whole text of a statement by its id."""

LOOKED_AT = 3
"""Passages in whose statements a name is looked for."""
MOST_OF_A_MEETING = 10
"""Further passages of the best one's meeting in whose statements it is looked for too."""
SPELT_ALIKE = 82
"""Similarity, of 100, from which two spellings are one name."""
STEM = 5
"""Two words of one language that begin with so many equal letters count as the same word."""
SHORTEST_ACRONYM = 3
PREMISE_WEIGHT = 2.0
"""Whatever the scores say: `why did Tarvenia veto …` is near to all that Tarvenia says of the same matter."""
_SEATS = frozenset(
    word
    for line in (
        "new york geneva geneve genf ginevra ginebra женева женеве женеві",
        "vienna vienne wien viena вена вене відень відні",
    )
    for word in line.split()
)
"""Where the meetings are: a question names the place, a statement made there seldom does."""
_SAME = (frozenset(("isis", "isil", "daesh", "daech", "daish", "ігіл", "игил")),)
"""Names of one thing that no rule leads from one to the other."""
_SMALL = frozenset(
    word for line in ("of the and in for on to de la des et du del", "und der die y") for word in line.split()
)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Unmet:
    """One thing that the question asks for and the evidence does not hold."""

    kind: Kind
    what: str
    """In the question's words."""
    weight: float = 1.0


def unmet(query: Query, passages: Sequence[Passage], evidence: Sequence[Passage], read: Read) -> list[Unmet]:
    """All that is missing. `passages` are all that were found, best first, `evidence` those that may be quoted."""
    return [
        *[Unmet("name", name) for name in missing(query, passages, read)[:1]],
        *_states(query, passages[0], read),
        *_quantity(query, evidence),
        *_period(query, evidence),
        *_voice(query, evidence),
        *_premise(query, evidence),
    ]


def missing(query: Query, passages: Sequence[Passage], read: Read) -> list[str]:
    """Names of the question that stand nowhere near, in any script, slight misspelling or written out.

    Looked for in the statements of the best passages and in what was found of the same document: of a meeting, one
    speaker calls by its name what the next one takes for known.
    """
    names = [name for name in query.names if fold(name) not in _SEATS]
    if not names:
        return []
    best = passages[:LOOKED_AT]
    near = [f"{p.statement.header.line()}\n{readable(p)}" for p in best]
    if not (gone := _absent(names, near)):
        return []
    code = best[0].statement.header.code
    meeting = [p for p in passages[LOOKED_AT:] if p.statement.header.code == code][:MOST_OF_A_MEETING]
    return _absent(gone, [*near, *(read(number) for number in {p.statement.id: p for p in (*best, *meeting)})])


def _absent(names: Iterable[str], texts: Sequence[str]) -> list[str]:
    words = {word for text in texts for word in words_of(text.replace("-", ""))}  # `MH-17` and `MH17` are one
    return [name for name in names if not _stands(name, words) and not any(_written_out(name, text) for text in texts)]


def _stands(name: str, words: set[str]) -> bool:
    wanted = fold(name).replace("-", "")
    stem = wanted[: max(STEM - 1, len(wanted) - 2)]
    if any(word.startswith(stem) for word in words):
        return True
    if any(wanted in same and not same.isdisjoint(words) for same in _SAME):
        return True
    if len(wanted) >= STEM and process.extractOne(wanted, words, scorer=fuzz.ratio, score_cutoff=SPELT_ALIKE):
        return True
    keys = set(keys_of(fold(name)))
    return not name.isascii() and any(keys.intersection(keys_of(word)) for word in words)


def _written_out(name: str, text: str) -> bool:
    """Whether an acronym's letters begin words that follow each other, small ones counted or not."""
    letters = name.casefold()
    if not name.isupper() or not name.isalpha() or len(name) < SHORTEST_ACRONYM:
        return False
    words = [word.casefold() for word in _WORD.findall(text)]
    return letters in "".join(word[0] for word in words) or letters in "".join(
        word[0] for word in words if word not in _SMALL
    )


def _states(query: Query, best: Passage, read: Read) -> Iterator[Unmet]:
    """States and organizations that the best statement never mentions, by any of their names; together one thing."""
    asked = {mention.entity: mention.alias for mention in query.spoken.mentions if mention.entity not in FORUMS}
    gone = asked.keys() - {mention.entity for mention in mentions(readable(best))} if asked else set()
    if gone:
        gone -= {mention.entity for mention in mentions(read(best.statement.id))}
    for entity in sorted(gone):
        yield Unmet("state", asked[entity], 1 / len(asked))


def _quantity(query: Query, evidence: Sequence[Passage]) -> Iterator[Unmet]:
    """A number, where one is asked for, among the passages that agree best with whom and when the question names."""
    unit = asked_quantity(query.own, query.language)
    if unit is None:
        return
    kinds = [query.named[kind] for kind in ("speaker", "delegation", "period", "code") if kind in query.named]
    agree = [sum(p.statement.id in ids for ids in kinds) for p in evidence]
    meant = [p for p, agreed in zip(evidence, agree, strict=True) if agreed == max(agree)]
    holds = holds_money if asks_money(query.own) else holds_quantity
    if not any(holds(text) for p in meant for text in _sentences(p)):
        yield Unmet("quantity", " ".join(unit))


def _sentences(passage: Passage) -> Iterator[str]:
    text = passage.paragraph.text
    for start, end in sentences(text, passage.statement.header.language):
        yield text[start:end]


def _period(query: Query, evidence: Sequence[Passage]) -> Iterator[Unmet]:
    """A year that is neither the statement's nor stands in its words."""
    for one in query.spoken.found:
        if one.kind != "period":
            continue
        first, last = (day[:4] for day in one.value.split("/"))
        if first != last or any(p.statement.id in one.statement_ids or _dated(p, first) for p in evidence):
            continue
        yield Unmet("period", query.own[one.start : one.end])
        return


def _dated(passage: Passage, year: str) -> bool:
    header = passage.statement.header
    if any(day and day.startswith(year) for day in (header.issued, header.event_from, header.event_to)):
        return True
    text = f"{passage.paragraph.text} {passage.paragraph.heading} {header.title}"
    return re.search(rf"(?<!\d){year}(?!\d)", text) is not None


def _voice(query: Query, evidence: Sequence[Passage]) -> Iterator[Unmet]:
    """Whose words the question wants: the best passage's speaker, or with half the weight another one's."""
    spans = [span for span in voices(query.own, query.language) if not _unknown_acronym(query, span)]
    if not spans:
        return
    spoke = [_speaks(query, start, end, evidence) for start, end in spans]
    who = query.own[slice(*spans[0])]
    if not any(map(any, spoke)):
        yield Unmet("voice", who)
    elif not any(agrees[0] for agrees in spoke):
        yield Unmet("voice", who, 0.5)


def _premise(query: Query, evidence: Sequence[Passage]) -> Iterator[Unmet]:
    """A deed that the question takes for granted and the evidence does not name: an answer would affirm it."""
    if taken := unfounded(query.own, [readable(p) for p in evidence]):
        yield Unmet("premise", taken, PREMISE_WEIGHT)


def _unknown_acronym(query: Query, span: tuple[int, int]) -> bool:
    """`the SRSG` is an office that a header may name otherwise."""
    known = [(one.start, one.end) for one in query.spoken.found]
    known += [(one.start, one.end) for one in query.spoken.mentions]
    return query.own[span[0] : span[1]].replace(" ", "").isupper() and not overlaps(*span, known)


def _speaks(query: Query, start: int, end: int, evidence: Sequence[Passage]) -> list[bool]:
    """For each passage of the evidence: whether it is a statement of whoever is named there."""
    found = [
        one
        for one in query.spoken.found
        if one.kind in ("speaker", "delegation", "topic", "forum") and one.start < end and start < one.end
    ]
    if found or any(mention.start < end and start < mention.end for mention in query.spoken.mentions):
        ids = frozenset[int]().union(*(one.statement_ids for one in found))
        if any(one.kind == "speaker" for one in found):
            ids |= query.named.get("home", frozenset())
        return [p.statement.id in ids for p in evidence]
    name = [word for word in words_of(query.own[start:end]) if len(word) >= SHORTEST_ACRONYM]
    return [any(word in fold(p.statement.header.line()) for word in name) for p in evidence]
