"""Lines to paragraphs: joined, cut, rejoined, labelled, with furniture, headings and footnotes apart."""

from __future__ import annotations

from ingest.forms import is_heading, is_salutation, split_label
from ingest.furniture import drop_furniture, is_notice
from ingest.paragraphs import is_closing, split_paragraphs
from ingest.pieces import join_lines, words_of
from ingest.reader import Line
from store.types import Paragraph


def split(text: str, *, code: str | None = None, whole: bool = False) -> tuple[Paragraph, ...]:
    lines = [Line(line.strip(), None, len(line) - len(line.lstrip())) for line in text.strip("\n").split("\n")]
    return split_paragraphs(drop_furniture(lines, code), whole=whole)


def test_hard_wrapped_lines_are_joined() -> None:
    paragraphs = split(
        "The lake is calm and the boats are\nin the harbour, where the men of the\nvillage mend their nets today.\n\n"
        "Nobody knows when the wind will turn\nand drive them out again."
    )
    assert [paragraph.text[-12:] for paragraph in paragraphs] == ["their nets today."[-12:], "them out again."[-12:]]
    assert "boats are in the harbour" in paragraphs[0].text


def test_a_line_a_paragraph() -> None:
    paragraphs = split("The first matter is old.\nThe second is new.\nThe third has not yet been heard.")
    assert len(paragraphs) == 3


def test_indented_first_lines() -> None:
    paragraphs = split(
        "We met on the hill and spoke of\nwater and of bread for a day.\n  Then we went down to the river\n"
        "and spoke of fish until it was\ntoo dark to see the other bank.\n  At last we slept in the open\n"
        "and were cold."
    )
    assert [paragraph.text.split()[0] for paragraph in paragraphs] == ["We", "Then", "At"]


def test_a_paragraph_cut_by_furniture_is_whole_again() -> None:
    paragraphs = split(
        "1.  The Centre keeps a list of all that was\nsaid here, and of each thing that was\n\nXXOED77\n"
        "                - 2 -           XX.DEL/7/19\n\n"
        "left unsaid by those who should have\nspoken about it in this room.\n\n"
        "2.  It keeps no other list.\n",
        code="XX.DEL/7/19",
    )
    assert [paragraph.label for paragraph in paragraphs] == ["1.", "2."]
    assert "that was left unsaid" in paragraphs[0].text
    assert not any("77" in paragraph.text or "DEL" in paragraph.text for paragraph in paragraphs)


def test_a_paragraph_cut_by_a_blank_line_is_whole_again() -> None:
    paragraphs = split(
        "A conference on further steps in this area is as\n\nnever before an urgent matter.\n\nThank you."
    )
    assert [paragraph.number for paragraph in paragraphs] == [1, 2]


def test_job_numbers_and_page_numbers() -> None:
    paragraphs = split(
        "The sea gives much and takes it back, as\nthose who live beside it know, and in\n \n08-51839 38 \n \n"
        "winter it takes more than it has given\nto anyone who lives there.\n"
    )
    assert len(paragraphs) == 1
    assert "and in winter" in paragraphs[0].text


def test_labels_stand_apart() -> None:
    assert split_label("12. We agree") == ("12.", "We agree")
    assert split_label("3. (a) Decides") == ("3(a)", "Decides")
    assert split_label("(b) to wait") == ("(b)", "to wait")
    assert split_label("OP4 Decides") == ("OP4", "Decides")
    assert split_label("3.The term") == ("3.", "The term")
    assert split_label("- a point") == (None, "a point")
    for text in ("11. Oktober 2001 war es", "1441 (2002) of the Council", "12.40 p.m. was late", "2 abstentions"):
        assert split_label(text) == (None, text)


def test_numbers_at_a_line_start_in_mid_sentence_cut_nothing() -> None:
    paragraphs = split(
        "We recall the resolutions that were adopted on\n4 December 2002 by all members and the one of\n"
        "15 November of the same year, which says it all."
    )
    assert len(paragraphs) == 1


def test_resolution() -> None:
    paragraphs = split(
        "The Village Council,\n\nRecalling its earlier words about the well\nand the bridge,\n"
        "Convinced that both are old, 4"
        "\n\n"
        "1. Decides to mend the bridge;\n\n2. Requests the miller:\n\n(a) To bring stones;\n\n(b) To bring wood.\n\n"
        "Adopted at the 5th meeting by 9 votes to 1\n(Miller).\n\n4 See the book of the village."
    )
    assert [(paragraph.label, paragraph.text[:12]) for paragraph in paragraphs] == [
        (None, "The Village "),
        (None, "Recalling it"),
        (None, "Convinced th"),
        ("1.", "Decides to m"),
        ("2.", "Requests the"),
        ("(a)", "To bring sto"),
        ("(b)", "To bring woo"),
        (None, "Adopted at t"),
    ]
    assert [paragraph.place for paragraph in paragraphs if paragraph.under] == ["2(a)", "2(b)"]
    assert paragraphs[7].text.endswith("(Miller).")
    assert paragraphs[2].footnotes == ("4 See the book of the village.",)


