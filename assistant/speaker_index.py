"""The speakers of the store, found in a question by surname: exact, inflected, in another alphabet, or misspelt."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from assistant.named import Found, Ids
from assistant.names import fold
from assistant.speakers import LONG_NAME, TITLES, PersonName, keys_of, names_in
from store.types import StoredStatement

FUZZY_RATIO = 88
"""Least likeness, in percent, of a misspelt surname."""
SHORTEST_KEY = 3
SHORTEST_UNCAPITALISED = 5
"""Letters that a surname typed in small letters must have, in a text without any capital."""


_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]{2,})*")
_SENTENCE_START = re.compile(r"(?:^|(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)[.?!¿¡:;]|[\"“„«(]|\n)\s*$")
_ORDINARY = frozenset(
    word
    for line in (
        "all baker best bird black book brown bush can case chase church clay cook cross day fair field ford free",
        "french gates general grand grant gray great green hall hand hill hope house hunt judge justice key king",
        "lake law lee long lord love major march mark marshall mart may miller moon north own page park part pastor",
        "peace pope power price read rice rich rose seek sharp short singer small south stone store street strong",
        "summer sun swift tanner turk walker ward war waters well west white will winter wise wood worth young",
    )
    for word in line.split()
)
"""Surnames that are ordinary words too: not taken for a name where a sentence begins or nothing is capitalised."""


@dataclass(frozen=True, slots=True)
class _Person:
    """All statements of one speaker line."""

    name: PersonName
    ids: Ids


@dataclass(frozen=True, slots=True)
class SpeakerIndex:
    """Who speaks in the store."""

    persons: tuple[_Person, ...]
    surnames: Mapping[str, tuple[int, ...]]
    """Key of a surname -> places in `persons`."""
    spellings: Mapping[str, tuple[str, ...]]
    """By initial: the keys among those of `surnames` that a misspelt name may be compared with."""

    @classmethod
    def of(cls, statements: Iterable[StoredStatement]) -> SpeakerIndex:
        by_name: dict[PersonName, set[int]] = defaultdict(set)
        for statement in statements:
            for name in names_in(statement.header.speaker or ""):
                by_name[name].add(statement.id)
        persons = tuple(_Person(name, frozenset(ids)) for name, ids in by_name.items())
        lasts = {key for name in by_name for key in keys_of(name.surnames[-1]) if len(key) >= LONG_NAME - 1}
        spellings = {initial: tuple(group) for initial, group in groupby(sorted(lasts), lambda key: key[0])}
        return cls(persons, _surnames(persons), spellings)

    def find(self, question: str, spans: Sequence[tuple[int, int]]) -> list[Found]:
        """The speakers that a question names; a word within `spans` is one only behind a title or a given name."""
        murmured = not any(sign.isupper() for sign in question)
        words = list(_WORD.finditer(question))
        found: list[Found] = []
        for at, word in enumerate(words):
            text = word[0]
            if len(text) < SHORTEST_KEY or not (
                text[0].isupper() or (murmured and len(text) >= SHORTEST_UNCAPITALISED)
            ):
                continue
            before = words[at - 1][0] if at else ""
            first = murmured or bool(_SENTENCE_START.search(question[: word.start()]))
            if first and fold(text) in _ORDINARY:
                continue
            places = self._exactly(text)
            if not places and len(text) >= LONG_NAME and not murmured:
                places = self._loosely(text)
            if overlaps(word.start(), word.end(), spans) and fold(before) not in TITLES:
                places = tuple(place for place in places if self._given(place) & set(keys_of(before)))
            if chosen := self._narrowed(places, at, words):
                ids = frozenset[int]().union(*(self.persons[place].ids for place in chosen))
                found.append(Found("speaker", self._called(chosen[0], text), word.start(), word.end(), ids))
        return _merged(found)

    def _exactly(self, word: str) -> tuple[int, ...]:
        places = {place for key in keys_of(word) for place in self.surnames.get(key, ())}
        if not places and len(word) >= LONG_NAME and word.endswith("s"):
            places = {place for key in keys_of(word[:-1]) for place in self.surnames.get(key, ())}
        return tuple(sorted(places))

    def _loosely(self, word: str) -> tuple[int, ...]:
        """Speakers whose surname differs by a slip of the pen: of spelling, or of sound across alphabets."""
        key = keys_of(word)[0]
        near = self.spellings.get(key[:1], ())
        hit = process.extractOne(key, near, scorer=fuzz.ratio, score_cutoff=FUZZY_RATIO)
        name = hit[0] if hit else None
        if name is None and len(key) > LONG_NAME:
            name = next((spelling for spelling in near if OSA.distance(key, spelling, score_cutoff=1) <= 1), None)
        return self.surnames[name] if name else ()

    def _narrowed(self, places: tuple[int, ...], at: int, words: list[re.Match[str]]) -> tuple[int, ...]:
        """Those of several speakers whose other names stand beside the surname.

        None where the name goes on otherwise: `Wang Yi` is not `Wang Min`.
        """
        word, after = words[at][0], words[at + 1] if at + 1 < len(words) else None
        beside = {key for other in (*words[max(0, at - 2) : at], *words[at + 1 : at + 2]) for key in keys_of(other[0])}
        narrowed = tuple(place for place in places if beside & self._other_keys(place, word))
        if narrowed or not (after and after[0][0].isupper() and after.start() - words[at].end() == 1):
            return narrowed or places
        return tuple(place for place in places if keys_of(self.persons[place].name.surnames[-1])[0] in keys_of(word))

    def _given(self, place: int) -> set[str]:
        return {key for word in self.persons[place].name.given for key in keys_of(word)}

    def _other_keys(self, place: int, surname: str) -> set[str]:
        name = self.persons[place].name
        own = set(keys_of(surname))
        return {key for word in (*name.given, *name.surnames) for key in keys_of(word)} - own

    def _called(self, place: int, word: str) -> str:
        """The surname of a speaker that is meant by a word, folded."""
        surnames = self.persons[place].name.surnames
        wanted = set(keys_of(word))
        return fold(next((name for name in surnames if wanted & set(keys_of(name))), surnames[-1]))


def overlaps(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a span of text shares a sign with any of others."""
    return any(start < last and first < end for first, last in spans)


def _merged(found: list[Found]) -> list[Found]:
    """`Stagno Ugarte` is one speaker, named with two words."""
    result: list[Found] = []
    for item in sorted(found, key=lambda item: item.start):
        last = result[-1] if result else None
        if last and item.start - last.end <= 1 and not item.statement_ids.isdisjoint(last.statement_ids):
            both = item.statement_ids & last.statement_ids
            result[-1] = Found("speaker", item.value, last.start, item.end, both)
        else:
            result.append(item)
    return result


def _surnames(persons: Sequence[_Person]) -> dict[str, tuple[int, ...]]:
    """Places of the persons by each key of a word that they may be called by."""
    first_names = {fold(person.name.given[0]) for person in persons if person.name.given}
    surnames: dict[str, list[int]] = defaultdict(list)
    for place, person in enumerate(persons):
        *middle, last = person.name.surnames
        wanted = list(keys_of(last))
        for word in middle:
            if not person.name.given:
                wanted += keys_of(word)
            elif fold(word) not in first_names:
                wanted.append(keys_of(word)[0])
        for key in dict.fromkeys(wanted):
            if len(key) >= SHORTEST_KEY:
                surnames[key].append(place)
    return {key: tuple(places) for key, places in surnames.items()}
