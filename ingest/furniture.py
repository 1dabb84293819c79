"""What is printed on every page and belongs to none: running headers, page numbers, job numbers."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from ingest.footnotes import note_mark
from ingest.forms import is_rule
from ingest.languages import language_code, original_language
from ingest.reader import PAGE_BREAK, Line
from store.codes import code_key, find, parse

CUT = "\f"
"""Stands where furniture was taken out: the paragraph may go on behind it."""

_JOB = re.compile(
    r"^(?:\d{1,3}(?:/\d{1,3})?\s+)?\d{2}-\d{5}(?:\s?\*)?(?:\s\([A-Z]\))?(?:\s+\d{1,6}(?:/\d{1,3})?)?"
    r"(?:\s+Ple\w+ rec\w+.*)?$"
    r"|^\*\d{6,8}\*$|^(?:\d{1,3}/\d{1,3}\s+)?\d{2}-\d{5}\s.{1,12}$"
    r"|^.{0,20}\b(?:Please recycle|Merci de recycler|Se ruega reciclar|Просьба отправить на вторичную)\b.{0,30}$"
    r"|^[A-Z]{3,6}\d{0,3}[A-Z]{0,3}\d{1,6}(?:[A-Z]{1,3}\d{0,2})?$|^(?:PC|MC|FSC)\w{0,4}E?J$"
)
_PAGE_NUMBER = re.compile(
    r"^(?:[-–—\[(]\s?)?\d{1,4}(?:\s?[-–—\])])?$|^\d{1,4}\s?/\s?\d{1,4}$|"
    r"^(?:page|seite|pagina|página|стр\.|страница|p\.)\s?\d{1,4}(?:\s?(?:of|/|von|sur|de|di|из)\s?\d{1,4})?$",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_INNER = re.compile(
    r"(?<![\w/.-])(?:\d{1,3}/\d{1,3}\s+\d{2}-\d{5}(?:\s?\*)?(?:\s\([A-Z]\))?(?:\s+\d{6})?|"
    r"\d{2}-\d{5}\s+\d{1,3}/\d{1,3}|\d{2}-\d{5}\s\([A-Z]\)\s+\d{6}|\*\d{6,8}\*)(?![\w/-])"
)
"""Job numbers with a page number or a date, which no text has."""
_HEADLINE = re.compile(r"(?:\b[A-Z]{2,6}\d{0,3}[A-Z]{0,3}\d{1,6}\s+)?[-–—]\s?\d{1,4}\s?[-–—]\s*$")
_MARKER = re.compile(r"^\[[^\[\]]{3,200}\]$")
_PAGE_MARK = re.compile(r"(?:^|\s)(?:page|[-–—])\s?\d{1,4}(?:\s?[-–—])?(?=\s|$)", re.IGNORECASE)


_NOTICE = re.compile(
    r"secretariat\b.{0,80}\b(?:bears?|takes?|assumes?|accepts?)\s+no\s+responsibility|"
    r"\bis\s+without\s+prejudice\s+to\s+OSCE\s+decisions|"
    r"^\W*(?:this|the\s+present)\s+(?:document|text|statement|paper|report)\s+(?:is|has\s+been|was)\s+(?:being\s+)?"
    r"(?:circulated|distributed|issued|reproduced)\s+(?:at\s+the\s+request|as\s+received|without\s+(?:formal\s+)?editing|"
    r"in\s+the\s+language)|"
    r"^\W*(?:re-?)?(?:circulated|distributed|re-?issued)\s+(?:at\s+the\s+request\s+of|as\s+received|for\s+technical\s+reasons)|"
    r"^\W*(?:issued|reproduced|circulated)\s+(?:as\s+received|without\s+(?:formal\s+)?editing)|"
    r"^\W*check\s+against\s+delivery\W*$|"
    r"^\W*this\s+record\s+contains\s+the\s+text\s+of\s+speeches\b|"
    r"\bviews\s+expressed\b.{0,160}\bdo\s+not\s+necessarily\s+(?:reflect|represent)|"
    r"secrétariat\b.{0,80}\b(?:n['’]assume|décline|n['’]accepte)\w*\s+(?:aucune|toute)\s+responsabilité|"
    r"^\W*(?:le\s+présent|ce)\s+(?:document|texte)\s+est\s+(?:distribué|diffusé|publié)\s+(?:à\s+la\s+demande|tel|sans)|"
    r"^\W*seul\s+le\s+(?:texte\s+)?prononcé\s+fait\s+foi\W*$|"
    r"sekretariat\b.{0,80}\b(?:übernimmt|trägt)\s+(?:\w+\s+){0,4}(?:keine|keinerlei)\s+(?:Verantwortung|Haftung)|"
    r"^\W*dieses\s+(?:Dokument|Papier)\s+wird\s+auf\s+(?:Ersuchen|Wunsch|Antrag)\b|"
    r"^\W*es\s+gilt\s+das\s+gesprochene\s+Wort\W*$|"
    r"segretariat\w*\b.{0,80}\bnon\s+(?:si\s+)?assume\s+(?:alcuna\s+)?responsabilità|"
    r"^\W*(?:il\s+presente|questo)\s+(?:documento|testo)\s+(?:è|viene)\s+(?:distribuito|diffuso)\s+(?:su|a)\s+richiesta|"
    r"secretar[ií]a\b.{0,80}\bno\s+(?:se\s+hace\s+responsable|asume)|"
    r"^\W*(?:el\s+presente|este)\s+(?:documento|texto)\s+se\s+(?:distribuye|publica|difunde)\s+(?:a\s+petición|sin|tal)|"
    r"секретариат\w*\b.{0,80}\bне\s+нес[её]т\s+(?:\w+\s+)?ответственности|"
    r"^\W*(?:настоящий|данный)\s+(?:документ|текст)\s+(?:распространяется|издается|публикуется)\s+(?:по\s+просьбе|без|в\s+том)",
    re.IGNORECASE,
)
_LONGEST_NOTICE = 700
_TITLE = 8
"""Fewest letters of a running title."""


def is_notice(text: str) -> bool:
    """What a secretariat prints on a document, in six languages: who asked for it, that nobody edited it.

    It may stand in the middle of a speech, at the foot of its first page.
    """
    return len(text) <= _LONGEST_NOTICE and _NOTICE.search(text) is not None


def drop_furniture(lines: Sequence[Line], code: str | None, dates: Sequence[str] = ()) -> list[Line]:
    """The lines without furniture; each run of it, with the blank lines around it, becomes one `CUT` line.

    `code` and `dates` are what the document's own head prints, which its running headers repeat.
    """
    key = code_key(code) if code else None
    lines = [_without_inner(line, key) for line in lines]
    notes = _notes(lines)
    repeated = _repeated(lines) - notes
    gone = [
        line.text != PAGE_BREAK and bool(line.text) and (index in repeated or is_furniture(line.text, key))
        for index, line in enumerate(lines)
    ]
    _near(lines, gone, notes, [date.casefold() for date in dates], key)
    result: list[Line] = []
    for index, line in enumerate(lines):
        if gone[index] or line.text == PAGE_BREAK:
            while result and not result[-1].text:
                result.pop()
            if result and result[-1].text != CUT:
                result.append(Line(CUT, line.page))
        elif line.text or not result or result[-1].text != CUT:
            result.append(line)
    return result


def is_marker(text: str) -> bool:
    """A note in brackets on a line of its own, above everything else."""
    return _MARKER.match(text) is not None and not find(text)


def is_furniture(text: str, key: str | None = None) -> bool:
    """A job number, a language line, or nothing but the document's own code (`key`) and a page number."""
    if _JOB.match(text) or original_language(text) or (text.isupper() and language_code(text)):
        return True
    if key is None or len(text) > 90:
        return False
    codes = find(text)
    if not codes or code_key(codes[0].text) != key:
        return False
    rest = _PAGE_MARK.sub(" ", text[: codes[0].start] + " " + text[codes[0].end :])
    words = [word for word in rest.split() if not _JOB.match(word) and not _PAGE_NUMBER.match(word)]
    return not words


