"""What crosses the wire for duties, systems and tables."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(default=None, min_length=1, max_length=400)
    office: str | None = None
    region: str | None = None


class DutyFields(_Fields):
    """A duty (职责目录)."""

    basis_doc: str | None = Field(default=None, description="依据文件")
    basis_text: str | None = None
    duty_type: str | None = None
    parent_id: uuid.UUID | None = None
    effective_on: str | None = None
    abolished_by: str | None = None


class SystemFields(_Fields):
    """An information system (系统目录)."""

    short_name: str | None = None
    phase: str | None = None
    mlps_level: int | None = Field(default=None, ge=1, le=5, description="等保级别")
    network: str | None = None
    hosting: str | None = None
    live_on: str | None = None
    retired_on: str | None = None
    builder: str | None = None
    maintainer: str | None = None
    has_interface: bool | None = None
    no_interface_reason: str | None = None
    project_numbers: list[str] | None = None


class ColumnIn(BaseModel):
    """A column (字段); ``id`` names an existing one, which keeps its links."""

    model_config = ConfigDict(extra="forbid")
    id: uuid.UUID | None = None
    name: str = Field(min_length=1, max_length=128, examples=["id_card"])
    name_zh: str | None = Field(default=None, max_length=200)
    data_type: str = Field(min_length=1, max_length=60, examples=["varchar"])
    length: int | None = Field(default=None, ge=0)
    nullable: bool = True
    is_key: bool = False
    level: int = Field(default=1, ge=1, le=6, description="GB/T 43697 级别，1–4 一般，5 重要，6 核心")
    sensitive: bool = False
    encrypted: bool = False


class TableFields(_Fields):
    """A table (库表目录)."""

    db_kind: str | None = None
    schema_name: str | None = None
    table_name: str | None = Field(default=None, max_length=128)
    kind: str | None = None
    row_count: int | None = Field(default=None, ge=0)
    last_update_at: datetime | None = None
    columns: list[ColumnIn] | None = Field(default=None, max_length=2000)


class DutyCreate(DutyFields):
    """A new duty."""

    name: str = Field(min_length=1, max_length=400)
    department_id: uuid.UUID


class SystemCreate(SystemFields):
    """A new system."""

    name: str = Field(min_length=1, max_length=400)
    department_id: uuid.UUID


class TableCreate(TableFields):
    """A new table of a system."""

    name: str = Field(min_length=1, max_length=400)
    table_name: str = Field(min_length=1, max_length=128)
    system_id: uuid.UUID


class NodePage(BaseModel):
    """A page of nodes."""

    items: list[dict[str, Any]]
    total: int
    page: int
    size: int


class NodeDetail(BaseModel):
    """A node with its columns (tables only) and its open change."""

    node: dict[str, Any]
    department: str
    children: list[dict[str, Any]]
    change: dict[str, Any] | None
    actions: list[str]
    review: dict[str, Any] | None = None
    reasons: list[dict[str, Any]] = Field(default_factory=list, description="上次退回的逐项原因（待答复）")
    tombstone: dict[str, Any] | None = Field(default=None, description="已撤销：时间与理由")
