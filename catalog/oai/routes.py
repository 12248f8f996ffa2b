"""HTTP of OAI-PMH: one address, GET and POST; protocol errors are answers with status 200."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from catalog.feed import web
from catalog.feed.site import site_of
from catalog.feed.xml import element, escape
from catalog.oai import service
from catalog.oai.protocol import OaiError, arguments, date
from kernel import clock
from kernel.errors import MulianError
from kernel.http import public
from kernel.http.dialects import Dialect
from kernel.http.head import is_head
from kernel.settings import Settings

api = APIRouter(tags=["oai-pmh"])
_log = structlog.get_logger("catalog.oai")
_SPACE = "http://www.openarchives.org/OAI/2.0/"
_OPEN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<OAI-PMH xmlns="{_SPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xsi:schemaLocation="{_SPACE} {_SPACE}OAI-PMH.xsd">'
)
_DOC = "OAI-PMH 2.0：六个动词，元数据格式 oai_dc，已撤下的目录保留删除标记"
_BODY_LIMIT = 10_000


@api.get("/oai", summary="OAI-PMH", description=_DOC, **public())
async def get_oai(request: Request) -> Response:
    """One request with its arguments in the query."""
    return await _answer(request, request.url.query)


@api.post("/oai", summary="OAI-PMH", description=_DOC, **public())
async def post_oai(request: Request) -> Response:
    """One request with its arguments as a form."""
    body = await request.body()
    return await _answer(request, body[:_BODY_LIMIT].decode("utf-8", "replace"))


async def _answer(request: Request, text: str) -> Response:
    if not await run_in_threadpool(web.admitted, request):
        # the protocol's own way to slow a harvester down
        return Response("Too many requests", 503, {"Retry-After": "2"}, media_type="text/plain")
    try:
        body = await run_in_threadpool(_body, request, text)
    except MulianError as error:
        return Response(f"{error.code}: {error.text('en')}", 503, {"Retry-After": "2"}, media_type="text/plain")
    except Exception as error:
        _log.error("unexpected error", kind=type(error).__name__, exc_info=error)
        return Response("Internal error", 500, media_type="text/plain")
    return Response(body.encode(), media_type="text/xml")


def dialect(settings: Settings) -> Dialect:
    """Errors that our edge finds on the address of OAI-PMH, as an answer of the protocol with the status of HTTP."""

    def render(error: MulianError, requested: str) -> Response:
        if error.status >= 500:
            return Response(f"{error.code}: {error.text('en')}", error.status, media_type="text/plain")
        asked = element("request", f"{site_of(settings, requested).base}/oai")
        said = element("error", f"{error.text('zh')} / {error.text('en')}", code="badArgument")
        return Response(_whole(asked, said).encode(), error.status, media_type="text/xml")

    return Dialect(("/oai",), render)


def _body(request: Request, text: str) -> str:
    site = web.site(request)
    base = f"{site.base}/oai"
    try:
        verb, found = arguments(_pairs(text))
        counted = not is_head(request)
        inner = web.read(request, lambda session: service.answer(session, site, verb, found, counted=counted))
    except OaiError as error:
        plain = error.code in ("badVerb", "badArgument")
        asked = element("request", base) if plain else _asked(base, verb, found)
        return _whole(asked, element("error", error.message, code=error.code))
    return _whole(_asked(base, verb, found), f"<{verb}>{inner}</{verb}>")


def _pairs(text: str) -> Sequence[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=20, errors="replace")
    except ValueError as error:
        raise OaiError("badArgument", "参数过多 / too many arguments") from error


def _asked(base: str, verb: str, found: dict[str, str]) -> str:
    marks = "".join(f' {name}="{escape(value)}"' for name, value in {"verb": verb, **found}.items())
    return f"<request{marks}>{escape(base)}</request>"


def _whole(asked: str, content: str) -> str:
    return f"{_OPEN}{element('responseDate', date(clock.now()))}{asked}{content}</OAI-PMH>"
