"""Make the PDF and DOCX samples from `source/*.txt`.

A source file opens with `key: value` lines; then come blocks, parted by blank lines. How a line begins says what it is:

    :     set to the left, line by line           >     set to the right, line by line
    =     centred and bold, line by line          |     table row, cells parted by |; the first row is the head
    ^     footnote to the paragraph before        +     new page
    1.    numbered paragraph                      (a)   its sub-item

Anything else is a paragraph, its lines joined. `numbering: automatic` leaves the numbers of a DOCX to Word.
The same sources, font and library versions give the same bytes.
"""

from __future__ import annotations

import argparse
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph
from fpdf import FPDF
from fpdf.enums import XPos, YPos

HERE = Path(__file__).parent
MADE = datetime(2025, 1, 1, tzinfo=UTC)  # stands in every file, so that a rebuild changes nothing
LABEL = re.compile(r"(\d+\.|\([a-z]\))\s+(.*)", re.DOTALL)
LINE, FOOT, NOTES = 6.4, 28.0, 18.0  # heights of a line, of the foot margin, of the footnotes above it, in millimetres


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a source file: a kind (one of `:>=|^+`, `label` or `text`) and its lines."""

    kind: str
    lines: tuple[str, ...]
    label: str = ""

    @property
    def text(self) -> str:
        return ("\n" if self.kind in ":>=" else " ").join(self.lines)


@dataclass(frozen=True, slots=True)
class Source:
    """One source file, read. Its first line says that the statement is invented."""

    name: str
    settings: dict[str, str]
    blocks: tuple[Block, ...]


def read_block(text: str) -> Block:
    lines = tuple(text.splitlines())
    if lines[0][0] in ":>=|^+":
        return Block(lines[0][0], tuple(re.sub(r"^[:>=|^+] ?", "", line) for line in lines))
    match = LABEL.match(" ".join(lines))
    return Block("label", (match[2],), match[1]) if match else Block("text", lines)


def read_source(path: Path) -> Source:
    head, *blocks = re.split(r"\n\n+", path.read_text("utf-8").strip())
    settings = dict(re.split(r":\s*", line, maxsplit=1) for line in head.splitlines())
    return Source(path.stem, settings, tuple(map(read_block, blocks)))


class Sheet(FPDF):
    """A4 pages: code and date at the head of all but opening pages, footnotes and job number at the foot."""

    def __init__(self, source: Source, fonts: Path) -> None:
        super().__init__()
        self.settings = source.settings
        self.opening = False
        self.notes: list[str] = []
        self.add_font("serif", "", fonts / "DejaVuSerif.ttf")
        self.add_font("serif", "B", fonts / "DejaVuSerif-Bold.ttf")
        self.set_creation_date(MADE)
        self.set_title(source.settings["code"])
        self.set_subject(source.blocks[0].text)
        self.set_lang(source.settings["language"])
        self.set_margins(28, 24)
        self.set_font("serif", size=11)
        self.open_page()

    def open_page(self) -> None:
        """Begin a page that prints its own header block: the first one, an annex."""
        self.opening = True
        self.add_page()
        self.opening = False

    def header(self) -> None:
        self.set_auto_page_break(True, FOOT)
        if self.page_no() == 1:
            return
        self.set_xy(0, 14)
        self.cell(self.w, LINE, f"- {self.page_no()} -", align="C")
        if not self.opening:
            self.set_xy(140, 14)
            self.multi_cell(50, 5, f"{self.settings['code']}\n{self.settings['date']}", align="L")
        self.set_xy(self.l_margin, 30)

    def footer(self) -> None:
        if self.notes:
            top = self.h - FOOT - NOTES + 4
            self.line(self.l_margin, top, self.l_margin + 50, top)
            self.set_xy(self.l_margin, top + 2)
            self.set_font(size=9)
            self.multi_cell(0, 4.6, "\n".join(self.notes), align="L")
            self.notes.clear()
        self.set_font(size=8)
        self.text(self.l_margin, self.h - 18, self.settings["job"])

    def add_note(self, text: str) -> None:
        """Keep room for a footnote on this page; to be called before its paragraph is written."""
        self.notes.append(text)
        self.set_auto_page_break(True, FOOT + NOTES)

    def write_block(self, text: str, *, label: str = "", indent: float = 0, style: str = "", align: str = "L") -> None:
        """Write lines that break where the page ends, a label hanging before them."""
        if self.will_page_break(LINE):
            self.add_page()
        self.set_font(style=style)
        self.set_x(self.l_margin + indent)
        if label:
            self.cell(10, LINE, label)
        self.multi_cell(0, LINE, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font(style="")
        self.ln(3)


def write_pdf(source: Source, fonts: Path) -> bytes:
    sheet = Sheet(source, fonts)
    for block, following in zip(source.blocks, (*source.blocks[1:], Block("text", ())), strict=True):
        if following.kind == "^":
            sheet.add_note(following.text)
        match block.kind:
            case "+":
                sheet.open_page()
            case ">":
                sheet.write_block(block.text, indent=80)
                sheet.ln(8)
            case "=":
                sheet.write_block(block.text, style="B", align="C")
            case "label":
                sheet.write_block(block.text, label=block.label, indent=10 if block.label.startswith("(") else 0)
            case ":" | "text":
                sheet.write_block(block.text)
    return bytes(sheet.output())


def define_list(document: Docx) -> None:
    """Define the list `1.`, `(a)` as number 100, so that Word counts and no label stands in the text."""
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{567 * (level + 1)}" w:hanging="567"/></w:pPr></w:lvl>'
        for level, form, text in ((0, "decimal", "%1."), (1, "lowerLetter", "(%2)"))
    )
    space, numbering = nsdecls("w"), document.part.numbering_part.element
    numbering.insert(0, parse_xml(f'<w:abstractNum {space} w:abstractNumId="100">{levels}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {space} w:numId="100"><w:abstractNumId w:val="100"/></w:num>'))


def add_label(paragraph: Paragraph, label: str, automatic: bool) -> None:
    """Number a paragraph: by Word's list, or typed before its text with a tab."""
    if automatic:
        level = int(label.startswith("("))
        number = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="100"/></w:numPr>'
        paragraph._p.get_or_add_pPr().append(parse_xml(number))
    else:
        paragraph.add_run(f"{label}\t")


