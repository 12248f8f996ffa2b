"""What the nodes page shows and takes."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chain.nodes.models import ChainAllowedAccount, ChainNode, ChainNodeHour, ChainNodeSample, ChainNodeVote
from chain.nodes.rules import STATE_TITLES
from kernel.http.wire import Title, Wire
from kernel.text import Plain

STATES = "ok 正常 · idle 空闲 · lagging 落后 · stalled 停滞 · clock 时钟异常 · forked 分叉 · foreign 非本链 · down 不可达"
Name = Annotated[Plain, Field(min_length=1, max_length=80)]
Url = Annotated[str, Field(max_length=300, pattern=r"^https?://", examples=["http://10.20.3.11:8545"])]
Enode = Annotated[str, Field(max_length=300)]
Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
Ranges = Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=20, description="节点所在的内网地址段")]
Managed = Annotated[bool, Field(description="由平台投票并下发准入名单")]


class SampleOut(Wire):
    """One look at a node."""

    at: datetime
    state: Annotated[str, Field(description=STATES)]
    height: int | None
    head_at: datetime | None
    pending: int | None
    latency: Annotated[int | None, Field(description="往返时延，微秒")]
    version: str | None
    reason: str | None
    lag: Annotated[int | None, Field(description="落后最高节点的区块数")]
    peers: int | None
    skew: Annotated[int | None, Field(description="节点时钟减平台时钟，秒")]


class NodeOut(Wire):
    """A node with its newest sample."""

    id: uuid.UUID
    name: str
    url: str
    role: str
    department_id: uuid.UUID | None
    own: bool
    enabled: bool
    managed: bool
    enode: str | None
    signer: str | None
    contact: str
    declared: list[str]
    engine: str | None
    validator: Annotated[bool, Field(description="在当前验证节点名单中")]
    state: str
    state_title: Title
    since: datetime | None
    drift: list[str]
    version: int
    latest: SampleOut | None


class NodePage(Wire):
    """Every node in scope. ``validators`` and ``safe`` are the network's, None where it has none of its own."""

    items: list[NodeOut]
    total: int
    page: int = 1
    size: int
    engine: str | None
    validators: list[str] | None
    quorum: int | None
    safe: int | None


class NodeIn(Wire):
    """A node to register. Without enode and signer they are read from the node."""

    name: Name
    url: Url
    role: Literal["validator", "observer"] = "observer"
    department_id: uuid.UUID | None = None
    enode: Enode | None = None
    signer: Address | None = None
    managed: Managed = False
    declared: Ranges = []
    contact: Annotated[Plain, Field(max_length=120)] = ""


class NodePatch(Wire):
    """Fields that are given are changed."""

    name: Name | None = None
    url: Url | None = None
    department_id: uuid.UUID | None = None
    enode: Enode | None = None
    signer: Address | None = None
    managed: Managed | None = None
    declared: Ranges | None = None
    contact: Annotated[Plain, Field(max_length=120)] | None = None
    enabled: bool | None = None


class NodeLookOut(Wire):
    """What answered there; ``same_chain`` tells whether its block 0 is ours, None where either is unknown."""

    state: str
    state_title: Title
    reason: str | None
    engine: str | None
    version: str | None
    height: int | None
    enode: str | None
    signer: str | None
    peers: int | None
    same_chain: bool | None


class History(Wire):
    """Samples, oldest first."""

    items: list[SampleOut]


class HourOut(Wire):
    """An hour of samples: counts by state, mean and largest latency in microseconds."""

    hour: datetime
    samples: int
    states: dict[str, int]
    height: int | None
    lag_max: int
    latency_mean: int
    latency_max: int


class Hours(Wire):
    """Hours, oldest first."""

    items: list[HourOut]


class DepartmentLine(Wire):
    """A department's nodes; ``department_id`` empty is the platform."""

    department_id: uuid.UUID | None
    nodes: int
    validators: int
    running: int
    worst: str
    worst_title: Title
    lag: int | None


class DepartmentLines(Wire):
    items: list[DepartmentLine]


class VoteIn(Wire):
    """Add the node's validator, or remove it."""

    add: bool
    reason: Annotated[Plain, Field(min_length=2, max_length=500)]


class VoteAsked(Wire):
    """The proposal that waits for a second person."""

    approval_id: uuid.UUID
    state: str


class VoteOut(Wire):
    """A vote. ``casts`` says what came of asking each managed validator: cast, observer, or why not."""

    id: uuid.UUID
    node_id: uuid.UUID
    address: str
    add: bool
    reason: str
    state: Annotated[str, Field(description="casting 投票中 · passed 已生效 · expired 未获多数 · refused 不再安全，已撤回")]
    outcome: str
    casts: dict[str, str]
    maker_name: str
    checker_name: str
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None


class VotePage(Wire):
    items: list[VoteOut]
    total: int
    page: int
    size: int


class AccountIn(Wire):
    """An account that may send."""

    address: Address
    note: Annotated[Plain, Field(min_length=1, max_length=200)]
    department_id: uuid.UUID | None = None


class AccountOut(Wire):
    id: uuid.UUID
    address: str
    note: str
    department_id: uuid.UUID | None
    created_at: datetime


class Accounts(Wire):
    """Accounts that may send; empty: lists of accounts are left as the nodes have them. ``enforced``: rpc, node, block
    or none."""

    items: list[AccountOut]
    enforced: str


def title(state: str) -> Title:
    """The words of a state."""
    zh, en = STATE_TITLES[state]
    return Title(zh=zh, en=en)


def node_out(row: ChainNode, latest: ChainNodeSample | None) -> NodeOut:
    """Build a node line."""
    plain: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            "id", "name", "url", "role", "department_id", "own", "enabled", "managed", "enode", "signer", "contact",
            "declared", "engine", "state", "since", "version",
        )
    }
    return NodeOut(
        **plain, state_title=title(row.state), drift=list((row.lists or {}).get("drift", ())),
        validator=row.signer is not None and row.signer in (row.members or {}),
        latest=None if latest is None else SampleOut.model_validate(latest),
    )


def hour_out(row: ChainNodeHour) -> HourOut:
    """Build an hour."""
    return HourOut(
        hour=row.hour, samples=row.samples, states=row.states, height=row.height, lag_max=row.lag_max,
        latency_mean=row.latency_sum // max(row.samples, 1), latency_max=row.latency_max,
    )


def vote_out(row: ChainNodeVote) -> VoteOut:
    """Build a vote."""
    return VoteOut.model_validate(row)


def account_out(row: ChainAllowedAccount) -> AccountOut:
    """Build an account."""
    return AccountOut.model_validate(row)
