"""Errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from store.errors import (
    AccessError,
    InputError,
    ModelError,
    NotFoundError,
    RemoteError,
    SignInError,
    StatementsError,
    StoreBusyError,
    StoreError,
)

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"
FAILED = "the server failed on this request; its log has the details under the request id"
STATUS: tuple[tuple[type[StatementsError], int], ...] = (
    (InputError, 422),
    (NotFoundError, 404),
    (SignInError, 401),
    (AccessError, 403),
    (RemoteError, 502),
    (StoreBusyError, 503),
    (StoreError, 503),
    (ModelError, 503),
)
SCHEMA: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "What was asked can't be done; `detail` says why",
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "request_id"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "request_id": {"type": "string"},
                    },
                }
            }
        },
    }
}
"""For the OpenAPI document, beside each operation."""


def problem(status: int, detail: str, request_id: str) -> dict[str, str | int]:
    """One problem, one line of detail."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }


def problem_response(status: int, detail: str, request_id: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The same as a response."""
    return JSONResponse(problem(status, detail, request_id), status, headers=headers, media_type=MEDIA_TYPE)


def status_of(error: StatementsError) -> int:
    """The HTTP status of one of our errors."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def invalid_detail(error: RequestValidationError) -> str:
    """What is wrong with a request, in one line: the first of all faults, with its place."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:] if isinstance(part, str | int)) or str(first["loc"][0])
    return f"{where}: {first['msg']}"


def request_id_of(request: Request) -> str:
    """What the middleware gave the request."""
    return str(getattr(request.state, "request_id", ""))


def install(app: FastAPI) -> None:
    """Let the application answer every error this way."""

    def ours(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, StatementsError)
        return _problem(request, status_of(error), str(error))

    def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return _problem(request, 422, invalid_detail(error))

    def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers) if error.headers else None
        return _problem(request, error.status_code, str(error.detail), headers)

    app.add_exception_handler(StatementsError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _problem(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return problem_response(status, detail, request_id_of(request), headers)