def test_headings_are_context() -> None:
    paragraphs = split("THE BRIDGE\n\nIt is old.\n\nArticle IV\n\nIt is mended.", whole=True)
    assert [(paragraph.text, paragraph.heading) for paragraph in paragraphs] == [
        ("It is old.", "THE BRIDGE"),
        ("It is mended.", "THE BRIDGE / Article IV"),
    ]
    assert is_heading("Support for the Bridge:", bold=True)
    assert not is_heading("It was a good day.", bold=True)
    assert not is_heading("Article 4 is what we rely on in this matter.")


def test_salutations_in_six_languages() -> None:
    for text in (
        "Mr. Chairman,",
        "Excellencies, distinguished colleagues, ladies and gentlemen,",
        "Monsieur le Président,",
        "Sehr geehrter Herr Vorsitzender, meine Damen und Herren,",
        "Signor Presidente, Eccellenze,",
        "Señora Presidenta:",
        "Уважаемый господин Председатель!",
    ):
        assert is_salutation(text), text
    for text in ("Mr. Chairman, we are glad to be here.", "Dear are the dead to us who are left.", "Thank you."):
        assert not is_salutation(text), text


def test_salutations_are_not_numbered() -> None:
    assert [paragraph.text for paragraph in split("Mr. Chairman,\n\nWe agree.\n\nThank you.")] == [
        "We agree.",
        "Thank you.",
    ]


def test_line_end_hyphens() -> None:
    assert join_lines("the Secretary-", "General said") == "the Secretary-General said"
    assert join_lines("it is impor-", "tant", words_of(["so important"])) == "it is important"
    assert join_lines("it is impor-", "tant") == "it is impor-tant"
    assert join_lines("a non\ufffe", "binding text") == "a non-binding text"
    assert join_lines("one", "two") == "one two"


def test_bullets() -> None:
    paragraphs = split("We ask for:\n-   bread for the children of the valley\n-   water for the fields\n-   peace")
    assert [paragraph.text.split()[0] for paragraph in paragraphs] == ["We", "bread", "water", "peace"]


def test_separators_and_lone_marks_are_nothing() -> None:
    assert [
        paragraph.text for paragraph in split("One thing.\n* * *\nAnother thing.\n***********\nA third thing.")
    ] == [
        "One thing.",
        "Another thing.",
        "A third thing.",
    ]


def test_closings_in_six_languages() -> None:
    for text in (
        "I thank you, Mr. Chairperson.",
        "Thank you for your attention.",
        "Je vous remercie, Monsieur le Président.",
        "Ich danke Ihnen, Herr Vorsitzender.",
        "La ringrazio, Signor Presidente.",
        "Muchas gracias, señor Presidente.",
        "Благодарю за внимание.",
    ):
        assert is_closing(text), text
    for text in ("We thank the miller for his bread.", "He thanked us.", "Благодаря мосту мы здесь."):
        assert not is_closing(text), text


def test_a_closing_is_a_paragraph_of_its_own() -> None:
    paragraphs = split(
        "The lake is calm and the boats are\nin the harbour, where the men of the\nvillage mend their nets.\n"
        "I thank you, Madam Chairperson."
    )
    assert [paragraph.text.split()[0] for paragraph in paragraphs] == ["The", "I"]


def test_notices_in_six_languages() -> None:
    for text in (
        "The OSCE Secretariat bears no responsibility for the content of this document.",
        "This document is being circulated at the request of the Delegation of Freedonia.",
        "Check against delivery",
        "Le présent document est distribué à la demande de la délégation.",
        "Dieses Dokument wird auf Ersuchen der Delegation verteilt.",
        "Es gilt das gesprochene Wort",
        "Il presente documento è distribuito su richiesta della delegazione.",
        "El presente documento se distribuye a petición de la delegación.",
        "Настоящий документ распространяется по просьбе делегации.",
    ):
        assert is_notice(text), text
    for text in ("The Secretariat has our full confidence.", "This document is old.", "We take no responsibility."):
        assert not is_notice(text), text


def test_confidence_and_tied_footnotes_reach_the_paragraph() -> None:
    (paragraph,) = split_paragraphs(
        [
            Line("The lake is calm and the boats are", ocr=0.5, notes=("1 See the map.",)),
            Line("in the harbour.", ocr=0.9),
        ],
    )
    assert paragraph.footnotes == ("1 See the map.",)
    assert paragraph.ocr is not None
    assert abs(paragraph.ocr - (8 * 0.5 + 3 * 0.9) / 11) < 1e-9


def test_a_long_text_without_an_end_takes_no_square_of_time() -> None:
    from time import process_time

    def seconds(count: int) -> float:
        lines = [Line(f"line {number} goes on without any end and so", 1) for number in range(count)]
        start = process_time()
        split_paragraphs(lines)
        return process_time() - start

    seconds(1_000)
    assert seconds(16_000) < 16 * max(seconds(2_000), 0.02)
