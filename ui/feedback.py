"""What readers said of answers, as questions that `statements eval` reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from assistant.answer import Turn
    from ui.conversations import Conversations, KeptTurn

app = typer.Typer()


@app.command()
def feedback(
    context: typer.Context,
    vote: Annotated[str | None, typer.Option(help="Only answers judged so: good or bad.", metavar="VOTE")] = None,
) -> None:
    """Print the judged answers, one JSON object a line; also while a server runs.

    A good answer's citations become its gold evidence, a good refusal an unanswerable question. What is right instead
    of a bad answer nobody has said: its line has the wrong quotes, and its gold is to be filled in.
    """
    from ui.conversations import kept_in

    if vote not in (None, "good", "bad"):
        raise typer.BadParameter(f"{vote!r} is neither good nor bad")
    for line in lines(kept_in(context.obj.settings())):
        if vote in (None, line["vote"]):
            typer.echo(json.dumps(line, ensure_ascii=False))


def lines(kept: Conversations) -> Iterator[dict[str, Any]]:
    """A question for each judged answer, in the order in which they were asked."""
    for name, turn, before in kept.judged():
        yield question(name, turn, before)


def question(name: str, turn: KeptTurn, before: tuple[Turn, ...]) -> dict[str, Any]:
    """A line of a question file (`assistant/evaluation.py`), with `vote` and `reason` beside its keys."""
    answer, vote = turn.answer, turn.vote
    quotes = [{"file": one["file"], "quote": one["quote"]} for one in answer["citations"]]
    refused = answer["status"] == "not_found"
    return {
        "id": f"feedback-{name}",
        "type": "unanswerable" if refused and vote == "good" else "feedback",
        "language": answer["language"],
        "question": turn.question,
        "answers": [],
        "gold": quotes if vote == "good" else [],
        "wrong": quotes if vote == "bad" else [],
        "history": [list(one) for one in before],
        "vote": vote,
        "reason": turn.reason,
    }
