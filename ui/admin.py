"""For the administrator: upload of files, the report, and the page that shows both.

Who that is, `ui/sign_in.py` says by roles; where nobody signs in, whoever sits at the server's own machine, or
everybody where the settings say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from ui import pages
from ui.checkup import CheckJson, Checkup
from ui.intake import Intake, IntakeJson, ReceivedJson, Upload
from ui.origin import is_local, is_loopback
from ui.report import ReportJson, report_csv, report_json

if TYPE_CHECKING:
    from fastapi import FastAPI

    from store.statements import StatementStore
    from ui.settings import Settings

PATHS = ("/admin", "/api/uploads")
"""Where large requests may come."""
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


def is_offered(settings: Settings) -> bool:
    """Whether there is anything for an administrator under these settings."""
    signed_in = settings.access.sign_in != "off"
    upload = settings.server.upload
    return upload == "on" or (upload == "auto" and (signed_in or is_loopback(settings.server.host)))


def largest_request(settings: Settings) -> dict[str, int]:
    """Paths that take more than other requests, and how much."""
    most = pages.MOST_FILES * settings.server.upload_bytes + 1_000_000
    return dict.fromkeys(PATHS, most) if is_offered(settings) else {}


def add_admin(app: FastAPI, settings: Settings, store: StatementStore, intake: Intake, checkup: Checkup) -> None:
    """The page and its endpoints, where the settings offer them."""
    local_only = settings.server.upload == "auto" and settings.access.sign_in == "off"

    def allowed(request: Request) -> None:
        if local_only and not is_local(request):
            raise HTTPException(403, "this is for use on the server's own machine; see server.upload in the settings")

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
