"""Rows of the crypto pages, put together from keys, scopes, rotations and departments."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crypto.keys import queries, rules
from crypto.keys.doors import Answer
from crypto.keys.models import CryptoDek
from crypto.keys.rules import STATE_TITLES, KeyState
from crypto.keys.schemas import AbortOut, KeyOut, LeakedOut, OverviewOut, ProcessOut, RotationOut, ScopeOut, SealedOut
from crypto.keys.vault import Vault, vault_of
from crypto.rotation import service as rotating
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import STATE_TITLES as ROTATION_TITLES
from crypto.rotation.rules import RotationState
from crypto.scopes import fences, registry
from crypto.scopes.models import CryptoScope
from crypto.scopes.rules import ENC
from crypto.sm import sm2
from kernel import clock, errors
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from kernel.runtime import runtime_of

Key = tuple[CryptoDek, CryptoScope]


def reach(actor: Actor) -> uuid.UUID | None:
    """Return the department whose objects the actor sees, None for every department."""
    if actor.kind == "system" or actor.scope == "all":
        return None
    return actor.department_id or uuid.UUID(int=0)  # nobody's department: an empty list


def department_of(actor: Actor, given: uuid.UUID | None) -> uuid.UUID:
    """Return the department that was named, else the actor's own; 404 where there is neither."""
    department_id = given or actor.department_id
    if department_id is None:
        raise errors.NOT_FOUND()
    return department_id


def overview(session: Session, actor: Actor) -> OverviewOut:
    """Return the state of encryption in the actor's reach."""
    runtime = runtime_of(session)
    vault = vault_of(runtime)
    keys = [(row[0], row[1]) for row in session.execute(queries.listing(reach(actor), None))]
    now = clock.now()
    overdue = sum(_overdue(dek, scope, now) for dek, scope in keys)
    missing = fences.findings(session)
    unfinished = select(func.count()).select_from(CryptoRotation).where(CryptoRotation.finished_at.is_(None))
    return OverviewOut(
        sealed=not vault.provider.is_open(), provider=vault.provider.label, certified=vault.provider.certified,
        profile=runtime.settings.profile, sm2_engine=sm2.engine(),
        scopes=len({scope.id for _, scope in keys}), keys_by_state=dict(Counter(dek.state for dek, _ in keys)),
        overdue_keys=overdue, open_rotations=session.scalar(unfinished) or 0, fences_missing=missing,
        leaked=_leaked(session, keys),
        warnings=_warnings(runtime.settings.profile, vault, overdue, missing),
    )


def scopes(session: Session, rows: Sequence[CryptoScope]) -> list[ScopeOut]:
    """Return scopes with their current keys."""
    ids_ = [row.id for row in rows]
    active = {key.scope_id: key for key in session.scalars(select(CryptoDek).where(
        CryptoDek.scope_id.in_(ids_), CryptoDek.purpose == ENC, CryptoDek.state == KeyState.ACTIVE
    ))}
    running: dict[uuid.UUID, uuid.UUID] = dict(session.execute(
        select(CryptoRotation.scope_id, CryptoRotation.id).where(
            CryptoRotation.scope_id.in_(ids_), CryptoRotation.finished_at.is_(None)
        )
    ).tuples().all())
    leaked = {
        key.scope_id: key.key_id for key in session.scalars(select(CryptoDek).where(
            CryptoDek.scope_id.in_(ids_), CryptoDek.state == KeyState.COMPROMISED).order_by(CryptoDek.key_id))
        if rules.stops_writing(key.purpose, key.state, key.replaced_at)
    }
    names, now = department_names(session), clock.now()
    return [
        _scope(row, active.get(row.id), running.get(row.id), leaked.get(row.id), names, now) for row in rows
    ]


def keys(session: Session, rows: Sequence[Key]) -> list[KeyOut]:
    """Return keys for output."""
    names, now = department_names(session), clock.now()
    return [
        KeyOut(
            key_id=dek.key_id, department_id=scope.department_id, department=names.get(scope.department_id, ""),
            table=scope.table_name, column=scope.column_name, purpose=dek.purpose, version=dek.version,
            state=dek.state, state_zh=STATE_TITLES[KeyState(dek.state)][0],
            state_en=STATE_TITLES[KeyState(dek.state)][1], kcv=dek.kcv.hex(), kek_id=dek.kek_id,
            reserved_uses=dek.reserved, created_at=clock.iso(dek.created_at), activated_at=_iso(dek.activated_at),
            replaced_at=_iso(dek.replaced_at), retired_at=_iso(dek.retired_at),
            compromised_at=_iso(dek.compromised_at), destroyed_at=_iso(dek.destroyed_at),
            overdue=_overdue(dek, scope, now),
        )
        for dek, scope in rows
    ]


def rotations(session: Session, rows: Sequence[CryptoRotation]) -> list[RotationOut]:
    """Return rotations for output."""
    names = department_names(session)
    found = {scope.id: scope for scope in session.scalars(
        select(CryptoScope).where(CryptoScope.id.in_([row.scope_id for row in rows]))
    )}
    stopped = rotating.stopped(session, rows)
    return [_rotation(row, found[row.scope_id], names, row.id in stopped) for row in rows]


def sealed(found: Sequence[Answer]) -> SealedOut:
    """Return the states of processes, the answering one first."""
    texts = {kind.code: (kind.zh, kind.en) for kind in errors.kinds()} if any(one.error for one in found) else {}

    def shown(one: Answer) -> ProcessOut:
        zh, en = texts.get(one.error, (one.error, one.error))
        return ProcessOut(
            process=one.process, pid=one.pid, open=one.open, method=one.method, given=list(one.given), need=one.need,
            error=one.error, error_zh=zh, error_en=en,
        )

    here = found[0]
    return SealedOut(sealed=not here.open, next_need=here.next_need, next_given=list(here.next_given),
                     processes=[shown(one) for one in found])