def _without_inner(line: Line, key: str | None) -> Line:
    """A line without furniture that was caught inside it: `… of the 2/8 24-13337 States …`."""
    if not _DIGIT.search(line.text):
        return line
    bare = _INNER.sub(" ", line.text)
    if key and _PAGE_MARK.search(bare):
        bare = _without_headline(bare, key)
    return replace(line, text=" ".join(bare.split())) if bare != line.text else line


def _without_headline(text: str, key: str) -> str:
    """Without `PCOEJ1296 - 2 - PC.JOUR/1296 17 December 2020`: a page number and the document's own code."""
    from ingest.dates import find_dates

    for code in find(text):
        before = _HEADLINE.search(text[: code.start])
        if before is None or code_key(code.text) != key:
            continue
        end = code.end
        dated = [span for span in find_dates(text[end : end + 40]) if not text[end : end + span.start].strip(" ,")]
        return f"{text[: before.start()]} {text[end + dated[0].end if dated else end :]}"
    return text


def _notes(lines: Sequence[Line]) -> set[int]:
    """Indexes of footnotes, which stand at the edge of a page and may be nothing but a code."""
    found: set[int] = set()
    under = False
    for index, line in enumerate(lines):
        if is_rule(line.text):
            under = index + 1 < len(lines) and note_mark(lines[index + 1].text) is not None
        elif line.text in ("", PAGE_BREAK):
            under = False
        elif under:
            found.add(index)
    return found


