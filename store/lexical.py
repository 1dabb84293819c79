"""The lexical index: words of chunks and their headers in tantivy (BM25). The only importer of tantivy.

A chunk's header and text stand together in the field of its language, whose analyser stems: apart, a header word and a
text word could not make up for each other (measured: docs/quality.md). A question is looked up in the fields of all
languages, each with its own analyser; the header stands once more in a field of its own, unstemmed, so that codes,
names and years are found from any language. Codes stand beside their words as terms of their own, in the form that all
their spellings have in common.

A question is one flat union of terms: so tantivy skips whole blocks that can't be among the best.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tantivy
from numpy.typing import NDArray

from store.codes import base_code, code_key, find, references
from store.columns import DAYS, TERMS, Selection, days_of, terms_of
from store.language import SNOWBALL, stop_words
from store.types import Header

ANALYSER_VERSION = "2"
"""Part of the store's fingerprint; raise it when fields or analysers change."""

OTHER = "other"
HEADER_WEIGHT = 0.3
"""Weight of the header's own field beside the text's (measured: docs/quality.md)."""
WORD = r"[\p{L}\p{N}\p{M}]+"
MAX_QUERY_TERMS = 64
LEAST_DAY, GREATEST_DAY = 0, 99_999_999
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""Runs of scripts that write words without spaces: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


class LexicalEntry(NamedTuple):
    """What is indexed of a chunk."""

    chunk_id: int
    statement_id: int
    header: Header
    text: str


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
    builder.add_text_field("codes", tokenizer_name="raw", index_option="freq")
    for name in TERMS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in DAYS:
        builder.add_unsigned_field(name, stored=False, indexed=True, fast=False)
    return builder.build()


def readable(text: str, *, query: bool = False) -> str:
    """A text in one form of each sign, and with spaces where its script writes none.

    A run of such a script becomes its signs and its pairs of signs; in a question its pairs alone, which say more.
    """
    text = unicodedata.normalize("NFKC", text)
    return _UNSPACED.sub(lambda match: f" {' '.join(_grams(match[0], query))} ", text)


def _grams(run: str, query: bool) -> Iterator[str]:
    if not query or len(run) == 1:
        yield from run
    for start in range(len(run) - 1):
        yield run[start : start + 2]


def codes_in(texts: Iterable[str], *, typed: bool) -> list[str]:
    """The codes that texts name, each once, in the form that all spellings share; with each its base code."""
    found: dict[str, None] = {}
    for text in texts:
        for code in [one.text for one in find(text)] if typed else references(text):
            found[code_key(code)] = found[code_key(base_code(code))] = None
    return list(found)


class _Head(NamedTuple):
    """What all chunks of a statement have in common."""

    line: str
    codes: frozenset[str]
    terms: Mapping[str, str]
    days: Mapping[str, int]

    @classmethod
    def of(cls, header: Header) -> _Head:
        line, terms = header.line(), terms_of(header)
        codes = frozenset((terms["code"], terms["base"], *codes_in((line,), typed=False)))
        return cls(readable(line), codes, terms, days_of(header))


def committed(folder: Path) -> set[str] | None:
    """Names, up to their first dot, of the segments that the last commit names, and of their lists of deletions whole.

    None where it can't be read: there is none yet, or it is damaged, which is seen when the index is opened.
    """
    try:
        segments = json.loads((folder / "meta.json").read_text("utf-8"))["segments"]
        named = {one["segment_id"].replace("-", ""): one["deletes"] for one in segments}
        return {*named, *(f"{name}.{deletes['opstamp']}.del" for name, deletes in named.items() if deletes)}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_uncommitted(folder: Path) -> None:
    """Take away what a kill before the end of a commit left.

    The next commit that deletes from the same segment writes a file of the same name, which must not be there yet.
    """
    named = committed(folder)
    if named is None:
        return
    for path in folder.glob("*.*"):
        if path.suffix != ".json" and not path.name.startswith(".") and not _names(named, path):
            path.unlink(missing_ok=True)


