"""What crosses the wire. Days are ISO dates of the Beijing calendar."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CalendarDay(BaseModel):
    """A day that differs from its weekday."""

    model_config = ConfigDict(from_attributes=True)
    day: date = Field(examples=["2026-10-10"])
    kind: Literal["holiday", "workday"] = Field(description="holiday 放假，workday 调休上班")
    name: str = Field(max_length=60, examples=["国庆节"])


class CalendarYearIn(BaseModel):
    """A year as its 放假通知 has it."""

    source: str = Field(min_length=1, max_length=300, examples=["国务院办公厅关于2026年部分节假日安排的通知"])
    days: list[CalendarDay] = Field(max_length=366)


class CalendarYear(BaseModel):
    """A loaded year."""

    year: int
    source: str
    version: int
    days: list[CalendarDay]


class CalendarYears(BaseModel):
    """The loaded years and the last day that can be reckoned."""

    items: list[CalendarYear]
    end: date | None
    days_left: int = Field(description="距日历末日的天数；60 天内须录入下一年")


class DueDate(BaseModel):
    """A reckoned due day."""

    start: date
    workdays: int
    due: date
