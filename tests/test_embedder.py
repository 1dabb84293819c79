"""Vectors mean what their texts mean, in every language, whoever computes them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core.schema import TextNode

from store.embedder import E5Embedding, RemoteEmbedding
from store.errors import InputError, ModelError, RemoteError
from store.models import E5_SMALL
from store.types import Embedder

SAME = {
    "en": "The ceasefire must be respected by both sides.",
    "fr": "Le cessez-le-feu doit être respecté par les deux parties.",
    "de": "Die Waffenruhe muss von beiden Seiten eingehalten werden.",
    "it": "Il cessate il fuoco deve essere rispettato da entrambe le parti.",
    "ru": "Обе стороны должны соблюдать прекращение огня.",
    "es": "El alto el fuego debe ser respetado por ambas partes.",
}
OTHER = {
    "en": "The library has bought new shelves for its music collection.",
    "fr": "La bibliothèque a acheté de nouvelles étagères pour la musique.",
    "de": "Die Bücherei hat neue Regale für ihre Musiksammlung gekauft.",
    "it": "La biblioteca ha comprato nuovi scaffali per la musica.",
    "ru": "Библиотека купила новые полки для музыкального собрания.",
    "es": "La biblioteca ha comprado estantes nuevos para la música.",
}


@pytest.fixture(scope="module")
def embedder(models_folder: Path) -> E5Embedding:
    return E5Embedding.load(models_folder)


def test_it_is_an_embedder(embedder: E5Embedding) -> None:
    contract: Embedder = embedder

    assert contract.dimension == 384
    assert E5_SMALL.members[0].sha256[:8] in contract.fingerprint


def test_vectors_have_unit_length(embedder: E5Embedding) -> None:
    vectors = embedder.embed_passages([*SAME.values(), *OTHER.values()])

    assert vectors.shape == (12, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(12), abs=1e-4)
    assert np.linalg.norm(embedder.embed_query("Who?")) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("asked", SAME)
def test_a_meaning_is_found_in_every_language(embedder: E5Embedding, asked: str) -> None:
    question = embedder.embed_query(SAME[asked])
    same = embedder.embed_passages(list(SAME.values())) @ question
    other = embedder.embed_passages(list(OTHER.values())) @ question

    assert same.min() > other.max()


def test_vectors_come_in_the_order_of_the_texts(embedder: E5Embedding) -> None:
    texts = [SAME["en"], "Yes.", OTHER["de"] * 9, SAME["ru"], "No, thank you.", OTHER["it"] * 3]
    together = embedder.embed_passages(texts)
    alone = np.array([embedder.embed_passages([text])[0] for text in texts])

    assert (together @ alone.T).argmax(axis=1).tolist() == list(range(len(texts)))


def test_vectors_do_not_depend_on_how_many_cores_there_are(models_folder: Path) -> None:
    texts = [f"{text} {number}." * 5 for number in range(5) for text in SAME.values()]
    one, three = (E5Embedding.load(models_folder, threads).embed_passages(texts) for threads in (1, 3))

    assert one == pytest.approx(three, abs=1e-5)


def test_a_vector_depends_little_on_its_neighbours(embedder: E5Embedding) -> None:
    texts = [text * times for times in (1, 4) for text in (*SAME.values(), *OTHER.values())]
    together = embedder.embed_passages(texts)
    reverse = embedder.embed_passages(texts[::-1])[::-1]
    alone = np.array([embedder.embed_passages([text])[0] for text in texts])

    assert (together * alone).sum(axis=1).min() > 0.99
    assert (together * reverse).sum(axis=1).min() > 0.99


def test_questions_and_passages_are_marked_as_such(embedder: E5Embedding) -> None:
    text = SAME["en"]

    assert embedder.embed_query(text) @ embedder.embed_passages([text])[0] < 0.999


def test_no_texts(embedder: E5Embedding) -> None:
    assert embedder.embed_passages([]).shape == (0, 384)


@pytest.mark.parametrize("text", ["", " ", "\0", "\u202e🙂", "<pad>", "</s><s>", "x" * 100_000, "安全 " * 50_000])
def test_odd_texts_get_a_vector(embedder: E5Embedding, text: str) -> None:
    assert np.linalg.norm(embedder.embed_query(text)) == pytest.approx(1, abs=1e-4)
    assert np.linalg.norm(embedder.embed_passages([text, SAME["fr"]]), axis=1) == pytest.approx([1, 1], abs=1e-4)


def test_what_stands_beyond_the_last_token_is_cut(embedder: E5Embedding) -> None:
    start = SAME["en"] * 60

    assert embedder.embed_query(start) @ embedder.embed_query(start + OTHER["de"] * 500) == pytest.approx(1, abs=1e-4)


def test_threads_may_share_it(embedder: E5Embedding) -> None:
    texts = list(SAME.values()) * 4
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(embedder.embed_query, texts))

    assert np.array(vectors) == pytest.approx(np.array([embedder.embed_query(text) for text in texts]), abs=1e-4)


def test_llama_index_may_use_it(embedder: E5Embedding) -> None:
    nodes = [TextNode(text=text) for text in OTHER.values()]
    passages = embedder.embed_passages(list(OTHER.values()))

    assert [node.embedding for node in embedder(nodes)] == pytest.approx(passages, abs=1e-4)
    assert embedder.get_query_embedding("Who?") == pytest.approx(embedder.embed_query("Who?"), abs=1e-4)
    assert embedder.get_text_embedding(OTHER["en"]) == pytest.approx(
        embedder.embed_passages([OTHER["en"]])[0], abs=1e-4
    )


def test_llama_index_may_await_it(embedder: E5Embedding) -> None:
    async def vectors() -> tuple[list[float], list[list[float]]]:
        return await embedder.aget_query_embedding("Who?"), await embedder.aget_text_embedding_batch([SAME["en"]])

    query, (passage,) = asyncio.run(vectors())

    assert query == pytest.approx(embedder.embed_query("Who?"), abs=1e-4)
    assert passage == pytest.approx(embedder.embed_passages([SAME["en"]])[0], abs=1e-4)


def test_a_model_that_is_not_prepared(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="statements models --prepare"):
        E5Embedding.load(tmp_path)


# a model behind an endpoint


Reply = tuple[int, object]


class Endpoint:
    """A server on loopback that speaks the protocol as it is told to."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.reply: Callable[[list[str]], Reply] = lambda texts: (200, protocol(texts))
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append({"path": self.path, **body})
                endpoint.keys.append(self.headers["Authorization"])
                status, reply = endpoint.reply(body["input"])
                content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                with suppress(ConnectionError):  # the caller may have given up
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    @property
    def inputs(self) -> list[str]:
        return [text for request in self.requests for text in request["input"]]


