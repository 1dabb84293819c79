"""A language model on loopback that speaks the OpenAI and Ollama protocols and says what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = str | Callable[["Exchange"], None]
"""A text to answer with, or something to do instead."""


@dataclass
class Exchange:
    """One request, and how to answer it otherwise than with a text."""

    handler: BaseHTTPRequestHandler
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        return "\n".join(str(message["content"]) for message in self.body["messages"])

    def send(self, status: int, content: bytes) -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", "application/json")
        self.handler.send_header("Content-Length", str(len(content)))
        self.handler.end_headers()
        self.handler.wfile.write(content)


@dataclass
class Scripted:
    """What the server does, and what it was asked."""

    address: str = ""
    reply: Reply = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


def status(code: int) -> Reply:
    return lambda exchange: exchange.send(code, b'{"error": {"message": "no"}}')


def raw(content: bytes) -> Reply:
    return lambda exchange: exchange.send(200, content)


def without_schema(text: str) -> Reply:
    """An endpoint that knows no schemas."""

    def reply(exchange: Exchange) -> None:
        if "response_format" in exchange.body or exchange.body.get("format"):
            exchange.send(400, b'{"error": {"message": "unknown response_format"}}')
        else:
            exchange.send(200, _completion(exchange, text))

    return reply


def slow(seconds: float) -> Reply:
    return lambda exchange: time.sleep(seconds)


def dripping(seconds: float) -> Reply:
    """A byte now and then: no pause is long, the whole is."""

    def reply(exchange: Exchange) -> None:
        exchange.handler.send_response(200)
        exchange.handler.send_header("Content-Type", "application/json")
        exchange.handler.end_headers()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            exchange.handler.wfile.write(b" ")
            exchange.handler.wfile.flush()
            time.sleep(0.05)

    return reply


def hang_up(exchange: Exchange) -> None:
    exchange.handler.connection.close()


def cut(exchange: Exchange) -> None:
    """Less than was announced."""
    exchange.handler.send_response(200)
    exchange.handler.send_header("Content-Length", "1000")
    exchange.handler.end_headers()
    exchange.handler.wfile.write(b'{"choices": [')


def _completion(exchange: Exchange, text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    if exchange.handler.path.endswith("/api/chat"):
        counts = {"prompt_eval_count": 100, "eval_count": 23}
        return json.dumps({"model": "m", "message": message, "done": True, **counts}).encode()
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 23, "total_tokens": 123}
    answer = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return json.dumps(answer).encode()


@contextmanager
def scripted() -> Iterator[Scripted]:
    """The server, for as long as the context lasts."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            script.asked.append(body)
            script.keys.append(self.headers.get("Authorization"))
            exchange = Exchange(self, body)
            try:
                if callable(script.reply):
                    script.reply(exchange)
                else:
                    exchange.send(200, _completion(exchange, script.reply))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    script.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
