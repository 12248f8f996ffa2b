"""What the routes of search take and answer."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kernel.text import Plain

Pieces = list[tuple[str, bool]]


class HitOut(BaseModel):
    """A node that a search found."""

    id: uuid.UUID
    kind: str
    code: str
    name: str
    status: str
    department_id: uuid.UUID
    department: str
    path: str = Field(description="控制台中的地址")
    title_pieces: Pieces = Field(description="名称：文字与是否命中")
    text_pieces: Pieces = Field(description="正文中命中处的片段")


class HitPage(BaseModel):
    """A page of hits; ``total`` is at most 10,000, then ``capped`` is true."""

    items: list[HitOut]
    total: int
    page: int
    size: int
    capped: bool
    scanned: bool = Field(description="单字检索：只查名称与编码，只查前 100,000 条")
    complete: bool = Field(description="单字检索是否查完了全部名称与编码")
    departments: dict[str, list[uuid.UUID]] = Field(description="被当作部门（全称、简称、别名）的词")
    facets: dict[str, list[dict[str, Any]]] | None = None


class Picked(BaseModel):
    """A row of a picker."""

    id: uuid.UUID
    kind: str
    code: str
    name: str


class SavedIn(BaseModel):
    """A search to keep; ``filters`` as in the list of entries."""

    name: Plain = Field(min_length=1, max_length=100)
    q: Plain = Field(default="", max_length=200)
    filters: dict[str, str | bool] = Field(default_factory=dict, description="theme、department_id、status 等")
    notify: bool = Field(default=False, description="有新增命中时提醒（每小时检查）")


class SavedOut(BaseModel):
    """A saved search."""

    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    name: str
    q: str
    filters: dict[str, Any]
    notify: bool
    version: int
    created_at: datetime
    checked_at: datetime | None
