"""What crosses the wire for imports."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class BatchOut(BaseModel):
    """An import. ``counts``: rows, actions (create, update, same, skip), findings per severity, codes."""

    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    profile: str
    filename: str
    size: int = Field(description="字节")
    sm3: str
    state: str = Field(description="uploaded、checked、applied、undone 或 failed")
    counts: dict[str, Any]
    failure: dict[str, Any] | None
    department_id: uuid.UUID | None
    created_name: str
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    job_id: uuid.UUID | None


class BatchPage(BaseModel):
    """A page of imports."""

    items: list[BatchOut]
    total: int
    page: int
    size: int


class FindingOut(BaseModel):
    """行号·列·原值·问题·建议."""

    model_config = ConfigDict(from_attributes=True)
    seq: int
    sheet: str
    row_no: int | None
    column: str | None
    header: str | None
    value: str
    severity: str
    code: str
    zh: str
    en: str
    fix_zh: str
    fix_en: str


class FindingPage(BaseModel):
    """A page of findings in the order of the workbook."""

    items: list[FindingOut]
    total: int
    page: int
    size: int


class ApplyIn(BaseModel):
    """Applying: with ``accept_partial`` the good rows go in and the bad ones stay out."""

    accept_partial: bool = False


class UndoOut(BaseModel):
    """What undoing did; ``left`` names what was edited or published since and stays."""

    removed: int
    restored: int
    left: list[str]


class ProfileOut(BaseModel):
    """An import profile."""

    key: str
    zh: str
    en: str
    create_departments: bool
