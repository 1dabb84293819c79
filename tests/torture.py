"""Kill a writing store at random moments, start it again and compare what it holds with what it had acknowledged.

    python tests/torture.py [--kills 200] [--seed N] [--folder DIR]

A process of its own works through random operations and reports the begin and the end of each through a pipe; this
process kills it with SIGKILL. A second process then opens the folder, checks the store in full and compares: what was
acknowledged is there, whole, once; the operation in flight is wholly there or wholly not; nothing that was taken out
is back; both indexes know what the registry knows. Prints a Markdown table; ends with 1 where anything differs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from expected import Expected, held
from words import ROOT, WordEmbedder, document, whole

from store.registry import Source
from store.statements import StatementStore
from store.types import Header, Statement

Kind = Literal["add", "replace", "delete", "share", "remove", "rebuild"]
SHARES: dict[Kind, int] = {"add": 3, "replace": 4, "delete": 2, "share": 1, "remove": 1, "rebuild": 1}
FILES = 60
"""About so many are kept: more are taken out, fewer are added to."""
OPENING = "opening"
BETWEEN = "between two"
SPAN = 3.0
"""Seconds from a process's start within which unaimed kills fall."""
PLAN = 60
"""Operations that a process is given: more than it can do before it is killed."""
PATIENCE = 120.0
"""Seconds after which a process that reports nothing is taken for hung."""
COMMON = "record"
"""A word of every paragraph."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the store."""

    kind: Kind
    statements: tuple[Statement, ...] = ()
    """To be added, or to be deleted."""
    copies: tuple[Source, ...] = ()
    files: tuple[str, ...] = ()

    def expect(self, expected: Expected) -> None:
        match self.kind:
            case "add" | "replace":
                expected.add(self.statements)
            case "delete":
                expected.delete(self.statements)
            case "share":
                expected.share(self.copies)
            case "remove":
                expected.remove(self.files)

    def perform(self, store: StatementStore) -> None:
        match self.kind:
            case "add" | "replace":
                store.add(store.embed([(one, whole(one)) for one in self.statements]))
            case "delete":
                wanted = {(one.file, one.header) for one in self.statements}
                store.delete([one.id for one in store.statements() if (one.file, one.header) in wanted])
            case "share":
                store.share(self.copies)
            case "remove":
                store.remove_files(ROOT, self.files)
            case "rebuild":
                store.rebuild(whole)


