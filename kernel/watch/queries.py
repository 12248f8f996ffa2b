"""Every SELECT of the watch."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.orm import Session

from kernel.identity.actor import Actor
from kernel.watch.models import (
    WatchAlarm,
    WatchExpression,
    WatchOutage,
    WatchPoint,
    WatchRule,
    WatchSample,
    WatchSilence,
    WatchTarget,
)


def due(session: Session, now: datetime, limit: int) -> Sequence[WatchTarget]:
    """Enabled targets whose probe is due."""
    return session.scalars(
        select(WatchTarget).where(WatchTarget.enabled, WatchTarget.next_at <= now)
        .order_by(WatchTarget.next_at).limit(limit)
    ).all()


def switched_on(session: Session) -> Sequence[WatchTarget]:
    """Targets that are probed."""
    return session.scalars(select(WatchTarget).where(WatchTarget.enabled)).all()


def of_source(session: Session, source: str) -> dict[str, WatchTarget]:
    """Targets of a source by key."""
    rows = session.scalars(select(WatchTarget).where(WatchTarget.source == source))
    return {row.key: row for row in rows}


def by_key(session: Session, key: str) -> WatchTarget | None:
    """A target by its key."""
    return session.scalars(select(WatchTarget).where(WatchTarget.key == key)).one_or_none()


def targets(actor: Actor, state: str | None) -> Select[WatchTarget]:
    """Targets in the actor's departments (installation-wide ones are everybody's), by name."""
    statement = select(WatchTarget)
    if actor.scope != "all":
        statement = statement.where(
            or_(WatchTarget.department_id == actor.department_id, WatchTarget.department_id.is_(None))
        )
    if state:
        statement = statement.where(WatchTarget.state == state)
    return statement.order_by(WatchTarget.name_zh, WatchTarget.id)


def samples(session: Session, target_id: uuid.UUID, start: datetime, end: datetime) -> Sequence[WatchSample]:
    """Samples of [start, end) in order, at most 10,000."""
    return session.scalars(
        select(WatchSample)
        .where(WatchSample.target_id == target_id, WatchSample.at >= start, WatchSample.at < end)
        .order_by(WatchSample.at).limit(10_000)
    ).all()


def outages(session: Session, target_id: uuid.UUID, start: datetime, end: datetime) -> Sequence[WatchOutage]:
    """Outages that touch [start, end) in order."""
    return session.scalars(
        select(WatchOutage)
        .where(WatchOutage.target_id == target_id, WatchOutage.started_at < end,
               or_(WatchOutage.ended_at.is_(None), WatchOutage.ended_at > start))
        .order_by(WatchOutage.started_at)
    ).all()


def open_outage(session: Session, target_id: uuid.UUID) -> WatchOutage | None:
    """The outage that lasts, if any."""
    return session.scalars(
        select(WatchOutage).where(WatchOutage.target_id == target_id, WatchOutage.ended_at.is_(None))
    ).first()


def last_good(session: Session, target_id: uuid.UUID, before: datetime) -> datetime | None:
    """When a target was last seen well before an instant."""
    return session.scalar(
        select(WatchSample.at)
        .where(WatchSample.target_id == target_id, WatchSample.at < before, WatchSample.outcome == "ok")
        .order_by(WatchSample.at.desc()).limit(1)
    )


def open_alarm(
    session: Session, kind: str, *, target_id: uuid.UUID | None = None, rule_id: uuid.UUID | None = None,
    expression_id: uuid.UUID | None = None, subject: str = "",
) -> WatchAlarm | None:
    """The open alarm of a target, a rule or an expression's subject, if any."""
    return session.scalars(select(WatchAlarm).where(
        _of(WatchAlarm, target_id, rule_id, expression_id), WatchAlarm.kind == kind, WatchAlarm.subject == subject,
        WatchAlarm.closed_at.is_(None),
    )).first()


def _of(
    table: type[WatchAlarm] | type[WatchSilence], target_id: uuid.UUID | None, rule_id: uuid.UUID | None,
    expression_id: uuid.UUID | None,
) -> ColumnElement[bool]:
    if target_id is not None:
        return table.target_id == target_id
    return table.rule_id == rule_id if rule_id is not None else table.expression_id == expression_id


def silence_at(
    session: Session, at: datetime, *, target_id: uuid.UUID | None = None, rule_id: uuid.UUID | None = None,
    expression_id: uuid.UUID | None = None,
) -> WatchSilence | None:
    """A silence of the target, rule or expression that covers an instant."""
    return session.scalars(select(WatchSilence).where(
        _of(WatchSilence, target_id, rule_id, expression_id), WatchSilence.starts_at <= at, WatchSilence.ends_at > at
    )).first()


