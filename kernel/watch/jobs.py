"""The probe runner, rule evaluation and retention."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy.orm import Session

from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule
from kernel.watch import engine, queries, registry, service
from kernel.watch.adapters.probes import Result, probe
from kernel.watch.models import WatchTarget

_log = structlog.get_logger(__name__)
_AT_ONCE = 64
KEEP_SAMPLES = timedelta(days=92)


@job("kernel.watch.sync", zh="更新监控对象", en="Update targets")
def sync(ctx: JobContext, params: dict[str, Any]) -> None:
    """Ask every source for its targets."""
    ctx.database.run(service.sync_sources)


@job("kernel.watch.probe", zh="执行探测", en="Probe targets")
def probe_due(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Probe what is due and advance its state; a slow target delays this round at most by its timeout."""
    with ctx.database.read() as session:
        targets = list(queries.due(session, clock.now(), _AT_ONCE))
    if not targets:
        return {"probed": 0}
    with ThreadPoolExecutor(min(16, len(targets)), thread_name_prefix="probe") as pool:
        results = list(pool.map(lambda row: (clock.now(), probe(ctx.runtime, row.kind, row.spec)), targets))
    taken = [(row, at, result) for row, (at, result) in zip(targets, results, strict=True)]
    ctx.database.run(lambda session: _store(session, taken))
    return {"probed": len(taken)}


def _store(session: Session, taken: list[tuple[WatchTarget, datetime, Result]]) -> None:
    for seen, at, result in taken:
        row = session.get(WatchTarget, seen.id)
        if row is None or not row.enabled or row.next_at != seen.next_at:
            continue  # removed, switched off or already probed in the meantime
        engine.take_sample(session, row, at, result)
        row.next_at = _next(seen.next_at, at, int(row.policy["interval"]))


def _next(planned: datetime, at: datetime, interval: int) -> datetime:
    """The next beat of the target's own rhythm after ``at``; beats missed while nobody probed are not made up."""
    beats = (at - planned) // timedelta(seconds=interval) + 1
    return planned + beats * timedelta(seconds=interval)


@job("kernel.watch.evaluate", zh="计算告警规则", en="Evaluate alert rules")
def evaluate_rules(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Read each signal once and advance its rules; a signal that fails is a missing sample."""
    with ctx.database.read() as session:
        wanted = {rule.signal for rule in queries.enabled_rules(session)}
    values = {key: _read(ctx, key) for key in wanted}
    at = clock.now()

    def unit(session: Session) -> None:
        for rule in queries.enabled_rules(session):
            engine.evaluate_rule(session, rule, at, values.get(rule.signal))

    ctx.database.run(unit)
    return {"signals": len(values)}


def _read(ctx: JobContext, key: str) -> Decimal | None:
    spec = registry.signals().get(key)
    if spec is None:
        return None
    try:
        value = spec.read(ctx.runtime)
    except Exception as error:
        _log.warning("watch.signal_failed", signal=key, exc_info=error)
        return None
    return None if value is None else Decimal(value)


@job("kernel.watch.prune", zh="清理探测历史", en="Prune probe history")
def prune(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Delete samples older than 92 days in short transactions; outages and alarms stay."""
    before, removed = clock.now() - KEEP_SAMPLES, 0
    while count := ctx.database.run(lambda session: queries.delete_samples(session, before, 5000)):
        removed += count
        ctx.check_cancelled()
    return {"removed": removed}


schedule("kernel.watch.sync", every_seconds=30)
schedule("kernel.watch.probe", every_seconds=5)
schedule("kernel.watch.evaluate", every_seconds=30)
schedule("kernel.watch.prune", cron="40 3 * * *", missed="run_once")
