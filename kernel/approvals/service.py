"""Propose, decide, withdraw and consume approvals."""

import uuid
from collections.abc import Iterable
from typing import Any, Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.approvals import rules
from kernel.approvals.errors import MISMATCH, NOT_PENDING, USED
from kernel.approvals.models import Approval
from kernel.approvals.registry import kind_of
from kernel.approvals.rules import ApprovalState
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require

READ = "kernel.approval.read"


def propose(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    params: dict[str, Any],
    title_zh: str,
    title_en: str,
    department_id: uuid.UUID | None = None,
    object_type: str | None = None,
    object_id: str | None = None,
) -> Approval:
    """Write a proposal whose parameters are bound by digest. The caller has checked the right to propose.

    ``params`` must have a canonical form (no floats). Raises ``kernel.approval.kind_unknown``.
    """
    registered = kind_of(kind)
    now = clock.now()
    row = Approval(
        id=ids.new(), kind=kind, title_zh=title_zh, title_en=title_en, params=params,
        digest=rules.digest(kind, params), state=ApprovalState.PENDING, object_type=object_type,
        object_id=object_id, department_id=department_id, maker_id=actor.user_id, maker_name=actor.name,
        created_at=now, expires_at=now + registered.valid_for, opinion="",
    )
    row.proposed_audit_id = _note(session, actor, "propose", row)
    session.add(row)
    session.flush([row])
    return row


def decide(session: Session, actor: Actor, approval_id: uuid.UUID, *, approve: bool, opinion: str = "") -> Approval:
    """Decide a pending proposal; callbacks of its kind run in this transaction.

    Raises 403 without the kind's checker permission, ``same_person`` for the maker, ``not_pending``, ``expired``,
    ``opinion_required`` for a rejection without words.
    """
    row = _row(session, approval_id)
    kind = kind_of(row.kind)
    require(actor, kind.checker_permission, department_id=row.department_id)
    now = clock.now()
    rules.check_decision(
        state=ApprovalState(row.state), expires_at=row.expires_at, now=now, maker=row.maker_id,
        checker=actor.user_id, approve=approve, opinion=opinion,
    )
    row.state = ApprovalState.APPROVED if approve else ApprovalState.REJECTED
    row.checker_id, row.checker_name, row.opinion, row.decided_at = actor.user_id, actor.name, opinion, now
    row.decided_audit_id = _note(session, actor, "approve" if approve else "reject", row, opinion=opinion)
    session.flush([row])
    callback = kind.on_approved if approve else kind.on_rejected
    if callback is not None:
        callback(session, row)
    return row


def decide_seen(
    session: Session, actor: Actor, approval_id: uuid.UUID, *, digest: str, approve: bool, opinion: str = ""
) -> Approval:
    """Decide exactly what was seen: raises ``mismatch`` unless ``digest`` names it, else as :func:`decide`."""
    if get(session, actor, approval_id).digest != digest:
        raise MISMATCH()
    return decide(session, actor, approval_id, approve=approve, opinion=opinion)


def consume(
    session: Session, actor: Actor, approval_id: uuid.UUID, *, kind: str, params: dict[str, Any]
) -> Approval:
    """Use an approval for exactly this operation, once, in the transaction of its effect.

    Raises ``mismatch`` for other parameters or another kind, ``not_approved``, ``expired`` or ``used``.
    """
    row = _row(session, approval_id)
    now = clock.now()
    # the stored digest is recomputed too: an approval whose parameters were edited in the table opens nothing
    bound = row.digest if row.digest == rules.digest(row.kind, row.params) else ""
    rules.check_use(
        state=ApprovalState(row.state), expires_at=row.expires_at, now=now, approved_digest=bound,
        used_digest=rules.digest(kind, params),
    )
    audit_id = _note(session, actor, "use", row)
    used = session.execute(
        update(Approval)
        .where(Approval.id == row.id, Approval.state == ApprovalState.APPROVED)
        .values(state=ApprovalState.USED, used_at=now, used_audit_id=audit_id)
        .returning(Approval.id)
    ).first()
    if used is None:
        raise USED()
    session.refresh(row)
    return row


def withdraw(session: Session, actor: Actor, approval_id: uuid.UUID) -> Approval:
    """Take back one's own pending proposal; others get 404."""
    row = _row(session, approval_id)
    if actor.user_id is None or row.maker_id != actor.user_id:
        raise NOT_FOUND()
    if row.state != ApprovalState.PENDING:
        raise NOT_PENDING(state=rules.STATE_TITLES[ApprovalState(row.state)][0])
    row.state, row.decided_at = ApprovalState.WITHDRAWN, clock.now()
    row.decided_audit_id = _note(session, actor, "withdraw", row)
    session.flush([row])
    callback = kind_of(row.kind).on_withdrawn
    if callback is not None:
        callback(session, row)
    return row


def decider(row: Approval, permissions: Iterable[str], *, scope: Literal["own", "all"] = "own") -> Actor:
    """The person who decided, as the actor of what follows from the decision, with exactly these permissions."""
    return Actor(
        user_id=row.checker_id, name=row.checker_name or "", department_id=row.department_id,
        permissions=frozenset(permissions), scope=scope,
    )


def may_decide(actor: Actor, row: Approval) -> bool:
    """Whether the actor could decide this proposal: the kind's permission, department in scope, not the maker."""
    permission = kind_of(row.kind).checker_permission
    return (
        actor.user_id is not None and actor.user_id != row.maker_id
        and actor.may(permission) and (row.department_id is None or actor.sees(row.department_id))
    )


def get(session: Session, actor: Actor, approval_id: uuid.UUID) -> Approval:
    """The approval for its maker, its possible checkers and readers of approvals; 404 for others."""
    row = _row(session, approval_id)
    reader = actor.may(READ) and (row.department_id is None or actor.sees(row.department_id))
    if row.maker_id == actor.user_id or row.checker_id == actor.user_id or reader or may_decide(actor, row):
        return row
    raise NOT_FOUND()


def _row(session: Session, approval_id: uuid.UUID) -> Approval:
    row = session.get(Approval, approval_id)
    if row is None:
        raise NOT_FOUND()
    return row


def _note(session: Session, actor: Actor, verb: str, row: Approval, **detail: str) -> uuid.UUID:
    return record(
        session, actor, action=f"kernel.approval.{verb}", object_type="approval", object_id=str(row.id),
        detail={"kind": row.kind, "digest": row.digest, **detail}, department_id=row.department_id,
    )
