"""The lexical index: words of chunks and their headers in tantivy (BM25). The only importer of tantivy.

A chunk's header and text stand together in the field of its language, whose analyser stems: apart, a header word and a
text word could not make up for each other (measured: docs/quality.md). A question is looked up in the fields of all
languages, each with its own analyser; the header stands once more in a field of its own, unstemmed, so that codes,
names and years are found from any language.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tantivy
from numpy.typing import NDArray

from store.language import SNOWBALL, stop_words

ANALYSER_VERSION = "1"
"""Part of the store's fingerprint; raise it when fields or analysers change."""

OTHER = "other"
HEADER_WEIGHT = 0.3
"""Weight of the header's own field beside the text's (measured: docs/quality.md)."""
WORD = r"[\p{L}\p{N}\p{M}]+"
MAX_QUERY_TERMS = 64


class LexicalEntry(NamedTuple):
    """What is indexed of a chunk."""

    chunk_id: int
    statement_id: int
    language: str
    text: str
    header: str


@cache
def _analyser(language: str, *, query: bool = False) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(WORD)).filter(tantivy.Filter.lowercase())
    name = SNOWBALL.get(language)
    if query:
        languages = [language] if language in SNOWBALL else SNOWBALL
        dropped = sorted(word for name in languages for word in stop_words(name))
        builder = builder.filter(tantivy.Filter.custom_stopword(dropped))
    if name:
        builder = builder.filter(tantivy.Filter.stemmer(name))
    return builder.filter(tantivy.Filter.ascii_fold()).build()


def _field(language: str) -> str:
    return f"text_{language if language in SNOWBALL else OTHER}"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("chunk", stored=False, indexed=True, fast=True)
    builder.add_unsigned_field("statement", stored=False, indexed=True, fast=True)
    for language in (*SNOWBALL, OTHER):
        builder.add_text_field(_field(language), tokenizer_name=language, index_option="freq")
    builder.add_text_field("header", tokenizer_name=OTHER, index_option="freq")
    return builder.build()


class LexicalIndex:
    """Best chunks by words."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = _schema()
        try:
            self._index = tantivy.Index(self._schema, str(folder))
        except ValueError:  # of another version, or damaged: the store fills a new one from the registry
            shutil.rmtree(folder)
            folder.mkdir()
            self._index = tantivy.Index(self._schema, str(folder))
        for language in (*SNOWBALL, OTHER):
            self._index.register_tokenizer(language, _analyser(language))
        self._writer: tantivy.IndexWriter | None = None
        self._index.reload()

    @property
    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=64_000_000, num_threads=1)
        return self._writer

    def add(self, entries: Iterable[LexicalEntry]) -> None:
        """Becomes findable with `commit`."""
        for entry in entries:
            document = tantivy.Document()
            document.add_unsigned("chunk", entry.chunk_id)
            document.add_unsigned("statement", entry.statement_id)
            document.add_text(_field(entry.language), f"{entry.header}\n{entry.text}")
            document.add_text("header", entry.header)
            self._open_writer.add_document(document)

    def delete(self, chunk_ids: Sequence[int]) -> None:
        """Takes effect with `commit`."""
        if chunk_ids:  # by query: `delete_documents_by_term` takes the number for a signed one and finds nothing
            ids = tantivy.Query.term_set_query(self._schema, "chunk", list(chunk_ids))
            self._open_writer.delete_documents_by_query(ids)

    def commit(self) -> None:
        self._open_writer.commit()
        self._index.reload()

    def best(
        self, text: str, k: int, *, statements: Sequence[int] | None = None, chunks: Sequence[int] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Chunk ids and BM25 scores, best first; only of these statements or chunks, where given."""
        query = self._query(text)
        only = [
            tantivy.Query.term_set_query(self._schema, field, list(values))
            for field, values in (("statement", statements), ("chunk", chunks))
            if values is not None
        ]
        if only:
            required = [(tantivy.Occur.Must, tantivy.Query.const_score_query(q, 0.0)) for q in only]
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *required])
        searcher = self._index.searcher()
        hits = searcher.search(query, limit=max(k, 1), count=False).hits
        ids = searcher.fast_field_values("chunk", [address for _, address in hits])
        return np.array(ids, np.int64), np.array([score for score, _ in hits], np.float32)

    def _query(self, text: str) -> tantivy.Query:
        """Any of the question's words, in each language's field; the header's words beside them."""
        per_field = []
        for language in (*SNOWBALL, OTHER):
            terms = dict.fromkeys(_analyser(language, query=True).analyze(text))
            field = _field(language)
            words = [self._term(field, term) for term in list(terms)[:MAX_QUERY_TERMS]]
            if words:
                per_field.append(tantivy.Query.boolean_query([(tantivy.Occur.Should, word) for word in words]))
        header = [self._term("header", term) for term in dict.fromkeys(_analyser(OTHER, query=True).analyze(text))]
        parts = [(tantivy.Occur.Should, tantivy.Query.disjunction_max_query(per_field))] if per_field else []
        if header:
            words_of_header = tantivy.Query.boolean_query([(tantivy.Occur.Should, w) for w in header[:MAX_QUERY_TERMS]])
            parts.append((tantivy.Occur.Should, tantivy.Query.boost_query(words_of_header, HEADER_WEIGHT)))
        return tantivy.Query.boolean_query(parts) if parts else tantivy.Query.empty_query()

    def _term(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, index_option="freq")

    def count(self) -> int:
        return self._index.searcher().num_docs

    def clear(self) -> None:
        self._open_writer.delete_all_documents()
        self.commit()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None
