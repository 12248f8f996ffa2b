"""Use cases of aborting: ask (maker), turn round after approval (checker). The machine does the rest."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from crypto.errors import ABORT_LEAKED, ROTATION_STATE
from crypto.keys import service as keys
from crypto.keys.rules import KeyState
from crypto.rotation import queries, service
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import ABORT_KIND, STATE_TITLES, RotationState, abort_params
from crypto.scopes import queries as scopes
from crypto.scopes import registry
from kernel import clock
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.identity.actor import Actor, require, system_actor


def request(session: Session, actor: Actor, *, rotation_id: uuid.UUID, reason: str) -> Approval:
    """Propose to abort a rotation: the old key stays, the new one goes. A second person decides.

    Raises 404, 403, ``crypto.rotation.state`` (finished, or going back already), ``crypto.rotation.abort_leaked``.
    """
    rotation = service.get(session, actor, rotation_id=rotation_id)
    require(actor, service.MANAGE, department_id=rotation.department_id)
    _check(session, rotation)
    scope = scopes.get(session, rotation.scope_id)
    label = registry.table_of(scope.table_name).column(scope.column_name).zh
    return approvals.propose(
        session, actor, kind=ABORT_KIND, params=abort_params(rotation.id, rotation.old_key_id, reason),
        title_zh=f"中止更换并退回原密钥 #{rotation.old_key_id}：{scope.table_name}（{label}）",
        title_en=f"Abort a rotation, back to key #{rotation.old_key_id} of {scopes.name_of(scope)}",
        department_id=rotation.department_id, object_type="crypto_rotation", object_id=str(rotation.id),
    )


def begin(session: Session, approval: Approval) -> None:
    """Use an approval: from this commit no step forward is taken any more, and a job carries the rows back.

    Raises like :func:`request`: the rotation may have finished, or its old key have leaked, since it was proposed.
    """
    params, actor = approval.params, system_actor("crypto.rotation")
    rotation = queries.get(session, uuid.UUID(params["rotation_id"]))
    _check(session, rotation)
    bound = abort_params(rotation.id, rotation.old_key_id, params["reason"])
    approvals.consume(session, actor, approval.id, kind=ABORT_KIND, params=bound)
    decision: dict[str, Any] = {
        "reason": params["reason"], "maker": approval.maker_name, "checker": approval.checker_name or "",
        "approval": str(approval.id), "at": clock.iso(clock.now()), "state": rotation.state, "done": rotation.done,
    }
    record(
        session, actor, action="crypto.rotation.abort", object_type="crypto_rotation", object_id=str(rotation.id),
        detail=decision, department_id=rotation.department_id,
    )
    rotation.abort, rotation.state = decision, RotationState.ABORTING
    rotation.cursor, rotation.unreadable, rotation.waits_until = None, [], None
    rotation.total = rotation.done = rotation.skipped = 0
    service.queue(session, rotation, service.first(clock.now()) if rotation.urgent else clock.now())


def _check(session: Session, rotation: CryptoRotation) -> None:
    if rotation.finished_at is not None or rotation.abort is not None:
        raise ROTATION_STATE(state=STATE_TITLES[RotationState(rotation.state)][0])
    if keys.get(session, rotation.old_key_id).state is KeyState.COMPROMISED:
        raise ABORT_LEAKED(key_id=rotation.old_key_id)
