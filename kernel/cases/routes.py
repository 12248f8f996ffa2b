"""Cases over HTTP. Every change needs If-Match with the case's version."""

import uuid
from typing import Annotated, Literal

from fastapi import Query, Request, Response
from sqlalchemy.orm import Session

from kernel.cases import queries, registry, rules, service
from kernel.cases.models import CaseFile
from kernel.cases.schemas import Assign, CaseIn, CaseOut, CasePage, Close, EventOut, Note, Pause, Timeline
from kernel.http import Actor_, Page_, Session_, check_if_match, needs, paginate, router, set_etag
from kernel.http.wire import Title
from kernel.identity.actor import Actor, require
from kernel.identity.models import User

api = router(prefix="/cases", tags=["cases"])
EDIT = needs("kernel.case.edit")


@api.get("", **needs("kernel.case.read"))
def list_cases(
    session: Session_, actor: Actor_, page: Page_, state: Literal["open", "closed"] | None = None,
    type_: Annotated[str | None, Query(alias="type", max_length=40)] = None, mine: bool = False,
) -> CasePage:
    """List cases, newest first; ``mine`` are those assigned to me."""
    rows, total = paginate(session, queries.visible(actor, state=state, type_=type_, mine=mine), page)
    return CasePage(items=[_out(session, r) for r in rows], total=total, page=page.number, size=page.size)


@api.post("", status_code=201, **EDIT)
def open_case(response: Response, session: Session_, actor: Actor_, body: CaseIn) -> CaseOut:
    """Open a case."""
    require(actor, "kernel.case.edit", department_id=body.department_id)
    row = service.open_case(
        session, actor, type_=body.type, title=body.title, description=body.description, severity=body.severity,
        department_id=body.department_id, clock_from=body.clock_from,
    )
    return _answer(response, session, row)


@api.get("/{case_id}", **needs("kernel.case.read"))
def get_case(response: Response, session: Session_, actor: Actor_, case_id: uuid.UUID) -> CaseOut:
    """Read a case."""
    return _answer(response, session, service.get(session, actor, case_id=case_id))


@api.get("/{case_id}/timeline", **needs("kernel.case.read"))
def get_timeline(session: Session_, actor: Actor_, case_id: uuid.UUID) -> Timeline:
    """Read the timeline."""
    service.get(session, actor, case_id=case_id)
    return Timeline(items=[EventOut.model_validate(line) for line in queries.timeline(session, case_id)])


@api.post("/{case_id}/assignment", **EDIT)
def assign(
    request: Request, response: Response, session: Session_, actor: Actor_, case_id: uuid.UUID, body: Assign
) -> CaseOut:
    """Hand the case to a person."""
    row = _editable(request, session, actor, case_id)
    user = session.get(User, body.assignee_id) if body.assignee_id else None
    service.assign(session, actor, row, assignee_id=user.id if user else None, name=user.display_name if user else "")
    return _answer(response, session, row)


@api.post("/{case_id}/notes", **EDIT)
def note(
    request: Request, response: Response, session: Session_, actor: Actor_, case_id: uuid.UUID, body: Note
) -> CaseOut:
    """Add a line to the timeline."""
    row = _editable(request, session, actor, case_id)
    service.note(session, actor, row, text=body.text)
    return _answer(response, session, row)


@api.post("/{case_id}/pause", **EDIT)
def pause(
    request: Request, response: Response, session: Session_, actor: Actor_, case_id: uuid.UUID, body: Pause
) -> CaseOut:
    """Stop the clock with the client's consent."""
    row = _editable(request, session, actor, case_id)
    service.pause(session, actor, row, reason=body.reason, consent_by=body.consent_by)
    return _answer(response, session, row)


@api.post("/{case_id}/resume", **EDIT)
def resume(request: Request, response: Response, session: Session_, actor: Actor_, case_id: uuid.UUID) -> CaseOut:
    """Let the clock run on."""
    row = _editable(request, session, actor, case_id)
    service.resume(session, actor, row)
    return _answer(response, session, row)


@api.post("/{case_id}/closure", **EDIT)
def close(
    request: Request, response: Response, session: Session_, actor: Actor_, case_id: uuid.UUID, body: Close
) -> CaseOut:
    """Close the case with its cause."""
    row = _editable(request, session, actor, case_id)
    service.close(session, actor, row, cause=body.cause, clock_until=body.clock_until)
    return _answer(response, session, row)


def _editable(request: Request, session: Session, actor: Actor, case_id: uuid.UUID) -> CaseFile:
    row = service.get(session, actor, case_id=case_id)
    check_if_match(request, row.version)
    return row


def _answer(response: Response, session: Session, row: CaseFile) -> CaseOut:
    set_etag(response, row.version)
    return _out(session, row)


def _out(session: Session, row: CaseFile) -> CaseOut:
    kind, running = registry.type_of(row.type), service.running_time(session, row)
    return CaseOut(
        type_title=Title(zh=kind.zh, en=kind.en),
        paused=any(p.ended_at is None for p in queries.pauses(session, row.id)),
        running_seconds=int(running.total_seconds()), in_time=rules.in_time(running, row.due_seconds),
        **{name: getattr(row, name) for name in (
            "id", "number", "type", "state", "title", "description", "severity", "department_id", "assignee_id",
            "reporter_name", "object_type", "object_id", "opened_at", "clock_from", "clock_until", "closed_at",
            "due_seconds", "version",
        )},
    )
