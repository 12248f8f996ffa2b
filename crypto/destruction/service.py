"""Use cases of destruction: ask, begin after approval, carry out.

The provider's object is an effect outside the database: the approval's transaction marks the KEK and queues the
job; the job removes the object and only then writes the certificate. Killed anywhere, it runs again.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from crypto.copies import queries as copies
from crypto.copies.rules import TITLES, CopyKind, gone_at
from crypto.destruction import rules
from crypto.destruction.events import KekDestroyed
from crypto.destruction.rules import APPROVAL_KIND, JOB, Copy, Ended, approval_params
from crypto.errors import COPIES_LEFT, KEK_IN_USE, KEK_OLDER_LEFT, KEK_STATE
from crypto.keys import queries
from crypto.keys.models import CryptoDek, CryptoKek
from crypto.keys.rules import RETIRED_GRACE, STATE_TITLES, KeyState
from crypto.keys.vault import vault_of
from crypto.rotation.models import CryptoRotation
from crypto.rotation.queries import ScopeRows
from crypto.rotation.rules import RotationState
from crypto.scopes import registry
from crypto.scopes.models import CryptoScope
from crypto.scopes.queries import name_of
from crypto.scopes.rules import ENC
from kernel import clock
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.events import publish
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs.service import enqueue
from kernel.runtime import Runtime, runtime_of

MANAGE = "crypto.key.manage"
_LISTED = 10


def request(session: Session, actor: Actor, *, kek_id: uuid.UUID, reason: str) -> Approval:
    """Propose to destroy a retired KEK; another security administrator decides.

    A destruction that was approved and ended without a certificate may be proposed again.
    Raises 403, ``crypto.kek.unknown``, ``crypto.kek.state``, ``crypto.kek.in_use``, ``crypto.kek.copies_left``.
    """
    kek = queries.kek(session, kek_id)
    require(actor, MANAGE, department_id=kek.department_id)
    _check_before_removal(session, kek)
    return approvals.propose(
        session, actor, kind=APPROVAL_KIND, params=approval_params(kek.id, kek.version, reason),
        title_zh=f"销毁{queries.owner(session, kek)}的主密钥第 {kek.version} 版",
        title_en=f"Destroy KEK version {kek.version} of {queries.owner(session, kek)}",
        department_id=kek.department_id, object_type="crypto_kek", object_id=str(kek.id),
    )


def begin(session: Session, approval: Approval) -> None:
    """Use an approval: mark the KEK and queue its destruction, in the transaction of the decision."""
    params, actor = approval.params, system_actor("crypto.destruction")
    kek = queries.kek(session, uuid.UUID(params["kek_id"]))
    _check_before_removal(session, kek)
    approvals.consume(
        session, actor, approval.id, kind=APPROVAL_KIND,
        params=approval_params(kek.id, params["version"], params["reason"]),
    )
    kek.destroying_at = clock.now()
    record(
        session, actor, action="crypto.kek.destroy_begin", object_type="crypto_kek", object_id=str(kek.id),
        detail={"version": kek.version, "approval": str(approval.id)}, department_id=kek.department_id,
    )
    job = {"kek_id": str(kek.id), "reason": params["reason"], "maker": approval.maker_name,
           "checker": approval.checker_name or ""}
    enqueue(session, actor, JOB, job, department_id=kek.department_id)


def carry_out(runtime: Runtime, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    """Remove the object and write the certificate; return it. Done again it changes nothing.

    Raises ``crypto.kek.copies_left`` when a copy was recorded since the approval: then nothing is removed. A copy
    recorded after the removal keeps no certificate back: it is listed there.
    """
    kek_id = uuid.UUID(params["kek_id"])

    def look(session: Session) -> dict[str, Any] | None:
        kek = queries.kek(session, kek_id)
        if kek.certificate is None:
            _check_before_removal(session, kek)
        return kek.certificate

    issued = runtime.database.run(look, write=False)
    if issued is not None:
        return issued
    vault_of(runtime).destroy_kek(kek_id)
    return runtime.database.run(lambda session: _certify(session, actor, params))


def _check_before_removal(session: Session, kek: CryptoKek) -> None:
    """Refuse where something alive still needs or opens this KEK; nothing refuses what an attempt has removed."""
    removed = kek.destroying_at is not None and not vault_of(runtime_of(session)).provider.has_kek(kek.id)
    if removed and kek.certificate is None:
        return
    now = clock.now()
    if kek.state != KeyState.RETIRED:
        raise KEK_STATE(version=kek.version, state=STATE_TITLES[KeyState(kek.state)][0])
    older = queries.older_kek(session, kek)
    if older is not None:
        # what this KEK wraps was wrapped under the older ones first: their objects would still open those remains
        raise KEK_OLDER_LEFT(version=kek.version, older=older.version)
    used = [
        f"#{dek.key_id}" for dek, scope in queries.under_kek(session, kek.id) if _needed(session, dek, scope, now)
    ]
    if used:
        raise KEK_IN_USE(version=kek.version, keys="、".join(used))
    left = [f"{TITLES[CopyKind(copy.kind)][0]} {copy.location}"
            for copy in _copies(session, kek, now) if copy.gone_at is None]
    if left:
        raise COPIES_LEFT(count=len(left), copies="、".join(left[:_LISTED]))


def _copies(session: Session, kek: CryptoKek, now: datetime) -> list[Copy]:
    """Return the catalogued copies that could open what this KEK protected."""
    found = []
    for copy in copies.concerning(session, kek.retired_at or now):
        gone = gone_at(copy.expires_at, copy.deleted_at, now)
        how = "left" if gone is None else "deleted" if copy.deleted_at else "expired"
        found.append(Copy(copy.kind, copy.location, copy.made_at, gone, how))
    return found


def _needed(session: Session, dek: CryptoDek, scope: CryptoScope, now: datetime) -> bool:
    """A key that is not retired, whose readers have a grace left, or under which a row still lies."""
    if dek.state == KeyState.DESTROYED:
        return False
    if dek.state != KeyState.RETIRED or dek.retired_at is None or now < dek.retired_at + RETIRED_GRACE:
        return True
    if dek.purpose != ENC:
        return False  # no envelope names it
    rows = ScopeRows(registry.table_of(scope.table_name), name_of(scope))
    return rows.count_under(session, dek.key_id) > 0


def _certify(session: Session, actor: Actor, params: dict[str, Any]) -> dict[str, Any]:
    kek, now = queries.kek(session, uuid.UUID(params["kek_id"])), clock.now()
    if kek.certificate is not None:
        return kek.certificate
    ended = queries.under_kek(session, kek.id)
    issued = rules.certificate(
        kek_id=kek.id, department_id=kek.department_id, version=kek.version, provider=kek.provider,
        certified=vault_of(runtime_of(session)).provider.certified, kcv=kek.kcv,
        retired_at=kek.retired_at or now, destroyed_at=now, copies=_copies(session, kek, now),
        keys=[Ended(dek.key_id, scope.table_name, scope.column_name, dek.purpose, dek.version, dek.kcv)
              for dek, scope in ended],
        reason=params["reason"], maker=params["maker"], checker=params["checker"],
    )
    for dek, _ in ended:
        dek.state, dek.destroyed_at, dek.wrapped = KeyState.DESTROYED, now, b""
    kek.state, kek.destroyed_at, kek.certificate = KeyState.DESTROYED, now, issued
    session.execute(update(CryptoRotation).where(
        CryptoRotation.old_key_id.in_([dek.key_id for dek, _ in ended]), CryptoRotation.state == RotationState.RETIRED,
    ).values(state=RotationState.DESTROYED).execution_options(synchronize_session=False))
    record(
        session, actor, action="crypto.kek.destroy", object_type="crypto_kek", object_id=str(kek.id),
        detail={"certificate": issued}, department_id=kek.department_id,
    )
    session.flush()
    publish(session, KekDestroyed(kek.id, kek.department_id, issued))
    return issued
