"""The table of subscriptions."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class Subscription(Base):
    """A person follows a node, a department's nodes, or what a search of entries finds.

    ``target``: node, department or search; ``filters``: the search as :class:`catalog.entries.queries.Filters`
    holds it. ``digest`` tells two searches of a person apart.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("user_id", "digest"), Index("ix_subscription_target", "target", "target_id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"))
    target: Mapped[str] = mapped_column(String(12))
    node_kind: Mapped[str | None] = mapped_column(String(20))
    target_id: Mapped[uuid.UUID | None]
    filters: Mapped[dict[str, str]] = mapped_column(JSONText())
    digest: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(Instant())
