"""Files to lines: encodings, marks, broken files; DOCX and PDF made here."""

from __future__ import annotations

import base64
import zipfile
from pathlib import Path

import pytest

from ingest.limits import MOST_LINES, MOST_TEXT, bounded
from ingest.markdown import front_matter, without_inline_marks, without_markdown
from ingest.reader import PAGE_BREAK, Line, Pages, clean, documents
from store.errors import InputError

RUSSIAN = "Уважаемый господин Председатель, наша делегация поддерживает это предложение и благодарит за доклад.\n" * 5


def read(file: Path) -> Pages:
    """The pages of a file that is one document."""
    (document,) = documents(file)
    assert document.pages is not None
    return document.pages


def texts(pages: Pages) -> list[str]:
    return [line.text for line in pages.lines if line.text]


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "cp1251",
        "koi8-r",
        "koi8-u",
        "cp866",
        "iso8859-5",
    ],
)
def test_cyrillic_encodings(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(RUSSIAN.encode(encoding))
    assert texts(read(file))[0] == RUSSIAN.splitlines()[0]


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("cp1252", "La délégation française présente ses félicitations à l’Assemblée générale réunie à Genève."),
        (
            "iso8859-1",
            "Die Staaten müssen ihre Bemühungen für den Frieden überprüfen, größtenteils gemäß dem Beschluß.",
        ),
        ("cp1252", "The Council’s decision — “on Article 5” — of 1 July."),
        ("utf-16-le", "The Council’s decision — “on Article 5” — of 1 July."),
        ("cp1250", "Społeczność międzynarodowa musi działać, gdyż żaden kraj nie może zostać sam wśród zagrożeń."),
        ("cp1251", "ВЫСТУПЛЕНИЕ ПОСТОЯННОГО ПРЕДСТАВИТЕЛЯ"),
        ("koi8-r", "ВЫСТУПЛЕНИЕ ПОСТОЯННОГО ПРЕДСТАВИТЕЛЯ"),
    ],
)
def test_encodings_of_single_lines(tmp_path: Path, encoding: str, line: str) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes((line + "\n").encode(encoding))
    assert texts(read(file))[0] == line


