"""With the vectors in a Chroma server the store does what it does with them in its folder; a lost server is named."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from words import WordEmbedder, document, whole

from store.errors import InputError, RemoteError
from store.statements import StatementStore
from store.types import Filters, Header, Statement

START_SECONDS = 90


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chroma server on a free port of this machine."""
    command = shutil.which("chroma", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("the command `chroma` is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    quiet = os.environ | {"ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1"}
    options = ["run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen([command, *options], env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("server")) if request.param == "server" else None


def one(n: int, text: str, language: str = "en") -> Statement:
    return document(f"{n}.txt", (Header(f"PC.DEL/{n}/19", language, delegation="Ruritania"), [text]))[0]


def add(store: StatementStore, *statements: Statement) -> None:
    store.add(store.embed([(item, whole(item)) for item in statements]))


def found(store: StatementStore, text: str, filters: Filters = Filters()) -> list[str]:
    """Codes, best first, of the vector side alone."""
    ids, _ = store.nearest(store.embedder.embed_query(text), filters=filters, k=3)
    rows = store.snapshot.chunk_statement[store.snapshot.rows(ids)]
    known = store.snapshot.statements
    return [known[int(store.snapshot.statement_ids[row])].header.code for row in rows]


@pytest.fixture(autouse=True)
def asks_chroma(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few chunks would be scored without it."""
    monkeypatch.setattr("store.indexes.EXACT_LIMIT", 0)


def test_add_replace_delete_and_filter(tmp_path: Path, place: str | None) -> None:
    with StatementStore.open(tmp_path, WordEmbedder(), chroma_url=place) as store:
        add(store, *(one(n, f"Herons nest in tree {n}.", "en" if n % 2 else "fr") for n in range(40)))
        assert store._indexes.vectors.count() == 40
        assert found(store, "tree 7")[0] == "PC.DEL/7/19"
        assert found(store, "tree 7", Filters(language=("fr",)))[0] != "PC.DEL/7/19"
        add(store, one(7, "Storks stand in the reed."))
        assert found(store, "storks reed")[0] == "PC.DEL/7/19"
        store.delete([store.find("PC.DEL/7/19")[0].id])
        assert "PC.DEL/7/19" not in found(store, "storks reed")
        assert store._indexes.vectors.count() == 39


def test_everything_is_there_after_reopening_and_a_check_is_clean(tmp_path: Path, place: str | None) -> None:
    with StatementStore.open(tmp_path, WordEmbedder(), chroma_url=place) as first:
        add(first, *(one(n, f"Herons nest in tree {n}.") for n in range(40)))
    embedder = WordEmbedder()
    with StatementStore.open(tmp_path, embedder, chroma_url=place) as second:
        assert second._indexes.vectors.count() == 40
        assert found(second, "tree 7")[0] == "PC.DEL/7/19"
        assert second.check(full=True).findings == ()
        second.rebuild(whole)
        assert second._indexes.vectors.count() == 40
    assert embedder.embedded == 0


def test_vectors_move_between_folder_and_server_without_embedding(tmp_path: Path, server: str) -> None:
    with StatementStore.open(tmp_path, WordEmbedder()) as local:
        add(local, *(one(n, f"Herons nest in tree {n}.") for n in range(20)))
    embedder = WordEmbedder()
    with StatementStore.open(tmp_path, embedder, chroma_url=server) as served:
        assert served._indexes.vectors.count() == 20
        served.delete([served.find("PC.DEL/3/19")[0].id])
    assert embedder.embedded == 0
    with StatementStore.open(tmp_path, WordEmbedder(), chroma_url=server) as served:
        add(served, one(50, "Storks."))
    with StatementStore.open(tmp_path, embedder) as local:
        assert local._indexes.vectors.count() == 20
        assert found(local, "storks")[0] == "PC.DEL/50/19"
        assert "PC.DEL/3/19" not in found(local, "tree 3")
    assert embedder.embedded == 0


def test_two_stores_share_a_server(tmp_path: Path, server: str) -> None:
    with (
        StatementStore.open(tmp_path / "a", WordEmbedder(), chroma_url=server) as a,
        StatementStore.open(tmp_path / "b", WordEmbedder(), chroma_url=server) as b,
    ):
        add(a, one(1, "Herons."))
        add(b, one(2, "Herons."), one(3, "Storks."))
        assert (a._indexes.vectors.count(), b._indexes.vectors.count()) == (1, 2)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(RemoteError, match=f"{url}.*store.chroma_url"):
        StatementStore.open(tmp_path, WordEmbedder(), chroma_url=url)
    assert StatementStore.owner(tmp_path) is None


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://127.0.0.1", "http://127.0.0.1:8000/api"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="write http://HOST:PORT"):
        StatementStore.open(tmp_path, WordEmbedder(), chroma_url=url)
