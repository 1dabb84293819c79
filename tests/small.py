"""The application over a store of invented statements, without models, for tests where these are not the point."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from served import ROOT, SECONDS, environment
from words import WordEmbedder, document, whole

from assistant.assistant import Assistant
from ingest.chunker import CHUNKING
from store.statements import StatementStore
from store.types import Header
from ui.settings import load
from ui.wiring import stay_quiet

HARBOUR = "Norvania proposes that the harbour holds fourteen anchor chains of forged iron."
STATEMENTS = (
    (
        Header("XX.DEL/1/18", "en", issued="2018-03-01", delegation="Norvania", speaker="Ms. Ada Brunn"),
        (HARBOUR, "We thank the Chair."),
    ),
    (
        Header("XX.DEL/2/18", "en", issued="2018-03-01", delegation="Solmark", speaker="Mr. Per Olin"),
        ("Solmark sees no need for anchor chains in any harbour.",),
    ),
    (
        Header("XX.DEL/7/20", "en", issued="2020-05-07", delegation="Norvania", title="On lighthouses"),
        ("Nine keepers watch the lighthouse of the northern shore.", "We thank the Chair."),
    ),
    (
        Header("XX.DEL/8/20", "de", issued="2020-05-07", delegation="Solmark", title="=2+5"),
        ("Der Leuchtturm bleibt <b>dunkel</b>, sagt Solmark.",),
    ),
    (Header("XX.JOUR/9", "en", title="Journal without a date"), ("The harbour was not spoken of.",)),
)


@contextmanager
def small_store(folder: Path) -> Iterator[StatementStore]:
    with StatementStore.open(folder / "store", WordEmbedder(), chunking=CHUNKING) as store:
        for header, texts in STATEMENTS:
            made = document(f"{header.code.replace('/', '_')}.txt", (header, texts))
            store.add(store.embed([(one, whole(one)) for one in made]))
        yield store


def small_app(store: StatementStore, **server: object) -> FastAPI:
    """The whole application; `server` are settings of that section."""
    stay_quiet()
    from ui.api import create_app

    overrides = {"server.upload": "off", **{f"server.{name}": value for name, value in server.items()}}
    settings = load(environment={}, overrides=overrides)

    async def made() -> FastAPI:  # outside a loop Gradio would make four and close none
        return create_app(settings, store, Assistant(store, threshold=0.0))

    with ThreadPoolExecutor(1) as other:  # in this thread Playwright's loop may be running
        return other.submit(lambda: asyncio.run(made())).result()


@contextmanager
def running(folder: Path, listener: socket.socket, **server: object) -> Iterator[None]:
    """The application over a new small store, on this socket, in a process of its own: Gradio warns and lets it be."""
    handle = listener.fileno()
    process = subprocess.Popen(
        [sys.executable, __file__, str(folder), str(handle), json.dumps(server)],
        env=environment(PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}"),
        pass_fds=[handle],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


@contextmanager
def free_socket() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener


@contextmanager
def site(html: str, headers: Mapping[str, str]) -> Iterator[str]:
    """Another site with one page; gives its origin, which is no address of the application's."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *arguments: object) -> None:
            """Nothing is said about a request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _serve(folder: Path, listener: socket.socket, server: Mapping[str, object]) -> None:
    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            sys.stdout.write("ready\n")
            sys.stdout.flush()

    with small_store(folder) as store:
        config = uvicorn.Config(
            small_app(store, **server), log_config=None, log_level="critical", timeout_graceful_shutdown=1
        )
        Server(config).run(sockets=[listener])


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])), json.loads(sys.argv[3]))
