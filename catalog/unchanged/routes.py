"""HTTP of answers that nothing changed."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

from fastapi import Query

from catalog.nodes import service as nodes
from catalog.nodes.models import DataEntry
from catalog.permissions import CONFIRM, READ
from catalog.quality.service import scope
from catalog.unchanged import queries, service
from catalog.unchanged.models import UnchangedConfirmation
from catalog.unchanged.rules import CYCLES, bounds, period_of, period_zh
from catalog.unchanged.schemas import (
    ConfirmationOut,
    Confirmed,
    ConfirmIn,
    DueOut,
    DuePage,
    EntryUnchanged,
    RevokeIn,
)
from kernel import clock
from kernel.http import Actor_, Page_, Session_, needs, router
from kernel.identity.names import names_of

api = router(prefix="/catalog", tags=["catalog"])
Cycle = Annotated[str | None, Query(pattern=f"^({'|'.join(CYCLES)})$", description="更新周期")]


@api.get("/unchanged/due", **needs(READ))
def due_entries(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None, cycle: Cycle = None
) -> DuePage:
    """本周期既无更新、也未确认无变化的数据目录"""
    day = clock.business_day(clock.now())
    query = queries.due(day, only=scope(actor, department_id), cycle=cycle)
    rows = session.execute(query.limit(page.size).offset(page.offset))
    return DuePage(
        items=[_due(one, one.update_cycle or "", department, day) for one, department in rows],
        total=queries.count(session, query), page=page.number, size=page.size,
    )


@api.post("/unchanged", status_code=201, **needs(CONFIRM))
def confirm_unchanged(session: Session_, actor: Actor_, body: ConfirmIn) -> Confirmed:
    """确认本周期无变化（可一次多条，全部确认或一条也不确认）"""
    rows = service.confirm(session, actor, body.entry_ids, note=body.note)
    return Confirmed(count=len(rows), items=_out(session, rows))


@api.post("/unchanged/{confirmation_id}/revocation", **needs(CONFIRM))
def revoke_confirmation(
    session: Session_, actor: Actor_, confirmation_id: uuid.UUID, body: RevokeIn
) -> ConfirmationOut:
    """撤销一次确认"""
    return _out(session, [service.revoke(session, actor, confirmation_id, reason=body.reason)])[0]


@api.get("/entries/{entry_id}/unchanged", **needs(READ))
def entry_unchanged(session: Session_, actor: Actor_, entry_id: uuid.UUID) -> EntryUnchanged:
    """一个数据目录的无变化确认，以及现在能否确认；核对情况只有本部门可见"""
    entry = nodes.found(session, actor, "data_entry", entry_id)
    why = service.hindrance(session, entry)
    cycle = entry.update_cycle if entry.update_cycle in CYCLES else None
    period = period_of(cycle, clock.business_day(clock.now())) if cycle else None
    return EntryUnchanged(
        entry_id=entry_id, update_cycle=entry.update_cycle, period=period,
        period_zh=period_zh(period) if period else None,
        can_confirm=why is None and actor.may(CONFIRM) and actor.sees(entry.department_id),
        reason_zh=why[0] if why else None, reason_en=why[1] if why else None,
        items=_out(session, queries.of_entry(session, entry_id), notes=actor.sees(entry.department_id)),
    )


def _due(one: DataEntry, cycle: str, department: str, day: date) -> DueOut:
    period = period_of(cycle, day)
    return DueOut(
        entry_id=one.id, code=one.code, name=one.name, department_id=one.department_id, department=department,
        update_cycle=cycle, period=period, period_zh=period_zh(period),
        last_day=(bounds(cycle, day)[1] - timedelta(days=1)).isoformat(), data_updated_at=one.data_updated_at,
    )


def _out(session: Session_, rows: Sequence[UnchangedConfirmation], *, notes: bool = True) -> list[ConfirmationOut]:
    """Answers with the 姓名 of who gave them; notes are the department's own business."""
    names = names_of(session, (row.confirmed_by for row in rows))
    return [
        ConfirmationOut(
            id=row.id, entry_id=row.entry_id, period=row.period, period_zh=period_zh(row.period), version=row.version,
            note=row.note if notes else None, confirmed_name=names.of(row.confirmed_by, row.confirmed_name), at=row.at,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]
