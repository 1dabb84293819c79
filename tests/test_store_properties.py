"""Any sequence of writes, searches, rebuilds and restarts gives what plain dictionaries give (`tests/expected.py`)."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from expected import Expected, held
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from words import ROOT, WordEmbedder, document, pairs, whole

from store.statements import StatementStore
from store.types import Chunk, Filters, Header, Statement
from store.vectors import combine

EXAMPLES = int(os.environ.get("STORE_EXAMPLES", "0"))
"""Set for a long run of so many sequences, other ones each time; else a few, always the same."""
WORDS = ("anchor", "boat", "crane", "dock", "ferry", "gull", "якорь")
SPEAKERS = {"ore": "Ms. Änn Öre, Minister", "lind": "Mr. Lind"}
DATES = ("2018", "2019-03", "2019-03-05", "2020-12-31")
NEAR = 2e-3
"""Two cosines differ by no more where one was of float16."""

files = st.sampled_from([f"{letter}.txt" for letter in "abcdef"])
texts = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), max_size=4)
headers = st.builds(
    Header,
    code=st.sampled_from(["XX.DEL/1/20", "XX.DEL/1/20/Rev.1", "XX.DEL/1/20/Rev.2", "XX.DEL/2/20", "XX.DEL/3/20"]),
    language=st.sampled_from(["en", "ru"]),
    part=st.sampled_from([None, "Annex 1"]),
    issued=st.sampled_from([None, *DATES]),
    delegation=st.sampled_from([None, "Ruritania", "Republic of Grand Fenwick"]),
    speaker=st.sampled_from([None, *SPEAKERS.values()]),
)
contents = st.lists(st.tuples(headers, texts), min_size=1, max_size=3)
filters = st.builds(
    Filters,
    code=st.lists(st.sampled_from(["xx del 1 20", "XX.DEL/1/20/Rev.1", "XX.DEL/2/20"]), max_size=2).map(tuple),
    delegation=st.lists(st.sampled_from(["ruritania", "grand fenwick"]), max_size=1).map(tuple),
    speaker=st.lists(st.sampled_from(list(SPEAKERS)), max_size=1).map(tuple),
    language=st.lists(st.sampled_from(["en", "ru", "fr"]), max_size=2).map(tuple),
    issued_from=st.sampled_from([None, None, *DATES]),
    issued_to=st.sampled_from([None, None, *DATES]),
)


def symbol(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()


def satisfies(header: Header, wanted: Filters, all_codes: set[str]) -> bool:
    """The filters' contract, as plainly as it can be said."""
    start, end = "0000-01-01", "9999-12-31"
    base = header.code.partition("/Rev")[0]
    return (
        (not wanted.language or header.language in wanted.language)
        and (not wanted.delegation or any(w in (header.delegation or "").casefold() for w in wanted.delegation))
        and (not wanted.speaker or header.speaker in [SPEAKERS[w] for w in wanted.speaker])
        and (
            not wanted.code
            or any(
                symbol(code) == symbol(header.code) or (symbol(code) == symbol(base) and base not in all_codes)
                for code in wanted.code
            )
        )
        and (
            not (wanted.issued_from or wanted.issued_to)
            or (
                header.issued is not None
                and header.issued + end[len(header.issued) :]
                >= (wanted.issued_from or "") + start[len(wanted.issued_from or "") :]
                and header.issued + start[len(header.issued) :]
                <= (wanted.issued_to or "") + end[len(wanted.issued_to or "") :]
            )
        )
    )


