"""A file and its metadata row become statements: one, or several where it is a container, a journal or a record."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.furniture import drop_furniture
from ingest.header import Head, made_code, name_language, parse_head
from ingest.metadata import Row, apply, unknown_parts
from ingest.metadata import doubts as metadata_doubts
from ingest.paragraphs import split_paragraphs
from ingest.parts import Section, Speech, may_be_record, sections, speeches
from ingest.reader import Document, Line, Pages, documents
from ingest.speakers import aligned_with, on_behalf, short_name
from store.codes import base_code, code_key, references, registered
from store.errors import InputError
from store.language import detect_language
from store.types import Header, Paragraph, Statement

PARSER_VERSION = "4"
"""To be raised when the same file would come out otherwise: all files are then read again."""
_SAMPLE = 4_000
"""Letters from which the language of a text is told."""
_SHARED = ("code", "issued", "event_from", "event_to", "distribution", "meeting", "printed_dates")
"""What an annex has in common with its document."""
_ENOUGH = 20
"""Letters below which the language of a text is not guessed."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What a file holds."""

    statements: tuple[Statement, ...]
    refused: tuple[tuple[str, str], ...] = ()
    """(member, reason) of what a container holds beside them and could not be read."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement in the making."""

    head: Head
    paragraphs: tuple[Paragraph, ...]
    name: str | None = None
    own: bool = True
    """It bears the code of the document."""


def digest(file_sha256: str, row: Row | None) -> str:
    """The key of "unchanged, skipped": one half changes with the file and the parser, the other with its metadata."""
    content = "\x1e".join((file_sha256, PARSER_VERSION, *registered()))
    given = row.canonical() if row else ""
    return "-".join(hashlib.sha256(half.encode()).hexdigest() for half in (content, given))


def same_content(one: str, other: str) -> bool:
    """Whether two digests differ in the metadata at most."""
    return one.partition("-")[0] == other.partition("-")[0]


def parse(path: Path, file: str, root: str, file_sha256: str, row: Row | None = None) -> ParsedFile:
    """The statements of a file, in order. Raises InputError with the reason where it holds none."""
    statements: list[Statement] = []
    refused: list[tuple[str, str]] = []
    key = digest(file_sha256, row)
    for document in documents(path):
        # A row is about the file; the other members of a container have codes and speakers of their own.
        given = row if not document.member else None
        try:
            for one in _statements(document, document.member or file, given):
                statements.append(
                    replace(
                        one,
                        file=file,
                        root=root,
                        member=document.member,
                        ordinal=len(statements),
                        file_sha256=file_sha256,
                        digest=key,
                    )
                )
        except InputError as error:
            refused.append((document.member, str(error)))
    if not statements:
        member, reason = refused[0] if refused else ("", "holds no document")
        raise InputError(f"holds nothing that can be read; {member}: {reason}" if member else reason)
    return ParsedFile(tuple(statements), tuple(refused))


def _statements(document: Document, name: str, row: Row | None) -> Iterator[Statement]:
    if document.pages is None:
        raise InputError(document.reason or "can't be read")
    pages = document.pages
    head = parse_head(pages)
    parts = _parts(pages, head, name_language(name))
    if len(parts) > 1 and row and row.part and not any(part.name and row.names(part.name) for part in parts):
        # The table says that the whole file is one part of something larger: what others say in it stays in it.
        parts = [_whole(pages, head)]
    if not any(part.paragraphs for part in parts):
        raise InputError("holds no paragraph of text")
    parts = [part for part in parts if part.paragraphs]
    at_large = _detected(parts)
    language = head.language or name_language(name) or at_large or "und"
    names = [part.name for part in parts]
    for part in parts:
        text = "\n".join(paragraph.text for paragraph in part.paragraphs)
        detected = _detected([part]) if len(parts) > 1 else at_large
        header = _header(part, name, text, (detected if part.name and not part.head.speaker else None) or language)
        header = apply(row, header, among=len(parts) > 1, own=part.own)
        doubts = (
            *part.head.doubts,
            *_doubts(header, detected, part.paragraphs),
            *metadata_doubts(row),
            *unknown_parts(row, names),
        )
        yield Statement(header, part.paragraphs, "", doubts=doubts, refers_to=_references(header, part.paragraphs))


def _parts(pages: Pages, head: Head, language: str | None) -> list[_Part]:
    """The parts of a document, the document itself first; a part without paragraphs may be among them."""
    parts: list[_Part] = []
    found = sections(pages.lines, head.code, head.body)
    for section in found:
        if section.part or section.code:
            parts.append(_annex(section, pages, head))
        else:
            own = Pages(section.lines, pages.whole)
            parts += _speeches(own, head, language) or [_whole(own, head)]
    return parts


