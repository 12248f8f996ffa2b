"""Use cases: answer for entries, take an answer back, say whether an entry may be answered for."""

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from catalog.errors import NODE_UNKNOWN
from catalog.nodes.models import DataEntry
from catalog.permissions import CONFIRM
from catalog.unchanged import queries
from catalog.unchanged.errors import BLOCKED, REVOKED, UNKNOWN
from catalog.unchanged.models import UnchangedConfirmation
from catalog.unchanged.rules import Reason, period_of, refusal
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor, require
from kernel.identity.names import names_of


def confirm(
    session: Session, actor: Actor, entry_ids: Sequence[uuid.UUID], *, note: str = ""
) -> list[UnchangedConfirmation]:
    """Answer that the data of entries was checked and is unchanged in the present period, for all or for none."""
    now = clock.now()
    day, wanted = clock.business_day(now), list(dict.fromkeys(entry_ids))
    entries = queries.entries(session, wanted)
    if not entries or len(entries) != len(wanted):
        raise NODE_UNKNOWN(kind="数据目录")
    departments = {entry.department_id for entry in entries}
    for department_id in departments:
        require(actor, CONFIRM, department_id=department_id)
    held = _answered(session, wanted, day)
    stopped = [(one, why) for one in entries if (why := refusal(_row(one), day, held.get(one.id))) is not None]
    if stopped:
        shown = stopped[:3]
        raise BLOCKED(
            count=len(stopped), shown_zh="；".join(f"「{one.code}」{why[0]}" for one, why in shown),
            shown_en="; ".join(f"{one.code} {why[1]}" for one, why in shown),
        )
    audit_id = record(
        session, actor, action="catalog.unchanged.confirm", object_type="data_entry",
        object_id=str(entries[0].id) if len(entries) == 1 else "batch",
        detail={"count": len(entries), "codes": [entry.code for entry in entries[:20]], "note": note},
        department_id=departments.pop() if len(departments) == 1 else None,
    )
    rows = [
        UnchangedConfirmation(
            id=ids.new(), entry_id=entry.id, department_id=entry.department_id,
            period=period_of(entry.update_cycle or "", day), version=entry.version, note=note.strip() or None,
            confirmed_by=actor.user_id, confirmed_name=actor.name, at=now, revoked_at=None, audit_id=audit_id,
        )
        for entry in entries
    ]
    session.add_all(rows)
    session.flush()
    return rows


def revoke(session: Session, actor: Actor, confirmation_id: uuid.UUID, *, reason: str) -> UnchangedConfirmation:
    """Take back an answer of one's department; it stays readable and counts no more."""
    row = session.get(UnchangedConfirmation, confirmation_id)
    if row is None:
        raise UNKNOWN()
    entry = session.get_one(DataEntry, row.entry_id)
    require(actor, CONFIRM, department_id=entry.department_id)
    if row.revoked_at is not None:
        raise REVOKED()
    row.revoked_at = clock.now()
    row.audit_id = record(
        session, actor, action="catalog.unchanged.revoke", object_type="data_entry", object_id=str(entry.id),
        detail={"code": entry.code, "period": row.period, "reason": reason}, department_id=entry.department_id,
    )
    session.flush()
    return row


def hindrance(session: Session, entry: DataEntry) -> Reason | None:
    """Why an entry cannot be answered for at this moment, or None."""
    day = clock.business_day(clock.now())
    return refusal(_row(entry), day, _answered(session, [entry.id], day).get(entry.id))


def _answered(session: Session, entry_ids: Sequence[uuid.UUID], day: date) -> dict[uuid.UUID, str]:
    """Entry → 姓名 of who confirmed the period around a day."""
    held = queries.answered(session, entry_ids, day)
    names = names_of(session, (user_id for user_id, _ in held.values()))
    return {entry_id: names.of(*one) for entry_id, one in held.items()}


def _row(entry: DataEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in ("status", "update_cycle", "data_updated_at")}
