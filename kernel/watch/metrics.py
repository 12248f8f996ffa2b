"""What the watch knows, for Prometheus: states, incidents, newest values of recorded series, what waits to leave.

Cardinality is bounded: at most 2,000 targets and 500 subjects a series are written, and what was left out is counted.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel import clock
from kernel.outbox import queries as outbox
from kernel.watch import queries, recording
from kernel.watch.channels.models import WatchDelivery
from kernel.watch.incidents import queries as incidents
from kernel.watch.models import WatchTarget
from kernel.watch.rules import State

MOST_TARGETS, MOST_SUBJECTS = 2000, 500


class _Collector:
    def __init__(self, session: Session) -> None:
        self._session, self._left_out = session, 0

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        yield from self._targets()
        yield from self._series()
        yield from self._work()
        left = GaugeMetricFamily("mulian_metrics_left_out", "Time series that the bound of cardinality left out")
        left.add_metric([], self._left_out)
        yield left

    def _targets(self) -> Iterator[Metric]:
        rows = list(self._session.scalars(select(WatchTarget).where(WatchTarget.enabled).order_by(WatchTarget.key)))
        counts = GaugeMetricFamily("mulian_watch_targets", "Targets by state", labels=["state"])
        for state in State:
            counts.add_metric([state], sum(row.state == state for row in rows))
        yield counts
        labels = ["target", "source"]
        up = GaugeMetricFamily("mulian_watch_up", "0 while the target is known to be down", labels=labels)
        for row in rows[:MOST_TARGETS]:
            if row.state != State.UNKNOWN:
                up.add_metric([row.key, row.source], 0 if row.state in (State.DOWN, State.RECOVERING) else 1)
        self._left_out += max(len(rows) - MOST_TARGETS, 0)
        yield up

    def _series(self) -> Iterator[Metric]:
        for name in queries.series_names(self._session, clock.now() - recording.FRESH):
            point = queries.newest_point(self._session, name)
            if point is None:
                continue
            family = GaugeMetricFamily(f"mulian_{name}", "Recorded by the watch", labels=["subject"])
            for subject in sorted(point.values)[:MOST_SUBJECTS]:
                family.add_metric([subject], point.values[subject])
            self._left_out += max(len(point.values) - MOST_SUBJECTS, 0)
            yield family

    def _work(self) -> Iterator[Metric]:
        lasting = incidents.still_open(self._session)
        family = GaugeMetricFamily("mulian_watch_incidents", "Open incidents", labels=["severity", "acknowledged"])
        for severity in ("warning", "critical"):
            for answered in (False, True):
                family.add_metric([severity, str(answered).lower()], sum(
                    row.severity == severity and (row.acknowledged_at is not None) == answered for row in lasting
                ))
        yield family
        waiting = GaugeMetricFamily("mulian_watch_deliveries_waiting", "Notices that have not left")
        unsent = select(func.count()).select_from(WatchDelivery).where(WatchDelivery.sent_at.is_(None))
        waiting.add_metric([], self._session.scalar(unsent) or 0)
        yield waiting
        messages = GaugeMetricFamily("mulian_outbox_messages", "Messages of the outbox", labels=["state"])
        for state, count in sorted(outbox.counts(self._session).items()):
            messages.add_metric([state], count)
        yield messages


def exposition(session: Session) -> bytes:
    """The text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(session))
    return generate_latest(registry)
