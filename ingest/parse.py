"""A file and its metadata row become a statement."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from ingest.furniture import drop_furniture
from ingest.header import Head, made_code, name_language, parse_head
from ingest.metadata import Row, apply
from ingest.metadata import doubts as metadata_doubts
from ingest.paragraphs import split_paragraphs
from ingest.reader import Pages, read
from ingest.speakers import short_name
from store.errors import InputError
from store.language import detect_language
from store.types import Header, Paragraph, Statement

PARSER_VERSION = "2"
"""To be raised when the same file would come out otherwise: all files are then read again."""
_SAMPLE = 4_000
"""Letters from which the language of a text is told."""
_ENOUGH = 20
"""Letters below which the language of a text is not guessed."""


def digest(file_sha256: str, row: Row | None) -> str:
    """The key of "unchanged, skipped": changes with the file, its metadata row and the parser."""
    text = f"{file_sha256}\x1e{row.canonical() if row else ''}\x1e{PARSER_VERSION}"
    return hashlib.sha256(text.encode()).hexdigest()


def parse(path: Path, file: str, root: str, file_sha256: str, row: Row | None = None) -> list[Statement]:
    """The statements of a file, in order. Raises InputError with the reason where it holds none."""
    pages = read(path)
    head = parse_head(pages)
    paragraphs = _paragraphs(pages, head)
    if not paragraphs:
        head = replace(head, body=0, prefix=0)
        paragraphs = _paragraphs(pages, head)
    if not paragraphs:
        raise InputError("holds no paragraph of text")
    text = "\n".join(paragraph.text for paragraph in paragraphs)
    detected = detect_language(text[:_SAMPLE]) if sum(sign.isalpha() for sign in text[:400]) >= _ENOUGH else None
    header = _header(head, file, text, detected)
    header = apply(row, header)
    return [
        Statement(
            header=header,
            paragraphs=paragraphs,
            file=file,
            root=root,
            file_sha256=file_sha256,
            digest=digest(file_sha256, row),
            doubts=(*_doubts(header, detected), *metadata_doubts(row)),
        )
    ]


def _paragraphs(pages: Pages, head: Head) -> tuple[Paragraph, ...]:
    lines = list(pages.lines[head.body :])
    if lines and head.prefix:
        lines[0] = replace(lines[0], text=lines[0].text[head.prefix :].strip())
    lines = drop_furniture(lines, head.code, head.printed_dates)
    return split_paragraphs(lines, whole=pages.whole, heading=head.heading)


def _header(head: Head, file: str, text: str, detected: str | None) -> Header:
    return Header(
        code=head.code or made_code(file),
        language=head.language or name_language(file) or detected or "und",
        original_language=head.original_language,
        issued=head.issued,
        event_from=head.event_from,
        event_to=head.event_to,
        title=head.title,
        speaker=head.speaker,
        delegation=short_name(head.delegation, text) if head.delegation else None,
        distribution=head.distribution,
        meeting=head.meeting,
        code_made=head.code is None,
    )


def _doubts(header: Header, detected: str | None) -> list[str]:
    doubts: list[str] = []
    if header.code_made:
        doubts.append("code made from file name")
    if not header.issued:
        doubts.append("date missing")
    if header.language == "und":
        doubts.append("language unknown")
    elif detected and re.match(r"en|fr|de|it|ru|es|uk", header.language) and detected != header.language:
        doubts.append(f"language is given as {header.language}, the text looks like {detected}")
    return doubts