def _names(named: set[str], path: Path) -> bool:
    return path.name in named if path.suffix == ".del" else path.name.partition(".")[0] in named


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
        """Becomes findable with `commit`. Quickest where the entries of one statement follow each other."""
        header, head = None, None
        for entry in entries:
            if head is None or entry.header is not header:
                header, head = entry.header, _Head.of(entry.header)
            document = tantivy.Document()
            document.add_unsigned("chunk", entry.chunk_id)
            document.add_unsigned("statement", entry.statement_id)
            document.add_text(_field(entry.header.language), f"{head.line}\n{readable(entry.text)}")
            document.add_text("header", head.line)
            for key in {*head.codes, *codes_in((entry.text,), typed=False)}:
                document.add_text("codes", key)
            for name, term in head.terms.items():
                document.add_text(name, term)
            for name, day in head.days.items():
                document.add_unsigned(name, day)
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
        self,
        text: str,
        k: int,
        *,
        selection: Selection | None = None,
        statements: Sequence[int] | None = None,
        chunks: Sequence[int] | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Chunk ids and BM25 scores, best first; only of this selection, these statements or chunks, where given."""
        query = self._query(text)
        only = list(self._selected(selection)) if selection else []
        if statements is not None:
            only.append(tantivy.Query.term_set_query(self._schema, "statement", list(statements)))
        if chunks is not None:  # a set would be looked up among the terms of all chunks
            few = [(tantivy.Occur.Should, self._value("chunk", chunk)) for chunk in chunks]
            only.append(tantivy.Query.boolean_query(few))
        if only:
            required = [(tantivy.Occur.Must, tantivy.Query.const_score_query(q, 0.0)) for q in only]
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), *required])
        searcher = self._index.searcher()
        hits = searcher.search(query, limit=max(k, 1), count=False).hits
        ids = searcher.fast_field_values("chunk", [address for _, address in hits])
        return np.array(ids, np.int64), np.array([score for score, _ in hits], np.float32)

    def _selected(self, selection: Selection) -> Iterator[tantivy.Query]:
        for field, terms in selection.terms.items():
            yield tantivy.Query.term_set_query(self._schema, field, list(terms))
        for span, (first, last) in selection.spans.items():
            for name, least, greatest in ((f"{span}_first", LEAST_DAY, last), (f"{span}_last", first, GREATEST_DAY)):
                kind = tantivy.FieldType.Unsigned
                yield tantivy.Query.range_query(self._schema, name, kind, least, greatest, use_inverted_index=True)

    def _query(self, text: str) -> tantivy.Query:
        """Any of the question's words, in each language's field; the header's words and codes beside them.

        A chunk has text in one of the languages' fields alone: the sum over them is the score in its own.
        """
        words = readable(text, query=True)
        terms = [
            self._term(_field(language), term)
            for language in (*SNOWBALL, OTHER)
            for term in list(dict.fromkeys(_analyser(language, query=True).analyze(words)))[:MAX_QUERY_TERMS]
        ]
        header = list(dict.fromkeys(_analyser(OTHER, query=True).analyze(words)))[:MAX_QUERY_TERMS]
        terms += [tantivy.Query.boost_query(self._term("header", term), HEADER_WEIGHT) for term in header]
        terms += [self._term("codes", key) for key in codes_in([text], typed=True)[:MAX_QUERY_TERMS]]
        union = [(tantivy.Occur.Should, term) for term in terms]
        return tantivy.Query.boolean_query(union) if union else tantivy.Query.empty_query()

    def _value(self, field: str, value: int) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value, index_option="basic")

    def _term(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, index_option="freq")

    def count(self) -> int:
        return self._index.searcher().num_docs

    def ids(self) -> NDArray[np.int64]:
        """Every chunk id that it holds, in no order."""
        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.all_query(), limit=max(searcher.num_docs, 1), count=False).hits
        return np.array(searcher.fast_field_values("chunk", [address for _, address in hits]), np.int64)

    def clear(self) -> None:
        self._open_writer.delete_all_documents()
        self.commit()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None
