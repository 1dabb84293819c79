"""Answers as a document to keep: Markdown, or Word, with footnotes and a list of sources.

Text of statements and questions stays text: nothing in it becomes markup of the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from ui.shown import Said, Shown, Source, facts
from ui.words import ENGLISH, Speech

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph as WordParagraph

Format = Literal["markdown", "docx"]
MEDIA_TYPES: dict[Format, str] = {
    "markdown": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
ENDINGS: dict[Format, str] = {"markdown": "md", "docx": "docx"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~&$^])")
_LIST = re.compile(r"^(\s*)(\d+(?=[.)])|(?=[-+=:]))")
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@dataclass(frozen=True, slots=True)
class Exported:
    """One turn with the time at which it was asked."""

    item: Shown
    asked: str

    @property
    def day(self) -> str:
        return self.asked[:10]


def export(kind: Format, title: str, turns: Sequence[Exported], t: Speech = ENGLISH) -> bytes:
    """The document. `title` stands at its head."""
    return markdown(title, turns, t).encode() if kind == "markdown" else word(title, turns, t)


def markdown(title: str, turns: Sequence[Exported], t: Speech = ENGLISH) -> str:
    """With footnotes as `[^1]`, which Pandoc, GitHub and most editors read."""
    lines = [f"# {_plain(title)}", ""]
    notes: list[str] = []
    for one in turns:
        lines += [f"## {_plain(one.item.question)}", "", f"*{_plain(t('export.asked', date=one.day))}*", ""]
        for said in _claims(one.item, t):
            marks = ""
            for source in said.sources:
                notes.append(_note(source, t))
                marks += f"[^{len(notes)}]"
            lines += [f"{_plain(_words(said))}{marks}", ""]
    lines += [line for n, note in enumerate(notes, 1) for line in (f"[^{n}]: {_plain(note)}", "")]
    listed = list(_documents(turns, t))
    if listed:
        lines += [f"## {_plain(t('export.sources'))}", "", *(f"- {_plain(entry)}" for entry in listed), ""]
    return "\n".join(lines)


def word(title: str, turns: Sequence[Exported], t: Speech = ENGLISH) -> bytes:
    """With footnotes of Word's own."""
    import docx

    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.comments = _xml(title)[:255], "", ""
    document.add_heading(_xml(title), 0)
    notes: list[str] = []
    for one in turns:
        document.add_heading(_xml(one.item.question), 1)
        document.add_paragraph().add_run(t("export.asked", date=one.day)).italic = True
        for said in _claims(one.item, t):
            paragraph = document.add_paragraph(_xml(_words(said)))
            for source in said.sources:
                notes.append(_note(source, t))
                _refer(paragraph, len(notes))
    listed = list(_documents(turns, t))
    if listed:
        document.add_heading(t("export.sources"), 1)
        for entry in listed:
            document.add_paragraph(_xml(entry), style="List Bullet")
    _add_notes(document, notes)
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def _claims(item: Shown, t: Speech) -> Iterator[Said]:
    if not item.answered:
        yield Said(item.answer["refusal"] or item.answer["text"], "", (), True)
    for said in item.said:
        kept = tuple(source for source in said.sources if not source.gone)
        lead = said.lead if said.verified else f"{t('chat.unverified')}: {said.lead}"
        yield Said(lead, said.quote, kept, said.verified)


def _words(said: Said) -> str:
    return " ".join(part for part in (said.lead, said.quote) if part)


def _note(source: Source, t: Speech) -> str:
    """What a footnote says: the citation, who and when, and what a reader should know before he relies on it."""
    states = [
        t("sources.superseded_by", code=source.superseded_by) if source.superseded_by else None,
        source.recognised,
        t("sources.translated", language=source.translated) if source.translated else None,
        t("sources.changed") if source.changed else None,
    ]
    return ". ".join([source.citation, ", ".join(source.facts), *(state for state in states if state)])


def _documents(turns: Sequence[Exported], t: Speech) -> Iterator[str]:
    """Every statement that is cited, once, in order of code."""
    cited = {
        source.statement.id: source.statement
        for one in turns
        if one.item.answered
        for source in one.item.sources
        if source.statement
    }
    for statement in sorted(cited.values(), key=lambda item: item.header.code):
        header = statement.header
        name = f"{header.code}, {header.part}" if header.part else header.code
        yield ". ".join(part for part in (name, header.title, ", ".join(facts(header, t))) if part)


def _plain(text: str) -> str:
    """Text in which Markdown sees no markup, on one line."""
    return _LIST.sub(r"\1\2\\", _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def _xml(text: str) -> str:
    """Without the characters that XML can't hold."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _refer(paragraph: WordParagraph, number: int) -> None:
    """The mark of a footnote at the end of a paragraph."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    run = paragraph.add_run()
    run.font.superscript = True
    mark = OxmlElement("w:footnoteReference")
    mark.set(qn("w:id"), str(number))
    run._r.append(mark)


def _add_notes(document: Document, notes: Sequence[str]) -> None:
    """The part with the footnotes, which python-docx does not make (ISO/IEC 29500-1, 11.3.7)."""
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from lxml import etree

    def tag(name: str) -> str:
        return f"{{{_W}}}{name}"

    root = etree.Element(tag("footnotes"), nsmap={"w": _W})
    for number, kind in ((-1, "separator"), (0, "continuationSeparator")):
        note = etree.SubElement(root, tag("footnote"), {tag("type"): kind, tag("id"): str(number)})
        etree.SubElement(etree.SubElement(etree.SubElement(note, tag("p")), tag("r")), tag(kind))
    for number, text in enumerate(notes, 1):
        note = etree.SubElement(root, tag("footnote"), {tag("id"): str(number)})
        paragraph = etree.SubElement(note, tag("p"))
        run = etree.SubElement(paragraph, tag("r"))
        etree.SubElement(etree.SubElement(run, tag("rPr")), tag("vertAlign"), {tag("val"): "superscript"})
        etree.SubElement(run, tag("footnoteRef"))
        said = etree.SubElement(etree.SubElement(paragraph, tag("r")), tag("t"))
        said.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        said.text = f" {_xml(text)}"
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    package = document.part.package
    part = Part(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, blob, package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
