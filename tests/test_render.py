"""Names and addresses of statements."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from store.types import Header, StoredStatement
from ui.render import address_of, citation_label, language_code, language_name, pick, statement_url
from ui.shown import pieces


@pytest.mark.parametrize(
    ("code", "part"),
    [("PC.DEL/550/08", None), ("S/RES/1441 (2002)", None), ("S/PV.4644", "speech 7"), ("A/1?x#y&z=%", "Annex & <2>")],
)
def test_an_address_leads_back_to_what_it_names(code: str, part: str | None) -> None:
    url = urlsplit(statement_url(Header(code, "en", part), 5, (2, 9)))
    query = parse_qs(url.query)

    assert unquote(url.path) == f"/statements/{code}"
    assert query.get("part", [None]) == [part]
    assert (query["language"], query["quote_start"], query["quote_end"]) == (["en"], ["2"], ["9"])
    assert url.fragment == "p5"


def test_the_address_of_the_contract() -> None:
    assert statement_url(Header("PC.DEL/550/08", "en"), 5) == "/statements/PC.DEL/550/08?language=en#p5"


@pytest.mark.parametrize(
    ("part", "label", "expected"),
    [
        (None, None, "PC.DEL/550/08, para. 5"),
        ("Annex 2", None, "PC.DEL/550/08, Annex 2, para. 5"),
        (None, "12.", "PC.DEL/550/08, para. 12"),
        (None, "OP4", "PC.DEL/550/08, para. OP4"),
    ],
)
def test_a_citation_is_named_with_its_printed_number_where_it_has_one(
    part: str | None, label: str | None, expected: str
) -> None:
    assert citation_label("PC.DEL/550/08", part, 5, label) == expected


def test_languages_by_code_and_by_name() -> None:
    assert language_code("EN") == language_code("english") == "en"
    assert language_code("Klingon") is None
    assert language_name("ru") == "Russian"
    assert language_name(None) is None


def test_the_statement_that_was_named_goes_before_a_newer_one() -> None:
    old = StoredStatement(1, Header("A/1", "en"), "a", 1, superseded_by="A/1/Rev.1")
    new = StoredStatement(2, Header("A/1/Rev.1", "en"), "b", 1)
    annex = StoredStatement(3, Header("A/1", "en", "Annex 1"), "c", 1)

    assert pick([new, annex, old], "A/1", None) == old
    assert pick([new, annex], "a 1", None) == new
    assert pick([], "A/1", None) is None


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (0, 99)])
def test_a_span_that_does_not_fit_marks_nothing(start: int, end: int) -> None:
    assert [(piece.text, piece.marked) for piece in pieces("text", (start, end))] == [("text", False)]


def test_a_span_cuts_the_text_without_losing_any() -> None:
    cut = pieces("one two three", (4, 7))

    assert "".join(piece.text for piece in cut) == "one two three"
    assert [piece.text for piece in cut if piece.marked] == ["two"]


def test_statements_that_share_an_identity_have_addresses_of_their_own() -> None:
    one, other = (StoredStatement(n, Header("A/1", "en"), f"{n}.txt", 1, twin=True) for n in (1, 2))
    assert address_of(one, 5, (2, 9)) != address_of(other, 5, (2, 9))
    assert "only=2" in address_of(other)
    assert "only" not in address_of(StoredStatement(3, Header("A/1", "en"), "3.txt", 1))
