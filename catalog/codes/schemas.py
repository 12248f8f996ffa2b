"""What the routes of codes take and answer."""

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kernel.text import Plain


class TokenOut(BaseModel):
    """One value: what is stored and how it reads."""

    token: str
    zh: str
    en: str


class CodeListOut(BaseModel):
    """A code list."""

    key: str
    zh: str
    en: str
    tokens: list[TokenOut]


class CodeListsOut(BaseModel):
    """All code lists, and the names of the number profiles that an import may use."""

    lists: list[CodeListOut]
    number_profiles: list[str]


class ProfileOut(BaseModel):
    """A profile: how a system numbers code lists, or the patterns of codes."""

    model_config = ConfigDict(from_attributes=True)
    kind: str
    key: str
    zh: str
    en: str
    source: str
    body: dict[str, Any]
    active: bool = True
    builtin: bool = False
    version: int = 0


class ProfileIn(BaseModel):
    """A profile to add or replace."""

    zh: Plain = Field(min_length=1, max_length=200)
    en: Plain = Field(default="", max_length=200)
    source: Plain = Field(min_length=1, max_length=400, description="依据：文件名称或系统名称")
    body: dict[str, Any] = Field(description='{"lists": {"share_type": {"1": "conditional"}}} 或 {"patterns": {…}}')


class ClassOut(BaseModel):
    """A row of the class table."""

    model_config = ConfigDict(from_attributes=True)
    code: str
    level: str
    name: str
    source: str
    valid_to: datetime | None = Field(default=None, description="停用时间；在用为空")


class ClassesIn(BaseModel):
    """A class table: lines of code and name; it replaces the one that was there."""

    text: Plain = Field(min_length=1, max_length=5_000_000)
    source: Plain = Field(min_length=1, max_length=400, description="依据文件")


class RegionsIn(BaseModel):
    """Lines of source, revision, code, name; and perhaps lines of old code, new code, date, note."""

    text: Plain = Field(min_length=1, max_length=20_000_000)
    changes: Plain = Field(default="", max_length=1_000_000)


class LoadedOut(BaseModel):
    """What an import of a table did."""

    model_config = ConfigDict(from_attributes=True)
    added: int
    changed: int
    retired: int
    total: int


class ChangeOut(BaseModel):
    """A code that ended and one that continues it."""

    model_config = ConfigDict(from_attributes=True)
    old: str
    new: str
    effective: str
    note: str


class RegionOut(BaseModel):
    """A region code with what came before and after it."""

    code: str
    name: str
    full_name: str
    level: Literal["province", "prefecture", "county"]
    current: bool
    first: str | None = Field(description="首见于哪一期表（YYYYMM）；不详为空")
    last: str = Field(description="末见于哪一期表")
    successors: list[ChangeOut]
    predecessors: list[ChangeOut]


class RegionsOut(BaseModel):
    """Regions of the newest table."""

    items: list[RegionOut]
    revision: str


class BearerOut(BaseModel):
    """A node, item or column that bears or bore a code."""

    model_config = ConfigDict(from_attributes=True)
    node_kind: str
    node_id: uuid.UUID
    parent_id: uuid.UUID | None
    name: str
    code: str = Field(description="现行编码")
    past: bool = Field(description="所查编码已停用")
    valid_to: datetime | None


class PastCodeOut(BaseModel):
    """A code that ended."""

    model_config = ConfigDict(from_attributes=True)
    code: str
    valid_from: datetime
    valid_to: datetime
    successor: str
    reason: str


class ResolvedOut(BaseModel):
    """Whose code a code is or was, with the former codes of the first bearer."""

    items: list[BearerOut]
    history: list[PastCodeOut]


class CreditOut(BaseModel):
    """Whether a credit code passes GB 32100, who bears it, and what is wrong."""

    code: str
    valid: bool
    reason: str | None
    reason_en: str | None
    department: str | None


class PendingDepartment(BaseModel):
    """A department without a credit code."""

    id: uuid.UUID
    code: str
    name: str
    state: str = "待补"
