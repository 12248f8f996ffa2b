"""Use cases on rotations: request (maker), start after approval (checker), read."""

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crypto.errors import ROTATION_NO_SECOND, ROTATION_OPEN, SCOPE_UNKNOWN
from crypto.keys import queries as keys
from crypto.rotation import queries, windows
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import APPROVAL_KIND, RotationState, approval_params
from crypto.scopes import queries as scopes
from crypto.scopes import registry
from crypto.scopes.models import CryptoScope
from crypto.scopes.rules import BLIND_INDEX, ENC
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.calendar import service as work_calendar
from kernel.errors import NOT_FOUND, MulianError
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs import queries as jobs
from kernel.jobs.service import enqueue
from kernel.leases import service as leases

MANAGE = "crypto.key.manage"
JOB = "crypto.rotation.run"


def request(
    session: Session, actor: Actor, *, scope_id: uuid.UUID, reason: str, purpose: str = ENC,
) -> Approval:
    """Propose the rotation of a scope's key, of its fields or (``bi``) of its index; a second person decides.

    Raises 403, ``crypto.scope.unknown``, ``crypto.rotation.open``, ``crypto.rotation.no_second_index``.
    """
    scope = scopes.get(session, scope_id)
    require(actor, MANAGE, department_id=scope.department_id)
    name = scopes.name_of(scope)
    if queries.open_of(session, scope.id, purpose) is not None:
        raise ROTATION_OPEN(scope=str(name))
    active = keys.active(session, name, purpose)
    if active is None:
        raise SCOPE_UNKNOWN(scope=str(name))
    column = registry.table_of(scope.table_name).column(scope.column_name)
    if purpose == BLIND_INDEX and column.blind_index_next is None:
        raise ROTATION_NO_SECOND(scope=str(name))
    what = "盲索引密钥" if purpose == BLIND_INDEX else "加密密钥"
    return approvals.propose(
        session, actor, kind=APPROVAL_KIND, params=approval_params(scope.id, active.key_id, reason),
        title_zh=f"更换{what}：{scope.table_name}（{column.zh}）", title_en=f"Rotate the key ({purpose}) of {name}",
        department_id=scope.department_id, object_type="crypto_scope", object_id=str(scope.id),
    )


def start(session: Session, approval: Approval) -> None:
    """Use an approval: write the planned rotation and queue its job, all in the transaction of the decision."""
    params = approval.params
    scope_id = uuid.UUID(params["scope_id"])
    approvals.consume(
        session, system_actor("crypto.rotation"), approval.id, kind=APPROVAL_KIND,
        params=approval_params(scope_id, params["old_key_id"], params["reason"]),
    )
    plan(session, approval, scope_id=scope_id, old_key_id=params["old_key_id"])


def plan(
    session: Session, approval: Approval, *, scope_id: uuid.UUID, old_key_id: int, urgent: bool = False,
) -> CryptoRotation:
    """Write a rotation whose approval the caller has used, and queue its job.

    It runs in the scope's window; an urgent one at once, before every other job. Raises ``crypto.rotation.open``,
    and ``crypto.key.state`` where the key is no longer the one in use: another approval was used first.
    """
    actor, scope, now = system_actor("crypto.rotation"), scopes.get(session, scope_id), clock.now()
    name, purpose = scopes.name_of(scope), keys.in_use(session, scope.id, old_key_id)
    if queries.open_of(session, scope.id, purpose) is not None:
        raise ROTATION_OPEN(scope=str(name))
    rotation_id, reason = ids.new(), approval.params["reason"]
    audit_id = record(
        session, actor, action="crypto.rotation.start", object_type="crypto_rotation", object_id=str(rotation_id),
        detail={"scope": str(name), "purpose": purpose, "old_key": old_key_id, "approval": str(approval.id)},
        department_id=scope.department_id,
    )
    row = CryptoRotation(
        id=rotation_id, scope_id=scope.id, department_id=scope.department_id, purpose=purpose,
        state=RotationState.PLANNED, urgent=urgent, waits_until=None, reason=reason, old_key_id=old_key_id,
        new_key_id=None, cursor=None, total=0, done=0, skipped=0, passes=0, unreadable=[], certificate=None, abort=None,
        approval_id=approval.id, maker_name=approval.maker_name, checker_name=approval.checker_name or "",
        created_at=now, updated_at=now, switched_at=None, finished_at=None, audit_id=audit_id,
    )
    session.add(row)
    session.flush()
    if urgent:
        queue(session, row, first(now))
    else:
        row.waits_until = closed_until(session, row)
        queue(session, row, row.waits_until or now)
    return row


