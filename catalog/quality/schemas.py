"""What quality answers on the wire. Every figure carries its numerator and denominator."""

import uuid
from datetime import datetime

from pydantic import BaseModel, Field

from catalog.quality.rules import NONE, percent


class Figure(BaseModel):
    """Cells that pass and cells looked at; ``text`` is "—" where there was nothing to look at."""

    numerator: int
    denominator: int
    percent: str | None = Field(examples=["92.11"])
    text: str = Field(examples=["92.11%", "—"])

    @classmethod
    def of(cls, numerator: int, denominator: int) -> "Figure":
        """A figure with what prints."""
        value = percent(numerator, denominator)
        return cls(
            numerator=numerator, denominator=denominator, percent=value, text=NONE if value is None else f"{value}%"
        )


class RuleOut(BaseModel):
    """A rule as officers read it; ``cells`` says what the denominator counts."""

    id: str
    dimension: str
    dimension_zh: str
    kinds: list[str]
    zh: str
    en: str
    cells: str
    fix_zh: str
    fix_en: str


class RuleFigure(BaseModel):
    """One rule's figure."""

    rule: str
    zh: str
    dimension: str
    figure: Figure


class DimensionFigure(BaseModel):
    """One of the six properties."""

    dimension: str
    zh: str
    en: str
    figure: Figure


class Summary(BaseModel):
    """The quality of the departments asked for: whole, by level and by rule."""

    department_id: uuid.UUID | None
    kind: str | None
    computed_at: datetime | None = Field(description="数据计算时间；为空表示尚未计算")
    dimensions: list[DimensionFigure]
    levels: dict[str, list[DimensionFigure]]
    rules: list[RuleFigure]
    row_quality: str = Field(description="数据行质量；未做质量检测时为「—」", examples=["—"])
    city: Figure = Field(description="与市级目录一致；尚无比对对象时为「—」")


class DepartmentQuality(BaseModel):
    """One department of the list."""

    department_id: uuid.UUID
    department: str
    nodes: int
    failing: int
    computed_at: datetime
    dimensions: list[DimensionFigure]


class FailingCell(BaseModel):
    """A cell that fails a rule, and what to do about it; ``node_kind`` and ``node_id`` make the link."""

    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    department: str
    rule: str
    rule_zh: str
    dimension: str
    field: str
    label: str
    value: str
    child_id: uuid.UUID | None
    child_name: str | None
    fix_zh: str
    fix_en: str


class FailingPage(BaseModel):
    """A page of failing cells."""

    items: list[FailingCell]
    total: int
    page: int
    size: int


class NodeQuality(BaseModel):
    """One node judged now."""

    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    judged_at: datetime
    dimensions: list[DimensionFigure]
    rules: list[RuleFigure]
    failures: list[FailingCell]


class TrendPoint(BaseModel):
    """The six properties at the end of a day (Beijing)."""

    day: str
    dimensions: list[DimensionFigure]


class RefreshOut(BaseModel):
    """The job that computes."""

    job_id: uuid.UUID
