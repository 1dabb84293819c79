"""DOCX to lines: numbers as a word processor counts them, notes, changes, tables, boxes, fields, traps."""

from __future__ import annotations

from pathlib import Path

import pytest
from formats import docx, numbered, par, run

from ingest.numbering import numeral
from ingest.reader import Line, documents
from store.errors import InputError


def lines(tmp_path: Path, data: bytes) -> list[Line]:
    file = tmp_path / "a.docx"
    file.write_bytes(data)
    (document,) = documents(file)
    assert document.pages is not None
    assert document.pages.whole
    return [line for line in document.pages.lines if line.text]


def labels(tmp_path: Path, data: bytes) -> list[tuple[str | None, str]]:
    return [(line.label, line.text) for line in lines(tmp_path, data)]


def level(depth: int, form: str, pattern: str) -> str:
    numbering = f'<w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/>'
    return f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/>{numbering}</w:lvl>'


LIST = (
    '<w:abstractNum w:abstractNumId="7">'
    + level(0, "decimal", "%1.")
    + level(1, "lowerLetter", "(%2)")
    + level(2, "lowerRoman", "%1.%2.%3")
    + "</w:abstractNum>"
)
PLAIN = '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'


@pytest.mark.parametrize(
    ("number", "form", "shown"),
    [
        (4, "upperRoman", "IV"),
        (1994, "lowerRoman", "mcmxciv"),
        (28, "lowerLetter", "bb"),
        (3, "upperLetter", "C"),
        (7, "russianLower", "ж"),
        (22, "ordinal", "22nd"),
        (11, "ordinal", "11th"),
        (5, "decimalZero", "05"),
        (2_000_000, "lowerRoman", "2000000"),
    ],
)
def test_numerals(number: int, form: str, shown: str) -> None:
    assert numeral(number, form) == shown


def test_levels_restart_below_a_higher_one(tmp_path: Path) -> None:
    body = "".join(
        (numbered("a"), numbered("b", 1), numbered("c", 1), numbered("d", 2), numbered("e"), numbered("f", 1))
    )
    assert labels(tmp_path, docx(body, numbering=LIST + PLAIN)) == [
        *(("1.", "a"), ("(a)", "b"), ("(b)", "c"), ("1.b.i", "d"), ("2.", "e"), ("(a)", "f"))
    ]


def test_a_level_that_never_restarts(tmp_path: Path) -> None:
    kept = LIST.replace('<w:lvlText w:val="(%2)"/>', '<w:lvlRestart w:val="0"/><w:lvlText w:val="(%2)"/>')
    body = "".join((numbered("a"), numbered("b", 1), numbered("c"), numbered("d", 1)))
    assert [label for label, _ in labels(tmp_path, docx(body, numbering=kept + PLAIN))] == ["1.", "(a)", "2.", "(b)"]


def test_lists_share_a_count_until_one_overrides_its_start(tmp_path: Path) -> None:
    other = '<w:num w:numId="2"><w:abstractNumId w:val="7"/></w:num>'
    restarted = (
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
    )
    body = "".join((numbered("a"), numbered("b", number=2), numbered("c", number=3), numbered("d", number=3)))
    found = labels(tmp_path, docx(body, numbering=LIST + PLAIN + other + restarted))
    assert [label for label, _ in found] == ["1.", "2.", "5.", "6."]


def test_an_override_gives_a_level_of_its_own(tmp_path: Path) -> None:
    own = (
        '<w:num w:numId="1"><w:abstractNumId w:val="7"/>'
        f'<w:lvlOverride w:ilvl="0">{level(0, "upperRoman", "%1)")}</w:lvlOverride></w:num>'
    )
    assert labels(tmp_path, docx(numbered("a"), numbering=LIST + own)) == [("I)", "a")]


