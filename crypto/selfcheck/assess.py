"""From what an installation shows to a finding per requirement; pure.

Field encryption runs in software whatever holds the root, so nothing that rests on it is ever 符合 here: software SM4
is no certified product, and only an assessor can accept it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from crypto.selfcheck.gbt import AREAS, SUPPLIERS, Requirement, Status

SOFTWARE = "SM 算法由软件实现，不是经认证的密码产品"


@dataclass(frozen=True)
class Facts:
    """What the program can tell about itself. Identifiers of evidence are ``kind:id``."""

    profile: str
    root: str
    root_device: bool
    cookie_secure: bool
    columns: int
    overdue: int
    leaked: int
    missing_fences: tuple[str, ...]
    core_dumps_off: bool
    rotations: tuple[str, ...] = ()
    destructions: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    audit: tuple[str, ...] = ()
    copies: int = 0
    scan: dict[str, Any] | None = None
    drill: dict[str, Any] | None = None
    leaked_identifiers: int = 0


@dataclass(frozen=True)
class Finding:
    """How one requirement stands."""

    status: Status
    text: str
    evidence: tuple[str, ...] = field(default=())


def assess(facts: Facts) -> list[dict[str, Any]]:
    """Return the eight areas with a finding for each requirement; plain data for the wire and the report."""
    found = []
    for area in AREAS:
        items = [_item(requirement, _find(area.code, requirement, facts)) for requirement in area.requirements]
        found.append({
            "area": area.code, "title_zh": area.zh, "title_en": area.en, "items": items,
            "status": overall([Status(item["status"]) for item in items]).value,
        })
    return found


def overall(statuses: list[Status]) -> Status:
    """Return an area's status: met only where all that applies is, unmet where nothing is."""
    counted = [status for status in statuses if status is not Status.NOT_APPLICABLE]
    if not counted:
        return Status.NOT_APPLICABLE
    if len(set(counted)) == 1:
        return counted[0]
    return Status.PARTLY


