"""One file, several statements: annexes of a journal, decisions printed with it, the speeches of a verbatim record.

So that nobody is quoted with another's words, each part has its own lines. What nobody says stays with the document
itself, whose part is None: its own text before the first annex; of a record its front page, headings, procedural lines
(`The meeting was called to order …`, `The agenda was adopted.`), votes with their lists of States, and any paragraph
that follows one of these without a speaker's name. A bare paragraph right after a speech belongs to that speech, also
behind a line that says who took the Chair meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ingest.dates import find_dates
from ingest.forms import ends_sentence
from ingest.languages import language_code
from ingest.reader import PAGE_BREAK, Line
from ingest.turns import Turn, turn_at
from store.codes import base_code, code_key, find

_WORDS = {
    "Annex": "annexe?|beilage|anlage|annesso|anejo|anexo|приложение|додаток",
    "Attachment": r"attachment|anhang|pièce\s+complémentaire|allegato|documento\s+adjunto|дополнение",
    "Enclosure": r"enclosure|pièce\s+jointe",
    "Appendix": "appendix|appendice|apéndice",
}
"""What the languages of the house print for a part. Its name is English in each, so that translations are twins."""
_WORD = "|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items())
_NUMBER = r"(?:\s+(?P<number>\d{1,3}|[IVX]{1,5}|[A-H])(?=[\s.,:]|$))?"
_LABEL = re.compile(rf"(?<!\w)(?:{_WORD}){_NUMBER}(?:\s+(?:to|of|zu[rm]?|à|au|al|к))?(?!\w)", re.IGNORECASE)
_LETTER = re.compile(
    rf"^(?:{_WORD}){_NUMBER}\s+(?:to\s+the\s+(?:identical\s+)?(?:letters?|note)|(?:à\s+la|aux)\s+(?:lettres?|note)|"
    r"(?:de\s+la|a\s+la)\s+(?:carta|nota)|к\s+(?:письм\w+|ноте)|zu[mr]?\s+(?:schreiben|note)|alla\s+(?:lettera|nota))\b",
    re.IGNORECASE,
)
_PAGING = re.compile(r"(?i)\b[A-Z]{3,6}\d{1,6}\w{0,3}\b|\b(?:page|seite|pagina|página|страница)\b|\d{1,3}|[-–—*/]")
_HEADER_LINES = 5
_CAPTION_LINES = 6
_HEADINGS = 3
_PROCEDURE_LINES = 8
_CHAIR_LETTERS = 160
_ACTS = "|".join(
    (
        r"the\s+meeting\s+(?:was\s+(?:called\s+to\s+order|suspended|resumed|adjourned)|rose)",
        r"the\s+agenda\s+was\s+adopted|it\s+was\s+so\s+decided",
        r"a\s+(?:recorded\s+|roll-call\s+|separate\s+)*vote\s+was\s+(?:then\s+)?taken|a\s+vote\s+by\s+",
        r"(?:the\s+)?(?:draft\s+|oral\s+)?(?:resolution|decision|amendment|motion|proposal|(?:\w+\s+)?paragraph)s?\b[^.]{0,120}?"
        r"\s(?:was|were)\s+(?:not\s+)?(?:adopted|rejected|carried|retained|approved)\b",
        r"the\s+(?:members\s+of\s+the\s+)?(?:\w+\s+)?(?:council|assembly|committee|representatives)\s+observed\s+(?:a|one)\s*minute",
        r"at\s+the\s+invitation\s+of\s+the\s+(?:\w+\s+)?(?:president|chair)",
        r"(?:mr|mrs|ms|sir|dame|president|prime\s+minister|his|her|king|prince)\b[^:;]{3,160}?\s(?:took\s+(?:the\s+chair|a\s+(?:seat|place))|"
        r"(?:was|were)\s+escorted|returned\s+to\s+the\s+chair|in\s+the\s+chair|withdrew)\b",
        r"la\s+séance\s+(?:est|a\s+été)\s+(?:ouverte|levée|suspendue|reprise)|l[’']ordre\s+du\s+jour\s+est\s+adopté|"
        r"il\s+est\s+procédé\s+(?:au|à\s+un)\s+vote|il\s+en\s+est\s+ainsi\s+décidé|(?:sur|à)\s+l[’']invitation\s+d[ue]",
        r"se\s+(?:abre|levanta|suspende|reanuda)\s+la\s+sesión|queda\s+aprobado\s+el\s+orden\s+del\s+día|"
        r"se\s+procede\s+a\s+(?:la\s+|una\s+)?votación|así\s+queda\s+acordado|por\s+invitación\s+de",
        r"заседание\s+(?:открывается|открыто|закрывается|прерывается|возобновляется)|повестка\s+дня\s+утверждается|"
        r"проводится\s+(?:\w+\s+){0,5}голосование|решение\s+принимается|по\s+приглашению\s+председателя",
        r"die\s+sitzung\s+(?:wird|wurde)\s|die\s+tagesordnung\s+(?:wird|ist|wurde)\s+angenommen|es\s+wird\s+[^.]{0,30}abgestimmt",
        r"la\s+seduta\s+(?:è|inizia|termina|viene)\s|l[’']ordine\s+del\s+giorno\s+è\s|si\s+procede\s+alla\s+votazione",
    )
)
_CHAIR = re.compile(
    r"\b(?:(?:took|returned\s+to|in)\s+the\s+chair|assume\s+la\s+présidence|(?:ocupa|asume)\s+la\s+presidencia|"
    r"занимает\s+(?:место\s+председателя|председательское\s+место)|übernimmt\s+den\s+vorsitz|assume\s+la\s+presidenza)\.?$",
    re.IGNORECASE,
)
"""A change in the chair interrupts a speech in its middle; the speaker goes on and is not named again."""
_VOTES = (
    r"in\s+favour|against|abstaining|abstentions|absent|present\s+and\s+not\s+voting|votent\s+pour|votent\s+contre|"
    r"ont\s+voté\s+(?:pour|contre)|s[’']abstiennent|se\s+sont\s+abstenus|votos\s+a\s+favor|votos\s+en\s+contra|abstenciones|"
    r"голосовали\s+(?:за|против)|воздержались|dafür|dagegen|enthaltungen|favorevoli|contrari|astenuti"
)
_PROCEDURE = re.compile(rf"^(?:{_ACTS})|^(?:{_VOTES})\s?:|^\[[^\[\]]+\]$", re.IGNORECASE)
_VOTE = re.compile(rf"^(?:{_VOTES})\s?:", re.IGNORECASE)
_OPENED = re.compile(
    r"^(?:the\s+meeting\s+was\s+(?:called\s+to\s+order|resumed)|la\s+séance\s+est\s+(?:ouverte|reprise)|"
    r"se\s+(?:abre|reanuda)\s+la\s+sesión|заседание\s+(?:откры|возобн)|die\s+sitzung\s+wird\s+.*eröffnet|la\s+seduta\s+(?:è\s+aperta|inizia))",
    re.IGNORECASE,
)
_ADOPTION = re.compile(
    r"^(?:adoption\s+(?:of\s+the\s+agenda|de\s+l[’']ordre)|aprobación\s+del\s+orden|утверждение\s+повестки|annahme\s+der\s+tages|"
    r"approvazione\s+dell[’']ordine)",
    re.IGNORECASE,
)
_LEADER = re.compile(r"(?:\.\s?){4,}|…{2,}|_{4,}")


@dataclass(frozen=True, slots=True)
class Section:
    """The document itself (`part` None, `code` None), one of its annexes, or another document printed with it."""

    lines: tuple[Line, ...]
    part: str | None = None
    code: str | None = None
    """Its own, where that is not the document's."""
    caption: str | None = None
    """What is printed with the part's name: `Annex to the letter dated …`."""


