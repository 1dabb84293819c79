"""Fit the refusal decision and show what each threshold would cost.

    python bench/calibrate.py --store DIR --questions FILE.jsonl [FILE.jsonl …]

A logistic regression on the features of `assistant.sufficiency` learns which questions the statements answer. Beside
the unanswerable questions given it learns from near misses made of the answerable ones (their paragraph or their whole
statement taken away, another year, speaker or delegation put in) and from questions on other subjects. Reported are
only the questions given, each by fits that have not seen it nor a near miss made of it (five folds, repeated); the
weights printed last are fitted on all, to be put into `assistant/sufficiency.py`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.assistant import Assistant, evidence
from assistant.evaluation import Question, holds, read_questions
from assistant.question import Query
from assistant.sufficiency import WEIGHTS, features
from store.types import Passage
from ui.settings import load
from ui.wiring import build_assistant, open_store

PENALTY = 1.0
FOLDS, REPEATS, RESAMPLED = 5, 20, 2000
MADE_WEIGHT = 0.3
"""Of a near miss that was made, beside a question that a person wrote."""
NAMES = tuple(WEIGHTS)
SWAPPED = ("period", "speaker", "delegation")
YEARS_AWAY = (-3, -2, -1, 1, 2, 3)
ELSEWHERE = (
    "How do I bake an apple pie with cinnamon?",
    "Which team won the football match last night?",
    "What is the best pasta recipe with tomatoes?",
    "Comment faire une tarte aux pommes ?",
    "Quel temps fera-t-il demain à la plage ?",
    "Comment réparer un pneu de vélo crevé ?",
    "Wer hat gestern das Fußballspiel gewonnen?",
    "Wie entferne ich Rotwein aus einem Teppich?",
    "Come si prepara una torta di mele?",
    "Qual è la migliore chitarra per un principiante?",
    "¿Cómo se hace una tortilla de patatas?",
    "¿Qué película puedo ver esta noche?",
    "Как научить собаку давать лапу?",
    "Кто выиграл вчерашний хоккейный матч?",
    "Як спекти яблучний пиріг із корицею?",
    "Яку гітару купити початківцю?",
)
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One question's features. `family` is the question that it is or was made of."""

    family: str
    kind: str
    """`given`, or how it was made."""
    features: Numbers
    answerable: bool
    sufficient: bool = False
    """Whether the evidence holds the gold paragraph."""

    @property
    def group(self) -> str:
        return "not reranked" if self.features[NAMES.index("unread")] else "reranked"


def described(query: Query, passages: Sequence[Passage], read: Callable[[int], str]) -> Numbers:
    found = features(query, passages, evidence(passages), read)
    return np.array([found[name] for name in NAMES])


def examples(assistant: Assistant, questions: Sequence[Question]) -> Iterator[Example]:
    asked = [(q, *assistant.retrieve(q.question, history=q.history)[:2]) for q in questions]
    for place, (question, query, passages) in enumerate(asked):
        if not passages:
            continue
        gold = (*question.gold, *question.alternatives)
        sufficient = any(holds(passage, gold) for passage in evidence(passages))
        yield Example(question.id, "given", described(query, passages, assistant.text), question.answerable, sufficient)
        if question.answerable:
            yield from _without_gold(assistant, question, query, passages, whole=bool(place % 2))
            others = [other for _, other, _ in (*asked[place + 1 :], *asked[:place])]
            yield from _swapped(assistant, question, query, others, place)
    for text in ELSEWHERE:
        query, passages, _ = assistant.retrieve(text)
        if passages:
            yield Example(text, "elsewhere", described(query, passages, assistant.text), answerable=False)


def _without_gold(
    assistant: Assistant, question: Question, query: Query, passages: Sequence[Passage], *, whole: bool
) -> Iterator[Example]:
    """As if the paragraphs that answer were not in the record, or their statements: the next best are found."""
    gold = [p for p in passages if holds(p, (*question.gold, *question.alternatives))]
    statements = {p.statement.id for p in gold} if whole else set()
    short = [answer.lower() for answer in question.answers if len(answer) > 3]
    taken = {p.key for p in gold}
    left = [
        p
        for p in passages
        if p.key not in taken
        and p.statement.id not in statements
        and not any(answer in p.paragraph.text.lower() for answer in short)
    ]

    def read(statement_id: int) -> str:
        text = assistant.text(statement_id)
        for passage in gold:
            text = text.replace(passage.paragraph.text, "")
        return text

    if gold and left:
        kind = "statement taken away" if whole else "paragraph taken away"
        yield Example(question.id, kind, described(query, left, read), answerable=False)


def _swapped(
    assistant: Assistant, question: Question, query: Query, others: Sequence[Query], place: int
) -> Iterator[Example]:
    """Another year, speaker or delegation in the place of the one that the question names; one a question."""
    made = [
        (one.kind, query.own[: one.start] + other + query.own[one.end :])
        for one in query.spoken.found
        if one.kind in SWAPPED
        for other in _instead(query, one.kind, query.own[one.start : one.end], one.statement_ids, others, place)
    ]
    if made and not question.history:
        kind, text = made[place % len(made)]
        asked, passages, _ = assistant.retrieve(text)
        if passages:
            yield Example(question.id, f"other {kind}", described(asked, passages, assistant.text), answerable=False)


