"""Targets of the watch: the source of every published interface, and what is declared to be checked."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, column, func, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from catalog.nodes.models import DataEntry, NodeVersion
from chain.anchoring import queries as anchoring
from gateway.health import queries, rules
from gateway.health.models import HealthCheck
from gateway.health.rules import CHECK_TITLES, CheckKind
from gateway.interfaces import queries as interfaces
from gateway.interfaces.models import Interface
from gateway.maintenance.queries import between, under_maintenance
from kernel import clock, digest
from kernel.runtime import Runtime, runtime_of
from kernel.watch.ladder import checks
from kernel.watch.ladder.rules import Fault
from kernel.watch.registry import Kind, ProbeFailed, TargetSpec
from kernel.watch.rules import Policy

SOURCE = "gateway.interfaces"
_HOURLY = Policy(interval=3600, down_after=2, up_after=1, late_after=10_800)
_CONTENT = Policy(interval=300, down_after=2, up_after=1, late_after=1800)
CERTIFICATE_DAYS = 14


def targets(session: Session) -> list[TargetSpec]:
    """One counted target a published interface, one a certificate of an upstream, and the declared checks."""
    declared = [one.strip() for one in runtime_of(session).settings.outbound_allow.split(",") if one.strip()]
    wanted, found, secure = queries.enabled(session), [_snapshot()], {}
    resting = under_maintenance(session, clock.now())
    for interface, revision in interfaces.served(session):
        if interface.state != "published" or interface.id in resting:
            continue
        source = revision.definition["source"]
        group = _group(source)
        found.append(_source(interface, source, declared, group))
        if source["kind"] == "http" and rules.place_of(source["url"])[2]:
            secure[rules.place_of(source["url"])[:2]] = interface
        found += [_check(interface, source, one, declared, group) for one in wanted.get(interface.id, ())]
    return found + [_certificate(host, port, interface, declared) for (host, port), interface in secure.items()]


def _snapshot() -> TargetSpec:
    return TargetSpec(
        "gateway.snapshot", "callable", "网关配置同步", "Gateway snapshot", {"name": "gateway.snapshot"}, counted=False,
    )


def _group(source: dict[str, Any]) -> str:
    if source["kind"] != "http":
        return f"gateway.table:{source['table']}"
    host, port, _ = rules.place_of(source["url"])
    return f"gateway.upstream:{host}:{port}"[:160]


def _source(interface: Interface, source: dict[str, Any], declared: list[str], group: str) -> TargetSpec:
    spec: dict[str, Any]
    kind: Kind
    if source["kind"] == "http":
        host, port, secure = rules.place_of(source["url"])
        spec, kind = {"host": host, "port": port, "declared": declared}, "tls" if secure else "tcp"
    else:
        spec, kind = {"name": "gateway.table", "table": source["table"], "key": source["key"]}, "callable"
    return TargetSpec(
        f"gateway.interface.{interface.code}", kind, f"接口「{interface.name}」数据源", f"Source of {interface.code}", spec,
        department_id=interface.department_id, group=group,
    )


def _certificate(host: str, port: int, interface: Interface, declared: list[str]) -> TargetSpec:
    spec = {"host": host, "port": port, "declared": declared, "certificate_days": CERTIFICATE_DAYS}
    return TargetSpec(
        f"gateway.certificate.{host}:{port}"[:160], "tls", f"上游证书 {host}", f"Certificate of {host}", spec, _HOURLY,
        interface.department_id, f"gateway.certificate:{host}:{port}"[:160], counted=False,
    )


def _check(
    interface: Interface, source: dict[str, Any], check: HealthCheck, declared: list[str], group: str
) -> TargetSpec:
    kind = CheckKind(check.kind)
    zh, en = CHECK_TITLES[kind]
    spec = {"declared": declared, **check.spec}
    if kind is CheckKind.FRESHNESS and source["kind"] == "http":
        spec["fresh"] = {"path": spec.pop("path"), "cycle": spec.pop("cycle")}
    over_http = kind is CheckKind.HTTP or (kind is not CheckKind.CHAIN and source["kind"] == "http")
    if not over_http:
        spec = {"name": f"gateway.{kind}", "interface": interface.code, **check.spec}
        if source["kind"] == "table":
            spec |= {"table": source["table"], "id": source["key"]}
    return TargetSpec(
        f"gateway.{kind}.{interface.code}", "http" if over_http else "callable", f"接口「{interface.name}」{zh}",
        f"{en} of {interface.code}", spec, _CONTENT, interface.department_id,
        group if over_http else f"gateway.interface:{interface.code}", counted=False,
    )


def planned(session: Session, key: str, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Maintenance of the interface that a target belongs to: an outage in it does not count."""
    _, _, code = key.rpartition(".")
    return between(session, code, start, end) if key.startswith("gateway.") else []


def probe_table(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Read one key of a declared table."""
    try:
        with runtime.database.read() as session:
            session.execute(select(column(spec["key"])).select_from(table(spec["table"])).limit(1)).first()
    except DBAPIError as error:
        raise ProbeFailed(f"table {spec['table']}: {type(error.orig).__name__}", Fault.WRONG_DATA) from error


def probe_freshness(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Compare the newest time of update of a declared table with its cycle."""
    newest: ColumnElement[Any] = func.max(column(spec["column"]))
    with runtime.database.read() as session:
        found = checks.instant_of(session.scalar(select(newest).select_from(table(spec["table"]))))
    fault = checks.age_fault([found], int(spec["cycle"]), clock.now())
    if fault is not None:
        raise ProbeFailed(fault, Fault.STALE)


def probe_golden(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Compare named columns of one known row of a declared table."""
    names = sorted(spec["expect"])
    wanted: list[ColumnElement[Any]] = [column(name) for name in names]
    with runtime.database.read() as session:
        row = session.execute(
            select(*wanted).select_from(table(spec["table"])).where(column(spec["id"]) == spec["key"])
        ).first()
    if row is None:
        raise ProbeFailed("基准记录不存在 no such row", Fault.WRONG_DATA)
    wrong = [name for name, value in zip(names, row, strict=True) if value != spec["expect"][name]]
    if wrong:
        raise ProbeFailed(f"{wrong[0]}: 与基准不符 differs", Fault.WRONG_DATA)


def probe_chain(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Compare the digest of what the catalog says of an interface's entry with the digest that was anchored."""
    with runtime.database.read() as session:
        interface = interfaces.by_code(session, spec["interface"])
        entry = session.get(DataEntry, interface.entry_id) if interface else None
        if entry is None:
            raise LookupError(f"no interface {spec['interface']}")
        version = session.scalar(select(NodeVersion).where(
            NodeVersion.node_id == entry.id, NodeVersion.version == entry.version
        ))
        leaf = anchoring.leaf_of(session, "data_entry", str(entry.id), entry.version)
    if leaf is None or version is None:
        raise ProbeFailed(f"第 {entry.version} 版没有上链记录 not anchored", Fault.NOT_ANCHORED)
    served, anchored = digest.sm3_hex(version.content.encode()), leaf.record["entry_hash"]
    if not served == anchored == entry.entry_hash:
        raise ProbeFailed(f"摘要 {served[:16]}… ≠ 上链 {anchored[:16]}…", Fault.NOT_ANCHORED)
