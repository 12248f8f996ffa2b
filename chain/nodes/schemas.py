"""What the nodes page shows."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from chain.nodes.models import ChainNode, ChainNodeSample


class SampleOut(BaseModel):
    """One look at a node."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    state: str = Field(description="ok 正常 · idle 空闲 · stalled 停滞 · clock 时钟回拨 · down 不可达")
    height: int | None
    head_at: datetime | None
    pending: int | None
    latency: int | None = Field(description="往返时延，微秒")
    version: str | None
    reason: str | None


class NodeOut(BaseModel):
    """A node with its newest sample."""

    id: uuid.UUID
    name: str
    url: str
    role: str
    department_id: uuid.UUID | None
    latest: SampleOut | None


class NodePage(BaseModel):
    """Every node."""

    items: list[NodeOut]
    total: int
    page: int = 1
    size: int


class History(BaseModel):
    """Samples, oldest first."""

    items: list[SampleOut]


def node_out(node: ChainNode, latest: ChainNodeSample | None) -> NodeOut:
    """Build a node line."""
    return NodeOut(
        id=node.id, name=node.name, url=node.url, role=node.role, department_id=node.department_id,
        latest=None if latest is None else SampleOut.model_validate(latest),
    )
