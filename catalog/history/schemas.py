"""What history sends."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from kernel.http.wire import Wire


class ThenOut(Wire):
    """A node as one of its versions says; ``org_name`` is the department's name of that time."""

    kind: Annotated[str, Field(examples=["data_entry"])]
    node_id: uuid.UUID
    version: int
    action: Annotated[str, Field(description="publish、change、transfer")]
    code: str
    name: str
    department_id: uuid.UUID
    org: str
    org_name: str
    valid_from: datetime
    valid_to: Annotated[datetime | None, Field(description="被下一版本取代的时刻；空为仍有效")]
    entry_hash: str


class AsOfPage(Wire):
    """The directory as of ``at``, a page by code."""

    at: datetime
    items: list[ThenOut]
    total: int
    page: int
    size: int


class CountOut(Wire):
    """Nodes of a department on each level."""

    department_id: uuid.UUID
    department: str
    levels: dict[str, int]


class AsOfCounts(Wire):
    """Counts as of ``at`` by department and level."""

    at: datetime
    departments: list[CountOut]
    totals: dict[str, int]


class LinkOut(Wire):
    """A link that was valid at the instant, seen from one of its ends."""

    link_kind: str
    relation: str
    direction: Annotated[str, Field(description="up 上级，down 下级")]
    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    near_id: Annotated[uuid.UUID, Field(description="本端：节点本身，或所关联的数据项/字段")]
    far_id: uuid.UUID
    valid_from: datetime


class NodeAtOut(Wire):
    """One node as of an instant. ``children`` is null where the version was written before children were kept."""

    at: datetime
    node: ThenOut
    fields: dict[str, Any]
    labels: dict[str, str]
    children: list[dict[str, Any]] | None
    children_count: int
    links: list[LinkOut]


class FieldOut(Wire):
    """One field that differs."""

    field: str
    label: str
    before: Any
    after: Any


class SideOut(Wire):
    """A node at one of the two instants."""

    version: int
    code: str
    name: str
    department_id: uuid.UUID
    org_name: str


class ChildrenOut(Wire):
    """Names of the items or columns that came, went and changed."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


class ChangedOut(Wire):
    """A node that differs between the two instants."""

    kind: str
    node_id: uuid.UUID
    changes: Annotated[tuple[str, ...], Field(description="added、changed、moved、withdrawn")]
    before: SideOut | None
    after: SideOut | None
    fields: list[FieldOut]
    children: Annotated[ChildrenOut | None, Field(description="数据项/字段的增减；空为没有变化或旧版本未保存")]


class DiffCounts(Wire):
    """Differences of a department on one level."""

    department_id: uuid.UUID
    department: str
    kind: str
    added: int
    changed: int
    withdrawn: int
    moved_in: int
    moved_out: int


class DiffPage(Wire):
    """What changed between two instants: rows by level and code, counts of all of them."""

    first: datetime
    second: datetime
    items: list[ChangedOut]
    counts: list[DiffCounts]
    total: int
    page: int
    size: int


class LinkRowOut(Wire):
    """A link of the directory; codes are those the ends had when they were linked."""

    link_kind: Annotated[str, Field(examples=["duty_data"])]
    relation: str
    department_id: uuid.UUID
    upper_kind: str
    upper_id: uuid.UUID
    upper_code: str
    lower_kind: str
    lower_id: uuid.UUID
    lower_code: str
    valid_from: datetime
    change: Annotated[str, Field(description="added、removed；时点查询为空")]


class LinkRowPage(Wire):
    """Links, a page."""

    items: list[LinkRowOut]
    total: int
    page: int
    size: int
