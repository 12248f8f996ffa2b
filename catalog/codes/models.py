"""Counters behind codes."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class CodeCounter(Base):
    """The last number given out in a scope; it only grows, so a code is never reused."""

    __tablename__ = "code_counter"
    scope: Mapped[str] = mapped_column(String(120), primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)