class Author:
    """Makes operations that suit what the store is expected to hold. Every paragraph has a word of its own."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._serial = 0

    def start(self) -> Operation:
        """Enough text that Chroma writes its graph to the disk and tantivy has something to merge."""
        files = [self._document(self._file(), paragraphs=20) for _ in range(FILES)]
        return Operation("add", tuple(one for file in files for one in file))

    def plan(self, expected: Expected, length: int, aim: Kind | None) -> list[Operation]:
        """Operations in order; one of the kind `aim` is among the first three."""
        expected = expected.copy()
        planned = []
        soon = self.random.randrange(3)
        for number in range(length):
            operation = self._operation(expected, aim if number == soon else None)
            operation.expect(expected)
            planned.append(operation)
        return planned

    def _operation(self, expected: Expected, aim: Kind | None) -> Operation:
        owners, files = expected.owners(), list(expected.sources)
        shares = dict(SHARES)
        if len(files) < FILES * 2 // 3:
            shares |= {"delete": 0, "remove": 0}
        elif len(files) > FILES * 3 // 2:
            shares |= {"add": 0, "share": 0, "remove": 4}
        kind = aim or self.random.choices(list(shares), list(shares.values()))[0]
        few = self.random.choice((1, 1, 2, 5))
        match kind:
            case "add":
                made = [self._document(self._file()) for _ in range(few)]
                return Operation(kind, tuple(one for file in made for one in file))
            case "replace":
                made = [self._version(expected, file) for file in self.random.sample(files, few)]
                return Operation(kind, tuple(one for file in made for one in file))
            case "delete":
                return Operation(kind, tuple(self.random.sample(expected.live(), few)))
            case "share":
                return self._share(expected, self.random.choice(owners), few)
            case "remove":
                return Operation(kind, files=tuple(self.random.sample(files, few)))
            case "rebuild":
                return Operation(kind)

    def _share(self, expected: Expected, owner: str, count: int) -> Operation:
        others = [file for file in expected.sources if file != owner]
        copies = [self.random.choice((self._file(), self.random.choice(others))) for _ in range(count)]
        of = expected.sources[owner]
        return Operation("share", copies=tuple(replace(of, file=f, same=of.place) for f in dict.fromkeys(copies)))

    def _version(self, expected: Expected, file: str) -> tuple[Statement, ...]:
        """Half of the new versions have as many paragraphs as the old: then counts tell nothing."""
        old = expected.documents.get(file, ())
        if not old or self.random.random() < 0.5:
            return self._document(file)
        return document(file, *((one.header, self._texts(len(one.paragraphs))) for one in old))

    def _document(self, file: str, paragraphs: int | None = None) -> tuple[Statement, ...]:
        parts = self.random.choice((1, 1, 1, 3))
        made = []
        for part in range(1, parts + 1):
            header = Header(f"XX.DEL/{self._next()}/20", "en", f"speech {part}" if parts > 1 else None)
            made.append((header, self._texts(paragraphs or self.random.randint(0, 12))))
        return document(file, *made)

    def _texts(self, count: int) -> list[str]:
        words = [f"filler{n}" for n in range(50)]
        return [f"{COMMON} w{self._next()}w {' '.join(self.random.choices(words, k=8))}" for _ in range(count)]

    def _file(self) -> str:
        return f"{self._next()}.txt"

    def _next(self) -> int:
        self._serial += 1
        return self._serial


# the process that is killed, and the one that looks


def work(folder: Path, operations: Sequence[Operation], report: Connection) -> None:
    """Open the store and do the operations in order; report ("open", 0), then ("begin", n) and ("done", n) of each."""
    with StatementStore.open(folder, WordEmbedder()) as store:
        report.send(("open", 0))
        for number, operation in enumerate(operations):
            report.send(("begin", number))
            operation.perform(store)
            report.send(("done", number))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a start after a kill found."""

    seconds: float
    """That opening took."""
    done: bool
    """The operation in flight is there."""
    lost: tuple[str, ...] = ()
    half: tuple[str, ...] = ()
    double: tuple[str, ...] = ()
    index: tuple[str, ...] = ()
    """Where the registry, the vector index and the lexical index differ."""

    @property
    def differences(self) -> tuple[str, ...]:
        return (*self.lost, *self.half, *self.double, *self.index)


def look(folder: Path, before: Expected, after: Expected, seed: int, report: Connection) -> None:
    """Open the store and report a Verdict. `after` has the operation in flight; `seed` chooses what is searched for."""
    started = time.perf_counter()
    with StatementStore.open(folder, WordEmbedder()) as store:
        seconds = time.perf_counter() - started
        verdict = compare(store, before, after, seconds)
        chosen = after if verdict.done else before
        if not verdict.differences:
            verdict = replace(verdict, index=tuple(unsearchable(store, chosen, seed)))
        report.send(verdict)


def compare(store: StatementStore, before: Expected, after: Expected, seconds: float) -> Verdict:
    """Statements and sources as the store shows them, beside those before and after the operation in flight."""
    shown, sources = held(store), store.sources()
    if shown == after.held() and sources == after.listed():
        return Verdict(seconds, done=True)
    if shown == before.held() and sources == before.listed():
        return Verdict(seconds, done=False)
    old, new = before.held(), after.held()
    double = [f"{one.file} {one.header.code} {n} times" for one, n in shown.items() if n > max(old[one], new[one])]
    keys = {(one.file, one.header) for one in shown}
    missing = [one for one in old & new if not shown[one]]
    lost = [f"{one.file} {one.header.code} is gone" for one in missing if (one.file, one.header) not in keys]
    half = [f"{one.file} {one.header.code} is changed" for one in missing if (one.file, one.header) in keys]
    if not (double or missing):
        half.append("the operation in flight is there in part, or the files that were taken in differ")
    return Verdict(seconds, False, tuple(lost), tuple(half), tuple(double))


