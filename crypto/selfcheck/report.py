"""The self-check as a whole: facts of an installation, findings, and the record of scans and drills."""

import resource
import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crypto.copies.models import CryptoCopy
from crypto.keys.models import CryptoKek
from crypto.keys.rules import KeyState
from crypto.keys.views import reach
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from crypto.scopes import fences
from crypto.scopes.rules import ENC
from crypto.selfcheck import assess, service
from crypto.selfcheck.assess import Facts
from kernel import clock
from kernel.approvals.models import Approval
from kernel.audit.models import AuditLog
from kernel.audit.service import record
from kernel.identity.actor import Actor
from kernel.runtime import runtime_of

OBJECT = "crypto_selfcheck"  # scans and drills are found again by the object of their audit lines
_LISTED = 50
LIMITS = (
    "字段加密的 SM4 运算由软件（OpenSSL）完成，不是经认证的密码产品；本自查不构成密码应用安全性评估的结论",
    "SM2、SM3、SM4 实现符合 GB/T 32918、GB/T 32905、GB/T 32907，认证由产品而非算法取得",
    "平台不提供 TLCP（GB/T 38636）通道：浏览器、接口调用与运维访问须经前置的经认证安全网关",
    "根密钥由密码设备保护时，设备是否为经认证的产品，请以其证书核实",
    "密钥在进程内存中，不能由 Python 清零；交换分区由运维关闭或加密",
    "使用 PostgreSQL 时扫描覆盖全部字段，服务器自己的数据文件、WAL 与转储须由数据库管理员以 --path 另行扫描",
)


def build(session: Session, actor: Actor) -> dict[str, Any]:
    """Return the self-check in the actor's reach; nothing in it is secret or personal."""
    department_id, listed = reach(actor), service.inventory(session, reach(actor))
    rotations = _rotations(session, department_id)
    for column in listed["columns"]:
        last = rotations.get(column["scope_id"])
        column["last_rotation_id"] = last.id if last else None
        column["last_rotation_at"] = clock.iso(last.finished_at) if last and last.finished_at else None
    facts = _facts(session, listed, list(rotations.values()), department_id)
    areas = assess.assess(facts)
    return {
        "v": 1, "made_at": clock.iso(clock.now()), "database": runtime_of(session).database.dialect, **listed,
        "scan": facts.scan, "drill": facts.drill, "areas": areas, "summary": assess.summary(areas),
        "limits": list(LIMITS),
    }


def note_scan(session: Session, actor: Actor, found: dict[str, Any]) -> uuid.UUID:
    """Put on the record what a scan looked at and in which files it found something; never what."""
    places = sorted({hit["place"].partition("!")[0] for hit in found["hits"]})
    detail = {
        "canaries": found["canaries"], "files": found["files"], "bytes": found["bytes"],
        "column_pages": found["column_pages"], "hits": len(found["hits"]), "places": places[:_LISTED],
        "unreadable": len(found["unreadable"]),
        "looked": [[place["kind"], place["files"], place["bytes"], place["hits"]] for place in found["places"]],
    }
    return record(session, actor, action="crypto.selfcheck.scan", object_type=OBJECT, object_id="scan", detail=detail)


def note_drill(session: Session, actor: Actor, report: dict[str, Any]) -> uuid.UUID:
    """Put a drill's verdict on the record."""
    detail = {
        "passed": report["passed"], "database": report["database"], "scopes": len(report["scopes"]),
        "kills": sum(kill["killed"] for scope in report["scopes"] for kill in scope["kills"]),
        "writes": sum(scope["writes"] for scope in report["scopes"]),
    }
    return record(session, actor, action="crypto.drill", object_type=OBJECT, object_id="drill", detail=detail)


def _rotations(session: Session, department_id: uuid.UUID | None) -> dict[uuid.UUID, CryptoRotation]:
    """Return the last rotation of each scope that exchanged its key, the newest first."""
    query = select(CryptoRotation).where(
        CryptoRotation.purpose == ENC, CryptoRotation.finished_at.is_not(None),
        CryptoRotation.state != RotationState.ABORTED,
    )
    if department_id is not None:
        query = query.where(CryptoRotation.department_id == department_id)
    found: dict[uuid.UUID, CryptoRotation] = {}
    for row in session.scalars(query.order_by(CryptoRotation.finished_at.desc())):
        found.setdefault(row.scope_id, row)
    return found


def _facts(
    session: Session, listed: dict[str, Any], rotations: list[CryptoRotation], department_id: uuid.UUID | None,
) -> Facts:
    runtime, columns = runtime_of(session), listed["columns"]
    keks = select(CryptoKek.id).where(CryptoKek.state == KeyState.DESTROYED)
    approvals = select(Approval.id).where(Approval.kind.startswith("crypto."), Approval.decided_at.is_not(None))
    if department_id is not None:
        keks, approvals = (keks.where(CryptoKek.department_id == department_id),
                           approvals.where(Approval.department_id == department_id))
    last = session.scalars(select(AuditLog.id).order_by(AuditLog.at.desc()).limit(1)).first()
    scan, tables = _last(session, "scan"), {column["table"] for column in columns}
    if scan is not None and department_id is not None:
        scan["places"] = []  # of the whole installation
    return Facts(
        profile=runtime.settings.profile, root=listed["root"]["provider"], root_device=listed["root"]["device"],
        cookie_secure=runtime.settings.cookie_secure, columns=len(columns),
        overdue=sum(column["overdue"] for column in columns),
        leaked=sum(column["compromised_key_id"] is not None for column in columns),
        leaked_identifiers=_leaked_identifiers(listed["compromised"]),
        missing_fences=tuple(table for table in fences.findings(session) if table in tables),
        core_dumps_off=resource.getrlimit(resource.RLIMIT_CORE)[0] == 0,
        rotations=tuple(f"rotation:{row.id}" for row in rotations),
        destructions=tuple(f"kek:{kek_id}" for kek_id in session.scalars(keks.limit(_LISTED))),
        approvals=tuple(f"approval:{one}" for one in session.scalars(
            approvals.order_by(Approval.decided_at.desc()).limit(_LISTED))),
        audit=() if last is None else (f"audit:{last}",),
        copies=session.scalar(select(func.count()).select_from(CryptoCopy)) or 0,
        scan=scan, drill=_last(session, "drill"),
    )


def _leaked_identifiers(compromised: list[dict[str, Any]]) -> int:
    """Both keys of an epoch make identifiers of the same values."""
    return sum({
        (one["department"], one["version"]): one["identifiers"] for one in compromised if one["identifiers"]
    }.values())


def _last(session: Session, what: str) -> dict[str, Any] | None:
    """Return what the newest scan or drill put on the record, with its evidence id."""
    row = session.scalars(
        select(AuditLog).where(AuditLog.object_type == OBJECT, AuditLog.object_id == what)
        .order_by(AuditLog.at.desc()).limit(1)
    ).first()
    return None if row is None else {**row.detail, "at": clock.iso(row.at), "evidence": f"audit:{row.id}"}
