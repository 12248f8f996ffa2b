"""Use cases of dual control: ask (maker), and what happens once somebody else has agreed (checker)."""

import uuid

from sqlalchemy.orm import Session

from crypto.errors import KEK_STATE, KEY_STATE, POLICY_INVALID, ROTATION_NO_SECOND, ROTATION_OPEN
from crypto.identifiers import epochs
from crypto.keys import hierarchy, queries
from crypto.keys import service as keys
from crypto.keys.queries import KeyRecord
from crypto.keys.rules import STATE_TITLES, KeyState
from crypto.keys.shamir import MAX_SHARES
from crypto.keys.vault import vault_of
from crypto.requests.rules import (
    COMPROMISE,
    KEK_ROTATE,
    POLICY,
    PURPOSES,
    compromise_params,
    kek_params,
    policy_params,
)
from crypto.rotation import queries as rotation_queries
from crypto.rotation import service as rotations
from crypto.scopes import registry
from crypto.scopes.rules import BLIND_INDEX, FORMAT, TOKEN
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require, system_actor
from kernel.notices.service import notify
from kernel.runtime import runtime_of

MANAGE = "crypto.key.manage"
_USABLE = (KeyState.ACTIVE, KeyState.DECRYPT_ONLY)
_IDENTIFYING = (TOKEN, FORMAT)


def request_kek_change(session: Session, actor: Actor, *, kek_id: uuid.UUID, reason: str) -> Approval:
    """Propose to move a department's keys to a new KEK; raise ``crypto.kek.unknown``, ``crypto.kek.state``."""
    kek = queries.kek(session, kek_id)
    require(actor, MANAGE, department_id=kek.department_id)
    if kek.state != KeyState.ACTIVE:
        raise KEK_STATE(version=kek.version, state=STATE_TITLES[KeyState(kek.state)][0])
    return approvals.propose(
        session, actor, kind=KEK_ROTATE, params=kek_params(kek.department_id, kek.id, reason),
        title_zh=f"更换{queries.owner(session, kek)}的主密钥第 {kek.version} 版",
        title_en=f"Change KEK version {kek.version} of {queries.owner(session, kek)}",
        department_id=kek.department_id, object_type="crypto_kek", object_id=str(kek.id),
    )


def change_kek(session: Session, approval: Approval) -> None:
    """Use an approval: re-wrap in the transaction of the decision. Raises ``crypto.kek.state``, ``crypto.sealed``."""
    params, actor = approval.params, system_actor("crypto.requests")
    kek = queries.kek(session, uuid.UUID(params["kek_id"]))
    if kek.state != KeyState.ACTIVE:
        raise KEK_STATE(version=kek.version, state=STATE_TITLES[KeyState(kek.state)][0])
    bound = kek_params(kek.department_id, kek.id, params["reason"])
    approvals.consume(session, actor, approval.id, kind=KEK_ROTATE, params=bound)
    hierarchy.rewrap(session, actor, kek.department_id, reason=params["reason"])


def request_compromise(session: Session, actor: Actor, *, key_id: int, reason: str) -> Approval:
    """Propose to treat a data key of any purpose as compromised.

    Raises 403, ``crypto.key.unknown``, ``crypto.key.state``, ``crypto.rotation.open`` while it is being brought in,
    ``crypto.rotation.no_second_index``.
    """
    require(actor, MANAGE, department_id=keys.get(session, key_id).scope.department_id)
    key = _compromisable(session, key_id)
    place, (zh, en) = f"{key.scope.table}.{key.scope.column}", PURPOSES[key.purpose]
    return approvals.propose(
        session, actor, kind=COMPROMISE, params=compromise_params(key_id, reason),
        title_zh=f"按泄露处置密钥 #{key_id}（{place} 的{zh}）",
        title_en=f"Treat key #{key_id} as compromised ({en} of {place})",
        department_id=key.scope.department_id, object_type="crypto_key", object_id=str(key_id),
    )


def compromise(session: Session, approval: Approval) -> None:
    """Use an approval: from this commit nothing new is written with the key, reads and look-ups go on, and its exchange
    is first: a rotation, or for the keys of identifiers their next epoch."""
    params, actor = approval.params, system_actor("crypto.requests")
    key = _compromisable(session, params["key_id"])
    approvals.consume(
        session, actor, approval.id, kind=COMPROMISE, params=compromise_params(key.key_id, params["reason"]),
    )
    keys.compromise(session, actor, key_id=key.key_id, department_id=key.scope.department_id, reason=params["reason"])
    if key.state is KeyState.ACTIVE:
        _exchange(session, approval, key)
    elif running := rotation_queries.open_of(session, key.scope_id, key.purpose):
        rotations.hasten(session, running)  # another key is in use: the rows under this one wait for no window
    _tell(session, key)


