"""How answers, passages and statements look in a terminal. Texts are printed as they are, not as markup."""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ui import render
from ui.report import source_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from ingest.pipeline import IngestReport
    from store.models import ModelState
    from ui.report import ReportJson

WIDE = 200
"""Columns where no terminal shows the output."""
MOST_LINES = 20
DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def console() -> Console:
    """Standard output without markup, so that `[1]` stays `[1]`."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)


def clean(text: str) -> str:
    """The text without characters that would steer the terminal or turn the reading direction."""
    return "".join(c for c in text if c in "\n\t" or (unicodedata.category(c) != "Cc" and c not in DIRECTION))


def print_json(value: object) -> None:
    """For a program to read."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_answer(answer: render.AnswerJson) -> None:
    """The claims, then where each of them stands; for a refusal the nearest paragraphs."""
    out = console()
    for note in answer["notes"]:
        out.print(clean(note), style="yellow")
    if answer["status"] == "not_found":
        out.print(clean(answer["refusal"] or answer["text"]), style="bold")
        if answer["passages"]:
            out.print("\nClosest, not an answer:")
            for number, passage in enumerate(answer["passages"][:3], 1):
                out.print(f"{number}. {_place(passage)}")
                _caveats(out, passage)
        return
    for claim in answer["claims"]:
        mark = "  (not verified)" if claim["support"] == "unverified" else ""
        out.print(clean(claim["text"]) + mark)
    out.print("\nSources")
    for citation in answer["citations"]:
        page = f", page {citation['page']}" if citation["page"] else ""
        out.print(f"[{citation['n']}] {_place(citation)}")
        out.print(f"    {clean(citation['file'])}{page}", style="dim")
        for twin in citation["also"]:
            out.print(f"    also: {_place(twin)}", style="dim")
        _caveats(out, citation)


def print_passages(found: render.SearchJson) -> None:
    """Paragraphs, best first."""
    out = console()
    for number, passage in enumerate(found["passages"], 1):
        out.print(f"{number}. {_place(passage)}", style="bold")
        _caveats(out, passage)
        out.print(f"   {clean(passage['text'])}\n")
    if not found["passages"]:
        out.print("Nothing found.")


def print_statement(statement: render.StatementPageJson) -> None:
    """The header, then the numbered paragraphs."""
    out = console()
    part = f", {statement['part']}" if statement["part"] else ""
    out.print(clean(statement["code"] + part), style="bold")
    rows = (
        ("Title", statement["title"]),
        ("Delegation", statement["delegation"]),
        ("Speaker", statement["speaker"]),
        ("Issued", statement["issued"]),
        ("Event", " to ".join(dict.fromkeys(d for d in (statement["event_from"], statement["event_to"]) if d))),
        ("Meeting", statement["meeting"]),
        ("Language", render.language_name(statement["language"])),
        ("Original", render.language_name(statement["original_language"])),
        ("Distribution", statement["distribution"]),
        ("Superseded by", statement["superseded_by"]),
        ("Amends", statement["amends"]["code"] if statement["amends"] else None),
        ("Amended by", _codes(statement["amended_by"])),
        ("Refers to", _codes(statement["refers_to"])),
        ("Referred to by", _codes(statement["referred_by"], statement["referred_by_count"])),
        ("File", statement["file"]),
        ("Doubts", "; ".join(statement["doubts"])),
    )
    for name, value in rows:
        if value:
            out.print(f"{name + ':':<15} {clean(value)}")
    for paragraph in statement["paragraphs"]:
        number = clean(paragraph["label"] or str(paragraph["number"]))
        out.print(f"\n{number:>5}  {clean(paragraph['text'])}")
        if recognised := render.recognised(paragraph["ocr"]):
            out.print(f"       {recognised}", style="yellow")
        for footnote in paragraph["footnotes"]:
            out.print(f"      {clean(footnote)}", style="dim")
    if statement["also"]:
        out.print("\nAlso under this code:")
        for other in statement["also"]:
            words = (other["code"], other["part"], render.language_name(other["language"]))
            out.print("  " + clean(" · ".join(word for word in words if word)))


def print_statements(statements: Sequence[render.StatementJson]) -> None:
    """One row a statement."""
    rows = [
        (
            statement["code"] + (" (superseded)" if statement["superseded_by"] else ""),
            statement["part"] or "",
            statement["language"],
            statement["issued"] or "",
            statement["delegation"] or "",
            statement["speaker"] or "",
            statement["title"] or "",
        )
        for statement in statements
    ]
    print_table(("Code", "Part", "Lang", "Issued", "Delegation", "Speaker", "Title"), rows)
    console().print(f"{len(statements):,} statements")


def print_status(status: render.StatusJson, folder: str) -> None:
    """What the store holds."""
    languages = ", ".join(f"{render.language_name(code)} {count:,}" for code, count in status["languages"].items())
    rows = [
        ("Store", folder),
        ("Statements", f"{status['statements']:,}"),
        ("Paragraphs", f"{status['paragraphs']:,}"),
        ("Chunks", f"{status['chunks']:,}"),
        ("Languages", languages or "none"),
        ("Fingerprint", status["fingerprint"]),
    ]
    for name, value in rows:
        console().print(f"{name + ':':<13} {value}")