def test_numbers_of_styles_and_of_styles_they_are_based_on(tmp_path: Path) -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="Para"><w:name w:val="Para"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Sub"><w:name w:val="Sub"/><w:basedOn w:val="Para"/>'
        '<w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>'
    )
    body = "".join(par(name.lower(), f'<w:pStyle w:val="{name}"/>') for name in ("Para", "Sub", "Para", "Loop"))
    off = par("off", '<w:pStyle w:val="Para"/><w:numPr><w:numId w:val="0"/></w:numPr>')
    assert labels(tmp_path, docx(body + off, numbering=LIST + PLAIN, styles=styles)) == [
        *(("1.", "para"), ("(a)", "sub"), ("2.", "para"), (None, "loop"), (None, "off"))
    ]


def test_bullets_and_absurd_numbers_are_no_labels(tmp_path: Path) -> None:
    bullets = LIST.replace("decimal", "bullet").replace("%1.", "•")
    assert labels(tmp_path, docx(numbered("a"), numbering=bullets + PLAIN)) == [(None, "a")]
    assert labels(tmp_path, docx(numbered("a", 99), numbering=LIST + PLAIN)) == [(None, "a")]
    broken = LIST.replace('w:val="1"/><w:numFmt', 'w:val="x9"/><w:numFmt')
    assert labels(tmp_path, docx(numbered("a"), numbering=broken + PLAIN)) == [("1.", "a")]


def test_headings_are_short_and_bear_their_number(tmp_path: Path) -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/>'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    long = "The delegation wishes to thank the Chairperson and all those who have taken part in this work."
    body = par("Security", '<w:pStyle w:val="H2"/>') + par(long, '<w:pStyle w:val="H2"/>')
    found = lines(tmp_path, docx(body, numbering=LIST + PLAIN, styles=styles))
    assert [(line.text, line.level, line.label) for line in found] == [("1. Security", 2, None), (long, None, "2.")]


def test_notes_hang_on_their_paragraph_in_order_of_reference(tmp_path: Path) -> None:
    note = '<w:r><w:{kind}Reference w:id="{id}"/></w:r>'
    body = par(run("First") + note.format(kind="footnote", id=4) + run(" goes on.")) + par(
        run("Second.") + note.format(kind="footnote", id=3) + note.format(kind="endnote", id=2)
    )
    feet = "".join(
        f'<w:footnote w:id="{number}"{kind}>{par(text)}</w:footnote>'
        for number, text, kind in ((0, "line", ' w:type="separator"'), (3, "three", ""), (4, "four", ""))
    )
    data = docx(body, footnotes=feet, endnotes=f'<w:endnote w:id="2">{par("end")}</w:endnote>')
    assert [(line.text, line.notes) for line in lines(tmp_path, data)] == [
        ("First goes on.", ("1 four",)),
        ("Second.", ("2 three", "i end")),
    ]


def test_changes_are_taken_as_accepted(tmp_path: Path) -> None:
    gone = "<w:del><w:r><w:delText>not </w:delText></w:r></w:del>"
    body = (
        par(run("It was ") + f"<w:ins>{run('really ')}</w:ins>" + gone + run("said."))
        + par(f"<w:moveFrom>{run('Moved.')}</w:moveFrom>", "<w:rPr><w:del/></w:rPr>")
        + par(run("Joined "), "<w:rPr><w:del/></w:rPr>")
        + par(run("up."))
        + f"<w:moveTo>{par('Moved.')}</w:moveTo>"
        + f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>{par('gone')}</w:tc></w:tr></w:tbl>"
    )
    assert [line.text for line in lines(tmp_path, docx(body))] == ["It was really said.", "Joined up.", "Moved."]


