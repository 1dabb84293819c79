"""The first lines of a document: what it is, who speaks, when, in which language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from ingest.dates import DateSpan, find_dates, iso_date, only_date
from ingest.forms import capitals, ends_sentence, is_enacting, is_salutation, split_label
from ingest.furniture import is_furniture, is_marker
from ingest.languages import is_spoken_remark, language_code, original_language, spoken_language
from ingest.reader import PAGE_BREAK, Line, Pages
from ingest.speakers import speaker_and_delegation
from store.codes import Code, find, normalise

_HEAD = 40
"""Lines in which a header is looked for."""
_CODE_LINES = 15
"""Non-blank lines in which a document's own code is looked for; later ones are references."""
_DISTRIBUTION = re.compile(r"\bDistr(?:ibution)?\.?\s?:\s?([A-Za-zÀ-ÿА-я]+)", re.IGNORECASE)
_AGENCY = re.compile(
    r"^(?:united nations|nations unies|naciones unidas|организация объединенных наций|security council|"
    r"general assembly|"
    r"organization for security and co-?operation in europe|permanent council|forum for security co-?operation|"
    r"ministerial council|the secretariat|secretariat)$",
    re.IGNORECASE,
)
_MEETING = re.compile(
    r"^(?:\d{1,4}(?:st|nd|rd|th)?\.?\s|[\w-]+\s)(?:\w+\s){0,3}(?:meeting|session|sitting|séance|sitzung|tagung|seduta|sesión|"
    r"заседание|сессия)\b.{0,60}$|^agenda item \d.*$|^item \d+ of the .{0,40}agenda$",
    re.IGNORECASE,
)
_RESOLUTION = re.compile(
    r"^(?:resolution\s+(?P<number>\d{1,4})\s?\((?P<year>(?:19|20)\d\d)\)"
    r"|(?P<number2>\d{1,4})\s?\((?P<year2>(?:19|20)\d\d)\)\.?\s+resolution\b)\.?",
    re.IGNORECASE,
)
_ADOPTED = re.compile(r"^(?:resolution |draft )?adopted by the\b.*", re.IGNORECASE)
_VERBATIM = re.compile(
    r"^(?P<speaker>(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Dame|Lord|Baroness|Prince|Princess|Sheikh|Shaikh|Archbishop|Bishop|"
    r"Cardinal|Monsignor|General|Lieutenant|Major|Captain|Admiral|Judge|Ambassador|H\.E|Sr|Sra|M|Mme|Herr|Frau|Г-н|Г-жа|"
    r"The(?=\s+(?:Acting\s|Temporary\s)?(?:President|Vice|Secretary|Deputy|Chair|Moderator|Under|Assistant|Special|High|"
    r"Executive|Director|Prosecutor|Speaker|Representative|Observer))|President|Secretary-General)\b\.?)[^:()\n]{0,80}?)\s*(?P<groups>(?:\([^()\n]{2,120}\)\s*){0,3}):(?=\s|$)\s*"
)
_BYLINE = re.compile(r"^(?P<speaker>[^\d—–]{3,80})\s[—–]\s(?P<date>.*\d{4})$")
_PLACE = re.compile(r"^[^\W\d_][^\d,]{1,40},\s")
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
    body: int = 0
    """Index of the first line of the body."""
    prefix: int = 0
    """Letters of that line which are the name of the speaker, not his words."""
    printed_dates: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Title:
    """A block of the head that is no field."""

    text: str
    marked: bool
    """Set off by the format, in bold or in capitals."""


def parse_head(pages: Pages) -> Head:
    """Read the head of a document, line by line, until its body begins."""
    head = _from_fields(pages.fields)
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
    head = _with_titles(head, titles)
    body, prefix, head = _verbatim(head, lines, index)
    return replace(head, body=body, prefix=prefix, printed_dates=tuple(dates))


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
    if is_marker(text) and seen <= 3:
        return head, None
    code = _own_code(text) if seen <= _CODE_LINES and head.code is None else None
    if code:
        head = replace(head, code=code.text, distribution=code.distribution or head.distribution)
        rest = text[code.end :].strip(" ,;") or text[: code.start].strip(" ,;")
        if rest and code.end < len(text) and not _AGENCY.match(rest):
            return _field(replace(line, text=rest), head, seen) or (head, None)
        return head, None
    original = original_language(text)
    if original:
        return replace(head, original_language=original), None
    if re.fullmatch(r"[A-Z]|Distr\.?\s?:?|ORIGINAL\s?:?", text):
        return head, None
    if re.fullmatch(r"GENERAL|LIMITED|RESTRICTED|PROVISIONAL", text):
        return replace(head, distribution=head.distribution or text.capitalize()), None
    distribution = _DISTRIBUTION.search(text)
    if distribution and len(text) < 80:
        return replace(head, distribution=head.distribution or distribution[1]), None
    language = language_code(text) if text.isupper() or len(text.split()) == 2 else None
    if language and len(text) < 40 and not head.language:
        return replace(head, language=language), None
    resolution = _RESOLUTION.match(text)
    if resolution and len(text) < 90:
        return _resolution(head, text, resolution), None
    return _dated(text, head) or _other(line, text, head)


def _dated(text: str, head: Head) -> tuple[Head, str | None] | None:
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
    if _MEETING.match(text) and not ends_sentence(text):
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


def _event(head: Head, span: DateSpan) -> Head:
    return head if head.event_from else replace(head, event_from=span.first, event_to=span.last)


def _resolution(head: Head, text: str, match: re.Match[str]) -> Head:
    number, year = match["number"] or match["number2"], match["year"] or match["year2"]
    dates = find_dates(text[match.end() :])
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
    if is_enacting(text) or is_salutation(text) or _VERBATIM.match(text) or words > 70 or len(titles) > 7:
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


def _verbatim(head: Head, lines: Sequence[Line], index: int) -> tuple[int, int, Head]:
    """The name before a speech of a verbatim record. What `spoke in Chinese` says is a language, never a delegation."""
    while index < len(lines) and (not lines[index].text or lines[index].text == PAGE_BREAK):
        index += 1
    if index == len(lines):
        return index, 0, head
    text = lines[index].text
    below = lines[index + 1].text if index + 1 < len(lines) else ""
    match = _VERBATIM.match(text)
    if match is None and ":" not in text and below:
        # The name may run over the line's end: its first line is taken off whole, the rest from the second.
        joined = _VERBATIM.match(f"{text} {below}")
        if joined and joined.end() > len(text) + 1 and joined["groups"]:
            return index + 1, joined.end() - len(text) - 1, _speaking(head, joined)
    if match is None:
        return index, 0, head
    if match.end() == len(text):
        return index + 1, 0, _speaking(head, match)
    return index, match.end(), _speaking(head, match)


def _speaking(head: Head, match: re.Match[str]) -> Head:
    speaker, delegation, language = match["speaker"].strip(), None, None
    for remark in re.findall(r"\(([^()]+)\)", match["groups"]):
        if is_spoken_remark(remark):
            language = language or spoken_language(remark)
        else:
            delegation = delegation or remark.strip()
    return replace(
        head,
        speaker=head.speaker or speaker,
        delegation=head.delegation or delegation,
        original_language=head.original_language or language,
    )
