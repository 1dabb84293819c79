"""ODT, RTF, HTML and DOC to lines; files whose ending and content disagree."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from formats import RTF, doc, docx, eml, odt, ole, par, zipped

from ingest.reader import Line, documents
from store.errors import InputError


def lines(tmp_path: Path, name: str, data: bytes | str) -> list[Line]:
    file = tmp_path / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    (document,) = documents(file)
    assert document.pages is not None
    return [line for line in document.pages.lines if line.text]


def labels(found: list[Line]) -> list[tuple[str | None, str]]:
    return [(line.label, line.text) for line in found]


def list_style(name: str, *levels: tuple[str, str, int]) -> str:
    inside = "".join(
        f'<text:list-level-style-number text:level="{depth}" style:num-format="{form}" style:num-suffix="{suffix}" '
        f'text:display-levels="{shown}"/>'
        for depth, (form, suffix, shown) in enumerate(levels, 1)
    )
    return f'<text:list-style style:name="{name}">{inside}</text:list-style>'


def item(text: str, inner: str = "", start: str = "") -> str:
    return f"<text:list-item{start}><text:p>{text}</text:p>{inner}</text:list-item>"


STYLE = list_style("L", ("1", ".", 1), ("a", ")", 1), ("1", ".", 3))


def test_odt_lists(tmp_path: Path) -> None:
    inner = f"<text:list>{item('b')}{item('c', '<text:list>' + item('d') + '</text:list>')}</text:list>"
    body = (
        f'<text:list text:style-name="L">{item("a", inner)}{item("e")}</text:list><text:p>between</text:p>'
        f'<text:list text:style-name="L" text:continue-numbering="true">{item("f")}</text:list>'
        f'<text:list text:style-name="L">{item("g")}{item("h", start=" text:start-value=" + chr(34) + "9" + chr(34))}'
        "<text:list-header><text:p>i</text:p></text:list-header></text:list>"
    )
    assert labels(lines(tmp_path, "a.odt", odt(body, STYLE))) == [
        *(("1.", "a"), ("a)", "b"), ("b)", "c"), ("1.b.1.", "d"), ("2.", "e"), (None, "between"), ("3.", "f")),
        *(("1.", "g"), ("9.", "h"), (None, "i")),
    ]


def test_odt_continues_a_list_by_its_name(tmp_path: Path) -> None:
    body = (
        f'<text:list xml:id="one" text:style-name="L">{item("a")}</text:list>'
        f'<text:list text:style-name="L">{item("b")}</text:list>'
        f'<text:list text:continue-list="one" text:style-name="L">{item("c")}</text:list>'
    )
    assert [line.label for line in lines(tmp_path, "a.odt", odt(body, STYLE))] == ["1.", "1.", "2."]


def test_odt_notes_changes_tables_frames_and_spaces(tmp_path: Path) -> None:
    note = (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        "<text:note-body><text:p>Below.</text:p></text:note-body></text:note>"
    )
    frame = "<draw:frame><draw:text-box><text:p>Boxed.</text:p></draw:text-box></draw:frame>"
    gone = "<text:changed-region><text:deletion><text:p>gone</text:p></text:deletion></text:changed-region>"
    cells = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("State", "Sum"))
    body = (
        f"<text:tracked-changes>{gone}</text:tracked-changes>"
        f'<text:p>Text{note} goes<text:s text:c="3"/>on.{frame}<text:line-break/>New'
        '<text:change-start text:change-id="c"/> line<text:change-end text:change-id="c"/>'
        '<text:span text:style-name="Gone"> never</text:span>'
        "<office:annotation><text:p>no</text:p></office:annotation></text:p>"
        f"<table:table><table:table-row>{cells}</table:table-row></table:table>"
        '<text:section text:display="none"><text:p>hidden</text:p></text:section>'
        '<text:h text:outline-level="2">Head</text:h>'
    )
    hidden = '<style:style style:name="Gone"><style:text-properties text:display="none"/></style:style>'
    found = lines(tmp_path, "a.odt", odt(body, hidden))
    assert [line.text for line in found] == ["Text goes on.", "New line", "Boxed.", "State | Sum", "Head"]
    assert found[0].notes == ("1 Below.",)
    assert found[-1].level == 2


def test_encrypted_odt(tmp_path: Path) -> None:
    manifest = '<m:manifest xmlns:m="urn:x"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    with pytest.raises(InputError, match="is encrypted"):
        lines(tmp_path, "a.odt", odt("<text:p>x</text:p>", manifest=manifest))


def test_rtf(tmp_path: Path) -> None:
    found = lines(tmp_path, "a.rtf", RTF)
    assert labels(found) == [
        (None, "XX.DEL/1/20"),
        (None, "Security in Europe"),
        ("1.", "We {all} agree… café."),
        ("2.", "Мы за peace now."),
        (None, "Seen М😀"),
        (None, "left | right"),
        (None, "a link"),
    ]
    assert (found[1].level, found[1].bold, found[3].notes) == (1, True, ("1 See the treaty.",))


@pytest.mark.parametrize(
    ("font", "page", "shown"),
    [
        (rb"{\f0 Arial;}", rb"\ansicpg1251", "мир"),
        (rb"{\f0\fcharset204 Arial;}", rb"\ansicpg1252", "мир"),
        (rb"{\f0\fcharset0 Arial;}", rb"\ansicpg1251", "мир"),
        (rb"{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}", rb"\ansicpg1251", "ìèð"),
    ],
)
def test_code_pages_of_rtf(tmp_path: Path, font: bytes, page: bytes, shown: str) -> None:
    data = rb"{\rtf1\ansi" + page + rb"\deff0{\fonttbl" + font + rb"}\f0 \'ec\'e8\'f0\par}"
    assert lines(tmp_path, "a.rtf", data)[0].text == shown


def test_rtf_traps(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 500 deep"):
        lines(tmp_path, "a.rtf", b"{\\rtf1 " + b"{" * 10_000)
    assert lines(tmp_path, "a.rtf", rb"{\rtf1 a{\*\pict\bin3 {{{}b\bin99999 c")[0].text == "ab"


PAGE = """<!DOCTYPE html><html><head><title>T</title><style>p {}</style><script>no()</script></head><body>
<nav>Menu</nav><header>Site</header><form><h1>On peace</h1><!-- comment -->
<p>First <b>bold</b>
 text.<br>Next line.</p><p style="display: none">hidden</p><p hidden>hidden</p>
