"""Every SELECT of approvals."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import Session

from kernel import clock
from kernel.approvals.models import Approval
from kernel.approvals.registry import kinds
from kernel.approvals.rules import ApprovalState
from kernel.identity.actor import Actor


def _decidable(actor: Actor) -> ColumnElement[bool]:
    """What the actor could decide: kinds by permission, departments by scope, never one's own."""
    allowed = [kind.key for kind in kinds().values() if actor.may(kind.checker_permission)]
    if not allowed or actor.user_id is None:
        return false()
    conditions = [
        Approval.kind.in_(allowed),
        or_(Approval.maker_id.is_(None), Approval.maker_id != actor.user_id),
    ]
    if actor.scope != "all":
        conditions.append(or_(Approval.department_id.is_(None), Approval.department_id == actor.department_id))
    return and_(*conditions)


def pending_for(actor: Actor) -> Select[Approval]:
    """Proposals that wait for this actor, the oldest first."""
    return (
        select(Approval)
        .where(Approval.state == ApprovalState.PENDING, Approval.expires_at > clock.now(), _decidable(actor))
        .order_by(Approval.created_at, Approval.id)
    )


def made_by(actor: Actor) -> Select[Approval]:
    """The actor's own proposals, the newest first."""
    return (
        select(Approval).where(Approval.maker_id == actor.user_id)
        .order_by(Approval.created_at.desc(), Approval.id.desc())
    )


def decided_by(actor: Actor) -> Select[Approval]:
    """What the actor decided, the newest first."""
    return (
        select(Approval).where(Approval.checker_id == actor.user_id)
        .order_by(Approval.decided_at.desc(), Approval.id.desc())
    )


def all_in_scope(actor: Actor) -> Select[Approval]:
    """All approvals of the departments in scope, the newest first (for readers of approvals)."""
    statement = select(Approval)
    if actor.scope != "all":
        statement = statement.where(or_(
            Approval.department_id.is_(None), Approval.department_id == actor.department_id
        ))
    return statement.order_by(Approval.created_at.desc(), Approval.id.desc())


def pending_on(session: Session, object_type: str, object_ids: Sequence[str]) -> set[str]:
    """Return which of some objects have a proposal that waits for its decision."""
    return {str(one) for one in session.scalars(select(Approval.object_id).where(
        Approval.object_type == object_type, Approval.object_id.in_(object_ids),
        Approval.state == ApprovalState.PENDING, Approval.expires_at > clock.now(),
    ))}


def waiting(session: Session, actor: Actor, limit: int) -> Sequence[Approval]:
    """Rows for the workbench."""
    return session.scalars(pending_for(actor).limit(limit)).all()
