"""Series that expressions look at: signals as they are, counters added up, a point every thirty seconds."""

from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from sqlalchemy.orm import Session

from kernel import clock
from kernel.runtime import Runtime
from kernel.watch import queries, registry
from kernel.watch.expressions.evaluate import Series
from kernel.watch.models import WatchPoint
from kernel.watch.registry import Count

_log = structlog.get_logger(__name__)
KEEP_POINTS = timedelta(hours=8)
FRESH = timedelta(minutes=5)
# a counter that was not read for longer begins anew with what it counts from now on
_LONGEST_GAP = timedelta(minutes=30)

Values = dict[str, dict[str, float]]


def series_name(key: str) -> str:
    """The series of a signal."""
    return key.replace(".", "_")


def read_signals(runtime: Runtime) -> dict[str, dict[str, Decimal]]:
    """Read every signal once, by subject; one that fails or has no sample is left out."""
    found = {}
    for key, spec in registry.signals().items():
        try:
            value = spec.read(runtime)
        except Exception as error:
            _log.warning("watch.signal_failed", signal=key, exc_info=error)
            continue
        if value is not None:
            by_subject = value if isinstance(value, dict) else {"": value}
            found[key] = {subject: Decimal(number) for subject, number in by_subject.items()}
    return found


def read_counters(runtime: Runtime, now: datetime) -> Values:
    """Add to every counter what happened since its newest point."""
    found: Values = {}
    for name, (series, count) in registry.counted().items():
        with runtime.database.read() as session:
            newest = {one: queries.newest_point(session, one) for one in series}
        try:
            found |= _counted(runtime, newest, count, now)
        except Exception as error:
            _log.warning("watch.counter_failed", counter=name, exc_info=error)
    return found


def _counted(runtime: Runtime, newest: dict[str, WatchPoint | None], count: Count, now: datetime) -> Values:
    known = [point.at for point in newest.values() if point is not None]
    start = min(known) if known and now - min(known) <= _LONGEST_GAP else now
    more = count(runtime, start, now)
    found: Values = {}
    for series, point in newest.items():
        total = dict(point.values) if point is not None and point.at == start else {}
        for subject, events in more.get(series, {}).items():
            total[subject] = total.get(subject, 0.0) + events
        found[series] = total
    return found


def record(session: Session, at: datetime, signals: dict[str, dict[str, Decimal]], counters: Values) -> None:
    """Write one point a series."""
    values = {series_name(key): {who: float(number) for who, number in by.items()} for key, by in signals.items()}
    for series, by_subject in {**values, **counters}.items():
        session.add(WatchPoint(series=series, at=at, values=by_subject))
    session.flush()


def recorded(session: Session, wanted: dict[str, int], now: datetime) -> dict[str, dict[str, Series]]:
    """Read series as far back as they are looked at (milliseconds), by subject, then by series."""
    found: dict[str, dict[str, Series]] = {}
    for series, window in wanted.items():
        lines: dict[str, tuple[list[int], list[float]]] = {}
        for point in queries.points(session, series, now - timedelta(milliseconds=window), now):
            at = millis(point.at)
            for subject, value in point.values.items():
                instants, values = lines.setdefault(subject, ([], []))
                instants.append(at)
                values.append(float(value))
        for subject, (instants, values) in lines.items():
            found.setdefault(subject, {})[series] = Series(tuple(instants), tuple(values))
    return found


def millis(at: datetime) -> int:
    """Milliseconds since 1970."""
    return clock.to_micros(at) // 1000