<div aria-label="x">Loose <i>words</i></div>
<ol start="3"><li>three</li><li><p>four</p></li></ol><ol type="a"><li>letter</li></ol><ul><li>bullet</li></ul>
<table><tr><th>State</th><th>Sum</th></tr><tr><td>5.</td><td>Decides</td></tr><tr><td><p>Only</p></td><td></td></tr></table>
<p>Said <del>not</del> so &amp; so&nbsp;on.</p></form><footer>Imprint</footer></body></html>"""


def test_html(tmp_path: Path) -> None:
    found = lines(tmp_path, "a.html", PAGE)
    assert labels(found) == [
        *((None, "On peace"), (None, "First bold text."), (None, "Next line."), (None, "Loose words")),
        *(("3.", "three"), ("4.", "four"), ("a.", "letter"), (None, "bullet")),
        *((None, "State | Sum"), ("5.", "Decides"), (None, "Only"), (None, "Said so & so on.")),
    ]
    assert found[0].level == 1


def test_html_content_alone_where_the_page_names_it(tmp_path: Path) -> None:
    page = f"<html><body><div>Other news</div><main><p>{'word ' * 60}</p></main></body></html>"
    assert [line.text[:9] for line in lines(tmp_path, "a.htm", page)] == ["word word"]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [('<meta charset="koi8-r">', "koi8-r"), ('<meta charset="utf-8">', "cp1251"), ("", "cp1251"), ("", "utf-16")],
)
def test_html_encodings(tmp_path: Path, head: str, encoding: str) -> None:
    text = "Наша делегация поддерживает это предложение и благодарит за доклад."
    page = f"<html><head>{head}</head><body><p>{text}</p></body></html>".encode(encoding)
    assert lines(tmp_path, "a.html", page)[0].text == text


def test_html_depth_is_no_trap(tmp_path: Path) -> None:
    assert lines(tmp_path, "a.html", "<html><p>seen</p>" + "<table><tr><td>" * 5_000 + "x")[0].text == "seen"


def test_html_in_lines_set_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text("<html><body><pre>A line\nand its second.</pre></body></html>", "utf-8")
    (document,) = documents(file)
    assert document.pages is not None
    assert not document.pages.whole
    assert [line.text for line in document.pages.lines if line.text] == ["A line", "and its second."]


@pytest.mark.parametrize(
    ("name", "data", "first"),
    [
        ("a.doc", RTF, "XX.DEL/1/20"),
        ("a.doc", PAGE.encode(), "On peace"),
        ("a.doc", b"Plain words.", "Plain words."),
        ("a.doc", docx(par("In a DOCX.")), "In a DOCX."),
        ("a.txt", PAGE.encode(), "On peace"),
        ("a.rtf", b"Plain words.", "Plain words."),
        ("a.txt", docx(par("In a DOCX.")), "In a DOCX."),
        ("a.docx", odt("<text:p>In an ODT.</text:p>"), "In an ODT."),
        ("a.zip", docx(par("In a DOCX.")), "In a DOCX."),
        ("a.txt", eml("In an e-mail."), "In an e-mail."),
        ("a.txt", b"From: here to there\nSubject: peace\n\nWords.", "From: here to there"),
    ],
)
def test_content_wins_over_the_ending(tmp_path: Path, name: str, data: bytes, first: str) -> None:
    assert lines(tmp_path, name, data)[0].text == first


def test_a_pdf_named_txt(tmp_path: Path) -> None:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.cell(0, 6, "In a PDF.")
    assert lines(tmp_path, "a.txt", bytes(pdf.output()))[0].text == "In a PDF."


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.docx", zipped({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}), "is an Excel workbook"),
        ("a.odt", zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "is an ODF spreadsheet"),
        ("a.docx", zipped({"a.txt": "x"}), "is not a whole DOCX"),
        ("a.docx", ole({"EncryptedPackage": b"x", "EncryptionInfo": b"y"}), "is encrypted"),
        ("a.doc", ole({"Workbook": b"x"}), "is an Excel workbook"),
        ("a.doc", ole({"Other": b"x"}), "is an OLE file of an unknown kind"),
        ("a.doc", doc(["x"], encrypted=True), "is encrypted"),
        ("a.doc", b"\x00\x01\x02" * 99, "is not a text file"),
        ("a.pdf", b"no PDF at all", "is not a whole PDF"),
    ],
)
def test_what_is_recognised_and_refused(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        lines(tmp_path, name, data)


@pytest.mark.parametrize("name", ["a.doc", "a.msg"])
def test_an_ole_folder_that_lies_in_itself(tmp_path: Path, name: str) -> None:
    data = bytearray(ole({"WordDocument": b"x"}))
    root = data.index("Root Entry".encode("utf-16-le"))
    data[root + 66] = 1  # a plain folder
    data[root + 76 : root + 80] = bytes(4)  # whose first member is the entry 0, itself
    with pytest.raises(InputError, match="is a damaged OLE file"):
        lines(tmp_path, name, bytes(data))


def test_doc_without_a_program_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="apt-get install antiword"):
        lines(tmp_path, "a.doc", doc(["A paragraph."]))


@pytest.mark.skipif(shutil.which("antiword") is None, reason="antiword is not installed: apt-get install antiword")
def test_doc(tmp_path: Path) -> None:
    long = "A long paragraph that an editor would wrap, " * 8 + "to its end."
    found = lines(tmp_path, "a.doc", doc(["XX.DEL/1/20", "It is said in the café.", long]))
    assert [line.text for line in found] == ["XX.DEL/1/20", "It is said in the café.", long]
