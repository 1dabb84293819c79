"""A side-car table (CSV) that a registry office exports. What it gives wins over what is parsed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from ingest.dates import iso_date
from ingest.languages import is_spoken_remark, language_code, spoken_language
from store.codes import normalise
from store.errors import InputError
from store.types import Header

MANIFEST = "manifest.csv"
"""Name under which a table in the folder itself is found."""


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

    def canonical(self) -> str:
        """The same text for the same content: part of a statement's digest."""
        return "\x1f".join(f"{name}={value}" for name, value in asdict(self).items() if value and name != "file")


def load_metadata(path: Path) -> dict[str, Row]:
    """Rows by file. Raises InputError for a table without a `file` column or with two rows for one file."""
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
        found = ", ".join(columns) or "none"
        raise InputError(
            f"metadata table {path} has no column `file` (found: {found}): name the column of file paths `file`"
        )
    reader.fieldnames = columns
    rows: dict[str, Row] = {}
    lines: dict[str, int] = {}
    for line, row in _rows(reader, path):
        if row.file in rows:
            raise InputError(
                f"metadata table {path} has two rows for {row.file} (lines {lines[row.file]} and {line}): remove one"
            )
        rows[row.file], lines[row.file] = row, line
    return rows


def _rows(reader: csv.DictReader[str], path: Path) -> Iterator[tuple[int, Row]]:
    known = [field.name for field in fields(Row)]
    try:
        for values in reader:
            row = {name: _value(values.get(name)) for name in known}
            file = (row.pop("file") or "").replace("\\", "/").removeprefix("./")
            if file:
                yield reader.line_num, Row(file, **row)
    except csv.Error as error:
        raise InputError(f"metadata table {path}, line {reader.line_num}: {error}") from error


def _value(text: object) -> str | None:
    """A cell with its white space joined; empty and `None` are not given."""
    if not isinstance(text, str):
        return None
    tidy = " ".join(text.split())
    return None if tidy.casefold() in ("", "none", "null", "n/a") else tidy


def apply(row: Row | None, header: Header) -> Header:
    """The header with what the table gives put over what was parsed."""
    if row is None:
        return header
    # Tables made from verbatim records put `spoke in Chinese` where the delegation belongs.
    remark = row.organization if row.organization and is_spoken_remark(row.organization) else None
    given: Mapping[str, str | None] = {
        "code": normalise(row.code) or row.code if row.code else None,
        "part": row.part,
        "issued": iso_date(row.date) if row.date else None,
        "speaker": row.speaker,
        "delegation": None if remark else row.organization,
        "language": language_code(row.language) if row.language else None,
        "original_language": (language_code(row.original_language) if row.original_language else None)
        or (spoken_language(remark) if remark else None),
        "title": row.title,
    }
    header = replace(header, **{name: value for name, value in given.items() if value})  # type: ignore[arg-type]
    return replace(header, code_made=False) if row.code else header


def doubts(row: Row | None) -> Iterator[str]:
    """Values of the table that could not be read as what their column is for."""
    if row is None:
        return
    if row.date and not iso_date(row.date):
        yield f"metadata date not understood: {row.date}"
    for name, value in (("language", row.language), ("original_language", row.original_language)):
        if value and not language_code(value):
            yield f"metadata {name} not understood: {value}"
