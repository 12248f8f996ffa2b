"""What the watch sends and takes on the wire. Times are seconds, latency microseconds, limits decimal texts."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from kernel.http.wire import Title, Wire
from kernel.watch.rules import Outcome, State

Name = Annotated[str, Field(min_length=1, max_length=200)]
Limit = Annotated[str, Field(pattern=r"^-?\d{1,18}(\.\d{1,6})?$", examples=["80"])]
Seconds = Annotated[int, Field(ge=0, le=86_400)]


class PolicyIn(Wire):
    """Thresholds of a target."""

    interval: Annotated[int, Field(ge=5, le=86_400)] = 60
    down_after: Annotated[int, Field(ge=1, le=20)] = 3
    up_after: Annotated[int, Field(ge=1, le=20)] = 2
    late_after: Annotated[int, Field(ge=10, le=864_000)] = 180
    flap_window: Seconds = 3600
    insist_after: Seconds = 600


class TargetIn(Wire):
    """A target added by hand. tcp, tls: spec {host, port}; http: spec {url, status_from?, status_to?, schema?, expect?,
    fresh?}; tls and http: certificate_days?."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._:-]{0,150}$", examples=["portal.http"])]
    kind: Literal["tcp", "tls", "http"]
    name_zh: Name
    name_en: Name
    spec: dict[str, Any]
    policy: PolicyIn = Field(default_factory=PolicyIn)
    department_id: uuid.UUID | None = None


class TargetOut(Wire):
    id: uuid.UUID
    source: str
    key: str
    kind: str
    name: Title
    spec: dict[str, Any]
    policy: PolicyIn
    enabled: bool
    department_id: uuid.UUID | None
    state: State
    state_title: Title
    counted: bool
    since: datetime | None
    version: int


class TargetPage(Wire):
    items: list[TargetOut]
    total: int
    page: int
    size: int


class Switch(Wire):
    enabled: bool


class SampleOut(Wire):
    at: datetime
    outcome: Outcome
    latency_us: int | None
    detail: str
    ladder: list[dict[str, Any]] | None


class OutageOut(Wire):
    """Half-open outage; without ``proven_end`` only the seen part counts (the prober was lost)."""

    started_at: datetime
    ended_at: datetime | None
    proven_end: bool


class History(Wire):
    """A period: outage seconds, intervals with a conclusive sample of all intervals, and the rows."""

    outage_seconds: int
    covered: int
    intervals: int
    outages: list[OutageOut]
    samples: list[SampleOut]


class RuleIn(Wire):
    """``value > fire for fire_for, clear at <= clear for clear_for``; ``below`` mirrors both."""

    signal: Annotated[str, Field(max_length=120)]
    name_zh: Name
    name_en: Name
    below: bool = False
    fire: Limit
    clear: Limit
    fire_for: Seconds = 300
    clear_for: Seconds = 180
    severity: Literal["warning", "critical"] = "warning"


class RuleOut(RuleIn):
    id: uuid.UUID
    enabled: bool
    firing: bool


class RulePage(Wire):
    items: list[RuleOut]
    total: int
    page: int
    size: int


class SignalOut(Wire):
    key: str
    title: Title
    unit: str


class SignalList(Wire):
    items: list[SignalOut]


class AlarmOut(Wire):
    """An alarm; ``notified`` is false under a silence or for a repeat within the hour."""

    id: uuid.UUID
    target_id: uuid.UUID | None
    rule_id: uuid.UUID | None
    expression_id: uuid.UUID | None
    incident_id: uuid.UUID | None
    kind: str
    subject: str
    severity: str
    title: Title
    opened_at: datetime
    closed_at: datetime | None
    notified: bool
    silenced: bool
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    case_id: uuid.UUID | None


class AlarmPage(Wire):
    items: list[AlarmOut]
    total: int
    page: int
    size: int


class SilenceIn(Wire):
    """Silence one target, rule or expression for some hours, with a reason."""

    target_id: uuid.UUID | None = None
    rule_id: uuid.UUID | None = None
    expression_id: uuid.UUID | None = None
    hours: Annotated[int, Field(ge=1, le=168)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class SilenceOut(Wire):
    id: uuid.UUID
    target_id: uuid.UUID | None
    rule_id: uuid.UUID | None
    expression_id: uuid.UUID | None
    owner_name: str
    reason: str
    starts_at: datetime
    ends_at: datetime


class SilencePage(Wire):
    items: list[SilenceOut]
    total: int
    page: int
    size: int


class ExpressionIn(Wire):
    """A rule as an expression over recorded series; seconds for ``hold`` (for) and ``keep`` (keep_firing_for)."""

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._:-]{0,150}$", examples=["portal.errors"])]
    name_zh: Name
    name_en: Name
    expression: Annotated[str, Field(min_length=1, max_length=2000, examples=["gateway_error_share > 50"])]
    hold: Seconds = 0
    keep: Seconds = 0
    severity: Literal["warning", "critical"] = "warning"


class ExpressionOut(ExpressionIn):
    """``firing``: its subjects that fire now; the empty one is the installation."""

    id: uuid.UUID
    source: str
    enabled: bool
    firing: list[str]
    version: int


class ExpressionPage(Wire):
    items: list[ExpressionOut]
    total: int
    page: int
    size: int


class WallOut(Wire):
    """One target of the wall: its state and the newest latency."""

    id: uuid.UUID
    key: str
    name: Title
    source: str
    state: State
    state_title: Title
    since: datetime | None
    latency_us: int | None
    department_id: uuid.UUID | None


class Wall(Wire):
    """Every target that is probed, the worst first, and how many are in each state."""

    counts: dict[State, int]
    items: list[WallOut]
