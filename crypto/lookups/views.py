"""Rows of the look-up pages, put together from grants, log and departments."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from crypto.identifiers import queries as identifiers
from crypto.keys.views import department_names
from crypto.lookups.models import LookupGrant, LookupLog
from crypto.lookups.port import Listed, apps
from crypto.lookups.rules import ALARM_TITLES, Alarm, Direction, Door
from crypto.lookups.schemas import AnswerOut, AppChoiceOut, AppChoices, GrantOut, ItemOut, LookOut
from crypto.lookups.service import Answer
from kernel import clock

DOORS = {Door.SYSTEM: "系统查询", Door.MANUAL: "人工查询", Door.CLI: "命令行"}


def answer(found: Answer) -> AnswerOut:
    """Return what the asker gets."""
    items = [ItemOut(status=one.status, value=one.value) for one in found.items]
    return AnswerOut(items=items, masked=found.masked, persons_left=found.persons_left)


def grants(session: Session, rows: Sequence[LookupGrant]) -> list[GrantOut]:
    """Return grants with the names of departments and applications."""
    names, now = department_names(session), clock.now()
    named = apps().names(session, {row.app_id for row in rows if row.app_id})
    result = []
    for row in rows:
        over = row.state == "active" and row.expires_at <= now
        result.append(GrantOut(
            id=row.id, department_id=row.department_id, department=names[row.department_id], app_id=row.app_id,
            app=named.get(row.app_id) if row.app_id else None, grantee_id=row.grantee_id,
            grantee=names.get(row.grantee_id) if row.grantee_id else None, business=row.business,
            purpose_code=row.purpose_code, fields=row.fields, directions=[Direction(one) for one in row.directions],
            persons_day=row.persons_day, per_minute=row.per_minute, state="expired" if over else row.state,
            state_zh="已到期" if over else {"active": "有效", "revoked": "已撤销"}[row.state],
            expires_at=row.expires_at.isoformat(), created_by=row.created_by, created_at=row.created_at.isoformat(),
        ))
    return result


def choices(session: Session, rows: Sequence[Listed], limit: int) -> AppChoices:
    """Return applications to choose from, the first ``limit`` of them."""
    names = department_names(session)
    return AppChoices(more=len(rows) > limit, items=[
        AppChoiceOut(
            id=row.app_id, name=row.name, department_id=row.department_id, department=names[row.department_id],
            system_name=row.system_name,
        )
        for row in rows[:limit]
    ])


def looks(session: Session, rows: Sequence[LookupLog]) -> list[LookOut]:
    """Return look-ups of the log."""
    names, titles = department_names(session), identifiers.titles(session, [row.field_number for row in rows])
    return [
        LookOut(
            id=row.id, at=row.at.isoformat(), door=Door(row.door), door_zh=DOORS[Door(row.door)],
            direction=Direction(row.direction), department=names[row.department_id], field=titles[row.field_number],
            actor=row.actor_name, operator=row.operator, business=row.business, purpose=row.purpose,
            reference=row.reference, clear=row.clear, asked=row.asked, found=row.found, unknown=row.unknown,
            refused=row.refused, alarm=Alarm(row.alarm) if row.alarm else None,
            alarm_zh=ALARM_TITLES[Alarm(row.alarm)][0] if row.alarm else None, digest=row.digest,
        )
        for row in rows
    ]
