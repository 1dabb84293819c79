"""The HTTP application: JSON under `/api`, readable statements under `/statements`, the chat at `/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import Match

from store.errors import InputError, NotFoundError
from store.types import Filters
from ui import admin, events, pages, problems, render, widget
from ui.access import Access
from ui.compare import add_compare
from ui.conversation_api import add_conversations
from ui.lookup import add_lookup
from ui.middleware import Guard
from ui.originals import download
from ui.owners import owner_of
from ui.proxy import SubPath
from ui.service import Service, filters_from
from ui.sign_in import SignIn
from ui.words import speech_of

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from store.statements import StatementStore
    from ui.checkup import Checkup
    from ui.intake import Intake
    from ui.settings import Settings

MOST_ROWS = 1000
MOST_PASSAGES = 100
Name = Annotated[str, Field(max_length=300)]
Names = Annotated[list[Name], Query(max_length=50)]
Role = Literal["user", "assistant"]
History = Annotated[list[tuple[Role, str]], Field(max_length=200)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FiltersBody(Body):
    code: list[Name] = Field(default=[], max_length=50)
    delegation: list[Name] = Field(default=[], max_length=50)
    speaker: list[Name] = Field(default=[], max_length=50)
    language: list[Name] = Field(default=[], max_length=50)
    issued_from: str | None = None
    issued_to: str | None = None

    def filters(self) -> Filters:
        return filters_from(self.code, self.delegation, self.speaker, self.language, self.issued_from, self.issued_to)


class AskBody(Body):
    question: str
    conversation_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    history: History | None = None
    filters: FiltersBody = FiltersBody()
    writer: Name | None = None


class SearchBody(Body):
    question: str
    history: History = []
    filters: FiltersBody = FiltersBody()
    limit: int = Field(default=10, ge=1, le=MOST_PASSAGES)


def create_app(
    settings: Settings,
    store: StatementStore,
    assistant: Assistant,
    intake: Intake | None = None,
    checkup: Checkup | None = None,
    access: Access | None = None,
) -> FastAPI:
    """The whole application over one open store; closing store, intake, checkup and access stays with the caller.

    Without an intake and a checkup there is nothing for an administrator.
    """
    from ui.mcp_server import ServiceReader, http_routes, mcp_server

    service = Service(settings, store, assistant)
    agents = mcp_server(ServiceReader(service))
    app = FastAPI(
        title="Statements assistant",
        description="Answers about statements in which every sentence is a checked quote.",
        docs_url=None,  # these pages would fetch scripts from another host
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.SCHEMA,
        lifespan=lambda app: agents.session_manager.run(),
    )
    problems.install(app)
    app.add_middleware(SignIn, access=access or Access(settings.access, None), public_url=settings.access.public_url)
    app.add_middleware(
        Guard,
        body_bytes=settings.server.body_bytes,
        larger=admin.largest_request(settings),
        frame_ancestors=settings.server.frame_ancestors,
    )
    if settings.server.root_path:
        app.add_middleware(SubPath, root=settings.server.root_path)
    _add_questions(app, service)
    _add_statements(app, service)
    add_conversations(app, service)
    if intake is not None and checkup is not None and admin.is_offered(settings):
        admin.add_admin(app, settings, store, intake, checkup)
    else:
        _add_nobody(app)
    from ui.openai_api import OpenAIRoute, add_openai

    add_openai(app, service)
    app.router.routes.extend(http_routes(agents, settings.server.host))
    _add_unknown(app, "/api")
    _add_unknown(app, "/v1", OpenAIRoute)
    add_lookup(app, service)
    add_compare(app, service)
    widget.add_widget(app)
    app.mount("/ui", StaticFiles(directory=pages.STATIC), name="ui")
    from ui.chat import mount_chat

    return mount_chat(app, service)


def _add_questions(app: FastAPI, service: Service) -> None:
    @app.post("/api/ask", response_model=render.AnswerJson, responses=events.SCHEMA)
    def ask(body: AskBody, request: Request) -> render.AnswerJson | Response:
        """Answer a question: claims with citations, or a refusal with its reason.

        With `Accept: text/event-stream` each claim comes as an event of its own, then the whole answer.
        """

        filters, owner = body.filters.filters(), owner_of(request)

        def answer() -> render.AnswerJson:
            found = service.ask(
                body.question,
                history=body.history,
                conversation_id=body.conversation_id,
                filters=filters,
                writer=body.writer,
                owner=owner,
            )
            return render.answer_json(found)

        if not events.wanted(request.headers.get("accept", "")):
            return answer()
        return events.respond(answer, events.answer_events, events.problem_event(problems.request_id_of(request)))

    @app.post("/api/search")
    def search(body: SearchBody) -> render.SearchJson:
        """Paragraphs for a question, best first, without an answer."""
        return service.search(body.question, history=body.history, filters=body.filters.filters(), limit=body.limit)

    @app.get("/api/status")
    def status() -> render.StatusJson:
        """What the store holds."""
        return service.status()

    @app.get("/healthz")
    def healthz() -> dict[Literal["status"], Literal["ok"]]:
        """The process answers."""
        return {"status": "ok"}


def _add_statements(app: FastAPI, service: Service) -> None:
    @app.get("/api/statements")
    def statements(
        code: Names = [],  # noqa: B006  FastAPI copies it
        delegation: Names = [],  # noqa: B006
        speaker: Names = [],  # noqa: B006
        language: Names = [],  # noqa: B006
        issued_from: str | None = None,
        issued_to: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
        offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    ) -> render.StatementListJson:
        """Statements by code, part and language, a page at a time."""
        filters = filters_from(code, delegation, speaker, language, issued_from, issued_to)
        return service.statements(filters, limit=limit, offset=offset)

    @app.get("/api/statements/{code:path}")
    def statement(code: str, language: Name | None = None, part: Name | None = None) -> render.StatementPageJson:
        """One statement with its paragraphs; the code in any spelling."""
        return service.statement(code, part, language)

    @app.get("/statements/{code:path}", response_class=HTMLResponse, include_in_schema=False)
    def page(
        request: Request,
        code: str,
        language: Name | None = None,
        part: Name | None = None,
        only: int | None = None,
        paragraph: int | None = None,
        quote_start: int | None = None,
        quote_end: int | None = None,
    ) -> HTMLResponse:
        root = str(request.scope.get("root_path", ""))
        t = speech_of(request)
        try:
            found = service.find(code, part, language, only)
        except NotFoundError as error:
            return HTMLResponse(pages.error_page(t("statement.missing"), str(error), root, t), 404)
        except InputError as error:
            return HTMLResponse(pages.error_page(t("statement.no_address"), str(error), root, t), 422)
        also = service.others(found)
        span = (quote_start, quote_end) if quote_start is not None and quote_end is not None else None
        links = service.links(found)
        text = pages.statement_page(found, service.paragraphs(found), also, links, paragraph, span, root, t)
        return HTMLResponse(text)

    @app.get("/originals/{code:path}", response_class=Response, include_in_schema=False)
    def original(
        code: str, language: Name | None = None, part: Name | None = None, only: int | None = None
    ) -> Response:
        return download(service.find(code, part, language, only))


def _add_nobody(app: FastAPI) -> None:
    """Without this the chat, mounted at `/`, would answer where the administrator's page is not offered."""

    @app.api_route("/admin", methods=["GET", "POST"], include_in_schema=False)
    def nobody(request: Request) -> HTMLResponse:
        root = str(request.scope.get("root_path", ""))
        return HTMLResponse(pages.error_page("Not offered", "see server.upload in the settings", root), 404)


def _add_unknown(app: FastAPI, prefix: str, route: type[APIRoute] = APIRoute) -> None:
    """Without this the chat, mounted at `/`, would answer for what is not there, and not as a problem."""

    def unknown(request: Request, rest: str) -> None:
        allowed: set[str] = set()
        for other in app.router.routes:
            if (
                not getattr(other, "path", "").endswith("{rest:path}")
                and other.matches(request.scope)[0] is Match.PARTIAL
            ):
                allowed |= set(getattr(other, "methods", None) or ())
        if allowed:
            raise HTTPException(405, f"{request.method} is not possible here", {"Allow": ", ".join(sorted(allowed))})
        raise HTTPException(404, f"there is no {prefix}/{rest}; see /openapi.json")

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    app.router.add_api_route(
        f"{prefix}/{{rest:path}}", unknown, methods=methods, include_in_schema=False, route_class_override=route
    )
