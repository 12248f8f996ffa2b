"""What crosses the wire. Roots and digests are lower-case hex; instants RFC 3339 UTC."""

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ReportRequest(BaseModel):
    """Ask for a quarterly report; without a department it is the district's."""

    year: int = Field(ge=2000, le=2100, examples=[2026])
    quarter: int = Field(ge=1, le=4, examples=[3])
    department_id: uuid.UUID | None = Field(default=None, description="缺省为全区")


class ReportBrief(BaseModel):
    """A run in a list."""

    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    kind: str = Field(examples=["quarterly"])
    title: str
    year: int
    quarter: int
    department_id: uuid.UUID | None
    state: Literal["queued", "running", "done", "failed"]
    input_root: str | None = Field(description="SM3：统计期间、范围、输入、规则、程序、字体")
    run_root: str | None = Field(description="SM3：清单；已上链")
    job_id: uuid.UUID | None
    created_at: datetime
    frozen_at: datetime | None
    finished_at: datetime | None
    error: dict[str, Any] | None


class ReportPage(BaseModel):
    """A page of runs."""

    items: list[ReportBrief]
    total: int
    page: int
    size: int


class InputOut(BaseModel):
    """A frozen input."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    predicate: str
    snapshot: dict[str, Any]
    rows: int
    bytes: int
    sha256: str
    sm3: str


class ArtifactOut(BaseModel):
    """A file of a run."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    media_type: str
    bytes: int
    sha256: str
    sm3: str


class ReportOut(ReportBrief):
    """A run with inputs, files and where its anchoring stands."""

    inputs: list[InputOut]
    artifacts: list[ArtifactOut]
    anchor: str | None = Field(description="waiting 待上链，sent 已发送，anchored 已上链", examples=["anchored"])
    block_number: int | None


class FigureOut(BaseModel):
    """A printed number."""

    key: str = Field(examples=["quality.required_rate|district|"])
    rule: str
    zh: str
    scope: str
    grp: str
    numerator: int | None
    denominator: int | None
    value: str | None
    text: str = Field(examples=["92.11%"])
    unit: str
    rows: int
    reason: str


class FigureList(BaseModel):
    """Every figure of a run."""

    items: list[FigureOut]


class TraceRow(BaseModel):
    """A row behind a figure and what it adds."""

    model_config = ConfigDict(from_attributes=True)
    department_id: str | None
    grp: str | None
    code: str | None
    name: str | None
    num: int | None
    den: int | None


class RuleOut(BaseModel):
    """The rule of a figure."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    version: int
    zh: str
    unit: str
    kind: str
    numerator: str
    denominator: str
    note: str
    body: str


class TraceOut(BaseModel):
    """A figure opened to its rule and rows."""

    figure: FigureOut
    rule: RuleOut
    items: list[TraceRow]
    total: int
    page: int
    size: int
