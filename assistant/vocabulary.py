"""What the store itself knows, to read questions by: its delegations, speakers, dates, forums and codes."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from assistant.named import Found, FoundKind, Ids, Named
from assistant.names import FORUMS, Mention, entities_of, fold, mentions
from assistant.periods import Period, periods
from assistant.speaker_index import SpeakerIndex, overlaps
from assistant.spoken_codes import codes_in
from store.codes import keys
from store.columns import first_day, last_day
from store.snapshot import Snapshot
from store.types import Header, StoredStatement

Key = TypeVar("Key")

_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]{2,})*")
_CODE_PART = re.compile(r"[^\W\d_]+|\d+")
_JOINED_CODE = re.compile(r"(?<!\w)(?=\w*\d)[^\W\d_]\w{4,}(?!\w)")
"""A code without a mark in it, such as a treaty's number in a collection."""
LEAST_CODE_PARTS, MOST_CODE_PARTS = 3, 7
LONGEST_BODY = 6
"""Letters in the first part of a code: `PC`, `CIO`, `ODIHR`."""
MOST_CHARACTERS = 500
_POSSESSIVE = re.compile(r"['’]s(?!\w)")
_ABOUT = re.compile(
    r"(?<!\w)(?:(?:in|inside|on|off|about|into|across|over|around|regarding|concerning|with|against|(?<!according )to|"
    r"sur|dans|en|au|aux|à|avec|contre|im|über|mit|gegen|su|sull|sulla|sul|sulle|nel|nella|nell|con|contro|"
    r"sobre|acerca de|contra|al|a los|a las|alla|alle|agli|в|во|на|о|об|по|с|против|про|у|щодо|з|із|проти)"
    r"(?:\s+(?:the|der|die|das|den|dem|la|le|les|el|los|las))?(?:\s+|['’])"
    r")$",
    re.IGNORECASE,
)
"""What stands before a State that a question is about, not one that it asks to hear: `on Ukraine`."""
_AFFAIR = re.compile(
    r"\s(?:war|crisis|conflict|debate|meeting|mission|relief|situation|file|dossier|talks|operations?|question|sanctions)\b"
)
"""What stands behind one: `the Iraq war`."""
_COUNCIL = re.compile(
    r"(?<!\w)(?:[Tt]he|[Ll]e|[Aa]u|[Dd]u|[Ee]l|[Ii]l|[Aa]l|[Dd]el|[Dd]er|[Ii]m|[Dd]es|[Dd]em|[Vv]or dem)\s+"
    r"(?:Council|Conseil|Consejo|Consiglio|Rate?s?)(?!\w|\s+(?:of|de|des|di|der|für)\s|\s+d['’])"
)
"""Some council, in a text that does not say which."""
_FORUM_OF_CODE = (
    (re.compile(r"S/"), "UNSC"),
    (re.compile(r"A/|UNGD/"), "UNGA"),
    (re.compile(r"(?:PC|FSC|MC|CIO|SEC|EEF|EF|HDIM|ODIHR|RC|SHDM|ASRC|CPC|RFM|PA)(?:\(\d+\))?\."), "OSCE"),
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Look-up tables over the statements of one snapshot."""

    delegations: Mapping[str, Ids]
    """By entity."""
    other_delegations: Mapping[tuple[str, ...], tuple[str, Ids]]
    """By folded words: delegations that are no State or organization of the table."""
    forums: Mapping[str, Ids]
    speakers: SpeakerIndex
    dates: Mapping[tuple[str, str], Ids]
    """By first and last day of the issue date or the event."""
    codes: Mapping[str, tuple[str, Ids]]
    """By look-up key, with and without revision."""

    @classmethod
    def of(cls, snapshot: Snapshot) -> Vocabulary:
        statements = list(snapshot.statements.values())
        delegations, others = _delegations(statements)
        return cls(
            delegations,
            others,
            _forums(statements),
            SpeakerIndex.of(statements),
            _dates(statements),
            _codes(statements),
        )

    def read(self, question: str, today: datetime.date | None = None) -> Named:
        """What the question names. `today` is what `last autumn` counts from."""
        named = mentions(question)
        codes = list(self._codes_in(question))
        spans = [(item.start, item.end) for item in codes]
        undated = [(start, end) for _, start, end in codes_in(question)]
        dated = [p for p in periods(question, today) if not overlaps(p.start, p.end, undated)]
        spans += [(p.start, p.end) for p in dated] + [(m.start, m.end) for m in named]
        speakers = self.speakers.find(question, spans)
        found = [*codes, *self._delegations_in(question, named), *speakers, *map(self._period, dated)]
        homes = self._homes(frozenset[int]().union(*(item.statement_ids for item in speakers)))
        return Named(tuple(sorted(found, key=lambda item: (item.start, item.kind))), named, homes)

    def _delegations_in(self, question: str, named: tuple[Mention, ...]) -> Iterator[Found]:
        for mention in named:
            kind: FoundKind = "delegation"
            if mention.entity in FORUMS:
                kind = "forum"
            elif _is_topic(mention, question):
                kind = "topic"
            ids = (self.forums if kind == "forum" else self.delegations).get(mention.entity)
            if ids:
                yield Found(kind, mention.entity, mention.start, mention.end, ids)
        councils = self.forums.get("UNSC", frozenset()) | self.forums.get("OSCE", frozenset())
        for match in _COUNCIL.finditer(question):
            if councils:
                yield Found("forum", "Council", match.start(), match.end(), councils)
        if not self.other_delegations:
            return
        words = [(fold(m[0]), m.start(), m.end()) for m in _WORD.finditer(question)]
        for name, (printed, ids) in self.other_delegations.items():
            for place in range(len(words) - len(name) + 1):
                run = words[place : place + len(name)]
                if tuple(word for word, *_ in run) == name and question[run[0][1]].isupper():
                    yield Found("delegation", printed, run[0][1], run[-1][2], ids)

    def _period(self, period: Period) -> Found:
        ids = [ids for days, ids in self.dates.items() if period.agrees(*days)]
        return Found("period", f"{period.first}/{period.last}", period.start, period.end, frozenset[int]().union(*ids))

    def _codes_in(self, question: str) -> Iterator[Found]:
        taken: list[tuple[int, int]] = []
        for text, start, end in codes_in(question):
            code, ids = self.codes.get(keys(text)[0], ("", frozenset[int]()))
            if code and not overlaps(start, end, taken):
                taken.append((start, end))
                yield Found("code", code, start, end, ids)
        for start, end in (
            *_runs(question),
            *((match.start(), match.end()) for match in _JOINED_CODE.finditer(question)),
        ):
            code, ids = self.codes.get(keys(question[start:end])[0], ("", frozenset[int]()))
            if code and not overlaps(start, end, taken):
                taken.append((start, end))
                yield Found("code", code, start, end, ids)

    def _homes(self, spoken: Ids) -> Ids:
        """All statements of the delegations that spoke some of these."""
        return frozenset[int]().union(*(ids for ids in self.delegations.values() if not ids.isdisjoint(spoken)))


def _runs(question: str) -> Iterator[tuple[int, int]]:
    """Runs of words and numbers, the longest first, that may be a code of the house typed in any spelling."""
    parts = [(match.start(), match.end(), match[0]) for match in _CODE_PART.finditer(question[:MOST_CHARACTERS])]
    for length in range(MOST_CODE_PARTS, LEAST_CODE_PARTS - 1, -1):
        for run in (parts[place : place + length] for place in range(len(parts) - length + 1)):
            words = [word for *_, word in run]
            if words[0].isalpha() and any(word.isdigit() for word in words) and len(words[0]) <= LONGEST_BODY:
                yield run[0][0], run[-1][1]


def _is_topic(mention: Mention, question: str) -> bool:
    """Whether the question is about this State rather than about what it said."""
    after = question[mention.end :]
    if mention.kind == "name" and _AFFAIR.match(after):
        return True
    return bool(_ABOUT.search(question[: mention.start])) and not _POSSESSIVE.match(after)


def _frozen(groups: Mapping[Key, set[int]]) -> dict[Key, Ids]:
    return {key: frozenset(ids) for key, ids in groups.items()}


def _delegations(
    statements: list[StoredStatement],
) -> tuple[dict[str, Ids], dict[tuple[str, ...], tuple[str, Ids]]]:
    by_line: dict[str, set[int]] = defaultdict(set)
    for statement in statements:
        if statement.header.delegation:
            by_line[statement.header.delegation].add(statement.id)
    known: dict[str, set[int]] = defaultdict(set)
    others: dict[tuple[str, ...], tuple[str, Ids]] = {}
    for line, ids in by_line.items():
        entities = entities_of(line)
        for entity in entities:
            known[entity] |= ids
        words = tuple(fold(word) for word in _WORD.findall(line))
        if not entities and words and line[0].isupper():
            others[words] = line, frozenset(ids)
    return _frozen(known), others


def _forums(statements: list[StoredStatement]) -> dict[str, Ids]:
    """Where each statement was made or issued, by its code and by who issued it."""
    forums: dict[str, set[int]] = defaultdict(set)
    for statement in statements:
        header = statement.header
        own = {forum for pattern, forum in _FORUM_OF_CODE if pattern.match(header.code)}
        own |= FORUMS.intersection(entities_of(header.delegation or ""))
        if own & {"UNSC", "UNGA"}:
            own.add("UN")
        for forum in own:
            forums[forum].add(statement.id)
    return _frozen(forums)


def _dates(statements: list[StoredStatement]) -> dict[tuple[str, str], Ids]:
    dates: dict[tuple[str, str], set[int]] = defaultdict(set)
    for statement in statements:
        for days in _days(statement.header):
            dates[days].add(statement.id)
    return _frozen(dates)


def _days(header: Header) -> Iterator[tuple[str, str]]:
    if header.issued:
        yield first_day(header.issued), last_day(header.issued)
    if header.event_from:
        yield first_day(header.event_from), last_day(header.event_to or header.event_from)


def _codes(statements: list[StoredStatement]) -> dict[str, tuple[str, Ids]]:
    codes: dict[str, tuple[str, set[int]]] = {}
    for statement in statements:
        for key in keys(statement.header.code):
            codes.setdefault(key, (statement.header.code, set()))[1].add(statement.id)
    return {key: (code, frozenset(ids)) for key, (code, ids) in codes.items()}
