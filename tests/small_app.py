"""The application over a small store without models, for tests of the ways in that are not about finding."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import ASGIApp
from words import WordEmbedder, document, whole

from assistant.assistant import Assistant
from ingest.chunker import CHUNKING
from store.statements import StatementStore
from store.types import Header
from ui.api import create_app
from ui.settings import load

HARBOUR = "Who proposed a harbour office?"
REFUSED = "Which striker scored in the second half of the cup final?"
DOCUMENTS = (
    document(
        "XX.DEL_1_20.txt",
        (
            Header("XX.DEL/1/20", "en", issued="2020-01-02", delegation="Ruritania", title="On the harbour"),
            ["Ruritania proposed a harbour office.", "The harbour office would have nine clerks."],
        ),
    ),
    document(
        "XX.DEL_2_20.txt",
        (
            Header("XX.DEL/2/20", "en", issued="2020-02-03", delegation="Sylvania", title="On the weir"),
            [
                "Sylvania asked who keeps the weir.",
                "The weir ![x](http://outside.invalid/x.png) is <b>old</b> and *wet* [2].",
            ],
        ),
    ),
    document(
        "XX.DEL_2_20 de.txt",
        (
            Header("XX.DEL/2/20", "de", issued="2020-02-03", delegation="Sylvania"),
            ["Sylvanien fragte, wer das Wehr unterhält."],
        ),
    ),
    document("MC_1.txt", (Header("MC(27).JOUR/1", "en", part="Annex 2"), ["The journal names the harbour."])),
)


@contextmanager
def small_store(folder: Path) -> Iterator[StatementStore]:
    """An open store of statements invented here."""
    with StatementStore.open(folder, WordEmbedder(), chunking=CHUNKING) as store:
        store.add(store.embed([(one, whole(one)) for statements in DOCUMENTS for one in statements]))
        yield store


@contextmanager
def small_app(folder: Path) -> Iterator[FastAPI]:
    """The application; every question that shares words with a paragraph is answered."""
    settings = load(environment={}, overrides={"store.folder": folder})
    with small_store(folder) as store:

        async def build() -> FastAPI:  # outside of a running event loop Gradio makes some, and leaves them open
            return create_app(settings, store, Assistant(store, threshold=0.3))

        yield asyncio.run(build())


@contextmanager
def small_client(folder: Path) -> Iterator[TestClient]:
    """A client of the application."""
    with small_app(folder) as app, TestClient(app, raise_server_exceptions=False) as client:
        yield client


@contextmanager
def small_server(folder: Path) -> Iterator[str]:
    """The application on a port of this machine; gives its address."""
    with small_app(folder) as app, listening(app) as address:
        yield address


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """Any application on a port of this machine, for clients that bring their own connection; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
