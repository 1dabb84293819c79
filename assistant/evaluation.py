"""Questions with gold evidence become figures: are the paragraphs found, the answers right, the refusals right?

Figures come with 95 % intervals (percentile bootstrap over questions, Efron 1979); two runs over the same questions are
compared question by question, so that what both find hard does not count as a difference.

A line of a question file is an object with `id`, `type`, `language`, `question`, `answers` (short right answers, one
of which should stand in the text), `gold` and `alternatives` (verbatim quotes with their file) and `history`. A
question of type "unanswerable" has no gold: refusing it is right.
"""

from __future__ import annotations

import json
import re
import statistics
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.answer import Answer, Turn
from assistant.assistant import Assistant
from store.errors import InputError
from store.types import Passage

UNANSWERABLE = "unanswerable"
RECALL_AT = (1, 5, 10, 20, 50)
DEPTH = max(RECALL_AT)
FIGURES = (
    *(f"R@{k}" for k in RECALL_AT),
    "MRR",
    "answered",
    "cited",
    "cite-prec",
    "string",
    "right",
    "refused",
    "verbatim",
)


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a question file."""

    id: str
    type: str
    language: str
    question: str
    answers: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    history: tuple[Turn, ...] = ()

    @property
    def answerable(self) -> bool:
        return self.type != UNANSWERABLE


@dataclass(frozen=True, slots=True)
class Judgement:
    """How one question was answered. Figures that do not apply to it are None."""

    question: Question
    answered: bool
    rank: int | None = None
    """Rank of the first passage that holds gold evidence, from 1."""
    cited: float | None = None
    """Share of the gold quotes that stand in a cited paragraph."""
    precision: float | None = None
    """Share of the cited paragraphs that hold gold evidence."""
    string: bool | None = None
    """One of the short right answers stands in the text."""
    right: bool | None = None
    verbatim: float | None = None
    """Share of the quotes that equal their place in the paragraph as the store has it."""
    text: str = ""
    ms: float = 0.0
    """Milliseconds of `Assistant.ask`."""

    def figures(self) -> dict[str, float]:
        """By name, only those that apply."""
        checked = {} if self.verbatim is None else {"verbatim": self.verbatim}
        if not self.question.answerable:
            return {"refused": float(not self.answered)} | checked
        found: dict[str, float | None] = {f"R@{k}": float(bool(self.rank and self.rank <= k)) for k in RECALL_AT}
        found |= {"MRR": 1 / self.rank if self.rank else 0.0, "answered": float(self.answered)}
        found |= {"cited": self.cited, "cite-prec": self.precision, "string": self.string, "right": self.right}
        return {name: float(value) for name, value in found.items() if value is not None} | checked


def read_questions(path: Path) -> list[Question]:
    """Raises InputError naming the line that can't be read."""
    questions = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            questions.append(
                Question(
                    id=data["id"],
                    type=data["type"],
                    language=data["language"],
                    question=data["question"],
                    answers=tuple(data.get("answers", ())),
                    gold=tuple(item["quote"] for item in data.get("gold", ())),
                    alternatives=tuple(item["quote"] for item in data.get("alternatives", ())),
                    history=tuple((role, text) for role, text in data.get("history", ())),
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}, line {number}: not a question ({error!r})") from error
    return questions


def loose(text: str) -> str:
    """Letters and digits alone: quotation marks, hyphens and white space do not count."""
    return re.sub(r"\W+", "", unicodedata.normalize("NFKC", text).lower())


def holds(passage: Passage, quotes: Iterable[str]) -> bool:
    text = loose(passage.paragraph.printed)
    return any(loose(quote) in text for quote in quotes)


def judge(question: Question, passages: Sequence[Passage], answer: Answer, verbatim: float | None = None) -> Judgement:
    """Compare what was found and answered with the gold evidence."""
    answered = answer.status == "answered"
    said = Judgement(question, answered, verbatim=verbatim, text=answer.text, ms=answer.timings_ms.get("total", 0.0))
    if not question.answerable:
        return said
    quotes = (*question.gold, *question.alternatives)
    rank = next((n for n, passage in enumerate(passages, 1) if holds(passage, quotes)), None)
    if not answered:
        return replace(said, rank=rank, cited=0.0, string=False if question.answers else None, right=False)
    string = _has_short_answer(question, answer) if question.answers else None
    cited_passages = [citation.passage for citation in answer.citations]
    cited = _cited_share(question, cited_passages)
    precision = statistics.mean(float(holds(passage, quotes)) for passage in cited_passages)
    right = cited == 1.0 and string is not False
    return replace(said, rank=rank, cited=cited, precision=precision, string=string, right=right)


def _has_short_answer(question: Question, answer: Answer) -> bool:
    text = " ".join(answer.text.lower().split())
    return any(
        re.search(rf"(?<!\w){re.escape(short.lower())}" + (r"(?!\w)" if len(short) < 4 else ""), text)
        for short in question.answers
    )


def _cited_share(question: Question, cited: Sequence[Passage]) -> float:
    """One alternative may stand in for one gold quote."""
    found = sum(any(holds(passage, [quote]) for passage in cited) for quote in question.gold)
    spare = any(holds(passage, question.alternatives) for passage in cited)
    return min(1.0, (found + (spare and found < len(question.gold))) / len(question.gold))


def evaluate(
    assistant: Assistant, questions: Sequence[Question], progress: Callable[[int, int], None] | None = None
) -> list[Judgement]:
    """Ask each question once, by `search` and by `ask`."""
    judged = []
    for done, question in enumerate(questions, 1):
        found = assistant.search(question.question, history=question.history, limit=DEPTH)
        answer = assistant.ask(question.question, history=question.history)
        judged.append(judge(question, found.passages, answer, _verbatim(assistant, answer)))
        if progress:
            progress(done, len(questions))
    return judged


def _verbatim(assistant: Assistant, answer: Answer) -> float | None:
    """Looked up again in the store: an answer's own copy of a paragraph proves nothing."""
    if not answer.citations:
        return None
    kept = [assistant.paragraph(citation.passage.key) for citation in answer.citations]
    pairs = zip(answer.citations, kept, strict=True)
    return statistics.mean(float(bool(text and text[c.start : c.end] == c.quote)) for c, text in pairs)


Figures = Mapping[str, float]
"""Of one question, by name: those that apply."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over questions with its 95 % interval; of a difference likewise."""

    mean: float
    low: float
    high: float
    n: int


def groups(judged: Sequence[Judgement]) -> dict[str, list[Judgement]]:
    """Questions by type, and all answerable ones under "all"."""
    found: dict[str, list[Judgement]] = {}
    for item in judged:
        found.setdefault(item.question.type, []).append(item)
    return found | {"all": [item for item in judged if item.question.answerable]}


def summary(judged: Sequence[Judgement]) -> dict[str, dict[str, Figure]]:
    """Each figure for each group of questions."""
    return {group: _means([item.figures() for item in items]) for group, items in groups(judged).items() if items}


def _means(rows: Sequence[Figures]) -> dict[str, Figure]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: bootstrap([row[name] for row in rows if name in row]) for name in names}


