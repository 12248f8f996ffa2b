"""Tables of subscriptions."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class Subscription(Base):
    """A person follows a node, the nodes of a department, or the entries that a saved search of his finds.

    ``target``: a level's key for a node, else ``department`` or ``search``; ``label`` is what it was called then.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("user_id", "target_id"), Index("ix_subscription_target", "target", "target_id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"))
    target: Mapped[str] = mapped_column(String(12))
    target_id: Mapped[uuid.UUID]
    label: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(Instant())


class SubscriptionDelivery(Base):
    """Somebody was told of one decision; a message that comes twice tells nobody twice."""

    __tablename__ = "subscription_delivery"
    audit_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant(), index=True)
