"""Alarms become incidents; people are told, answer, and are called again when nobody does."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.audit.service import record
from kernel.cases.models import CaseFile
from kernel.cases.service import open_case
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor
from kernel.watch.errors import ALARM_HAS_CASE
from kernel.watch.incidents import queries, rules, telling
from kernel.watch.incidents.models import WatchIncident, WatchIncidentLine
from kernel.watch.ladder import rules as ladder
from kernel.watch.ladder.rules import Rung, Sentence
from kernel.watch.models import WatchAlarm


@dataclass(frozen=True)
class Finding:
    """What an alarm says: its texts, when it began, and what was seen on the way."""

    group: str
    severity: str
    zh: str
    en: str
    began_at: datetime
    department_id: uuid.UUID | None = None
    last_good_at: datetime | None = None
    sentence: Sentence | None = None
    rungs: tuple[Rung, ...] = ()


def joined(session: Session, alarm: WatchAlarm, finding: Finding) -> WatchIncident:
    """Put an alarm into its group's incident and tell whoever is to be told; ``alarm.notified`` says whether."""
    incident, new = _incident(session, finding, alarm.opened_at)
    alarm.incident_id = incident.id
    line(session, incident, alarm.opened_at, "alarm", finding.zh, finding.en)
    if finding.sentence is not None and not incident.sentence_zh:
        _blame(session, incident, alarm.opened_at, finding)
    if finding.severity == "critical":
        incident.severity = "critical"
    if not new and finding.department_id != incident.department_id:
        incident.department_id = None
    if alarm.notified:
        told(session, incident, alarm.opened_at, zh=finding.zh, en=finding.en)
    session.flush()
    return incident


def _incident(session: Session, finding: Finding, at: datetime) -> tuple[WatchIncident, bool]:
    row = queries.newest(session, finding.group)
    if row is not None and rules.continues(row.closed_at, at):
        if row.closed_at is not None:
            row.closed_at, row.acknowledged_at, row.acknowledged_by = None, None, None
            line(session, row, at, "reopened", "再次告警，合并为同一事件", "It alarms again: the same incident")
        return row, False
    row = WatchIncident(
        id=ids.new(), group_key=finding.group, title_zh=finding.zh, title_en=finding.en, severity=finding.severity,
        department_id=finding.department_id, began_at=finding.began_at, opened_at=at, level=0, untold=0,
        last_good_at=finding.last_good_at, sentence_zh="", sentence_en="", ladder=[], version=1,
    )
    session.add(row)
    session.flush([row])
    return row, True


def _blame(session: Session, incident: WatchIncident, at: datetime, finding: Finding) -> None:
    if finding.sentence is None:
        return
    incident.sentence_zh, incident.sentence_en = finding.sentence.zh, finding.sentence.en
    incident.ladder = ladder.to_json(finding.rungs)
    line(session, incident, at, "diagnosis", finding.sentence.zh, finding.sentence.en)


def told(session: Session, incident: WatchIncident, at: datetime, *, zh: str, en: str) -> None:
    """Tell at once, or count it for the next digest of the incident."""
    if not rules.tell_now(incident.told_at, at):
        incident.untold += 1
        return
    telling.tell(session, incident, at, "first", zh=zh, en=en)
    incident.told_at, incident.untold = at, 0
    line(session, incident, at, "told", "已通知值班人", "Whoever is on duty was told")


def insist(session: Session, alarm: WatchAlarm, at: datetime, *, zh: str, en: str) -> None:
    """Tell of an alarm whose notice was held back."""
    incident = session.get_one(WatchIncident, alarm.incident_id)
    line(session, incident, at, "insist", zh, en)
    told(session, incident, at, zh=zh, en=en)


def cleared(session: Session, alarm: WatchAlarm, at: datetime, *, zh: str, en: str) -> None:
    """Close an alarm, and its incident with the last one; tell it to those who were told of it."""
    alarm.closed_at = at
    session.flush()
    incident = session.get(WatchIncident, alarm.incident_id) if alarm.incident_id else None
    if incident is None:
        return
    line(session, incident, at, "cleared", zh, en)
    if queries.open_alarms(session, incident.id) > 0:
        return
    incident.closed_at, incident.untold = at, 0
    line(session, incident, at, "closed", "全部恢复", "All is well again")
    if incident.told_at is not None and alarm.notified:
        telling.tell(session, incident, at, "first", zh=zh, en=en, severity="info")


