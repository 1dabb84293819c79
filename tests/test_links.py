"""What a statement names and what names it; a corrigendum with what it corrects. In the store, as JSON, as a page."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from words import WordEmbedder, document, whole

from store.codes import amended
from store.references import References
from store.snapshot import Snapshot
from store.statements import StatementStore
from store.types import Header, Statement, StoredStatement
from ui import console, pages
from ui.links import MOST, amendment, links_of
from ui.service import Catalogue

HOSTILE = 'XX.DEL/1/20"><script>alert(1)</script>'


def naming(
    code: str, *codes: str, language: str = "en", issued: str | None = None, part: str | None = None
) -> Statement:
    header = Header(code, language, part, issued=issued)
    (one,) = document(f"{code} {part} {language}.txt", (header, [f"The weir of {code} {part} {language}."]))
    return replace(one, refers_to=codes)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    statements = (
        naming("PC.DEL/1/20", "PC.DEC/7", "pc.del/9/20", HOSTILE),
        naming("PC.DEL/2/20", "PC.DEL/1/20", issued="2020-02-01"),
        naming("PC.DEL/3/20", "PC.DEL/1/20/Rev.1", issued="2020-03-01"),
        naming("PC.DEL/4/20", "PC.DEL/1/20/Corr.1"),
        naming("PC.DEC/7"),
        naming("PC.DEC/7", language="de"),
        naming("PC.DEL/5/20", "PC.DEC/7", language="de"),
        naming("PC.DEL/1/20/Corr.1"),
        naming("PC.DEL/1/20/Add.1/Rev.1"),
        naming("PC.DEL/6/20/Corr.2"),
        naming("S/PV.1", "PC.DEL/1/20", issued="2021", part="speech 2"),
    )
    with StatementStore.open(tmp_path_factory.mktemp("links"), WordEmbedder()) as store:
        store.add(store.embed([(one, whole(one)) for one in statements]))
        yield Catalogue(store)


def codes(found: Sequence[StoredStatement]) -> list[str]:
    return [one.header.code for one in found]


@pytest.mark.parametrize(
    ("code", "text", "word"),
    [
        ("A/1/Corr.1", "A/1", "Corrigendum"),
        ("A/1/Rev.2/Add.3", "A/1/Rev.2", "Addendum"),
        ("A/1/Add.1/Rev.2", "A/1", "Addendum"),
        ("A/1/Add.1/Corr.1", "A/1/Add.1", "Corrigendum"),
        ("A/1/Amend.1", "A/1", "Amendment"),
        ("A/1/Rev.2", None, None),
        ("A/1", None, None),
    ],
)
def test_what_an_amending_code_belongs_to(code: str, text: str | None, word: str | None) -> None:
    assert amended(code) == text
    if word:
        assert amendment(code) == word


def test_who_refers_to_a_code_in_any_spelling_the_latest_first(catalogue: Catalogue) -> None:
    snapshot = catalogue.store.snapshot

    assert codes(snapshot.referring_to("pc del 1 2020")) == ["S/PV.1", "PC.DEL/3/20", "PC.DEL/2/20"]
    assert codes(snapshot.referring_to("PC.DEL/1/20/Rev.1")) == ["S/PV.1", "PC.DEL/3/20", "PC.DEL/2/20"]
    assert codes(snapshot.referring_to("PC.DEL/1/20/Corr.1")) == ["PC.DEL/4/20"]
    assert snapshot.referring_to("PC.DEL/8/20") == []


def test_what_amends_a_text(catalogue: Catalogue) -> None:
    snapshot = catalogue.store.snapshot

    assert codes(snapshot.amending("PC.DEL/1/20")) == ["PC.DEL/1/20/Add.1/Rev.1", "PC.DEL/1/20/Corr.1"]
    assert snapshot.amending("PC.DEL/1/20/Rev.1") == []


def test_links_follow_the_store(tmp_path: Path) -> None:
    with StatementStore.open(tmp_path / "store", WordEmbedder()) as store:
        store.add(
            store.embed([(one, whole(one)) for one in (naming("PC.DEL/1/20"), naming("PC.DEL/2/20", "PC.DEL/1/20"))])
        )
        assert codes(store.snapshot.referring_to("PC.DEL/1/20")) == ["PC.DEL/2/20"]
        later = naming("PC.DEL/3/20", "PC.DEL/1/20/Rev.4", "PC.DEL/2/20")
        store.add(store.embed([(later, whole(later))]))
        store.add(store.embed([(one, whole(one)) for one in (naming("PC.DEL/4/20", "PC.DEL/3/20"),)]))
        assert codes(store.snapshot.referring_to("PC.DEL/1/20")) == ["PC.DEL/2/20", "PC.DEL/3/20"]
        assert codes(store.snapshot.referring_to("PC.DEL/3/20")) == ["PC.DEL/4/20"]
        anew = References.of(store.snapshot.statements.values()).named
        assert {key: set(ids) for key, ids in store.snapshot.references.named.items()} == {
            key: set(ids) for key, ids in anew.items()
        }
        store.delete([one.id for one in store.find("PC.DEL/2/20")])
        assert codes(store.snapshot.referring_to("PC.DEL/1/20")) == ["PC.DEL/3/20"]
        assert "pc del 2 20" in store.snapshot.references.named
        store.delete([one.id for one in store.find("PC.DEL/3/20")])
        assert store.snapshot.references.named.keys() == {"pc del 3 20"}


def test_as_json(catalogue: Catalogue) -> None:
    one = catalogue.statement("PC.DEL/1/20")
    correction = catalogue.statement("PC.DEL/1/20/Corr.1")
    lone = catalogue.statement("PC.DEL/6/20/Corr.2")["amends"]

    assert [(link["code"], link["in_store"]) for link in one["refers_to"]] == [
        ("PC.DEC/7", True),
        ("pc.del/9/20", False),
        (HOSTILE, False),
    ]
    assert one["refers_to"][0]["url"] == "/statements/PC.DEC/7?language=en"
    assert one["refers_to"][1]["url"] is None
    assert one["referred_by"][0]["url"] == "/statements/S/PV.1?language=en&part=speech%202"
    assert one["referred_by_count"] == 3
    assert [link["code"] for link in one["amended_by"]] == ["PC.DEL/1/20/Add.1/Rev.1", "PC.DEL/1/20/Corr.1"]
    assert correction["amends"] is not None
    assert (correction["amends"]["code"], correction["amends"]["in_store"]) == ("PC.DEL/1/20", True)
    assert lone is not None
    assert (lone["code"], lone["in_store"]) == ("PC.DEL/6/20", False)
    assert json.loads(json.dumps(one)) == one


def test_a_link_goes_to_the_text_in_the_same_language(catalogue: Catalogue) -> None:
    (link,) = catalogue.statement("PC.DEL/5/20")["refers_to"]
    assert link["url"] == "/statements/PC.DEC/7?language=de"


class Page(HTMLParser):
    """Links of a page with their texts, and the words outside them."""

    def __init__(self, catalogue: Catalogue, code: str, root: str = "") -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.tags: set[str] = set()
        self.words = ""
        self._href: str | None = None
        one = catalogue.find(code)
        self.html = pages.statement_page(
            one, catalogue.paragraphs(one), catalogue.others(one), catalogue.links(one), root=root
        )
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "a":
            self._href = dict(attrs).get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._href = None

    def handle_data(self, data: str) -> None:
        if self._href is not None:
            self.links[data] = self._href
        else:
            self.words += data


def test_the_page_links_what_is_in_the_store_and_no_more(catalogue: Catalogue) -> None:
    page = Page(catalogue, "PC.DEL/1/20", root="/base")

    assert page.links["PC.DEC/7"] == "/base/statements/PC.DEC/7?language=en"
    assert page.links["S/PV.1"] == "/base/statements/S/PV.1?language=en&part=speech%202"
    assert "pc.del/9/20" in page.words
    assert "Refers to 3 documents" in page.words
    assert "Referred to by 3 statements" in page.words


def test_markup_in_a_reference_is_text(catalogue: Catalogue) -> None:
    page = Page(catalogue, "PC.DEL/1/20")

    assert "script" not in page.tags
    assert HOSTILE in page.words


def test_a_corrigendum_stands_at_the_top_of_what_it_corrects(catalogue: Catalogue) -> None:
    page = Page(catalogue, "PC.DEL/1/20")
    top, _, _ = page.html.partition('<dl class="facts">')

    assert "Corrigendum:" in top
    assert "PC.DEL/1/20/Corr.1" in top
    assert "PC.DEL/1/20/Add.1/Rev.1" in top
    assert page.links["PC.DEL/1/20/Corr.1"].startswith("/statements/PC.DEL/1/20/Corr.1?")


def test_a_corrigendum_names_what_it_corrects(catalogue: Catalogue) -> None:
    page = Page(catalogue, "PC.DEL/1/20/Corr.1")
    lone = Page(catalogue, "PC.DEL/6/20/Corr.2")

    assert "Corrigendum to" in page.words
    assert page.links["PC.DEL/1/20"] == "/statements/PC.DEL/1/20?language=en"
    assert "PC.DEL/6/20" in lone.words
    assert "PC.DEL/6/20" not in lone.links


def test_the_terminal_names_them(catalogue: Catalogue) -> None:
    printed = io.StringIO()
    with redirect_stdout(printed):
        console.print_statement(catalogue.statement("PC.DEL/1/20"))
        console.print_statement(catalogue.statement("PC.DEL/1/20/Corr.1"))

    assert "Refers to:      PC.DEC/7; (pc.del/9/20)" in printed.getvalue()
    assert "Referred to by: S/PV.1, speech 2; PC.DEL/3/20" in printed.getvalue()
    assert "Amends:         PC.DEL/1/20\n" in printed.getvalue()


def test_a_document_that_thousands_name() -> None:
    """The first look-up reads all references once; the list that is shown stays short, and says so."""
    header = Header("PC.DEC/1", "en")
    named = {1: StoredStatement(1, header, "a.txt", 1)}
    named |= {
        n: StoredStatement(
            n, Header(f"PC.DEL/{n}/20", "en"), f"{n}.txt", 1, refers_to=("PC.DEC/1", f"PC.DEL/{n - 1}/20")
        )
        for n in range(2, 20_002)
    }
    none = np.zeros(0, np.int32)
    snapshot = Snapshot(named, np.array(list(named), np.int64), none.astype(np.int64), none, none, none, 0)

    links = links_of(snapshot, named[1])
    started = time.monotonic()
    again = links_of(snapshot, named[20_001])

    assert time.monotonic() - started < 1
    assert (links.referring, len(links.referred_by)) == (20_000, MOST)
    assert [link.code for link in again.refers_to] == ["PC.DEC/1", "PC.DEL/20000/20"]
