"""Question and passages to relevance scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from store.inference import MAX_CHARACTERS, MAX_TOKENS, open_session, open_tokenizer, padded, run_batches
from store.models import MINILM_RERANKER, require

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from store.inference import Session

QUESTION_TOKENS = 64
"""A longer question is cut, so that the passage keeps most of the model's 512 tokens."""


class Reranker(Protocol):
    """Orders passages by how well they answer a question."""

    @property
    def name(self) -> str: ...

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One number a text, comparable within one reranker; higher is better."""
        ...


class CrossEncoder:
    """ms-marco-MiniLM-L-12-v2, which reads question and passage together. English only. Made with `load`.

    Scores are logits: above 0 the model thinks that the passage answers. Safe to use from many threads.
    """

    name = MINILM_RERANKER.name

    def __init__(self, session: Session, tokenizer: Tokenizer, plain: Tokenizer, threads: int | None = None) -> None:
        """`tokenizer` cuts the second text of a pair; `plain` cuts nothing; `threads` cores at most."""
        self._session = session
        self._tokenizer = tokenizer
        self._plain = plain
        self._threads = threads

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> CrossEncoder:
        """From the cache of prepared models. Raises ModelError where the model is not in it."""
        files = require(MINILM_RERANKER, folder)
        tokenizer = open_tokenizer(files / "tokenizer.json")
        tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
        plain = open_tokenizer(files / "tokenizer.json")
        return cls(open_session(files / "model.onnx"), tokenizer, plain, threads)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        question = self._shortened(question)
        encodings = self._tokenizer.encode_batch([(question, text[:MAX_CHARACTERS]) for text in texts])

        def run(positions: list[int]) -> NDArray[np.float32]:
            group = [encodings[position] for position in positions]
            inputs = {
                "input_ids": padded([encoding.ids for encoding in group], 0),
                "attention_mask": padded([encoding.attention_mask for encoding in group], 0),
                "token_type_ids": padded([encoding.type_ids for encoding in group], 0),
            }
            return self._session.run(["logits"], inputs)[0]

        scores = [0.0] * len(encodings)
        for positions, logits in run_batches(run, [len(encoding.ids) for encoding in encodings], self._threads):
            for position, logit in zip(positions, logits[:, 0], strict=True):
                scores[position] = float(logit)
        return scores

    def _shortened(self, question: str) -> str:
        """The question's first tokens, as text."""
        question = question[:MAX_CHARACTERS]
        offsets = self._plain.encode(question, add_special_tokens=False).offsets
        return question[: offsets[QUESTION_TOKENS - 1][1]] if len(offsets) > QUESTION_TOKENS else question
