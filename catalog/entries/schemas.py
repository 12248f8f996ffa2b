"""What crosses the wire for data entries. Instants are RFC 3339 UTC; lists are short texts."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kernel.text import Plain


class ItemIn(BaseModel):
    """A data item (数据项); ``id`` names an existing item, which keeps its links."""

    model_config = ConfigDict(extra="forbid")
    id: uuid.UUID | None = None
    name: str = Field(min_length=1, max_length=200, description="数据项名称", examples=["统一社会信用代码"])
    data_type: str | None = Field(default=None, description="代码表 data_type")
    length: int | None = Field(default=None, ge=0)
    precision: int | None = Field(default=None, ge=0)
    code_set: str | None = Field(default=None, max_length=100)
    share_type: str | None = Field(default=None, description="只能严于目录")
    open_type: str | None = None
    level: int = Field(default=1, ge=1, le=6, description="GB/T 43697 级别，1–4 一般，5 重要，6 核心")
    sensitive: bool = False
    pii: bool = False
    is_key: bool = False


class ItemOut(ItemIn):
    """A data item as stored."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)
    id: uuid.UUID
    number: int
    code: str


class EntryFields(BaseModel):
    """The fields of a data entry that are edited; tokens are those of GET /catalog/code-lists."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(default=None, min_length=1, max_length=400, examples=["婚姻登记信息"])
    office: str | None = None
    region: str | None = None
    class_code: str | None = Field(default=None, description="分类前段码，如 307001")
    abstract: str | None = Field(default=None, max_length=200_000)
    keywords: list[str] | None = None
    theme: str | None = None
    theme_text: str | None = None
    formats: list[str] | None = Field(default=None, examples=[["csv", "xlsx"]])
    format_class: str | None = None
    share_type: str | None = None
    share_condition: str | None = None
    no_share_basis: str | None = None
    share_mode: str | None = None
    share_method: str | None = None
    open_type: str | None = None
    open_condition: str | None = None
    update_cycle: str | None = None
    update_cycle_text: str | None = None
    published_on: str | None = Field(default=None, description="2026-03-01")
    data_updated_at: datetime | None = None
    data_update_source: str | None = Field(default=None, description="实测 或 填报")
    related_codes: list[str] | None = None
    level: int | None = Field(default=None, ge=1, le=6)
    data_range: str | None = None
    use_scene: str | None = None
    record_count: int | None = Field(default=None, ge=0)
    storage: str | None = None
    authoritative: bool | None = None
    source_url: str | None = Field(default=None, max_length=500)
    items: list[ItemIn] | None = Field(default=None, max_length=2000, description="给出时整体替换数据项")


class EntryCreate(EntryFields):
    """A new entry of a department; without ``class_code`` it gets a provisional code."""

    name: str = Field(min_length=1, max_length=400, examples=["婚姻登记信息"])
    department_id: uuid.UUID
    secret: bool = Field(default=False, description="是否涉密；涉密数据不得编入")


class EntrySummary(BaseModel):
    """A row of a list."""

    id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    department: str
    status: str
    version: int
    revision: int
    online: bool
    theme: str | None
    formats: list[str]
    share_type: str | None
    open_type: str | None
    update_cycle: str | None
    level: int
    data_updated_at: datetime | None
    updated_at: datetime
    provisional: bool = Field(description="编码为临时编码，尚未分类")
    highlight: list[tuple[str, bool]] | None = Field(default=None, description="命中片段：文字与是否命中")


class EntryPage(BaseModel):
    """A page of entries; ``total`` is at most 10,000 for a search, then ``capped`` is true."""

    items: list[EntrySummary]
    total: int
    page: int
    size: int
    capped: bool = False
    scanned: bool = Field(default=False, description="只查了名称与编码（单字检索）")
    facets: dict[str, list[dict[str, Any]]] | None = None


class EntryDetail(BaseModel):
    """An entry with its items, open change and what may be done with it."""

    model_config = ConfigDict(from_attributes=True)
    entry: dict[str, Any]
    department: str
    items: list[ItemOut]
    change: dict[str, Any] | None
    review: dict[str, Any] | None
    actions: list[str]
    reasons: list[dict[str, Any]] = Field(default_factory=list, description="上次退回的逐项原因（待答复）")
    tombstone: dict[str, Any] | None = Field(default=None, description="已撤销：时间与理由")
    restricted: bool = Field(description="重要、核心数据（取目录与数据项中最高级别），出域须经批准")
    duties: list[dict[str, Any]]
    systems: list[dict[str, Any]]


class Links(BaseModel):
    """Which duties and systems an entry belongs to; replaces what was there."""

    duty_ids: list[uuid.UUID] = Field(max_length=500)
    system_ids: list[uuid.UUID] = Field(max_length=500)


class ReasonIn(BaseModel):
    """A reason of a return, beside a field, a field of one data item or column, or (no field) about the whole."""

    reason: Plain = Field(min_length=1, max_length=2000)
    field: Plain | None = Field(default=None, max_length=60, description="字段名；children 为数据项或字段整体")
    child_id: uuid.UUID | None = Field(default=None, description="数据项或字段")


class Decision(BaseModel):
    """Why something is returned: in general, and field by field."""

    reason: Plain = Field(default="", max_length=2000)
    reasons: list[ReasonIn] = Field(default_factory=list, max_length=200)


class AnswerIn(BaseModel):
    """What was done about a reason of the last return."""

    reason_id: uuid.UUID
    answer: Plain = Field(default="", max_length=2000)


class Submission(BaseModel):
    """What a submitter says: an explanation, and answers to the reasons of the last return."""

    note: Plain = Field(default="", max_length=2000, description="提交说明")
    answers: list[AnswerIn] = Field(default_factory=list, max_length=500)


class Because(BaseModel):
    """The reason of a withdrawal, of going offline or online."""

    reason: Plain = Field(min_length=1, max_length=2000)


class SecrecyIn(BaseModel):
    """A 保密审查."""

    conclusion: str = Field(pattern="^(pass|refuse)$")
    basis: Plain = Field(min_length=1, max_length=2000, description="审查依据")


class Approval(BaseModel):
    """Approving, with the secrecy review where it is done in the same step."""

    opinion: Plain = Field(default="", max_length=2000, description="审核意见")
    secrecy: SecrecyIn | None = None


class OnlineOut(BaseModel):
    """A change of the online flag."""

    online: bool
    reason: str
    by: str
    at: datetime


class VersionOut(BaseModel):
    """A published version."""

    version: int
    action: str
    code: str
    entry_hash: str
    prev_hash: str | None
    valid_from: datetime
    author: str | None
    approver: str | None
    anchor: dict[str, Any] | None


class FieldDiff(BaseModel):
    """One field that differs between two versions."""

    field: str
    label: str
    before: Any
    after: Any
