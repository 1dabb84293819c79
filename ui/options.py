"""What several commands take, with the same words of help."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
Code = Annotated[str, typer.Argument(help="Document code in any spelling.")]
Part = Annotated[str | None, typer.Option(help="Part under the code, such as 'Annex 2'.")]
Language = Annotated[str | None, typer.Option(help="Language of the text, such as en.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