def unsearchable(store: StatementStore, expected: Expected, seed: int) -> Iterator[str]:
    """What the check, the counts and the searches say against the store.

    All live paragraphs are looked for at once, by a word that all have, and single ones by their own word and by their
    vector: the newest, and a sample that `seed` draws.
    """
    yield from _checked(store)
    ids = {(one.file, one.header): one.id for one in store.statements()}
    texts = {(ids[one.file, one.header], p.number): p.text for one in expected.live() for p in one.paragraphs}
    everything = len(texts) + 100
    hits = store.search(COMMON, store.embedder.embed_query(COMMON), k=everything)
    by_word = Counter((hit.statement_id, hit.first) for hit in hits if hit.lexical > 0)
    if by_word != Counter(texts.keys()):
        yield f"of {len(texts)} paragraphs {by_word.total()} are found by a word of all"
    hits = store.search("", store.embedder.embed_query(COMMON), k=everything)
    by_vector = Counter((hit.statement_id, hit.first) for hit in hits)
    if by_vector != Counter(texts.keys()):
        yield f"of {len(texts)} paragraphs {by_vector.total()} are found by vector"
    chosen = random.Random(seed).sample(sorted(texts), min(60, len(texts)))
    newest = max(ids.values(), default=0) - 10
    for key in dict.fromkeys([*chosen, *(key for key in sorted(texts) if key[0] > newest)]):
        word = texts[key].split()[1]
        hits = store.search(word, store.embedder.embed_query(texts[key]), k=5)
        if [(hit.statement_id, hit.first) for hit in hits if hit.lexical > 0] != [key]:
            yield f"{word} is not found by its word"
        best = max(store.search("", store.embedder.embed_query(texts[key]), k=5), key=lambda hit: hit.dense)
        if (best.statement_id, best.first) != key:
            yield f"{word} is not found by its vector"


def _checked(store: StatementStore) -> Iterator[str]:
    return (one.what for one in store.check(full=True).findings if not one.mended)


# the driver


@dataclass(slots=True)
class Tally:
    """What came of the kills that fell in one kind of moment."""

    kills: int = 0
    done: int = 0
    """Of these, how often the operation in flight was there afterwards."""
    lost: int = 0
    half: int = 0
    double: int = 0
    index: int = 0
    seconds: list[float] = field(default_factory=list)

    def note(self, verdict: Verdict, *, flying: bool) -> None:
        self.kills += 1
        self.done += flying and verdict.done
        self.lost += len(verdict.lost)
        self.half += len(verdict.half)
        self.double += len(verdict.double)
        self.index += len(verdict.index)
        self.seconds.append(verdict.seconds)

    def row(self, name: str) -> str:
        numbers = (self.kills, self.done, self.lost, self.half, self.double, self.index)
        middle, most = statistics.median(self.seconds), max(self.seconds)
        return f"| {name} | {' | '.join(map(str, numbers))} | {middle:.2f} | {most:.2f} |"


