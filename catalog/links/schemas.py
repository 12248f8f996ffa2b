"""What crosses the wire for links."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kernel.text import Plain

_KINDS = "^(duty_data|data_system|item_column|data_data)$"


class EndOut(BaseModel):
    """One end of a link: a node, or an item or column with its node."""

    kind: str = Field(description="duty、data_entry、data_item、system、db_table 或 db_column", examples=["data_entry"])
    id: uuid.UUID
    code: str
    name: str
    node_kind: str
    node_id: uuid.UUID
    node_code: str
    node_name: str
    status: str
    department_id: uuid.UUID
    department: str


class LinkOut(BaseModel):
    """A link. ``first`` and ``second`` are read as in 职责 — 数据; ``pending`` names an action that waits."""

    id: uuid.UUID
    kind: str
    kind_zh: str
    relation: str
    relation_zh: str
    first: EndOut
    second: EndOut
    state: str = Field(description="draft 随草稿生效，valid 已生效并上链")
    version: int
    entry_hash: str | None
    created_at: datetime
    pending: str | None = Field(description="待审核的动作：remove")


class LinkChangeOut(BaseModel):
    """An add or remove that waits for a second person, or what was decided."""

    id: uuid.UUID
    kind: str
    kind_zh: str
    action: str = Field(description="add 新增，remove 解除")
    relation: str
    relation_zh: str
    first: EndOut | None
    second: EndOut | None
    department_id: uuid.UUID
    batch_id: uuid.UUID | None
    submitted_name: str
    submitted_at: datetime
    decision: str | None = Field(description="approve、return、recall、void 或空（待审核）")
    decided_name: str | None
    decided_at: datetime | None
    reason: str | None


class LinkPage(BaseModel):
    """A page of a node's links, with the number of each kind and what waits for review at the node."""

    items: list[LinkOut]
    total: int
    page: int
    size: int
    counts: dict[str, int]
    pending: list[LinkChangeOut]


class LinkChangePage(BaseModel):
    """A page of changes."""

    items: list[LinkChangeOut]
    total: int
    page: int
    size: int


class LinkIn(BaseModel):
    """One link by its ends."""

    model_config = ConfigDict(extra="forbid")
    kind: str = Field(pattern=_KINDS, examples=["item_column"])
    from_id: uuid.UUID
    to_id: uuid.UUID
    relation: Plain = Field(default="", max_length=20, description="data_data：related、derived 或 source")


class LinksIn(BaseModel):
    """Links to add or to remove, at most 1,000."""

    model_config = ConfigDict(extra="forbid")
    links: list[LinkIn] = Field(min_length=1, max_length=1000)


class LinkOutcome(BaseModel):
    """What became of one link: draft, pending (waits for review), valid, or held (nothing changed)."""

    kind: str
    from_id: uuid.UUID
    to_id: uuid.UUID
    relation: str
    link_id: uuid.UUID | None
    state: str


class ChangesIn(BaseModel):
    """Changes to recall."""

    model_config = ConfigDict(extra="forbid")
    ids: list[uuid.UUID] = Field(min_length=1, max_length=1000)


class DecisionIn(ChangesIn):
    """A decision about changes, all or none."""

    decision: str = Field(pattern="^(approve|return)$")
    reason: Plain = Field(default="", max_length=2000)


class DecidedOut(BaseModel):
    """How many changes were decided, and how many links became valid or ceased to be."""

    count: int
    effective: int


class LinkVersionOut(BaseModel):
    """A version of a link with the state of its anchoring."""

    version: int
    action: str
    entry_hash: str
    prev_hash: str | None
    valid_from: datetime
    author: str | None
    approver: str | None
    content: str
    anchor: dict[str, Any] | None


class ProposalOut(BaseModel):
    """A proposed item ↔ column link; ``score`` is 0–100."""

    item: EndOut
    column: EndOut
    score: int
    reasons: list[str] = Field(examples=[["名称相同", "类型相符"]])