@dataclass(frozen=True, slots=True)
class Speech:
    """One speaker's turn."""

    turn: Turn
    lines: tuple[Line, ...]
    title: str | None
    """The heading that it stands under: an item of the agenda."""


@dataclass(frozen=True, slots=True)
class Record:
    """A verbatim record, taken apart."""

    own: tuple[Line, ...]
    speeches: tuple[Speech, ...]


@dataclass(slots=True)
class _Open:
    """A section in the making."""

    key: tuple[str | None, str | None]
    """Code, where it is not the document's, and part."""
    caption: str | None = None
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _PageHead:
    """A block of lines that holds nothing but a code, a date, the name of a part, a language and page numbers."""

    code: str | None
    part: str | None
    dated: bool
    end: int


def sections(lines: Sequence[Line], code: str | None, body: int) -> list[Section]:
    """The document's own text and its annexes, by the page heads after line `body`, where its own text begins.

    A page head names its document: an annex's prints the journal's code and `Annex 1`, a decision's its own code and
    date. The annex of a letter is told by its caption. Running heads of the annexes are taken out.
    """
    opened = [_Open((None, None))]
    index = 0
    while index < len(lines):
        line = lines[index]
        current = opened[-1]
        if index >= body and line.text and line.text != PAGE_BREAK:
            head = _page_head(lines, index) if _starts(lines, index) else None
            key = _key(head, current.key, code) if head else None
            if head and key and key != (None, None) and (head.part or key == current.key):
                if key != current.key:
                    opened.append(_Open(key))
                opened[-1].lines.append(Line(PAGE_BREAK, line.page))
                index = head.end
                continue
            if key and key != current.key:
                opened.append(_Open(key))
            elif _LETTER.match(line.text) and _starts(lines, index):
                caption = _caption(lines, index)
                part = _part(_LABEL.match(line.text))
                opened.append(_Open((None, part), " ".join(one.text for one in caption)))
                index += len(caption)
                continue
        opened[-1].lines.append(line)
        index += 1
    return _named(opened)


def _key(
    head: _PageHead, current: tuple[str | None, str | None], code: str | None
) -> tuple[str | None, str | None] | None:
    """Which document a page head names; None where it says nothing new, or the document is not of the kind."""
    if code is None or re.match(r"[A-Z]{1,5}/", code):
        # The United Nations print their code on every page, also over an annex of the same text.
        return None
    other = head.code if head.code and code_key(base_code(head.code)) != code_key(base_code(code)) else None
    if head.part:
        return (other or (current[0] if head.code is None else None)), head.part
    if head.code is None:
        return None
    if other is None:
        return current if current[0] is None and current[1] else (None, None)
    if other == current[0]:
        return current
    return (other, None) if head.dated else None


def _page_head(lines: Sequence[Line], index: int) -> _PageHead | None:
    code = part = None
    dated = False
    end = index
    count = 0
    for at in range(index, min(index + 2 * _HEADER_LINES, len(lines))):
        text = lines[at].text
        if not text:
            continue
        if count == _HEADER_LINES or text == PAGE_BREAK or len(text) > 100:
            break
        codes, rest = find(text), text
        for one in reversed(codes):
            rest = rest[: one.start] + rest[one.end :]
        spans = find_dates(rest)
        for span in reversed(spans):
            rest = rest[: span.start] + rest[span.end :]
        label = _LABEL.search(rest)
        if label:
            rest = rest[: label.start()] + rest[label.end() :]
        if _PAGING.sub("", rest).strip(" .,") or not (codes or spans or label or count):
            break
        if (codes and code) or (label and part):
            break
        code = code or (codes[0].text if codes else None)
        part = part or _part(label)
        dated = dated or bool(spans)
        end = at + 1
        count += 1
    return _PageHead(code, part, dated, end) if code or (part and _language_follows(lines, end)) else None


def _language_follows(lines: Sequence[Line], index: int) -> bool:
    """A part's name that no code stands by opens a part only with a language line below it: it has its own head."""
    below = [line.text for line in lines[index : index + 6] if line.text][:2]
    return any((text.isupper() or ":" in text) and language_code(text) for text in below)


def _starts(lines: Sequence[Line], index: int) -> bool:
    return index == 0 or not lines[index - 1].text or lines[index - 1].text == PAGE_BREAK


def _part(label: re.Match[str] | None) -> str | None:
    if label is None:
        return None
    name = next(name for name in _WORDS if label[name])
    return f"{name} {label['number'].upper()}" if label["number"] else name


def _caption(lines: Sequence[Line], index: int) -> list[Line]:
    caption: list[Line] = []
    for line in lines[index : index + _CAPTION_LINES]:
        if not line.text or line.text == PAGE_BREAK or (caption and line.text.startswith("[")):
            break
        caption.append(line)
    return caption


