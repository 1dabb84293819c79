"""DOC, the binary Word format, by a program that is installed: antiword, else LibreOffice. Neither runs macros."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ingest.blocks import row_lines
from ingest.docx import read_docx
from ingest.kinds import open_compound
from ingest.limits import bounded
from ingest.reader import Line, Pages, clean
from store.errors import InputError

_SECONDS = 60
"""For one file: LibreOffice takes ten to start on a slow machine."""
_MEMORY = 1_000_000
"""Kilobytes that antiword may take."""
_MISSING = "is an old Word file (DOC), for which antiword or LibreOffice is needed: apt-get install antiword"


def read_doc(path: Path) -> Pages:
    """The text in order. Raises InputError for an encrypted or damaged file, and where neither program is installed."""
    with open_compound(path) as ole:
        head = ole.openstream("WordDocument").read(12) if ole.exists("WordDocument") else b""
    if len(head) == 12 and head[11] & 1:
        raise InputError("is encrypted: its password is not known here")
    antiword, office = shutil.which("antiword"), shutil.which("soffice") or shutil.which("libreoffice")
    if antiword is None and office is None:
        raise InputError(_MISSING)
    reason = ""
    if antiword is not None:
        try:
            return _by_antiword(antiword, path)
        except InputError as error:
            reason = str(error)
    if office is None:
        raise InputError(reason)
    return _by_office(office, path)


def _by_antiword(program: str, path: Path) -> Pages:
    """A paragraph is a line, numbers are printed, hidden and removed text is not; cells stand between bars."""
    with tempfile.TemporaryDirectory(prefix="statements-") as home:
        shell = ["sh", "-c", f'ulimit -v {_MEMORY} && exec "$@"', "sh"]
        run = _run([*shell, program, "-t", "-w", "0", "-m", "UTF-8.txt", str(path.absolute())], Path(home))
    if run.returncode:
        reason = "it crashes" if run.returncode < 0 else _last_line(run.stderr)
        raise InputError(f"can't be read by antiword: {reason}")
    lines: list[Line] = []
    for raw in run.stdout.decode("utf-8", "replace").replace("\f", "\n").splitlines():
        text = clean(raw).strip()
        if text.startswith("|") and text.endswith("|") and len(text) > 2:
            lines.extend(row_lines([[Line(" ".join(cell.split()))] for cell in text[1:-1].split("|")]))
        else:
            lines.extend((Line(text), Line("")) if text else ())
    return Pages(tuple(bounded(lines)), whole=True)


def _by_office(program: str, path: Path) -> Pages:
    """Converted to DOCX with a profile of its own, that is thrown away, then read as one."""
    with tempfile.TemporaryDirectory(prefix="statements-") as folder:
        home = Path(folder)
        source = home / "in" / "statement.doc"
        source.parent.mkdir()
        shutil.copyfile(path, source)
        command = [
            program,
            "--headless",
            "--norestore",
            "--nolockcheck",
            f"-env:UserInstallation={home.as_uri()}/profile",
        ]
        run = _run([*command, "--convert-to", "docx", "--outdir", str(home), str(source)], home)
        made = home / "statement.docx"
        if not made.is_file():
            raise InputError(f"can't be converted by LibreOffice: {_last_line(run.stderr)}")
        return read_docx(made)


def _run(command: list[str], home: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a program with nothing of the user's own settings. Raises InputError where it takes too long."""
    environment = {**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(
            command,
            capture_output=True,
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"is an old Word file that takes more than {_SECONDS} seconds to read") from error


def _last_line(output: bytes) -> str:
    lines = [clean(line).strip() for line in output.decode("utf-8", "replace").splitlines()]
    return next((line[:200] for line in reversed(lines) if line), "no reason given")