def vector(text: str) -> list[float]:
    """Three numbers that tell texts apart, not of unit length."""
    return [float(len(text)), float(sum(map(ord, text)) % 97), 3.0]


def protocol(texts: list[str]) -> dict[str, object]:
    """The answer of a good server, out of order, which the protocol allows."""
    data = [{"object": "embedding", "index": place, "embedding": vector(text)} for place, text in enumerate(texts)]
    return {"object": "list", "data": data[::-1], "model": "toy", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    made = Endpoint()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_an_endpoint_gives_unit_vectors_in_order_and_in_batches(endpoint: Endpoint) -> None:
    remote = RemoteEmbedding(endpoint.url, "toy", api_key="k", query_prefix="q ", passage_prefix="p ")
    contract: Embedder = remote
    texts = [f"{'word ' * (number % 9)}{number}" for number in range(150)]

    vectors = contract.embed_passages(texts)

    expected = np.array([vector(f"p {text}") for text in texts])
    assert vectors == pytest.approx(expected / np.linalg.norm(expected, axis=1, keepdims=True), abs=1e-6)
    assert contract.embed_query("who") @ np.array(vector("q who")) == pytest.approx(np.linalg.norm(vector("q who")))
    assert contract.dimension == 3
    assert len(endpoint.requests) == 1 + 3 + 1
    assert {request["path"] for request in endpoint.requests} == {"/v1/embeddings"}
    assert {request["model"] for request in endpoint.requests} == {"toy"}
    assert set(endpoint.keys) == {"Bearer k"}
    assert contract.embed_passages([]).shape == (0, 3)


def test_the_fingerprint_is_of_the_model_not_of_the_address(endpoint: Endpoint) -> None:
    one = RemoteEmbedding(endpoint.url, "toy")
    two = RemoteEmbedding(endpoint.url.replace("127.0.0.1", "localhost") + "/", "toy")
    other = RemoteEmbedding(endpoint.url, "toy", query_prefix="q ")

    assert one.fingerprint == two.fingerprint
    assert one.fingerprint != other.fingerprint
    assert "127.0.0.1" not in one.fingerprint


def test_a_busy_endpoint_is_asked_once_more(endpoint: Endpoint) -> None:
    replies: list[Reply] = [(200, protocol(["x"])), (503, b"")]
    endpoint.reply = lambda texts: replies.pop() if replies else (200, protocol(texts))

    assert RemoteEmbedding(endpoint.url, "toy").dimension == 3
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    ("reply", "said", "requests"),
    [
        ((500, b"oops"), "500", 2),
        ((401, {"error": {"message": "no such key"}}), "no such key", 1),
        ((404, {"error": "model not found"}), "model not found", 1),
        ((307, b""), "307", 1),
        ((200, b"<html>"), "/v1/embeddings", 1),
        ((200, []), "/v1/embeddings", 1),
        ((200, {"data": [{"index": 0}]}), "/v1/embeddings", 1),
        ((200, {"data": [{"index": 0, "embedding": ["a"]}]}), "/v1/embeddings", 1),
        ((200, {"data": []}), "0 vectors for 1", 1),
        ((200, {"data": [{"index": 0, "embedding": [0.0, 0.0]}]}), "direction", 1),
        ((200, b'{"data": [{"index": 0, "embedding": [NaN, 1]}]}'), "direction", 1),
    ],
)
def test_a_failing_endpoint_is_named_in_one_line(endpoint: Endpoint, reply: Reply, said: str, requests: int) -> None:
    endpoint.reply = lambda _texts: reply
    remote = RemoteEmbedding(endpoint.url, "toy", api_key="secret-key")

    with pytest.raises(RemoteError) as raised:
        remote.embed_query("who")

    line = str(raised.value)
    assert said in line
    assert endpoint.url in line
    assert "secret-key" not in line
    assert len(line.splitlines()) == 1
    assert len(endpoint.requests) == requests


