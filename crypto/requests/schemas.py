"""What requests of key operations take and give. Never key material; shares are the one exception, shown once."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import Field

from crypto.keys.schemas import Wire

Reason = Annotated[str, Field(min_length=2, max_length=500, examples=["年度例行更换"])]


class ReasonIn(Wire):
    """Why."""

    reason: Reason


class RequestedOut(Wire):
    """The approval that another security administrator decides."""

    approval_id: uuid.UUID
    state: str


class KekOut(Wire):
    """A department's KEK. ``copies_left`` are the catalogued copies that keep a retired one from destruction."""

    id: uuid.UUID
    department_id: uuid.UUID
    department: str
    version: int
    state: str
    state_zh: str
    state_en: str
    provider: str
    kcv: str
    keys: Annotated[int, Field(description="由它保护的数据密钥数")]
    created_at: str
    retired_at: str | None
    destroying_at: str | None
    destroyed_at: str | None
    copies_left: int
    certificate: dict[str, Any] | None


class KekPage(Wire):
    """A page of KEKs."""

    items: list[KekOut]
    total: int
    page: int
    size: int


class WindowIn(Wire):
    """When a rotation may start, in Beijing's time; an end before the start lies in the next morning."""

    days: Annotated[Literal["any", "work", "rest"], Field(description="any 每天 · work 工作日 · rest 休息日")]
    start: Annotated[str, Field(pattern=r"^\d\d:\d\d$", examples=["22:00"])]
    end: Annotated[str, Field(pattern=r"^\d\d:\d\d$", examples=["06:00"])]


class ScheduleIn(Wire):
    """How often a scope's key is due, and its window (none: at any time)."""

    rotate_every_days: Annotated[int, Field(ge=1, le=3650)]
    window: WindowIn | None = None


class PolicyIn(Wire):
    """Unseal by any ``threshold`` of ``shares`` shares."""

    threshold: Annotated[int, Field(ge=2, le=16)]
    shares: Annotated[int, Field(ge=2, le=16)]
    reason: Reason


class SharesOut(Wire):
    """New shares, shown this once; each belongs to one person."""

    threshold: int
    shares: Annotated[list[str], Field(repr=False)]