def _near(lines: Sequence[Line], gone: list[bool], notes: set[int], dates: Sequence[str], key: str | None) -> None:
    """Page numbers and the rest of a running header count only beside other furniture or at a page's edge."""
    filled = [index for index, line in enumerate(lines) if line.text]
    place = {index: number for number, index in enumerate(filled)}

    def edge(index: int, step: int) -> bool:
        other = place[index] + step
        return not 0 <= other < len(filled) or gone[filled[other]] or lines[filled[other]].text == PAGE_BREAK

    waiting = deque(filled)
    while waiting:
        index = waiting.popleft()
        line = lines[index]
        if gone[index] or index in notes or line.text == PAGE_BREAK or not (edge(index, 1) or edge(index, -1)):
            continue
        inside = 0 < index < len(lines) - 1
        alone = edge(index, 1) and edge(index, -1)
        headline = bool(dates) and line.text.casefold() in dates
        tail = parse(line.text) is not None or (key is not None and _has_code_and_date(line.text, key))
        number = _PAGE_NUMBER.match(line.text) is not None and (alone or _stands_alone(lines, index))
        if (number and index > 0) or ((headline or tail) and inside):
            gone[index] = True
            # What stands beside it may now be at the edge.
            waiting.extend(filled[max(0, place[index] - 1) : place[index] + 2])


def _has_code_and_date(text: str, key: str) -> bool:
    """`PCOEJ1296 - 2 - PC.JOUR/1296 17 December 2020` on one line."""
    from ingest.dates import find_dates

    codes = find(text)
    if not codes or code_key(codes[0].text) != key or len(text) > 120:
        return False
    rest = text[: codes[0].start] + text[codes[0].end :]
    for span in reversed(find_dates(rest)):
        rest = rest[: span.start] + rest[span.end :]
    return all(_JOB.match(word) or _PAGE_NUMBER.match(word) or word in "-–—" for word in rest.split())


def _stands_alone(lines: Sequence[Line], index: int) -> bool:
    """A blank line, a page's edge or the text's edge on both sides."""
    before = index == 0 or lines[index - 1].text in ("", PAGE_BREAK)
    after = index == len(lines) - 1 or lines[index + 1].text in ("", PAGE_BREAK)
    return before and after


def _repeated(lines: Sequence[Line]) -> set[int]:
    """Indexes of lines that come again at the same edge of other pages, numbers aside."""
    pages: list[list[int]] = [[]]
    for index, line in enumerate(lines):
        if line.text == PAGE_BREAK:
            pages.append([])
        elif line.text:
            pages[-1].append(index)
    if len(pages) < 3:
        return set()
    found = _repeated_nearby(lines, pages)
    needed = max(2, 0.3 * len(pages))
    for step in (1, -1):
        edges = [page[::step][:4] for page in pages]
        shapes = Counter(shape for page in edges for shape in {_shape(lines[index]) for index in page})
        for page in edges:
            for index in page:
                if shapes[_shape(lines[index])] < needed:
                    break
                found.add(index)
    return found


def _repeated_nearby(lines: Sequence[Line], pages: Sequence[Sequence[int]]) -> set[int]:
    """The first or last line of a page that is the same on two pages more of the eight behind: a chapter's title."""
    found: set[int] = set()
    for place in (0, -1):
        seen: dict[str, list[tuple[int, int]]] = {}
        for number, page in enumerate(pages):
            if page and len(lines[page[place]].text) >= _TITLE:
                seen.setdefault(lines[page[place]].text.casefold(), []).append((number, page[place]))
        for places in seen.values():
            for first, last in zip(range(len(places)), range(2, len(places)), strict=False):
                if places[last][0] - places[first][0] <= 8:
                    found.update(index for _, index in places[first : last + 1])
    return found


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text.casefold())
