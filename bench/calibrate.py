"""Fit the refusal decision and show what each threshold would cost.

    python bench/calibrate.py --store DIR --questions FILE.jsonl [FILE.jsonl …]

For every question the features of `assistant.sufficiency` are taken; a logistic regression learns whether one of the
first passages holds gold evidence. Reported figures are of questions that the fit has not seen (five folds, repeated);
the weights printed last are fitted on all of them, to be put into `assistant/sufficiency.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.assistant import Assistant, evidence
from assistant.evaluation import Question, holds, read_questions
from assistant.sufficiency import features
from ui.settings import load
from ui.wiring import build_assistant, open_store

PENALTY = 1.0
FOLDS, REPEATS = 5, 20
NAMES = ("constant", "dense", "lead", "coverage", "disagreement", "missing", "reranker")


@dataclass(frozen=True)
class Example:
    """One question's features, and whether the evidence holds its answer."""

    question: Question
    reranked: bool
    features: NDArray[np.float64]
    sufficient: bool


def example(assistant: Assistant, question: Question) -> Example | None:
    query, passages, reranker = assistant.retrieve(question.question, history=question.history)
    if not passages:
        return None
    found = features(query, passages, assistant.text)
    gold = (*question.gold, *question.alternatives)
    return Example(
        question,
        reranker is not None,
        np.array([found.get(name, 0.0) for name in NAMES]),
        any(holds(passage, gold) for passage in evidence(passages)),
    )


def fit(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of a ridge-penalised logistic regression, by Newton's method; the constant is not penalised."""
    weights = np.zeros(x.shape[1])
    penalty = PENALTY * np.eye(x.shape[1])
    penalty[0, 0] = 1e-6
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ weights))
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty, x.T @ (y - p) - penalty @ weights)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def unseen(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Each example's probability by fits that have not seen it, averaged over the repeats."""
    x = np.array([e.features for e in examples])
    y = np.array([e.sufficient for e in examples], float)
    total = np.zeros(len(examples))
    for repeat in range(REPEATS):
        fold = np.random.default_rng(repeat).permutation(len(examples)) % FOLDS
        for held in range(FOLDS):
            weights = fit(x[fold != held], y[fold != held])
            total[fold == held] += 1 / (1 + np.exp(-x[fold == held] @ weights))
    return total / REPEATS


def auroc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Probability that a positive example scores above a negative one."""
    above = (positive[:, None] > negative[None, :]).mean() + 0.5 * (positive[:, None] == negative[None, :]).mean()
    return float(above)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    given = parser.parse_args()
    settings = load(overrides={"store.folder": given.store})
    questions = [question for path in given.questions for question in read_questions(path)]
    with open_store(settings) as store:
        assistant = build_assistant(settings, store)
        examples = [e for question in questions if (e := example(assistant, question)) is not None]
    groups = [[e for e in examples if e.reranked is reranked] for reranked in (True, False)]
    scores = np.concatenate([unseen(group) for group in groups if group])
    ordered = [e for group in groups for e in group]
    answerable = np.array([e.question.answerable for e in ordered])
    sufficient = np.array([e.sufficient for e in ordered])
    out = sys.stdout
    out.write(f"{len(ordered)} questions, {int((~answerable).sum())} unanswerable\n")
    out.write(f"AUROC, answerable against not: {auroc(scores[answerable], scores[~answerable]):.3f}\n")
    out.write(f"AUROC, evidence found against not answerable: {auroc(scores[sufficient], scores[~answerable]):.3f}\n\n")
    out.write("| threshold | refused of unanswerable | false refusals | of them with the evidence found |\n")
    out.write("| --- | --- | --- | --- |\n")
    for threshold in np.arange(0.1, 0.95, 0.05):
        below = scores < threshold
        out.write(
            f"| {threshold:.2f} | {below[~answerable].mean():.2f} | {below[answerable].mean():.2f} "
            f"| {(below & sufficient).sum() / max(sufficient.sum(), 1):.2f} |\n"
        )
    for name, group in zip(("reranked", "not reranked"), groups, strict=True):
        if group:
            x, y = np.array([e.features for e in group]), np.array([e.sufficient for e in group], float)
            weights = dict(zip(NAMES, np.round(fit(x, y), 2).tolist(), strict=True))
            out.write(f"\n{name}, {len(group)} questions: {weights}\n")


if __name__ == "__main__":
    main()
