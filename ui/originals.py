"""The file that a statement was taken from, to download: as it is, never to be shown by the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import NotFoundError

if TYPE_CHECKING:
    from fastapi.responses import Response

    from store.types import StoredStatement

HARMLESS = "application/octet-stream"
"""A browser keeps it as a file whatever it holds."""


def original_of(statement: StoredStatement) -> Path | None:
    """The file on this machine; None where it is gone, or is no file of the folder that was taken in.

    What came out of a container has none: the container holds other documents too.
    """
    if statement.member or not statement.root:
        return None
    root = Path(statement.root).resolve()
    file = (root / statement.file).resolve()
    return file if file.is_relative_to(root) and file.is_file() else None


def download(statement: StoredStatement) -> Response:
    """Raises NotFoundError where there is no such file."""
    from fastapi.responses import FileResponse

    file = original_of(statement)
    if file is None:
        raise NotFoundError(f"the file of {statement.header.code} is not on this machine")
    return FileResponse(file, media_type=HARMLESS, filename=file.name, content_disposition_type="attachment")
