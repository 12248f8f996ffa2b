"""HTTP of the Action API: its own envelope, errors and keys; a 5xx is plain text, never JSON.

CKAN's own harvester reads any JSON answer, and one without ``result`` as "0 datasets", after which it believes
that everything is gone. A failure of ours must therefore not look like an answer.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson
import structlog
from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from catalog.ckan.actions import ACTIONS
from catalog.ckan.errors import ActionError, BadRequest, Invalid, NotAuthorized, NotFound
from catalog.ckan.parameters import Parameters
from catalog.ckan.reads import Call
from catalog.feed import web
from kernel.errors import MulianError
from kernel.http import public
from kernel.http.dialects import Dialect
from kernel.http.head import is_head
from kernel.identity.actor import Actor
from kernel.identity.sessions import actor_of_token
from kernel.settings import Settings

api = APIRouter(tags=["ckan"])
_log = structlog.get_logger("catalog.ckan")
_DOC = "CKAN Action API；读操作可用 GET 或 POST，写操作（package_create 等）需 API 令牌并进入本平台的审核流程"


@api.get("/api/3/action/{action}", summary="CKAN Action API（读）", description=_DOC, **public())
async def get_action_3(request: Request, action: str) -> Response:
    """One action with its parameters in the query."""
    return await _answer(request, action)


@api.post("/api/3/action/{action}", summary="CKAN Action API", description=_DOC, **public())
async def post_action_3(request: Request, action: str) -> Response:
    """One action with its parameters as a JSON object."""
    return await _answer(request, action)


@api.get("/api/action/{action}", summary="CKAN Action API（读）", description=_DOC, **public())
async def get_action(request: Request, action: str) -> Response:
    """One action with its parameters in the query."""
    return await _answer(request, action)


@api.post("/api/action/{action}", summary="CKAN Action API", description=_DOC, **public())
async def post_action(request: Request, action: str) -> Response:
    """One action with its parameters as a JSON object."""
    return await _answer(request, action)


async def _answer(request: Request, action: str) -> Response:
    if not await run_in_threadpool(web.admitted, request):
        return _plain("Too many requests", 429, {"Retry-After": "1"})
    try:
        result = await _result(request, action)
    except ActionError as error:
        return _envelope(request, action, error.status, {"success": False, "error": error.body()})
    except MulianError as error:
        if error.status >= 500:
            return _plain(f"{error.code}: {error.text('en')}", error.status, {"Retry-After": "2"})
        known = _known(error)
        return _envelope(request, action, known.status, {"success": False, "error": known.body()})
    except Exception as error:
        _log.error("unexpected error", action=action[:80], kind=type(error).__name__, exc_info=error)
        return _plain("Internal error", 500, {})
    return _envelope(request, action, 200, {"success": True, "result": result})


async def _result(request: Request, action: str) -> Any:
    found = ACTIONS.get(action)
    if found is None:
        raise BadRequest(f"Action name not known: {action[:100]}")
    if found.writes and request.method != "POST":
        raise BadRequest(f"{action} must be called by POST")
    given = Parameters(await _parameters(request))

    def unit(session: Session) -> Any:
        return found.run(Call(
            session, web.site(request), _actor(session, request), given, counted=not is_head(request)
        ))

    return await run_in_threadpool(web.runtime_of(request).database.run, unit, write=found.writes)


async def _parameters(request: Request) -> Mapping[str, Any]:
    if request.method == "GET":
        return _flat(request.url.query)
    body = await request.body()
    if not body.strip():
        return _flat(request.url.query)
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded") and body[:1] != b"{":
        return _flat(body.decode("utf-8", "replace"))
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest("JSON Error: Error decoding JSON data") from error
    if not isinstance(given, dict):
        raise BadRequest("JSON Error: Request data JSON decoded, but is not a dictionary")
    return given


def _flat(text: str) -> dict[str, Any]:
    try:
        found = parse_qs(text, keep_blank_values=True, max_num_fields=100, errors="strict")
    except (ValueError, UnicodeDecodeError) as error:
        raise BadRequest("The query cannot be read") from error
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _actor(session: Session, request: Request) -> Actor | None:
    """Who holds the token, in either header of CKAN's clients; a session's cookie is no key here."""
    secret = request.headers.get("authorization") or request.headers.get("x-ckan-api-key") or ""
    if secret.lower().startswith("bearer "):
        secret = secret[7:]
    return actor_of_token(session, secret.strip()) if secret.strip() else None


def _known(error: MulianError) -> ActionError:
    """Our error as CKAN's: denied 403, unknown 404, everything else 409 with the field."""
    if error.status in (401, 403):
        return NotAuthorized(error.text("en"))
    if error.status == 404:
        return NotFound(error.text("en"))
    problems = error.params.get("problems") or [{}]
    field = str(problems[0].get("field") or error.params.get("field") or error.code)
    return Invalid(field, f"{error.text('zh')} / {error.text('en')}")


def dialect(settings: Settings) -> Dialect:
    """Errors that our edge finds on the paths of the Action API, in the form that CKAN's clients read."""
    del settings  # an envelope without an action names no address
    return Dialect(("/api/3", "/api/action"), lambda error, requested: _refusal(error))


def _refusal(error: MulianError) -> Response:
    if error.status >= 500:
        return _plain(f"{error.code}: {error.text('en')}", error.status, {"Retry-After": "2"})
    said = NotFound(error.text("en")) if error.status == 404 else BadRequest(error.text("en"))
    content = orjson.dumps({"help": "", "success": False, "error": said.body()})
    return Response(content, error.status, {"Access-Control-Allow-Origin": "*"}, media_type="application/json")


def _envelope(request: Request, action: str, status: int, body: dict[str, Any]) -> Response:
    help_ = f"{web.site(request).base}/api/3/action/help_show?name={action}" if action in ACTIONS else ""
    content = orjson.dumps({"help": help_, **body})
    return Response(content, status, {"Access-Control-Allow-Origin": "*"}, media_type="application/json")


def _plain(text: str, status: int, headers: dict[str, str]) -> Response:
    return Response(text, status, headers, media_type="text/plain")
