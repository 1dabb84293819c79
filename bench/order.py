"""Would a learnt order of the passages beat the rule in use? And what must the reranker read?

    python bench/order.py --store DIR --questions FILE.jsonl [--kept FILE.pickle]

For every answerable question the passages of the first stage are taken with what is known of each; this takes minutes
and is kept in a file where one is named. Then, without any model: the rule of `assistant/retriever.py` with several
texts for the reranker to read, and ranks learnt on some of the features (a softmax over a question's passages, ridge
penalty), which are scored on questions that the fit has not seen (five folds, five times). Each difference to the rule
comes with the 90 % interval of two thousand resamplings of the questions.
"""

from __future__ import annotations

import argparse
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.assistant import Assistant
from assistant.citations import attribution
from assistant.evaluation import Question, holds, read_questions
from assistant.reranker import CrossEncoder
from assistant.retriever import FOLLOW_UP_SHARE, RERANKER_WEIGHT, Retriever, readable
from assistant.sufficiency import coverage, disagreement
from assistant.window import rarity, window
from store.types import Passage
from ui.settings import load
from ui.wiring import build_assistant, open_store

LOOKED_AT = 16
PENALTY = 1.0
FOLDS, REPEATS, RESAMPLINGS = 5, 5, 2_000
COSINE_RANGE = 0.1
TEXTS = ("whole, header", "whole, speaker and date", "60 words, header", "60 words, speaker and date")
LEARNT = (
    ("fused", "logit"),
    ("dense", "lexical", "agreement", "logit"),
    ("fused", "logit", "coverage"),
    ("fused", "logit", "disagreement"),
    ("fused", "logit", "length", "opens"),
    ("fused", "logit", "statement"),
    ("dense", "lexical", "agreement", "logit", "coverage", "disagreement", "length", "opens", "statement"),
)


@dataclass(frozen=True)
class Example:
    """One question's passages in the order of the first stage."""

    group: str
    gold: NDArray[np.bool_]
    features: Mapping[str, NDArray[np.float64]]
    logits: Mapping[str, NDArray[np.float64]]
    """By what the reranker read; lowest where it read nothing."""
    weight: float
    """Of a logit beside the fused score; 0 where the reranker does not apply."""


def texts(passages: Sequence[Passage], question: str) -> dict[str, list[str]]:
    worth = rarity(question, "en", [readable(p) for p in passages])
    read: dict[str, list[str]] = {name: [] for name in TEXTS}
    for passage in passages[:LOOKED_AT]:
        line = passage.statement.header.line()
        short = ", ".join(part for part in (attribution(passage), passage.statement.header.issued) if part)
        whole, cut = readable(passage), readable(passage, window(passage, worth, 60))
        for name, text in zip(TEXTS, (whole, whole, cut, cut), strict=True):
            read[name].append(text if name.endswith("header") else short + text[len(line) :])
    return read


def example(assistant: Assistant, retriever: Retriever, reranker: CrossEncoder, question: Question) -> Example | None:
    query = assistant.retrieve(question.question, history=question.history)[0]
    found = retriever.candidates(query)
    passages = found[:LOOKED_AT]
    if not passages:
        return None
    dense = np.array([p.scores["dense"] for p in passages])
    lexical = np.array([p.scores["lexical"] for p in passages])
    best = {p.statement.id: max(o.scores["dense"] for o in found if o.statement.id == p.statement.id) for p in passages}
    features = {
        "fused": np.array([p.score for p in passages]),
        "dense": (dense - dense.max()) / COSINE_RANGE,
        "lexical": lexical / max(lexical.max(), 1e-9),
        "agreement": np.array([p.scores["agreement"] for p in passages]),
        "coverage": np.array([coverage(query, p) for p in passages]),
        "disagreement": np.array([disagreement(query, p) for p in passages]),
        "length": np.log([len(p.paragraph.text) + 30.0 for p in passages]),
        "opens": np.array([float(p.paragraph.number == 1) for p in passages]),
        "statement": (np.array([best[p.statement.id] for p in passages]) - dense.max()) / COSINE_RANGE,
    }
    english = query.language == "en" and any(p.statement.header.language == "en" for p in passages)
    logits = {name: np.zeros(len(passages)) for name in TEXTS}
    if english:
        logits = {name: np.array(reranker.scores(query.text, t)) for name, t in texts(found, query.text).items()}
    quotes = (*question.gold, *question.alternatives)
    return Example(
        "follow-up" if question.history else question.language if question.language == "en" else "other language",
        np.array([holds(p, quotes) for p in passages]),
        features,
        logits,
        RERANKER_WEIGHT * (FOLLOW_UP_SHARE if query.question else 1.0) if english else 0.0,
    )


