"""Interfaces over HTTP."""

import uuid
from typing import Annotated, Any

from fastapi import Query, Request, Response
from sqlalchemy.orm import Session

from gateway.interfaces import queries, service
from gateway.interfaces.models import Interface
from gateway.interfaces.schemas import (
    InterfaceDetail,
    InterfaceIn,
    InterfaceOut,
    InterfacePage,
    Opinion,
    RevisionIn,
    RevisionOut,
)
from gateway.permissions import INTERFACE_APPROVE, INTERFACE_EDIT, INTERFACE_READ
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Page_, Session_, check_if_match, needs, paginate, router, set_etag
from kernel.identity.actor import require

api = router(prefix="/gateway/interfaces", tags=["gateway"])


@api.get("", **needs(INTERFACE_READ))
def list_interfaces(
    session: Session_, page: Page_, state: Annotated[str | None, Query(max_length=20)] = None,
    q: Annotated[str | None, Query(max_length=100, description="代码或名称")] = None,
    entry_id: Annotated[uuid.UUID | None, Query(description="只列该数据目录的接口")] = None,
) -> InterfacePage:
    """List interfaces. The directory of interfaces is common: what is offered is no secret inside the district."""
    rows, total = paginate(session, queries.listing(state=state, query=q, entry_id=entry_id), page)
    items = [InterfaceOut.model_validate(row) for row in rows]
    return InterfacePage(items=items, total=total, page=page.number, size=page.size)


@api.post("", status_code=201, **needs(INTERFACE_EDIT))
def create_interface(session: Session_, actor: Actor_, response: Response, body: InterfaceIn) -> InterfaceDetail:
    """Create an interface with its first draft."""
    made = service.create(
        session, actor, code=body.code, name=body.name, path=body.path, entry_id=body.entry_id,
        definition=body.definition.model_dump(mode="json"),
    )
    return _detail(session, made, response)


@api.get("/{interface_id}", **needs(INTERFACE_READ))
def read_interface(session: Session_, response: Response, interface_id: uuid.UUID) -> InterfaceDetail:
    """Return an interface with its revisions."""
    return _detail(session, _found(session, interface_id), response)


@api.patch("/{interface_id}", **needs(INTERFACE_EDIT))
def revise_interface(
    session: Session_, actor: Actor_, request: Request, response: Response, interface_id: uuid.UUID, body: RevisionIn,
) -> InterfaceDetail:
    """Change the draft, or open the next revision."""
    found = _found(session, interface_id)
    require(actor, INTERFACE_EDIT, department_id=found.department_id)
    check_if_match(request, found.version)
    definition: dict[str, Any] = body.definition.model_dump(mode="json")
    return _detail(session, service.revise(session, actor, interface_id=interface_id, definition=definition), response)


@api.post("/{interface_id}/submit", **needs(INTERFACE_EDIT))
def submit_interface(session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID) -> InterfaceDetail:
    """Hand the draft to a reviewer."""
    return _detail(session, service.submit(session, actor, interface_id=interface_id), response)


@api.post("/{interface_id}/approve", **needs(INTERFACE_APPROVE))
def approve_interface(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: Opinion,
) -> InterfaceDetail:
    """Publish the submitted revision; the gateway serves it within about a second."""
    made = service.approve(session, actor, interface_id=interface_id, opinion=body.opinion)
    return _detail(session, made, response)


@api.post("/{interface_id}/return", **needs(INTERFACE_APPROVE))
def return_interface(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: Opinion,
) -> InterfaceDetail:
    """Give the submitted revision back."""
    made = service.return_(session, actor, interface_id=interface_id, opinion=body.opinion)
    return _detail(session, made, response)


@api.post("/{interface_id}/retire", **needs(INTERFACE_APPROVE))
def retire_interface(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: Opinion,
) -> InterfaceDetail:
    """Take the interface out of service."""
    made = service.retire(session, actor, interface_id=interface_id, opinion=body.opinion)
    return _detail(session, made, response)


def _found(session: Session, interface_id: uuid.UUID) -> Interface:
    found = session.get(Interface, interface_id)
    if found is None:
        raise NOT_FOUND()
    return found


def _detail(session: Session, interface: Interface, response: Response) -> InterfaceDetail:
    set_etag(response, interface.version)
    revisions = [RevisionOut.model_validate(one) for one in queries.revisions(session, interface.id)]
    base = InterfaceOut.model_validate(interface).model_dump()
    return InterfaceDetail(**base, revisions=revisions)