def escalate(session: Session, now: datetime) -> int:
    """Call the next ones of incidents that last, and tell what has joined them; return how many were told."""
    count = 0
    for incident in queries.still_open(session):
        if incident.told_at is None:
            continue  # silenced
        if incident.untold and rules.tell_now(incident.told_at, now):
            more = incident.untold
            told(session, incident, now, zh=f"{incident.title_zh}（又有 {more} 项告警）"[:300],
                 en=f"{incident.title_en} ({more} more)"[:300])
            count += 1
        count += _call_next(session, incident, now)
    return count


def _call_next(session: Session, incident: WatchIncident, now: datetime) -> int:
    acknowledged = incident.acknowledged_at is not None
    level, steps = rules.due(incident.severity, incident.began_at, incident.level, acknowledged, now)
    incident.level = level
    for step in steps:
        telling.tell(session, incident, now, step.audience, zh=f"{incident.title_zh}：{step.zh}"[:300],
                     en=f"{incident.title_en}: {step.en}"[:300], level=level)
        line(session, incident, now, "escalated", step.zh, step.en)
    return len(steps)


def get(session: Session, actor: Actor, *, incident_id: uuid.UUID) -> WatchIncident:
    """The incident, or 404 outside the actor's departments."""
    row = session.get(WatchIncident, incident_id)
    if row is None or not (row.department_id is None or actor.sees(row.department_id)):
        raise NOT_FOUND()
    return row


def acknowledge(session: Session, actor: Actor, *, incident_id: uuid.UUID) -> WatchIncident:
    """Say that somebody looks after it: nobody else is called for want of an answer; the first one stands."""
    row = get(session, actor, incident_id=incident_id)
    if row.acknowledged_at is not None:
        return row
    now = clock.now()
    row.acknowledged_at, row.acknowledged_by = now, actor.name
    row.version += 1
    for alarm in queries.alarms(session, row.id):
        if alarm.acknowledged_at is None:
            alarm.acknowledged_at, alarm.acknowledged_by = now, actor.name
    _note(session, actor, "acknowledge", row)
    line(session, row, now, "acknowledged", f"{actor.name} 已确认", f"{actor.name} looks after it", actor.name)
    return row


def comment(session: Session, actor: Actor, *, incident_id: uuid.UUID, text: str) -> None:
    """Add a person's line to the timeline; also a closed incident may get one."""
    row = get(session, actor, incident_id=incident_id)
    _note(session, actor, "comment", row)
    line(session, row, clock.now(), "comment", text, text, actor.name)


def to_case(session: Session, actor: Actor, *, incident_id: uuid.UUID) -> CaseFile:
    """Turn an incident into an event; its clock starts at the first failing probe. Raises ``alarm_has_case``."""
    row = get(session, actor, incident_id=incident_id)
    if row.case_id is not None:
        raise ALARM_HAS_CASE()
    case = open_case(
        session, actor, type_="event", title=row.title_zh, description=row.sentence_zh, severity=row.severity,
        department_id=row.department_id, object_type="watch_incident", object_id=str(row.id), clock_from=row.began_at,
    )
    row.case_id = case.id
    row.version += 1
    for alarm in queries.alarms(session, row.id):
        alarm.case_id = alarm.case_id or case.id
    line(session, row, clock.now(), "case", f"转为事件 {case.number}", f"Became case {case.number}", actor.name)
    return case


def line(
    session: Session, incident: WatchIncident, at: datetime, kind: str, zh: str, en: str, actor_name: str | None = None,
) -> None:
    """Add a line to the timeline."""
    session.add(WatchIncidentLine(
        incident_id=incident.id, seq=queries.last_seq(session, incident.id) + 1, at=at, kind=kind, text_zh=zh,
        text_en=en, actor_name=actor_name,
    ))
    session.flush()


def _note(session: Session, actor: Actor, verb: str, row: WatchIncident) -> None:
    record(
        session, actor, action=f"kernel.watch.incident.{verb}", object_type="watch_incident", object_id=str(row.id),
        detail={"title": row.title_zh}, department_id=row.department_id,
    )