def _annex(section: Section, pages: Pages, document: Head) -> _Part:
    """A part with a head of its own, which shares with the document what it does not print itself."""
    inner = Pages(section.lines, pages.whole)
    head = parse_head(inner, section.code or document.code)
    shared = {name: getattr(head, name) or getattr(document, name) for name in _SHARED}
    head = replace(head, title=head.title or section.caption, **shared)
    return replace(_whole(inner, head), name=section.part, own=section.code is None)


def _whole(pages: Pages, head: Head) -> _Part:
    lines = list(pages.lines[head.body :])
    if lines and head.prefix:
        lines[0] = replace(lines[0], text=lines[0].text[head.prefix :].strip())
    paragraphs = _paragraphs(lines, pages, head)
    if not paragraphs and head.body:
        paragraphs = _paragraphs(pages.lines, pages, head)
    return _Part(head, paragraphs)


def _speeches(pages: Pages, head: Head, language: str | None) -> list[_Part]:
    """The record's own part and its speeches; nothing where the document is no record of several speakers."""
    if not may_be_record(pages.lines[head.start :]):
        return []
    lines = drop_furniture(pages.lines[head.start :], head.code, head.printed_dates)
    record = speeches(lines, whole=pages.whole)
    if record is None:
        return []
    agenda = next((speech.title for speech in record.speeches if speech.title), head.title)
    nobody = replace(head, title=agenda, speaker=None, delegation=None, original_language=None)
    own = split_paragraphs(record.own, whole=pages.whole, heading=head.heading)
    parts = [_Part(nobody, own)]
    unmarked = None
    if any(speech.turn.language for speech in record.speeches):
        # Only what was not spoken in the record's own language is marked.
        said = "\n".join(line.text for speech in record.speeches for line in speech.lines)
        unmarked = head.language or language or detect_language(said[:_SAMPLE])
    for number, speech in enumerate(record.speeches, 1):
        parts.append(_speech(speech, replace(nobody, original_language=unmarked), f"speech {number}", pages))
    return parts


def _speech(speech: Speech, record: Head, name: str, pages: Pages) -> _Part:
    head = replace(
        record,
        title=speech.title or record.title,
        speaker=speech.turn.speaker,
        delegation=speech.turn.delegation,
        original_language=speech.turn.language or record.original_language,
    )
    return _Part(head, split_paragraphs(speech.lines, whole=pages.whole), name)


def _paragraphs(lines: Sequence[Line], pages: Pages, head: Head) -> tuple[Paragraph, ...]:
    lines = drop_furniture(lines, head.code, head.printed_dates)
    return split_paragraphs(lines, whole=pages.whole, heading=head.heading)


def _detected(parts: Sequence[_Part]) -> str | None:
    """The language that a text is in, by its first letters; None where there are too few to tell."""
    text = ""
    for paragraph in (paragraph for part in parts for paragraph in part.paragraphs):
        text += paragraph.text + "\n"
        if len(text) >= _SAMPLE:
            break
    return detect_language(text[:_SAMPLE]) if sum(sign.isalpha() for sign in text[:400]) >= _ENOUGH else None


def _header(part: _Part, name: str, text: str, language: str) -> Header:
    head = part.head
    aligned = aligned_with([paragraph.text for paragraph in part.paragraphs])
    delegation = head.delegation
    if delegation:
        delegation, list_ = on_behalf(delegation)
        delegation, aligned = short_name(delegation, text), list_ or aligned
    elif aligned and not head.speaker and re.search(r"(?i)\bcandidate\s+countr|pays\s+candidats", aligned):
        delegation = "European Union"
    return Header(
        code=head.code or made_code(name),
        part=part.name,
        language=head.language or language,
        original_language=head.original_language,
        issued=head.issued,
        event_from=head.event_from,
        event_to=head.event_to,
        title=head.title,
        speaker=head.speaker,
        delegation=delegation,
        distribution=head.distribution,
        meeting=head.meeting,
        aligned=aligned,
        code_made=head.code is None,
    )


def _references(header: Header, paragraphs: Sequence[Paragraph]) -> tuple[str, ...]:
    """The codes that a title and a text name, without the document's own."""
    texts = [header.title or ""]
    for paragraph in paragraphs:
        texts += [paragraph.text, *paragraph.footnotes]
    own = {code_key(header.code), code_key(base_code(header.code))}
    return tuple(code for code in references("\n".join(texts)) if code_key(code) not in own)


def _doubts(header: Header, detected: str | None, paragraphs: Sequence[Paragraph]) -> list[str]:
    doubts: list[str] = []
    if header.code_made:
        doubts.append("code made from file name")
    if not header.issued:
        doubts.append("date missing")
    if header.language == "und":
        doubts.append("language unknown")
    elif detected and re.match(r"en|fr|de|it|ru|es|uk", header.language) and detected != header.language:
        doubts.append(f"language is given as {header.language}, the text looks like {detected}")
    if any(paragraph.ocr is not None for paragraph in paragraphs):
        doubts.append("recognised by OCR")
    return doubts
