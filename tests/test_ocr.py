"""Pages that are pictures: recognised by tesseract where it is installed, refused with the command where it is not."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from ingest import ocr
from ingest.furniture import drop_furniture
from ingest.paragraphs import split_paragraphs
from ingest.pdf import read_pdf
from store.errors import InputError

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
ENGLISH = (
    "The village keeps its boats in the harbour and its nets on the",
    "wall, and every morning the fishermen of the whole valley meet",
    "beside the old bridge to speak about water and bread.",
)
RUSSIAN = (
    "Рыбаки нашей деревни каждое утро собираются у старого моста",
    "и говорят о воде, о хлебе и о погоде, пока солнце не встанет",
    "над рекой и над полями.",
)


@pytest.fixture
def program() -> None:
    """Tesseract with English and Russian, and a font that has both alphabets."""
    if shutil.which("tesseract") is None:
        pytest.skip(f"tesseract is not installed: {ocr.INSTALL}")
    if not FONT.exists():
        pytest.skip("no font with Cyrillic letters: apt-get install fonts-dejavu-core")
    _, languages = ocr._program()
    if not {"eng", "rus"} <= {*languages}:
        pytest.skip(f"tesseract lacks English or Russian: {ocr.INSTALL}")


def scan(lines: tuple[str, ...]) -> io.BytesIO:
    """A picture of a page, 200 dots to the inch."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (1654, 2339), 255)
    font = ImageFont.truetype(str(FONT), 36)
    drawing = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        drawing.text((150, 200 + 56 * number), line, font=font, fill=0)
    data = io.BytesIO()
    picture.save(data, "PNG")
    data.seek(0)
    return data


def make_scan(file: Path, pages: list[tuple[str, ...]], *, typed: str | None = None) -> None:
    """A PDF of pictures, with a first page of real text where one is given."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    if typed:
        pdf.add_page()
        pdf.multi_cell(0, 6, typed)
    for lines in pages:
        pdf.add_page()
        pdf.image(scan(lines), x=0, y=0, w=pdf.w, h=pdf.h)
    pdf.output(str(file))


def test_a_scan_in_two_languages(tmp_path: Path, program: None) -> None:
    make_scan(tmp_path / "a.pdf", [(*ENGLISH, "", *RUSSIAN)])
    paragraphs = split_paragraphs(drop_furniture(read_pdf(tmp_path / "a.pdf").lines, None))
    assert [paragraph.text for paragraph in paragraphs] == [" ".join(ENGLISH), " ".join(RUSSIAN)]
    assert all(paragraph.ocr is not None and 0.7 < paragraph.ocr <= 1 for paragraph in paragraphs)


def test_a_file_of_text_and_scans(tmp_path: Path, program: None) -> None:
    typed = "This page was written by a machine, and every one of its letters can be read."
    make_scan(tmp_path / "a.pdf", [ENGLISH], typed=typed)
    lines = [line for line in read_pdf(tmp_path / "a.pdf").lines if line.text.strip()]
    assert {line.page for line in lines if line.ocr is None} == {1}
    assert [line.text for line in lines if line.page == 2] == list(ENGLISH)
    assert all(line.ocr for line in lines if line.page == 2)


def test_without_tesseract_the_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ocr._program.cache_clear()
    if not FONT.exists():
        pytest.skip("no font with Cyrillic letters: apt-get install fonts-dejavu-core")
    make_scan(tmp_path / "a.pdf", [ENGLISH])
    with pytest.raises(InputError, match=r"apt-get install tesseract-ocr .*tesseract-ocr-rus"):
        read_pdf(tmp_path / "a.pdf")
    ocr._program.cache_clear()


def test_an_empty_page_is_no_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fpdf import FPDF

    monkeypatch.setenv("PATH", str(tmp_path))
    pdf = FPDF()
    pdf.add_page()
    pdf.output(str(tmp_path / "a.pdf"))
    assert read_pdf(tmp_path / "a.pdf").lines == ()
