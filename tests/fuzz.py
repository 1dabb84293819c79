"""Damaged files of every format, each read in a process with bounded time and memory."""

from __future__ import annotations

import multiprocessing
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from formats import RTF, doc, docx, eml, msg, numbered, odt, par, run, zipped

from store.errors import InputError

SECONDS = 20.0
"""That one file may take."""
MEMORY = 2_000_000_000
"""Bytes of address space of the process that reads."""
CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "pdf"
_LARGEST = 400_000
"""Bytes of a real file that is damaged; larger ones only take longer."""
_TEXT = (
    "XX.DEL/12/20\n1 July 2020\nENGLISH only\n\nSTATEMENT BY THE DELEGATION\n\nMr. Chairperson,\n\n"
    "1. The delegation thanks the speaker for the report on security, which is of great value.\n"
    "2. (a) It supports the proposal.\n\nThank you.\n\n1 See document XX.DEC/5.\n"
)


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    counts: Counter[str] = field(default_factory=Counter)
    """Files by ending and what became of them: `.pdf read`, `.docx refused` …"""
    failures: list[str] = field(default_factory=list)
    """Files that broke a promise, with what happened."""
    slowest: float = 0.0
    """Seconds of the file that took longest."""
    peak: int = 0
    """Bytes of memory that a reading process held at most, its libraries with it."""


def seeds() -> dict[str, bytes]:
    """A whole file of every format, and real PDFs where they are at hand."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    for _ in range(2):
        pdf.add_page()
        for line in _TEXT.splitlines():
            pdf.cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
    note = run("It supports peace.") + '<w:r><w:footnoteReference w:id="1"/></w:r>'
    level = '<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    word = docx(
        par("XX.DEL/12/20") + numbered("The delegation thanks the speaker.") + par(note) + f"<w:tbl>{par('')}</w:tbl>",
        numbering=f'<w:abstractNum w:abstractNumId="1">{level}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>',
        footnotes=f'<w:footnote w:id="1">{par("See a document.")}</w:footnote>',
    )
    page = f"<html><body><h1>Statement</h1><p>{_TEXT}</p><table><tr><td>a</td><td>b</td></tr></table></body></html>"
    items = "<text:list><text:list-item><text:p>An item.</text:p></text:list-item></text:list>"
    made = {
        "a.txt": _TEXT.encode(),
        "b.txt": "Выступление делегации. Мы поддерживаем предложение.\n".encode("cp1251") * 5,
        "c.txt": _TEXT.encode("utf-16"),
        "a.md": f"---\ntitle: x\n---\n# Head\n\n**{_TEXT}**".encode(),
        "a.pdf": bytes(pdf.output()),
        "a.docx": word,
        "a.odt": odt(f"<text:h>Head</text:h><text:p>Text.</text:p>{items}"),
        "a.rtf": RTF,
        "a.html": page.encode(),
        "a.doc": doc(_TEXT.splitlines()),
        "a.eml": eml(_TEXT, {"a.rtf": RTF, "b.docx": word}, html=page),
        "a.msg": msg("Subject", _TEXT, {"a.txt": _TEXT.encode()}),
        "a.zip": zipped({"a.txt": _TEXT, "b.docx": word, "c.zip": zipped({"d.rtf": RTF})}),
    }
    real = {path.name: path for path in sorted(CORPUS.rglob("*.pdf")) if path.stat().st_size <= _LARGEST}
    return made | {name: path.read_bytes() for name, path in list(real.items())[:6]}


def damaged(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The bytes with a few of them flipped, cut out, repeated, spliced with another file's, or set to edge values."""
    work = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not work:
            break
        start = chance.randrange(len(work))
        length = min(chance.choice((1, 2, 4, 16, 256, 4096)), len(work) - start)
        match chance.randrange(6):
            case 0:
                work[start] ^= 1 << chance.randrange(8)
            case 1:
                del work[start : start + length]
            case 2:
                work[start:start] = bytes(work[start : start + length]) * chance.choice((1, 2, 50))
            case 3:
                other = chance.choice(others)
                place = chance.randrange(len(other))
                work[start : start + length] = other[place : place + length]
            case 4:
                work[start : start + 4] = chance.choice(
                    (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"<!--", b"{{\\*")
                )
            case _:
                del work[start:]
    return bytes(work)


def cases(number: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Damaged files with their names; one in twenty bears the ending of another format."""
    chance = random.Random(seed)
    whole = seeds()
    names, contents = list(whole), list(whole.values())
    for index in range(number):
        name = names[index % len(names)]
        ending = Path(name if chance.random() > 0.05 else chance.choice(names)).suffix
        yield f"{index}{ending}", damaged(whole[name], contents, chance)


def attack(files: Iterator[tuple[str, bytes]]) -> Outcome:
    """Read each file in a child that is replaced when it dies or takes too long; what it promises is checked."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, closing(_Child()) as child:
        for name, data in files:
            path = Path(folder, name)
            path.write_bytes(data)
            started = time.monotonic()
            result = child.read(path)
            outcome.peak = max(outcome.peak, child.peak)
            outcome.slowest = max(outcome.slowest, time.monotonic() - started)
            path.unlink()
            outcome.counts[f"{path.suffix} {result.partition(':')[0]}"] += 1
            if not result.startswith(("read", "refused")):
                outcome.failures.append(f"{name} ({len(data)} bytes): {result}")
    return outcome


class _Child:
    """The process that reads."""

    def __init__(self) -> None:
        self.peak = 0
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()

    def read(self, path: Path) -> str:
        self._pipe.send(path)
        try:
            if self._pipe.poll(SECONDS):
                result, self.peak = self._pipe.recv()
                return str(result)
            result = "hung"
        except EOFError:
            self._process.join(5)
            result = f"crashed: {self._process.exitcode}"
        self.close()
        self._start()
        return result

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _serve(pipe: Connection) -> None:
    import warnings

    from ingest.parse import parse
    from store.language import detect_language

    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    detect_language("Loading what the first file would wait for.")
    pipe.send("ready")
    while True:
        path: Path = pipe.recv()
        try:
            parsed = parse(path, path.name, str(path.parent), "0" * 64)
            good = all(one.paragraphs and one.header.code for one in parsed.statements) and all(
                reason for _, reason in parsed.refused
            )
            result = "read" if good else "wrong: an empty statement or reason"
        except InputError as error:
            result = f"refused: {error}" if str(error).strip() else "wrong: no reason"
        except MemoryError:
            result = "wrong: out of memory"
        except Exception as error:  # noqa: BLE001  whatever it is, it is the finding
            result = f"wrong: {type(error).__name__}: {error}"
        pipe.send((result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