def bootstrap(values: Sequence[float], resamples: int = 2000) -> Figure:
    """The mean with its percentile interval; the same values give the same interval."""
    kept = np.asarray(values, np.float64)
    drawn = np.random.default_rng(0).integers(0, len(kept), (resamples, len(kept)))
    low, high = np.percentile(kept[drawn].mean(axis=1), (2.5, 97.5))
    return Figure(float(kept.mean()), float(low), float(high), len(kept))


def compare(before: Mapping[str, Figures], after: Mapping[str, Figures]) -> dict[str, Figure]:
    """For each figure the mean difference over the questions (by id) that both runs have it for."""
    both = [(before[name], after[name]) for name in before if name in after]
    names = dict.fromkeys(name for old, new in both for name in old if name in new)
    return {
        name: bootstrap([new[name] - old[name] for old, new in both if name in old and name in new]) for name in names
    }


def row(item: Judgement) -> dict[str, object]:
    """What is kept of a question, to compare another run with: one line of a details file."""
    question = item.question
    told = {"id": question.id, "type": question.type, "language": question.language, "answered": item.answered}
    return told | item.figures() | {"question": question.question, "text": item.text, "ms": item.ms}


def read_rows(path: Path) -> dict[str, Figures]:
    """The figures of a details file by the question's id. Raises InputError for a file that is none."""
    found: dict[str, Figures] = {}
    try:
        for line in path.read_text("utf-8").splitlines():
            if line.strip():
                data = json.loads(line)
                given = {name: value for name, value in data.items() if name in FIGURES and value is not None}
                found[data["id"]] = {name: float(value) for name, value in given.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} holds no details of an evaluation ({error})") from error
    return found
