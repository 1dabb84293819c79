"""What all tests share: no network but loopback, and the real models."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from served import CHROMIUM, FLAGS
from words import HashEmbedder

from ingest.chunker import CHUNKING
from store.models import CARDS, prepare
from store.statements import StatementStore
from ui.settings import load


def pytest_configure() -> None:
    """Refuse every address that is not this machine's own, for as long as the tests run."""
    for name, place in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
        setattr(socket.socket, name, _guarded_method(getattr(socket.socket, name), place))
    socket.getaddrinfo = _guarded_lookup(socket.getaddrinfo)


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """The cache of prepared models that the settings name, filled where it is not; pip runs in a process of its own."""
    folder = load().models.folder
    for card in CARDS.values():
        prepare(card, folder)
    return folder


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def store(tmp_path: Path, embedder: HashEmbedder) -> Iterator[StatementStore]:
    with StatementStore.open(tmp_path / "store", embedder, chunking=CHUNKING) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, "--disable-sync"])
        yield chromium
        chromium.close()


def _guarded_method(method: Callable[..., Any], place: int) -> Callable[..., Any]:
    def guarded(sock: socket.socket, *arguments: Any) -> Any:  # noqa: ANN401
        if sock.family in {socket.AF_INET, socket.AF_INET6}:
            _allow(arguments[place][0])
        return method(sock, *arguments)

    return guarded


def _guarded_lookup(lookup: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: str | bytes | None, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        _allow(host)
        return lookup(host, *arguments, **named)

    return guarded


def _allow(host: str | bytes | None) -> None:
    """Raise for a host that is not loopback; the name `localhost` and the wildcards that servers bind to are."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost", "0.0.0.0", "::"}:
        return
    try:
        local = ipaddress.ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        local = False
    if not local:
        raise RuntimeError(f"tests may not use the network: {name}")
