"""The side-car table: what it gives wins, what is wrong with it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.metadata import Row, apply, doubts, load_metadata
from store.errors import InputError
from store.types import Header


def table(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "table.csv"
    file.write_text(text, "utf-8-sig")
    return file


def test_comma_and_semicolon(tmp_path: Path) -> None:
    for separator in ",;":
        lines = [["file", "code", "note", "title"], ["a/b.txt", "PC.DEL/1/20", "x", "None"]]
        rows = load_metadata(table(tmp_path, "\n".join(separator.join(line) for line in lines)))
        assert rows == {"a/b.txt": Row("a/b.txt", code="PC.DEL/1/20")}


def test_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column `file` \(found: name, code\)"):
        load_metadata(table(tmp_path, "name,code\nx,y\n"))


def test_two_rows_for_one_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"two rows for a.txt \(lines 2 and 4\)"):
        load_metadata(table(tmp_path, "file,code\na.txt,1\nb.txt,2\na.txt,3\n"))


def test_table_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        load_metadata(tmp_path / "none.csv")
    file = tmp_path / "latin.csv"
    file.write_bytes("file,title\na.txt,é\n".encode("latin-1"))
    with pytest.raises(InputError, match="not in UTF-8"):
        load_metadata(file)


def test_the_table_wins() -> None:
    parsed = Header("made", "de", issued="2001-01-01", speaker="X", title="T", code_made=True)
    row = Row(
        "a", code="pc.del 5/20", date="3 May 2020", language="English", organization="Peru", original_language="ru"
    )
    header = apply(row, parsed)
    assert (header.code, header.code_made) == ("PC.DEL/5/20", False)
    assert (header.issued, header.language, header.original_language) == ("2020-05-03", "en", "ru")
    assert (header.delegation, header.speaker, header.title) == ("Peru", "X", "T")


def test_a_remark_is_no_delegation() -> None:
    header = apply(Row("a", organization="spoke in Chinese"), Header("x", "en"))
    assert (header.delegation, header.original_language) == (None, "zh")


def test_values_that_are_not_understood_are_doubts() -> None:
    row = Row("a", date="some day", language="Klingon?")
    assert apply(row, Header("x", "en")).issued is None
    assert len(list(doubts(row))) == 2


def test_canonical_row_changes_with_its_content_only() -> None:
    assert Row("a", code="1").canonical() == Row("b", code="1").canonical()
    assert Row("a", code="1").canonical() != Row("a", title="1").canonical()


def test_rows_for_parts_of_one_file(tmp_path: Path) -> None:
    text = "file,part,speaker\na.txt,,S\na.txt,speech 1,X\na.txt,speech 2,Y\nb.txt,speech 7,Z\n"
    rows = load_metadata(table(tmp_path, text))
    assert rows["b.txt"] == Row("b.txt", part="speech 7", speaker="Z")
    assert (rows["a.txt"].speaker, [row.speaker for row in rows["a.txt"].parts]) == ("S", ["X", "Y"])
    with pytest.raises(InputError, match=r"two rows for a.txt, part Speech 1 \(lines 2 and 3\)"):
        load_metadata(table(tmp_path, "file,part\na.txt,speech 1\na.txt,Speech 1\n"))


def test_a_row_without_part_gives_the_parts_what_they_share() -> None:
    row = Row("a", code="XX.JOUR/1", date="3 May 2020", speaker="S", title="T", organization="O")
    own = apply(row, Header("x", "en"), among=True)
    assert (own.code, own.issued, own.speaker, own.title) == ("XX.JOUR/1", "2020-05-03", "S", "T")
    annex = apply(row, Header("x", "en", part="Annex 1", speaker="X"), among=True)
    assert (annex.code, annex.issued, annex.speaker, annex.title) == ("XX.JOUR/1", "2020-05-03", "X", None)
    other = apply(row, Header("XX.DEC/1", "en"), among=True, own=False)
    assert (other.code, other.issued, other.title) == ("XX.DEC/1", "2020-05-03", None)


def test_canonical_row_holds_its_parts() -> None:
    assert Row("a", code="1").canonical() != Row("a", code="1", parts=(Row("a", part="x"),)).canonical()


def test_delegation_that_speaks_for_the_union() -> None:
    header = apply(Row("a", organization="Peru-European Union (with Chad in alignment)"), Header("x", "en"))
    assert (header.delegation, header.aligned) == ("European Union", "Chad")
