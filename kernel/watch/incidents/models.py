"""Tables of incidents."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class WatchIncident(Base):
    """Alarms of one group while any of them is open. ``began_at``: first failing probe; ``level``: steps escalated.

    ``sentence_zh`` and ``sentence_en`` say where it broke, ``ladder`` is their evidence.
    """

    __tablename__ = "watch_incident"
    __table_args__ = (
        Index("ix_watch_incident_group_key_opened_at", "group_key", "opened_at"),
        Index("ix_watch_incident_opened_at", "opened_at"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    group_key: Mapped[str] = mapped_column(String(160))
    title_zh: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    severity: Mapped[str] = mapped_column(String(10))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    began_at: Mapped[datetime] = mapped_column(Instant())
    opened_at: Mapped[datetime] = mapped_column(Instant())
    closed_at: Mapped[datetime | None] = mapped_column(Instant())
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant())
    acknowledged_by: Mapped[str | None] = mapped_column(String(120))
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case_file.id"))
    level: Mapped[int] = mapped_column(Integer, default=0)
    told_at: Mapped[datetime | None] = mapped_column(Instant())
    untold: Mapped[int] = mapped_column(Integer, default=0)
    last_good_at: Mapped[datetime | None] = mapped_column(Instant())
    sentence_zh: Mapped[str] = mapped_column(Text, default="")
    sentence_en: Mapped[str] = mapped_column(Text, default="")
    ladder: Mapped[list[dict[str, Any]]] = mapped_column(JSONText())
    version: Mapped[int] = mapped_column(Integer, default=1)


class WatchIncidentLine(Base):
    """A line of the timeline, numbered within the incident."""

    __tablename__ = "watch_incident_line"
    incident_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("watch_incident.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant())
    kind: Mapped[str] = mapped_column(String(20))
    text_zh: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    actor_name: Mapped[str | None] = mapped_column(String(120))
