"""What a reader is told beside a quote before he relies on it: read by OCR, superseded. In every way in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from served import folder, run, serving
from words import document

from assistant.answer import Answer
from ingest.chunker import chunk
from ingest.parse import parse
from ingest.reader import Line, Pages
from store.types import Header, Passage, Statement
from ui import pages, render
from ui.service import Service
from ui.settings import load
from ui.wiring import build_assistant, open_store
from ui.words import ENGLISH

SCANNED, OLD, NEW = "XX.DEL/7/20", "XX.DEL/8/20", "XX.DEL/8/20/Rev.1"
CORRIGENDUM = f"{SCANNED}/Corr.1"
QUESTION = "How many herons nest at the weir of Ruritania?"
OCR = "recognised by OCR, confidence 87 %"


def _statements() -> Iterator[Statement]:
    fields = {"language": "en", "issued": "2020-03-05", "delegation": "Ruritania"}
    texts = ("Exactly fourteen herons nest at the weir of Ruritania.", "The weir itself was built of stone in 1907.")
    for scanned in document("a.pdf", (Header(SCANNED, **fields), texts)):
        yield replace(scanned, paragraphs=(replace(scanned.paragraphs[0], ocr=0.8731), scanned.paragraphs[1]))
    yield from document("b.txt", (Header(OLD, **fields), ("Ruritania keeps nine lighthouses on its coast.",)))
    yield from document("c.txt", (Header(NEW, **fields), ("Ruritania keeps ten lighthouses on its coast.",)))
    yield from document("d.txt", (Header(CORRIGENDUM, **fields), ("In the last line, for 1907 read 1908.",)))


@pytest.fixture(scope="module")
def store(models_folder: Path) -> Path:
    """The folder of a store with a statement that was recognised, and one that is superseded."""
    made = folder() / "store"
    with open_store(load(overrides={"store.folder": made, "models.folder": models_folder})) as opened:
        opened.add(opened.embed([(one, chunk(one)) for one in _statements()]))
    return made


@pytest.fixture(scope="module")
def served(store: Path) -> Iterator[httpx.Client]:
    own = Path(shutil.copytree(store, folder() / "served"))
    with serving(own) as address, httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        yield client


def test_the_words() -> None:
    assert render.recognised(0.8731) == OCR
    assert render.recognised(None) is None


def test_a_corrigendum_is_named_beside_what_it_corrects(served: httpx.Client) -> None:
    answer = served.post("/api/ask", json={"question": QUESTION}).json()
    assert f"{SCANNED} has been corrected or added to: see {CORRIGENDUM}." in answer["notes"]
    old = served.post("/api/ask", json={"question": f"How many lighthouses does Ruritania keep in {OLD}?"}).json()
    assert not any("corrected" in note for note in old["notes"])


def test_an_answer_as_json(served: httpx.Client) -> None:
    answer = served.post("/api/ask", json={"question": QUESTION}).json()

    assert answer["status"] == "answered"
    cited = {(one["code"], one["paragraph"]): one["ocr"] for one in answer["citations"]}
    assert cited[SCANNED, 1] == 0.87
    assert {(one["code"], one["paragraph"]): one["ocr"] for one in answer["passages"]}[SCANNED, 2] is None


def test_a_search_and_a_statement_as_json(served: httpx.Client) -> None:
    found = served.post("/api/search", json={"question": QUESTION}).json()["passages"]
    shown = served.get(f"/api/statements/{SCANNED}").json()

    assert {one["ocr"] for one in found if one["code"] == SCANNED} == {0.87, None}
    assert [one["ocr"] for one in shown["paragraphs"]] == [0.87, None]


def test_the_page_of_a_statement(served: httpx.Client) -> None:
    page = served.get(f"/statements/{SCANNED}").text

    assert page.count(OCR) == 1
    assert page.index("fourteen herons") < page.index(OCR) < page.index("built of stone")


def test_the_chat(store: Path, models_folder: Path) -> None:
    settings = load(overrides={"store.folder": store, "models.folder": models_folder})
    with open_store(settings) as opened:
        service = Service(settings, opened, build_assistant(settings, opened))
        answer = service.ask(QUESTION)
        told = service.shown(1, render.answer_json(answer), ENGLISH)
        refused = replace(answer, status="not_found", claims=(), citations=(), refusal="no", passages=(_first(answer),))
        nearest = service.shown(1, render.answer_json(refused), ENGLISH)

    assert told.sources[0].recognised == OCR
    for turn in (pages.turn(told), pages.turn(nearest)):
        visible, _, kept = turn.partition('class="kept"')
        assert OCR in visible
        assert OCR in kept
    assert OCR in pages.panel(told)


def _first(answer: Answer) -> Passage:
    return next(passage for passage in answer.passages if passage.paragraph.ocr is not None)


@pytest.mark.parametrize("command", [("ask", QUESTION), ("search", QUESTION), ("show", SCANNED)])
def test_the_terminal(store: Path, command: tuple[str, ...]) -> None:
    done = run("--store", store, *command)

    assert done.code == 0, done.err
    assert OCR in done.out


def test_a_superseded_source_in_the_terminal(store: Path) -> None:
    question = ("How many lighthouses does Ruritania keep?", "--code", OLD)

    assert f"superseded by {NEW}" in run("--store", store, "ask", *question).out
    assert f"superseded by {NEW}" in run("--store", store, "search", *question).out


def test_a_recognised_statement_is_for_a_person_to_look_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "The village keeps its boats in the harbour and its nets on the wall of the old bridge."
    file = tmp_path / "a.txt"
    file.write_text(text, "utf-8")
    plain = parse(file, "a.txt", str(tmp_path), "").statements
    monkeypatch.setattr("ingest.reader.read", lambda path, kind: Pages((Line(text, page=1, ocr=0.9),)))
    scanned = parse(file, "a.txt", str(tmp_path), "").statements

    assert ["recognised by OCR" in one.doubts for one in (*plain, *scanned)] == [False, True]
