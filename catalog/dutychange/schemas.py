"""What duty changes take and send."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from catalog.dutychange.rules import Part, Plan
from kernel.http.wire import Wire
from kernel.text import Plain

Name = Annotated[Plain, Field(max_length=400)]


class PartIn(Wire):
    """A duty that the change makes; ``entries``: data that goes to it, ``rest``: all that no part names (split)."""

    name: Name = ""
    department_id: Annotated[uuid.UUID | None, Field(description="缺省为原职责的部门")] = None
    duty_type: Annotated[Plain | None, Field(max_length=20)] = None
    basis_doc: Annotated[Plain | None, Field(max_length=400, description="缺省为变更依据")] = None
    basis_text: Annotated[Plain | None, Field(max_length=20_000)] = None
    office: Annotated[Plain | None, Field(max_length=200)] = None
    into_id: Annotated[uuid.UUID | None, Field(description="合并：并入现有职责")] = None
    entries: Annotated[list[uuid.UUID], Field(max_length=20_000)] = []
    rest: bool = False


class PlanIn(Wire):
    """What is to happen to which duties."""

    kind: Annotated[Literal["move", "merge", "split", "abolish"], Field(description="划转、合并、拆分、取消")]
    sources: Annotated[list[uuid.UUID], Field(min_length=1, max_length=200)]
    reason: Annotated[Plain, Field(min_length=1, max_length=2000, description="事由")]
    basis: Annotated[Plain, Field(min_length=1, max_length=350, description="依据文件")]
    effective_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2026-12-01"])]
    department_id: Annotated[uuid.UUID | None, Field(description="划转：接收部门")] = None
    parts: Annotated[list[PartIn], Field(max_length=50)] = []
    workdays: Annotated[int, Field(ge=1, le=250, description="核实任务的工作日期限")] = 10

    def plan(self) -> Plan:
        """The plan as the rules take it."""
        parts = tuple(Part(**{**part.model_dump(), "entries": tuple(part.entries)}) for part in self.parts)
        return Plan(**{**self.model_dump(), "sources": tuple(self.sources), "parts": parts})


class DutyOut(Wire):
    """A duty that takes part in a change."""

    role: Annotated[str, Field(description="source 原职责，result 新职责，target 并入的职责，child 下级职责")]
    duty_id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    department: str


class ResultOut(Wire):
    """A duty that would be made (or merged into), and how much data goes to it."""

    name: str
    department_id: uuid.UUID
    department: str
    entries: int


class BelowOut(Wire):
    """Something below the duties."""

    kind: str
    id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    department: str


class BlockedOut(Wire):
    """A duty that cannot be changed now, and why."""

    duty_id: uuid.UUID
    code: str
    name: str
    reason_zh: str
    reason_en: str


class DepartmentTasks(Wire):
    """How many tasks a department would get."""

    department_id: uuid.UUID
    department: str
    tasks: int


class PreviewOut(Wire):
    """What a plan would do. At most 500 rows of ``below``; ``counts`` counts all."""

    across: Annotated[bool, Field(description="跨部门：由数据局审核")]
    secrecy_needed: Annotated[bool, Field(description="产生新职责，须登记保密审查")]
    duties: list[DutyOut]
    results: list[ResultOut]
    counts: dict[str, int]
    below: list[BelowOut]
    entries: Annotated[list[BelowOut], Field(description="直接属于原职责的数据目录（拆分时分配）")]
    departments: list[DepartmentTasks]
    blocked: list[BlockedOut]


class ChangeOut(Wire):
    """A duty change. ``actions``: what the reader may do now; ``tasks``: state → how many.

    States: review, scheduled (approved, waits for ``effective_on``), done, rejected, withdrawn, expired (not decided in
    time), lapsed (could not be applied).
    """

    id: uuid.UUID
    number: str
    kind: str
    kind_zh: str
    state: str
    state_zh: str
    across: bool
    department_id: uuid.UUID
    plan: dict[str, Any]
    below: dict[str, int]
    reason: str
    basis: str
    effective_on: str
    workdays: int
    secrecy_conclusion: str | None
    secrecy_basis: str | None
    secrecy_name: str | None
    created_name: str
    created_at: datetime
    closed_at: datetime | None
    closed_reason: str | None
    blocked_on: Annotated[str | None, Field(description="最近一次不能生效的日期")]
    blocked_reason: Annotated[str | None, Field(description="不能生效的原因；排除后按日重试，至多 30 日")]
    duties: list[DutyOut]
    approval_id: uuid.UUID
    digest: str
    checker: str | None
    opinion: str
    expires_at: datetime
    tasks: dict[str, int]
    actions: list[str]


class ChangePage(Wire):
    """Duty changes, newest first."""

    items: list[ChangeOut]
    total: int
    page: int
    size: int


class SecrecyIn(Wire):
    """保密审查 of the duties that the change makes."""

    conclusion: Literal["pass", "refuse"]
    basis: Annotated[Plain, Field(min_length=1, max_length=2000)]


class DecideIn(Wire):
    """Consent or refusal; ``digest`` is what the checker saw. ``secrecy`` is recorded before the decision."""

    approve: bool
    opinion: Annotated[Plain, Field(max_length=1000)] = ""
    digest: Annotated[str, Field(max_length=80)]
    secrecy: SecrecyIn | None = None


class ReasonIn(Wire):
    """Why something is taken back."""

    reason: Annotated[Plain, Field(max_length=1000)] = ""


class TaskOut(Wire):
    """One thing to check. ``due_on`` null: 期限待定."""

    id: uuid.UUID
    change_id: uuid.UUID
    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    state: str
    answer: str | None
    answer_zh: str | None
    note: str | None
    due_on: str | None
    overdue: bool
    done_name: str | None
    done_at: datetime | None


class TaskPage(Wire):
    """Tasks, open ones first, soonest due first."""

    items: list[TaskOut]
    total: int
    page: int
    size: int


class AnswerIn(Wire):
    """What was found about some tasks of one's department."""

    task_ids: Annotated[list[uuid.UUID], Field(min_length=1, max_length=1000)]
    answer: Annotated[Plain, Field(max_length=20, examples=["keep"])]
    note: Annotated[Plain, Field(max_length=2000)] = ""


class TaskIds(Wire):
    """Some tasks."""

    task_ids: Annotated[list[uuid.UUID], Field(min_length=1, max_length=1000)]


class TasksDone(Wire):
    """How many tasks changed."""

    count: int
