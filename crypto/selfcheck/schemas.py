"""Self-check on the wire."""

import uuid
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Status_ = Literal["符合", "部分符合", "不符合", "不适用"]


class AlgorithmOut(BaseModel):
    """What is computed with what."""

    use: str
    algorithm: str
    implementation: str


class RootOut(BaseModel):
    """What protects the root key. ``device``: a device, whose certificate is to be seen."""

    provider: str
    certified_product: bool
    device: bool
    profile: str
    sealed: bool


class ColumnOut(BaseModel):
    """An encrypted column of a department."""

    scope_id: uuid.UUID
    department: str
    table: str
    column: str
    label: str
    padded: bool
    blind_index: bool
    algorithm: str
    mode: str
    key_source: str
    key_id: int | None
    since: str | None
    due: str | None
    overdue: bool
    compromised_key_id: int | None
    last_rotation_id: uuid.UUID | None
    last_rotation_at: str | None


class CompromisedOut(BaseModel):
    """A key that was held to be compromised, and what became of it."""

    key_id: int
    department: str
    table: str
    column: str
    purpose: str
    version: int
    state: str
    compromised_at: str
    replaced_at: str | None
    retired_at: str | None
    destroyed_at: str | None
    identifiers: Annotated[int | None, Field(description="仍由该代密钥签发的标识数；其他密钥为空")]


class ScanOut(BaseModel):
    """The last scan. ``looked``: [kind of place, files, bytes, hits]; ``places``: where clear text was found."""

    at: str
    evidence: str
    canaries: int
    files: int
    bytes: int
    column_pages: int
    hits: int
    places: list[str]
    unreadable: int
    looked: list[tuple[str, int, int, int]]


class DrillOut(BaseModel):
    """The last drill."""

    at: str
    evidence: str
    passed: bool
    database: str
    scopes: int
    kills: int
    writes: int


class ItemOut(BaseModel):
    """One requirement. ``evidence``: ``kind:id``, kinds rotation, kek, approval, audit."""

    code: str
    title: str
    status: Status_
    finding: str
    evidence: list[str]
    rectification: str
    supplier: Literal["platform", "tlcp_gateway", "certified_product", "data_centre", "organisation"]
    supplier_zh: str
    supplier_en: str


class AreaOut(BaseModel):
    """One of the eight parts of GB/T 39786."""

    area: str
    title_zh: str
    title_en: str
    status: Status_
    items: list[ItemOut]


class SelfCheckOut(BaseModel):
    """The whole self-check."""

    v: int
    made_at: str
    database: str
    algorithms: list[AlgorithmOut]
    root: RootOut
    service_keys: list[str]
    active_data_keys: int
    overdue: list[str]
    columns: list[ColumnOut]
    compromised: list[CompromisedOut]
    scan: ScanOut | None
    drill: DrillOut | None
    areas: list[AreaOut]
    summary: dict[str, int]
    limits: list[str]


class ScanQueued(BaseModel):
    """The queued scan."""

    job_id: uuid.UUID
