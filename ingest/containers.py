"""Files that hold files: each member is read as a file of its own would be, by its content, within common bounds."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path, PurePosixPath

from ingest.archive import MOST_DEEP, Archive, Budget
from ingest.kinds import kind_by_content
from ingest.mail import Mail, read_eml, read_msg
from ingest.reader import ENDINGS, Document, formats, read
from store.errors import InputError


def container_documents(path: Path, kind: str) -> Iterator[Document]:
    """The documents of an archive or e-mail. Raises InputError where it can't be read itself or holds nothing."""
    with tempfile.TemporaryDirectory(prefix="statements-") as folder:
        container = _Container(Path(folder))
        empty = True
        for document in container.inside(path, kind, "", 1):
            empty = False
            yield document
        if empty:
            raise InputError("holds no text" if kind != "zip" else "is an archive without files")


class _Container:
    """One file with all that is nested in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._budget = Budget()
        self._names = count()

    def inside(self, path: Path, kind: str, name: str, depth: int) -> Iterator[Document]:
        """What a container holds, itself named `name` inside the outermost one."""
        if depth > MOST_DEEP:
            raise InputError(f"lies more than {MOST_DEEP} archives or e-mails deep: taken for a trap")
        if kind == "zip":
            yield from self._archive(path, name, depth)
        else:
            yield from self._mail(read_eml(path) if kind == "eml" else read_msg(path), name, depth)

    def _archive(self, path: Path, name: str, depth: int) -> Iterator[Document]:
        with Archive(path) as archive:
            for member in archive.members():
                label = f"{name}/{member.name}" if name else member.name
                try:
                    self._budget.count()
                    if member.reason:
                        raise InputError(member.reason)
                    with self._place(member.name) as target:
                        archive.unpack(member, target, self._budget)
                        yield from self._file(target, label, depth)
                except InputError as error:
                    yield Document(label, None, str(error))
                if self._budget.spent:
                    return

    def _mail(self, mail: Mail, name: str, depth: int) -> Iterator[Document]:
        if mail.body is not None and any(sign.isalnum() for line in mail.body.lines for sign in line.text):
            yield Document(name, mail.body)
        seen: dict[str, int] = {}
        for attachment in mail.attachments:
            seen[attachment.name] = seen.get(attachment.name, 0) + 1
            again = f" ({seen[attachment.name]})" if seen[attachment.name] > 1 else ""
            label = f"{name}/{attachment.name}{again}" if name else f"{attachment.name}{again}"
            try:
                self._budget.count()
                if isinstance(attachment.content, Mail):
                    yield from self._mail(attachment.content, label, depth)
                    continue
                self._budget.count(len(attachment.content))
                with self._place(attachment.name) as target:
                    target.write_bytes(attachment.content)
                    yield from self._file(target, label, depth)
            except InputError as error:
                yield Document(label, None, str(error))
            if self._budget.spent:
                return

    @contextmanager
    def _place(self, name: str) -> Iterator[Path]:
        """Where a member lies while it is read; of its own name only the ending is kept, which must be a known one."""
        ending = _ending(name)
        if ending and ending not in ENDINGS:
            raise InputError(f"format {ending} is not read ({formats()} are)")
        target = self._folder / f"{next(self._names)}{ending}"
        try:
            yield target
        finally:
            target.unlink(missing_ok=True)

    def _file(self, path: Path, label: str, depth: int) -> Iterator[Document]:
        kind = kind_by_content(path, ENDINGS.get(path.suffix))
        if kind in ("zip", "eml", "msg"):
            yield from self.inside(path, kind, label, depth + 1)
        else:
            yield Document(label, read(path, kind))


def _ending(name: str) -> str:
    """The ending of a member's name; what else stands behind a dot, as in `Decision No. 5`, is none."""
    ending = PurePosixPath(name).suffix.lower()
    return ending if re.fullmatch(r"\.[a-z][a-z\d]{1,4}", ending) else ""