def test_utf8_with_a_broken_byte_stays_utf8(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(("Réunion à Genève. " * 60).encode() + b"\xe9 fin")
    assert texts(read(file))[0].startswith("Réunion à Genève.")


def test_a_text_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    with file.open("wb") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(InputError, match="is a text of 200 MB, more than the 40 MB that are read"):
        read(file)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.eml"])
def test_a_document_of_too_many_lines_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("Subject: Herons\n\nHerons nest." + "\n" * (MOST_LINES + 5) + "and weirs", "utf-8")
    with pytest.raises(InputError, match="is longer than 1 million lines, the most that is read: divide it"):
        list(documents(file))


def test_a_document_of_too_many_characters_is_refused(tmp_path: Path) -> None:
    body = base64.encodebytes(("Herons nest at the weir. " * 80 + "\n").encode() * (MOST_TEXT // 2001 + 1)).decode()
    head = "From: a@example.org\nSubject: Herons\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n"
    (tmp_path / "a.eml").write_text(head + body, "utf-8")
    with pytest.raises(InputError, match="is longer than 40 million characters"):
        list(documents(tmp_path / "a.eml"))
    with pytest.raises(InputError, match="is longer than 40 million characters"):
        list(bounded(Line("weir" * 1000) for _ in range(MOST_TEXT)))


def test_clean_text() -> None:
    assert clean("e\u0301\u00adx\u200by\u202ez\x07\u00a0w") == "éxyz w"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xyz", b"text", "format .xyz is not read (doc, docm, docx,"),
        ("a.txt", b"  \n \n", "holds no text"),
        ("a.txt", b"\x00\x01\x02\x03" * 100, "zero bytes"),
        ("a.pdf", b"%PDF-1.4 broken", "is not a whole PDF"),
        ("a.docx", b"PK\x03\x04 broken", "is not a whole DOCX"),
        ("a.odt", b"PK\x03\x04 broken", "is not a whole ODT"),
        ("a.zip", b"PK\x03\x04 broken", "is no whole ZIP"),
        ("a.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "is a damaged OLE file"),
        ("a.txt", b"\x89PNG\r\n\x1a\n", "is a picture, which is not read"),
        ("a.doc", b"7z\xbc\xaf\x27\x1c\0\4", "is a 7-Zip archive"),
    ],
)
def test_what_cannot_be_read_has_a_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InputError) as error:
        read(file)
    assert reason in str(error.value)


def test_docx_without_its_parts(tmp_path: Path) -> None:
    file = tmp_path / "a.docx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(InputError, match="not a whole DOCX"):
        read(file)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read(tmp_path / "none.txt")


def test_form_feed_ends_a_page(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("First page.\fSecond page.", "utf-8")
    lines = read(file).lines
    assert [(line.text, line.page) for line in lines] == [("First page.", 1), (PAGE_BREAK, 2), ("Second page.", 2)]


def test_markdown_marks() -> None:
    source = (
        "See [the *Treaty*](../a/b.md) and a *word of\nemphasis* here, 5 * 3 = 15.\nsnake_case stays, \\*star\\* too."
    )
    plain = [line.text for line in without_markdown(without_inline_marks(source).split("\n"), headings=True)]
    assert plain == ["See the Treaty and a word of", "emphasis here, 5 * 3 = 15.", "snake_case stays, *star* too."]


def test_markdown_headings_and_strong_lines() -> None:
    lines = without_markdown(
        ["# Title", "##Second", "**STATEMENT BY", "SOMEONE**", "**Bold** start", "---"], headings=True
    )
    assert [(line.text, line.bold, line.level) for line in lines] == [
        ("Title", False, 1),
        ("Second", False, 2),
        ("STATEMENT BY", True, None),
        ("SOMEONE", True, None),
        ("Bold start", False, None),
        ("", False, None),
    ]


def test_front_matter() -> None:
    fields, body = front_matter("---\ndate: '2022-01-02'\ntitle: \"A Leader\\u2019s\\\n  \\ Reply\"\n---\nText")
    assert fields == {"date": "2022-01-02", "title": "A Leader’s Reply"}
    assert body == "Text"
    assert front_matter("---\n---\n\n# Title\n\n---\n\nText") == ({}, "\n# Title\n\n---\n\nText")


def test_docx_numbers_header_table_and_changes(tmp_path: Path) -> None:
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "XX.DEL/1/20"
    document.add_paragraph("First point.", style="List Number")
    document.add_paragraph("Second point.", style="List Number")
    paragraph = document.add_paragraph("It was ")
    paragraph._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>really </w:t></w:r></w:ins>"))
    paragraph._p.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>not </w:delText></w:r></w:del>"))
    paragraph.add_run("said.")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "left", "right"
    file = tmp_path / "a.docx"
    document.save(str(file))
    pages = read(file)
    assert pages.whole
    assert [(line.text, line.label) for line in pages.lines if line.text] == [
        ("XX.DEL/1/20", None),
        ("First point.", "1."),
        ("Second point.", "2."),
        ("It was really said.", None),
        ("left | right", None),
    ]


def make_pdf(file: Path, pages: list[list[str]]) -> None:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    for page in pages:
        pdf.add_page()
        for line in page:
            pdf.cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
    pdf.output(str(file))


def test_pdf_lines_pages_and_gaps(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    make_pdf(file, [["One line here", "and its second", "", "", "A new paragraph"], ["On page two"]])
    lines = read(file).lines
    assert [(line.text, line.page) for line in lines] == [
        ("One line here", 1),
        ("and its second", 1),
        ("", 1),
        ("A new paragraph", 1),
        (PAGE_BREAK, 2),
        ("On page two", 2),
    ]


def test_pdf_without_text_layer(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    make_pdf(file, [[]])
    with pytest.raises(InputError, match="holds no text"):
        read(file)


def test_encrypted_pdf(tmp_path: Path) -> None:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_encryption(owner_password="owner", user_password="user")
    file = tmp_path / "a.pdf"
    pdf.output(str(file))
    with pytest.raises(InputError, match="encrypted"):
        read(file)
