"""What crosses the wire for reviews."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, model_validator

from catalog.entries.schemas import ReasonIn, SecrecyIn
from catalog.review.queries import Filter
from kernel.text import Plain


class CaseOut(BaseModel):
    """A review case in the queue."""

    id: uuid.UUID
    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    department: str
    department_id: uuid.UUID
    subject: str
    round: int = Field(description="第几次提交；退回后重新提交加一")
    stages: list[str]
    stage: str = Field(description="当前环节：department、bureau 或 either")
    due_on: str | None = Field(description="本环节应办结日期")
    due_pending: bool = Field(description="期限待定：工作日历尚未覆盖")
    overdue: bool
    note: str | None = Field(description="提交说明；申请撤销的理由")
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
    """A case with what is to be decided: both sides, what the last return asked for, stages, secrecy reviews."""

    case: CaseOut
    differences: list[dict[str, Any]]
    children: dict[str, Any] = Field(description="数据项或字段：added、removed、changed、moved")
    since_return: dict[str, Any] | None = Field(description="自上次退回以来的修改")
    answered: list[str] = Field(description="此前退回的原因")
    reasons: list[dict[str, Any]] = Field(description="上次退回的逐项原因与答复")
    returned_for: list[dict[str, Any]] = Field(description="本次退回的逐项原因")
    stages: list[dict[str, Any]]
    secrecy: list[dict[str, Any]]


class QueueFilter(BaseModel):
    """A part of the open queue, as the query parameters of GET /catalog/reviews name it."""

    kind: str | None = Field(default=None, pattern="^(duty|data_entry|system|db_table)$")
    department_id: uuid.UUID | None = None
    subject: str | None = Field(default=None, pattern="^(publish|change|withdraw)$")
    stage: str | None = Field(default=None, pattern="^(department|bureau|either)$")
    due: str | None = Field(default=None, pattern="^(overdue|today|week|later|pending|none)$")
    older_than: int | None = Field(default=None, ge=0, le=3660, description="提交至今的天数")
    batch_id: uuid.UUID | None = None
    decidable: bool = Field(default=True, description="只含本人可办的事项")

    def filter(self) -> Filter:
        """The same for the query."""
        return Filter(**self.model_dump())


class BatchDecision(BaseModel):
    """A decision about many cases at once: by id, all open cases of an import, or a filter of the queue."""

    case_ids: list[uuid.UUID] = Field(default_factory=list, max_length=10_000)
    batch_id: uuid.UUID | None = None
    filter: QueueFilter | None = None
    expected: int | None = Field(default=None, ge=0, description="按条件办理时页面上显示的件数；不符则拒绝")
    decision: str = Field(pattern="^(approve|return)$")
    reason: Plain = Field(default="", max_length=2000)
    reasons: list[ReasonIn] = Field(default_factory=list, max_length=200)
    secrecy: SecrecyIn | None = None
    possible: bool = Field(default=False, description="true：只办可办的，其余列出；false：全部办结，或一件也不办")

    @model_validator(mode="after")
    def _one_selection(self) -> "BatchDecision":
        if [bool(self.case_ids), self.batch_id is not None, self.filter is not None].count(True) != 1:
            raise ValueError("give case_ids, batch_id or filter")
        return self


class BatchSubmit(BaseModel):
    """Submitting many nodes of a kind: by id, or all drafts of an import."""

    kind: str = Field(default="data_entry", pattern="^(duty|data_entry|system|db_table)$")
    node_ids: list[uuid.UUID] = Field(default_factory=list, max_length=10_000)
    batch_id: uuid.UUID | None = None


class BatchResult(BaseModel):
    """How many were decided or submitted, how many versions became valid, and what could not be decided."""

    count: int
    published: int
    refused: list[dict[str, str]] = Field(default_factory=list)


class SecrecyRecord(BaseModel):
    """One 保密审查."""

    id: uuid.UUID
    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    reviewer: str
    conclusion: str
    basis: str
    revision: int
    reviewed_at: datetime


class SecrecyPage(BaseModel):
    """A page of secrecy reviews."""

    items: list[SecrecyRecord]
    total: int
    page: int
    size: int


class RuleIn(BaseModel):
    """How submissions of a department are reviewed."""

    stages: list[str] = Field(min_length=1, max_length=2, examples=[["department", "bureau"]])
    due_workdays: int | None = Field(default=5, ge=1, le=250, description="每个环节的办理时限（工作日）；空为不设")
    separate_secrecy: bool = Field(default=False, description="保密审查与内容审核由不同的人办理")
    version: int = Field(default=0, ge=0, description="所见规则的版本；0 为尚未设置")


class RuleOut(RuleIn):
    """A rule; ``scope`` is ``default`` or the department's id."""

    scope: str
    department_id: uuid.UUID | None
    department: str


class OpenReason(BaseModel):
    """Reasons of the last return that wait for an answer."""

    items: list[dict[str, Any]]