def test_hidden_text_fields_breaks_and_signs(tmp_path: Path) -> None:
    field = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    body = par(
        run("Seen")
        + run(" never", "<w:vanish/>")
        + run(" shown", '<w:vanish w:val="0"/>')
        + '<w:r><w:noBreakHyphen/><w:t>so</w:t><w:softHyphen/><w:t>on</w:t><w:br w:type="page"/><w:t>below</w:t></w:r>'
    ) + par(
        field.format("begin")
        + '<w:r><w:instrText> HYPERLINK "x" </w:instrText></w:r>'
        + field.format("separate")
        + run("a link")
        + field.format("end")
        + f"<w:hyperlink>{run(' and another')}</w:hyperlink>"
        + f"<w:sdt><w:sdtPr/><w:sdtContent>{run(' in a control')}</w:sdtContent></w:sdt>"
        + '<w:r><w:commentReference w:id="1"/></w:r>'
    )
    assert [line.text for line in lines(tmp_path, docx(body))] == [
        *("Seen shown-soon", "below", "a link and another in a control")
    ]


def test_tables_by_row_and_layout_tables_by_paragraph(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"

    table = row(par("State"), par("Sum")) + row(par("3."), par("Decides") + par("so"))
    layout = row(par("One.") + par("Two."), par(""))
    body = f"<w:tbl>{table}</w:tbl><w:tbl>{layout}</w:tbl>"
    assert labels(tmp_path, docx(body)) == [
        *((None, "State | Sum"), ("3.", "Decides so"), (None, "One."), (None, "Two."))
    ]


def test_text_boxes_once_and_behind_their_paragraph(tmp_path: Path) -> None:
    box = f"<w:txbxContent>{par('Boxed.')}</w:txbxContent>"
    both = f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    assert [line.text for line in lines(tmp_path, docx(par(f"<w:r>{both}</w:r>" + run("Text."))))] == [
        "Text.",
        "Boxed.",
    ]


def test_the_first_header_comes_first_unless_it_is_repeated(tmp_path: Path) -> None:
    head = par(
        "<w:r><w:t>XX.DEL/1/20</w:t><w:tab/><w:t>1 July 2020</w:t></w:r>"
        '<w:fldSimple w:instr=" PAGE "><w:r><w:t>9</w:t></w:r></w:fldSimple>'
    )
    section = '<w:sectPr><w:headerReference w:type="default" r:id="header1"/></w:sectPr>'
    assert [line.text for line in lines(tmp_path, docx(par("Text.") + section, header1=head))] == [
        *("XX.DEL/1/20", "1 July 2020", "Text.")
    ]
    again = docx(par("XX.DEL/1/20") + par("1 July 2020") + par("Text.") + section, header1=head)
    assert [line.text for line in lines(tmp_path, again)] == ["XX.DEL/1/20", "1 July 2020", "Text."]


def test_a_header_of_later_pages_counts_for_its_code_only(tmp_path: Path) -> None:
    section = '<w:sectPr><w:headerReference w:type="default" r:id="header1"/><w:titlePg/></w:sectPr>'
    with_code = docx(par("Text.") + section, header1=par("PC.DEL/550/08"))
    without = docx(par("Text.") + section, header1=par("Page of a report"))
    assert [line.text for line in lines(tmp_path, with_code)] == ["PC.DEL/550/08", "Text."]
    assert [line.text for line in lines(tmp_path, without)] == ["Text."]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<w:tbl><w:tr><w:tc>" * 40 + par("deep") + "</w:tc></w:tr></w:tbl>" * 40, "more than 20 deep"),
        ("<w:sdt><w:sdtContent>" * 400 + par("deep") + "</w:sdtContent></w:sdt>" * 400, "holds broken XML"),
        ("<w:p>", "holds broken XML"),
    ],
)
def test_traps(tmp_path: Path, document: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        lines(tmp_path, docx(document))


def test_what_python_docx_writes(tmp_path: Path) -> None:
    from docx import Document

    file = tmp_path / "b.docx"
    document = Document()
    document.add_heading("Part one", 1)
    document.add_paragraph("First point.", style="List Number")
    document.add_paragraph("Second point.", style="List Number")
    document.save(str(file))
    found = lines(tmp_path, file.read_bytes())
    assert [(line.text, line.level, line.label) for line in found] == [
        ("Part one", 1, None),
        ("First point.", None, "1."),
        ("Second point.", None, "2."),
    ]
