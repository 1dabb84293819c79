"""Paragraphs to chunks; sentences and tokens."""

from __future__ import annotations

import pytest

from ingest.chunker import MAX_TOKENS, chunk, context_of, pieces
from store.sentences import sentences
from store.tokens import count_tokens
from store.types import Header, Paragraph, Statement

SENTENCE = "The mill of the upper village has ground no corn since the river froze in the second week of the year. "


def statement(*paragraphs: Paragraph) -> Statement:
    return Statement(Header("XX.DEL/1/20", "en"), paragraphs, "a.txt")


def test_one_paragraph_is_one_chunk() -> None:
    chunks = chunk(statement(Paragraph(1, "It is so."), Paragraph(2, "It was so.")))
    assert [(one.text, one.first, one.last) for one in chunks] == [("It is so.", 1, 1), ("It was so.", 2, 2)]


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    text = (SENTENCE * 40).strip()
    result = pieces(text, "en", "THE MILL")
    assert len(result) > 2
    assert all(piece.startswith("THE MILL\n") and piece.endswith("year.") for piece in result)
    assert all(count_tokens(piece) <= MAX_TOKENS for piece in result)
    assert " ".join(piece.removeprefix("THE MILL\n") for piece in result) == text


@pytest.mark.parametrize("text", ["word " * 3000, "x" * 20_000, "слово, " * 2000, "一" * 3000])
def test_what_has_no_sentence_end_is_cut_too(text: str) -> None:
    result = pieces(text.strip(), "en")
    assert all(count_tokens(piece) <= MAX_TOKENS for piece in result)
    assert "".join("".join(result).split()) == "".join(text.split())


def test_heading_and_lead_in_are_context() -> None:
    paragraphs = (
        Paragraph(1, "The Centre shall:", label="4.", heading="TASKS"),
        Paragraph(2, "keep a list;", label="(a)", heading="TASKS"),
        Paragraph(3, "answer the telephone.", label="(b)", heading="TASKS"),
        Paragraph(4, "It shall rest.", label="5.", heading="TASKS"),
    )
    assert [context_of(paragraphs, index) for index in range(4)] == [
        "TASKS",
        "TASKS\nThe Centre shall:",
        "TASKS\nThe Centre shall:",
        "TASKS",
    ]


def test_chunk_of_a_paragraph_knows_its_number_in_pieces() -> None:
    chunks = chunk(statement(Paragraph(1, "Short."), Paragraph(2, (SENTENCE * 30).strip())))
    assert {(one.first, one.last) for one in chunks[1:]} == {(2, 2)}
    assert len(chunks) > 2


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (
            "en",
            [
                "Mr. Hill spoke in art. 4 of it.",
                "“Why so?” he asked.",
                "See para. 5 and No. 12.",
                "We agree; they do not.",
            ],
        ),
        (
            "ru",
            [
                "Согласно п. 5 ст. 12 решения это так.",
                "В. Иванов сказал: «Нет!»",
                "Это было в 2008 г. в городе.",
                "Всё?",
            ],
        ),
        ("uk", ["Згідно з п. 5 рішення це так.", "Дякую!", "Слава людям."]),
        ("de", ["Am 11. Oktober 2001 war es so.", "Gemäß Art. 5 Abs. 2 gilt z. B. dies.", "Danke!"]),
        ("fr", ["M. Dupont a parlé ici.", "Voir par. 5 du texte.", "Merci."]),
        ("es", ["El Sr. Pérez habló aquí.", "¿Por qué?", "Gracias."]),
        ("it", ["Il Sig. Rossi ha parlato.", "Vedi art. 5 del testo.", "Grazie."]),
    ],
)
def test_sentences(language: str, parts: list[str]) -> None:
    text = " ".join(parts)
    assert [text[start:end] for start, end in sentences(text, language)] == parts


def test_a_text_of_many_pages_is_cut_as_a_short_one_is() -> None:
    parts = ["Mr. Hill spoke in art. 4 of it.", "See para. 5 and No. 12.", "We agree; they do not."] * 2_000
    text = " ".join(parts)
    assert [text[start:end] for start, end in sentences(text, "en")] == parts
    for endless in ("and ", "a"):
        assert sentences(endless * 100_000, "en")


def test_tokens_of_markup_are_plain_text() -> None:
    assert count_tokens("<|endoftext|>") > 1
    assert count_tokens("") == 0


def test_llama_index_transformation() -> None:
    from ingest.transform import StatementChunker, statement_nodes

    nodes = statement_nodes(statement(Paragraph(1, "Short.", heading="TITLE"), Paragraph(2, (SENTENCE * 30).strip())))
    result = StatementChunker()(nodes)
    assert len(result) > len(nodes)
    assert result[0].get_content() == "TITLE\nShort."
    assert {node.metadata["paragraph"] for node in result} == {1, 2}
    assert all(count_tokens(node.get_content()) <= MAX_TOKENS for node in result)
    assert result[1].source_node is not None
    assert result[1].source_node.node_id == nodes[1].node_id
