"""The report: what is listed, the table that a person corrects and gives back, and what that costs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from served import run, serving
from test_pipeline import write
from words import HashEmbedder

from ingest.pipeline import ingest
from store.statements import StatementStore
from ui.report import report_csv, report_json

COLUMNS = ["file", "code", "part", "date", "speaker", "organization", "language", "original_language", "title"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "docs"
    place.mkdir()
    write(place / "a.txt", 1)
    write(place / "b.txt", 2)
    write(place / "copy of b.txt", 2)
    (place / "scan 7.txt").write_text("The seventh boat lies in the harbour, and nobody knows whose it is.\n", "utf-8")
    (place / "empty.txt").write_text("", "utf-8")
    return place


def rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table, newline="")))


def written(place: Path, table: list[dict[str, str]]) -> Path:
    with place.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return place


def test_everything_is_listed_with_its_doubts(store: StatementStore, folder: Path) -> None:
    ingest(folder, store)
    found = report_json(store)
    assert {one["file"]: one["doubts"] for one in found["statements"]} == {
        "a.txt": [],
        "b.txt": ["same content also in copy of b.txt"],
        "scan 7.txt": ["code made from file name", "date missing"],
    }
    assert [(one["file"], one["reason"]) for one in found["refused"]] == [("empty.txt", "holds no text")]
    assert (found["count"], found["doubted"]) == (3, 2)
    assert [one["file"] for one in report_json(store, doubts=True)["statements"]] == ["b.txt", "scan 7.txt"]


def test_the_table_given_back_changes_only_what_was_corrected(
    store: StatementStore, folder: Path, embedder: HashEmbedder, tmp_path: Path
) -> None:
    ingest(folder, store)
    embedded = len(embedder.texts)
    table = rows(report_csv(report_json(store)))
    assert list(table[0])[: len(COLUMNS)] == COLUMNS
    unchanged = ingest(folder, store, metadata=written(tmp_path / "as it is.csv", table))
    assert (unchanged.taken, unchanged.copies, unchanged.unchanged, unchanged.missing) == ((), (), 4, ())

    (wrong,) = (row for row in table if row["file"] == "scan 7.txt")
    assert wrong["code"] == "", "a code that is only a guess is not given as a fact"
    wrong |= {"code": "XX.DEL/7/20", "date": "7 May 2020", "organization": "Peru"}
    table[0]["date"] = "03.05.2020"  # as a spreadsheet may spell it
    corrected = ingest(folder, store, metadata=written(tmp_path / "corrected.csv", table))
    assert [(one.file, one.header.code, one.header.issued, one.doubts) for one in corrected.taken] == [
        ("scan 7.txt", "XX.DEL/7/20", "2020-05-07", ())
    ]
    assert len(embedder.texts) == embedded + 1, "the header alone"
    assert ingest(folder, store, metadata=tmp_path / "corrected.csv").taken == ()


def test_a_cell_that_is_cleared_is_parsed_again(store: StatementStore, folder: Path, tmp_path: Path) -> None:
    (folder / "manifest.csv").write_text("file,title\na.txt,Boots\n", "utf-8")
    ingest(folder, store)
    table = rows(report_csv(report_json(store)))
    assert table[0]["title"] == "Boots"
    table[0]["title"] = ""
    report = ingest(folder, store, metadata=written(tmp_path / "table.csv", table))
    assert [(one.file, one.header.title) for one in report.taken] == [("a.txt", None)]


def test_no_cell_is_a_formula_and_none_is_changed_by_that(store: StatementStore, folder: Path, tmp_path: Path) -> None:
    (folder / "manifest.csv").write_text('file,title\na.txt,"=1+1, boats"\n', "utf-8")
    ingest(folder, store)
    table = report_csv(report_json(store))
    assert rows(table)[0]["title"] == "'=1+1, boats"
    (tmp_path / "table.csv").write_text(table, "utf-8")
    assert ingest(folder, store, metadata=tmp_path / "table.csv").taken == ()


def test_the_command_prints_it_with_and_without_a_server(folder: Path, tmp_path: Path, models_folder: Path) -> None:
    place = tmp_path / "own"
    assert run("--store", place, "ingest", folder).code == 1, "one file is refused"
    calls = ((), ("--json",), ("--csv", "-"), ("--doubts", "--json"))
    alone = [run("--store", place, "report", *call) for call in calls]
    with serving(place) as address:
        served = [run("--store", place, "report", *call) for call in calls]
        busy = run("--store", place, "ingest", folder)
    assert [one.out for one in alone] == [one.out for one in served]
    assert "code made from file name" in alone[0].out
    assert "holds no text" in alone[0].out
    assert json.loads(alone[1].out)["count"] == 3
    assert rows(alone[2].out)[0]["code"] == "XX.DEL/1/20"
    assert len(json.loads(alone[3].out)["statements"]) == 2
    assert busy.code == 1
    assert len(busy.err.splitlines()) == 1
    assert f"{address}/admin" in busy.err
    assert "serve --watch" in busy.err
    done = run("--store", place, "report", "--csv", tmp_path / "table.csv")
    assert (done.code, (tmp_path / "table.csv").read_bytes()[:3]) == (0, b"\xef\xbb\xbf")
    assert run("--store", place, "report", "--csv", "-", "--json").code == 2
