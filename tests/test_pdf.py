"""PDFs made here, and the real ones beside the project: furniture, columns, footnotes, hyphens, spacing, bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.furniture import drop_furniture
from ingest.paragraphs import split_paragraphs
from ingest.pdf import read_pdf
from ingest.reader import PAGE_BREAK, Line
from ingest.spacing import mended
from store.errors import InputError
from store.types import Paragraph

RESOLUTIONS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "pdf" / "unga_resolutions"


class Book:
    """A PDF written line by line, in points from the upper left corner."""

    def __init__(self) -> None:
        from fpdf import FPDF

        self.pdf = FPDF(unit="pt", format=(600, 800))
        self.pdf.set_auto_page_break(False)

    def page(self) -> None:
        self.pdf.add_page()

    def write(self, text: str, left: float, top: float, *, size: float = 11, bold: bool = False) -> None:
        self.pdf.set_font("times", "B" if bold else "", size)
        self.pdf.text(left, top, text)

    def column(self, lines: list[str], left: float = 80, top: float = 120, *, size: float = 11) -> None:
        for number, line in enumerate(lines):
            if line:
                self.write(line, left, top + 14 * number, size=size)

    def save(self, file: Path) -> Path:
        self.pdf.output(str(file))
        return file


def paragraphs_of(file: Path, code: str | None = None) -> tuple[Paragraph, ...]:
    return split_paragraphs(drop_furniture(read_pdf(file).lines, code))


FIRST = [
    "The village council met on the hill and spoke for a whole day",
    "about water and about bread, as those who live beside the sea",
    "have done in every year since the bridge was built, and then",
]
SECOND = [
    "went home by the long way, past the mill and past the meadow",
    "that nobody has mown since the autumn.",
    "",
    "No one was late for supper.",
]


def test_a_paragraph_goes_on_over_header_and_footer(tmp_path: Path) -> None:
    book = Book()
    for number, lines in enumerate((FIRST, SECOND, ["The next day it rained."]), 1):
        book.page()
        book.write(f"Annals of the village      {number}", 80, 40, size=9)
        book.column(lines)
        book.write(f"24-13337 (E)   {number}/3", 80, 770, size=8)
    paragraphs = paragraphs_of(book.save(tmp_path / "a.pdf"))
    assert [paragraph.text for paragraph in paragraphs] == [
        " ".join([*FIRST, *SECOND[:2]]),
        SECOND[3],
        "The next day it rained.",
    ]
    assert [paragraph.page for paragraph in paragraphs] == [1, 2, 3]


def test_what_stands_above_a_drawn_rule_is_no_text(tmp_path: Path) -> None:
    book = Book()
    for number, lines in enumerate((FIRST, SECOND), 1):
        book.page()
        if number == 2:
            book.write("Of mills and meadows", 80, 50, size=9, bold=True)
            book.pdf.line(75, 60, 520, 60)
        book.column(lines)
    paragraphs = paragraphs_of(book.save(tmp_path / "a.pdf"))
    assert [paragraph.text for paragraph in paragraphs] == [" ".join([*FIRST, *SECOND[:2]]), SECOND[3]]


def test_furniture_inside_running_text() -> None:
    lines = [
        Line("We thank the 2/8 24-13337 delegations of the valley for the bread"),
        Line("and the water XXOED77 - 2 - XX.DEL/7/19 17 December 2019 that they brought us."),
        Line("The ratio was 2/8 of the 24 loaves, see XX.DEL/7/19 and the list - 2 - of last year."),
    ]
    assert [line.text for line in drop_furniture(lines, "XX.DEL/7/19")] == [
        "We thank the delegations of the valley for the bread",
        "and the water that they brought us.",
        lines[2].text,
    ]


def test_two_columns_written_row_by_row(tmp_path: Path) -> None:
    left = [
        f"left {word} of the tale that is told here"
        for word in ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    ]
    right = [
        f"right {word} of the tale that is told here"
        for word in ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    ]
    book = Book()
    book.page()
    book.write("A tale in two columns that has a title as wide as all of the page is", 80, 80)
    for number, (one, other) in enumerate(zip(left, right, strict=True)):
        book.write(one, 80, 120 + 14 * number)
        book.write(other, 330, 120 + 14 * number)
    texts = [line.text for line in read_pdf(book.save(tmp_path / "a.pdf")).lines if line.text not in ("", PAGE_BREAK)]
    assert texts[1:] == [*left, *right]


def test_a_table_is_read_by_its_rows(tmp_path: Path) -> None:
    book = Book()
    book.page()
    for number in range(9):
        book.write(f"Town {number}", 80, 120 + 14 * number)
        book.write(f"{number} boats", 330, 120 + 14 * number)
    texts = [line.text for line in read_pdf(book.save(tmp_path / "a.pdf")).lines if line.text]
    assert texts[0] == "Town 0 0 boats"


@pytest.mark.parametrize("ruled", [True, False], ids=["under a rule", "set small"])
def test_footnotes_hang_on_their_paragraph(tmp_path: Path, ruled: bool) -> None:
    book = Book()
    book.page()
    said = "The mill is older than the bridge, as the book says"
    book.write(said, 80, 120)
    book.write("12", 80 + book.pdf.get_string_width(said), 115, size=6)
    book.column(["and as every child knows.", "", "Nobody else has counted the boats."], top=134)
    if ruled:
        book.pdf.line(80, 700, 200, 700)
    book.write("12", 80, 712, size=5)
    book.write("See the book of the village, leaf four, and the", 88, 716, size=8)
    book.write("map of the harbour.", 80, 726, size=8)
    paragraphs = paragraphs_of(book.save(tmp_path / "a.pdf"))
    assert [paragraph.text for paragraph in paragraphs] == [
        "The mill is older than the bridge, as the book says and as every child knows.",
        "Nobody else has counted the boats.",
    ]
    assert paragraphs[0].footnotes == ("12 See the book of the village, leaf four, and the map of the harbour.",)
    assert paragraphs[1].footnotes == ()


def test_line_end_hyphens(tmp_path: Path) -> None:
    book = Book()
    book.page()
    book.column(
        [
            "It is important that a well-known man came by, and it is impor-",
            "tant that the well-",
            "known man went away before the evening came upon the village.",
        ]
    )
    (paragraph,) = paragraphs_of(book.save(tmp_path / "a.pdf"))
    assert "is important that the well-known man" in paragraph.text


def test_spacing_is_mended_where_the_text_is_sure() -> None:
    def whole(*texts: str) -> list[str]:
        return [line.text for line in mended([Line(text) for text in texts])]

    # Neither part is a word here, the two together are.
    assert whole("It is destabilising.", "It is des tabilising.")[1] == "It is destabilising."
    # Both parts are words of the text, side by side elsewhere; run together they stand nowhere else.
    friends = ("The rights of peoples.", "Some of those peoples.", "The will ofpeoples.")
    assert whole(*friends)[2] == "The will of peoples."
    # `a gain` may be meant; `ofpeoples` may be a name where it comes twice.
    assert whole("Once again, again.", "It is a gain.", "A small gain.")[1] == "It is a gain."
    assert whole(*friends, "So ofpeoples it is.")[2] == "The will ofpeoples."


def test_a_notice_of_the_secretariat_is_nobodys_words() -> None:
    lines = [
        *(Line(text, 1) for text in FIRST),
        Line("", 1),
        Line("The OSCE Secretariat bears no responsibility for the content of this document and", 1, small=True),
        Line("circulates it without altering its content.", 1, small=True),
        Line(PAGE_BREAK, 2),
        *(Line(text, 2) for text in SECOND),
    ]
    paragraphs = split_paragraphs(drop_furniture(lines, None))
    assert [paragraph.text for paragraph in paragraphs] == [" ".join([*FIRST, *SECOND[:2]]), SECOND[3]]


def test_labels_begin_again_in_an_annex(tmp_path: Path) -> None:
    book = Book()
    book.page()
    book.column(["1.   Decides to mend the bridge;", "", "2.   Requests the miller:", "", "(a)   To bring stones.", ""])
    book.write("Annex", 280, 260, bold=True)
    book.column(["1.   The bridge is of oak.", "", "2.   The mill is of stone."], top=300)
    paragraphs = paragraphs_of(book.save(tmp_path / "a.pdf"))
    assert [(paragraph.place, paragraph.heading) for paragraph in paragraphs] == [
        ("1", None),
        ("2", None),
        ("2(a)", None),
        ("1", "Annex"),
        ("2", "Annex"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"%PDF-1.7\n1 0 obj\n<<", "is not a whole PDF"), (b"", "is not a whole PDF")],
    ids=["cut off", "empty"],
)
def test_broken_files_have_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.pdf").write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read_pdf(tmp_path / "a.pdf")


def test_an_encrypted_file_has_a_reason(tmp_path: Path) -> None:
    book = Book()
    book.page()
    book.column(FIRST)
    book.pdf.set_encryption(owner_password="owner", user_password="user")
    with pytest.raises(InputError, match="is encrypted: "):
        read_pdf(book.save(tmp_path / "a.pdf"))


def test_broken_bytes_never_crash(tmp_path: Path) -> None:
    book = Book()
    for _ in range(3):
        book.page()
        book.column(FIRST)
    whole = book.save(tmp_path / "a.pdf").read_bytes()
    for step in range(0, len(whole), max(1, len(whole) // 60)):
        (tmp_path / "b.pdf").write_bytes(whole[:step] + bytes(byte ^ 0x55 for byte in whole[step : step + 9]))
        try:
            read_pdf(tmp_path / "b.pdf")
        except InputError as error:
            assert str(error)


def test_pages_are_let_go_as_they_are_read(tmp_path: Path) -> None:
    import tracemalloc

    book = Book()
    for _ in range(200):
        book.page()
        book.column(FIRST * 8)
    file = book.save(tmp_path / "a.pdf")
    read_pdf(file)
    tracemalloc.start()
    lines = read_pdf(file).lines
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert max(line.page or 0 for line in lines) == 200
    # Beside the lines themselves nothing but the sample of pages and the words of the text.
    assert peak < 2.5 * kept


REAL = [
    ("A_RES_73_8-EN.pdf", 1, "1.", "Takes note", ("1 A/73/85.",)),
    ("A_RES_73_7-EN.pdf", 1, "1.", "Welcomes the report", ("4 A/73/334.",)),
    ("A_RES_73_6-EN.pdf", 1, "1.", "Notes with appreciation", ("2 Resolution 70/1.",)),
    ("A_RES_73_3-EN.pdf", 1, "1.", "Reaffirm the 2030", ("1 Resolution 70/1.", "2 Resolution 69/313, annex.")),
]
"""File, how often the label comes, label, first words, footnotes: read in the files."""
NUMBERED = {"A_RES_73_8-EN.pdf": 5, "A_RES_73_7-EN.pdf": 28, "A_RES_73_6-EN.pdf": 14, "A_RES_73_3-EN.pdf": 53}
"""Numbered paragraphs, counted in the files."""


@pytest.mark.skipif(not RESOLUTIONS.exists(), reason="../shared is not beside the project")
@pytest.mark.parametrize(("name", "times", "label", "first", "notes"), REAL, ids=[row[0] for row in REAL])
def test_real_resolutions(name: str, times: int, label: str, first: str, notes: tuple[str, ...]) -> None:
    paragraphs = paragraphs_of(RESOLUTIONS / name, name.split("-")[0].replace("_", "/"))
    found = [paragraph for paragraph in paragraphs if paragraph.label == label]
    assert len(found) == times
    assert found[0].text.startswith(first)
    assert found[0].footnotes == notes
    numbers = [paragraph.label for paragraph in paragraphs if paragraph.label]
    assert numbers == [f"{number}." for number in range(1, NUMBERED[name] + 1)]
    assert not any(sign in paragraph.text for paragraph in paragraphs for sign in "⁰¹²³⁴⁵⁶⁷⁸⁹")
