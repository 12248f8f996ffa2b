"""What the addresses of DCAT share: negotiation of the form, refusals in plain text, who may ask from where."""

from collections.abc import Callable

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from catalog.dcat.graph import Graph
from catalog.dcat.write import json_ld, rdf_xml, turtle
from catalog.feed import web
from kernel.http.problems import internal

Writer = Callable[[Graph], bytes]
_WRITERS: dict[str, tuple[str, Writer]] = {
    "ttl": ("text/turtle", turtle), "jsonld": ("application/ld+json", json_ld), "xml": ("application/rdf+xml", rdf_xml),
}
_ACCEPTED = {
    "text/html": "html", "application/xhtml+xml": "html", "text/turtle": "ttl", "application/ld+json": "jsonld",
    "application/json": "jsonld", "application/rdf+xml": "xml", "application/xml": "xml", "text/xml": "xml",
    "text/*": "html", "application/*": "jsonld", "*/*": "html",
}
_FORM = "ttl、jsonld、xml 或 html"
_TYPES = "text/turtle, application/ld+json, application/rdf+xml, text/html"


class Refused(Exception):
    """An answer in plain text that ends the request."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


async def guarded(request: Request, make: Callable[[], Response], *, vary: bool = False) -> Response:
    """Run a handler within the rate of its client; every failure is an answer, and any origin may read it."""
    if not await run_in_threadpool(web.admitted, request):
        return Response("请求过于频繁 / too many requests", 429, {"Retry-After": "1"}, media_type="text/plain")
    try:
        response = await run_in_threadpool(make)
    except Refused as refused:
        response = Response(refused.text, refused.status, media_type="text/plain")
    except Exception as error:
        return internal(request, error)
    response.headers["Access-Control-Allow-Origin"] = "*"
    if vary:
        response.headers["Vary"] = "Accept"
    return response


def negotiated(request: Request) -> str:
    """The form of the best accepted type; without Accept the page for people."""
    best: tuple[float, int, str] | None = None
    for place, part in enumerate(request.headers.get("accept", "*/*").split(",")[:50]):
        name, *parameters = (one.strip() for one in part.split(";"))
        form = _ACCEPTED.get(name.lower())
        if form is None:
            continue
        weight = next((_weight(one[2:]) for one in parameters if one.startswith("q=")), 1.0)
        if weight > 0 and (best is None or (weight, -place) > best[:2]):
            best = (weight, -place, form)
    if best is None:
        raise Refused(406, f"可用格式：{_FORM} / available: {_TYPES}")
    return best[2]


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def writer(form: str) -> tuple[str, Writer]:
    """Media type and writer of a form, or a refusal that names the forms."""
    found = _WRITERS.get(form)
    if found is None:
        raise Refused(404, f"可用格式：{_FORM} / available: ttl, jsonld, xml, html")
    return found
