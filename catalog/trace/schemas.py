"""What crosses the wire for traces."""

import uuid

from pydantic import BaseModel, ConfigDict, Field


class TraceNode(BaseModel):
    """A node, item or column on the way. Duties bring their legal basis."""

    model_config = ConfigDict(extra="ignore")
    kind: str
    id: uuid.UUID
    code: str
    name: str
    name_zh: str | None = Field(default=None, description="字段的中文名")
    data_type: str | None = None
    status: str
    department_id: uuid.UUID
    department: str
    basis_doc: str | None = Field(default=None, description="依据文件")
    basis_text: str | None = Field(default=None, description="依据条款")
    duty_type: str | None = None
    effective_on: str | None = None


class TraceLevel(BaseModel):
    """Everything reached on one level, by code."""

    kind: str
    zh: str
    nodes: list[TraceNode]


class TraceEdge(BaseModel):
    """A link or belonging between two reached nodes. ``link``: duty_data, data_system, item_column, system_table,
    or ``item`` (of an entry) and ``column`` (of a table)."""

    model_config = ConfigDict(frozen=True)
    link: str
    upper: uuid.UUID
    lower: uuid.UUID


class TraceOut(BaseModel):
    """A trace: levels from the legal basis to the store, the edges between them, and where it ends too soon."""

    start: TraceNode
    direction: str
    levels: list[TraceLevel]
    edges: list[TraceEdge]
    gaps: dict[str, list[uuid.UUID]] = Field(description="孤儿清单名 → 在此中断的节点")
    cut: list[str] = Field(description="内容过多、未列全的层级")
