"""Commands that keep the store: delete, purge, rebuild, doctor, backup, restore."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from store.errors import AccessError, FingerprintError, InputError, NotFoundError, SignInError
from ui.options import Code, Json, Language, Part, Yes

if TYPE_CHECKING:
    from store.statements import StatementStore
    from store.types import StoredStatement
    from ui.checkup import CheckJson
    from ui.settings import Settings

app = typer.Typer()


@app.command()
def delete(context: typer.Context, code: Code, part: Part = None, language: Language = None, yes: Yes = False) -> None:
    """Take a statement out of the store; its file stays where it is."""
    from ui.wiring import open_store

    with open_store(context.obj.settings()) as store:
        chosen = _chosen(store, code, part, language)
        _confirm("Delete", chosen, yes)
        removed = store.delete([statement.id for statement in chosen])
    typer.echo(f"{removed} deleted")


@app.command()
def purge(context: typer.Context, code: Code, part: Part = None, language: Language = None, yes: Yes = False) -> None:
    """Take a statement out of the store and its text off the disk; its file stays where it is."""
    from ui.conversations import kept_in
    from ui.wiring import open_store

    settings = context.obj.settings()
    with open_store(settings) as store:
        chosen = _chosen(store, code, part, language)
        _confirm("Purge", chosen, yes)
        removed = store.purge([statement.id for statement in chosen])
        turns = kept_in(settings).forget([statement.header.code for statement in chosen])
    if turns:
        typer.echo(f"{turns} answers that showed it are no longer in their conversations")
    typer.echo(f"{removed} purged; backups made before, and these files, still hold the text:")
    for file in sorted({str(Path(one.root, name)) for one in chosen for name in (one.file, *one.also)}):
        typer.echo(f"  {file}")


@app.command()
def rebuild(context: typer.Context) -> None:
    """Make the indexes again from what is kept, after a change of embedder or chunker."""
    from ui import console
    from ui.wiring import open_store, rebuild_store

    with open_store(context.obj.settings(), any_index=True) as store:
        with console.progress("Rebuilding") as progress:
            rebuild_store(store, progress)
        typer.echo(f"{store.status().statements:,} statements indexed")


@app.command()
def doctor(
    context: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="Look at everything, not at a sample.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    json: Json = False,
) -> None:
    """Check that the store holds what it says it holds; a server that has it does so itself."""
    from ui import console

    found = _checked(context.obj.settings(), full=full, repair=repair)
    console.print_json(found) if json else _print_check(found)
    if not found["sound"]:
        raise typer.Exit(1)


@app.command()
def backup(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="File to write; an older backup is replaced.")]
) -> None:
    """Write the whole store to one file, also while it is served."""
    from store.backup import backup as write

    manifest = write(context.obj.settings().store.folder, file)
    typer.echo(f"{manifest.statements:,} statements in {file} ({file.stat().st_size / 1e6:,.1f} MB)")


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace what the store's folder holds.")] = False,
) -> None:
    """Put a backup in the store's folder and make the indexes again, without embedding."""
    from store.backup import restore as put
    from store.schema import VERSION
    from ui.wiring import open_store

    settings = context.obj.settings()
    manifest = put(file, settings.store.folder, replace=replace)
    typer.echo(f"{manifest.statements:,} statements restored, as they were on {manifest.made}")
    if manifest.schema != VERSION:
        typer.echo(f"made by version {manifest.program} with schema {manifest.schema}: brought up to schema {VERSION}")
    try:
        with open_store(settings) as store:
            typer.echo(f"{store.status().chunks:,} chunks indexed")
    except FingerprintError as error:
        typer.echo(str(error))


def _chosen(store: StatementStore, code: str, part: str | None, language: str | None) -> list[StoredStatement]:
    """Exactly what is named: of a code without its revision, no revision."""
    from store.codes import code_key
    from ui.service import language_of

    found = store.find(code, part, language_of(language) if language else None)
    exact = [statement for statement in found if code_key(statement.header.code) == code_key(code)]
    if not exact:
        raise NotFoundError(f"no statement {code} in the store; see: statements list")
    return exact


def _confirm(what: str, chosen: list[StoredStatement], yes: bool) -> None:
    from ui import console

    if yes:
        return
    console.print_table(
        ("Code", "Part", "Lang", "File"),
        [(s.header.code, s.header.part or "", s.header.language, s.file) for s in chosen],
    )
    if not sys.stdin.isatty():
        raise InputError(f"nothing was {what.lower()}d: add --yes where nobody can be asked")
    typer.confirm(f"{what}?", abort=True)


def _checked(settings: Settings, *, full: bool, repair: bool) -> CheckJson:
    from store.doctor import check_registry
    from store.lock import read_owner
    from ui.checkup import check_json
    from ui.client import ServerClient
    from ui.wiring import open_store

    folder = settings.store.folder
    owner = read_owner(folder)
    if owner is not None and not repair:
        if owner.address:
            try:
                return ServerClient(owner.address, settings.access).check(full=full)
            except (NotFoundError, SignInError, AccessError):  # it serves nothing to an administrator, or not to us
                pass
        return check_json(check_registry(folder, full=full))
    if not folder.exists():
        raise NotFoundError(f"no store in {folder}; choose another --store DIR")
    with open_store(settings, wary=full) as store:
        return check_json(store.check(full=full, repair=repair))


def _print_check(found: CheckJson) -> None:
    from ui import console

    if found["findings"]:
        rows = [(one["part"], one["what"], one["remedy"] or "mended") for one in found["findings"]]
        console.print_table(("Where", "What is wrong", "What to do"), rows)
    out = console.console()
    extent = "everything" if found["full"] else "a sample"
    state = "the store is sound" if found["sound"] else "the store needs attention"
    out.print(
        f"{found['statements']:,} statements and {found['chunks']:,} chunks, {extent} looked at "
        f"in {found['seconds']:.1f} s: {state}"
    )
    if not found["indexes"]:
        out.print("The indexes were not looked at: another process has the store. Stop it for that.")
