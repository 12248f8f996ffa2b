"""Pages of interfaces over HTTP: for who is signed in, and behind a dated link for who has no account."""

import uuid
from typing import Annotated, Literal

import orjson
from fastapi import Path, Query, Request, Response
from sqlalchemy.orm import Session

from gateway.interfaces.models import Interface
from gateway.pages import document, openapi, postman, queries, sampling, service
from gateway.pages.schemas import LinkIn, LinkMade, LinkOut, Links, Sample, Samples
from gateway.permissions import INTERFACE_READ, PAGE_SHARE
from kernel.documents.html import CONTENT_SECURITY_POLICY
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Session_, download, needs, public, router

api = router(prefix="/gateway", tags=["gateway"])
Token = Annotated[str, Path(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_-]+$")]
_OPENAPI, _POSTMAN = "openapi.json", "postman.json"
_TITLES = {_OPENAPI: "OpenAPI 3.1", _POSTMAN: "Postman 集合（v2.1）"}


@api.get("/interfaces/{interface_id}/page", **needs(INTERFACE_READ))
def read_page(
    session: Session_, actor: Actor_, interface_id: uuid.UUID,
    form: Annotated[Literal["html", "docx", "pdf"], Query(description="html 查看，docx、pdf 下载")] = "html",
) -> Response:
    """Return the Chinese page of an interface."""
    return _page(session, service.of(session, actor, interface_id), form, "")


@api.get("/interfaces/{interface_id}/files/{name}", **needs(INTERFACE_READ))
def read_page_file(session: Session_, actor: Actor_, interface_id: uuid.UUID, name: str) -> Response:
    """Download ``openapi.json``, ``postman.json`` or a signing sample."""
    return _file(session, service.of(session, actor, interface_id), name)


@api.get("/interfaces/{interface_id}/samples", **needs(INTERFACE_READ))
def read_samples(session: Session_, actor: Actor_, interface_id: uuid.UUID) -> Samples:
    """Return the signing samples with the lines that call this interface."""
    facts = service.facts(session, service.of(session, actor, interface_id))
    method = facts.definition["methods"][0]
    return Samples(items=[
        Sample(name=name, command=sampling.command(name, facts.base, method, facts.path),
               text=(sampling.read(name) or b"").decode())
        for name in sampling.FILES
    ])


@api.get("/interfaces/{interface_id}/links", **needs(PAGE_SHARE))
def list_links(session: Session_, actor: Actor_, interface_id: uuid.UUID) -> Links:
    """List the dated links of an interface."""
    interface = service.of(session, actor, interface_id)
    return Links(items=[LinkOut.model_validate(one) for one in queries.links(session, interface.id)])


@api.post("/interfaces/{interface_id}/links", status_code=201, **needs(PAGE_SHARE))
def share_page(
    session: Session_, actor: Actor_, request: Request, interface_id: uuid.UUID, body: LinkIn
) -> LinkMade:
    """Make a dated link; its address is shown once."""
    request.state.shows_secret = True
    link, token = service.share(session, actor, interface_id=interface_id, note=body.note, days=body.days)
    return LinkMade(**LinkOut.model_validate(link).model_dump(), path=f"/api/v1/gateway/pages/{token}")


@api.post("/links/{link_id}/revoke", **needs(PAGE_SHARE))
def revoke_link(session: Session_, actor: Actor_, link_id: uuid.UUID) -> LinkOut:
    """Close a link."""
    return LinkOut.model_validate(service.revoke(session, actor, link_id=link_id))


@api.get("/pages/{token}", **public())
def read_shared_page(session: Session_, token: Token) -> Response:
    """Return the page behind a dated link."""
    return _page(session, service.opened(session, token), "html", f"/api/v1/gateway/pages/{token}")


@api.get("/pages/{token}/{name}", **public())
def read_shared_file(session: Session_, token: Token, name: str) -> Response:
    """Download a file behind a dated link."""
    return _file(session, service.opened(session, token), name)


def _page(session: Session, interface: Interface, form: str, address: str) -> Response:
    from kernel.documents.render import render  # the renderers take long to import, and few ask for a page

    files = [(_TITLES.get(name, name), f"{address}/{name}") for name in (*_TITLES, *sampling.FILES)] if address else []
    data = render(document.page(service.facts(session, interface), files), form)
    if form != "html":
        return download(data, f"{interface.code}.{form}")
    return Response(data, media_type="text/html; charset=utf-8", headers={
        "Content-Security-Policy": CONTENT_SECURITY_POLICY, "Referrer-Policy": "no-referrer",
    })


def _file(session: Session, interface: Interface, name: str) -> Response:
    if name in sampling.FILES:
        return download(sampling.read(name) or b"", name, "text/plain; charset=utf-8")
    facts = service.facts(session, interface)
    if name == _OPENAPI:
        data = orjson.dumps(openapi.document(facts), option=orjson.OPT_INDENT_2)
    elif name == _POSTMAN:
        data = orjson.dumps(postman.collection(facts), option=orjson.OPT_INDENT_2)
    else:
        raise NOT_FOUND()
    return download(data, f"{interface.code}-{name}", "application/json")
