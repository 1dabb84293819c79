"""The reports as JSON and as a table: what a run did, and what the store holds with its doubts and refusals.

The table begins with the columns of the metadata table, so that it can be corrected and given back with `--metadata`.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from ui import render

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport
    from store.statements import StatementStore


class RefusedJson(TypedDict):
    file: str
    member: str
    reason: str


class DoubtsJson(TypedDict):
    file: str
    member: str
    code: str
    doubts: list[str]


class CopyJson(TypedDict):
    file: str
    same_as: str


class RunJson(TypedDict):
    """What an ingest did."""

    taken: int
    languages: dict[str, int]
    copies: list[CopyJson]
    unchanged: int
    removed: int
    refused: list[RefusedJson]
    doubts: list[DoubtsJson]
    missing: list[str]
    seconds: float


class EntryJson(TypedDict):
    """A statement as a person checks it."""

    root: str
    file: str
    member: str
    also: list[str]
    code: str
    part: str | None
    language: str
    issued: str | None
    title: str | None
    paragraphs: int
    doubts: list[str]
    metadata: dict[str, str | None] | None
    """Its row of the metadata table; None where a table can't correct it."""
    url: str


class RefusalJson(RefusedJson):
    root: str


class ReportJson(TypedDict):
    statements: list[EntryJson]
    refused: list[RefusalJson]
    count: int
    doubted: int


def run_json(report: IngestReport) -> RunJson:
    """What an ingest did, for a program to read."""
    return {
        "taken": len(report.taken),
        "languages": dict(Counter(taken.header.language for taken in report.taken).most_common()),
        "copies": [{"file": copy.file, "same_as": copy.same_as} for copy in report.copies],
        "unchanged": report.unchanged,
        "removed": report.removed,
        "refused": [{"file": one.file, "member": one.member, "reason": one.reason} for one in report.refused],
        "doubts": [
            {"file": one.file, "member": one.member, "code": one.header.code, "doubts": list(one.doubts)}
            for one in report.taken
            if one.doubts
        ],
        "missing": list(report.missing),
        "seconds": round(report.seconds, 1),
    }


def report_json(store: StatementStore, *, doubts: bool = False) -> ReportJson:
    """What the store holds; with `doubts` only the statements that have some."""
    from ingest.metadata import Row
    from ingest.report import report, rows_of

    found = report(store)
    rows = rows_of([entry.statement for entry in found.entries])
    columns = [field.name for field in fields(Row) if field.name != "parts"]
    entries: list[EntryJson] = []
    for entry in found.entries:
        one, header = entry.statement, entry.statement.header
        row = rows.get(one.id)
        if doubts and not entry.doubts:
            continue
        entries.append(
            {
                "root": one.root,
                "file": one.file,
                "member": one.member,
                "also": list(one.also),
                "code": header.code,
                "part": header.part,
                "language": header.language,
                "issued": header.issued,
                "title": header.title,
                "paragraphs": one.paragraphs,
                "doubts": list(entry.doubts),
                "metadata": {name: getattr(row, name) for name in columns} if row else None,
                "url": render.address_of(one),
            }
        )
    return {
        "statements": entries,
        "refused": [
            {"file": one.file, "member": one.member, "reason": one.reason, "root": root}
            for root, ones in found.refused.items()
            for one in ones
        ],
        "count": len(found.entries),
        "doubted": sum(1 for entry in found.entries if entry.doubts),
    }


def report_csv(report: ReportJson) -> str:
    """The table. A row without `file` is for reading only: a refused file, or a member of a container."""
    from ingest.metadata import FORMULA, Row

    given = [field.name for field in fields(Row) if field.name != "parts"]
    columns = [*given, "doubts", "refused", "also", "paragraphs", "source", "folder"]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    rows: list[dict[str, str | None]] = [
        {
            **(one["metadata"] or {"code": one["code"], "part": one["part"], "language": one["language"]}),
            "doubts": "; ".join(one["doubts"]),
            "also": "; ".join(one["also"]),
            "paragraphs": str(one["paragraphs"]),
            "source": source_of(one["file"], one["member"]),
            "folder": one["root"],
        }
        for one in report["statements"]
    ]
    rows += [
        {"refused": one["reason"], "source": source_of(one["file"], one["member"]), "folder": one["root"]}
        for one in report["refused"]
    ]
    for row in rows:
        # What a document says must not become a formula of the spreadsheet that opens the table.
        writer.writerow({k: f"'{v}" if v and v.startswith(FORMULA) else v for k, v in row.items()})
    return out.getvalue()


def source_of(file: str, member: str) -> str:
    """A file, or what it holds: `a.zip: annexes/b.pdf`."""
    return f"{file}: {member}" if member else file
