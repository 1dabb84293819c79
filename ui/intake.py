"""Files taken in while the server answers: those that are uploaded, and those of a folder that it follows."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import tempfile
import threading
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from typing_extensions import TypedDict

from store.errors import StatementsError
from ui.report import RefusedJson, RunJson, run_json

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport, Progress
    from store.statements import StatementStore
    from ui.settings import IngestSettings

FOLDER = "uploads"
"""Below the store's own folder."""
MOST_NAME_BYTES = 150
FAILED = "the program failed on it; the server's log has the details"
LOG = logging.getLogger("statements")
_UNSAFE = re.compile(r'[<>:"|?*\\/]')


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrives."""

    name: str
    """As the sender gives it: anything."""
    stream: BinaryIO


class WorkJson(TypedDict):
    """One way in: what it does now and what it did last."""

    running: bool
    done: int
    total: int
    file: str
    finished: str | None
    """When the last run ended; ISO 8601, local time."""
    report: RunJson | None
    failure: str | None
    """Why the last run could not be done."""


class IntakeJson(TypedDict):
    uploads: WorkJson
    watch: WorkJson | None
    watched: str | None


class ReceivedJson(TypedDict):
    """What became of the files of one upload when they arrived; the intake follows."""

    received: list[str]
    refused: list[RefusedJson]


class Intake:
    """Takes files into the open store, beside the answers. Thread-safe."""

    def __init__(self, store: StatementStore, settings: IngestSettings, upload_bytes: int) -> None:
        self._store = store
        self._settings = settings
        self._upload_bytes = upload_bytes
        self._folder = store.folder.resolve() / FOLDER
        self._stop = threading.Event()
        self._queue = ThreadPoolExecutor(1, "uploads")
        self._uploads = _Work()
        self._watch = _Work() if settings.watch else None
        self._following: threading.Thread | None = None

    def start(self) -> None:
        """Begin to follow the folder of the settings, where there is one."""
        if self._settings.watch:
            self._following = threading.Thread(target=self._follow, args=(self._settings.watch,), name="watch")
            self._following.start()

    def close(self) -> None:
        """Let the batch in hand be written and no more; to be called before the store is closed."""
        self._stop.set()
        self._queue.shutdown(cancel_futures=True)
        if self._following:
            self._following.join()

    def state(self) -> IntakeJson:
        return {
            "uploads": self._uploads.json(),
            "watch": self._watch.json() if self._watch else None,
            "watched": str(self._settings.watch) if self._settings.watch else None,
        }

    def receive(self, uploads: Sequence[Upload]) -> ReceivedJson:
        """Keep what can be read and is not here yet, and begin to take it in."""
        held = {source.file_sha256: source.file for source in self._store.sources()}
        kept: dict[str, str] = {}
        refused: list[RefusedJson] = []
        for upload in uploads:
            name = safe_name(upload.name)
            try:
                file, reason = self._keep(name, upload.stream, held)
            except OSError as error:
                file, reason = "", f"can't be kept: {error.strerror or error}"
            if reason:
                refused.append({"file": name, "member": "", "reason": reason})
            else:
                kept[file] = name
        if kept:
            self._uploads.begin(len(kept))
            self._queue.submit(self._take_in, list(kept))
        return {"received": list(kept.values()), "refused": refused}

    def _keep(self, name: str, stream: BinaryIO, held: dict[str, str]) -> tuple[str, str | None]:
        """Path below the folder of uploads, or the reason why the file is not kept.

        Each content has a folder of its own: two files of one name never overwrite each other.
        """
        from ingest.folder import list_folder

        self._folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".arriving-", dir=self._folder) as place:
            arrived = Path(place, name)
            digest = hashlib.sha256()
            with arrived.open("xb") as file:
                while block := stream.read(1 << 20):
                    digest.update(block)
                    file.write(block)
                    if file.tell() > self._upload_bytes:
                        return "", f"is larger than {self._upload_bytes:,} bytes"
            if digest.hexdigest() in held:
                return "", f"is here already, as {held[digest.hexdigest()]}"
            found = list_folder(Path(place), may_be_empty=True)
            if not found.files:
                return "", found.refused[0].reason if found.refused else "has a name that is left out: rename it"
            target = self._folder / digest.hexdigest()[:16] / name
            target.parent.mkdir(exist_ok=True)
            arrived.replace(target)
        held[digest.hexdigest()] = name
        return target.relative_to(self._folder).as_posix(), None

    def _take_in(self, files: Sequence[str]) -> None:
        from ingest.pipeline import ingest

        try:
            report = ingest(self._folder, self._store, only=files, progress=self._uploads.step, stop=self._stop)
        except StatementsError as error:
            LOG.warning("uploaded files were not taken in: %s", error)
            self._uploads.fail(str(error))
            return
        except Exception:  # nobody waits for this thread: what it does not tell is lost
            LOG.exception("uploaded files were not taken in")
            self._uploads.fail(FAILED)
            return
        # Who sent what can't be read is told so, and has it: it is not kept.
        useless = [one.file for one in report.refused if not one.member]
        self._store.set_refusals(str(self._folder), useless, ())
        for file in useless:
            shutil.rmtree((self._folder / file).parent, ignore_errors=True)
        self._uploads.end(report)

    def _follow(self, folder: Path) -> None:
        from ui.wiring import follow_folder

        work = self._watch or _Work()

        def failed(reason: str) -> None:
            LOG.warning("following %s: %s", folder, reason)
            work.fail(reason)

        try:
            follow_folder(
                folder,
                self._store,
                metadata=self._settings.metadata,
                prune=self._settings.prune,
                done=work.end,
                failed=failed,
                stop=self._stop,
                progress=work.progress,
            )
        except Exception:
            LOG.exception("the folder %s is no longer followed", folder)
            work.fail(FAILED)


class _Work:
    """What one way in does and did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = False
        self._done = self._total = 0
        self._file = ""
        self._finished: datetime | None = None
        self._report: IngestReport | None = None
        self._failure: str | None = None

    def begin(self, total: int) -> None:
        with self._lock:
            self._running, self._done, self._total = True, 0, total

    def step(self, progress: Progress) -> None:
        with self._lock:
            self._running, self._done, self._total = True, progress.done, progress.total
            self._file = progress.file

    def progress(self, done: int, total: int) -> None:
        with self._lock:
            self._running, self._done, self._total = True, done, total

    def end(self, report: IngestReport) -> None:
        with self._lock:
            self._running, self._report, self._failure = False, report, None
            self._finished = datetime.now().astimezone()

    def fail(self, reason: str) -> None:
        with self._lock:
            self._running, self._failure = False, reason
            self._finished = datetime.now().astimezone()

    def json(self) -> WorkJson:
        with self._lock:
            return {
                "running": self._running,
                "done": self._done,
                "total": self._total,
                "file": self._file,
                "finished": self._finished.isoformat(timespec="seconds") if self._finished else None,
                "report": run_json(self._report) if self._report else None,
                "failure": self._failure,
            }


def safe_name(name: str) -> str:
    """The last part of a name, with nothing in it that a file system or a reader could trip over."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    plain = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    path = Path(_UNSAFE.sub("_", plain).strip(" .~$"))
    stem, ending = path.stem, path.suffix
    while len((stem + ending).encode()) > MOST_NAME_BYTES:
        stem, ending = (stem[:-1], ending) if stem else ("", ending[:-1])
    return (stem or "upload") + ending
