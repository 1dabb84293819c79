"""A small store with distribution marks, its application with people who sign in, and clients of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient
from words import document, whole

from assistant.assistant import Assistant
from store.statements import StatementStore
from store.types import Header
from ui.access import Access
from ui.api import create_app
from ui.checkup import Checkup
from ui.intake import Intake
from ui.settings import Settings, load

PROXY = "10.0.0.5"
GROUPS = {
    "public": {"marks": ["general"]},
    "staff": {"marks": ["General", "Restr."]},
    "desk": {"marks": "*", "role": "editor"},
    "registry": {"marks": "*", "role": "administrator"},
}


def fill(store: StatementStore, held: Mapping[str, tuple[Header, Sequence[str]]]) -> None:
    """Take in one statement a file."""
    for file, one in held.items():
        statements = document(file, one)
        store.add(store.embed([(statement, whole(statement)) for statement in statements]))


def settings_of(folder: Path, **access: object) -> Settings:
    """Sign-in by the proxy at `PROXY`, unless said otherwise."""
    values = {"sign_in": "proxy", "groups": GROUPS, "proxy_addresses": [PROXY], **access}
    overrides = {f"access.{name}": value for name, value in values.items()}
    return load(environment={}, overrides={"store.folder": folder, "answer.reranker": "off", **overrides})


@contextmanager
def application(settings: Settings, store: StatementStore, access: Access) -> Iterator[FastAPI]:
    """The whole application, with an assistant that answers whatever is asked."""
    intake = Intake(store, settings.ingest, settings.server.upload_bytes)

    async def build() -> FastAPI:  # outside of a running event loop Gradio makes some, and leaves them open
        return create_app(settings, store, Assistant(store, threshold=0.0), intake, Checkup(store), access)

    try:
        yield asyncio.run(build())
    finally:
        intake.close()


def client(app: FastAPI, name: str = "", *groups: str, peer: str = PROXY, **headers: str) -> TestClient:
    """As the proxy sends it for somebody of these groups."""
    given: dict[str, Any] = {"X-Forwarded-User": name, "X-Forwarded-Groups": ",".join(groups)} if name else {}
    given |= {key.replace("_", "-"): value for key, value in headers.items()}
    return TestClient(app, headers=given, client=(peer, 50000), raise_server_exceptions=False, follow_redirects=False)
