"""What crosses the wire for the project ledger."""

import uuid
from datetime import datetime

from pydantic import BaseModel, Field


class MatchedSystem(BaseModel):
    """A system that bears the project's number."""

    id: uuid.UUID
    code: str
    name: str


class ProjectOut(BaseModel):
    """An information project."""

    id: uuid.UUID
    project_no: str
    name: str
    department_id: uuid.UUID
    department: str
    year: int | None
    kind: str = Field(description="build 新建、upgrade 升级改造、operate 运维")
    budget: int | None = Field(description="预算，单位：分")
    stage: str = Field(description="approved 立项、building 建设、accepted 验收")
    system_names: list[str] = Field(description="底账所列系统名称")
    systems: list[MatchedSystem] = Field(description="项目编号完全一致的系统")
    updated_at: datetime


class ProjectPage(BaseModel):
    """A page of the ledger."""

    items: list[ProjectOut]
    total: int
    page: int
    size: int


class LedgerJob(BaseModel):
    """The job that checks or takes over an uploaded workbook; its result has counts and findings."""

    job_id: uuid.UUID