def department_names(session: Session) -> dict[uuid.UUID, str]:
    """Return the names of all departments by id."""
    return dict(session.execute(select(Department.id, Department.name)).tuples().all())


def _scope(
    row: CryptoScope, key: CryptoDek | None, rotation_id: uuid.UUID | None, leaked: int | None,
    names: dict[uuid.UUID, str], now: datetime,
) -> ScopeOut:
    since = key.activated_at if key else None
    return ScopeOut(
        id=row.id, department_id=row.department_id, department=names.get(row.department_id, ""),
        table=row.table_name, column=row.column_name,
        label=_label(row), algorithm="SM4-GCM", mode=row.mode,
        padded=row.padded, blind_index=row.blind_index, rotate_every_days=row.rotate_every_days,
        window=row.window, compromised_key_id=leaked,
        key_id=key.key_id if key else None, key_version=key.version if key else None, key_since=_iso(since),
        due_at=_iso(since + timedelta(days=row.rotate_every_days)) if since else None,
        overdue=bool(key and _overdue(key, row, now)), rotation_id=rotation_id,
    )


def _rotation(row: CryptoRotation, scope: CryptoScope, names: dict[uuid.UUID, str], stopped: bool) -> RotationOut:
    zh, en = ROTATION_TITLES[RotationState(row.state)]
    return RotationOut(
        id=row.id, scope_id=row.scope_id, department_id=row.department_id, department=names.get(row.department_id, ""),
        table=scope.table_name, column=scope.column_name,
        label=_label(scope), purpose=row.purpose, state=row.state, state_zh=zh,
        state_en=en, reason=row.reason, old_key_id=row.old_key_id, new_key_id=row.new_key_id, total=row.total,
        done=row.done, skipped=row.skipped, percent=_percent(row), passes=row.passes, unreadable=row.unreadable,
        urgent=row.urgent, waits_until=_iso(row.waits_until), stopped=stopped,
        maker=row.maker_name, checker=row.checker_name, approval_id=row.approval_id, certificate=row.certificate,
        abort=_abort(row.abort),
        created_at=clock.iso(row.created_at), updated_at=clock.iso(row.updated_at),
        switched_at=_iso(row.switched_at), finished_at=_iso(row.finished_at),
    )


def _abort(found: dict[str, Any] | None) -> AbortOut | None:
    if found is None:
        return None
    zh, en = ROTATION_TITLES[RotationState(found["state"])]
    shown = {name: found[name] for name in ("reason", "maker", "checker", "at", "state", "done")}
    return AbortOut(**shown, state_zh=zh, state_en=en)


def _percent(row: CryptoRotation) -> int:
    """Whole percent of rows; 100 only at its end."""
    if row.finished_at:
        return 100
    return min(99, 100 * (row.done + row.skipped) // row.total) if row.total else 0


def _overdue(dek: CryptoDek, scope: CryptoScope, now: datetime) -> bool:
    in_use = dek.state == KeyState.ACTIVE and dek.purpose == ENC and dek.activated_at is not None
    return in_use and rules.overdue(dek.activated_at or now, scope.rotate_every_days, now)


def _leaked(session: Session, keys: Sequence[Key]) -> list[LeakedOut]:
    worst = {scope.id: (dek, scope) for dek, scope in sorted(keys, key=lambda key: key[0].key_id)
             if rules.stops_writing(dek.purpose, dek.state, dek.replaced_at)}
    names = department_names(session) if worst else {}
    return [
        LeakedOut(department=names.get(scope.department_id, ""), label=_label(scope), key_id=dek.key_id)
        for dek, scope in worst.values()
    ]


def _label(scope: CryptoScope) -> str:
    return registry.table_of(scope.table_name).column(scope.column_name).zh


def _warnings(profile: str, vault: Vault, overdue: int, missing: list[str]) -> list[dict[str, str]]:
    found, state = [], vault.provider.state()
    if profile == "dev":
        found.append(("开发配置：根密钥由数据目录内的口令文件解封，不得用于正式环境",
                      "Development profile: a passphrase file in the home opens the root key; not for production"))
    if state.method == "pin":
        found.append(("密码设备是否为经认证的产品，请使用单位核实", "Whether the device is a certified product is for you to verify"))
    else:
        found.append(("密钥由软件保护，不是经认证的密码产品", "Keys are kept by software, not by a certified product"))
    if not vault.provider.is_open():
        found.append(("数据密钥处于封存状态", "Data keys are sealed"))
    if state.next_need:
        found.append((f"新的解封份额尚未生效：交回 {state.next_need} 份后生效，此前仍按原方式解封",
                      f"New shares are not in force until {state.next_need} were given back; the old way unseals"))
    if overdue:
        found.append((f"{overdue} 个密钥超过更换周期", f"{overdue} key(s) are overdue for rotation"))
    if missing:
        found.append((f"写入围栏缺失：{'、'.join(missing)}", f"Write fences missing: {', '.join(missing)}"))
    if sm2.engine() != "libcrypto":
        found.append(("SM2 使用 gmssl 点运算（慢，非常数时间）", "SM2 runs on gmssl's points (slow, not constant time)"))
    return [{"zh": zh, "en": en} for zh, en in found]


def _iso(value: datetime | None) -> str | None:
    return None if value is None else clock.iso(value)
