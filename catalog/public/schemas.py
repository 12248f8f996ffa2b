"""What crosses the wire for releases and tombstones."""

import uuid
from datetime import datetime

from pydantic import BaseModel, Field

from kernel.http.wire import When
from kernel.text import Plain


class ReleaseIn(BaseModel):
    """An application to let important or core data out."""

    entry_id: uuid.UUID
    purpose: str = Field(pattern="^(export|interface|push)$")
    receiver: Plain = Field(min_length=1, max_length=200, description="接收方")
    basis: Plain = Field(min_length=1, max_length=2000, description="依据")
    valid_until: When


class ReleaseProposed(BaseModel):
    """The approval that now waits for a second person."""

    approval_id: uuid.UUID
    state: str


class ReleaseOut(BaseModel):
    """A listed release."""

    id: uuid.UUID
    entry_id: uuid.UUID
    code: str
    name: str
    purpose: str
    level: int
    receiver: str
    basis: str
    approval_id: uuid.UUID
    approved_at: datetime
    valid_until: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None


class ReleasePage(BaseModel):
    """A page of releases."""

    items: list[ReleaseOut]
    total: int
    page: int
    size: int


class TombstoneOut(BaseModel):
    """A withdrawn node."""

    node_id: uuid.UUID
    node_kind: str
    code: str
    name: str
    department_id: uuid.UUID
    version: int
    reason: str
    withdrawn_at: datetime


class TombstonePage(BaseModel):
    """A page of withdrawn nodes."""

    items: list[TombstoneOut]
    total: int
    page: int
    size: int
