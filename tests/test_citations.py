from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.citations import Quote, attribution, cite, locate, reference
from store.types import Header, Paragraph, Passage, StoredStatement


def passage(text: str, label: str | None = None, **header: str) -> Passage:
    fields = {"code": "CC.DEL/1/19", "language": "en"} | header
    return Passage(StoredStatement(1, Header(**fields), "a.txt", 1), Paragraph(3, text, label))  # type: ignore[arg-type]


def test_a_quote_is_found_letter_for_letter_or_not_at_all() -> None:
    found = locate("three gates", passage("There are three gates."))
    assert found is not None
    assert found.text == "three gates"
    assert locate("Three gates", passage("There are three gates.")) is None
    assert locate("", passage("There are three gates.")) is None


def test_a_citation_carries_its_quote() -> None:
    citation = cite(2, Quote(passage("There are three gates."), 10, 21))
    assert (citation.n, citation.quote, citation.start, citation.end) == (2, "three gates", 10, 21)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (-1, 3), (5, 99), (4, 2)])
def test_nothing_is_cited_from_outside_the_paragraph(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no quote at"):
        cite(1, Quote(passage("Short."), start, end))


def test_a_reference_names_the_printed_label_where_there_is_one() -> None:
    assert reference(passage("x"), "para.") == "CC.DEL/1/19, para. 3"
    assert reference(passage("x", "12."), "para.") == "CC.DEL/1/19, para. 12"
    lettered = replace(passage("x", part="Annex 2"), paragraph=Paragraph(7, "x", "(b)", under="4."))
    assert reference(lettered, "п.") == "CC.DEL/1/19, Annex 2, п. 4(b)"


def test_attribution_is_the_statements_own() -> None:
    assert attribution(passage("x", speaker="Ms. Öre", delegation="Ruritania")) == "Ms. Öre (Ruritania)"
    assert attribution(passage("x", speaker="Ms. Öre, Minister of Ruritania", delegation="Ruritania")) == (
        "Ms. Öre, Minister of Ruritania"
    )
    assert attribution(passage("x", delegation="Ruritania")) == "Ruritania"
    assert attribution(passage("x")) == ""
