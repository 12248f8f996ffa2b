"""Every SELECT of the watch."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from kernel.identity.actor import Actor
from kernel.watch.models import WatchAlarm, WatchOutage, WatchRule, WatchSample, WatchSilence, WatchTarget


def due(session: Session, now: datetime, limit: int) -> Sequence[WatchTarget]:
    """Enabled targets whose probe is due."""
    return session.scalars(
        select(WatchTarget).where(WatchTarget.enabled, WatchTarget.next_at <= now)
        .order_by(WatchTarget.next_at).limit(limit)
    ).all()


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


def open_alarm(
    session: Session, *, target_id: uuid.UUID | None = None, rule_id: uuid.UUID | None = None
) -> WatchAlarm | None:
    """The open alarm of a target or a rule, if any."""
    column, value = (WatchAlarm.target_id, target_id) if target_id else (WatchAlarm.rule_id, rule_id)
    return session.scalars(select(WatchAlarm).where(column == value, WatchAlarm.closed_at.is_(None))).first()


def silence_at(
    session: Session, at: datetime, *, target_id: uuid.UUID | None = None, rule_id: uuid.UUID | None = None
) -> WatchSilence | None:
    """A silence of the target or rule that covers an instant."""
    column, value = (WatchSilence.target_id, target_id) if target_id else (WatchSilence.rule_id, rule_id)
    return session.scalars(
        select(WatchSilence).where(column == value, WatchSilence.starts_at <= at, WatchSilence.ends_at > at)
    ).first()


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
