"""HTTP of DCAT: pages by extension or by what the client accepts, entity tags, data.json as a stream."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response, StreamingResponse

from catalog.ckan.conditions import query_condition
from catalog.ckan.errors import ActionError
from catalog.dcat import html, service
from catalog.dcat.answers import Refused, guarded, negotiated, writer
from catalog.dcat.service import Asked
from catalog.dcat.write import turtle
from catalog.feed import queries, web
from catalog.nodes.models import DataEntry
from catalog.usage import buffer as usage
from kernel import clock
from kernel.http import public
from kernel.http.head import is_head

api = APIRouter(tags=["dcat"])
_PAGES = 100_000


@api.get("/catalog", summary="公开目录（按 Accept 给出 DCAT 或网页）", **public())
async def negotiated_catalog(request: Request) -> Response:
    """The catalog in the form that the client accepts best."""
    return await guarded(request, lambda: _catalog(request, negotiated(request)), vary=True)


@api.get("/catalog.{form}", summary="公开目录（DCAT-AP 3.0.1）", **public())
async def catalog(
    request: Request, form: str,
    page: Annotated[str, Query(description="页码，从 1 起，每页 100")] = "1",
    modified_since: Annotated[str, Query(description="只要此时刻以后变更的，RFC 3339")] = "",
) -> Response:
    """A page of the catalog."""
    return await guarded(request, lambda: _catalog(request, form))


@api.get("/dataset/{entry_id}.{form}", summary="一个数据集（DCAT-AP 3.0.1）", **public())
async def dataset(request: Request, entry_id: str, form: str) -> Response:
    """One dataset."""
    return await guarded(request, lambda: _dataset(request, entry_id, form))


@api.get("/dataset/{entry_id}", summary="一个数据集（按 Accept 给出 DCAT 或网页）", **public())
async def negotiated_dataset(request: Request, entry_id: str) -> Response:
    """One dataset in the form that the client accepts best."""
    return await guarded(request, lambda: _dataset(request, entry_id, negotiated(request)), vary=True)


@api.get("/data.json", summary="全部公开目录（DCAT-US 1.1）", **public())
async def data_json(request: Request) -> Response:
    """The whole catalog."""
    return await guarded(request, lambda: _data_json(request))


def _catalog(request: Request, form: str) -> Response:
    site = web.site(request)
    number = _page_number(request.query_params.get("page", "1"))
    if form == "html":
        return web.read(request, lambda session: _catalog_page(session, request, number))
    media, write = writer(form)
    asked = Asked(number, form, _since(request.query_params.get("modified_since", "")))

    def unit(session: Session) -> Response:
        tag = service.tag(session, "catalog", form, str(number), str(asked.since), str(site))
        if unchanged := _unchanged(session, request, tag):
            return unchanged
        graph = service.catalog(session, site, asked)
        if graph is None:
            raise Refused(404, "没有这一页 / no such page")
        return Response(write(graph), headers=_validators(session, tag), media_type=media)

    return web.read(request, unit)


def _catalog_page(session: Session, request: Request, number: int) -> Response:
    q = request.query_params.get("q", "").replace("\0", "")
    try:
        where = [query_condition(session, q)]
    except ActionError as error:
        raise Refused(400, f"检索式无效 / {error.message}") from error
    total = queries.count(session, *where)
    last = max(1, -(-total // service.PAGE))
    if number > last:
        raise Refused(404, "没有这一页 / no such page")
    ids = queries.page_ids(
        session, *where, order=[DataEntry.id], limit=service.PAGE, offset=(number - 1) * service.PAGE
    )
    body = html.catalog(
        web.site(request), queries.load(session, ids), q=q, total=total, number=number, last=last
    )
    return Response(body, media_type="text/html")


def _dataset(request: Request, given: str, form: str) -> Response:
    site = web.site(request)
    try:
        entry_id = uuid.UUID(given)
    except ValueError:
        raise Refused(404, "没有该数据集 / no such dataset") from None
    media, write = ("text/html", turtle) if form == "html" else writer(form)

    def unit(session: Session) -> Response:
        tag = service.tag(session, str(entry_id), form, str(site))
        if unchanged := _unchanged(session, request, tag):
            return unchanged
        found = service.one(session, site, entry_id)
        if found is None:
            known = queries.record_of(session, entry_id)
            if known is not None and not known.public:
                raise Refused(410, "该数据集已撤下 / this dataset was withdrawn")
            raise Refused(404, "没有该数据集 / no such dataset")
        graph, sealed = found
        if not is_head(request):
            usage.note(session, entry_id, "views" if form == "html" else "downloads")
        body = html.dataset(site, sealed) if form == "html" else write(graph)
        return Response(body, headers=_validators(session, tag), media_type=media)

    return web.read(request, unit)


def _data_json(request: Request) -> Response:
    site, database = web.site(request), web.runtime_of(request).database
    tag = web.read(request, lambda session: service.tag(session, "data.json", str(site)))
    if tag is not None and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})

    if is_head(request):
        response = Response(headers={"ETag": tag} if tag else {}, media_type="application/json")
        del response.headers["content-length"]  # the length of the stream is not known
        return response

    def pieces() -> Iterator[bytes]:
        # a unit of its own: the stream goes on after this handler has returned
        with database.read() as session:
            yield from service.data_json(session, site)

    return StreamingResponse(pieces(), headers={"ETag": tag} if tag else {}, media_type="application/json")


def _page_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _PAGES:
        raise Refused(400, "page 须为正整数 / page is a positive number")
    return int(text[:9])


def _since(text: str) -> datetime | None:
    if not text:
        return None
    try:
        # a plus sign of the zone arrives as a space when it was not encoded
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused(400, "modified_since 须为 RFC 3339 时刻 / modified_since is no RFC 3339 date") from error


def _validators(session: Session, tag: str | None) -> dict[str, str]:
    modified = _modified(session) if tag else None
    found = {"ETag": tag} if tag else {}
    return found | ({"Last-Modified": format_datetime(modified, usegmt=True)} if modified else {})


def _modified(session: Session) -> datetime | None:
    """The stamp of the last change, once its second is over: until then another change could have the same one."""
    _, at = queries.head(session)
    return at.replace(microsecond=0) if at and at + timedelta(seconds=1) < clock.now() else None


def _unchanged(session: Session, request: Request, tag: str | None) -> Response | None:
    given, since = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
    if tag is None or (given is None and since is None):
        return None
    if given is not None:
        same = given.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in given.split(",")]
    else:
        same = _not_after(_modified(session), since or "")
    return Response(status_code=304, headers=_validators(session, tag)) if same else None


def _not_after(modified: datetime | None, since: str) -> bool:
    try:
        return modified is not None and modified <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
