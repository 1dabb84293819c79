"""A side-car table (CSV) that a registry office exports. What it gives wins over what is parsed."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from ingest.dates import iso_date
from ingest.languages import is_spoken_remark, language_code, spoken_language
from ingest.speakers import on_behalf
from store.codes import normalise
from store.errors import InputError
from store.types import Header

MANIFEST = "manifest.csv"
"""Name under which a table in the folder itself is found."""

FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for the beginning of a formula; a cell that is none has a `'` before it."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the table gives for one file; None where it gives nothing."""

    file: str
    code: str | None = None
    part: str | None = None
    date: str | None = None
    speaker: str | None = None
    organization: str | None = None
    language: str | None = None
    original_language: str | None = None
    title: str | None = None
    parts: tuple[Row, ...] = ()
    """Further rows of the same file, each for one of its parts."""

    def canonical(self) -> str:
        """The same text for the same content: part of a statement's digest."""
        own = (getattr(self, name) for name in _COLUMNS)
        given = [f"{name}={value}" for name, value in zip(_COLUMNS, own, strict=True) if value and name != "file"]
        return "\x1f".join(given) + "".join(f"\x1d{part.canonical()}" for part in self.parts)

    def names(self, part: str | None) -> bool:
        """Whether a row is for a part of this name."""
        return part is not None and any(row.part and _same(row.part, part) for row in (self, *self.parts))


_COLUMNS = tuple(field.name for field in fields(Row) if field.name != "parts")
_OF_THE_DOCUMENT = ("date", "language")
"""Columns that hold for every part of a file alike; the others of a row without part are the document's own."""


def load_metadata(path: Path) -> dict[str, Row]:
    """Rows by file, those of its parts within. Raises InputError for a table without a `file` column.

    Also for two rows of one file that are not for different parts of it.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"metadata table {path} can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"metadata table {path} is not in UTF-8: export it as CSV UTF-8") from error
    first = text.split("\n", 1)[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    columns = [(name or "").strip().casefold() for name in reader.fieldnames or []]
    if "file" not in columns:
        names = ", ".join(columns) or "none"
        raise InputError(
            f"metadata table {path} has no column `file` (found: {names}): name the column of file paths `file`"
        )
    reader.fieldnames = columns
    found: dict[str, dict[str | None, Row]] = {}
    lines: dict[tuple[str, str | None], int] = {}
    for line, row in _rows(reader, path):
        part = row.part.casefold() if row.part else None
        before = lines.setdefault((row.file, part), line)
        if before != line:
            what = f"{row.file}, part {row.part}" if row.part else row.file
            raise InputError(f"metadata table {path} has two rows for {what} (lines {before} and {line}): remove one")
        found.setdefault(row.file, {})[part] = row
    return {file: _joined(file, rows) for file, rows in found.items()}


def _joined(file: str, rows: dict[str | None, Row]) -> Row:
    """The rows of one file as one: the row without a part, and those of the parts."""
    if len(rows) == 1:
        return next(iter(rows.values()))
    return replace(rows.get(None, Row(file)), parts=tuple(row for part, row in rows.items() if part is not None))


def _rows(reader: csv.DictReader[str], path: Path) -> Iterator[tuple[int, Row]]:
    try:
        for values in reader:
            row = {name: _value(values.get(name)) for name in _COLUMNS}
            file = (row.pop("file") or "").replace("\\", "/").removeprefix("./")
            if file:
                yield reader.line_num, Row(file, **row)  # type: ignore[arg-type]
    except csv.Error as error:
        raise InputError(f"metadata table {path}, line {reader.line_num}: {error}") from error


def _value(text: object) -> str | None:
    """A cell with its white space joined; empty and `None` are not given."""
    if not isinstance(text, str):
        return None
    tidy = " ".join(text.split())
    if tidy.startswith("'") and tidy[1:].startswith(FORMULA):
        tidy = tidy[1:]
    return None if tidy.casefold() in ("", "none", "null", "n/a") else tidy


def apply(row: Row | None, header: Header, *, among: bool = False, own: bool = True) -> Header:
    """The header with what the table gives put over what was parsed.

    `among` where the file holds further statements, so that a row without a part gives the parts only what they share;
    `own` where this one bears the code of the document.
    """
    if row is None:
        return header
    part = next((one for one in (row, *row.parts) if one.part and header.part and _same(one.part, header.part)), None)
    if not among or (header.part is None and own):
        header = _put(row, header) if not among or not row.part else header
    elif not row.part:
        header = _put(_shared(row, own=own), header)
    return _put(part, header) if part and own else header


def _shared(row: Row, *, own: bool) -> Row:
    given = {name: getattr(row, name) for name in _OF_THE_DOCUMENT}
    return Row(row.file, code=row.code if own else None, **given)


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _put(row: Row, header: Header) -> Header:
    # Tables made from verbatim records put `spoke in Chinese` where the delegation belongs.
    remark = row.organization if row.organization and is_spoken_remark(row.organization) else None
    delegation, aligned = on_behalf(row.organization) if row.organization and not remark else (None, None)
    given: Mapping[str, str | None] = {
        "code": normalise(row.code) or row.code if row.code else None,
        "part": row.part,
        "issued": iso_date(row.date) if row.date else None,
        "speaker": row.speaker,
        "delegation": delegation,
        "aligned": aligned,
        "language": language_code(row.language) if row.language else None,
        "original_language": (language_code(row.original_language) if row.original_language else None)
        or (spoken_language(remark) if remark else None),
        "title": row.title,
    }
    header = replace(header, **{name: value for name, value in given.items() if value})  # type: ignore[arg-type]
    return replace(header, code_made=False) if row.code else header


def unknown_parts(row: Row | None, parts: Collection[str | None]) -> Iterator[str]:
    """Parts that the table gives rows for and the file does not have."""
    for one in row.parts if row else ():
        if one.part and not any(part and _same(one.part, part) for part in parts):
            yield f"metadata for part {one.part}, which the file does not have"


def doubts(row: Row | None) -> Iterator[str]:
    """Values of the table that could not be read as what their column is for."""
    if row is None:
        return
    for part in row.parts:
        yield from doubts(part)
    if row.date and not iso_date(row.date):
        yield f"metadata date not understood: {row.date}"
    for name, value in (("language", row.language), ("original_language", row.original_language)):
        if value and not language_code(value):
            yield f"metadata {name} not understood: {value}"
