"""HTTP of the identifiers in our RDF: each is an address that says what it names, as RDF or as a page.

Nothing is told here that the datasets do not tell: a service or a department is known while something public names it.
"""

import uuid
from collections.abc import Callable

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from catalog.codes.lists import code_list
from catalog.dcat import describe, html, service, terms
from catalog.dcat.answers import Refused, guarded, negotiated, writer
from catalog.dcat.graph import Graph, Node, Ref, Text
from catalog.feed import queries, web
from catalog.feed.models import FeedChange
from catalog.feed.site import Site
from catalog.nodes.models import DataEntry, DataSystem
from kernel.http import public
from kernel.identity.models import Department
from kernel.text import CONTROL

api = APIRouter(tags=["dcat"])
_LONGEST = 100
_SERVED = 500
Describe = Callable[[Session, Graph, Site], str | None]
"""Put the node of an identifier into a graph and return its IRI; None where nothing public names it."""


@api.get("/def/{scheme}", summary="本平台词表（DCAT）", **public())
async def scheme(request: Request, scheme: str) -> Response:
    """A vocabulary of ours: its terms."""
    return await _answer(request, lambda session, graph, site: _scheme(graph, site, scheme))


@api.get("/def/{scheme}/{term}", summary="本平台词表中的词（DCAT）", **public())
async def term(request: Request, scheme: str, term: str) -> Response:
    """A term of a vocabulary of ours."""
    return await _answer(request, lambda session, graph, site: _term(graph, site, scheme, term))


@api.get("/service/{system_id}", summary="提供接口的系统（DCAT）", **public())
async def data_service(request: Request, system_id: str) -> Response:
    """A system that serves interfaces for public datasets."""
    return await _answer(request, lambda session, graph, site: _service(session, graph, site, system_id))


@api.get("/organization", summary="发布单位（DCAT）", **public())
async def publisher(request: Request) -> Response:
    """Who publishes the catalog."""
    return await _answer(request, lambda session, graph, site: service.publisher(graph, site).iri)


@api.get("/organization/{code}", summary="提供部门（DCAT）", **public())
async def organization(request: Request, code: str) -> Response:
    """A department that publishes datasets or serves their interfaces."""
    return await _answer(request, lambda session, graph, site: _organization(session, graph, site, code))


@api.get("/contact", summary="联系方式（DCAT）", **public())
async def contacts(request: Request) -> Response:
    """Where to ask, for every department that publishes; each is a fragment of this address."""
    return await _answer(request, _contacts)


@api.get("/dataset/{entry_id}/version/{number}", summary="数据集的公开过的版本（DCAT）", **public())
async def version(request: Request, entry_id: str, number: str) -> Response:
    """A version of a dataset that was public."""
    return await _answer(request, lambda session, graph, site: _version(session, graph, site, entry_id, number))


async def _answer(request: Request, describe_: Describe) -> Response:
    def make() -> Response:
        form, site = negotiated(request), web.site(request)

        def unit(session: Session) -> Response:
            graph = Graph()
            iri = describe_(session, graph, site)
            if iri is None:
                raise Refused(404, "没有该标识 / no such identifier")
            if form == "html":
                return Response(html.node(graph, iri), media_type="text/html")
            media, write = writer(form)
            return Response(write(graph), media_type=media)

        return web.read(request, unit)

    return await guarded(request, make, vary=True)


def _scheme(graph: Graph, site: Site, name: str) -> str | None:
    if name == "theme":
        iri = describe.own_themes(graph, site).iri
        for token in code_list("theme").values:
            _term(graph, site, "theme", token)
        return iri
    titles = {"format": "数据格式", "open_type": "开放类型", "region": "行政区划", "algorithm": "摘要算法"}
    if name not in titles:
        return None
    node = Node(f"{site.base}/def/{name}", ("skos:ConceptScheme",)).add("dct:title", Text.zh(titles[name]))
    return graph.put(node).iri


def _term(graph: Graph, site: Site, scheme: str, name: str) -> str | None:
    """The term as datasets name it. Formats are an open list: every name is one."""
    known = {"theme": code_list("theme").values, "open_type": code_list("open_type").values}
    if name not in known.get(scheme, (name,)) or len(name) > _LONGEST:
        return None
    made: dict[str, Callable[[], Ref | None]] = {
        "theme": lambda: describe.own_theme(graph, name, site),
        "open_type": lambda: describe.licence(graph, name, site),
        "format": lambda: terms.own_format(graph, name, f"{site.base}/def/format"),
        "region": lambda: describe.location(graph, name, site) if name.isascii() and name.isdigit() else None,
        "algorithm": lambda: describe.algorithm(graph, site) if name == "sm3" else None,
    }
    found = made[scheme]() if scheme in made else None
    return found.iri if found else None


def _service(session: Session, graph: Graph, site: Site, given: str) -> str | None:
    system_id = _uuid(given)
    joined = select(DataSystem.entry_id).where(DataSystem.system_id == system_id, DataSystem.version > 0)
    ids = queries.page_ids(session, DataEntry.id.in_(joined), order=[DataEntry.id], limit=_SERVED)
    iri = None
    for sealed in queries.load(session, ids):
        for system in sealed.entry.systems:
            if system.id == system_id:
                iri = describe.service(graph, system, sealed.entry, site, []).iri
    return iri


def _organization(session: Session, graph: Graph, site: Site, code: str) -> str | None:
    if CONTROL.search(code):
        return None  # no code has one, and PostgreSQL does not compare with it
    known = session.scalars(
        select(Department.id).where((Department.uscc == code) | (Department.uscc.is_(None) & (Department.code == code)))
    ).first()
    if known is None or not _publishes(session, known):
        return None
    return describe.organization(graph, queries.orgs_of(session, {known})[known], site).iri


def _publishes(session: Session, department_id: uuid.UUID) -> bool:
    own = queries.page_ids(session, DataEntry.department_id == department_id, order=[DataEntry.id], limit=1)
    return bool(own) or queries.serves(session, department_id)


def _contacts(session: Session, graph: Graph, site: Site) -> str:
    for org in sorted(queries.publishing(session), key=lambda org: org.code):
        describe.contact(graph, org.name, site)
    return graph.put(Node(f"{site.base}/contact", ("foaf:Document",)).add("dct:title", Text.zh("联系方式"))).iri


def _version(session: Session, graph: Graph, site: Site, given: str, number: str) -> str | None:
    entry_id = _uuid(given)
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    told = session.scalars(select(FeedChange).where(
        FeedChange.entry_id == entry_id, FeedChange.version == int(number), FeedChange.op == "upsert"
    ).order_by(FeedChange.seq.desc()).limit(1)).first()
    if told is None or not queries.load(session, [told.entry_id]):
        return None
    dataset = site.dataset(told.entry_id)
    node = Node(f"{dataset}/version/{told.version}", ("dcat:Dataset",)).add("dct:identifier", Text(told.code))
    node.add("dct:title", Text.zh(f"{told.code} 第 {told.version} 版")).add("dcat:version", Text(str(told.version)))
    return graph.put(node.add("dct:isVersionOf", Ref(dataset)).add("dct:modified", describe.moment(told.at))).iri


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Refused(404, "没有该标识 / no such identifier") from None
