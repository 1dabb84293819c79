"""The name that a speech of a verbatim record begins with, in the records of six languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.languages import is_spoken_remark, spoken_language
from ingest.pieces import join_lines
from ingest.reader import PAGE_BREAK, Line


@dataclass(frozen=True, slots=True)
class Turn:
    """The name before a speech of a verbatim record: `Mr. Churkin (Russian Federation) (spoke in Russian):`."""

    speaker: str
    delegation: str | None
    language: str | None
    """What he spoke in, where the record says so. `spoke in Chinese` is never a delegation."""
    end: int
    """Where his own words begin."""
    label: str = ""
    """The paragraph number that older records print before the name."""
    office: bool = False
    """Named by office alone: `The President`."""


@dataclass(frozen=True, slots=True)
class FoundTurn:
    """A speaker's name in lines."""

    turn: Turn
    line: int
    """Index of the line that it ends on."""
    letters: int
    """How much of that line is not the speaker's words."""


_PERSON = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Dame|Lord|Lady|Baron|Baroness|Crown\sPrince|Prince|Princess|King|Queen|Emir|Sheikha?|"
    r"Shaikha?|Archbishop|Bishop|Cardinal|Monsignor|Msgr|Reverend|Father|Sister|Rabbi|General|Lieutenant|Lt|Major|"
    r"Colonel|Captain|Admiral|Commander|Judge|Justice|Ambassador|President|Prime\sMinister|Minister|Chancellor|H\.\s?E|"
    r"M|Mme|Mlle|Sr|Sra|Srta|Sig|Sig\.ra|Signor|Signora|Dott|Herr|Frau|Hr|"
    r"[Гг]-н|[Гг]-жа|[Гг]осподин|[Гг]оспожа|[Пп]ан|[Пп]ані|Генерал|Архиепископ|Шейх|Принц|Король|Президент|Судья)"
)
_OFFICE = (
    r"The(?:\s+(?:Acting|Temporary|Deputy|Vice|Honorary|Under|Assistant|Special|High|Executive|First))*[\s-]+"
    r"(?:President|Vice-President|Chair(?:man|person|woman)?|Co-Chair\w*|Secretary(?:-General)?|Under-Secretary-General|"
    r"Moderator|Speaker|Director(?:-General)?|Commissioner|Prosecutor|Representative|Observer|Registrar|Rapporteur)"
    r"(?:\sof\sthe\s[A-Z][\w\s]{2,40})?"
    r"|L[ea]\s(?:Président(?:e)?|Secrétaire\sgénérale?|Vice-Président(?:e)?)(?:\s(?:par\sintérim|provisoire))?"
    r"|(?:El|La)\s(?:President[ea]|Vicepresident[ea]|Secretari[oa]\sGeneral)(?:\s(?:interin[oa]|provisional))?"
    r"|(?:Il|La)\s(?:Presidente|Vicepresidente|Segretari[oa]\s[Gg]enerale)"
    r"|(?:Der|Die)\s(?:[Aa]mtierende\s)?(?:Präsident(?:in)?|Vizepräsident(?:in)?|Vorsitzende|Generalsekretär(?:in)?)"
    r"|(?:Временный\s|Исполняющ(?:ий|ая)\sобязанности\s)?(?:Председател[ья]|Председательствующ(?:ий|ая))"
    r"|(?:Заместитель\s)?Генеральн(?:ый|ого)\s[Сс]екретар[ья]|Головуюч(?:ий|а)|Голова"
)
_TURN = re.compile(
    rf"^(?:(?P<label>\d{{1,3}}\.)\s+)?(?P<speaker>(?P<title>{_PERSON})\b\.?\s+(?P<name>[^:()\n]{{2,80}}?)|(?:{_OFFICE}))\s*"
    r"(?P<groups>(?:\((?:[^()\n]|\([^()\n]*\)){2,160}\)\s*){0,4}):(?=\s|$)\s*",
    re.IGNORECASE,
)
_MAY_BE_TURN = re.compile(rf"^(?:\d{{1,3}}\.\s+)?(?:{_PERSON}\b|{_OFFICE}|The\s)", re.IGNORECASE)
_NAME_LINES = 4
"""Lines over which a speaker's name, State and language may run."""
_PARTICLES = frozenset(
    re.findall(
        r"[\w-]+",
        "de da do dos das di du del della der den dem van von zu bin bint ibn ben al el la le les y e et ter af of d ",
    )
)
_ALSO_WORDS = frozenset(
    re.findall(
        r"[\w-]+",
        "general major justice minister father sister captain commander lord lady baron m ",
    )
)
"""Titles that begin a heading as well (`General Remarks:`): only the State behind the name makes them one."""
_ADDRESSED = frozenset(
    re.findall(
        r"[\w-]+",
        "president presidents chairman chairperson chair chairwoman speaker secretary-general secretary moderator "
        "minister ambassador chancellor general président présidente presidente presidenta präsident vorsitzender "
        "vorsitzende председатель секретарь assembly council committee debate delegates colleagues ",
    )
)


def turn(text: str) -> Turn | None:
    """The name that a speech begins with, or None. `Mr. President:` addresses someone and names no speaker."""
    match = _TURN.match(text)
    if match is None or not match["speaker"][0].isupper():
        return None
    if match["title"] and match["title"].casefold() in _ALSO_WORDS and not match["groups"]:
        return None
    name = (match["name"] or "").split()
    if len(name) > 9 or not (match["groups"] or all(_is_name(word) for word in name)):
        # Behind a State in brackets nothing but a name is left, whatever text recognition made of its capitals.
        return None
    if name and all(word.casefold().strip(".,") in _ADDRESSED | _PARTICLES for word in name):
        return None
    delegation = language = None
    for remark in re.findall(r"\(((?:[^()]|\([^()]*\))+)\)", match["groups"]):
        if is_spoken_remark(remark):
            language = language or spoken_language(remark)
        else:
            delegation = delegation or remark.strip()
    return Turn(match["speaker"].strip(), delegation, language, match.end(), match["label"] or "", not name)


def turn_at(lines: Sequence[Line], index: int) -> FoundTurn | None:
    """A speaker's name that begins at a line and may run over its end; None where there is none."""
    if index >= len(lines) or not _MAY_BE_TURN.match(lines[index].text):
        return None
    text = ""
    for last in range(index, min(index + _NAME_LINES, len(lines))):
        line = lines[last].text
        if not line or line == PAGE_BREAK:
            return None
        text = join_lines(text, line) if text else line
        if ":" in line:
            found = turn(text)
            return FoundTurn(found, last, max(0, found.end - (len(text) - len(line)))) if found else None
    return None


def _is_name(word: str) -> bool:
    return (
        word[0].isupper() or word.casefold().strip(".,") in _PARTICLES or bool(re.match(r"[a-z]{1,3}[-'’][A-Z]", word))
    )