def _instead(
    query: Query, kind: str, text: str, ids: frozenset[int], others: Sequence[Query], place: int
) -> Iterator[str]:
    if kind == "period":
        if year := re.search(r"(?:19|20)\d\d", text):
            yield text.replace(year[0], str(int(year[0]) + YEARS_AWAY[place % len(YEARS_AWAY)]))
        return
    for other in others:
        for one in other.spoken.found:
            if one.kind == kind and other.language == query.language and ids.isdisjoint(one.statement_ids):
                yield other.own[one.start : one.end]
                return


def fit(x: Numbers, y: Numbers, importance: Numbers) -> Numbers:
    """Weights of a ridge-penalised logistic regression, by Newton's method; the constant is not penalised."""
    weights = np.zeros(x.shape[1])
    penalty = PENALTY * np.eye(x.shape[1])
    penalty[0, 0] = 1e-6
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (importance * (y - p)) - penalty @ weights
        step = np.linalg.solve((x * (importance * p * (1 - p))[:, None]).T @ x + penalty, slope)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def fitted(items: Sequence[Example]) -> Numbers:
    importance = np.array([1.0 if item.kind in ("given", "elsewhere") else MADE_WEIGHT for item in items])
    return fit(np.array([i.features for i in items]), np.array([i.answerable for i in items], float), importance)


def scores(items: Sequence[Example], weights: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-np.array([item.features for item in items]) @ weights))
    return found


def unseen(items: Sequence[Example]) -> Numbers:
    """Each example's probability by fits that have not seen its family, averaged over the repeats."""
    families = {family: number for number, family in enumerate(sorted({item.family for item in items}))}
    family = np.array([families[item.family] for item in items])
    total = np.zeros(len(items))
    for repeat in range(REPEATS):
        fold = (np.random.default_rng(repeat).permutation(len(families)) % FOLDS)[family]
        for held in range(FOLDS):
            weights = fitted([item for item, f in zip(items, fold, strict=True) if f != held])
            total[fold == held] += scores([item for item, f in zip(items, fold, strict=True) if f == held], weights)
    return total / REPEATS


def auroc(positive: Numbers, negative: Numbers) -> float:
    """Probability that a positive example scores above a negative one."""
    above = (positive[:, None] > negative[None, :]).mean() + 0.5 * (positive[:, None] == negative[None, :]).mean()
    return float(above)


def refused_at(positive: Numbers, negative: Numbers, false_refusals: float) -> float:
    """Share of the unanswerable refused where so many of the answerable are."""
    return float((negative < np.quantile(positive, false_refusals)).mean())


def with_interval(figure: Callable[[Numbers, Numbers], float], positive: Numbers, negative: Numbers) -> str:
    """A figure and its 95 % interval, by drawing the questions again."""
    random = np.random.default_rng(0)
    drawn = [
        figure(random.choice(positive, len(positive)), random.choice(negative, len(negative))) for _ in range(RESAMPLED)
    ]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return f"{figure(positive, negative):.3f} ({low:.2f} to {high:.2f})"


def report(items: Sequence[Example]) -> Iterator[str]:
    found = unseen(items)
    kind, group = np.array([item.kind for item in items]), np.array([item.group for item in items])
    answerable = np.array([item.answerable for item in items])
    yes, no = found[answerable], found[(kind == "given") & ~answerable]
    held = found[[item.sufficient for item in items]]
    yield f"{len(yes)} answerable, {len(no)} unanswerable; {len(items) - len(yes) - len(no)} made"
    yield f"AUROC: {with_interval(auroc, yes, no)}; where the evidence was found: {auroc(held, no):.3f}"
    for allowed in (0.05, 0.1):
        share = with_interval(partial(refused_at, false_refusals=allowed), yes, no)
        yield f"refused at {allowed:.2f} false refusals: {share}"
    for name in np.unique(group):
        own = found[answerable & (group == name)], found[(kind == "given") & ~answerable & (group == name)]
        if all(map(len, own)):
            yield f"{name}, {len(own[0])} answerable and {len(own[1])} not: AUROC {auroc(*own):.3f}"
    for name in np.unique(kind[kind != "given"]):
        yield f"{name}, {(kind == name).sum()}: AUROC {auroc(yes, found[kind == name]):.3f}"
    yield apart(items)
    yield "\n| threshold | refused of unanswerable | false refusals | of them with the evidence found |"
    yield "| --- | --- | --- | --- |"
    for threshold in np.arange(0.1, 0.95, 0.05):
        shares = " | ".join(f"{(part < threshold).mean():.2f}" for part in (no, yes, held))
        yield f"| {threshold:.2f} | {shares} |"
    yield f"\n{dict(zip(NAMES, np.round(fitted(items), 2).tolist(), strict=True))}"


def apart(items: Sequence[Example]) -> str:
    """Figures of fits that know the answerable questions and the near misses made of them alone."""
    learnt = [item for item in items if item.answerable or item.kind != "given"]
    yes = unseen(learnt)[[item.answerable for item in learnt]]
    no = scores([item for item in items if item.kind == "given" and not item.answerable], fitted(learnt))
    return f"fitted on none of the unanswerable: AUROC {auroc(yes, no):.3f}, {refused_at(yes, no, 0.1):.2f} at 0.10"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    given = parser.parse_args()
    settings = load(overrides={"store.folder": given.store})
    questions = [question for path in given.questions for question in read_questions(path)]
    with open_store(settings) as store:
        items = list(examples(build_assistant(settings, store), questions))
    for line in report(items):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
