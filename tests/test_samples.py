"""The sample statements are complete, marked as invented, and hold what the sample questions ask for."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest

SAMPLES = Path(__file__).parent.parent / "samples"
STATEMENTS = SAMPLES / "statements"
FILES = sorted(path.name for path in STATEMENTS.iterdir() if path.suffix != ".csv")
FONTS = Path("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf")
MARKERS = {
    "en": "[Invented sample, not a real document]",
    "fr": "[Exemple inventé, pas un document réel]",
    "de": "[Erfundenes Beispiel, kein echtes Dokument]",
    "it": "[Esempio inventato, non un documento reale]",
    "ru": "[Вымышленный образец, не настоящий документ]",
    "es": "[Ejemplo inventado, no es un documento real]",
}


@cache
def text_of(path: Path) -> str:
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            return "\n".join(page.get_textpage().get_text_range() for page in document)
    if path.suffix == ".docx":
        document = docx.Document(str(path))
        cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
        return "\n".join((*(paragraph.text for paragraph in document.paragraphs), *cells))
    return path.read_text("utf-8")


def squeezed(text: str) -> str:
    """Without white space, which layout may change."""
    return re.sub(r"\s+", "", text)


def manifest() -> list[dict[str, str]]:
    with (STATEMENTS / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def questions() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text("utf-8").splitlines()]


def test_sixteen_files_in_four_formats() -> None:
    assert Counter(Path(name).suffix for name in FILES) == {".txt": 5, ".md": 3, ".pdf": 4, ".docx": 4}


@pytest.mark.parametrize("name", FILES)
def test_first_line_says_that_it_is_invented(name: str) -> None:
    assert text_of(STATEMENTS / name).splitlines()[0].strip() in MARKERS.values()


@pytest.mark.parametrize("name", FILES)
def test_small(name: str) -> None:
    assert (STATEMENTS / name).stat().st_size <= 200_000


def test_six_languages_and_a_pair_of_twins() -> None:
    marks = Counter(text_of(STATEMENTS / name).splitlines()[0].strip() for name in FILES)
    assert marks.keys() == set(MARKERS.values())
    assert marks[MARKERS["en"]] >= 7
    twins = [text_of(STATEMENTS / f"CC.DEL_9_18_{language}").splitlines()[1] for language in ("en.pdf", "ru.txt")]
    assert twins == ["CC.DEL/9/18", "CC.DEL/9/18"]


def test_each_pdf_has_pages_and_a_running_header() -> None:
    for path in STATEMENTS.glob("*.pdf"):
        with pypdfium2.PdfDocument(path) as document:
            assert len(document) >= 2
            assert document[1].get_textpage().get_text_range().startswith("- 2 -")


def test_one_docx_leaves_its_numbers_to_word() -> None:
    document = docx.Document(str(STATEMENTS / "CC.DEL_14_19.docx"))
    numbered = [p for p in document.paragraphs if p._p.pPr is not None and p._p.pPr.numPr is not None]
    assert len(numbered) == 7 + 4 + 3
    assert not any(re.match(r"\d+\.|\(", paragraph.text) for paragraph in numbered)


def test_manifest_fills_what_files_do_not_print() -> None:
    rows = {row["file"]: row for row in manifest()}
    assert rows.keys() == {"Intervento_Montaspra_2019.md", "CC.DEL_8_20_es.txt"}
    assert rows["Intervento_Montaspra_2019.md"]["code"] not in text_of(STATEMENTS / "Intervento_Montaspra_2019.md")
    assert rows["CC.DEL_8_20_es.txt"]["date"][:4] not in text_of(STATEMENTS / "CC.DEL_8_20_es.txt")


def test_one_file_has_neither_code_nor_row() -> None:
    listed = {row["file"] for row in manifest()}
    without = [name for name in FILES if "CC." not in text_of(STATEMENTS / name)[:200] and name not in listed]
    assert without == ["chair_closing_remarks_2021.md"]


def test_questions_cover_languages_and_kinds() -> None:
    rows = questions()
    assert len(rows) == len({row["id"] for row in rows}) == 24
    assert {row["language"] for row in rows} == set(MARKERS)
    kinds = Counter(row["type"] for row in rows)
    assert kinds["followup"] >= 2 and kinds["unanswerable"] >= 2
    assert all(bool(row["gold"]) == (row["type"] != "unanswerable") for row in rows)
    assert all("history" in row for row in rows if row["type"] == "followup")


@pytest.mark.parametrize("row", questions(), ids=lambda row: row["id"])
def test_gold_quotes_stand_in_their_files(row: dict[str, Any]) -> None:
    for gold in row["gold"] + row.get("alternatives", []):
        assert squeezed(gold["quote"]) in squeezed(text_of(STATEMENTS / gold["file"]))


def test_readme_lists_every_file() -> None:
    readme = (SAMPLES / "README.md").read_text("utf-8")
    assert [name for name in FILES if f"`{name}`" not in readme] == []


@pytest.mark.skipif(not FONTS.is_file(), reason="needs the fonts of Debian's fonts-dejavu-core")
def test_a_rebuild_gives_the_same_texts(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SAMPLES / "build.py", "--out", tmp_path], check=True, timeout=120)
    built = sorted(tmp_path.iterdir())
    assert len(built) == 8
    for path in built:
        assert text_of(path) == text_of(STATEMENTS / path.name)
