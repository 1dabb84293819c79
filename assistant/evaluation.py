"""Questions with gold evidence become figures: are the paragraphs found, the answers right, the refusals right?

A line of a question file is an object with `id`, `type`, `language`, `question`, `answers` (short right answers, one
of which should stand in the text), `gold` and `alternatives` (verbatim quotes with their file) and `history`. A
question of type "unanswerable" has no gold: refusing it is right.
"""

from __future__ import annotations

import json
import re
import statistics
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.answer import Answer, Turn
from assistant.assistant import Assistant
from store.errors import InputError
from store.types import Passage

UNANSWERABLE = "unanswerable"
RECALL_AT = (1, 5, 10, 20, 50)
DEPTH = max(RECALL_AT)


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

    def figures(self) -> dict[str, float]:
        """By name, only those that apply."""
        if not self.question.answerable:
            return {"refused": float(not self.answered)}
        found: dict[str, float | None] = {f"R@{k}": float(bool(self.rank and self.rank <= k)) for k in RECALL_AT}
        found |= {"MRR": 1 / self.rank if self.rank else 0.0, "answered": float(self.answered)}
        found |= {"cited": self.cited, "cite-prec": self.precision, "string": self.string, "right": self.right}
        return {name: float(value) for name, value in found.items() if value is not None}


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
    text = loose(passage.paragraph.text)
    return any(loose(quote) in text for quote in quotes)


def judge(question: Question, passages: Sequence[Passage], answer: Answer) -> Judgement:
    """Compare what was found and answered with the gold evidence."""
    answered = answer.status == "answered"
    if not question.answerable:
        return Judgement(question, answered)
    quotes = (*question.gold, *question.alternatives)
    rank = next((n for n, passage in enumerate(passages, 1) if holds(passage, quotes)), None)
    string = _has_short_answer(question, answer) if question.answers else None
    if not answered:
        return Judgement(question, answered, rank, cited=0.0, string=False if question.answers else None, right=False)
    cited_passages = [citation.passage for citation in answer.citations]
    cited = _cited_share(question, cited_passages)
    precision = statistics.mean(float(holds(passage, quotes)) for passage in cited_passages)
    return Judgement(question, answered, rank, cited, precision, string, cited == 1.0 and string is not False)


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


def evaluate(assistant: Assistant, questions: Iterable[Question]) -> list[Judgement]:
    """Ask each question once, by `search` and by `ask`."""
    judged = []
    for question in questions:
        found = assistant.search(question.question, history=question.history, limit=DEPTH)
        answer = assistant.ask(question.question, history=question.history)
        judged.append(judge(question, found.passages, answer))
    return judged


def summary(judged: Sequence[Judgement]) -> Mapping[str, Mapping[str, float]]:
    """Mean of each figure for each type of question, and for all answerable ones under "all"."""
    groups: dict[str, list[dict[str, float]]] = {}
    for item in judged:
        groups.setdefault(item.question.type, []).append(item.figures())
        if item.question.answerable:
            groups.setdefault("all", []).append(item.figures())
    return {
        group: {"n": len(rows)}
        | {
            name: statistics.mean(row[name] for row in rows if name in row)
            for name in dict.fromkeys(n for r in rows for n in r)
        }
        for group, rows in groups.items()
    }