def request_policy(session: Session, actor: Actor, *, threshold: int, shares: int, reason: str) -> Approval:
    """Propose to open the root by k of n shares; raise ``crypto.unseal.policy_invalid``."""
    require(actor, MANAGE)
    provider = vault_of(runtime_of(session)).provider
    if not 2 <= threshold <= shares <= MAX_SHARES or provider.state().method not in ("passphrase", "shares"):
        raise POLICY_INVALID()
    return approvals.propose(
        session, actor, kind=POLICY, params=policy_params(threshold, shares, reason),
        title_zh=f"解封方式改为 {shares} 份中的任意 {threshold} 份", object_type="crypto_root",
        title_en=f"Unseal by any {threshold} of {shares} shares",
        object_id=provider.label,
    )


def hand_out(session: Session, actor: Actor, *, approval_id: uuid.UUID) -> tuple[int, list[str]]:
    """Use an approved change of policy: return how many shares open the root, and the new shares, this once.

    They open it from when that many of them have been given back (``crypto.keys.unseal``). Only who asked for the
    change gets them. Raises 404, ``kernel.approval.not_approved``, ``used``, ``expired``; ``crypto.sealed``.
    """
    require(actor, MANAGE)
    approval = approvals.get(session, actor, approval_id)
    if approval.kind != POLICY or approval.maker_id != actor.user_id:
        raise NOT_FOUND()  # whoever agreed never holds the shares
    params = approval.params
    bound = policy_params(params["threshold"], params["shares"], params["reason"])
    approvals.consume(session, actor, approval_id, kind=POLICY, params=bound)
    provider = vault_of(runtime_of(session)).provider
    record(
        session, actor, action="crypto.unseal.policy", object_type="crypto_root", object_id=provider.label,
        detail={"threshold": params["threshold"], "shares": params["shares"], "approval": str(approval_id)},
    )
    # a file cannot be rolled back: if the commit fails after it, nobody has these shares, what opened the root goes
    # on opening it, and the next hand-out replaces them
    return params["threshold"], provider.share(params["threshold"], params["shares"])


def _compromisable(session: Session, key_id: int) -> KeyRecord:
    key = keys.get(session, key_id)
    if key.state not in _USABLE:
        raise KEY_STATE(key_id=key_id, state=STATE_TITLES[key.state][0])
    column = registry.table_of(key.scope.table).column(key.scope.column)
    if key.purpose == BLIND_INDEX and column.blind_index_next is None:
        raise ROTATION_NO_SECOND(scope=str(key.scope))  # what is stopped could never go on
    running = rotation_queries.open_of(session, key.scope_id, key.purpose)
    if running is not None and key_id == (running.old_key_id if running.abort else running.new_key_id):
        raise ROTATION_OPEN(scope=str(key.scope))
    return key


def _exchange(session: Session, approval: Approval, key: KeyRecord) -> None:
    """Queue what replaces the key that was in use, before every other job."""
    if key.purpose in _IDENTIFYING:
        epochs.hasten(session, department_id=key.scope.department_id, key_id=key.key_id)
        return
    running = rotation_queries.open_of(session, key.scope_id, key.purpose)
    if running is None:
        rotations.plan(session, approval, scope_id=key.scope_id, old_key_id=key.key_id, urgent=True)
    else:
        rotations.hasten(session, running)  # nothing is written until its key is there


def _tell(session: Session, key: KeyRecord) -> None:
    place, (zh, en) = f"{key.scope.table}.{key.scope.column}", PURPOSES[key.purpose]
    identifying = key.purpose in _IDENTIFYING
    if key.state is not KeyState.ACTIVE:
        done_zh, done_en = "此前已换下，不再用于写入", "it was replaced before and writes nothing"
    elif identifying:
        done_zh, done_en = "正在优先启用新一代标识密钥", "the next epoch of identifiers begins first"
    else:
        done_zh, done_en = "正在优先更换", "it is being rotated first"
    left_zh = "此前签发的标识仍由它生成，请评估并安排更换" if identifying else ""
    left_en = "Identifiers issued before were made with it: assess where they lie" if identifying else ""
    notify(
        session, role="security_admin", severity="critical",
        url="/crypto/keys" if identifying else "/crypto/rotations",
        title_zh=f"密钥 #{key.key_id}（{place} 的{zh}）已按泄露处置，{done_zh}",
        title_en=f"Key #{key.key_id} ({en} of {place}) is compromised; {done_en}", body_zh=left_zh, body_en=left_en,
    )
