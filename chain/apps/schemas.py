"""What crosses the wire about applications on the chain."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt, StrictStr

from chain.apps import rules
from chain.apps.rules import Environment
from kernel.http.wire import Wire
from kernel.text import Plain

Line = Annotated[Plain, Field(min_length=1, max_length=200)]
Quota = Annotated[int, Field(ge=1, le=rules.QUOTA_LIMIT, description="每日额度，条")]
Reason = Annotated[Plain, Field(min_length=1, max_length=500)]


class AboutIn(Wire):
    """What an application says of itself."""

    name: Line
    system_name: Annotated[Line, Field(description="所属信息系统")]
    purpose: Annotated[Plain, Field(min_length=1, max_length=500, description="用途：存什么、为何要存证")]
    contact: Annotated[Line, Field(description="联系人与联系方式")]
    contracts: Annotated[list[Annotated[Plain, Field(max_length=80)]], Field(max_length=20)] = []
    accounts: Annotated[list[Annotated[str, Field(max_length=42)]], Field(max_length=50)] = []
    open_check: Annotated[bool, Field(description="允许凭摘要公开核验")] = True


class RegisterIn(AboutIn):
    """A new application; without ``department_id`` it belongs to the caller's department."""

    code: Annotated[str, Field(max_length=20, examples=["zwfw-sign"], description="应用代码，登记后不变")]
    department_id: uuid.UUID | None = None


class EnvironmentIn(Wire):
    """Which environment."""

    environment: Environment


class CallbackIn(EnvironmentIn):
    """Where final batches are announced; null ends it."""

    url: Annotated[str | None, Field(max_length=500, examples=["https://example.gov.cn/chain/callback"])]


class SettleIn(Wire):
    """Without a reason the dead letter is tried again, with one it is given up."""

    reason: Reason | None = None


class ReportIn(Wire):
    """The officer's conclusion."""

    conclusion: Annotated[Plain, Field(min_length=1, max_length=2000)]


class ApplyIn(Wire):
    """What the production environment is asked for."""

    daily_quota: Quota


class QuotaIn(EnvironmentIn):
    """Another daily quota."""

    daily_quota: Quota
    reason: Reason


class ReasonIn(Wire):
    """Why."""

    reason: Reason


class ChainIssuedOut(Wire):
    """The answer that shows a new secret, once."""

    environment: Environment
    stream: str
    app_key: str
    key_version: int
    secret: Annotated[str, Field(description="只显示一次，请立即妥善保存")]


class ChainCredentialOut(Wire):
    """A version of a secret, without the secret."""

    app_key: str
    key_version: int
    state: str
    created_at: datetime
    revoked_at: datetime | None


class PlaceOut(Wire):
    """An application in one environment."""

    environment: Environment
    stream: str
    daily_quota: int
    used_today: int
    stored: int
    anchored: int
    waiting: int
    last_anchored_at: datetime | None
    callback_url: str | None
    callback_waiting: int
    callback_dead: Annotated[int, Field(description="多次失败、等人处理的回调")]
    credentials: list[ChainCredentialOut]


class ChainAppOut(Wire):
    """An application."""

    id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    department: str
    system_name: str
    life: Annotated[str, Field(
        description="registered 已登记 · testing 联调中 · reported 已出报告 · pending 待审批 · production 正式环境"
    )]
    suspended: str | None
    created_at: datetime


class ChainReportOut(Wire):
    """A test report."""

    number: int
    content: dict[str, Any]
    digest: str
    conclusion: str
    made_by: str
    made_at: datetime
    approval_id: uuid.UUID | None


class ChainAppDetail(ChainAppOut):
    """An application with everything that its page shows. ``checks``: 联调检查项 and whether each holds."""

    purpose: str
    contact: str
    contracts: list[str]
    accounts: list[str]
    open_check: bool
    version: int
    places: list[PlaceOut]
    checks: dict[str, bool]
    reports: list[ChainReportOut]
    approval_id: Annotated[uuid.UUID | None, Field(description="等待决定的审批")]


class ChainAppPage(Wire):
    """A page of applications."""

    items: list[ChainAppOut]
    total: int
    page: int
    size: int


class ChainAskedOut(Wire):
    """A proposal for a second person."""

    approval_id: uuid.UUID
    state: str