def print_line(value: object) -> None:
    """One line of JSON, at once, for a program that reads as it comes."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_report(report: IngestReport, *, moment: bool = False) -> None:
    """What an ingest did: by language, then what a person should look at; with its `moment` where more will follow."""
    out = console()
    when = f"{time.strftime('%Y-%m-%d %H:%M:%S')}  " if moment else ""
    counts = Counter(taken.header.language for taken in report.taken)
    if counts and not moment:
        rows = [(render.language_name(language) or language, f"{count:,}") for language, count in counts.most_common()]
        print_table(("Language", "Taken in"), rows)
    copies = f"{len(report.copies):,} {'copy' if len(report.copies) == 1 else 'copies'}"
    out.print(
        f"{when}{len(report.taken):,} taken in, {copies}, {report.unchanged:,} unchanged, {report.removed:,} removed, "
        f"{len(report.refused):,} refused, in {report.seconds:.1f} s"
    )
    doubts = Counter(doubt for taken in report.taken for doubt in taken.doubts)
    if doubts:
        out.print(f"Doubts in {sum(1 for taken in report.taken if taken.doubts):,} statements:")
        for doubt, count in doubts.most_common(MOST_LINES):
            out.print(f"  {count:>6,}  {clean(doubt)}")
    if report.missing:
        out.print(f"{len(report.missing):,} rows of the metadata table name no file here:")
        for file in report.missing[:MOST_LINES]:
            out.print(f"  {clean(file)}")
    if report.refused:
        rows = [(source_of(refused.file, refused.member), refused.reason) for refused in report.refused]
        print_table(("Refused", "Reason"), rows)
    sys.stdout.flush()


def print_holdings(report: ReportJson) -> None:
    """What was taken in and what was refused: one row a statement, then one a refusal."""
    rows = [
        (
            source_of(one["file"], one["member"]),
            one["code"],
            one["part"] or "",
            one["language"],
            one["issued"] or "",
            "; ".join(one["doubts"]),
        )
        for one in report["statements"]
    ]
    if rows:
        print_table(("File", "Code", "Part", "Lang", "Issued", "Doubts"), rows)
    if report["refused"]:
        refused = [(source_of(one["file"], one["member"]), one["reason"]) for one in report["refused"]]
        print_table(("Refused", "Reason"), refused)
    console().print(
        f"{report['count']:,} statements, {report['doubted']:,} with doubts, {len(report['refused']):,} refused"
    )


@contextmanager
def progress(what: str, *, hidden: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error; what is given takes how many are done, of how many."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    errors = Console(stderr=True)
    with Progress(*columns, console=errors, transient=True, disable=hidden or not errors.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def model_json(state: ModelState) -> dict[str, object]:
    """A model's card and what the cache holds of it."""
    card = state.card
    return {
        "name": card.name,
        "use": card.use,
        "licence": card.licence,
        "source": card.source,
        "carriers": [carrier.requirement for carrier in card.carriers],
        "sha256": card.members[0].sha256,
        "state": state.state,
        "fault": state.fault,
        "folder": str(state.path),
        "bytes": state.bytes,
    }


def print_models(states: Sequence[ModelState]) -> None:
    """One block a model."""
    out = console()
    for state in states:
        card = state.card
        out.print(f"{card.name} ({card.licence}): {state.state}", style="bold")
        out.print(f"  use       {card.use}")
        out.print(f"  made by   {card.source}")
        for member in card.members:
            out.print(f"  from      {member.carrier.requirement}, {member.path}")
            out.print(f"  sha256    {member.sha256}")
        out.print(f"  folder    {state.path}" + (f" ({state.bytes / 1e6:.0f} MB)" if state.bytes else ""))
        if state.fault:
            out.print(f"  fault     {state.fault}; run: statements models --prepare", style="yellow")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> None:
    """A plain table; long cells wrap."""
    console().print(_table(columns, rows, title))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(*columns, title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(clean(cell) for cell in row))
    return table


def _codes(links: Sequence[render.LinkJson], count: int | None = None) -> str:
    """Codes and parts, each once; in brackets what is not in the store. `count` is how many there are in all."""
    names = [f"{link['code']}, {link['part']}" if link["part"] else link["code"] for link in links]
    shown = dict.fromkeys(name if link["in_store"] else f"({name})" for name, link in zip(names, links, strict=True))
    more = (count or 0) - len(links)
    return "; ".join([*shown, *([f"{more} older ones"] if more > 0 else [])])


def _caveats(out: Console, place: render.PlaceJson) -> None:
    """What a reader should know before he relies on the words."""
    if place["superseded_by"]:
        out.print(f"    superseded by {clean(place['superseded_by'])}", style="yellow")
    if recognised := render.recognised(place["ocr"]):
        out.print(f"    {recognised}", style="yellow")


def _place(place: render.PlaceJson) -> str:
    label = render.citation_label(place["code"], place["part"], place["paragraph"], place["label"])
    words = (label, place["issued"], place["delegation"], place["speaker"], render.language_name(place["language"]))
    return clean(" · ".join(word for word in words if word))