class Torture:
    """Kills, looks and counts, up to the first difference."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self.problems: list[str] = []
        self.acknowledged = 0
        """Operations that were reported as done."""
        self._author = Author(seed)
        self._expected = Expected()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["store.statements"])  # else each process spends seconds on importing it
        self._usual: dict[Kind, float] = {}
        """Seconds that the last operation of a kind took."""

    def run(self, kills: int) -> None:
        first = self._author.start()
        self._kill_one([first], aim=None, within=PATIENCE)
        while not self.problems and self.kills < kills:
            aim = self._author.random.choice((None, None, *SHARES))
            operations = self._author.plan(self._expected, PLAN, aim)
            within = self._author.random.uniform(0, SPAN)
            moment, flying = self._kill_one(operations, aim, within)
            if not self.problems:
                self._judge(moment, flying)

    @property
    def kills(self) -> int:
        return sum(tally.kills for tally in self.tallies.values())

    def _kill_one(
        self, operations: Sequence[Operation], aim: Kind | None, within: float
    ) -> tuple[str, Operation | None]:
        """Let a process work and kill it: `within` so many seconds, or at a random moment of an operation that `aim`
        names. The moment that was hit, and the operation in flight, if any.
        """
        reader, writer = self._context.Pipe(duplex=False)
        process = self._context.Process(target=work, args=(self.folder, operations, writer))
        process.start()
        writer.close()
        reports: list[tuple[str, int]] = []
        begun = time.monotonic()
        end = begun + (PATIENCE if aim else within)
        while (left := end - time.monotonic()) > 0 and reader.poll(left):
            try:
                reports.append(reader.recv())
            except EOFError:
                break
            event, number = reports[-1]
            kind = operations[number].kind
            if event == "done":
                self._usual[kind] = time.monotonic() - begun
            begun = time.monotonic()
            if event == "begin" and kind == aim:
                aim, end = None, begun + self._author.random.uniform(0, 1.2 * self._usual.get(kind, 0.2))
        process.kill()
        with suppress(EOFError):
            while True:
                reports.append(reader.recv())
        process.join()
        if process.exitcode != -signal.SIGKILL and len(reports) < 2 * len(operations) + 1:
            self.problems.append(f"a writing process ended by itself with {process.exitcode}")
        return self._acknowledge(operations, reports)

    def _acknowledge(
        self, operations: Sequence[Operation], reports: Sequence[tuple[str, int]]
    ) -> tuple[str, Operation | None]:
        for event, number in reports:
            if event == "done":
                operations[number].expect(self._expected)
                self.acknowledged += 1
        if not reports:
            return OPENING, None
        event, number = reports[-1]
        return (operations[number].kind, operations[number]) if event == "begin" else (BETWEEN, None)

    def _judge(self, moment: str, flying: Operation | None) -> None:
        """Start again, compare, and take the operation in flight for done where it is there."""
        after = self._expected.copy()
        if flying:
            flying.expect(after)
        reader, writer = self._context.Pipe(duplex=False)
        process = self._context.Process(target=look, args=(self.folder, self._expected, after, self.kills, writer))
        process.start()
        writer.close()
        try:
            verdict = reader.recv() if reader.poll(PATIENCE) else "it hung"
        except EOFError:
            verdict = "it died"
        process.kill()
        process.join()
        where = f"kill {self.kills + 1}, in {moment}"
        if isinstance(verdict, str):
            self.problems.append(f"{where}: could not be started again: {verdict} (exit code {process.exitcode})")
            return
        self.tallies[moment].note(verdict, flying=flying is not None and flying.kind != "rebuild")
        self.problems += [f"{where}: {difference}" for difference in verdict.differences]
        if verdict.done:
            self._expected = after

    def table(self) -> str:
        total = Tally()
        for tally in self.tallies.values():
            for name in ("kills", "done", "lost", "half", "double", "index"):
                setattr(total, name, getattr(total, name) + getattr(tally, name))
            total.seconds += tally.seconds
        rows = [tally.row(name) for name, tally in sorted(self.tallies.items())]
        heads = "killed in | kills | in flight and there | lost | half | double | index | start, median s | most s"
        return "\n".join((f"| {heads} |", "| --- |" + " ---: |" * 8, *rows, total.row("**all**")))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--folder", type=Path, help="a new folder, which is kept")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="torture-") as made:
        torture = Torture(arguments.folder or Path(made), arguments.seed)
        started = time.perf_counter()
        torture.run(arguments.kills)
        seconds = time.perf_counter() - started
        acknowledged = f"{torture.acknowledged} operations acknowledged, {seconds:.0f} s, --seed {arguments.seed}"
        lines = (*([torture.table()] if torture.kills else []), "", acknowledged, *torture.problems)
        print(*lines, sep="\n")  # noqa: T201
    return 1 if torture.problems else 0


if __name__ == "__main__":
    sys.exit(main())
