"""The chunker as a LlamaIndex transformation, for pipelines that are LlamaIndex' own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.schema import BaseNode, NodeRelationship, TextNode, TransformComponent

from ingest.chunker import context_of, pieces
from store.types import Statement


def statement_nodes(statement: Statement) -> list[TextNode]:
    """A statement as nodes: one a paragraph, with what a citation needs in its metadata."""
    header = statement.header
    return [
        TextNode(
            id_=f"{header.code}|{header.part or ''}|{header.language}|{paragraph.number}",
            text=paragraph.text,
            metadata={
                "code": header.code,
                "part": header.part,
                "language": header.language,
                "paragraph": paragraph.number,
                "context": context_of(statement.paragraphs, index),
            },
        )
        for index, paragraph in enumerate(statement.paragraphs)
    ]


class StatementChunker(TransformComponent):
    """Nodes in, nodes out: each is cut at sentence ends to the size that is embedded, and knows where it comes from.

    `language` and `context` are read from a node's metadata where they stand there.
    """

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[BaseNode]:  # noqa: ANN401
        return [
            TextNode(
                id_=f"{node.node_id}#{index}",
                text=piece,
                metadata=dict(node.metadata),
                relationships={NodeRelationship.SOURCE: node.as_related_node_info()},
            )
            for node in nodes
            for index, piece in enumerate(
                pieces(node.get_content(), str(node.metadata.get("language") or "en"), node.metadata.get("context"))
            )
        ]
