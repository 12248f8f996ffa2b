"""The table of favourites."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class Favourite(Base):
    """A node that a person keeps; ``position`` counts from 1 in the person's own order."""

    __tablename__ = "favourite"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    node_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, index=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    position: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant())
