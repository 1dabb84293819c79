"""States and organizations: which of them a text names, in the house's languages, by any of their names.

Names come from CLDR (through Babel) and from `data/aliases.csv`, which adds what CLDR lacks. Its columns are
`entity, kind, language, alias`; besides the kinds of `Kind` it has `other` (a phrase that holds a name but means
something else: `Paris Agreement`), `word` (a form that is an ordinary word too, so a name only with a capital) and
`drop` (a CLDR name that misleads more often than it helps). Russian and Ukrainian adjectives stand as stems.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, cast

from assistant.inflection import adjective_forms, demonym_forms, name_forms

Kind = Literal["name", "abbreviation", "adjective", "demonym", "capital"]

LANGUAGES = ("en", "fr", "de", "it", "ru", "es", "uk")
FORUMS = frozenset({"UN", "UNSC", "UNGA", "OSCE"})
"""Organizations that are named as a place of debate far more often than as a speaker."""

_NO_STATES = (
    "AC AI AQ AS AW AX BL BM BQ BV CC CK CP CQ CW CX DG EA EH EU EZ FK FO GF GG GI GL GP GS GU HK HM IC IM IO JE KY MF "
    "MO MP MQ MS NC NF NU PF PM PN PR QO RE SH SJ SX TA TC TF TK UM UN VG VI WF YT XA XB ZZ"
)
"""CLDR territories that don't speak for themselves in the record."""
_TOKEN = re.compile(r"(?<!\w)(?:[^\W\d_]\.){2,}(?!\w)|[^\W_ʼ]+")
_ACCENTS = re.compile(r"[\u0300-\u036f]+")
_GAP = re.compile(r"[\s\-–—'’ʼ`(),&/]{1,3}$|\.\s?$")
_LANGUAGE_WORD = frozenset(("in", "into", "en", "auf", "на", "по"))
_PLACE_WORD = frozenset(("in", "at", "near", "outside", "a", "en", "bei", "в", "во", "у"))
_POSSESSIVE = re.compile(r"['’]s(?!\w)")
_SPEAKS = re.compile(
    r"delega|delegu|délég|delegac|делегац|mission|misión|missione|vertretung|представ|government|embassy", re.I
)
_LANGUAGE_NOTE = re.compile(r"^\W*spoke in\b", re.IGNORECASE)
_ACCREDITED = re.compile(r"\b(?:to the|auprès d|bei der|presso|ante la|при)\b.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A State or organization named in a text."""

    entity: str
    """ISO 3166 alpha-2 of a State (`SU`, `YU`, `CS`, `DD` for those that are no more), `EU`, `OSCE`, `CSTO` …"""
    start: int
    end: int
    alias: str
    """The entry of the table that matched."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Alias:
    lemmas: tuple[str, ...]
    entity: str
    kind: str
    text: str

    @property
    def rank(self) -> tuple[int, bool, str]:
        """Longest first; a name before a people's adjective of the same form (`China`, Spanish `chino`)."""
        return -len(self.lemmas), self.kind in ("adjective", "demonym"), self.entity


@dataclass(slots=True)
class _Table:
    """Word forms lead to lemmas, the first lemma of an alias to the aliases that begin with it, longest first."""

    lemmas: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: dict[str, list[_Alias]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    entered: set[tuple[tuple[str, ...], bool]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    folded: str
    start: int
    end: int


def mentions(text: str) -> tuple[Mention, ...]:
    """The States and organizations that a text names, in reading order, longest names first where they overlap."""
    return tuple(_find(text, shouted=text.isupper()))


@lru_cache(maxsize=4096)
def entities_of(delegation: str) -> tuple[str, ...]:
    """Who speaks, by the delegation line of a header; the organization spoken for comes first.

    >>> entities_of("Germany-European Union")
    ('EU', 'DE')
    """
    if _LANGUAGE_NOTE.match(delegation):
        return ()
    found: list[str] = []
    for part in re.split(r"[;\n]", delegation):
        part = _ACCREDITED.sub("", re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", " ", part))
        adjectives = bool(_SPEAKS.search(part))
        named = [m.entity for m in _find(part, shouted=False) if adjectives or m.kind in ("name", "abbreviation")]
        found += sorted(named, key=lambda entity: entity not in organizations())
    return tuple(dict.fromkeys(found))


@cache
def organizations() -> frozenset[str]:
    """Entities of the table that are no States."""
    return frozenset(entity for entity, *_ in _rows() if len(entity) > 2 or entity in ("EU", "UN"))


def _find(text: str, *, shouted: bool) -> Iterator[Mention]:
    """The mentions of a text; one that is `shouted` has only capitals, so that they tell nothing."""
    table = _table()
    tokens = [_Token(m[0], fold(m[0].replace(".", "")), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    murmured = text.islower()
    place = 0
    while place < len(tokens):
        alias = _longest(table, text, tokens, place, shouted=shouted, murmured=murmured)
        if alias is None:
            place += 1
            continue
        first, last = tokens[place], tokens[place + len(alias.lemmas) - 1]
        before = tokens[place - 1].folded if place else ""
        place += len(alias.lemmas)
        if alias.kind == "other" or _beside_the_point(alias.kind, before, text[last.end :]):
            continue
        yield Mention(alias.entity, first.start, last.end, alias.text, cast(Kind, alias.kind))


def _longest(
    table: _Table, text: str, tokens: list[_Token], place: int, *, shouted: bool, murmured: bool
) -> _Alias | None:
    """The longest alias that begins with this token."""
    candidates = [a for lemma in table.lemmas.get(tokens[place].folded, ()) for a in table.aliases.get(lemma, ())]
    for alias in sorted(candidates, key=lambda alias: alias.rank):
        run = tokens[place : place + len(alias.lemmas)]
        if (
            len(run) == len(alias.lemmas)
            and all(lemma in table.lemmas.get(t.folded, ()) for lemma, t in zip(alias.lemmas, run, strict=True))
            and all(_GAP.match(text[a.end : b.start]) for a, b in pairwise(run))
            and _cased(alias, run, table.words, shouted=shouted, murmured=murmured)
        ):
            return alias
    return None


def _cased(alias: _Alias, run: list[_Token], words: set[str], *, shouted: bool, murmured: bool) -> bool:
    """Abbreviations stand in capitals or with dots; ordinary words are names only with a capital.

    In a text without any capital an ordinary Latin word is taken for the name: who types `what did china say` means it.
    """
    if alias.kind == "abbreviation":
        return all(t.text.isupper() or "." in t.text or t.text in alias.text for t in run) and not (
            shouted and run[0].folded in words
        )
    return all(t.text[0].isupper() or t.folded not in words or (murmured and t.text.isascii()) for t in run)


def _beside_the_point(kind: str, before: str, rest: str) -> bool:
    """`answer in Russian` names a language, `in Vienna` a place; `in Vienna's view` a government."""
    if kind == "adjective":
        return before in _LANGUAGE_WORD and not re.match(r"\s+\w", rest)
    return kind == "capital" and before in _PLACE_WORD and not _POSSESSIVE.match(rest)


@lru_cache(maxsize=1 << 14)
def fold(word: str) -> str:
    """Small letters without accents."""
    word = word.casefold()
    if word.isascii():
        return word
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", word))


@cache
def _rows() -> tuple[tuple[str, str, str, str], ...]:
    """Entity, kind, language and alias of every line of the table."""
    table = files("assistant").joinpath("data/aliases.csv").read_text(encoding="utf-8")
    lines = csv.reader(table.splitlines())
    next(lines)
    return tuple((entity, kind, language, alias) for entity, kind, language, alias in lines)


def _territories() -> Iterator[tuple[str, str, str]]:
    """Entity, language and CLDR name of every State."""
    from babel import Locale

    others = frozenset(_NO_STATES.split())
    for language in LANGUAGES:
        for entity, name in Locale(language).territories.items():
            if len(entity) == 2 and entity.isalpha() and entity not in others:
                yield entity, language, re.sub(r"\s*\(.*?\)", "", name).replace(" & ", " and ")


@cache
def _table() -> _Table:
    table, dropped = _Table(), set[tuple[str, str]]()
    for entity, kind, language, alias in _rows():
        if kind == "word":
            table.words.add(fold(alias))
        elif kind == "drop":
            dropped.add((language, alias))
        else:
            _enter(table, entity, kind, language, alias)
    for entity, language, alias in _territories():
        if (language, alias) not in dropped:
            kind = "abbreviation" if alias.isupper() else "name"
            _enter(table, entity, kind, language, alias)
    return table


def _enter(table: _Table, entity: str, kind: str, language: str, alias: str) -> None:
    tokens = [token.replace(".", "") for token in _TOKEN.findall(alias.casefold())]
    lemmas = tuple(map(fold, tokens))
    if (lemmas, kind == "abbreviation") not in table.entered:
        table.entered.add((lemmas, kind == "abbreviation"))
        table.aliases.setdefault(lemmas[0], []).append(_Alias(lemmas, entity, kind, alias))
    for place, (token, lemma) in enumerate(zip(tokens, lemmas, strict=True), 1):
        for form in _forms(token, kind, language, attributive=place < len(tokens)):
            known = table.lemmas.get(form, ())
            if lemma not in known:
                table.lemmas[form] = (*known, lemma)


@lru_cache(maxsize=1 << 14)
def _forms(token: str, kind: str, language: str, *, attributive: bool) -> tuple[str, ...]:
    """Folded forms of one word of an alias."""
    if kind == "abbreviation":
        forms = [token]
    elif kind == "adjective" and not attributive:
        forms = adjective_forms(token, language)
    elif kind == "demonym" and not attributive:
        forms = demonym_forms(token, language)
    else:
        forms = name_forms(token, language, attributive=attributive)
    return tuple(fold(" ".join(forms)).split())
