"""停用 and breaking revisions: announced 20 working days ahead to those who, by the call log, still call."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from gateway import errors
from gateway.apps import queries as apps
from gateway.calllog import reader
from gateway.interfaces import acts, publishing, queries, rules
from gateway.interfaces.models import Interface, InterfaceRevision
from gateway.permissions import INTERFACE_APPROVE
from gateway.snapshot import service as snapshots
from kernel import clock
from kernel.calendar.service import due_on
from kernel.identity.actor import Actor, system_actor
from kernel.notices.service import Severity, notify
from kernel.runtime import runtime_of

# who has called within so many days still calls
CALLING_DAYS = 30


@dataclass(frozen=True)
class StillCalling:
    """An application that would notice."""

    app_key: str
    name: str
    department_id: uuid.UUID
    calls: int


def still_calling(session: Session, interface: Interface) -> list[StillCalling]:
    """Return the applications whose calls were answered in the last 30 days, the busiest first."""
    now = clock.now()
    home, start = runtime_of(session).home, now - timedelta(days=CALLING_DAYS)
    counts = reader.callers(session, home, interface.code, start, now)
    known = {app.app_key: app for app in apps.by_keys(session, counts)}
    found = [
        StillCalling(key, known[key].name, known[key].department_id, calls)
        for key, calls in counts.items() if key in known
    ]
    return sorted(found, key=lambda one: (-one.calls, one.app_key))


def retire(
    session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str, urgent: bool = False,
) -> Interface:
    """End an interface: at once when nobody calls it any more, else on a day 20 working days ahead.

    ``urgent`` ends it at once and says so to the callers. Raises ``kernel.calendar.outside`` where the day would
    need a year without its holiday notice.
    """
    interface = acts.own(session, actor, interface_id, INTERFACE_APPROVE)
    acts.expect_published(interface)
    callers = still_calling(session, interface)
    audit_id = acts.note(session, actor, interface, "retire", {
        "opinion": opinion, "urgent": urgent, "callers": len(callers),
    })
    if callers and not urgent:
        if interface.ends_on is not None:
            raise errors.INTERFACE_STATE(code=interface.code, state="ending")
        interface.ends_on, interface.announced_at = _day(session), clock.now()
        acts.touch(interface, audit_id)
        _tell(session, interface, callers, f"将于 {interface.ends_on} 停用", f"ends on {interface.ends_on}", opinion)
        snapshots.build_all(session, audit_id=audit_id)
    else:
        publishing.retire_interface(session, interface, audit_id)
        _tell(session, interface, callers, "已紧急停用", "has been retired at once", opinion, "critical")
    return interface


def announce_revision(
    session: Session, interface: Interface, revision: InterfaceRevision, reasons: Sequence[str],
    callers: Sequence[StillCalling],
) -> None:
    """Set the day of an approved breaking revision and tell its callers."""
    revision.effective_on, interface.announced_at = _day(session), clock.now()
    day = revision.effective_on
    _tell(
        session, interface, callers, f"第 {revision.number} 版将于 {day} 生效，与现版不兼容",
        f"breaks with revision {revision.number} on {day}", "；".join(reasons),
    )


def tell_changed(
    session: Session, interface: Interface, reasons: Sequence[str], callers: Sequence[StillCalling],
) -> None:
    """Tell those whom an urgent revision breaks at once."""
    if reasons:
        _tell(session, interface, callers, "已紧急更换为不兼容的新版", "was replaced at once by a breaking revision",
              "；".join(reasons), "critical")


def withdraw(session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str) -> Interface:
    """Take an announcement back: the interface goes on, or the scheduled revision is returned."""
    interface = acts.own(session, actor, interface_id, INTERFACE_APPROVE)
    revision = queries.open_revision(session, interface.id)
    scheduled = revision if revision is not None and revision.state == "scheduled" else None
    if interface.ends_on is None and scheduled is None:
        raise errors.INTERFACE_STATE(code=interface.code, state=interface.state)
    audit_id = acts.note(session, actor, interface, "withdraw_announcement", {"opinion": opinion})
    if scheduled is not None:
        state = "superseded" if scheduled.published_at else "returned"
        acts.decide(scheduled, actor, state, opinion, audit_id)
        scheduled.effective_on = None
    interface.ends_on = interface.announced_at = None
    acts.touch(interface, audit_id)
    _tell(session, interface, still_calling(session, interface), "的停用或换版已撤回", "goes on as it is", opinion)
    snapshots.build_all(session, audit_id=audit_id)
    return interface


def carry_out(session: Session, today: date) -> int:
    """Do what was announced for today or earlier; return how many interfaces changed. Idempotent."""
    done = 0
    actor = system_actor("gateway.interfaces")
    for interface, revision in queries.due_revisions(session, today):
        audit_id = acts.note(session, actor, interface, "publish_scheduled", {"revision": revision.number})
        interface.announced_at = None
        publishing.publish_revision(session, interface, revision, audit_id)
        done += 1
    for interface in queries.due_endings(session, today):
        audit_id = acts.note(session, actor, interface, "retire_announced", {"ends_on": str(interface.ends_on)})
        publishing.retire_interface(session, interface, audit_id)
        done += 1
    return done


def _day(session: Session) -> date:
    return due_on(session, clock.business_day(clock.now()), rules.NOTICE_WORKDAYS)


def _tell(
    session: Session, interface: Interface, callers: Sequence[StillCalling], zh: str, en: str, body: str,
    severity: Severity = "warning",
) -> None:
    """One notice a department, naming its applications that still call."""
    by_department: dict[uuid.UUID, list[StillCalling]] = {}
    for caller in callers:
        by_department.setdefault(caller.department_id, []).append(caller)
    for department_id, own in by_department.items():
        named = "、".join(f"{one.name}（近 {CALLING_DAYS} 天 {one.calls} 次）" for one in own)
        notify(
            session, department_id=department_id, severity=severity, url=f"/gateway/interfaces/{interface.id}",
            title_zh=f"接口「{interface.name}」（{interface.code}）{zh}",
            title_en=f"Interface {interface.name} ({interface.code}) {en}",
            body_zh=f"{body}。仍在调用的应用：{named}", body_en=f"{body}. Apps that still call: {named}",
        )
