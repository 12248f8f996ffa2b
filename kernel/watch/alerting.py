"""Expressions: kept in step with their sources, judged over recorded series, turned into alarms."""

import dataclasses
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.errors import NOT_FOUND
from kernel.watch import engine, queries, recording, registry
from kernel.watch.errors import EXPRESSION_INVALID
from kernel.watch.expressions import firing, syntax
from kernel.watch.expressions.evaluate import value_of
from kernel.watch.expressions.firing import Alert, Change, Hold
from kernel.watch.expressions.syntax import BadExpression
from kernel.watch.incidents.service import Finding
from kernel.watch.models import WatchAlarm, WatchExpression
from kernel.watch.registry import ExpressionSpec


def sync(session: Session) -> None:
    """Bring the expressions of every source up to date; what is no longer named is switched off."""
    for source, specs in registry.expression_specs().items():
        known = queries.expressions_of(session, source)
        for spec in specs:
            _keep(session, source, known.pop(spec.key, None), spec)
        for row in known.values():
            switch(session, row, False)


def add(session: Session, source: str, spec: ExpressionSpec) -> WatchExpression:
    """Add an expression. Raises ``expression_invalid``."""
    check(spec.expression)
    row = WatchExpression(id=ids.new(), source=source, memory={}, version=1, enabled=True, **_values(spec))
    session.add(row)
    session.flush([row])
    return row


def get(session: Session, expression_id: uuid.UUID) -> WatchExpression:
    """The expression, or 404."""
    row = session.get(WatchExpression, expression_id)
    if row is None:
        raise NOT_FOUND()
    return row


def switch(session: Session, row: WatchExpression, enabled: bool) -> None:
    """Switch an expression on or off; off, its alarms are closed and its memory is empty."""
    if row.enabled == enabled:
        return
    for subject, alert in row.memory.items():
        if alert["fired_at"] is not None:
            _changed(session, row, subject, "resolved", clock.now(), None)
    row.enabled, row.memory = enabled, {}
    row.version += 1


def check(text: str) -> None:
    """Refuse what is not of the grammar."""
    try:
        syntax.parse(text)
    except BadExpression as error:
        raise EXPRESSION_INVALID(reason=str(error)) from error


def _values(spec: ExpressionSpec) -> dict[str, Any]:
    return {
        "key": spec.key, "name_zh": spec.zh, "name_en": spec.en, "expression": spec.expression, "hold": spec.hold,
        "keep": spec.keep, "severity": spec.severity,
    }


def _keep(session: Session, source: str, row: WatchExpression | None, spec: ExpressionSpec) -> None:
    if row is None:
        add(session, source, spec)
        return
    changed = {name: value for name, value in _values(spec).items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    row.version += 1 if changed else 0
    row.enabled = True


def evaluate(session: Session, row: WatchExpression, at: datetime) -> None:
    """Judge every subject of an expression at an instant; what fires and what is resolved become alarms."""
    node = syntax.parse(row.expression)
    series = recording.recorded(session, syntax.series_of(node), at)
    active = {subject: Alert(**stored) for subject, stored in row.memory.items()}
    kept: dict[str, Any] = {}
    for subject in sorted(series.keys() | active.keys()):
        value = value_of(node, series.get(subject, {}), recording.millis(at))
        hold = Hold(row.hold * 1000, row.keep * 1000)
        alert, change = firing.advance(hold, active.get(subject), recording.millis(at), value)
        if alert is not None:
            kept[subject] = dataclasses.asdict(alert)
        if change is not None:
            _changed(session, row, subject, change, at, value)
    row.memory = kept


def _changed(
    session: Session, row: WatchExpression, subject: str, change: Change, at: datetime, value: float | None
) -> None:
    of_zh, of_en = (f"（{subject}）", f" ({subject})") if subject else ("", "")
    if change == "resolved":
        alarm = queries.open_alarm(session, "rule", expression_id=row.id, subject=subject)
        engine.close_alarm(
            session, alarm, at, zh=f"「{row.name_zh}」{of_zh}已恢复", en=f"{row.name_en}{of_en} resolved"
        )
        return
    finding = Finding(
        f"expression:{row.id}", row.severity, f"「{row.name_zh}」{of_zh}：当前值 {value:.4g}",
        f"{row.name_en}{of_en}: {value:.4g}", at,
    )
    alarm = WatchAlarm(expression_id=row.id, kind="rule", subject=subject, severity=row.severity, opened_at=at)
    engine.open_alarm(session, alarm, finding, queries.silence_at(session, at, expression_id=row.id))