def hasten(session: Session, rotation: CryptoRotation) -> None:
    """Let a rotation run at once, before every other job, whatever its window, from now to its end.

    A job that waits for the window stays: it finds the rotation finished, or its lease held and comes back later.
    """
    rotation.urgent, rotation.waits_until = True, None
    queue(session, rotation, first(clock.now()))


def closed_until(session: Session, rotation: CryptoRotation) -> datetime | None:
    """Return when the window of a rotation's scope opens next, None where it may run now.

    The first step back of an aborted one waits for no window: the new key writes nothing more from then on.
    """
    window, now = scopes.get(session, rotation.scope_id).window, clock.now()
    if window is None or rotation.urgent or rotation.state == RotationState.ABORTING:
        return None
    opens = windows.next_start(window, now, _workdays(session))
    return opens if opens > now else None


def wait(session: Session, rotation: CryptoRotation) -> None:
    """Let a rotation outside its window wait for the next one, with the job that carries it on then."""
    rotation.waits_until = closed_until(session, rotation)
    if rotation.waits_until is None:
        return  # its window was changed, or its key has turned out to be compromised
    record(
        session, system_actor("crypto.rotation"), action="crypto.rotation.wait", object_type="crypto_rotation",
        object_id=str(rotation.id), department_id=rotation.department_id,
        detail={"state": rotation.state, "done": rotation.done, "until": clock.iso(rotation.waits_until)},
    )
    queue(session, rotation, rotation.waits_until)


def lease_of(rotation_id: uuid.UUID) -> str:
    """Return the name of the lease under which a rotation is worked on."""
    return f"crypto.rotation:{rotation_id}"


def stopped(session: Session, rows: Sequence[CryptoRotation]) -> set[uuid.UUID]:
    """Return which of some rotations nobody carries on: their job was cancelled or has failed for good.

    They stand where they are, in order, until ``mulian crypto resume``.
    """
    unfinished = {row.id for row in rows if row.finished_at is None}
    if not unfinished:
        return set()
    carried = {uuid.UUID(job.params["rotation_id"]) for job in jobs.unfinished_of(session, JOB)}
    return {row_id for row_id in unfinished - carried if not leases.taken(session, lease_of(row_id))}


def first(now: datetime) -> datetime:
    """Jobs are taken in the order of their time: one that was due yesterday goes before all of today's."""
    return now - timedelta(days=1)


def queue(session: Session, rotation: CryptoRotation, run_at: datetime) -> None:
    """Queue the job that carries a rotation on."""
    job = {"rotation_id": str(rotation.id)}
    enqueue(session, system_actor("crypto.rotation"), JOB, job, department_id=rotation.department_id, run_at=run_at)


def set_schedule(
    session: Session, actor: Actor, *, scope_id: uuid.UUID, rotate_every_days: int, window: dict[str, Any] | None,
) -> CryptoScope:
    """Set how often a scope's key is due and when its rotations may run (``windows.window``, None: any time).

    A rotation that runs heeds the new window with its next chunk; one that waits is queued for it.
    """
    scope = scopes.get(session, scope_id)
    require(actor, MANAGE, department_id=scope.department_id)
    before = {"rotate_every_days": scope.rotate_every_days, "window": scope.window}
    scope.rotate_every_days, scope.window = rotate_every_days, window
    scope.audit_id = record(
        session, actor, action="crypto.scope.schedule", object_type="crypto_scope", object_id=str(scope.id),
        detail={"before": before, "after": {"rotate_every_days": rotate_every_days, "window": window}},
        department_id=scope.department_id,
    )
    session.flush()
    for rotation in queries.waiting(session, scope.id):
        rotation.waits_until = closed_until(session, rotation)
        queue(session, rotation, rotation.waits_until or clock.now())
    return scope


def _workdays(session: Session) -> Callable[[date], bool]:
    calendar = work_calendar.load(session)

    def is_workday(day: date) -> bool:
        try:
            return calendar.is_workday(day)
        except MulianError:
            return day.weekday() < 5  # a year without its notice: the week as it is

    return is_workday


def get(session: Session, actor: Actor, *, rotation_id: uuid.UUID) -> CryptoRotation:
    """Return a rotation in the actor's scope; 404 otherwise."""
    row = session.get(CryptoRotation, rotation_id)
    if row is None or not actor.sees(row.department_id):
        raise NOT_FOUND()
    return row