class UseDayOut(Wire):
    """A Beijing day of a place."""

    day: date
    calls: int
    stored: int
    repeated: int
    refused: int
    proofs: int
    callbacks: int


class ChainUseOut(Wire):
    """Days of a place, oldest first, those without use included."""

    environment: Environment
    items: list[UseDayOut]


class AnnouncementOut(Wire):
    """A callback. ``state``: pending, done, dead (given up for now) or discarded."""

    id: uuid.UUID
    trial: bool
    first: Annotated[int | None, Field(description="本批中的第一条")]
    state: str
    attempts: int
    last_error: str | None
    created_at: datetime
    next_at: datetime
    finished_at: datetime | None


class AnnouncementPage(Wire):
    """A page of callbacks, newest first."""

    items: list[AnnouncementOut]
    total: int
    page: int
    size: int


class ItemIn(Wire):
    """One digest to store."""

    digest: Annotated[str, Field(max_length=80, examples=["sm3:" + "ab" * 32], description="sm3: 或 sha256: 加 64 位十六进制")]
    salt: Annotated[str | None, Field(max_length=128, description="计算摘要时所用的盐，十六进制，随证明给出")] = None
    meta: Annotated[dict[str, StrictBool | StrictInt | StrictStr] | None, Field(description="至多 16 项、1 KiB")] = None
    client_id: Annotated[str | None, Field(max_length=100, description="本方编号；缺省为摘要本身")] = None


class StoreIn(ItemIn):
    """One digest and the stream it goes to."""

    stream: Annotated[str, Field(max_length=28, examples=["test.zwfw-sign"])]


class BatchIn(Wire):
    """Up to a thousand digests, stored together or not at all."""

    stream: Annotated[str, Field(max_length=28, examples=["test.zwfw-sign"])]
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=rules.BATCH_LIMIT)]


class ReceiptOut(Wire):
    """A piece of evidence."""

    id: uuid.UUID
    client_id: str
    digest: str
    stream: str
    environment: Environment
    state: Annotated[str, Field(description="waiting 待上链 · sent 上链中 · anchored 已上链")]
    created_at: datetime
    index: int | None
    batch_seq: int | None
    tx_hash: str | None
    block_number: int | None
    block_time: datetime | None
    repeated: Annotated[bool, Field(description="此前已存入，本次没有重复写入")]


class StoredOut(Wire):
    """What one call did, in the order of its items."""

    accepted: Annotated[int, Field(description="新写入的条数")]
    repeated: Annotated[int, Field(description="此前已存入的条数")]
    receipts: list[ReceiptOut]


class ReceiptPage(Wire):
    """Evidence of the caller, oldest first; ``next`` is the ``after`` of the next page, null at the end."""

    items: list[ReceiptOut]
    next: uuid.UUID | None


class StandingOut(Wire):
    """Who calls, where, and how much is left today."""

    application: str
    name: str
    environment: Environment
    stream: str
    life: str
    quota: int
    used: int
    resets_at: datetime
    stored: int
    anchored: int
    waiting: int
    last_anchored_at: datetime | None


class CheckIn(Wire):
    """A digest that somebody holds."""

    digest: Annotated[str, Field(max_length=80)]


class SeenOut(Wire):
    """Where a digest is on the chain."""

    unit: str
    application: str
    stream: str
    index: int
    block_number: int | None
    block_time: datetime | None


class CheckOut(Wire):
    """Anchored production evidence of a digest, oldest first; empty when there is none that may be shown."""

    found: bool
    items: list[SeenOut]


class UnitHealthOut(Wire):
    """单位上链健康: one department. ``state``: ok, waiting, late, failing, silent (nothing was ever stored)."""

    department_id: uuid.UUID
    department: str
    state: str
    records: int
    waiting: int
    oldest_waiting_at: datetime | None
    last_anchored_at: datetime | None
    halted: Annotated[list[str], Field(description="已停止封存、影响本单位的存证流")]
    callback_dead: int
    refused_today: int
    apps: int
    node: Annotated[str | None, Field(description="本单位节点；空为使用平台节点")]
    node_state: str | None
    node_lag: Annotated[int | None, Field(description="落后的区块数")]


class UnitHealthPage(Wire):
    """A page of departments."""

    items: list[UnitHealthOut]
    total: int
    page: int
    size: int
