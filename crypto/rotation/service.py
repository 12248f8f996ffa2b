"""Use cases on rotations: request (maker), start after approval (checker), read."""

import uuid

from sqlalchemy.orm import Session

from crypto.errors import ROTATION_OPEN, SCOPE_UNKNOWN
from crypto.keys import queries as keys
from crypto.rotation import queries
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import APPROVAL_KIND, RotationState, approval_params
from crypto.scopes import queries as scopes
from crypto.scopes import registry
from crypto.scopes.rules import ENC
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs.service import enqueue

MANAGE = "crypto.key.manage"
JOB = "crypto.rotation.run"


def request(session: Session, actor: Actor, *, scope_id: uuid.UUID, reason: str) -> Approval:
    """Propose the rotation of a scope's key; another security administrator decides.

    Raises 403, ``crypto.scope.unknown``, ``crypto.rotation.open``.
    """
    scope = scopes.get(session, scope_id)
    require(actor, MANAGE, department_id=scope.department_id)
    name = scopes.name_of(scope)
    if queries.open_of(session, scope.id) is not None:
        raise ROTATION_OPEN(scope=str(name))
    active = keys.active(session, name, ENC)
    if active is None:
        raise SCOPE_UNKNOWN(scope=str(name))
    column = registry.table_of(scope.table_name).column(scope.column_name)
    return approvals.propose(
        session, actor, kind=APPROVAL_KIND, params=approval_params(scope.id, active.key_id, reason),
        title_zh=f"更换加密密钥：{scope.table_name}（{column.zh}）", title_en=f"Rotate the key of {name}",
        department_id=scope.department_id, object_type="crypto_scope", object_id=str(scope.id),
    )


def start(session: Session, approval: Approval) -> None:
    """Use an approval: write the planned rotation and queue its job, all in the transaction of the decision."""
    params = approval.params
    actor = system_actor("crypto.rotation")
    scope = scopes.get(session, uuid.UUID(params["scope_id"]))
    name = scopes.name_of(scope)
    if queries.open_of(session, scope.id) is not None:
        raise ROTATION_OPEN(scope=str(name))
    approvals.consume(
        session, actor, approval.id, kind=APPROVAL_KIND,
        params=approval_params(scope.id, params["old_key_id"], params["reason"]),
    )
    rotation_id, now = ids.new(), clock.now()
    audit_id = record(
        session, actor, action="crypto.rotation.start", object_type="crypto_rotation", object_id=str(rotation_id),
        detail={"scope": str(name), "old_key": params["old_key_id"], "approval": str(approval.id)},
        department_id=scope.department_id,
    )
    session.add(CryptoRotation(
        id=rotation_id, scope_id=scope.id, department_id=scope.department_id, state=RotationState.PLANNED,
        reason=params["reason"], old_key_id=params["old_key_id"], new_key_id=None, cursor=None, total=0, done=0,
        skipped=0, passes=0, unreadable=[], certificate=None, approval_id=approval.id,
        maker_name=approval.maker_name, checker_name=approval.checker_name or "", created_at=now, updated_at=now,
        switched_at=None, finished_at=None, audit_id=audit_id,
    ))
    session.flush()
    enqueue(session, actor, JOB, {"rotation_id": str(rotation_id)}, department_id=scope.department_id)


def get(session: Session, actor: Actor, *, rotation_id: uuid.UUID) -> CryptoRotation:
    """Return a rotation in the actor's scope; 404 otherwise."""
    row = session.get(CryptoRotation, rotation_id)
    if row is None or not actor.sees(row.department_id):
        raise NOT_FOUND()
    return row
