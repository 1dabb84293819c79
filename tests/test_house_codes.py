"""A house's own document codes, from its settings file to the statement that a question names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import run

from store.codes import register, registered

TEXT = """\
                                                  VM-0412/2020
                                                  3 March 2020

                                                  ENGLISH

STATEMENT BY THE DELEGATION OF RURITANIA

1.  The harbour master counted fourteen herons at the weir on that morning.

2.  The delegation recalls VM-7/2019 and asks that it be read again.
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[str | Path, ...]]:
    """The options of the command for a house's own settings and store."""
    file = tmp_path / "settings.toml"
    file.write_text('[codes.families]\nnote_verbale = "VM-{number}/{year}"\n', encoding="utf-8")
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "scan0001.txt").write_text(TEXT, encoding="utf-8")
    yield "--store", tmp_path / "store", "--config", file
    register([])


def test_a_document_with_a_code_of_the_house(house: tuple[str | Path, ...], tmp_path: Path) -> None:
    done = run(*house, "ingest", tmp_path / "documents", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["taken"] == 1

    for spelling in ("VM-0412/2020", "vm 412/20", "VM 412-2020", "vm412/2020"):
        shown = json.loads(run(*house, "show", spelling, "--json").out)
        assert (shown["code"], shown["code_made"]) == ("VM-0412/2020", False)
        assert [link["code"] for link in shown["refers_to"]] == ["VM-7/2019"]

    asked = json.loads(run(*house, "ask", "How many herons were counted, according to vm 412/20?", "--json").out)
    assert asked["filters"]["code"] or asked["citations"]
    assert {one["code"] for one in asked["citations"]} == {"VM-0412/2020"}
    found = json.loads(run(*house, "search", "herons", "--code", "vm 412/20", "--json").out)
    assert {one["code"] for one in found["passages"]} == {"VM-0412/2020"}


def test_a_new_family_has_the_files_read_again(house: tuple[str | Path, ...], tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    assert json.loads(run(*house[:2], "ingest", documents, "--json").out)["taken"] == 1
    assert json.loads(run(*house[:2], "list", "--json").out)[0]["code_made"] is True

    again = json.loads(run(*house, "ingest", documents, "--json").out)
    assert (again["taken"], again["unchanged"]) == (1, 0)
    assert [one["code"] for one in json.loads(run(*house, "list", "--json").out)] == ["VM-0412/2020"]
    assert json.loads(run(*house, "ingest", documents, "--json").out)["unchanged"] == 1


def test_a_pattern_that_would_match_anything_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[codes.families]\nall = "{letters}"\n', encoding="utf-8")
    done = run("--store", tmp_path / "store", "--config", file, "list")

    assert done.code == 2
    assert "codes.families: code family `{letters}` needs letters of its own" in done.err
    assert registered() == ()
