"""Text to vector: the prepared model, or an endpoint. One and the same for ingest and search.

Both are LlamaIndex embeddings, so that they can be used in any of its programs.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import Field, PrivateAttr

from store.errors import InputError, RemoteError
from store.inference import MAX_CHARACTERS, MAX_TOKENS, open_session, open_tokenizer, padded, run_batches
from store.models import E5_SMALL, require

if TYPE_CHECKING:
    import httpx
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from store.inference import Session
    from store.types import Vectors

_PADDING = 1
_TRIES = 2
_PAUSE_SECONDS = 0.5
_RETRIED = {408, 429, 500, 502, 503, 504}


class _StatementsEmbedding(BaseEmbedding):
    """What LlamaIndex asks of an embedding, said in terms of ours."""

    embed_batch_size: int = Field(default=256, gt=0, le=2048)

    @abstractmethod
    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts to be found, shape (len(texts), dimension)."""

    @abstractmethod
    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Unit vector of a question, shape (dimension,)."""

    def _get_query_embedding(self, query: str) -> list[float]:
        return _floats(self.embed_query(query))

    def _get_text_embedding(self, text: str) -> list[float]:
        return _floats(self.embed_passages([text])[0])

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [_floats(vector) for vector in self.embed_passages(texts)]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)


class E5Embedding(_StatementsEmbedding):
    """multilingual-e5-small on this machine's processor. Made with `load`; safe to use from many threads.

    Activations are quantised by batch, so a text's vector depends a little on its neighbours (cosine above 0.99).
    """

    model_name: str = E5_SMALL.name
    _session: Session = PrivateAttr()
    _tokenizer: Tokenizer = PrivateAttr()
    _threads: int | None = PrivateAttr(default=None)

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> Self:
        """From the cache of prepared models, for `threads` cores. Raises ModelError where the model is not in it."""
        files = require(E5_SMALL, folder)
        made = cls()
        made._session = open_session(files / "model.onnx")
        made._threads = threads
        made._tokenizer = open_tokenizer(files / "tokenizer.json")
        made._tokenizer.enable_truncation(MAX_TOKENS)
        return made

    @property
    def fingerprint(self) -> str:
        return E5_SMALL.fingerprint

    @property
    def dimension(self) -> int:
        return 384

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed([f"passage: {text}" for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._embed([f"query: {text}"])[0]
        return vector

    def _embed(self, texts: Sequence[str]) -> Vectors:
        encodings = self._tokenizer.encode_batch_fast([text[:MAX_CHARACTERS] for text in texts])
        tokens = [encoding.ids for encoding in encodings]
        vectors = np.empty((len(tokens), self.dimension), np.float32)

        def run(positions: list[int]) -> Vectors:
            ids = padded([tokens[position] for position in positions], _PADDING)
            return self._session.run(["embedding"], {"input_ids": ids})[0]

        for positions, found in run_batches(run, [len(ids) for ids in tokens], self._threads):
            vectors[positions] = found
        return vectors


class RemoteEmbedding(_StatementsEmbedding):
    """A model behind an OpenAI-compatible `/v1/embeddings` endpoint. Safe to use from many threads."""

    url: str
    query_prefix: str = ""
    passage_prefix: str = ""
    embed_batch_size: int = Field(default=64, gt=0, le=2048)
    _client: httpx.Client = PrivateAttr()
    _dimension: int | None = PrivateAttr(default=None)
    _asking: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def __init__(
        self,
        url: str,
        model: str,
        *,
        api_key: str | None = None,
        query_prefix: str = "",
        passage_prefix: str = "",
        timeout: float = 60.0,
    ) -> None:
        """`url` ends in `/v1`; `timeout` is in seconds. Sends nothing yet. Raises InputError for a bad url or key."""
        import httpx

        _check_address(url)
        if api_key and not (api_key.isascii() and api_key.isprintable()):
            raise InputError("embedder.api_key holds characters that a key can't have; is it the right file?")
        address = url.rstrip("/").removesuffix("/embeddings")
        prefixes = {"query_prefix": query_prefix, "passage_prefix": passage_prefix}
        fields: dict[str, Any] = {"url": address, "model_name": model, **prefixes}
        super().__init__(**fields)
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout)

    @property
    def fingerprint(self) -> str:
        """Of what the vectors depend on; the address is not part of it."""
        return f"{self.model_name}:{self.dimension}:{self.query_prefix!r}:{self.passage_prefix!r}"

    @property
    def dimension(self) -> int:
        """Asked of the endpoint once. Raises RemoteError where it does not say."""
        with self._asking:
            if self._dimension is None:
                self._dimension = len(self._request(["dimension"])[0])
            return self._dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self.passage_prefix + text for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._embed([self.query_prefix + text])[0]
        return vector

    def _embed(self, texts: Sequence[str]) -> Vectors:
        dimension = self.dimension
        vectors = np.empty((len(texts), dimension), np.float32)
        for start in range(0, len(texts), self.embed_batch_size):
            rows = self._request(texts[start : start + self.embed_batch_size])
            if rows.shape[1] != dimension:
                raise RemoteError(
                    f"{self.url} gave vectors of {rows.shape[1]} numbers, {dimension} before; ask its operator"
                )
            vectors[start : start + len(rows)] = rows
        return vectors

    def _request(self, texts: Sequence[str]) -> Vectors:
        """One request, repeated once where that may help."""
        import httpx

        payload = {"model": self.model_name, "input": list(texts), "encoding_format": "float"}
        fault = ""
        for attempt in range(_TRIES):
            time.sleep(attempt * _PAUSE_SECONDS)
            try:
                response = self._client.post(f"{self.url}/embeddings", json=payload)
            except httpx.TransportError as error:
                fault = str(error) or type(error).__name__
                continue
            if response.is_success:
                return self._vectors(response, len(texts))
            fault = f"HTTP {response.status_code} {_message(response)}".rstrip()
            if response.status_code not in _RETRIED:
                break
        raise RemoteError(
            f"embedder endpoint {self.url} failed: {fault}; check the address, the model's name and the key"
        )

    def _vectors(self, response: httpx.Response, count: int) -> Vectors:
        """Unit vectors in the order of the request. Raises RemoteError for an answer that is not of the protocol."""
        try:
            data = sorted(response.json()["data"], key=lambda item: item["index"])
            rows = np.array([item["embedding"] for item in data], np.float32)
        except (ValueError, KeyError, TypeError) as error:
            raise RemoteError(
                f"{self.url} does not answer as an /v1/embeddings endpoint does; check the address"
            ) from error
        if rows.ndim != 2 or len(rows) != count:
            raise RemoteError(f"{self.url} gave {len(rows)} vectors for {count} texts; ask its operator")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise RemoteError(
                f"{self.url} gave a vector without a direction for model {self.model_name}; ask its operator"
            )
        unit: Vectors = rows / lengths
        return unit


def _check_address(url: str) -> None:
    import httpx

    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InputError(f"embedder.url {url!r} is not an address: {error}") from error
    if parts.userinfo:
        raise InputError("embedder.url holds a name or password; put the key into embedder.api_key instead")
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise InputError(f"embedder.url {url!r} is not an address such as http://host:11434/v1")


def _floats(vector: NDArray[np.float32]) -> list[float]:
    return [float(value) for value in vector]


def _message(response: httpx.Response) -> str:
    """What the endpoint says about its refusal, in one short line."""
    try:
        body: Any = response.json()
    except ValueError:
        return ""
    error = body.get("error") if isinstance(body, dict) else None
    said = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(said).split())[:200] if said else ""
