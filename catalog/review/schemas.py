"""What crosses the wire for reviews."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, model_validator

from catalog.entries.schemas import SecrecyIn


class CaseOut(BaseModel):
    """A review case in the queue."""

    id: uuid.UUID
    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    department: str
    subject: str
    submitted_by: str
    submitted_at: datetime
    opened_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    reason: str | None


class CasePage(BaseModel):
    """A page of cases."""

    items: list[CaseOut]
    total: int
    page: int
    size: int


class CaseDetail(BaseModel):
    """A case with what is to be decided: the differences to the published version, and the secrecy reviews."""

    case: CaseOut
    differences: list[dict[str, Any]]
    answered: list[str] = Field(description="此前退回的原因")
    secrecy: list[dict[str, Any]]


class BatchDecision(BaseModel):
    """A decision about many cases at once: by id, or all open cases of an import."""

    case_ids: list[uuid.UUID] = Field(default_factory=list, max_length=10_000)
    batch_id: uuid.UUID | None = None
    decision: str = Field(pattern="^(approve|return)$")
    reason: str = Field(default="", max_length=2000)
    secrecy: SecrecyIn | None = None

    @model_validator(mode="after")
    def _one_selection(self) -> "BatchDecision":
        if bool(self.case_ids) == (self.batch_id is not None):
            raise ValueError("give case_ids or batch_id")
        return self


class BatchSubmit(BaseModel):
    """Submitting many nodes of a kind: by id, or all drafts of an import."""

    kind: str = Field(default="data_entry", pattern="^(duty|data_entry|system|db_table)$")
    node_ids: list[uuid.UUID] = Field(default_factory=list, max_length=10_000)
    batch_id: uuid.UUID | None = None


class BatchResult(BaseModel):
    """How many nodes were decided or submitted, and how many versions became valid."""

    count: int
    published: int