def add_table(document: Docx, rows: tuple[str, ...]) -> None:
    table = document.add_table(0, rows[0].count("|") + 1, style="Table Grid")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row.split("|"), strict=True):
            cell.text = text.strip()


def open_document(source: Source) -> Docx:
    """An A4 document with its properties, and page number, code and date at the head of every page but the first."""
    document, settings = Document(), source.settings
    style, properties, section = document.styles["Normal"], document.core_properties, document.sections[0]
    style.font.name, style.font.size = "Times New Roman", Pt(12)
    properties.created = properties.modified = MADE
    properties.title, properties.subject = settings["code"], source.blocks[0].text
    properties.author, properties.comments, properties.language = "", "", settings["language"]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.different_first_page_header_footer = True
    line = section.header.paragraphs[0]
    line.add_run("- ")
    line._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"/>'))
    line.add_run(f" -\t\t{settings['code']}\n\t\t{settings['date']}")
    return document


def write_docx(source: Source) -> bytes:
    document = open_document(source)
    automatic = source.settings.get("numbering") == "automatic"
    if automatic:
        define_list(document)
    for block in source.blocks:
        if block.kind == "|":
            add_table(document, block.lines)
            continue
        paragraph = document.add_paragraph()
        if block.kind == "label":
            add_label(paragraph, block.label, automatic)
        run = paragraph.add_run(block.text)
        if block.kind == ">":
            paragraph.paragraph_format.left_indent = Cm(9)
        if block.kind == "=":
            paragraph.alignment, run.bold = WD_ALIGN_PARAGRAPH.CENTER, True
    return pack(document)


def pack(document: Docx) -> bytes:
    """Save with one fixed time on every member; python-docx would stamp the time of day."""
    saved, packed = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, MADE.timetuple()[:6]), old.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def build(out: Path, fonts: Path) -> None:
    """Write one file to `out` for each source."""
    if not (fonts / "DejaVuSerif.ttf").is_file():
        raise SystemExit(f"no DejaVuSerif.ttf in {fonts}: install fonts-dejavu-core, or name the folder with --fonts")
    for source in map(read_source, sorted((HERE / "source").glob("*.txt"))):
        form = source.settings["format"]
        data = write_pdf(source, fonts) if form == "pdf" else write_docx(source)
        (out / f"{source.name}.{form}").write_bytes(data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the PDF and DOCX samples from source/*.txt.")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts/truetype/dejavu"))
    parser.add_argument("--out", type=Path, default=HERE / "statements")
    build(**vars(parser.parse_args()))
