"""The store's own check while it is served: a sample at the start, everything on request."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from store.errors import StatementsError

if TYPE_CHECKING:
    from store.doctor import Report
    from store.statements import StatementStore

LOG = logging.getLogger("statements")


class FindingJson(TypedDict):
    part: str
    kind: str
    what: str
    mended: bool
    remedy: str | None
    file: str | None
    """The source file to take in again, where that is what helps."""


class CheckJson(TypedDict):
    """What a check of the store found."""

    sound: bool
    full: bool
    indexes: bool
    """False where they could not be looked at, because another process has the store."""
    statements: int
    chunks: int
    findings: list[FindingJson]
    seconds: float


def check_json(report: Report) -> CheckJson:
    return {
        "sound": report.sound,
        "full": report.full,
        "indexes": report.indexes,
        "statements": report.statements,
        "chunks": report.chunks,
        "findings": [
            {
                "part": one.part,
                "kind": one.kind,
                "what": one.what,
                "mended": one.mended,
                "remedy": None if one.mended else one.remedy,
                "file": str(Path(*one.source)) if one.source else None,
            }
            for one in report.findings
        ],
        "seconds": round(report.seconds, 2),
    }


class Checkup:
    """Checks an open store beside its answers; what is wrong is logged and kept. Nothing is repaired meanwhile."""

    def __init__(self, store: StatementStore) -> None:
        self._store = store
        self._thread: threading.Thread | None = None
        self.last: CheckJson | None = None

    def start(self) -> None:
        """Look at a sample, without letting anybody wait for it."""
        self._thread = threading.Thread(target=self._first, name="checkup")
        self._thread.start()

    def run(self, *, full: bool) -> CheckJson:
        """Writing waits until it is done; answers do not."""
        found = check_json(self._store.check(full=full))
        for one in found["findings"]:
            if not one["mended"]:
                LOG.error("the store needs attention: %s; %s", one["what"], one["remedy"])
        self.last = found
        return found

    def close(self) -> None:
        """To be called before the store is closed."""
        if self._thread:
            self._thread.join()

    def _first(self) -> None:
        try:
            self.run(full=False)
        except StatementsError as error:
            LOG.error("the store could not be checked: %s", error)
