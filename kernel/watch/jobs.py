"""The probe runner, its watchdog, rule evaluation, escalation and retention."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule
from kernel.watch import alerting, engine, queries, recording, service
from kernel.watch.adapters.probes import Result, probe
from kernel.watch.incidents import service as incidents
from kernel.watch.models import WatchExpression, WatchTarget

_AT_ONCE = 64
KEEP_SAMPLES = timedelta(days=92)


@job("kernel.watch.sync", zh="更新监控对象", en="Update targets")
def sync(ctx: JobContext, params: dict[str, Any]) -> None:
    """Ask every source for its targets and rules."""
    ctx.database.run(service.sync_sources)
    ctx.database.run(alerting.sync)


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


@job("kernel.watch.watchdog", zh="检查探测是否按时", en="See whether probes are in time")
def watchdog(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Alarm for targets without a conclusive result for too long."""
    now = clock.now()
    with ctx.database.read() as session:
        late = [row.id for row in queries.switched_on(session) if engine.is_late(row, now)]

    def unit(session: Session) -> None:
        for row in queries.switched_on(session):
            if row.id in late:
                engine.look(session, row, now)

    if late:
        ctx.database.run(unit)
    return {"late": len(late)}


@job("kernel.watch.evaluate", zh="计算告警规则", en="Evaluate alert rules")
def evaluate_rules(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Read every signal and counter once, record them, and advance the rules; what fails is a missing sample."""
    at = clock.now()
    signals, counters = recording.read_signals(ctx.runtime), recording.read_counters(ctx.runtime, at)

    def unit(session: Session) -> None:
        recording.record(session, at, signals, counters)
        for rule in queries.enabled_rules(session):
            engine.evaluate_rule(session, rule, at, signals.get(rule.signal, {}).get(""))
        for row in session.scalars(queries.expressions().where(WatchExpression.enabled)):
            alerting.evaluate(session, row, at)

    ctx.database.run(unit)
    return {"signals": len(signals), "counters": len(counters)}


@job("kernel.watch.escalate", zh="升级未处理的告警", en="Escalate incidents")
def escalate(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Call the next ones of incidents that nobody answers or that last too long."""
    return {"told": ctx.database.run(lambda session: incidents.escalate(session, clock.now()))}


@job("kernel.watch.prune", zh="清理探测历史", en="Prune probe history")
def prune(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Delete samples older than 92 days in short transactions, and old points; outages and alarms stay."""
    before, removed = clock.now() - KEEP_SAMPLES, 0
    ctx.database.run(lambda session: queries.delete_points(session, clock.now() - recording.KEEP_POINTS))
    while count := ctx.database.run(lambda session: queries.delete_samples(session, before, 5000)):
        removed += count
        ctx.check_cancelled()
    return {"removed": removed}


schedule("kernel.watch.sync", every_seconds=30)
schedule("kernel.watch.probe", every_seconds=5)
schedule("kernel.watch.watchdog", every_seconds=30)
schedule("kernel.watch.evaluate", every_seconds=30)
schedule("kernel.watch.escalate", every_seconds=15)
schedule("kernel.watch.prune", cron="40 */4 * * *", missed="run_once")
