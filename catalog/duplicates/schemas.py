"""What duplicates and conflicts send and take."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from kernel.http.wire import Wire
from kernel.text import Plain


class LikenessOut(BaseModel):
    """Thousandths; null where one of the two has nothing to compare."""

    score: int
    title: int
    items: int | None
    codes: int | None


class EntryRef(BaseModel):
    """An entry, for a link."""

    entry_id: uuid.UUID
    code: str
    name: str
    status: str
    department_id: uuid.UUID
    department: str


class TwinOut(EntryRef):
    """An entry that looks like the one asked about, and what was decided about the pair."""

    likeness: LikenessOut
    verdict: str | None
    reason: str | None


class PairOut(BaseModel):
    """A kept pair."""

    left: EntryRef
    right: EntryRef
    likeness: LikenessOut
    verdict: str | None
    reason: str | None
    decided_by: str | None
    computed_at: datetime


class PairPage(BaseModel):
    """A page of pairs, the most alike first."""

    items: list[PairOut]
    total: int
    page: int
    size: int


class DecisionIn(Wire):
    """``different`` takes the pair off the list, ``same`` leaves it there."""

    verdict: Literal["different", "same"]
    reason: Plain = Field(min_length=1, max_length=2000)


class ConflictOut(BaseModel):
    """An item and the authoritative entries that hold it; ``common``: an everyday name among unlike entries."""

    item: str
    likeness: int
    common: bool
    claims: list[EntryRef]


class ConflictPage(BaseModel):
    """A page of conflicts, the likeliest first."""

    items: list[ConflictOut]
    total: int
    page: int
    size: int


class RefreshOut(BaseModel):
    """The job that compares."""

    job_id: uuid.UUID
