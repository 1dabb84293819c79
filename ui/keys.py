"""Commands for API keys: `statements keys add`, `list`, `revoke`. A running server heeds them at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from store.errors import InputError
from ui.options import Json
from ui.people import ROLES

if TYPE_CHECKING:
    from datetime import datetime

    from store.access import Key, Keys
    from ui.settings import Settings

app = typer.Typer(name="keys", help="API keys: for programs that ask, by which they are known.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Who or what uses the key.")]
Role = Annotated[str, typer.Option(help="What it may do: reader, editor or administrator.")]
Groups = Annotated[list[str], typer.Option("--group", help="It may read what this group may; may be repeated.")]
Expires = Annotated[str | None, typer.Option(metavar="DATE", help="Last day that it counts, such as 2027-12-31.")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    role: Role = "reader",
    group: Groups = [],  # noqa: B006  typer makes a new one for each call
    expires: Expires = None,
) -> None:
    """Make a key and show it, this once."""
    settings = context.obj.settings()
    if role not in ROLES:
        raise InputError(f"there is no role {role}; there is: {', '.join(ROLES)}")
    known = settings.access.groups
    if not group or not set(group) <= set(known):
        wrong = ", ".join(one for one in group if one not in known) or "none"
        raise InputError(f"--group is {wrong}; access.groups has {', '.join(known) or 'none'}; see docs/access.md")
    with _keys(settings) as keys:
        key, text = keys.add(name, role, group, _end_of(expires) if expires else None)
    typer.echo(f"Key {key.name} ({key.id}). It is shown this once:", err=True)
    typer.echo(text)


@app.command(name="list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Every key: who, what for, until when."""
    from dataclasses import asdict

    from ui import console

    with _keys(context.obj.settings()) as keys:
        found = keys.all()
    if json:
        console.print_json([asdict(key) for key in found])
        return
    columns = ("Key", "Name", "Role", "Groups", "Made", "Expires", "State")
    console.print_table(columns, [_row(key) for key in found])


@app.command()
def revoke(context: typer.Context, name: Annotated[str, typer.Argument(help="Name or id of the key.")]) -> None:
    """From now on the key does not count."""
    with _keys(context.obj.settings()) as keys:
        key = keys.revoke(name)
    typer.echo(f"{key.name} ({key.id}) revoked")


def _row(key: Key) -> tuple[str, ...]:
    from datetime import UTC, datetime

    state = "revoked" if key.revoked else "expired" if key.fault(datetime.now(UTC)) else "counts"
    day = key.expires[:10] if key.expires else "never"
    return key.id, key.name, key.role, ", ".join(key.groups), key.made[:10], day, state


def _end_of(day: str) -> datetime:
    """The moment, UTC, when this day ends. Raises InputError for what is no day, or one that is over."""
    from datetime import UTC, datetime, timedelta

    try:
        end = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{day} is no date; write 2027-12-31") from error
    if end <= datetime.now(UTC):
        raise InputError(f"{day} is over; give a later day")
    return end


@contextmanager
def _keys(settings: Settings) -> Iterator[Keys]:
    from store.access import AccessDatabase, Keys

    with closing(AccessDatabase(settings.store.folder)) as database:
        yield Keys(database)
