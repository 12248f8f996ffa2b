"""What the crypto pages show and send. Never key material: a KCV of 4 bytes tells keys apart."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Wire(BaseModel):
    """Base of wire models: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class LeakedOut(Wire):
    """A column that writes nothing until its compromised key is changed."""

    department: str
    label: str
    key_id: int


class OverviewOut(Wire):
    """State of encryption. ``warnings`` are for people, Chinese first."""

    sealed: bool
    provider: str
    certified: Annotated[bool, Field(description="密码设备是否为经认证的产品；软件实现为 false")]
    profile: str
    sm2_engine: str
    scopes: int
    keys_by_state: dict[str, int]
    overdue_keys: int
    open_rotations: int
    fences_missing: list[str]
    leaked: Annotated[list[LeakedOut], Field(description="按泄露处置、尚未换下的密钥")]
    warnings: list[dict[str, str]]


class ScopeOut(Wire):
    """An encrypted column of a department with its current key."""

    id: uuid.UUID
    department_id: uuid.UUID
    department: str
    table: str
    column: str
    label: Annotated[str, Field(examples=["公民身份号码"])]
    algorithm: Annotated[str, Field(examples=["SM4-GCM"])]
    mode: str
    padded: bool
    blind_index: str | None
    rotate_every_days: int
    window: Annotated[dict[str, Any] | None, Field(description="更换可运行的时间窗，空为不限")]
    key_id: int | None
    key_version: int | None
    key_since: str | None
    due_at: str | None
    overdue: bool
    rotation_id: uuid.UUID | None
    compromised_key_id: Annotated[int | None, Field(description="按泄露处置、尚未换下的密钥；此时拒绝写入")]


class KeyOut(Wire):
    """A data key."""

    key_id: int
    department_id: uuid.UUID
    department: str
    table: str
    column: str
    purpose: Annotated[str, Field(description="enc 加密 · bi 盲索引 · tok 标识 · fpe 格式标识")]
    version: int
    state: str
    state_zh: str
    state_en: str
    kcv: str
    kek_id: uuid.UUID
    reserved_uses: Annotated[int, Field(description="已预留的加密次数，2^32 为上限")]
    created_at: str
    activated_at: str | None
    replaced_at: str | None
    retired_at: str | None
    compromised_at: str | None
    destroyed_at: str | None
    overdue: bool


class AbortOut(Wire):
    """The decision to go back to the old key."""

    reason: str
    maker: str
    checker: str
    at: str
    state: Annotated[str, Field(description="中止时所处阶段")]
    state_zh: str
    state_en: str
    done: Annotated[int, Field(description="中止时已更换的行数")]


class RotationOut(Wire):
    """A rotation with its progress; ``certificate`` at its end. With ``abort`` its figures count the way back."""

    id: uuid.UUID
    scope_id: uuid.UUID
    department_id: uuid.UUID
    department: str
    table: str
    column: str
    label: str
    purpose: str
    state: str
    state_zh: str
    state_en: str
    reason: str
    old_key_id: int
    new_key_id: int | None
    total: int
    done: int
    skipped: int
    percent: int
    passes: int
    unreadable: list[int | str]
    urgent: Annotated[bool, Field(description="不受时间窗限制（按泄露处置）")]
    waits_until: Annotated[str | None, Field(description="在时间窗之外等待，到此时继续；空为不在等待")]
    stopped: Annotated[bool, Field(description="任务已取消或失败，须执行 mulian crypto resume 继续")]
    maker: str
    checker: str
    approval_id: uuid.UUID
    abort: Annotated[AbortOut | None, Field(description="已决定中止并退回原密钥；空为未中止")]
    certificate: dict[str, Any] | None
    created_at: str
    updated_at: str
    switched_at: str | None
    finished_at: str | None


class ScopePage(Wire):
    """A page of scopes."""

    items: list[ScopeOut]
    total: int
    page: int
    size: int


class KeyPage(Wire):
    """A page of keys."""

    items: list[KeyOut]
    total: int
    page: int
    size: int


class RotationPage(Wire):
    """A page of rotations."""

    items: list[RotationOut]
    total: int
    page: int
    size: int


class RotationIn(Wire):
    """A request to rotate the key of a scope."""

    scope_id: uuid.UUID
    reason: Annotated[str, Field(min_length=2, max_length=500, examples=["年度例行更换"])]
    purpose: Annotated[Literal["enc", "bi"], Field(description="enc 字段加密密钥，bi 盲索引密钥")] = "enc"


class RotationRequested(Wire):
    """The approval that another security administrator decides."""

    approval_id: uuid.UUID
    state: str


class UnsealIn(Wire):
    """A passphrase, a PIN or one share; it is neither stored nor logged."""

    passphrase: Annotated[str, Field(min_length=1, max_length=500, repr=False)]


class ProcessOut(Wire):
    """Where one process stands: open, or how many shares it has of those it needs."""

    process: str
    pid: int
    open: bool
    method: Annotated[str, Field(description="passphrase 口令 · shares 份额 · pin 设备口令 · environment 环境变量")]
    given: Annotated[list[int], Field(description="已提交的份额编号")]
    need: int
    error: Annotated[str, Field(description="未能接受时的错误码")]
    error_zh: str
    error_en: str


class SealedOut(Wire):
    """Whether data keys are sealed in the process that answers, and where every process of this home stands."""

    sealed: bool
    next_need: Annotated[int, Field(description="新份额需交回几份才生效，0 表示没有待生效的份额")]
    next_given: Annotated[list[int], Field(description="已交回的新份额编号")]
    processes: list[ProcessOut]
