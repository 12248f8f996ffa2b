"""Next keys of a department's identifiers, by two people. Identifiers that were issued stay as they are.

An epoch is the version of the keys ``tok`` and ``fpe``. Values that are new get identifiers of the newest epoch; those
before it go on being read and, for their values, written. Where one of its keys is compromised, the next epoch begins
by a job before all others, and until then new values get no identifiers.
"""

import uuid

from sqlalchemy.orm import Session

from crypto.errors import SCOPE_UNKNOWN
from crypto.identifiers.fields import MANAGE, scope_of
from crypto.keys import queries as keys
from crypto.keys import service as key_service
from crypto.keys.rules import KeyState
from crypto.rotation.service import first
from crypto.scopes import queries as scopes
from crypto.scopes.rules import FORMAT, TOKEN
from kernel import clock
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs.service import enqueue

KIND = JOB = "crypto.identifier.epoch"


def request(session: Session, actor: Actor, *, department_id: uuid.UUID, reason: str) -> Approval:
    """Propose the next epoch of a department; raise 403, 404, ``crypto.scope.unknown`` before its first field."""
    require(actor, MANAGE, department_id=department_id)
    epoch = _epoch(session, department_id)
    return approvals.propose(
        session, actor, kind=KIND, params=_params(department_id, epoch, reason),
        title_zh=f"启用第 {epoch + 1} 代标识密钥", title_en=f"Begin epoch {epoch + 1} of identifiers",
        department_id=department_id, object_type="department", object_id=str(department_id),
    )


def begin(session: Session, approval: Approval) -> None:
    """Use an approval: from this commit new values get identifiers under new keys. Raises ``crypto.sealed``,
    ``kernel.approval.mismatch`` where another epoch has begun meanwhile."""
    actor, department_id = system_actor("crypto.identifiers"), uuid.UUID(approval.params["department_id"])
    epoch = _epoch(session, department_id)
    bound = _params(department_id, epoch, approval.params["reason"])
    approvals.consume(session, actor, approval.id, kind=KIND, params=bound)
    _advance(session, actor, department_id, {"approval": str(approval.id)})


def hasten(session: Session, *, department_id: uuid.UUID, key_id: int) -> None:
    """Queue the next epoch because a key of this one is compromised, before every other job."""
    enqueue(
        session, system_actor("crypto.identifiers"), JOB, {"key_id": key_id}, department_id=department_id,
        run_at=first(clock.now()),
    )


def replace(session: Session, actor: Actor, *, key_id: int) -> int:
    """Begin the next epoch in place of that of a compromised key; return the newest epoch.

    Where the key is not of the newest epoch nothing is done: another one has begun meanwhile, or this was done before.
    Raises ``crypto.sealed``.
    """
    key = key_service.get(session, key_id)
    newest = keys.of_purpose(session, key.scope, key.purpose)[0]
    if newest.key_id == key_id:
        _advance(session, actor, key.scope.department_id, {"compromised": key_id})
    return _epoch(session, key.scope.department_id)


def _advance(session: Session, actor: Actor, department_id: uuid.UUID, because: dict[str, object]) -> None:
    """Make new keys of both purposes the ones in use: an identifier names one epoch, whatever its form."""
    scope = scopes.named(session, scope_of(department_id))
    if scope is None:
        raise SCOPE_UNKNOWN(scope=str(scope_of(department_id)))
    for purpose in (TOKEN, FORMAT):
        old = keys.of_purpose(session, scope_of(department_id), purpose)[0]
        new = key_service.create_key(session, actor, scope, purpose, state=KeyState.PRE_ACTIVE)
        key_service.replace(
            session, actor, old_key_id=old.key_id, new_key_id=new.key_id, department_id=department_id,
        )
    record(
        session, actor, action="crypto.identifier.epoch", object_type="department", object_id=str(department_id),
        detail={"epoch": _epoch(session, department_id), **because}, department_id=department_id,
    )


def _epoch(session: Session, department_id: uuid.UUID) -> int:
    """Return the newest version of a department's identifier keys."""
    found = keys.of_purpose(session, scope_of(department_id), TOKEN)
    if not found:
        raise SCOPE_UNKNOWN(scope=str(scope_of(department_id)))
    return found[0].version


def _params(department_id: uuid.UUID, epoch: int, reason: str) -> dict[str, object]:
    return {"department_id": str(department_id), "epoch": epoch, "reason": reason}
