"""Statements without a parser and vectors without a model, for tests of the store and the pipeline."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from store.types import Chunk, Header, Paragraph, Statement, Vectors

ROOT = "/docs"


@cache
def _direction(word: str, dimension: int) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
    return np.random.default_rng(seed).normal(size=dimension)


class WordEmbedder:
    """Each word has a random direction; a text is their sum. Enough to test storing; it knows no meaning."""

    dimension = 64

    def __init__(self, fingerprint: str = "words") -> None:
        self.fingerprint = fingerprint
        self.embedded = 0

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return np.array([self.embed_query(text) for text in texts], np.float32).reshape(-1, self.dimension)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        words = re.findall(r"\w+", text.lower())
        total = sum((_direction(word, self.dimension) for word in words), np.zeros(self.dimension))
        return np.asarray(total / (np.linalg.norm(total) or 1), np.float32)


class HashEmbedder:
    """Vectors without meaning: the pipeline only carries them."""

    fingerprint = "hash"
    dimension = 16

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.texts.extend(texts)
        return np.array([self.embed_query(text) for text in texts], np.float32).reshape(-1, self.dimension)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        numbers = np.frombuffer(hashlib.sha512(text.encode()).digest()[:16], np.uint8).astype(np.float32) + 1
        return np.asarray(numbers / np.linalg.norm(numbers), np.float32)


def document(file: str, *statements: tuple[Header, Sequence[str]]) -> tuple[Statement, ...]:
    """The statements of one source file, each given as its header and the texts of its paragraphs."""
    digest = hashlib.sha256(repr(statements).encode()).hexdigest()
    return tuple(
        Statement(
            header,
            tuple(Paragraph(number, text) for number, text in enumerate(texts, 1)),
            file,
            ROOT,
            ordinal=ordinal if len(statements) > 1 else 0,
            file_sha256=digest,
            digest=f"{digest} read",
        )
        for ordinal, (header, texts) in enumerate(statements, 1)
    )


def whole(statement: Statement) -> tuple[Chunk, ...]:
    """One chunk a paragraph."""
    return tuple(Chunk(p.text, p.number, p.number) for p in statement.paragraphs)


def pairs(statement: Statement) -> tuple[Chunk, ...]:
    """One chunk for two paragraphs."""
    all_of_it = statement.paragraphs
    return tuple(
        Chunk("\n".join(p.text for p in both), both[0].number, both[-1].number)
        for both in (all_of_it[start : start + 2] for start in range(0, len(all_of_it), 2))
    )
