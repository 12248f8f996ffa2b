"""Tables of the work calendar."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class WorkCalendarYear(Base):
    """A year whose 放假通知 is loaded; ``source`` names the notice."""

    __tablename__ = "work_calendar_year"
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(300))
    loaded_at: Mapped[datetime] = mapped_column(Instant())
    version: Mapped[int] = mapped_column(Integer, default=1)


class WorkCalendarDay(Base):
    """A day that differs from its weekday: a holiday on a weekday or weekend, or a make-up day."""

    __tablename__ = "work_calendar_day"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    year: Mapped[int] = mapped_column(ForeignKey("work_calendar_year.year"))
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