def test_an_endpoint_that_changes_its_dimension(endpoint: Endpoint) -> None:
    remote = RemoteEmbedding(endpoint.url, "toy")
    assert remote.dimension == 3
    endpoint.reply = lambda _texts: (200, {"data": [{"index": 0, "embedding": [1.0, 2.0]}]})

    with pytest.raises(RemoteError, match="2 numbers, 3 before"):
        remote.embed_query("who")


def test_an_endpoint_that_is_not_there_or_does_not_answer(endpoint: Endpoint) -> None:
    with pytest.raises(RemoteError, match=r"http://127\.0\.0\.1:9/v1"):
        RemoteEmbedding("http://127.0.0.1:9/v1", "toy").embed_query("who")

    answer = threading.Event()

    def hang(_texts: list[str]) -> Reply:
        answer.wait(5)
        return 503, b""

    endpoint.reply = hang
    with pytest.raises(RemoteError, match="timed out"):
        RemoteEmbedding(endpoint.url, "toy", timeout=0.2).embed_query("who")
    answer.set()


@pytest.mark.parametrize("url", ["", "host:1", "ftp://host/v1", "http://", "http://host:port/v1", "http://u:p@host/v1"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(InputError, match=r"embedder\.url"):
        RemoteEmbedding(url, "toy")


def test_a_key_that_no_header_can_hold() -> None:
    with pytest.raises(InputError) as raised:
        RemoteEmbedding("http://127.0.0.1:9/v1", "toy", api_key="line\nbreak")

    assert "break" not in str(raised.value)


def test_the_key_is_not_shown(endpoint: Endpoint) -> None:
    remote = RemoteEmbedding(endpoint.url, "toy", api_key="secret-key")

    assert "secret-key" not in f"{remote!r} {remote.to_dict()} {remote.to_payload()}"


def test_the_tests_themselves_may_not_use_the_network() -> None:
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        RemoteEmbedding("http://192.0.2.1/v1", "toy").embed_query("who")
    with pytest.raises(RuntimeError, match=r"host\.invalid"):
        RemoteEmbedding("http://host.invalid/v1", "toy").embed_query("who")
