"""The long-running process: a port, the store, the application over it."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from store.errors import InputError, StoreBusyError
from store.lock import read_owner
from ui.access import check

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from ui.settings import Settings

WARM_UP = "What was said?"
"""Asked before anybody else does, so that every model is loaded, or found missing, at the start."""
STOP_SECONDS = 10
"""Answers under way may take this long to end when the server is told to stop."""


def serve(settings: Settings, *, open_browser: bool = False) -> None:
    """Serve until told to stop. Raises InputError where the port can't be had, StoreBusyError where the store can't."""
    check(settings)
    folder = settings.store.folder
    owner = read_owner(folder)
    if owner is not None and owner.address:
        raise StoreBusyError(
            f"the store {folder} is served already at {owner.address} by process {owner.pid}; use that"
        )
    listener = bind(settings.server.host, settings.server.port)
    address = address_of(settings.server.host, listener.getsockname()[1])
    from ui.wiring import build_assistant, open_access, open_store

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # uvicorn ends by raising the signal again; this lets the store be closed then.
    signal.signal(signal.SIGTERM, _stop)
    with open_store(settings, address=address) as store, open_access(settings) as access:
        from ui.api import create_app
        from ui.checkup import Checkup
        from ui.intake import Intake

        assistant = build_assistant(settings, store)
        assistant.search(WARM_UP)
        intake = Intake(store, settings.ingest, settings.server.upload_bytes)
        checkup = Checkup(store)
        app = create_app(settings, store, assistant, intake, checkup, access)
        count = store.status().statements

        def ready() -> None:
            sys.stdout.write(f"Serving {count:,} statements at {address} (Ctrl-C stops)\n")
            sys.stdout.flush()
            if open_browser:
                import webbrowser

                webbrowser.open(address)

        try:
            intake.start()
            checkup.start()
            _server(app, ready).run(sockets=[listener])
        finally:
            intake.close()
            checkup.close()


def bind(host: str, port: int) -> socket.socket:
    """A socket on the port, taken before anything slow begins."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InputError(f"can't listen on {host} ({error.strerror}); choose another --host") from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(place)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} on {host} is in use; choose another with --port") from error
        raise InputError(f"can't listen on {host} port {port} ({error.strerror}); choose another") from error
    return listener


def address_of(host: str, port: int) -> str:
    """Where this machine reaches the server."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _server(app: FastAPI, ready: Callable[[], None]) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who holds the connection is what `access.proxy_addresses` is compared with
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return Server(config)


def _stop(number: int, frame: object) -> NoReturn:
    sys.exit(0)
