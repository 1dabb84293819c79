"""Questions and look-ups for the command line: of a running server where one owns the store, else in this process.

Both give the same JSON, so the command line prints the same whichever it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from store.errors import (
    AccessError,
    InputError,
    NotFoundError,
    RemoteError,
    SignInError,
    StatementsError,
    StoreBusyError,
)
from ui import render

if TYPE_CHECKING:
    from store.statements import StatementStore
    from store.types import Filters
    from ui.checkup import CheckJson
    from ui.report import ReportJson
    from ui.service import Service
    from ui.settings import AccessSettings, Settings

SECONDS = 120.0
CHECK_SECONDS = 3600.0
PAGE = 1000


class Client(Protocol):
    """What the reading commands need."""

    def ask(self, question: str, filters: Filters) -> render.AnswerJson: ...
    def search(self, question: str, filters: Filters, limit: int) -> render.SearchJson: ...
    def statements(self, filters: Filters) -> list[render.StatementJson]: ...
    def page(self, filters: Filters, limit: int, offset: int) -> render.StatementListJson: ...
    def statement(self, code: str, part: str | None, language: str | None) -> render.StatementPageJson: ...
    def status(self) -> render.StatusJson: ...
    def report(self, *, doubts: bool) -> ReportJson: ...


@contextmanager
def connect(settings: Settings) -> Iterator[Client]:
    """The client for the store that the settings name."""
    from store.lock import read_owner

    owner = read_owner(settings.store.folder)
    if owner is not None and owner.address:
        yield ServerClient(owner.address, settings.access)
        return
    from ui.wiring import open_store

    with open_store(settings) as store:
        yield LocalClient(settings, store)


class LocalClient:
    """Over a store opened in this process."""

    def __init__(self, settings: Settings, store: StatementStore) -> None:
        from ui.service import Catalogue

        self._settings = settings
        self._store = store
        self._catalogue = Catalogue(store)

    def ask(self, question: str, filters: Filters) -> render.AnswerJson:
        return render.answer_json(self._service.ask(question, filters=filters))

    def search(self, question: str, filters: Filters, limit: int) -> render.SearchJson:
        return self._service.search(question, filters=filters, limit=limit)

    def statements(self, filters: Filters) -> list[render.StatementJson]:
        return [render.statement_json(statement) for statement in self._store.statements(filters)]

    def page(self, filters: Filters, limit: int, offset: int) -> render.StatementListJson:
        return self._catalogue.statements(filters, limit=limit, offset=offset)

    def statement(self, code: str, part: str | None, language: str | None) -> render.StatementPageJson:
        return self._catalogue.statement(code, part, language)

    def status(self) -> render.StatusJson:
        return self._catalogue.status()

    def report(self, *, doubts: bool) -> ReportJson:
        from ui.report import report_json

        return report_json(self._store, doubts=doubts)

    @cached_property
    def _service(self) -> Service:
        """Only a question needs the models that order passages."""
        from ui.service import Service
        from ui.wiring import build_assistant

        return Service(self._settings, self._store, build_assistant(self._settings, self._store))


class ServerClient:
    """Over HTTP, of the server that owns the store."""

    def __init__(self, address: str, access: AccessSettings) -> None:
        """`access` has the key to show, where the server wants one."""
        from ui.settings import secret

        key = secret(access.key, access.key_file)
        self._address = address
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def ask(self, question: str, filters: Filters) -> render.AnswerJson:
        body = {"question": question, "filters": render.filters_json(filters)}
        return cast(render.AnswerJson, self._call("POST", "/api/ask", body=body))

    def search(self, question: str, filters: Filters, limit: int) -> render.SearchJson:
        body = {"question": question, "filters": render.filters_json(filters), "limit": limit}
        return cast(render.SearchJson, self._call("POST", "/api/search", body=body))

    def statements(self, filters: Filters) -> list[render.StatementJson]:
        found: list[render.StatementJson] = []
        more = True
        while more:
            page = self.page(filters, PAGE, len(found))
            found += page["statements"]
            more = page["more"]
        return found

    def page(self, filters: Filters, limit: int, offset: int) -> render.StatementListJson:
        query = {**render.filters_json(filters), "limit": limit, "offset": offset}
        return cast(render.StatementListJson, self._call("GET", "/api/statements", query=query))

    def statement(self, code: str, part: str | None, language: str | None) -> render.StatementPageJson:
        from urllib.parse import quote

        answer = self._call(
            "GET", f"/api/statements/{quote(code, safe='/')}", query={"part": part, "language": language}
        )
        return cast(render.StatementPageJson, answer)

    def status(self) -> render.StatusJson:
        return cast(render.StatusJson, self._call("GET", "/api/status"))

    def report(self, *, doubts: bool) -> ReportJson:
        try:
            return cast("ReportJson", self._call("GET", "/api/report", query={"doubts": doubts}))
        except NotFoundError as error:
            raise InputError(
                f"the server at {self._address} gives its report to nobody; set server.upload = on, or stop it"
            ) from error

    def check(self, *, full: bool) -> CheckJson:
        """Raises NotFoundError where the server offers nothing to an administrator."""
        return cast("CheckJson", self._call("GET", "/api/doctor", query={"full": full}, seconds=CHECK_SECONDS))

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: object = None,
        seconds: float = SECONDS,
    ) -> object:
        import httpx

        given = {name: value for name, value in (query or {}).items() if value is not None}
        try:
            # The server is on this machine, so no proxy of the environment may come between.
            with httpx.Client(base_url=self._address, timeout=seconds, trust_env=False, headers=self._headers) as http:
                reply = http.request(method, path, params=given, json=body)
                content = reply.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RemoteError(
                f"the server at {self._address} does not answer ({error}); stop it and try again"
            ) from error
        if reply.is_success:
            return content
        raise _error(reply.status_code)(str(content.get("detail", f"status {reply.status_code}")))


def _error(status: int) -> type[StatementsError]:
    kinds: dict[int, type[StatementsError]] = {
        401: SignInError,
        403: AccessError,
        404: NotFoundError,
        413: InputError,
        422: InputError,
        503: StoreBusyError,
    }
    return kinds.get(status, RemoteError)
