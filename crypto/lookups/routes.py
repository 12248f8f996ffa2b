"""/crypto/lookups: the two doors, grants, the log, 谁查过这个人."""

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from crypto.identifiers.service import Field
from crypto.keys.views import department_of, reach
from crypto.lookups import grants, queries, seen, service, views
from crypto.lookups.grants import GRANT
from crypto.lookups.port import SignedCall, apps
from crypto.lookups.schemas import (
    AnswerOut,
    AppChoices,
    GrantIn,
    GrantOut,
    GrantPage,
    LookPage,
    ManualIn,
    RevokeIn,
    SystemIn,
    WhoIn,
    WhoOut,
)
from crypto.lookups.seen import AUDIT
from crypto.lookups.service import RUN, Answer, Question, Reason
from crypto.requests.schemas import RequestedOut
from kernel.http import Actor_, Page_, Session_, needs, paginate, public, router
from kernel.http.problems import problem
from kernel.identity.actor import Actor
from kernel.runtime import runtime_of
from kernel.text import Plain

APP_CHOICES = 30
api = router(prefix="/crypto/lookups", tags=["crypto"])


async def _signed(request: Request) -> SignedCall:
    return SignedCall(
        request.method.encode(), request.scope["raw_path"], request.scope["query_string"],
        dict(request.scope["headers"]), await request.body(),
    )


@api.post("/system", response_model=AnswerOut, **public())
def look_up_by_system(
    request: Request, session: Session_, call: Annotated[SignedCall, Depends(_signed)], body: SystemIn,
) -> Any:
    """系统查询: an application's call, signed as its calls to the gateway are (docs/consumers/signing.md)."""
    _private(request)
    caller = apps().verify(session, call)
    question = Question(Field(body.department_id, body.field), body.direction, body.items, body.form)
    reason = Reason(body.purpose_code, body.case_number, body.operator_id)
    found = service.by_system(session, caller, question, reason)
    return _answered(request, found)


@api.post("/manual", response_model=AnswerOut, **needs(RUN))
def look_up_by_person(request: Request, session: Session_, actor: Actor_, body: ManualIn) -> Any:
    """人工查询: for a reason and a 工单号; above the daily number of persons only with a second person's consent."""
    _private(request)
    found = service.by_person(
        session, actor, _question(actor, body), _reason(body), clear=body.clear, approval_id=body.approval_id,
        persons_day=runtime_of(session).settings.lookup_persons_day,
    )
    return _answered(request, found)


@api.post("/manual/requests", status_code=202, **needs(RUN))
def request_look_up(session: Session_, actor: Actor_, body: ManualIn) -> RequestedOut:
    """Ask a second person for exactly this look-up, above the quota; the items themselves are not kept."""
    asked = service.request(session, actor, _question(actor, body), _reason(body), clear=body.clear)
    return RequestedOut(approval_id=asked.id, state=asked.state)


@api.get("/grants", **needs(GRANT))
def list_lookup_grants(session: Session_, actor: Actor_, page: Page_) -> GrantPage:
    """List grants of look-ups, newest first."""
    rows, total = paginate(session, queries.grants(reach(actor)), page)
    return GrantPage(items=views.grants(session, rows), total=total, page=page.number, size=page.size)


@api.get("/apps", **needs(GRANT))
def list_apps_to_grant(session: Session_, q: Annotated[Plain, Query(max_length=100)] = "") -> AppChoices:
    """List applications of every department that a grant may name, by words of their name, system, department or id."""
    return views.choices(session, apps().find(session, q, APP_CHOICES + 1), APP_CHOICES)


@api.post("/grants", status_code=201, **needs(GRANT))
def create_lookup_grant(session: Session_, actor: Actor_, body: GrantIn) -> GrantOut:
    """Grant look-ups of the department's fields to an application or another department."""
    row = grants.create(
        session, actor, department_id=department_of(actor, body.department_id), business=body.business,
        purpose_code=body.purpose_code, fields=body.fields, directions=body.directions, persons_day=body.persons_day,
        per_minute=body.per_minute, expires_at=body.expires_at, app_id=body.app_id, grantee_id=body.grantee_id,
    )
    return views.grants(session, [row])[0]


@api.post("/grants/{grant_id}/revocation", **needs(GRANT))
def revoke_lookup_grant(session: Session_, actor: Actor_, grant_id: uuid.UUID, body: RevokeIn) -> GrantOut:
    """End a grant at once."""
    return views.grants(session, [grants.revoke(session, actor, grant_id=grant_id, reason=body.reason)])[0]


@api.get("/log", **needs(AUDIT))
def list_look_ups(session: Session_, actor: Actor_, page: Page_, alarms: bool = False) -> LookPage:
    """List look-ups, newest first: who, when, for which 事项, how many; no value."""
    rows, total = paginate(session, queries.log(reach(actor), alarms=alarms), page)
    return LookPage(items=views.looks(session, rows), total=total, page=page.number, size=page.size)


@api.post("/who", **needs(AUDIT))
def who_looked(request: Request, session: Session_, actor: Actor_, body: WhoIn) -> WhoOut:
    """谁查过这个人: the value is turned into blind indexes and forgotten; the question itself is on record."""
    _private(request)
    found = seen.who(session, actor, value=body.value, reason=body.reason)
    return WhoOut(known=found.known, looks=views.looks(session, found.looks), more=found.more)


def _private(request: Request) -> None:
    """Neither question nor answer is kept for an Idempotency-Key: a repeat is refused, ``already_issued``."""
    request.state.takes_secret = request.state.shows_secret = True


def _answered(request: Request, found: Answer) -> Any:
    if found.refused is not None:
        request.state.commit_anyway = True  # the attempt counts and is on record
        return problem(request, found.refused)
    return views.answer(found)


def _question(actor: Actor, body: ManualIn) -> Question:
    return Question(Field(department_of(actor, body.department_id), body.field), body.direction, body.items, body.form)


def _reason(body: ManualIn) -> Reason:
    return Reason(body.reason, body.ticket)