class StoreMachine(RuleBasedStateMachine):
    """A real store and an `Expected` beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="store-"))
        self.expected = Expected()
        self.chunk = whole
        self.open()

    def open(self, *, any_index: bool = False) -> None:
        self.store = StatementStore.open(self.folder, WordEmbedder(), chunking=self.chunk.__name__, any_index=any_index)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    # writes

    @initialize(first=contents, second=contents)
    def begin(self, first: Sequence[tuple[Header, list[str]]], second: Sequence[tuple[Header, list[str]]]) -> None:
        self.add({"a.txt": first, "b.txt": second})

    @rule(batch=st.dictionaries(files, contents, min_size=1, max_size=3))
    def add(self, batch: dict[str, Sequence[tuple[Header, list[str]]]]) -> None:
        """New files and new versions of files."""
        statements = [one for file, parts in batch.items() for one in document(file, *parts)]
        self.store.add(self.store.embed([(one, self.chunk(one)) for one in statements]))
        self.expected.add(statements)

    @precondition(lambda self: self.expected.owners())
    @rule(data=st.data(), copies=st.lists(files, min_size=1, max_size=2, unique=True))
    def share(self, data: st.DataObject, copies: list[str]) -> None:
        owner = data.draw(st.sampled_from(sorted(self.expected.owners())))
        source = self.expected.sources[owner]
        shared = [replace(source, file=file, same=source.place) for file in copies if file != owner]
        self.store.share(shared)
        self.expected.share(shared)

    @precondition(lambda self: self.expected.live())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from(self.expected.live()))
        (chosen, *_) = [
            one.id
            for one in self.store.statements()
            if (one.file, one.header) == (gone.file, gone.header) and self.store.paragraphs(one.id) == gone.paragraphs
        ]
        assert self.store.delete([chosen]) == 1
        assert self.store.delete([chosen]) == 0
        self.expected.delete([gone])

    @rule(gone=st.lists(files, min_size=1, max_size=2, unique=True))
    def remove(self, gone: list[str]) -> None:
        assert self.store.remove_files(ROOT, gone) == self.expected.remove(gone)

    @rule()
    def rebuild(self) -> None:
        embedder = self.store.embedder
        assert isinstance(embedder, WordEmbedder)
        before = embedder.embedded
        self.store.rebuild(self.chunk)
        assert embedder.embedded == before

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.open()

    @rule()
    def restart_with_another_chunker(self) -> None:
        self.store.close()
        self.chunk = pairs if self.chunk is whole else whole
        self.open(any_index=True)
        self.store.rebuild(self.chunk)

    # reads

    @rule(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True), wanted=filters)
    def search(self, words: list[str], wanted: Filters) -> None:
        self.compare_search(words, wanted)

    @rule(word=st.sampled_from(WORDS))
    def search_everywhere(self, word: str) -> None:
        self.compare_search([word], Filters())

    def compare_search(self, words: list[str], wanted: Filters) -> None:
        """All that may be found is found, and nothing else, with the right scores."""
        vector = self.store.embedder.embed_query(" ".join(words))
        hits = self.store.search(" ".join(words), vector, filters=wanted, k=500)
        chosen = self.store.texts([hit.chunk_id for hit in hits])
        headers = {one.id: (one.file, one.header) for one in self.store.statements()}
        found = [(*headers[hit.statement_id], Chunk(chosen[hit.chunk_id], hit.first, hit.last)) for hit in hits]
        live = [(one.file, one.header, c) for one in self.matching(wanted) for c in self.chunk(one)]
        assert sorted(map(repr, found)) == sorted(map(repr, live))
        for hit, (_, header, chunk) in zip(hits, found, strict=True):
            assert (hit.lexical > 0) == any(word in chunk.text.split() for word in words)
            parts = self.store.embedder.embed_passages([chunk.text, header.line()])
            assert abs(hit.dense - float(combine(parts[:1], parts[1:])[0] @ vector)) < NEAR
        best = self.store.search("", vector, filters=wanted, k=1)
        assert len(best) == min(1, len(live))
        assert not best or best[0].dense > max(hit.dense for hit in hits) - NEAR

    def matching(self, wanted: Filters) -> list[Statement]:
        live = self.expected.live()
        codes = {one.header.code for one in live}
        return [one for one in live if satisfies(one.header, wanted, codes)]

    @rule(wanted=filters)
    def list(self, wanted: Filters) -> None:
        shown = sorted((one.file, repr(one.header)) for one in self.store.statements(wanted))
        assert shown == sorted((one.file, repr(one.header)) for one in self.matching(wanted))

    @rule(code=st.sampled_from(["XX.DEL/1/20", "XX.DEL/1/20/Rev.1", "XX.DEL/2/20", "XX.DEL/9/20"]))
    def find(self, code: str) -> None:
        """A code finds itself and its revisions, what is current first."""
        found = [one.header for one in self.store.find(code)]
        family = [one.header for one in self.expected.live() if one.header.code.startswith(code)]
        assert sorted(map(repr, found)) == sorted(map(repr, family))
        if found:
            assert found[0].code == max(header.code for header in family)

    @invariant()
    def same(self) -> None:
        live = self.expected.live()
        assert held(self.store) == self.expected.held()
        assert self.store.sources() == self.expected.listed()
        status = self.store.status()
        assert status.statements == len(live) == sum(status.languages.values())
        assert status.paragraphs == sum(len(one.paragraphs) for one in live)
        assert status.chunks == sum(len(self.chunk(one)) for one in live)
        keys = [(one.id, n) for one in self.store.statements() for n in range(1, one.paragraphs + 2)]
        shown = [passage.key for passage in self.store.passages(keys)]
        assert shown == [(one.id, n) for one in self.store.statements() for n in range(1, one.paragraphs + 1)]

    @rule()
    def check(self) -> None:
        assert self.store.check(full=True).findings == ()


@pytest.mark.timeout(0 if EXAMPLES else 300)
def test_any_sequence_gives_what_dictionaries_give() -> None:
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=EXAMPLES or 5,
            stateful_step_count=40 if EXAMPLES else 20,
            derandomize=not EXAMPLES,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_filters_by_date_overlap() -> None:
    """The model's own dates: a shortened one may mean any day of its year or month."""
    header = Header("XX.DEL/1/20", "en", issued="2019-03")
    assert satisfies(header, Filters(issued_from="2019-03-31"), set())
    assert satisfies(header, Filters(issued_to="2019"), set())
    assert not satisfies(header, Filters(issued_from="2019-04"), set())
    assert not np.any([satisfies(header, Filters(language=("fr",)), set())])
