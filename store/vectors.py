"""The vector index: chunk ids and vectors in Chroma. The only importer of chromadb."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.config import Settings
from numpy.typing import NDArray

from store.types import Vectors

NAME = "chunks"
HNSW = CreateHNSWConfiguration(space="cosine", ef_construction=200, max_neighbors=32, ef_search=400)
"""ef_search must be set when the collection is made: a later change works only after reopening."""


HEADER_SHARE = 0.8
"""How much a chunk's vector leans to its document's header (measured: docs/quality.md)."""


def combine(texts: Vectors, headers: Vectors) -> Vectors:
    """What is searched: text and header directions summed, of unit length. Both have one row a chunk."""
    summed = texts + HEADER_SHARE * headers
    lengths = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.asarray(summed / np.maximum(lengths, 1e-12), np.float32)


class VectorIndex:
    """Nearest chunks by cosine. Filters are not its business: Chroma is 20 to 400 times slower with `where`."""

    def __init__(self, folder: Path) -> None:
        settings = Settings(
            anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder), allow_reset=False
        )
        self._client = cast("Client", chromadb.PersistentClient(str(folder), settings))
        self._batch = self._client.get_max_batch_size()
        self._open()

    def _open(self) -> None:
        self._collection = self._client.get_or_create_collection(
            NAME,
            configuration={"hnsw": HNSW},
            embedding_function=None,
        )

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        for start in range(0, len(ids), self._batch):
            part = slice(start, start + self._batch)
            self._collection.upsert([str(i) for i in ids[part]], embeddings=vectors[part].astype(np.float32))

    def delete(self, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), self._batch):
            self._collection.delete([str(i) for i in ids[start : start + self._batch]])

    def nearest(self, vector: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Chunk ids and cosines, best first; at most k of them."""
        size = min(k, self.count())
        if size < 1:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        found = self._collection.query(query_embeddings=vector[None, :], n_results=size, include=["distances"])
        ids = np.array([int(i) for i in found["ids"][0]], np.int64)
        distances = found["distances"]
        return ids, 1 - np.array(distances[0] if distances else [], np.float32)

    def count(self) -> int:
        return self._collection.count()

    def clear(self) -> None:
        self._client.delete_collection(NAME)
        self._open()

    def close(self) -> None:
        self._client.close()
