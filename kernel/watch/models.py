"""Tables of the watch: targets, samples, outages, rules, recorded series, alarms and silences."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class WatchTarget(Base):
    """Something that is probed. ``source`` and ``key`` name it; ``memory`` is ``rules.Memory`` as JSON.

    Alarms of one ``group_key`` are one incident; ``counted``: its outages are those of what it stands for.
    """

    __tablename__ = "watch_target"
    __table_args__ = (Index("ix_watch_target_enabled_next_at", "enabled", "next_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    spec: Mapped[dict[str, Any]] = mapped_column(JSONText())
    policy: Mapped[dict[str, Any]] = mapped_column(JSONText())
    enabled: Mapped[bool] = mapped_column(Boolean)
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    state: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime | None] = mapped_column(Instant())
    memory: Mapped[dict[str, Any]] = mapped_column(JSONText())
    next_at: Mapped[datetime] = mapped_column(Instant())
    version: Mapped[int] = mapped_column(Integer, default=1)
    group_key: Mapped[str | None] = mapped_column(String(160))
    counted: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())


class WatchSample(Base):
    """One probe result; ``latency_us`` in microseconds, ``detail`` why it failed, ``ladder`` how far one came."""

    __tablename__ = "watch_sample"
    target_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("watch_target.id", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime] = mapped_column(Instant(), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(14))
    latency_us: Mapped[int | None] = mapped_column(Integer)
    detail: Mapped[str] = mapped_column(Text)
    ladder: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONText())


class WatchOutage(Base):
    """Half-open outage; ``ended_at`` empty while it lasts."""

    __tablename__ = "watch_outage"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    target_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("watch_target.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime] = mapped_column(Instant())
    ended_at: Mapped[datetime | None] = mapped_column(Instant())
    proven_end: Mapped[bool] = mapped_column(Boolean)


class WatchRule(Base):
    """A threshold on a registered signal; limits are decimal texts, times seconds."""

    __tablename__ = "watch_rule"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    signal: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    below: Mapped[bool] = mapped_column(Boolean)
    fire: Mapped[str] = mapped_column(String(40))
    clear: Mapped[str] = mapped_column(String(40))
    fire_for: Mapped[int] = mapped_column(Integer)
    clear_for: Mapped[int] = mapped_column(Integer)
    severity: Mapped[str] = mapped_column(String(10))
    enabled: Mapped[bool] = mapped_column(Boolean)
    memory: Mapped[dict[str, Any]] = mapped_column(JSONText())
    version: Mapped[int] = mapped_column(Integer, default=1)


class WatchExpression(Base):
    """A rule as an expression over recorded series, times in seconds; ``memory`` holds its active subjects."""

    __tablename__ = "watch_expression"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(160), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    expression: Mapped[str] = mapped_column(Text)
    hold: Mapped[int] = mapped_column(Integer)
    keep: Mapped[int] = mapped_column(Integer)
    severity: Mapped[str] = mapped_column(String(10))
    enabled: Mapped[bool] = mapped_column(Boolean)
    memory: Mapped[dict[str, Any]] = mapped_column(JSONText())
    version: Mapped[int] = mapped_column(Integer, default=1)


class WatchPoint(Base):
    """What a series was at an instant, by subject; the empty subject is the installation."""

    __tablename__ = "watch_point"
    series: Mapped[str] = mapped_column(String(120), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant(), primary_key=True)
    values: Mapped[dict[str, float]] = mapped_column(JSONText())


class WatchAlarm(Base):
    """An alarm of a target or a rule, open until it recovers. ``notified`` is false under a silence.

    ``kind``: down, late (no conclusive result of its probe) or rule; ``subject``: whose series an expression judged.
    """

    __tablename__ = "watch_alarm"
    __table_args__ = (Index("ix_watch_alarm_opened_at", "opened_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    target_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("watch_target.id"))
    rule_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("watch_rule.id"))
    expression_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("watch_expression.id"))
    incident_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("watch_incident.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10), default="down", server_default="down")
    subject: Mapped[str] = mapped_column(String(160), default="", server_default="")
    severity: Mapped[str] = mapped_column(String(10))
    title_zh: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    opened_at: Mapped[datetime] = mapped_column(Instant())
    closed_at: Mapped[datetime | None] = mapped_column(Instant())
    notified: Mapped[bool] = mapped_column(Boolean)
    silence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("watch_silence.id"))
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant())
    acknowledged_by: Mapped[str | None] = mapped_column(String(120))
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case_file.id"))


class WatchSilence(Base):
    """No notices from a target or rule for a time; has an owner, a reason and an end."""

    __tablename__ = "watch_silence"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    target_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("watch_target.id", ondelete="CASCADE"))
    rule_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("watch_rule.id", ondelete="CASCADE"))
    expression_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("watch_expression.id"))
    owner_name: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant())
    ends_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
