"""What transfers take and send."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from kernel.http.wire import Wire
from kernel.text import Plain

Ids = Annotated[list[uuid.UUID], Field(max_length=20_000)]


class SelectionIn(Wire):
    """What goes from one department to another. ``everything``: levels of which all goes; tables go with systems."""

    from_department_id: uuid.UUID
    to_department_id: uuid.UUID
    nodes: Annotated[dict[str, Ids], Field(examples=[{"data_entry": ["01a1…"]}])] = {}
    everything: Annotated[list[str], Field(max_length=4, examples=[["system"]])] = []
    leave_out: Annotated[Ids, Field(description="全部移交时去掉的目录")] = []


class TransferIn(SelectionIn):
    """A proposal."""

    reason: Annotated[Plain, Field(min_length=1, max_length=2000, description="事由")]
    basis: Annotated[Plain, Field(min_length=1, max_length=400, description="依据文件")]


class NodeOut(Wire):
    """A node that would go."""

    kind: str
    id: uuid.UUID
    code: str
    name: str
    status: str
    version: int
    children: int


class BlockedOut(Wire):
    """A node that cannot go, and why."""

    kind: str
    node_id: uuid.UUID
    code: str
    name: str
    reason_zh: str
    reason_en: str
    system_id: Annotated[uuid.UUID | None, Field(description="随之移交的系统：去掉该库表须连同系统")]
    system: str | None


class PreviewOut(Wire):
    """What a transfer would do. At most 200 nodes are listed, ``counts`` counts all."""

    from_name: str
    to_name: str
    counts: dict[str, int]
    total: int
    nodes: list[NodeOut]
    tables_added: Annotated[int, Field(description="随系统一并移交的库表")]
    blocked: list[BlockedOut]
    blocked_total: int
    crossing: Annotated[dict[str, int], Field(description="移交后跨部门的关联")]
    demands: Annotated[int, Field(description="未办结的数据应用申请，将改由接收部门办理")]
    dependents: Annotated[dict[str, int], Field(description="建立在这些目录上的接口等")]
    offices: Annotated[int, Field(description="填有处室、接收后需核对的目录")]


class DecisionOut(Wire):
    """One side's decision."""

    approval_id: uuid.UUID
    digest: str
    state: str
    by: str | None
    at: datetime | None
    opinion: str
    expires_at: datetime


class TransferOut(Wire):
    """A transfer. ``actions``: what the reader may do now."""

    id: uuid.UUID
    number: str
    state: str
    state_zh: str
    from_department_id: uuid.UUID
    to_department_id: uuid.UUID
    from_name: str
    to_name: str
    reason: str
    basis: str
    nodes_count: int
    reverses_id: uuid.UUID | None
    created_name: str
    created_at: datetime
    closed_at: datetime | None
    closed_reason: str | None
    giver: DecisionOut
    receiver: DecisionOut | None
    actions: list[str]


class TransferPage(Wire):
    """Transfers, newest first."""

    items: list[TransferOut]
    total: int
    page: int
    size: int


class TransferNodeOut(Wire):
    """A node of a transfer as it stood when proposed."""

    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    status: str
    version: int
    moved_version: int | None
    children: int


class TransferNodePage(Wire):
    """The list of a transfer."""

    items: list[TransferNodeOut]
    total: int
    page: int
    size: int


class DecideIn(Wire):
    """Consent or refusal of the side that waits; ``digest`` is what the reviewer saw, a refusal needs an opinion."""

    approve: bool
    opinion: Annotated[Plain, Field(max_length=1000)] = ""
    digest: Annotated[str, Field(max_length=80)]


class ReasonIn(Wire):
    """Why something is taken back."""

    reason: Annotated[Plain, Field(max_length=1000)] = ""


class ReverseOut(Wire):
    """The transfer that gives back, and the codes that were changed since and stay."""

    transfer: TransferOut
    left: list[str]


def plain(row: Any, model: type[Wire]) -> dict[str, Any]:
    """The attributes that a model names."""
    return {name: getattr(row, name) for name in model.model_fields if hasattr(row, name)}
