"""The writer `llm`: a language model proposes claims, the checker decides which of them may be shown.

What the model writes is shown only where the checker verified it. Else the quote that the model chose is shown, as the
extractive writer would; and where nothing is left, or the model fails, the extractive writer's own claims.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from assistant import prompts
from assistant.checker import check
from assistant.citations import Quote, locate
from assistant.endpoint import Completion, DayBudget, LanguageModel
from assistant.question import Query
from assistant.replies import SCHEMA, Proposal, read
from assistant.writer_prompt import messages
from assistant.writers import MOST_SENTENCES, Draft, DraftClaim, Writer, introduced, quoted
from store.errors import RemoteError
from store.sentences import sentences
from store.tokens import count_tokens
from store.types import Passage

LOG = logging.getLogger(__name__)

LEAST_QUOTE_LETTERS = 12
"""A shorter quote stands anywhere and shows nothing."""
_FAILED = {
    "refused": prompts.MODEL_REFUSED,
    "slow": prompts.MODEL_SLOW,
    "unsupported": prompts.MODEL_FAILED,
    "failed": prompts.MODEL_FAILED,
}


@dataclass(frozen=True, slots=True)
class _Written:
    """What the model answered, or why it did not."""

    proposals: tuple[Proposal, ...] = ()
    failed: dict[str, str] | None = None
    """The note for the reader."""
    tokens: int = 0


class LlmWriter:
    """A language model, and the extractive writer for when it fails. Thread-safe."""

    name = "llm"

    def __init__(
        self,
        model: LanguageModel,
        fallback: Writer,
        *,
        prompt_tokens: int = 3000,
        answer_tokens: int = 700,
        budget: DayBudget | None = None,
    ) -> None:
        self._model = model
        self._fallback = fallback
        self._prompt_tokens = prompt_tokens
        self._answer_tokens = answer_tokens
        self._budget = budget or DayBudget(0)
        self._takes_schema = True

    def write(self, query: Query, evidence: Sequence[Passage]) -> Draft:
        if not evidence:
            return self._fallback.write(query, evidence)
        written = self._ask(query, evidence)
        if written.failed is not None:
            return self._instead(query, evidence, prompts.say(written.failed, query.language), written.tokens)
        claims, dropped = _claims(query, evidence, written.proposals)
        if not claims:
            return self._instead(query, evidence, prompts.say(prompts.NOTHING_HELD, query.language), written.tokens)
        notes = (prompts.say(prompts.CLAIMS_DROPPED, query.language, n=str(dropped)),) if dropped else ()
        return Draft(claims, self.name, notes, written.tokens)

    def _instead(self, query: Query, evidence: Sequence[Passage], note: str, tokens: int) -> Draft:
        quoted_instead = self._fallback.write(query, evidence)
        return Draft(quoted_instead.claims, quoted_instead.writer, (*quoted_instead.notes, note), tokens)

    def _ask(self, query: Query, evidence: Sequence[Passage]) -> _Written:
        """At most two calls: the second after a failure that may pass, or in lines where JSON did not work."""
        tokens, fault = 0, prompts.MODEL_FAILED
        as_json = self._takes_schema
        for _ in range(2):
            prompt = messages(query, evidence, self._prompt_tokens, as_json=as_json)
            cost = sum(count_tokens(message.text) for message in prompt) + self._answer_tokens
            if not self._budget.take(cost):
                return _Written(failed=prompts.MODEL_SPENT, tokens=tokens)
            try:
                completion = self._model.complete(prompt, SCHEMA if as_json else None)
            except RemoteError as error:
                LOG.warning("%s", error)
                tokens += self._settle(cost, cost - self._answer_tokens if error.reason != "refused" else 0)
                fault = _FAILED[error.reason]
                if error.reason == "refused":
                    break
                if error.reason == "unsupported":
                    as_json = self._takes_schema = False
                continue
            tokens += self._settle(cost, _spent(completion, cost - self._answer_tokens))
            reply = read(completion.text)
            if reply.understood:
                return _Written(reply.proposals, tokens=tokens)
            as_json, fault = False, prompts.NOTHING_HELD
        return _Written(failed=fault, tokens=tokens)

    def _settle(self, taken: int, spent: int) -> int:
        self._budget.give_back(taken - spent)
        return spent


def _spent(completion: Completion, prompt_tokens: int) -> int:
    """Tokens of a call: the endpoint's count, or ours."""
    return completion.tokens or prompt_tokens + count_tokens(completion.text)


def _claims(query: Query, evidence: Sequence[Passage], proposals: Sequence[Proposal]) -> tuple[list[DraftClaim], int]:
    """The claims that may be shown, and how many proposals left none."""
    shown: dict[tuple[int, int, int, int], DraftClaim] = {}
    apart: list[DraftClaim] = []
    dropped = 0
    for proposal in proposals:
        quote = _found(proposal, evidence)
        if quote is None:
            dropped += 1
            continue
        whole = _whole_sentences(quote)
        checked = check(proposal.sentence, whole, query.language)
        if checked.support == "verified":
            text = proposal.sentence if checked.attributed else introduced(query, checked.quote, proposal.sentence)
            shown.setdefault(_key(checked.quote), DraftClaim(text, (checked.quote,), "verified"))
            continue
        shown.setdefault(_key(whole), quoted(query, whole))
        if checked.support == "unverified":
            apart.append(DraftClaim(introduced(query, whole, proposal.sentence), (whole,), "unverified"))
    return [*shown.values(), *apart], dropped


def _key(quote: Quote) -> tuple[int, int, int, int]:
    return (*quote.passage.key, quote.start, quote.end)


def _found(proposal: Proposal, evidence: Sequence[Passage]) -> Quote | None:
    """Where the quote stands: in the passage that is named, else in the only one that holds it."""
    if sum(letter.isalnum() for letter in proposal.quote) < LEAST_QUOTE_LETTERS:
        return None
    if proposal.evidence is not None and 0 < proposal.evidence <= len(evidence):
        quote = locate(proposal.quote, evidence[proposal.evidence - 1])
        if quote is not None:
            return quote
    everywhere = [quote for passage in evidence if (quote := locate(proposal.quote, passage))]
    return everywhere[0] if len(everywhere) == 1 else None


def _whole_sentences(quote: Quote) -> Quote:
    """The sentences that a quote touches, a few at most: a piece of one may say the opposite of the whole."""
    passage = quote.passage
    spans = sentences(passage.paragraph.text, passage.statement.header.language)
    touched = [(start, end) for start, end in spans if start < quote.end and end > quote.start][:MOST_SENTENCES]
    return Quote(passage, touched[0][0], touched[-1][1]) if touched else quote