def silences(actor: Actor, now: datetime) -> Select[WatchSilence]:
    """Silences of what the actor sees that have not ended, by their end."""
    rows = select(WatchSilence).where(WatchSilence.ends_at > now)
    if actor.scope != "all":
        seen = targets(actor, None).with_only_columns(WatchTarget.id).order_by(None)
        rows = rows.where(or_(WatchSilence.target_id.is_(None), WatchSilence.target_id.in_(seen)))
    return rows.order_by(WatchSilence.ends_at, WatchSilence.id)


def alarms(actor: Actor, open_only: bool) -> Select[WatchAlarm]:
    """Alarms of rules and of the targets that the actor sees, newest first."""
    statement = select(WatchAlarm)
    if actor.scope != "all":
        seen = targets(actor, None).with_only_columns(WatchTarget.id).order_by(None)
        statement = statement.where(or_(WatchAlarm.target_id.is_(None), WatchAlarm.target_id.in_(seen)))
    if open_only:
        statement = statement.where(WatchAlarm.closed_at.is_(None))
    return statement.order_by(WatchAlarm.opened_at.desc(), WatchAlarm.id.desc())


def all_rules() -> Select[WatchRule]:
    """Rules by name."""
    return select(WatchRule).order_by(WatchRule.name_zh, WatchRule.id)


def enabled_rules(session: Session) -> Sequence[WatchRule]:
    """Rules that are switched on."""
    return session.scalars(all_rules().where(WatchRule.enabled)).all()


def expressions() -> Select[WatchExpression]:
    """Expressions by name."""
    return select(WatchExpression).order_by(WatchExpression.name_zh, WatchExpression.id)


def expressions_of(session: Session, source: str) -> dict[str, WatchExpression]:
    """Expressions of a source by key."""
    return {row.key: row for row in session.scalars(expressions().where(WatchExpression.source == source))}


def expression_by_key(session: Session, key: str) -> WatchExpression | None:
    """An expression by its key."""
    return session.scalars(select(WatchExpression).where(WatchExpression.key == key)).one_or_none()


def newest_latencies(session: Session, since: datetime) -> dict[uuid.UUID, int]:
    """The newest latency of each target that answered since an instant, in microseconds."""
    newest = (
        select(WatchSample.target_id, func.max(WatchSample.at).label("at"))
        .where(WatchSample.at >= since, WatchSample.latency_us.is_not(None)).group_by(WatchSample.target_id).subquery()
    )
    rows = session.execute(
        select(WatchSample.target_id, WatchSample.latency_us)
        .join(newest, (newest.c.target_id == WatchSample.target_id) & (newest.c.at == WatchSample.at))
    )
    return {target_id: latency for target_id, latency in rows if latency is not None}


def points(session: Session, series: str, start: datetime, end: datetime) -> Sequence[WatchPoint]:
    """Points of a series in [start, end], in order."""
    return session.scalars(
        select(WatchPoint).where(WatchPoint.series == series, WatchPoint.at >= start, WatchPoint.at <= end)
        .order_by(WatchPoint.at)
    ).all()


def series_names(session: Session, since: datetime) -> Sequence[str]:
    """Series that have a point since an instant."""
    return session.scalars(
        select(WatchPoint.series).where(WatchPoint.at >= since).distinct().order_by(WatchPoint.series)
    ).all()


def newest_point(session: Session, series: str) -> WatchPoint | None:
    """The newest point of a series."""
    return session.scalars(
        select(WatchPoint).where(WatchPoint.series == series).order_by(WatchPoint.at.desc()).limit(1)
    ).first()


def delete_points(session: Session, before: datetime) -> int:
    """Delete the points before an instant and return how many."""
    return len(session.execute(delete(WatchPoint).where(WatchPoint.at < before).returning(WatchPoint.series)).all())


def delete_samples(session: Session, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` of the oldest samples before an instant and return how many."""
    old = (
        select(WatchSample.target_id, WatchSample.at).where(WatchSample.at < before)
        .order_by(WatchSample.at).limit(limit)
    )
    keys = session.execute(old).all()
    if not keys:
        return 0
    newest = keys[-1].at
    return len(session.execute(
        delete(WatchSample).where(WatchSample.at <= newest).returning(WatchSample.target_id)
    ).all())
