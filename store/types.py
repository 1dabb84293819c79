"""What flows between the layers: statements on their way in, passages on their way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import shorten
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_OF_A_FIELD = 160
"""Characters that a header field may take in the header's line."""

Vectors: TypeAlias = "NDArray[np.float32]"
"""Rows are texts, columns dimensions."""


@dataclass(frozen=True, slots=True)
class Header:
    """What identifies and describes a statement.

    Dates are ISO 8601, shortened to `YYYY-MM` or `YYYY` where no more is known.
    """

    code: str
    language: str
    """ISO 639-1 code of this text."""
    part: str | None = None
    original_language: str | None = None
    issued: str | None = None
    event_from: str | None = None
    event_to: str | None = None
    title: str | None = None
    speaker: str | None = None
    delegation: str | None = None
    distribution: str | None = None
    meeting: str | None = None
    aligned: str | None = None
    """Who aligns with the delegation, as printed: `the candidate countries Albania and …`. They do not speak."""
    code_made: bool = False
    """True where the code was made from the file name because neither the file nor its metadata gives one."""

    @property
    def identity(self) -> tuple[str, str | None, str]:
        return self.code, self.part, self.language

    def line(self) -> str:
        """One line that tells a reader, an index and a model which document this is.

        A list of a hundred sponsors is cut: it would drown the text that the line stands before.
        """
        words = (self.code, self.part, self.issued, self.delegation, self.speaker, self.title, self.meeting)
        return " · ".join(
            word if len(word) <= MOST_OF_A_FIELD else shorten(word, MOST_OF_A_FIELD, placeholder=" …")
            for word in words
            if word
        )


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What a citation points at."""

    number: int
    """1, 2, 3 … in reading order of the body."""
    text: str
    label: str | None = None
    """The number as printed (`12.`, `OP4`, `3(a)`), not part of `text`."""
    page: int | None = None
    heading: str | None = None
    """The headings it stands under; context, never quoted."""
    footnotes: tuple[str, ...] = ()
    under: str | None = None
    """Label of the numbered paragraph that a lettered one belongs to: `2.` for the `(a)` below it."""
    ocr: float | None = None
    """Mean confidence of its words, 0 to 1, where the text was recognised from a picture; else None."""

    @property
    def place(self) -> str:
        """How a citation names it: `12`, `2(a)`, `OP4`; its number where no label is printed."""
        label = (self.label or "").rstrip(".")
        return f"{self.under.rstrip('.')}{label}" if self.under else label or str(self.number)

    @property
    def printed(self) -> str:
        """Its text behind its label; places in a paragraph count from the text."""
        return f"{self.label} {self.text}" if self.label else self.text


@dataclass(frozen=True, slots=True)
class Statement:
    """One document, parsed."""

    header: Header
    paragraphs: tuple[Paragraph, ...]
    file: str
    """Path below the folder that was ingested, with `/`."""
    root: str = ""
    """The folder that was ingested, absolute. `root` and `file` together name the source."""
    ordinal: int = 0
    """0 for the only or first statement of a file, 1, 2 … for further ones."""
    member: str = ""
    """Path inside the file where that is a container: `annexes/a.pdf` of a ZIP, the name of an e-mail's attachment."""
    file_sha256: str = ""
    digest: str = ""
    """Changes when the file, its metadata row or the parser changes: the key of "unchanged, skipped"."""
    doubts: tuple[str, ...] = ()
    """What a person should look at: `code made from file name`, `date missing` …"""
    refers_to: tuple[str, ...] = ()
    """Codes of other documents that the text names, in order of first mention, each once."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is embedded: one paragraph, a piece of a long one, or a few short ones of the same statement."""

    text: str
    first: int
    """Number of its first paragraph."""
    last: int
    """Number of its last paragraph; equal to `first` for a piece."""


@dataclass(frozen=True, slots=True)
class IndexedStatement:
    """A statement with its chunks and their vectors, ready to be stored."""

    statement: Statement
    chunks: tuple[Chunk, ...]
    vectors: Vectors
    """Of the chunks' texts alone: shape (len(chunks), dimension), unit length."""
    header_vector: NDArray[np.float32]
    """Of the header's line: shape (dimension,), unit length. Kept apart, so that other metadata cost one embedding."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a passage must satisfy. An empty field does not filter; values of one field are alternatives."""

    code: tuple[str, ...] = ()
    """In any spelling; a code that no statement has matches its revisions."""
    delegation: tuple[str, ...] = ()
    speaker: tuple[str, ...] = ()
    """Matches when every word of the value stands in the speaker line."""
    language: tuple[str, ...] = ()
    issued_from: str | None = None
    """ISO date, month or year, inclusive."""
    issued_to: str | None = None
    event_from: str | None = None
    """The same of the meeting that the statement speaks to; one whose event is not known does not match."""
    event_to: str | None = None
    forum: tuple[str, ...] = ()
    """Where it was made, by abbreviation (`UNSC`, `PC`) or words of its name or of the meeting's line."""
    distribution: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A statement as the store knows it, without its paragraphs."""

    id: int
    header: Header
    file: str
    paragraphs: int
    superseded_by: str | None = None
    """Code of the current revision, where this is not it."""
    twin: bool = False
    """Another file claims the same code, part and language: only `id` tells them apart."""
    doubts: tuple[str, ...] = ()
    root: str = ""
    member: str = ""
    also: tuple[str, ...] = ()
    """Further files with the same content."""
    refers_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph found for a question."""

    statement: StoredStatement
    paragraph: Paragraph
    score: float = 0.0
    """Orders the passages of one search; higher is better."""
    scores: dict[str, float] = field(default_factory=dict)
    """What each stage said: `dense`, `lexical`, `fused`, `reranker`."""
    focus: tuple[int, int] | None = None
    """The piece of a long paragraph that was found, as offsets into its text; None where it is the whole."""

    @property
    def key(self) -> tuple[int, int]:
        return self.statement.id, self.paragraph.number


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Counts and fingerprint, as they stand in every answer."""

    fingerprint: str
    statements: int
    paragraphs: int
    chunks: int
    languages: dict[str, int] = field(default_factory=dict)


class Embedder(Protocol):
    """Text to vector; the same one for ingest and search."""

    @property
    def fingerprint(self) -> str:
        """Changes when the vectors would."""
        ...

    @property
    def dimension(self) -> int: ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts to be found, shape (len(texts), dimension)."""
        ...

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Unit vector of a question, shape (dimension,)."""
        ...