def summary(areas: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many requirements have each status."""
    counts = Counter(item["status"] for area in areas for item in area["items"])
    return {status.value: counts[status.value] for status in Status}


def _item(requirement: Requirement, finding: Finding) -> dict[str, Any]:
    zh, en = SUPPLIERS[requirement.supplier]
    done = finding.status is Status.MET
    return {
        "code": requirement.code, "title": requirement.title, "status": finding.status.value, "finding": finding.text,
        "evidence": list(finding.evidence), "rectification": "" if done else requirement.mend,
        "supplier": requirement.supplier.value, "supplier_zh": zh, "supplier_en": en,
    }


def _find(area: str, requirement: Requirement, facts: Facts) -> Finding:
    known = _FINDINGS.get(requirement.code)
    if known is not None:
        return known(facts)
    if area == "physical":
        return Finding(Status.NOT_APPLICABLE, "不在本平台范围内，平台没有可出示的证据")
    return Finding(Status.UNMET, f"平台内没有证据，由{SUPPLIERS[requirement.supplier][0]}提供")


_ISSUED = "{} 个值的标识由已泄露的标识密钥签发，标识未更换"


def _storage(facts: Facts) -> Finding:
    scan, evidence = facts.scan, facts.rotations[:10]
    if not facts.columns:
        return Finding(Status.UNMET, "没有登记任何加密列")
    problems = []
    if facts.profile == "dev":
        problems.append("开发配置：口令文件自动解封根密钥，不得用于正式环境")
    if facts.leaked:
        problems.append(f"{facts.leaked} 个密钥按泄露处置，尚未更换完")
    if facts.leaked_identifiers:
        problems.append(_ISSUED.format(facts.leaked_identifiers))
    if scan is None:
        problems.append("没有明文扫描记录")
    elif scan["hits"]:
        problems.append(f"明文扫描在 {scan['hits']} 处发现应已加密的明文")
    elif not scan["canaries"]:
        problems.append("最近一次明文扫描没有可查找的样本")
    if scan is not None:
        evidence = (*evidence, scan["evidence"])
    root = f"密码设备 {facts.root}（是否经认证须以证书核实）" if facts.root_device else f"软件（{facts.root}）"
    text = f"{facts.columns} 个加密列，SM4-GCM，根密钥由{root}保护；{SOFTWARE}"
    bad = facts.leaked or (scan is not None and scan["hits"])
    return Finding(Status.UNMET if bad else Status.PARTLY, "；".join([text, *problems]), evidence)


def _storage_integrity(facts: Facts) -> Finding:
    if not facts.columns:
        return Finding(Status.UNMET, "没有登记任何加密列")
    if facts.missing_fences:
        return Finding(Status.UNMET, f"写入围栏缺失：{'、'.join(facts.missing_fences)}")
    text = f"每个字段带 16 字节标签并绑定行、列与部门，写入围栏在位；{SOFTWARE}"
    return Finding(Status.PARTLY, text, facts.rotations[:10])


def _key_policy(facts: Facts) -> Finding:
    text = f"{facts.columns} 个加密列均有更换周期，{facts.overdue} 个逾期；副本台账 {facts.copies} 条"
    if not facts.columns:
        return Finding(Status.UNMET, "没有登记任何加密列")
    if not facts.core_dumps_off:
        text += "；本进程未关闭核心转储"
    good = not facts.overdue and not facts.leaked and facts.profile != "dev" and facts.core_dumps_off
    evidence = (*facts.rotations[:10], *facts.destructions[:10])
    return Finding(Status.MET if good else Status.PARTLY, text, evidence)


def _drilled(facts: Facts) -> Finding:
    drill = facts.drill
    if drill is None:
        return Finding(Status.UNMET, "没有密钥更换演练记录")
    passed = "通过" if drill["passed"] else "不通过"
    status = Status.PARTLY if drill["passed"] else Status.UNMET
    return Finding(status, f"最近一次密钥更换演练{passed}", (drill["evidence"],))


def _regular(facts: Facts) -> Finding:
    looked = facts.scan if facts.scan and facts.scan["canaries"] else None  # who looks for nothing finds nothing
    done = [one["evidence"] for one in (looked, facts.drill) if one is not None]
    if not done:
        return Finding(Status.UNMET, "没有明文扫描与演练记录")
    return Finding(Status.PARTLY, "平台内有自查记录；不能代替测评机构的评估", tuple(done))


def _handling(facts: Facts) -> Finding:
    if facts.leaked:
        return Finding(Status.UNMET, f"{facts.leaked} 个密钥按泄露处置，尚未更换完", facts.audit[:1])
    if facts.leaked_identifiers:
        return Finding(Status.PARTLY, _ISSUED.format(facts.leaked_identifiers), facts.audit[:1])
    return Finding(Status.MET, "平台可按泄露处置密钥：立即停止写入、优先更换；目前没有未处置完的泄露", facts.rotations[:3])


def _transfer(facts: Facts) -> Finding:
    cookie = "已" if facts.cookie_secure else "未"
    text = f"平台自身不提供 TLCP 通道，会话 Cookie {cookie}限定为加密通道；须由前置安全网关提供"
    return Finding(Status.UNMET, text)


def _records(facts: Facts) -> Finding:
    found = (*facts.approvals[:10], *facts.audit[:1])
    if not found:
        return Finding(Status.UNMET, "平台内还没有审批与审计记录")
    return Finding(Status.PARTLY, "密钥操作的审批与审计均留存且不可修改", found)


def _logs(facts: Facts) -> Finding:
    text = f"平台审计逐条 HMAC-SM3 并成链，数据库拒绝修改与删除；{SOFTWARE}；操作系统日志不在平台范围"
    return Finding(Status.PARTLY if facts.audit else Status.UNMET, text, facts.audit[:1])


def _fixed(status: Status, text: str) -> Callable[[Facts], Finding]:
    return lambda _: Finding(status, text)


_FINDINGS: dict[str, Callable[[Facts], Finding]] = {
    "network.identity": _transfer, "network.integrity": _transfer, "network.secrecy": _transfer,
    "application.transfer_secrecy": _transfer, "application.transfer_integrity": _transfer,
    "device.logs": _logs,
    "application.identity": _fixed(Status.UNMET, "平台以口令（argon2）与动态口令鉴别，没有采用 SM2 证书"),
    "application.access": _fixed(Status.PARTLY, f"权限变更逐条进入 HMAC-SM3 审计；{SOFTWARE}"),
    "application.labels": _fixed(Status.PARTLY, f"目录分级随版本以 SM3 摘要固定；{SOFTWARE}"),
    "application.storage_secrecy": _storage, "application.storage_integrity": _storage_integrity,
    "application.repudiation": _fixed(
        Status.PARTLY, f"操作经区块链存证，检查点以 SM2 签名；签名私钥在软件中，证书不是电子认证服务机构签发；{SOFTWARE}"),
    "management.keys": _fixed(
        Status.PARTLY, "平台强制密钥的周期、状态、双人审批、副本台账与销毁证书；书面规则由使用单位制定"),
    "management.records": _records,
    "personnel.roles": _fixed(Status.PARTLY, "平台区分安全管理员、审计员与系统管理员，关键操作须两人；任命文件由使用单位出具"),
    "operation.key_policy": _key_policy, "operation.regular": _regular,
    "emergency.plan": _drilled, "emergency.handling": _handling,
}
