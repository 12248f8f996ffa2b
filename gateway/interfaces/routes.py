"""Interfaces over HTTP."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Request, Response
from sqlalchemy.orm import Session

from gateway.interfaces import announcing, canary, queries, rules, service
from gateway.interfaces.models import Interface
from gateway.interfaces.schemas import (
    CallerOut,
    Callers,
    CanaryIn,
    Decision,
    InterfaceDetail,
    InterfaceIn,
    InterfaceOut,
    InterfacePage,
    Opinion,
    RevisionIn,
    RevisionOut,
)
from gateway.permissions import CALL_READ, INTERFACE_APPROVE, INTERFACE_EDIT, INTERFACE_READ
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
    return InterfacePage(items=_out(session, rows), total=total, page=page.number, size=page.size)


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


@api.post("/{interface_id}/test", **needs(INTERFACE_EDIT))
def test_interface(session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID) -> InterfaceDetail:
    """Freeze the draft and serve it in the test environment, on synthetic data."""
    return _detail(session, service.start_test(session, actor, interface_id=interface_id), response)


@api.post("/{interface_id}/revisions/{number}/roll-back", **needs(INTERFACE_EDIT))
def roll_back_interface(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, number: int,
) -> InterfaceDetail:
    """Ask for an earlier published revision again; a reviewer decides."""
    made = service.roll_back(session, actor, interface_id=interface_id, number=number)
    return _detail(session, made, response)


@api.get("/{interface_id}/callers", **needs(CALL_READ))
def list_callers(session: Session_, actor: Actor_, interface_id: uuid.UUID) -> Callers:
    """Say which applications still call, by the call log of the last 30 days; a consumer sees the own ones."""
    interface = _found(session, interface_id)
    found = announcing.still_calling(session, interface)
    seen = [one for one in found if actor.sees(interface.department_id) or actor.sees(one.department_id)]
    return Callers(days=announcing.CALLING_DAYS, items=[CallerOut.model_validate(one) for one in seen])


@api.post("/{interface_id}/submit", **needs(INTERFACE_EDIT))
def submit_interface(session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID) -> InterfaceDetail:
    """Hand the draft to a reviewer."""
    return _detail(session, service.submit(session, actor, interface_id=interface_id), response)


@api.post("/{interface_id}/approve", **needs(INTERFACE_APPROVE))
def approve_interface(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: Decision,
) -> InterfaceDetail:
    """Approve the submitted revision: served within a second, or from the announced day when it breaks callers."""
    made = service.approve(session, actor, interface_id=interface_id, opinion=body.opinion, urgent=body.urgent)
    return _detail(session, made, response)


@api.post("/{interface_id}/canary", **needs(INTERFACE_APPROVE))
def canary_interface(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: CanaryIn,
) -> InterfaceDetail:
    """Approve the submitted revision for a part, or change the part that gets it."""
    made = canary.serve_part(
        session, actor, interface_id=interface_id, opinion=body.opinion, share=body.share, app_ids=body.app_ids,
    )
    return _detail(session, made, response)


@api.post("/{interface_id}/canary/finish", **needs(INTERFACE_APPROVE))
def finish_canary(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: Opinion,
) -> InterfaceDetail:
    """Serve the canary's revision to everybody."""
    return _detail(session, canary.finish(session, actor, interface_id=interface_id, opinion=body.opinion), response)


@api.post("/{interface_id}/canary/stop", **needs(INTERFACE_APPROVE))
def stop_canary(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: Opinion,
) -> InterfaceDetail:
    """Give everybody the published revision again."""
    return _detail(session, canary.stop(session, actor, interface_id=interface_id, opinion=body.opinion), response)


@api.post("/{interface_id}/return", **needs(INTERFACE_APPROVE))
def return_interface(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: Opinion,
) -> InterfaceDetail:
    """Give the submitted revision back."""
    made = service.return_(session, actor, interface_id=interface_id, opinion=body.opinion)
    return _detail(session, made, response)


@api.post("/{interface_id}/retire", **needs(INTERFACE_APPROVE))
def retire_interface(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: Decision,
) -> InterfaceDetail:
    """Take the interface out of service: at once, or 20 working days ahead when somebody still calls."""
    made = announcing.retire(session, actor, interface_id=interface_id, opinion=body.opinion, urgent=body.urgent)
    return _detail(session, made, response)


@api.post("/{interface_id}/withdraw-announcement", **needs(INTERFACE_APPROVE))
def withdraw_announcement(
    session: Session_, actor: Actor_, response: Response, interface_id: uuid.UUID, body: Opinion,
) -> InterfaceDetail:
    """Take back an announced end or an announced breaking revision."""
    made = announcing.withdraw(session, actor, interface_id=interface_id, opinion=body.opinion)
    return _detail(session, made, response)


def _found(session: Session, interface_id: uuid.UUID) -> Interface:
    found = session.get(Interface, interface_id)
    if found is None:
        raise NOT_FOUND()
    return found


def _detail(session: Session, interface: Interface, response: Response) -> InterfaceDetail:
    set_etag(response, interface.version)
    revisions = [RevisionOut.model_validate(one) for one in queries.revisions(session, interface.id)]
    return InterfaceDetail(**_out(session, [interface])[0].model_dump(), revisions=revisions)


def _out(session: Session, rows: Sequence[Interface]) -> list[InterfaceOut]:
    opened = queries.open_states(session, [row.id for row in rows])
    return [
        InterfaceOut(**{name: getattr(row, name) for name in InterfaceOut.model_fields if name != "shown"},
                     shown=rules.shown_state(row.state, opened.get(row.id), row.ends_on))
        for row in rows
    ]
