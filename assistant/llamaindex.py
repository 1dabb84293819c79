"""The assistant as parts of a LlamaIndex program: a retriever and a query engine."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import ConfigDict

from assistant.answer import Citation
from assistant.assistant import Assistant
from store.types import Filters, Passage


def node(passage: Passage) -> NodeWithScore:
    """A paragraph as a node: its text, the statement's header as metadata, the search's score."""
    header, paragraph = passage.statement.header, passage.paragraph
    metadata = {
        "code": header.code,
        "part": header.part,
        "language": header.language,
        "paragraph": paragraph.number,
        "label": paragraph.label,
        "page": paragraph.page,
        "ocr": paragraph.ocr,
        "issued": header.issued,
        "title": header.title,
        "speaker": header.speaker,
        "delegation": header.delegation,
        "superseded_by": passage.statement.superseded_by,
        "file": passage.statement.file,
    }
    text_node = TextNode(id_=f"{passage.statement.id}#{paragraph.number}", text=paragraph.text, metadata=metadata)
    return NodeWithScore(node=text_node, score=passage.score)


class StatementRetriever(BaseRetriever):
    """The paragraphs that `Assistant.search` finds, as nodes."""

    def __init__(self, assistant: Assistant, *, limit: int = 10, filters: Filters = Filters()) -> None:
        self._assistant = assistant
        self._limit = limit
        self._filters = filters
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        result = self._assistant.search(query_bundle.query_str, filters=self._filters, limit=self._limit)
        return [node(passage) for passage in result.passages]


class StatementQueryEngine(CustomQueryEngine):
    """Checked, cited answers. The response's metadata has `status` and the `citations`; a refusal is its text."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    assistant: Assistant
    filters: Filters = Filters()

    def custom_query(self, query_str: str) -> Response:
        answer = self.assistant.ask(query_str, filters=self.filters)
        cited = [_cited(citation) for citation in answer.citations]
        return Response(
            answer.text,
            source_nodes=[node(passage) for passage in answer.passages],
            metadata={"status": answer.status, "citations": cited, "writer": answer.writer},
        )


def _cited(citation: Citation) -> dict[str, Any]:
    statement, paragraph = citation.passage.statement, citation.passage.paragraph
    header = statement.header
    return {
        "n": citation.n,
        "code": header.code,
        "part": header.part,
        "language": header.language,
        "paragraph": paragraph.number,
        "label": paragraph.label,
        "ocr": paragraph.ocr,
        "superseded_by": statement.superseded_by,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
    }
