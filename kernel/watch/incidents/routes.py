"""Incidents over HTTP."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from kernel import clock
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.http.wire import Title
from kernel.watch.incidents import queries, rules, service
from kernel.watch.incidents.models import WatchIncident, WatchIncidentLine
from kernel.watch.incidents.schemas import (
    CaseRef,
    CommentIn,
    IncidentDetail,
    IncidentOut,
    IncidentPage,
    LineOut,
    MemberOut,
    RungOut,
)
from kernel.watch.ladder.rules import STEP_TITLES, of_json
from kernel.watch.models import WatchAlarm

api = router(prefix="/watch/incidents", tags=["watch"])
READ, EDIT = needs("kernel.watch.read"), needs("kernel.watch.edit")


@api.get("", **READ)
def list_incidents(session: Session_, actor: Actor_, page: Page_, open_only: bool = False) -> IncidentPage:
    """List incidents, newest first."""
    rows, total = paginate(session, queries.listing(actor, open_only=open_only), page)
    items = [IncidentOut(**_incident(row)) for row in rows]
    return IncidentPage(items=items, total=total, page=page.number, size=page.size)


@api.get("/{incident_id}", **READ)
def get_incident(session: Session_, actor: Actor_, incident_id: uuid.UUID) -> IncidentDetail:
    """Read an incident with its ladder, alarms and timeline."""
    return _detail(session, service.get(session, actor, incident_id=incident_id))


@api.post("/{incident_id}/acknowledgement", **EDIT)
def acknowledge_incident(session: Session_, actor: Actor_, incident_id: uuid.UUID) -> IncidentDetail:
    """Say that I look after it; nobody else is called for want of an answer."""
    return _detail(session, service.acknowledge(session, actor, incident_id=incident_id))


@api.post("/{incident_id}/comments", status_code=201, **EDIT)
def comment_incident(session: Session_, actor: Actor_, incident_id: uuid.UUID, body: CommentIn) -> IncidentDetail:
    """Add a line to the timeline."""
    service.comment(session, actor, incident_id=incident_id, text=body.text)
    return _detail(session, service.get(session, actor, incident_id=incident_id))


@api.post("/{incident_id}/case", status_code=201, **EDIT)
def incident_to_case(session: Session_, actor: Actor_, incident_id: uuid.UUID) -> CaseRef:
    """Turn an incident into an event under one number."""
    case = service.to_case(session, actor, incident_id=incident_id)
    return CaseRef(id=case.id, number=case.number)


_PLAIN = tuple(name for name in IncidentOut.model_fields if name not in ("title", "sentence", "duty_left"))


def _incident(row: WatchIncident) -> dict[str, Any]:
    critical = row.severity == "critical"
    return {
        "title": Title(zh=row.title_zh, en=row.title_en),
        "sentence": Title(zh=row.sentence_zh, en=row.sentence_en) if row.sentence_zh else None,
        "duty_left": rules.remaining(row.began_at, row.closed_at, clock.now()) if critical else None,
        **{name: getattr(row, name) for name in _PLAIN},
    }


def _detail(session: Session, row: WatchIncident) -> IncidentDetail:
    rungs = [
        RungOut(step=one.step, title=_title(STEP_TITLES[one.step]), ok=one.ok, micros=one.micros, detail=one.detail)
        for one in of_json(row.ladder)
    ]
    return IncidentDetail(
        **_incident(row), ladder=rungs, alarms=[_member(alarm) for alarm in queries.alarms(session, row.id)],
        timeline=[_line(line) for line in queries.lines(session, row.id)],
    )


def _title(pair: tuple[str, str]) -> Title:
    return Title(zh=pair[0], en=pair[1])


def _line(row: WatchIncidentLine) -> LineOut:
    return LineOut(
        seq=row.seq, at=row.at, kind=row.kind, text=Title(zh=row.text_zh, en=row.text_en), actor_name=row.actor_name
    )


def _member(row: WatchAlarm) -> MemberOut:
    names = [name for name in MemberOut.model_fields if name != "title"]
    return MemberOut(title=Title(zh=row.title_zh, en=row.title_en), **{name: getattr(row, name) for name in names})
