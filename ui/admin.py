"""For the administrator: upload of files, the report, and the page that shows both.

Until there are roles, that is whoever sits at the server's own machine, or everybody where the settings say so.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from ui import pages
from ui.checkup import CheckJson, Checkup
from ui.intake import Intake, IntakeJson, ReceivedJson, Upload
from ui.report import ReportJson, report_csv, report_json

if TYPE_CHECKING:
    from fastapi import FastAPI

    from store.statements import StatementStore
    from ui.settings import ServerSettings

PATHS = ("/admin", "/api/uploads")
"""Where large requests may come."""
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                    "required": ["files"],
                }
            }
        },
    }
}


def is_offered(settings: ServerSettings) -> bool:
    """Whether there is anything for an administrator under these settings."""
    return settings.upload == "on" or (settings.upload == "auto" and _is_loopback(settings.host))


def largest_request(settings: ServerSettings) -> dict[str, int]:
    """Paths that take more than other requests, and how much."""
    return dict.fromkeys(PATHS, pages.MOST_FILES * settings.upload_bytes + 1_000_000) if is_offered(settings) else {}


def add_admin(app: FastAPI, settings: ServerSettings, store: StatementStore, intake: Intake, checkup: Checkup) -> None:
    """The page and its endpoints, where the settings offer them."""

    def allowed(request: Request) -> None:
        if settings.upload == "auto" and not _is_local(request):
            raise HTTPException(403, "this is for use on the server's own machine; see server.upload in the settings")
        if request.method == "POST" and not _is_same_origin(request):
            raise HTTPException(403, "another site may not send this")

    @app.get("/api/report", response_model=ReportJson)
    def report(
        request: Request, doubts: bool = False, format: Annotated[str, Query(pattern="^(json|csv)$")] = "json"
    ) -> ReportJson | Response:
        """What was taken in, with doubts, and what was refused; `csv` is a table to correct and give back."""
        allowed(request)
        found = report_json(store, doubts=doubts)
        if format == "json":
            return found
        headers = {"Content-Disposition": 'attachment; filename="statements.csv"'}
        return Response(report_csv(found).encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)

    @app.get("/api/doctor")
    def doctor(request: Request, full: bool = False) -> CheckJson:
        """Compare the registry with everything made from it: a sample, or all with `full`, which may take minutes."""
        allowed(request)
        return checkup.run(full=full)

    @app.get("/api/uploads")
    def uploads(request: Request) -> IntakeJson:
        """What is being taken in, and what the last run did."""
        allowed(request)
        return intake.state()

    @app.post("/api/uploads", status_code=202, openapi_extra=_FORM)
    async def upload(request: Request) -> ReceivedJson:
        """Keep files and begin to take them in; `GET /api/uploads` tells how far that is."""
        allowed(request)
        return await _received(request, intake)

    @app.get("/admin", response_class=HTMLResponse, include_in_schema=False)
    def page(request: Request) -> HTMLResponse:
        root = str(request.scope.get("root_path", ""))
        try:
            allowed(request)
        except HTTPException as error:
            return HTMLResponse(pages.error_page("Not from here", error.detail, root), error.status_code)
        return HTMLResponse(pages.admin_page(report_json(store, doubts=True), intake.state(), checkup.last, root=root))

    @app.post("/admin", response_class=HTMLResponse, include_in_schema=False)
    async def send(request: Request) -> Response:
        root = str(request.scope.get("root_path", ""))
        try:
            allowed(request)
            received = await _received(request, intake)
        except HTTPException as error:
            return HTMLResponse(pages.error_page("Not uploaded", error.detail, root), error.status_code)
        if not received["refused"]:
            return RedirectResponse(f"{root}/admin", 303)
        found = await run_in_threadpool(report_json, store, doubts=True)
        return HTMLResponse(pages.admin_page(found, intake.state(), checkup.last, received, root), 422)


async def _received(request: Request, intake: Intake) -> ReceivedJson:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(415, "send the files as multipart/form-data, each in a field `files`")
    async with request.form(max_files=pages.MOST_FILES, max_fields=1) as form:
        given = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
        if not given:
            raise HTTPException(422, "no file was sent: choose one")
        return await run_in_threadpool(intake.receive, [Upload(str(one.filename), one.file) for one in given])


def _is_local(request: Request) -> bool:
    """Made on this machine, by its own name: not by a page that has let its name point here, nor through a proxy."""
    name = urlsplit(f"//{request.headers.get('host', '')}").hostname
    client = request.client.host if request.client else ""
    direct = not any(header in request.headers for header in _FORWARDED)
    return direct and _is_loopback(name or "") and _is_loopback(client)


def _is_same_origin(request: Request) -> bool:
    """Not sent by a page of another site; a program that is no browser says nothing about it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
