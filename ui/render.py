"""What the parts return, as the JSON that the command line and HTTP share; names and addresses of statements.

The keys of an answer are a contract with other programs; a new one may be added, none renamed or dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from typing_extensions import TypedDict

from store.types import Filters, Header, Paragraph, Passage, StoredStatement, StoreStatus

if TYPE_CHECKING:
    from assistant.answer import Answer, Citation
    from ui.links import Links


class FiltersJson(TypedDict):
    code: list[str]
    delegation: list[str]
    speaker: list[str]
    language: list[str]
    issued_from: str | None
    issued_to: str | None


class PlaceJson(TypedDict):
    """A paragraph in its statement."""

    code: str
    part: str | None
    language: str
    paragraph: int
    label: str | None
    page: int | None
    ocr: float | None
    """Mean confidence of the recognition, 0 to 1, where the text was read from a picture."""
    title: str | None
    speaker: str | None
    delegation: str | None
    issued: str | None
    superseded_by: str | None
    file: str
    url: str


class PassageJson(PlaceJson):
    score: float
    text: str


class CitationJson(PlaceJson):
    n: int
    quote: str
    start: int
    end: int
    also: list[PlaceJson]
    """The same paragraph in other statements: in another language, or circulated again."""


class ClaimJson(TypedDict):
    text: str
    citations: list[int]
    support: str


class IndexJson(TypedDict):
    fingerprint: str
    statements: int
    paragraphs: int


class AnswerJson(TypedDict):
    question: str
    standalone_question: str
    language: str
    status: str
    text: str
    claims: list[ClaimJson]
    citations: list[CitationJson]
    passages: list[PassageJson]
    filters: FiltersJson
    refusal: str | None
    writer: str
    reranker: str | None
    notes: list[str]
    tokens: int | None
    timings_ms: dict[str, float]
    index: IndexJson


class SearchJson(TypedDict):
    passages: list[PassageJson]
    filters: FiltersJson
    standalone_question: str


class StatementJson(TypedDict):
    code: str
    part: str | None
    language: str
    original_language: str | None
    issued: str | None
    event_from: str | None
    event_to: str | None
    title: str | None
    speaker: str | None
    delegation: str | None
    distribution: str | None
    meeting: str | None
    code_made: bool
    superseded_by: str | None
    file: str
    doubts: list[str]
    paragraph_count: int
    url: str


class ParagraphJson(TypedDict):
    number: int
    label: str | None
    text: str
    page: int | None
    ocr: float | None
    heading: str | None
    footnotes: list[str]


class LinkJson(TypedDict):
    """A document that is named, or one that names."""

    code: str
    in_store: bool
    part: str | None
    language: str | None
    url: str | None
    """None where it is not in the store."""


class StatementPageJson(StatementJson):
    paragraphs: list[ParagraphJson]
    also: list[StatementJson]
    refers_to: list[LinkJson]
    referred_by: list[LinkJson]
    """The latest first; not all of them where `referred_by_count` is larger."""
    referred_by_count: int
    amends: LinkJson | None
    """What this corrigendum, addendum or amendment belongs to."""
    amended_by: list[LinkJson]


class StatementListJson(TypedDict):
    statements: list[StatementJson]
    limit: int | None
    offset: int
    more: bool


class StatusJson(IndexJson):
    chunks: int
    languages: dict[str, int]


def answer_json(answer: Answer) -> AnswerJson:
    """The contract of `POST /api/ask` and `statements ask --json`."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "language": answer.language,
        "status": answer.status,
        "text": answer.text,
        "claims": [
            {"text": claim.text, "citations": list(claim.citations), "support": claim.support}
            for claim in answer.claims
        ],
        "citations": [citation_json(citation) for citation in answer.citations],
        "passages": [passage_json(passage) for passage in answer.passages],
        "filters": filters_json(answer.filters),
        "refusal": answer.refusal,
        "writer": answer.writer,
        "reranker": answer.reranker,
        "notes": list(answer.notes),
        "tokens": answer.tokens,
        "timings_ms": {step: round(time, 1) for step, time in answer.timings_ms.items()},
        "index": index_json(answer.index),
    }


def search_json(passages: Sequence[Passage], filters: Filters, standalone_question: str) -> SearchJson:
    """The contract of `POST /api/search`."""
    return {
        "passages": [passage_json(passage) for passage in passages],
        "filters": filters_json(filters),
        "standalone_question": standalone_question,
    }


def place_json(passage: Passage) -> PlaceJson:
    header, paragraph = passage.statement.header, passage.paragraph
    return {
        "code": header.code,
        "part": header.part,
        "language": header.language,
        "paragraph": paragraph.number,
        "label": paragraph.place if paragraph.label else None,
        "page": paragraph.page,
        "ocr": _rounded(paragraph.ocr),
        "title": header.title,
        "speaker": header.speaker,
        "delegation": header.delegation,
        "issued": header.issued,
        "superseded_by": passage.statement.superseded_by,
        "file": passage.statement.file,
        "url": address_of(passage.statement, paragraph.number),
    }


def passage_json(passage: Passage) -> PassageJson:
    return {**place_json(passage), "score": round(passage.score, 4), "text": passage.paragraph.printed}


def citation_json(citation: Citation) -> CitationJson:
    return {
        **place_json(citation.passage),
        "n": citation.n,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "also": [place_json(passage) for passage in citation.also],
    }


