"""What a store must hold after a sequence of operations: the same rules over plain dictionaries, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from words import ROOT

from store.registry import Source
from store.statements import StatementStore
from store.types import Header, Paragraph, Statement


@dataclass(frozen=True, slots=True)
class Held:
    """A live statement as a reader sees it, without the number that the store gave it."""

    file: str
    header: Header
    paragraphs: tuple[Paragraph, ...]
    also: tuple[str, ...]


@dataclass(slots=True)
class Expected:
    """Statements by file, and the files that were taken in."""

    documents: dict[str, tuple[Statement, ...]] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)

    def copy(self) -> Expected:
        return Expected(dict(self.documents), dict(self.sources))

    def add(self, batch: Sequence[Statement]) -> None:
        """New files, or new versions of files."""
        files = list(dict.fromkeys(one.file for one in batch))
        for file in files:
            self._release(file)
        for file in files:
            self.documents[file] = tuple(one for one in batch if one.file == file)
            first = self.documents[file][0]
            self.sources[file] = Source(ROOT, file, first.file_sha256, first.digest)

    def share(self, copies: Sequence[Source]) -> None:
        """Files with the content of another, which keeps the statements."""
        for one in copies:
            self._release(one.file)
        self.sources |= {one.file: one for one in copies}

    def remove(self, files: Iterable[str]) -> int:
        """Files that are gone; how many statements nobody holds any longer."""
        return sum(self._release(file) for file in files)

    def delete(self, statements: Iterable[Statement]) -> int:
        """Single statements, and with each what is known of its file."""
        count = 0
        for one in statements:
            self.documents[one.file] = tuple(other for other in self.documents[one.file] if other != one)
            self.sources = {
                file: source
                for file, source in self.sources.items()
                if file != one.file and source.same != (ROOT, one.file)
            }
            count += 1
        return count

    def _release(self, file: str) -> int:
        """Its statements go to the first of its copies, or away; how many went away."""
        had = self.documents.pop(file, ())
        self.sources.pop(file, None)
        copies = sorted(other for other, source in self.sources.items() if source.same == (ROOT, file))
        if not copies:
            return len(had)
        heir, *others = copies
        self.documents[heir] = tuple(replace(one, file=heir) for one in had)
        self.sources[heir] = replace(self.sources[heir], same=None)
        for other in others:
            self.sources[other] = replace(self.sources[other], same=(ROOT, heir))
        return 0

    def live(self) -> list[Statement]:
        return [one for file in sorted(self.documents) for one in self.documents[file]]

    def owners(self) -> list[str]:
        """Files whose statements others may be copies of."""
        return [file for file, source in self.sources.items() if source.same is None]

    def also(self, file: str) -> tuple[str, ...]:
        return tuple(sorted(other for other, source in self.sources.items() if source.same == (ROOT, file)))

    def held(self) -> Counter[Held]:
        return Counter(Held(one.file, one.header, one.paragraphs, self.also(one.file)) for one in self.live())

    def listed(self) -> list[Source]:
        return [self.sources[file] for file in sorted(self.sources)]


def held(store: StatementStore) -> Counter[Held]:
    """What a store shows of its live statements."""
    return Counter(Held(one.file, one.header, store.paragraphs(one.id), one.also) for one in store.statements())
