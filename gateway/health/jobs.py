"""Targets, probes and signals of the gateway, registered with kernel/watch when this module is imported."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy import column, select, table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gateway.calllog import reader
from gateway.interfaces import queries
from gateway.maintenance.queries import under_maintenance
from gateway.snapshot.queries import head_number
from gateway.snapshot.service import PRODUCTION
from kernel import clock
from kernel.runtime import Runtime, runtime_of
from kernel.watch.registry import ProbeFailed, TargetSpec, callable_probe, signal, target_source

_WINDOW = timedelta(minutes=5)
_FEW_CALLS = 20


def targets(session: Session) -> list[TargetSpec]:
    """One target a published interface: its upstream's port, or its table; and one for the snapshot drift."""
    declared = [one.strip() for one in runtime_of(session).settings.outbound_allow.split(",") if one.strip()]
    found = [TargetSpec(
        "gateway.snapshot", "callable", "网关配置同步", "Gateway snapshot", {"name": "gateway.snapshot"},
    )]
    resting = under_maintenance(session, clock.now())
    for interface, revision in queries.served(session):
        if interface.state != "published" or interface.id in resting:
            continue
        source = revision.definition["source"]
        zh, en = f"接口「{interface.name}」数据源", f"Source of {interface.code}"
        key = f"gateway.interface.{interface.code}"
        if source["kind"] == "http":
            parts = urlsplit(source["url"])
            port = parts.port or (443 if parts.scheme == "https" else 80)
            spec: dict[str, Any] = {"host": parts.hostname, "port": port, "declared": declared}
            found.append(TargetSpec(key, "tcp", zh, en, spec, department_id=interface.department_id))
        else:
            spec = {"name": "gateway.table", "table": source["table"], "key": source["key"]}
            found.append(TargetSpec(key, "callable", zh, en, spec, department_id=interface.department_id))
    return found


def probe_table(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Read one key of a declared table."""
    try:
        with runtime.database.read() as session:
            session.execute(select(column(spec["key"])).select_from(table(spec["table"])).limit(1)).first()
    except DBAPIError as error:
        raise ProbeFailed(f"table {spec['table']}: {type(error.orig).__name__}") from error


def probe_snapshot(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Every worker that has reported serves the current snapshot."""
    del spec
    with runtime.database.read() as session:
        head = head_number(session, PRODUCTION)
    for path in sorted(runtime.home.run_dir.glob("gateway-worker-*.json")):
        status = orjson.loads(path.read_bytes())
        if status["snapshot"] != head:
            raise ProbeFailed(f"worker {status['worker']} serves {status['snapshot']}, current is {head}")


def error_share(runtime: Runtime) -> Decimal | None:
    """Per mille of calls of the last five minutes that the platform failed; None below twenty calls."""
    end = clock.now()
    with runtime.database.read() as session:
        points = reader.series(session, runtime.home, end - _WINDOW, end, bucket_seconds=300)
    calls = sum(int(point["calls"]) for point in points)
    if calls < _FEW_CALLS:
        return None
    failed = sum(int(point["server_errors"]) for point in points)
    return Decimal(1000 * failed) / calls


target_source("gateway.interfaces", targets)
callable_probe("gateway.table", probe_table)
callable_probe("gateway.snapshot", probe_snapshot)
signal(
    "gateway.error_share", error_share, zh="网关失败率（近 5 分钟）", en="Failed calls, last 5 minutes", unit="‰",
)
