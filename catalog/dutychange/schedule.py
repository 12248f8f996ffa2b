"""Changes that wait for their day: applied on it, looked at again before, given up when they can never be applied."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from catalog.dutychange import decisions, queries, service
from catalog.dutychange.errors import STALE
from catalog.dutychange.models import DutyChange
from catalog.dutychange.rules import is_later, lapses, next_state, plan_of
from kernel import clock
from kernel.approvals.errors import MISMATCH
from kernel.approvals.models import Approval
from kernel.approvals.rules import digest
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.notices.service import Severity, notify

ACTOR = system_actor("duty-change")


def settle(session: Session, change_id: uuid.UUID, today: date) -> bool:
    """Look at a scheduled change once more and, when its day has come, apply it whole; whether it was applied.

    Raises what stands against it, and changes nothing then.
    """
    row = session.get_one(DutyChange, change_id, populate_existing=True)
    if row.state != "scheduled":
        return False
    approval = session.get_one(Approval, row.approval_id)
    listed = queries.duties(session, [row.id])
    if approval.digest != digest(approval.kind, service.params_of(row, listed)):
        raise MISMATCH()
    decisions.require_fresh(session, row, listed)
    approver = decisions.applier(approval)
    decisions.check_secrecy(session, approver, row)
    plan = plan_of(row.plan)
    for department_id in {plan.department_id, *(part.department_id for part in plan.parts)} - {None}:
        service.named_department(session, department_id)
    if is_later(row.effective_on, today):
        row.blocked_on = row.blocked_reason = None
        return False
    row.state, row.blocked_on, row.blocked_reason = next_state(row.number, row.state, "apply"), None, None
    decisions.carry_out(session, approver, row, listed, by=ACTOR)
    row = session.get_one(DutyChange, change_id, populate_existing=True)
    _tell(session, row, "info", f"职责变更 {row.number} 已生效", f"Duty change {row.number} took effect")
    return True


def block(session: Session, change_id: uuid.UUID, error: MulianError, today: date) -> str:
    """Note why a change could not be applied, and tell its proposer and approver when that is news; its state then."""
    row = session.get_one(DutyChange, change_id, populate_existing=True)
    if row.state != "scheduled":
        return row.state
    reason, news = error.text("zh"), error.text("zh") != row.blocked_reason
    row.blocked_on, row.blocked_reason = today.isoformat(), reason
    if lapses(row.effective_on, today, stale=error.code == STALE.code):
        row.state = next_state(row.number, row.state, "lapse")
        row.closed_at, row.closed_reason = clock.now(), reason
        row.audit_id = service.note(session, ACTOR, row, "lapse", reason=reason, code=error.code)
        _tell(session, row, "warning", f"职责变更 {row.number} 未能生效，已终止",
              f"Duty change {row.number} could not take effect and ended", body_zh=reason, body_en=error.text("en"))
    elif news:
        row.audit_id = service.note(session, ACTOR, row, "block", reason=reason, code=error.code)
        _tell(session, row, "warning", f"职责变更 {row.number}（{row.effective_on} 生效）目前不能生效",
              f"Duty change {row.number} ({row.effective_on}) cannot take effect now", body_zh=reason,
              body_en=error.text("en"))
    session.flush()
    return row.state


def _tell(session: Session, row: DutyChange, severity: Severity, title_zh: str, title_en: str, **more: Any) -> None:
    approval = session.get_one(Approval, row.approval_id)
    for user_id in dict.fromkeys((row.created_by, approval.checker_id)):
        if user_id is not None:
            notify(session, user_id=user_id, severity=severity, title_zh=title_zh, title_en=title_en,
                   url=f"/catalog/duty-changes?change={row.id}", **more)
