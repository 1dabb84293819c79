"""`statements eval`: how well the assistant does on questions whose right answers are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from store.errors import InputError
from ui.options import Json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.evaluation import Figure, Judgement

app = typer.Typer()


@app.command("eval")
def evaluate(
    context: typer.Context,
    questions: Annotated[
        Path, typer.Argument(metavar="FILE", help="Questions with their right quotes, one JSON object a line.")
    ],
    details: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write each question's figures, to compare a later run with.")
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option("--compare", metavar="FILE", help="The details of an earlier run over these questions."),
    ] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page (HTML) with every question.")] = None,
    as_json: Json = False,
) -> None:
    """Ask questions whose right answers are known, and say how many were found, answered rightly, or refused."""
    from assistant.evaluation import compare, evaluate, read_questions, read_rows, row, summary
    from ui import console, pages
    from ui.wiring import build_assistant, open_store

    if not questions.is_file():
        raise InputError(f"{questions} is no file; name one with a question a line")
    asked = read_questions(questions)
    if not asked:
        raise InputError(f"{questions} holds no question")
    older = read_rows(before) if before else None
    settings = context.obj.settings()
    with open_store(settings) as store, console.progress("Asking", hidden=as_json) as progress:
        judged = evaluate(build_assistant(settings, store), asked, progress)
    found = summary(judged)
    change = compare(older, {item.question.id: item.figures() for item in judged}) if older is not None else None
    if details:
        _write(details, "".join(json.dumps(row(item), ensure_ascii=False) + "\n" for item in judged))
    if page:
        _write(page, pages.evaluation_page(questions.name, found, change, judged))
    if as_json:
        console.print_json(_json(found, change, judged))
    else:
        _print(found, change)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"can't write {file} ({error.strerror}); name another file") from error


def _json(
    found: Mapping[str, Mapping[str, Figure]], change: Mapping[str, Figure] | None, judged: Sequence[Judgement]
) -> dict[str, object]:
    from dataclasses import asdict

    def plain(figures: Mapping[str, Figure]) -> dict[str, object]:
        return {name: asdict(figure) for name, figure in figures.items()}

    times = sorted(item.ms for item in judged)
    return {
        "figures": {group: plain(figures) for group, figures in found.items()},
        "change": plain(change) if change is not None else None,
        "ms_p50": times[len(times) // 2],
        "ms_p95": times[int(len(times) * 0.95)],
    }


def _print(found: Mapping[str, Mapping[str, Figure]], change: Mapping[str, Figure] | None) -> None:
    from assistant.evaluation import FIGURES
    from ui import console

    names = [name for name in FIGURES if any(name in figures for figures in found.values())]
    rows = [
        (group, str(max(figure.n for figure in figures.values())), *(_cell(figures.get(name)) for name in names))
        for group, figures in found.items()
    ]
    console.print_table(("Questions", "n", *names), rows)
    every = found.get("all", {})
    console.print_table(
        ("All answerable", "mean", "95 % interval"),
        [
            (name, f"{every[name].mean:.3f}", f"{every[name].low:.3f} to {every[name].high:.3f}")
            for name in names
            if name in every
        ],
    )
    if change is not None:
        console.print_table(
            ("Change", "n", "mean", "95 % interval"),
            [(n, str(c.n), f"{c.mean:+.3f}", f"{c.low:+.3f} to {c.high:+.3f}") for n, c in change.items()],
        )


def _cell(figure: Figure | None) -> str:
    return f"{figure.mean:.3f}" if figure else ""
