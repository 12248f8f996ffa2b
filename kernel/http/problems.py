"""RFC 9457 problem+json in the reader's language, with a stable code and a trace number."""

from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from kernel.errors import (
    CONFLICT,
    INPUT_INVALID,
    INTERNAL,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    MulianError,
)
from kernel.http.dialects import translate

_log = structlog.get_logger("kernel.http")


def language_of(request: Request) -> str:
    """Return ``en`` when the client prefers it, else ``zh``."""
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"


def problem(request: Request, error: MulianError, *, fields: list[dict[str, Any]] | None = None) -> Response:
    """Render an error; no stack trace, no internal names."""
    language = language_of(request)
    body: dict[str, Any] = {
        "type": f"/docs/errors#{error.code}",
        "title": error.text(language),
        "status": error.status,
        "detail": error.text(language),
        "code": error.code,
        "fix": error.fix(language),
        "trace": getattr(request.state, "trace", ""),
        "params": error.params,
    }
    if fields is not None:
        body["fields"] = fields
    headers = {"Content-Language": "zh-CN" if language == "zh" else "en"}
    if error.status == 503:
        headers["Retry-After"] = "2"
    return Response(orjson.dumps(body, default=str), error.status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Turn every error of the application into problem+json."""
    app.add_exception_handler(MulianError, _mulian)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def internal(request: Request, error: BaseException) -> Response:
    """Log an unexpected error under its trace number and answer without detail."""
    trace = getattr(request.state, "trace", "")
    _log.error("unexpected error", trace=trace, path=request.url.path, kind=type(error).__name__, exc_info=error)
    return problem(request, INTERNAL())


async def _mulian(request: Request, error: Exception) -> Response:
    assert isinstance(error, MulianError)
    return problem(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # the submitted value is not echoed: it may be a secret
    fields = [{"field": ".".join(str(p) for p in e["loc"]), "rule": e["type"],
        "message": e["msg"]} for e in error.errors()]
    return problem(request, INPUT_INVALID(count=len(fields)), fields=fields)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 409: CONFLICT}.get(error.status_code)
    if kind is None:
        return Response(orjson.dumps({"status": error.status_code, "title": str(error.detail)}), error.status_code,
                        media_type="application/problem+json")
    answer = translate(getattr(request.app.state, "dialects", ()), request.scope, kind()) or problem(request, kind())
    if error.headers and "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer
