"""Header fields against a metadata table that the parser does not see: accuracy per field, where the file prints it.

    python bench/header.py FOLDER [--metadata CSV] [--lines 40] [--failures FIELD]

A file counts as printing a field when the table's own value stands in its first lines (front matter included) as text
of the field's kind. A code: anywhere, punctuation and spaces aside. A date: a whole one, in any usual spelling of seven
languages. A language: its name on a line of its own; an original language: behind `Original` or `spoke in`. A title:
one or more whole lines, case and punctuation aside. A speaker: his name as words. A delegation: in brackets, on a line
of its own, or in the title behind an office (`President of …`); a mention of a State is none. The parser's own rules
take no part in that decision. Prints a Markdown table: how often each field is printed, right, missing and wrong there,
and how often the parser gives another value than the table where the file does not print the table's.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date

from ingest.languages import HOUSE, is_spoken_remark
from ingest.metadata import Row, load_metadata
from ingest.parse import parse
from ingest.reader import documents
from store.codes import code_key
from store.errors import InputError
from store.types import Header, Statement

FIELDS = ("code", "date", "speaker", "organization", "language", "original_language", "title")
MOST_LINES_OF_A_TITLE = 8
OFFICES = "(?:president|minister|chancellor|representative|ambassador|delegation|government|statement)"
ATTRIBUTES = {"date": "issued", "organization": "delegation"}
"""Fields of the header that are called otherwise in the table."""


@dataclass(frozen=True, slots=True)
class Case:
    """One field of one file."""

    file: str
    field: str
    given: str
    parsed: str | None
    printed: bool

    @property
    def outcome(self) -> str:
        right = self.parsed is not None and same(self.field, self.given, self.parsed)
        return "right" if right else "missing" if self.parsed is None else "wrong"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--failures", choices=FIELDS)
    options = parser.parse_args(arguments)
    rows = load_metadata(options.metadata or options.folder / "manifest.csv")
    started = time.perf_counter()
    cases = [case for row in rows.values() for case in cases_of(options.folder, row, options.lines)]
    sys.stdout.write(table(cases, len(rows), time.perf_counter() - started))
    for case in cases:
        if case.field == options.failures and case.printed and case.outcome != "right":
            sys.stdout.write(f"{case.file}: {case.outcome}: {case.given!r} parsed as {case.parsed!r}\n")
    return 0


def cases_of(folder: Path, row: Row, lines: int) -> Iterator[Case]:
    path = folder / row.file
    if not path.is_file():
        return
    try:
        statement = chosen(parse(path, row.file, str(folder), "").statements, row)
    except InputError as error:
        sys.stderr.write(f"{row.file}: {error}\n")
        return
    head = first_lines(path, lines)
    for field in FIELDS:
        given = getattr(row, field)
        if given and not (field == "organization" and is_spoken_remark(given)):
            printed = prints(head, field, given, row.title or "")
            yield Case(row.file, field, given, value(statement.header, field), printed)


def chosen(statements: Sequence[Statement], row: Row) -> Statement:
    """The statement that a row is about: the one of its part, else the first."""
    return next((one for one in statements if row.part and one.header.part == row.part), statements[0])


def value(header: Header, field: str) -> str | None:
    parsed = getattr(header, ATTRIBUTES.get(field, field))
    if field == "code" and header.code_made:
        return None
    return None if parsed == "und" else parsed


def first_lines(path: Path, count: int) -> str:
    pages = next(one.pages for one in documents(path) if one.pages)
    fields = [f"{name}: {text}" for name, text in pages.fields.items()]
    return "\n".join(fields + [line.text for line in pages.lines if line.text][:count])


def prints(head: str, field: str, given: str, title: str) -> bool:
    if field == "code":
        return squeezed(given) in squeezed(head)
    if field == "date":
        return any(spelling in head.casefold() for spelling in spellings(given))
    if field in ("language", "original_language"):
        names = "|".join(re.escape(name) for name in language_names(given))
        if field == "language":
            return re.search(rf"(?im)^(?:lang\w*:\s*)?(?:{names})(?: only)?$", head) is not None
        return re.search(rf"(?i)(?:original|spoke in|interpretation from)\W+(?:{names})\b", head) is not None
    if field == "title":
        return whole_lines(head, given)
    if field == "organization":
        office = rf"\b{OFFICES}\b[^.]{{0,60}}\b(?:of|by)(?: the)? {re.escape(folded(given))}\b"
        inside = whole_lines(head, title) and re.search(office, folded(title))
        return bool(inside) or f"({given.casefold()})" in head.casefold() or whole_lines(head, given)
    name = given.split(",")[0] if field == "speaker" else given
    return re.search(rf"\b{re.escape(folded(name))}\b", folded(head)) is not None


def whole_lines(head: str, given: str) -> bool:
    lines = [folded(line) for line in head.replace("title: ", "").split("\n")]
    ends = range(1, 1 + min(len(lines), MOST_LINES_OF_A_TITLE))
    return any(" ".join(lines[at : at + end]) == folded(given) for at in range(len(lines)) for end in ends)


def same(field: str, given: str, parsed: str) -> bool:
    if field == "code":
        return code_key(given) == code_key(parsed)
    if field == "date":
        return given == parsed
    if field in ("language", "original_language"):
        return parsed in language_names(given)
    if field == "speaker":
        return folded(given.split(",")[0]) == folded(parsed.split(",")[0])
    return folded(given) == folded(parsed)


def table(cases: Sequence[Case], files: int, seconds: float) -> str:
    lines = [
        f"{files} files, parsed and compared in {seconds:.0f} s\n",
        "| field | in the table | printed | right | missing | wrong | accuracy | not printed, other value |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for field in FIELDS:
        mine = [case for case in cases if case.field == field]
        counts = Counter(case.outcome for case in mine if case.printed)
        printed = sum(counts.values())
        other = sum(not case.printed and case.outcome == "wrong" for case in mine)
        accuracy = f"{counts['right'] / printed:.3f}" if printed else "–"
        lines.append(
            f"| {field} | {len(mine)} | {printed} | {counts['right']} | {counts['missing']} | {counts['wrong']} | "
            f"{accuracy} | {other} |"
        )
    return "\n".join(lines) + "\n"


def squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def folded(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


@cache
def spellings(iso: str) -> tuple[str, ...]:
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return ()  # a bare year or month is a number of many meanings
    patterns = ("d MMMM y", "d. MMMM y", "MMMM d, y", "d 'de' MMMM 'de' y", "dd.MM.y")
    return (iso, *{format_date(day, pattern, locale).casefold() for pattern in patterns for locale in HOUSE})


@cache
def language_names(given: str) -> tuple[str, ...]:
    """The ISO code of a language with its names."""
    english = {name.casefold(): code for code, name in Locale("en").languages.items() if len(code) == 2}
    word = given.split("(")[0].strip().casefold()
    code = english.get(word, word)
    return (code, *{Locale(locale).languages.get(code, code).casefold() for locale in HOUSE})


if __name__ == "__main__":
    raise SystemExit(main())