def _named(opened: Sequence[_Open]) -> list[Section]:
    """Pieces of one document as one; a second annex without a number of its own gets one."""
    merged: dict[tuple[str | None, str | None], _Open] = {}
    for one in opened:
        key, again = one.key, 2
        while one.caption and key in merged:
            key, again = (one.key[0], f"{one.key[1]} ({again})"), again + 1
        if key in merged:
            merged[key].lines += one.lines
        else:
            merged[key] = one
    return [Section(tuple(one.lines), part, code, one.caption) for (code, part), one in merged.items()]


def may_be_record(lines: Sequence[Line]) -> bool:
    """Whether two different speakers are named at all; quick, and before furniture is looked for."""
    names: set[str] = set()
    for index, line in enumerate(lines):
        found = turn_at(lines, index) if line.text else None
        if found:
            names.add(found.turn.speaker.casefold())
            if len(names) > 1:
                return True
    return False


def speeches(lines: Sequence[Line], *, whole: bool = False) -> Record | None:
    """A verbatim record as its speeches; None where fewer than two different speakers are named.

    `lines` are without furniture; `whole` where every line is a paragraph.
    """
    opening = next((index for index, line in enumerate(lines) if _OPENED.match(line.text)), 0)
    own: list[Line] = []
    turns: list[tuple[Turn, list[Line], str | None]] = []
    title: str | None = None
    voting = False
    target = own
    index = 0
    while index < len(lines):
        line = lines[index]
        if not line.text or line.text == PAGE_BREAK or not (whole or _may_begin(lines, index)):
            target.append(line)
            index += 1
            continue
        count = _procedure(lines, index)
        heading = 0 if count else _heading(lines, index)
        found = turn_at(lines, index) if index >= opening and not count and not heading else None
        if count or heading:
            text = " ".join(one.text for one in lines[index : index + (count or heading)])
            title = title if count or voting or _ADOPTION.match(text) else text
            voting = bool(count and _VOTE.match(text))
            target = target if count and _CHAIR.search(text) else own
            own.extend(lines[index : index + (count or heading)])
            index += count or heading
        elif found and not _LEADER.search(lines[found.line].text):
            words = lines[found.line].text[found.letters :].strip()
            target = [replace(lines[found.line], text=" ".join(filter(None, (found.turn.label, words))))]
            if not words:
                target.clear()
            turns.append((found.turn, target, title))
            index = found.line + 1
        else:
            target.append(line)
            index += 1
    named = {turn.speaker.casefold() for turn, _, _ in turns}
    if len(named) < 2 or not any(turn.delegation or turn.language or turn.office for turn, _, _ in turns):
        return None
    return Record(tuple(own), tuple(Speech(turn, tuple(said), title) for turn, said, title in turns))


def _may_begin(lines: Sequence[Line], index: int) -> bool:
    """Whether a paragraph may begin at a line, as far as the lines around it tell."""
    above = lines[index - 1] if index else None
    if above is None or not above.text or above.text == PAGE_BREAK:
        return True
    return (
        ends_sentence(above.text)
        or lines[index].indent > above.indent
        or len(above.text) < 0.5 * len(lines[index].text)
    )


def _procedure(lines: Sequence[Line], index: int) -> int:
    """How many lines a procedural paragraph takes; 0 where none begins here."""
    text = ""
    for count in range(1, _PROCEDURE_LINES + 1):
        if index + count > len(lines) or not (line := lines[index + count - 1].text) or line == PAGE_BREAK:
            break
        text = f"{text} {line}".lstrip()
        ends = ends_sentence(line) or _VOTE.match(text)
        last = index + count == len(lines)
        if ends and (last or _may_begin(lines, index + count)):
            return count if _PROCEDURE.match(text) or (len(text) < _CHAIR_LETTERS and _CHAIR.search(text)) else 0
    return 0


def _heading(lines: Sequence[Line], index: int, further: int = _HEADINGS) -> int:
    """How many lines a heading takes: an unfinished block on its own, with a speaker or a procedural line below it.

    So many `further` headings may stand between.
    """
    count = 0
    while index + count < len(lines) and lines[index + count].text not in ("", PAGE_BREAK):
        count += 1
    if count > _CAPTION_LINES or ends_sentence(lines[index + count - 1].text) or turn_at(lines, index):
        return 0
    below = index + count
    while below < len(lines) and not lines[below].text:
        below += 1
    if below == index + count or below == len(lines):
        return 0
    follows = _procedure(lines, below) or turn_at(lines, below) or (further and _heading(lines, below, further - 1))
    return count if follows else 0