def ranks(example: Example, scores: NDArray[np.float64]) -> int:
    """Rank of the first passage with gold evidence, from 1; 0 where none is among those looked at."""
    found = np.flatnonzero(example.gold[np.argsort(-scores, kind="stable")])
    return int(found[0]) + 1 if len(found) else 0


def rule(example: Example, text: str, read: int) -> int:
    """The rank by the rule in use, where the reranker reads the first `read` passages like this."""
    fused = example.features["fused"]
    scores = fused + example.weight * example.logits[text]
    order = [*np.argsort(-scores[:read], kind="stable"), *range(read, len(scores))] if example.weight else None
    return ranks(example, fused if order is None else -np.argsort(order).astype(float))


def matrix(example: Example, names: Sequence[str]) -> NDArray[np.float64]:
    logit = example.weight * example.logits[TEXTS[0]]
    return np.stack([logit if name == "logit" else example.features[name] for name in names], axis=1)


def fit(examples: Sequence[Example], names: Sequence[str]) -> NDArray[np.float64]:
    """Weights that give the passages with gold evidence most of a softmax over the question's passages (Newton)."""
    scale = np.concatenate([matrix(e, names) - matrix(e, names).mean(0) for e in examples]).std(0) + 1e-9
    weights = np.zeros(len(names))
    for _ in range(40):
        slope, bend = -PENALTY * weights, PENALTY * np.eye(len(names))
        for e in examples:
            if not e.gold.any() or e.gold.all():
                continue
            x = (matrix(e, names) - matrix(e, names).mean(0)) / scale
            share = np.exp(x @ weights - (x @ weights).max())
            share /= share.sum()
            mean = share @ x
            slope = slope + share[e.gold] / share[e.gold].sum() @ x[e.gold] - mean
            bend = bend + (x * share[:, None]).T @ x - np.outer(mean, mean)
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-5:
            break
    return np.asarray(weights / scale)


def unseen(examples: Sequence[Example], names: Sequence[str]) -> NDArray[np.int64]:
    """Ranks by fits that have not seen the question, shape (REPEATS, questions)."""
    found = np.zeros((REPEATS, len(examples)), np.int64)
    for repeat in range(REPEATS):
        fold = np.random.default_rng(repeat).permutation(len(examples)) % FOLDS
        for held in range(FOLDS):
            weights = fit([e for e, n in zip(examples, fold, strict=True) if n != held], names)
            for n in np.flatnonzero(fold == held):
                found[repeat, n] = ranks(examples[n], matrix(examples[n], names) @ weights)
    return found


def row(name: str, found: NDArray[np.int64], base: NDArray[np.int64]) -> str:
    """One line of the table: R@1, R@5, and the difference in mean reciprocal rank to the rule."""
    found = np.atleast_2d(found)
    reciprocal = np.where(found > 0, 1 / np.maximum(found, 1), 0).mean(0)
    gain = reciprocal - np.where(base > 0, 1 / np.maximum(base, 1), 0)
    draws = np.random.default_rng(0).integers(0, len(gain), (RESAMPLINGS, len(gain)))
    low, high = np.percentile(gain[draws].mean(1), [5, 95])
    at = [((found > 0) & (found <= k)).mean() for k in (1, 5)]
    return f"| {name} | {at[0]:.2f} / {at[1]:.2f} | {gain.mean():+.3f} ({low:+.3f} to {high:+.3f}) |"


def table(examples: Sequence[Example]) -> Iterator[str]:
    base = np.array([rule(e, TEXTS[0], 12) for e in examples])
    yield "| order | R@1 / R@5 | reciprocal rank beside the first line |"
    yield "| --- | --- | --- |"
    for text in TEXTS if any(e.weight for e in examples) else ():
        for read in (12, 8):
            yield row(f"rule, {read} read: {text}", np.array([rule(e, text, read) for e in examples]), base)
    for names in LEARNT:
        yield row(f"learnt: {', '.join(names)}", unseen(examples, names), base)


def taken(store: Path, questions: Sequence[Question]) -> list[Example]:
    settings = load(overrides={"store.folder": store})
    reranker = CrossEncoder.load(settings.models.folder)
    with open_store(settings) as opened:
        assistant, retriever = build_assistant(settings, opened), Retriever(opened, None)
        found = (example(assistant, retriever, reranker, question) for question in questions if question.answerable)
        return [one for one in found if one is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("--kept", type=Path, help="where the features are kept; read if it is there")
    given = parser.parse_args()
    if given.kept and given.kept.exists():
        examples = pickle.loads(given.kept.read_bytes())
    else:
        examples = taken(given.store, [q for path in given.questions for q in read_questions(path)])
        if given.kept:
            given.kept.write_bytes(pickle.dumps(examples))
    for group in sorted({e.group for e in examples}):
        own = [e for e in examples if e.group == group]
        sys.stdout.write(f"\n{group}, {len(own)} questions\n\n" + "".join(f"{line}\n" for line in table(own)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
