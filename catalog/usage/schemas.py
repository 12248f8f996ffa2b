"""What usage answers on the wire."""

import uuid

from pydantic import BaseModel, Field


class UsagePoint(BaseModel):
    """One day (Beijing)."""

    day: str = Field(examples=["2026-11-21"])
    views: int
    downloads: int
    calls: int
    failed: int


class EntryUsage(BaseModel):
    """Use of one entry: a point for each day of the period, and all that was ever counted."""

    entry_id: uuid.UUID
    since: str
    until: str
    points: list[UsagePoint]
    totals: dict[str, int] = Field(description="累计：views、downloads、calls、failed")
    favourites: int
    followers: int
    comments: int
    demands: int


class UsedEntry(BaseModel):
    """An entry of the list of the most used."""

    entry_id: uuid.UUID
    code: str
    name: str
    department: str
    views: int
    downloads: int
    calls: int
    failed: int


class UsedPage(BaseModel):
    """The most used entries of a period."""

    items: list[UsedEntry]
    total: int
    page: int
    size: int
    since: str
    until: str
