"""Registers targets, probes, numbers and rules of the gateway with kernel/watch when it is imported."""

from typing import Any

import orjson

from gateway.health import signals, targets
from gateway.snapshot.queries import head_number
from gateway.snapshot.service import PRODUCTION
from kernel.runtime import Runtime
from kernel.watch.registry import ProbeFailed, callable_probe, counters, expressions, planned, signal, target_source


def probe_snapshot(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Every worker that has reported serves the current snapshot."""
    del spec
    with runtime.database.read() as session:
        head = head_number(session, PRODUCTION)
    for path in sorted(runtime.home.run_dir.glob("gateway-worker-*.json")):
        status = orjson.loads(path.read_bytes())
        if status["snapshot"] != head:
            raise ProbeFailed(f"worker {status['worker']} serves {status['snapshot']}, current is {head}")


target_source(targets.SOURCE, targets.targets)
planned("gateway.maintenance", targets.planned)
callable_probe("gateway.table", targets.probe_table)
callable_probe("gateway.freshness", targets.probe_freshness)
callable_probe("gateway.golden", targets.probe_golden)
callable_probe("gateway.chain", targets.probe_chain)
callable_probe("gateway.snapshot", probe_snapshot)
signal(
    "gateway.error_share", signals.error_share, zh="网关失败率（近 5 分钟）", en="Failed calls, last 5 minutes", unit="‰",
)
signal("gateway.quota_share", signals.quota_share, zh="当日配额使用率", en="Daily quota used", unit="%")
signal("gateway.grant_days", signals.grant_days, zh="接口授权剩余天数", en="Days until a grant ends", unit="天")
signal("gateway.key_age_days", signals.key_age, zh="应用密钥使用天数", en="Age of application secrets", unit="天")
signal("gateway.drift", signals.drifted, zh="接口与目录不一致项", en="Differences of interface and catalog", unit="项")
counters("gateway.calls", (signals.CALLS, signals.FAILURES), signals.count_calls)
expressions("gateway", *signals.RULES)
