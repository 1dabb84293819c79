"""Plain text and Markdown to lines."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.encodings import decode
from ingest.limits import check_length, text_bytes
from ingest.markdown import front_matter, uses_markdown, without_inline_marks, without_markdown
from ingest.reader import PAGE_BREAK, Line, Pages, clean


def read_text(path: Path) -> Pages:
    """The lines of a text file. Raises InputError for a file that is no text or too large."""
    return text_pages(decode(text_bytes(path)), markdown=False)


def read_markdown(path: Path) -> Pages:
    """The lines of a Markdown file, its front matter as fields."""
    return text_pages(decode(text_bytes(path)), markdown=True)


def text_pages(text: str, *, markdown: bool) -> Pages:
    """The lines of a text; marks are also taken off a plain one that clearly uses them.

    Raises InputError for a text that is too long.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n")
    check_length(len(text), text.count("\n") + text.count(PAGE_BREAK))
    fields: dict[str, str] = {}
    if markdown:
        fields, text = front_matter(text)
    marked = markdown or uses_markdown(text)
    if marked:
        text = without_inline_marks(text)
    lines: list[Line] = []
    page = 1
    for part in re.split(r"(\f)", text):
        if part == "\f":
            page += 1
            lines.append(Line(PAGE_BREAK, page))
            continue
        for raw in part.split("\n"):
            tidy = clean(raw.expandtabs(4))
            indent = len(tidy) - len(tidy.lstrip())
            lines.append(Line(tidy.strip(), page, indent))
    if marked:
        lines = [
            Line(plain.text, line.page, line.indent, bold=plain.bold, level=plain.level)
            for line, plain in zip(
                lines, without_markdown([line.text for line in lines], headings=markdown), strict=True
            )
        ]
    if page == 1:
        lines = [Line(line.text, None, line.indent, line.bold, level=line.level) for line in lines]
    return Pages(tuple(lines), fields=fields)
