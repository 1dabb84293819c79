"""The assistant beside simpler means on the same statements and questions, in one run.

    python bench/answers.py --store DIR --corpus FOLDER --questions FILE.jsonl --work FOLDER

- *the assistant*: `Assistant.search` and `ask`, as users get it.
- *LlamaIndex*: its reader, `SentenceSplitter` and `VectorStoreIndex` over Chroma with the assistant's own embedder; the
  pieces are made to fit it. Made once, in `--work`, which takes as long as an ingest. Needs
  `pip install llama-index-vector-stores-chroma`.
- *words*: the store's lexical index (BM25, text and header) alone. *vectors*: its vectors (text and header) alone.

All but the assistant get a follow-up with the questions before it put in front. A result counts where it holds a gold
quote, however long it is: how much of it a reader must read stands beside it. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assistant.assistant import Assistant
from assistant.evaluation import DEPTH, UNANSWERABLE, Question, evaluate, loose, read_questions, summary
from store.statements import StatementStore
from ui.settings import load
from ui.wiring import build_assistant, open_store

Search = Callable[[str], Sequence[str]]
"""Question to texts, best first."""
AT = (1, 5, 20)
PIECE_TOKENS, OVERLAP = 350, 40
"""Of a piece, by LlamaIndex's count: so it stays below the 512 tokens that the embedder reads."""
GROUPS = ("English", "followup", "crosslingual", "all answerable")


def glued(question: Question) -> str:
    """The questions before it and this one."""
    return " ".join([*(said for who, said in question.history if who == "user"), question.question])


def members(questions: Sequence[Question], group: str) -> list[int]:
    """Places of the answerable questions of a group; follow-ups and other languages are not English ones."""
    of = [q.type if q.type in GROUPS else "English" if q.language == "en" else "" for q in questions]
    return [n for n, q in enumerate(questions) if q.answerable and group in (of[n], "all answerable")]


def by_words(store: StatementStore) -> Search:
    def search(question: str) -> list[str]:
        return _texts(store, store._indexes.words.best(question, DEPTH)[0].tolist())

    return search


def by_vectors(store: StatementStore) -> Search:
    def search(question: str) -> list[str]:
        return _texts(store, store.nearest(store.embedder.embed_query(question), k=DEPTH)[0].tolist())

    return search


def _texts(store: StatementStore, chunk_ids: Sequence[int]) -> list[str]:
    held = store.texts(list(chunk_ids))
    return [held[chunk] for chunk in chunk_ids if chunk in held]


def by_llamaindex(corpus: Path, work: Path, embedder: Any) -> Search:  # noqa: ANN401  LlamaIndex's own type
    """Its retriever as its documentation builds it."""
    import chromadb
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.vector_stores.chroma import ChromaVectorStore  # type: ignore[import-not-found]

    client = chromadb.PersistentClient(str(work / "llamaindex"))
    held = client.get_or_create_collection("statements", configuration={"hnsw": {"space": "cosine"}})
    vectors = ChromaVectorStore(chroma_collection=held)
    done = work / "llamaindex.done"
    if done.exists():
        index = VectorStoreIndex.from_vector_store(vectors, embed_model=embedder)
    else:
        read = SimpleDirectoryReader(str(corpus), recursive=True, required_exts=[".txt"], encoding="utf-8")
        index = VectorStoreIndex.from_documents(
            read.load_data(),
            storage_context=StorageContext.from_defaults(vector_store=vectors),
            transformations=[SentenceSplitter(chunk_size=PIECE_TOKENS, chunk_overlap=OVERLAP)],
            embed_model=embedder,
        )
        done.touch()
    retriever = index.as_retriever(similarity_top_k=DEPTH)
    return lambda question: [found.node.get_content() for found in retriever.retrieve(question)]


def row(name: str, questions: Sequence[Question], search: Search) -> str:
    """How often a gold quote stands in the first results, and how long one of them is."""
    ranks: dict[int, int | None] = {}
    lengths: list[int] = []
    times: list[float] = []
    for n, question in enumerate(questions):
        if not question.answerable:
            continue
        started = time.perf_counter()
        texts = search(glued(question))
        times.append(1000 * (time.perf_counter() - started))
        lengths += [len(text.split()) for text in texts[: AT[1]]]
        wanted = [loose(quote) for quote in (*question.gold, *question.alternatives)]
        places = (at for at, text in enumerate(texts, 1) if any(quote in loose(text) for quote in wanted))
        ranks[n] = next(places, None)
    figures = [_recalls([ranks[n] for n in members(questions, group)]) for group in GROUPS]
    return f"| {name} | {' | '.join(figures)} | {statistics.median(lengths):.0f} | {statistics.median(times):.0f} |"


def product(questions: Sequence[Question], assistant: Assistant, store: StatementStore) -> tuple[str, str]:
    """The assistant's row, and what only it has: answers."""
    judged = evaluate(assistant, questions)
    answerable = [[judged[n].rank for n in members(questions, group)] for group in GROUPS]
    lengths = [
        len(passage.paragraph.text.split())
        for question in questions
        if question.answerable
        for passage in assistant.search(question.question, history=question.history, limit=AT[1]).passages
    ]
    times = statistics.median(item.ms for item in judged)
    figures = " | ".join(map(_recalls, answerable))
    totals = summary(judged)
    told = "; ".join(
        f"{group}: {', '.join(f'{name} {figure.mean:.2f}' for name, figure in totals[group].items())}"
        for group in ("all", UNANSWERABLE)
        if group in totals
    )
    return f"| the assistant | {figures} | {statistics.median(lengths):.0f} | {times:.0f} |", told


def _recalls(ranks: Sequence[int | None]) -> str:
    if not ranks:
        return ""
    return " / ".join(f"{sum(r is not None and r <= k for r in ranks) / len(ranks):.2f}".lstrip("0") for k in AT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    given = parser.parse_args()
    settings = load(overrides={"store.folder": given.store})
    questions = read_questions(given.questions)
    given.work.mkdir(parents=True, exist_ok=True)
    heads = " | ".join(f"{group} ({len(members(questions, group))})" for group in GROUPS)
    sys.stdout.write(f"R@{', R@'.join(map(str, AT))}\n\n| means | {heads} | words of a result | ms, median |\n")
    sys.stdout.write(f"|{' --- |' * (3 + len(GROUPS))}\n")
    with open_store(settings) as store:
        assistant = build_assistant(settings, store)
        embedder = store.embedder._loaded()  # type: ignore[attr-defined]  # LlamaIndex wants its own class
        searches: list[tuple[str, Search]] = [
            ("words", by_words(store)),
            ("vectors", by_vectors(store)),
            ("LlamaIndex", by_llamaindex(given.corpus, given.work, embedder)),
        ]
        for name, search in searches:
            sys.stdout.write(row(name, questions, search) + "\n")
            sys.stdout.flush()
        line, answers = product(questions, assistant, store)
        sys.stdout.write(f"{line}\n\nAnswers of the assistant: {answers}\n")


if __name__ == "__main__":
    main()
