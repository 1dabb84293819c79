"""The vector index: chunk ids and vectors in Chroma, in a folder or a server. The only importer of chromadb.

Importing chromadb takes longer than reading a store: it happens when an index is opened.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from store.errors import InputError, RemoteError, StatementsError
from store.types import Vectors

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration

LOG = logging.getLogger(__name__)
NAME = "chunks"
EF_SEARCH = 1600
"""Measured: docs/performance.md. A collection that was made with another number gets it, from its next opening on."""

HEADER_SHARE = 0.8
"""How much a chunk's vector leans to its document's header (measured: docs/quality.md)."""


def combine(texts: Vectors, headers: Vectors) -> Vectors:
    """What is searched: text and header directions summed, of unit length. Both have one row a chunk."""
    summed = texts + HEADER_SHARE * headers
    lengths = np.linalg.norm(summed, axis=1, keepdims=True)
    return np.asarray(summed / np.maximum(lengths, 1e-12), np.float32)


class VectorIndex:
    """Nearest chunks by cosine. Filters are not its business: Chroma is 20 to 400 times slower with `where`."""

    def __init__(self, folder: Path | None = None, *, url: str | None = None, collection: str = NAME) -> None:
        """In `folder`, or in the server at `url`, where each store has a collection of its own.

        Raises InputError for an address that is none, RemoteError where the server can't be used.
        """
        self._url = url
        self._name = collection
        with self._translated():
            self._client = _served(url) if url else _local(folder or Path())
            self._batch = self._client.get_max_batch_size()
            self._open()

    def _open(self) -> None:
        # A graph of another making is no other index. More care or more neighbours are slower to insert, and exact
        # enough it is without (measured: docs/performance.md).
        hnsw: CreateHNSWConfiguration = {
            "space": "cosine",
            "ef_construction": 100,
            "max_neighbors": 16,
            "ef_search": EF_SEARCH,
        }
        self._collection = self._client.get_or_create_collection(
            self._name,
            configuration={"hnsw": hnsw},
            embedding_function=None,
        )
        if (self._collection.configuration_json.get("hnsw") or {}).get("ef_search") != EF_SEARCH:
            with warnings.catch_warnings():  # Chroma warns of its own way to note that it does not embed
                warnings.simplefilter("ignore", DeprecationWarning)
                self._collection.modify(configuration={"hnsw": {"ef_search": EF_SEARCH}})

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        with self._translated():
            for start in range(0, len(ids), self._batch):
                part = slice(start, start + self._batch)
                self._collection.upsert([str(i) for i in ids[part]], embeddings=vectors[part].astype(np.float32))

    def delete(self, ids: Sequence[int]) -> None:
        with self._translated():
            for start in range(0, len(ids), self._batch):
                self._collection.delete([str(i) for i in ids[start : start + self._batch]])

    def nearest(self, vector: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Chunk ids and cosines, best first; at most k of them."""
        with (
            self._translated()
        ):  # not limited by its count: counting takes longer than the question, the more there are
            found = self._collection.query(query_embeddings=vector[None, :], n_results=k, include=["distances"])
        ids = np.array([int(i) for i in found["ids"][0]], np.int64)
        distances = found["distances"]
        return ids, 1 - np.array(distances[0] if distances else [], np.float32)

    def count(self) -> int:
        with self._translated():
            return self._collection.count()

    def ids(self) -> NDArray[np.int64]:
        """Every chunk id that it holds, in no order."""
        with self._translated():
            return np.array(self._collection.get(include=[])["ids"], dtype=np.int64)

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """The ids that it holds of these, and their vectors row by row."""
        with self._translated():
            found = self._collection.get([str(i) for i in ids], include=["embeddings"])
        return [int(i) for i in found["ids"]], np.array(found["embeddings"], np.float32)

    def clear(self) -> None:
        with self._translated():
            self._client.delete_collection(self._name)
            self._open()

    def close(self) -> None:
        with self._translated():
            clients: list[Any] = [self._client, self._client._admin_client] if self._url else []
            self._client.close()
            for client in clients:  # their connections stay open otherwise
                client._server._session.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What a server's client raises comes out as RemoteError: httpx, Chroma and ValueError have no common root."""
        try:
            yield
        except StatementsError:
            raise
        except Exception as error:
            if self._url is None:
                raise
            said = " ".join(str(error).split())
            raise RemoteError(
                f"the Chroma server at {self._url} can't be used ({said}); start it, or correct store.chroma_url"
            ) from error


class Opening:
    """A vector index that is opened when it is needed: to write at once, to search beside the first answers."""

    def __init__(self, opened: Callable[[], VectorIndex]) -> None:
        """`opened` opens it; its errors must be ours."""
        self._opened = opened
        self._opening = threading.Lock()
        self._index: VectorIndex | None = None
        self._thread: threading.Thread | None = None

    def now(self) -> VectorIndex:
        """The index, opened where it is not yet."""
        with self._opening:
            if self._index is None:
                self._index = self._opened()
            return self._index

    def soon(self) -> VectorIndex | None:
        """The index where it is open; else it is being opened from now on. One that can't be is tried once."""
        if self._index is None and self._thread is None:
            self._thread = threading.Thread(target=self._try, name="opening vectors", daemon=True)
            self._thread.start()
        return self._index

    def close(self) -> None:
        if self._thread is not None:
            self._thread.join()
        if self._index is not None:
            self._index.close()

    def _try(self) -> None:
        try:
            self.now()
        except StatementsError as error:
            LOG.warning("the vector index is not open, every chunk is scored instead: %s", error)


def _local(folder: Path) -> Client:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(
        anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder), allow_reset=False
    )
    return cast("Client", chromadb.PersistentClient(str(folder), settings))


def _served(url: str) -> Client:
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname or address.path.strip("/"):
        raise InputError(f"store.chroma_url is {url!r}; write http://HOST:PORT")
    import chromadb
    from chromadb.config import Settings

    secure = address.scheme == "https"
    port = address.port or (443 if secure else 8000)
    settings = Settings(anonymized_telemetry=False)
    return cast("Client", chromadb.HttpClient(address.hostname, port, ssl=secure, settings=settings))
