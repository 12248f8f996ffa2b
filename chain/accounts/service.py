"""Use cases of accounts: which there are, asking for an exchange, taking one back."""

import uuid

from sqlalchemy.orm import Session

from chain.accounts import holders, queries
from chain.accounts.errors import ROTATION_OPEN, ROTATION_STATE
from chain.accounts.models import AccountRotation
from chain.accounts.rules import JOB, KIND, ROTATE, STATES, may_undo
from chain.ledger import accounts as keys
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs.service import enqueue
from kernel.runtime import runtime_of

OBJECT = "chain_account_rotation"
_SYSTEM = system_actor("chain.accounts")


def propose(session: Session, actor: Actor, *, purpose: str, reason: str) -> AccountRotation:
    """Ask a second person to exchange an account's key; the new key is made at once and named in the proposal.

    Raises ``chain.account.unknown``, ``chain.account.rotation_open``.
    """
    require(actor, ROTATE)
    old = holders.address_of(session, purpose)
    _close_lapsed(session, purpose)
    if queries.open_rotation(session, purpose) is not None:
        raise ROTATION_OPEN(purpose=purpose)
    made = keys.new_signer()
    row = AccountRotation(
        id=ids.new(), purpose=purpose, old_address=old, new_address=made.address,
        new_key=keys.seal(runtime_of(session).box, made), old_key=None, reason=reason, state="proposed", waiting=[],
        problem="", created_by=actor.name, created_at=clock.now(), audit_id=ids.new(),
    )
    row.audit_id = note(session, actor, "propose", row)
    session.add(row)
    session.flush([row])
    row.approval_id = approvals.propose(
        session, actor, kind=KIND, params=_params(row), object_type=OBJECT, object_id=str(row.id),
        title_zh=f"更换链上账户「{purpose}」的密钥", title_en=f"Exchange the key of the ledger account {purpose}",
    ).id
    session.flush([row])
    return row


def agreed(session: Session, approval: Approval) -> None:
    """Use the consent: the account is still the one that was named; then the work is queued."""
    row = get(session, uuid.UUID(str(approval.object_id)))
    approvals.consume(session, _SYSTEM, approval.id, kind=KIND, params=_params(row))
    if holders.address_of(session, row.purpose) != row.old_address or row.state != "proposed":
        raise ROTATION_STATE(state=STATES[row.state][0])
    row.state = "granting"
    row.audit_id = note(session, _SYSTEM, "granting", row)
    enqueue(session, _SYSTEM, JOB, {})


def declined(session: Session, approval: Approval) -> None:
    """Close what was refused or taken back, and forget the new key."""
    _reject(session, get(session, uuid.UUID(str(approval.object_id))))


def undo(session: Session, actor: Actor, *, rotation_id: uuid.UUID) -> AccountRotation:
    """Let the old account go on: possible until the new one is being put in force."""
    require(actor, ROTATE)
    row = get(session, rotation_id)
    if not may_undo(row.state):
        raise ROTATION_STATE(state=STATES[row.state][0])
    row.state, row.waiting = "undoing", []
    row.audit_id = note(session, actor, "undoing", row)
    enqueue(session, _SYSTEM, JOB, {})
    return row


def get(session: Session, rotation_id: uuid.UUID) -> AccountRotation:
    """Return an exchange or 404."""
    row = session.get(AccountRotation, rotation_id)
    if row is None:
        raise NOT_FOUND()
    return row


def note(session: Session, actor: Actor, verb: str, row: AccountRotation) -> uuid.UUID:
    """Write a line about an exchange."""
    return record(
        session, actor, action=f"chain.account.{verb}", object_type=OBJECT, object_id=str(row.id),
        detail={"purpose": row.purpose, "old": row.old_address, "new": row.new_address, "reason": row.reason},
    )


def _params(row: AccountRotation) -> dict[str, str]:
    return {
        "rotation_id": str(row.id), "purpose": row.purpose, "old": row.old_address, "new": row.new_address,
        "reason": row.reason,
    }


def _close_lapsed(session: Session, purpose: str) -> None:
    """A proposal that nobody decided in time must not block the next one."""
    row = queries.open_rotation(session, purpose)
    if row is None or row.state != "proposed" or row.approval_id is None:
        return
    if session.get_one(Approval, row.approval_id).expires_at <= clock.now():
        _reject(session, row)


def _reject(session: Session, row: AccountRotation) -> None:
    if row.state == "proposed":
        row.state, row.new_key, row.finished_at = "rejected", None, clock.now()
        row.audit_id = note(session, _SYSTEM, "rejected", row)
        session.flush([row])