def filters_json(filters: Filters) -> FiltersJson:
    return {
        "code": list(filters.code),
        "delegation": list(filters.delegation),
        "speaker": list(filters.speaker),
        "language": list(filters.language),
        "issued_from": filters.issued_from,
        "issued_to": filters.issued_to,
    }


def index_json(status: StoreStatus) -> IndexJson:
    return {"fingerprint": status.fingerprint, "statements": status.statements, "paragraphs": status.paragraphs}


def status_json(status: StoreStatus) -> StatusJson:
    return {**index_json(status), "chunks": status.chunks, "languages": dict(status.languages)}


def statement_json(statement: StoredStatement) -> StatementJson:
    header = statement.header
    return {
        "code": header.code,
        "part": header.part,
        "language": header.language,
        "original_language": header.original_language,
        "issued": header.issued,
        "event_from": header.event_from,
        "event_to": header.event_to,
        "title": header.title,
        "speaker": header.speaker,
        "delegation": header.delegation,
        "distribution": header.distribution,
        "meeting": header.meeting,
        "code_made": header.code_made,
        "superseded_by": statement.superseded_by,
        "file": statement.file,
        "doubts": list(statement.doubts),
        "paragraph_count": statement.paragraphs,
        "url": address_of(statement),
    }


def statement_page_json(
    statement: StoredStatement, paragraphs: Sequence[Paragraph], also: Sequence[StoredStatement], links: Links
) -> StatementPageJson:
    """A statement with its paragraphs, the others under its code, and those that it is tied to."""
    return {
        **statement_json(statement),
        "paragraphs": [
            {
                "number": paragraph.number,
                "label": paragraph.place if paragraph.label else None,
                "text": paragraph.text,
                "page": paragraph.page,
                "ocr": _rounded(paragraph.ocr),
                "heading": paragraph.heading,
                "footnotes": list(paragraph.footnotes),
            }
            for paragraph in paragraphs
        ],
        "also": [statement_json(other) for other in also],
        "refers_to": [link_json(link.code, link.statement) for link in links.refers_to],
        "referred_by": [link_json(other.header.code, other) for other in links.referred_by],
        "referred_by_count": links.referring,
        "amends": link_json(links.amends.code, links.amends.statement) if links.amends else None,
        "amended_by": [link_json(other.header.code, other) for other in links.amended_by],
    }


def link_json(code: str, statement: StoredStatement | None) -> LinkJson:
    """A document by its code, and where it is to be found."""
    return {
        "code": code,
        "in_store": statement is not None,
        "part": statement.header.part if statement else None,
        "language": statement.header.language if statement else None,
        "url": address_of(statement) if statement else None,
    }


def address_of(
    statement: StoredStatement, paragraph: int | None = None, quote_span: tuple[int, int] | None = None
) -> str:
    """`statement_url` of just this statement, also where another file claims the same code, part and language."""
    return statement_url(statement.header, paragraph, quote_span, statement.id if statement.twin else None)


def statement_url(
    header: Header,
    paragraph: int | None = None,
    quote_span: tuple[int, int] | None = None,
    only: int | None = None,
) -> str:
    """Path of the page that shows the statement, at the paragraph, with the span marked.

    The span needs query parameters because a server never sees what follows `#`.
    """
    query: dict[str, str | int] = {"language": header.language}
    if header.part:
        query["part"] = header.part
    if only is not None:
        query["only"] = only
    if paragraph is not None and quote_span is not None:
        query |= {"paragraph": paragraph, "quote_start": quote_span[0], "quote_end": quote_span[1]}
    anchor = f"#p{paragraph}" if paragraph is not None else ""
    return f"/statements/{quote(header.code, safe='/')}?{urlencode(query, quote_via=quote)}{anchor}"


def original_url(statement: StoredStatement) -> str:
    """Path under which the file that it was taken from is downloaded."""
    header = statement.header
    query: dict[str, str | int] = {"language": header.language}
    if header.part:
        query["part"] = header.part
    if statement.twin:
        query["only"] = statement.id
    return f"/originals/{quote(header.code, safe='/')}?{urlencode(query, quote_via=quote)}"


def citation_label(code: str, part: str | None, paragraph: int, label: str | None) -> str:
    """`PC.DEL/550/08, para. 5`; the printed number where the paragraph has one: `S/RES/1441 (2002), para. OP4`."""
    name = f"{code}, {part}" if part else code
    return f"{name}, para. {(label or '').strip().rstrip('.') or paragraph}"


def recognised(ocr: float | None) -> str | None:
    """What is said beside a text that was read from a picture; None for any other."""
    return None if ocr is None else f"recognised by OCR, confidence {ocr:.0%}".replace("%", " %")


def _rounded(ocr: float | None) -> float | None:
    return None if ocr is None else round(ocr, 2)


def language_name(code: str | None) -> str | None:
    """`English` for `en`; the code itself where no name is known."""
    return _language_names().get(code, code) if code else None


def language_code(name: str) -> str | None:
    """`en` for `en`, `EN` or `English`; None where it is no language."""
    name = name.strip().lower()
    known = _language_names()
    return name if name in known else next((code for code, own in known.items() if own.lower() == name), None)


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    from babel import Locale

    return {code: name for code, name in Locale("en").languages.items() if len(code) == 2}


def pick(found: Sequence[StoredStatement], code: str, part: str | None) -> StoredStatement | None:
    """The one to show among those that `find` returned.

    A citation must open the very statement it names: the exact code goes before a newer revision, and a statement
    without part before the parts under its code.
    """
    return min(
        found,
        key=lambda statement: (statement.header.code != code, part is None and statement.header.part is not None),
        default=None,
    )
