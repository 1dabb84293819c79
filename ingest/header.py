"""The first lines of a document: what it is, who speaks, when, in which language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ingest.dates import DateSpan, find_dates, iso_date, only_date
from ingest.forms import capitals, ends_sentence, is_enacting, is_salutation, split_label
from ingest.furniture import is_furniture, is_marker
from ingest.languages import language_code, original_language
from ingest.reader import PAGE_BREAK, Line, Pages
from ingest.speakers import speaker_and_delegation
from ingest.turns import turn, turn_at
from store.codes import Code, find, normalise, repair

_HEAD = 40
"""Lines in which a header is looked for."""
_CODE_LINES = 15
"""Non-blank lines in which a document's own code is looked for; later ones are references."""
_DISTRIBUTION = re.compile(r"\bDistr(?:ibution)?\.?\s?:\s?([A-Za-zÀ-ÿА-я]+)", re.IGNORECASE)
_AGENCY = re.compile(
    r"^(?:united nations|nations unies|naciones unidas|vereinte nationen|nazioni unite|организация объединенных наций|"
    r"(?:security|permanent|ministerial) council|conseil (?:de sécurité|permanent|ministériel)|"
    r"consejo (?:de seguridad|permanente|ministerial)|consiglio (?:di sicurezza|permanente|dei ministri|ministeriale)|"
    r"совет безопасности|постоянный совет|совет министров|sicherheitsrat|ständiger rat|ministerrat|"
    r"general assembly|assemblée générale|asamblea general|assemblea generale|generalversammlung|генеральная ассамблея|"
    r"forum for security co-?operation|forum für sicherheitskooperation|форум по сотрудничеству в области безопасности|"
    r"organization for security and co-?operation in europe|organisation für sicherheit und zusammenarbeit in europa|"
    r"(?:the )?secretariat|provisional|provisoire|предварительный отчет|official records|"
    r"new york|nueva york|нью-йорк|geneva|genève|ginebra|женева|vienna|vienne|viena|wien|вена)$",
    re.IGNORECASE,
)
"""What stands in a head and is no title: who issues, where, in what state."""
_MEETING = re.compile(
    r"^(?:\d{1,4}(?:st|nd|rd|th|e|ème|[ªº]|-[еяй]|-е)?\.?\s|[\w-]+\s)(?:\w+\s){0,3}(?:meeting|session|sitting|séance|sitzung|tagung|"
    r"seduta|sesión|заседание|сессия)\b.{0,60}$|^agenda item \d.*$|^item \d+ of the .{0,40}agenda$|"
    r"^(?:[\w-]+\s){1,4}(?:year|année|año|год)$",
    re.IGNORECASE,
)
_RESOLUTION = re.compile(
    r"^(?:resolution\s+(?P<number>\d{1,4})(?:\s?\((?P<year>(?:19|20)\d\d)\)|$)"
    r"|(?P<number2>\d{1,4})\s?\((?P<year2>(?:19|20)\d\d)\)\.?\s+resolution\b)\.?",
    re.IGNORECASE,
)
_ADOPTED = re.compile(r"^(?:resolution |draft )?adopted by the\b.*", re.IGNORECASE)
_BYLINE = re.compile(r"^(?P<speaker>[^\d—–]{3,80})\s[—–]\s(?P<date>.*\d{4})$")
_PLACE = re.compile(r"^[^\W\d_][^\d,]{1,40},\s")
_JOB = re.compile(r"^\d{2}-\d{5}(?:\s\([A-Z]\))?$")
"""The number of a job of translation and printing, which a text without symbol is known by."""
_JOB_LINES = 3
_HASH = re.compile(r"^[0-9a-f]{24,64}$")
_TIME = re.compile(r"^\d{1,2}[:.]\d\d(?:\s?[ap]\.?m\.?)?(?:\s[A-Z]{2,4})?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Head:
    """What the first lines say. A field is None where they don't."""

    code: str | None = None
    language: str | None = None
    original_language: str | None = None
    issued: str | None = None
    event_from: str | None = None
    event_to: str | None = None
    title: str | None = None
    speaker: str | None = None
    delegation: str | None = None
    distribution: str | None = None
    meeting: str | None = None
    heading: str | None = None
    """What stands between title and body."""
    start: int = 0
    """Index of the line behind the head, where a speaker's name may stand."""
    body: int = 0
    """Index of the first line of the body."""
    prefix: int = 0
    """Letters of that line which are the name of the speaker, not his words."""
    printed_dates: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    """What was read otherwise than it is printed."""


@dataclass(frozen=True, slots=True)
class _Title:
    """A block of the head that is no field."""

    text: str
    marked: bool
    """Set off by the format, in bold or in capitals."""


def parse_head(pages: Pages, code: str | None = None) -> Head:
    """Read the head of a document, line by line, until its body begins.

    `code` is given for an annex, which shares that of its document.
    """
    head = replace(_from_fields(pages.fields), code=code) if code else _from_fields(pages.fields)
    titles: list[_Title] = []
    dates: list[str] = []
    seen = index = 0
    lines = pages.lines
    while index < min(len(lines), _HEAD):
        line = lines[index]
        if not line.text or line.text == PAGE_BREAK:
            index += 1
            continue
        seen += 1
        read = _field(line, head, seen)
        if read is not None:
            head, date = read
            if date:
                dates.append(date)
            index += 1
            continue
        block = _block(lines, index)
        text = re.sub(r"\s+", " ", " ".join(one.text for one in block)).strip()
        if not _is_title(block, text, head, titles):
            break
        marked = line.level is not None or line.bold or capitals(text)
        if titles and titles[-1].text.endswith((",", "-", ":")) and titles[-1].marked == marked:
            titles[-1] = _Title(f"{titles[-1].text} {text}", marked)
        else:
            titles.append(_Title(text, marked))
        index += len(block)
    yearless = re.fullmatch(r"Resolution (\d{1,4})", head.title or "")
    if yearless and head.code is None and head.issued:
        year = head.issued[:4]
        head = replace(head, code=f"S/RES/{yearless[1]} ({year})", title=f"{head.title} ({year})")
    head = _with_titles(head, titles)
    return replace(_verbatim(head, lines, index), printed_dates=tuple(dates))


def made_code(file: str) -> str:
    """A code from the name of a file, without the language at its end: `x.en.md` and `x.uk.md` are twins."""
    stem, _ = _split_name(file)
    slashed = normalise(stem.replace("_", "/")) or normalise(stem.replace("_", " "))
    return slashed if slashed and _FULL_NAME.match(slashed) else stem


_FULL_NAME = re.compile(r"^[A-Z]+(?:\(\d+\))?\.[A-Z]|^[SA]/(?:PV\.|(?:19|20)\d\d/\d+$|RES/\d+)")
"""Codes that the name of a file may stand for."""


def name_language(file: str) -> str | None:
    """The language that the name of a file ends in."""
    return _split_name(file)[1]


def _split_name(file: str) -> tuple[str, str | None]:
    stem = PurePosixPath(file).name.rsplit(".", 1)[0]
    suffix = re.match(r"^(.+?)[._-]([A-Za-z]{2})$", stem)
    if suffix and suffix[2].lower() in _NAME_LANGUAGES:
        return suffix[1], suffix[2].lower()
    return stem, None


_NAME_LANGUAGES = frozenset(
    ("ar", "be", "de", "en", "es", "fr", "hy", "it", "ka", "pl", "pt", "ru", "sr", "tr", "uk", "zh")
)


def _from_fields(fields: dict[str, str]) -> Head:
    title = fields.get("title")
    language = fields.get("language") or fields.get("lang")
    return Head(
        code=normalise(fields["code"]) or fields["code"] if "code" in fields else None,
        title=title if title and title.lower() != "none" else None,
        issued=iso_date(fields["date"]) if "date" in fields else None,
        language=language_code(language) if language else None,
        speaker=fields.get("speaker") or fields.get("author"),
        delegation=fields.get("delegation"),
    )


def _field(line: Line, head: Head, seen: int) -> tuple[Head, str | None] | None:
    """The head with what a line of a known kind adds, and the line where it is a date; None for any other line."""
    text = line.text.strip("* ") or line.text
    original = original_language(text)
    if original:
        return replace(head, original_language=original), None
    if is_marker(text) and seen <= 3:
        return head, None
    if seen <= _JOB_LINES and head.code is None and _JOB.match(text):
        return replace(head, code=text, doubts=(f"no symbol is printed: job number {text} stands for one",)), None
    wanted = seen <= _CODE_LINES and (head.code is None or _JOB.match(head.code))
    code = _own_code(text) if wanted else None
    if code is None and wanted and (repaired := _repaired(text)):
        code, printed = repaired
        head = replace(head, doubts=(f"code read as {code.text}, printed {printed}",))
    if code:
        head = replace(
            head,
            code=code.text,
            distribution=code.distribution or head.distribution,
            doubts=_reading(text, code) or tuple(doubt for doubt in head.doubts if "job number" not in doubt),
        )
        rest = text[code.end :].strip(" ,;") or text[: code.start].strip(" ,;")
        if rest and code.end < len(text) and not _AGENCY.match(rest):
            return _field(replace(line, text=rest), head, seen) or (head, None)
        return head, None
    if re.fullmatch(r"[A-Z]|Distr\.?\s?:?|ORIGINAL\s?:?", text):
        return head, None
    if re.fullmatch(r"GENERAL|LIMITED|RESTRICTED|PROVISIONAL", text):
        return replace(head, distribution=head.distribution or text.capitalize()), None
    distribution = _DISTRIBUTION.search(text)
    if distribution and len(text) < 80:
        return replace(head, distribution=head.distribution or distribution[1]), None
    language = language_code(text) if 2 < len(text) < 40 and len(text.split()) <= 4 else None
    if language and not head.language and seen <= _CODE_LINES:
        return replace(head, language=language), None
    resolution = _RESOLUTION.match(text)
    if resolution and len(text) < 90:
        return _resolution(head, text, resolution), None
    return _dated(text, head) or _other(line, text, head)


def _dated(text: str, head: Head) -> tuple[Head, str | None] | None:
    text = re.sub(r"(?<=\b\d{4})\s\d{1,2}$", "", text)  # the mark of a footnote behind a year
    span = only_date(text)
    if span is None and (_ADOPTED.match(text) or re.match(r"^on\s", text)) and len(text) < 120:
        spans = find_dates(text)
        span = spans[0] if len(spans) == 1 else None
        if span is None:
            return (head, None) if _ADOPTED.match(text) else None
    if span:
        return (replace(head, issued=span.first) if not head.issued else _event(head, span)), text
    place = _PLACE.match(text)
    spans = find_dates(text) if place and len(text) < 80 else []
    if len(spans) == 1 and not text[: spans[0].start].rstrip(" ,").count(".") and spans[0].end > len(text) - 12:
        return _event(head, spans[0]), text
    return None


def _other(line: Line, text: str, head: Head) -> tuple[Head, str | None] | None:
    byline = _BYLINE.match(text)
    if byline and (date := only_date(byline["date"])):
        return replace(head, speaker=head.speaker or byline["speaker"].strip(), issued=head.issued or date.first), text
    if line.level is None and _MEETING.match(text) and not ends_sentence(text):
        days = find_dates(text)
        if len(days) == 1:
            head = _event(head, days[0]) if head.issued else replace(head, issued=days[0].first)
        return replace(head, meeting=head.meeting or text), None
    if _AGENCY.match(text) or _HASH.match(text) or _TIME.match(text) or is_furniture(line.text):
        return head, None
    if re.fullmatch(r"(?:of|on) .{3,25}\d{4}\.?", text):
        return head, None
    if (line.level is not None and text.lower() == "none") or re.fullmatch(r"\[[SAE]/[^\[\]]{2,40}\]", text):
        return head, None
    return None


def _own_code(text: str) -> Code | None:
    """The code that a line of a head prints: at its start or its end, and not in brackets."""
    if len(text) > 90:
        return None
    for code in find(text):
        before, after = text[: code.start].strip(), text[code.end :].strip(" *,")
        if (not before or _AGENCY.match(before)) and (not after or len(after) < 40) and "[" not in before:
            return code
    return None


def _repaired(text: str) -> tuple[Code, str] | None:
    """The code of a line that holds nothing else, where text recognition damaged it."""
    found = repair(text) if len(text) < 50 else None
    if found is None:
        return None
    rest = (text[: found[0].start] + text[found[0].end :]).strip(" *.")
    return found if not rest or _AGENCY.match(rest) or re.fullmatch(r"OSCE\+|(?i:restr\w*)", rest) else None


def _reading(text: str, code: Code) -> tuple[str, ...]:
    """A doubt where the printed number of a corrigendum was taken for a number and a footnote mark."""
    printed = text[code.start : code.end]
    mark = re.search(r"Corr\.?\s?\d{2}$", printed, re.IGNORECASE)
    return (f"code read as {code.text}, printed {printed}",) if mark and not code.text.endswith(printed[-2:]) else ()


def _event(head: Head, span: DateSpan) -> Head:
    return head if head.event_from else replace(head, event_from=span.first, event_to=span.last)


def _resolution(head: Head, text: str, match: re.Match[str]) -> Head:
    number, year = match["number"] or match["number2"], match["year"] or match["year2"]
    dates = find_dates(text[match.end() :])
    if year is None:
        # The year of its code stands in the date below.
        return replace(head, title=head.title or f"Resolution {number}")
    return replace(
        head,
        code=head.code or f"S/RES/{number} ({year})",
        title=head.title or f"Resolution {number} ({year})",
        issued=head.issued or (dates[0].first if dates else None),
    )


def _is_title(block: Sequence[Line], text: str, head: Head, titles: Sequence[_Title]) -> bool:
    """Set off as a title is, or the unfinished words of a short block under a code."""
    words = len(text.split())
    if head.title is None and re.match(
        r"[^:]{3,3000}:\s(?:\w+\s)?draft\s(?:resolution|decision)$", text, re.IGNORECASE
    ):
        return True
    if is_enacting(text) or is_salutation(text) or turn(text) or words > 70 or len(titles) > 7:
        return False
    if block[0].level is not None:
        return True
    ends = text.rstrip("* ").endswith((".", "!", "?", ";"))
    if capitals(text) and sum(sign.isalpha() for sign in text) > 4:
        return not ends
    unfinished = not ends and not text.rstrip("* ").endswith(",")
    if all(line.bold for line in block):
        return unfinished
    headed = head.code is not None or head.original_language is not None
    return headed and head.title is None and words <= 40 and unfinished and split_label(text)[0] is None


def _block(lines: Sequence[Line], index: int) -> list[Line]:
    """The lines from here to the next blank one that are set alike and are no fields."""
    first = lines[index]
    last = index
    while last + 1 < len(lines) and (line := lines[last + 1]).text and line.text != PAGE_BREAK:
        alike = line.level is None and first.level is None and line.bold == first.bold
        if not alike or only_date(line.text) or capitals(line.text) != capitals(first.text):
            break
        last += 1
    return list(lines[index : last + 1])


def _with_titles(head: Head, titles: Sequence[_Title]) -> Head:
    """The first block that is set off is the title, else the first; what follows it is context of the body."""
    if head.title is None and titles:
        chosen = next((index for index, title in enumerate(titles) if title.marked), 0)
        head = replace(head, title=titles[chosen].text.rstrip("* "))
        titles = titles[chosen + 1 :]
    if head.title and head.code:
        # `73/3. Political declaration`: the number is that of the code.
        number = re.match(r"(\d{1,3}/\d{1,4})\.\s+(?=\S)", head.title)
        if number and head.code.endswith(f"/{number[1]}"):
            head = replace(head, title=head.title[number.end() :])
    speaker, delegation = speaker_and_delegation(head.title or "")
    if head.title and delegation and len(delegation) > 200:
        # A draft's list of sponsors is its delegation; as a title it would drown every passage.
        head = replace(head, title=head.title.removeprefix(delegation).lstrip(": "))
    rest = [title.text for title in titles if title.text.casefold() != (head.title or "").casefold()]
    return replace(
        head,
        speaker=head.speaker or speaker,
        delegation=head.delegation or delegation,
        heading=" / ".join(rest) or None,
    )


def _verbatim(head: Head, lines: Sequence[Line], index: int) -> Head:
    """The name before a speech of a verbatim record, which is not in the speech."""
    while index < len(lines) and (not lines[index].text or lines[index].text == PAGE_BREAK):
        index += 1
    head = replace(head, start=index, body=index)
    found = turn_at(lines, index)
    if found is None:
        return head
    over = found.letters >= len(lines[found.line].text)
    return replace(
        head,
        speaker=head.speaker or found.turn.speaker,
        delegation=head.delegation or found.turn.delegation,
        original_language=head.original_language or found.turn.language,
        body=found.line + 1 if over else found.line,
        prefix=0 if over else found.letters,
    )
