"""Numbers and counters of the gateway, and the rules that look at them."""

from datetime import datetime, timedelta
from decimal import Decimal

from gateway.calllog import reader
from gateway.health import drift, queries
from kernel import clock
from kernel.runtime import Runtime
from kernel.watch.registry import ExpressionSpec

_WINDOW = timedelta(minutes=5)
_FEW_CALLS = 20
# a call stands in the log when it has ended, under the time when it began: the longest allowed takes two minutes
_SETTLED = timedelta(minutes=2)
CALLS, FAILURES = "gateway_calls_total", "gateway_failures_total"
# 99.9 % of the calls of an interface are answered
BUDGET = Decimal("0.001")


def error_share(runtime: Runtime) -> Decimal | None:
    """Per mille of calls of the last five minutes that the platform failed; None below twenty calls."""
    end = clock.now()
    with runtime.database.read() as session:
        points = reader.series(session, runtime.home, end - _WINDOW, end, bucket_seconds=300)
    calls = sum(int(point["calls"]) for point in points)
    if calls < _FEW_CALLS:
        return None
    return Decimal(1000 * sum(int(point["server_errors"]) for point in points)) / calls


def count_calls(runtime: Runtime, start: datetime, end: datetime) -> dict[str, dict[str, int]]:
    """Calls and failures by interface, two minutes after the fact."""
    with runtime.database.read() as session:
        points = reader.series(session, runtime.home, start - _SETTLED, end - _SETTLED, bucket_seconds=86_400)
    found: dict[str, dict[str, int]] = {CALLS: {}, FAILURES: {}}
    for point in points:
        for series, name in ((CALLS, "calls"), (FAILURES, "server_errors")):
            by = found[series]
            by[point["interface"]] = by.get(point["interface"], 0) + int(point[name])
    return found


def quota_share(runtime: Runtime) -> dict[str, Decimal | int]:
    """Percent of the day's quota that is used, by grant."""
    with runtime.database.read() as session:
        rows = queries.quota_use(session, clock.business_day(clock.now()))
    return {number: Decimal(100 * debited) / quota for number, debited, quota in rows}


def grant_days(runtime: Runtime) -> dict[str, Decimal | int]:
    """Whole days until a grant ends, for those that end within sixty days."""
    now = clock.now()
    with runtime.database.read() as session:
        rows = queries.grants_ending(session, now + timedelta(days=60))
    return {number: (at - now).days for number, at in rows if at > now}


def drifted(runtime: Runtime) -> dict[str, Decimal | int]:
    """Serious differences between interface and catalog, by interface."""
    with runtime.database.read() as session:
        return {one.code: sum(diff.serious for diff in one.differences) for one in drift.of_all(session)}


def burn(factor: str, long: str, short: str, least: int) -> str:
    """A burn-rate rule: both windows spend the budget ``factor`` times too fast, and enough was called at all."""
    limit = Decimal(factor) * BUDGET
    parts = [f"rate({FAILURES}[{window}]) / rate({CALLS}[{window}]) > {limit}" for window in (long, short)]
    return f"({parts[0]}) and ({parts[1]}) and increase({CALLS}[{long}]) >= {least}"


RULES: tuple[ExpressionSpec, ...] = (
    ExpressionSpec("gateway.burn.fast", "接口失败过快（1 小时）", "Fast burn", burn("14.4", "1h", "5m", 50), 0, 300, "critical"),
    ExpressionSpec("gateway.burn.slow", "接口失败偏多（6 小时）", "Slow burn", burn("6", "6h", "30m", 100), 0, 900),
    ExpressionSpec("gateway.drift", "接口与目录不一致", "Interface and catalog differ", "gateway_drift > 0", 300),
    ExpressionSpec("gateway.quota", "当日配额将用尽", "Daily quota nearly used", "gateway_quota_share >= 90", 0, 600),
    ExpressionSpec("gateway.grant", "接口授权即将到期", "Grant about to end", "gateway_grant_days <= 14"),
    ExpressionSpec("gateway.keys", "应用密钥长期未换", "Old application secret", "gateway_key_age_days > 365"),
)


def key_age(runtime: Runtime) -> dict[str, Decimal | int]:
    """Days since the newest live secret of an application was issued, by AppKey."""
    now = clock.now()
    with runtime.database.read() as session:
        return queries.key_ages(session, now)
