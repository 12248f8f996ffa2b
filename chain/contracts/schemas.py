"""What the contracts pages and commands take and show."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chain.contracts.models import ContractRelease
from kernel.http.wire import Title, Wire

Environment = Literal["production", "test"]
Name = Annotated[str, Field(min_length=1, max_length=40, examples=["Register"])]


class Release(BaseModel):
    """One line of the journal of creations."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    environment: str = Field(examples=["production"])
    name: str = Field(examples=["AnchorRegistry"])
    version: str = Field(examples=["1"])
    chain_id: int
    address: str = Field(description="合约地址", examples=["0x5fbdb2315678afecb367f032d93f642f64180aa3"])
    tx_hash: str
    code_hash: str = Field(description="运行代码的 SHA-256，十六进制")
    deployer: str
    state: str = Field(description="prepared 已签名待上链 · live 已上线 · void 作废 · superseded 已被替换")
    block_number: int | None
    gas_used: int | None
    created_at: datetime
    live_at: datetime | None
    version_id: uuid.UUID | None
    deployment_id: uuid.UUID | None
    implementation: str | None
    comparison: dict[str, Any] | None = Field(description="运行代码与构建的比对")
    frozen_at: datetime | None
    frozen_by: str | None


class ReleasePage(BaseModel):
    """A page of releases."""

    items: list[Release]
    total: int
    page: int
    size: int


class Initialiser(Wire):
    """A call that follows the creation at once."""

    method: Annotated[str, Field(min_length=1, max_length=300)]
    arguments: Annotated[list[Any], Field(max_length=64)] = []


class VersionIn(Wire):
    """A version: one of this program's own contracts (``builtin``) or one of a compiler's build file."""

    name: Name
    version: Annotated[str, Field(min_length=1, max_length=20)]
    kind: Literal["plain", "uups"] = "plain"
    fork: Literal["london", "shanghai", "cancun"] = "london"
    contract: Annotated[str, Field(min_length=1, max_length=300, description="Name 或 unit:Name")]
    builtin: bool = False
    build: Annotated[dict[str, Any] | None, Field(description="{input, output, solcLongVersion}")] = None
    arguments: Annotated[list[Any], Field(max_length=64)] = []
    initialiser: Initialiser | None = None
    libraries: dict[str, str] = {}
    tests: dict[str, Any]


class ContractVersionOut(BaseModel):
    """A version without its code."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
    version: str
    origin: str
    kind: str
    contract: str
    compiler: str
    fork: str
    code_hash: str
    state: str
    state_title: Title
    digest: str | None
    cases: int
    passed: int
    created_by: str
    created_at: datetime
    rehearsed_at: datetime | None
    job_state: str | None
    job_error: dict[str, Any] | None


class VersionDetail(ContractVersionOut):
    """A version with everything that its digest binds."""

    arguments: list[Any]
    initialiser: dict[str, Any] | None
    libraries: dict[str, str]
    tests: dict[str, Any]
    previous_id: uuid.UUID | None
    report: dict[str, Any] | None
    abi: list[dict[str, Any]]
    layout: dict[str, Any]
    sources: dict[str, str] = Field(description="源码文件与 SHA-256")
    settings: dict[str, Any]
    evm_version: str
    input_digest: str


class VersionPage(BaseModel):
    """A page of versions."""

    items: list[ContractVersionOut]
    total: int
    page: int
    size: int


class SourceOut(BaseModel):
    """One source file of a version; ``content`` is empty where the input names it by its digest alone."""

    unit: str
    content: str


class DeployIn(Wire):
    """Where to."""

    environment: Environment


class RollbackIn(Wire):
    """Which former version, where."""

    environment: Environment
    version_id: uuid.UUID


class FreezeIn(Wire):
    """Which contract is stopped and why."""

    environment: Environment
    reason: Annotated[str, Field(min_length=2, max_length=500)]


class DeploymentOut(BaseModel):
    """A deployment: what was agreed to, and how far it is."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    version_id: uuid.UUID
    name: str
    version: str
    environment: str
    chain_id: int
    action: str
    action_title: Title
    params: dict[str, Any]
    digest: str
    approval_id: uuid.UUID | None
    state: str
    state_title: Title
    error: dict[str, Any] | None
    created_by: str
    created_at: datetime
    finished_at: datetime | None
    job_state: str | None
    job_error: dict[str, Any] | None


class DeploymentPage(BaseModel):
    """A page of deployments."""

    items: list[DeploymentOut]
    total: int
    page: int
    size: int


class Parameter(BaseModel):
    """A parameter of the form."""

    name: str
    type: str
    components: list["Parameter"] = []


class MethodOut(BaseModel):
    """A method of the form: ``reads`` are answered at once, ``allowed`` whether this person may call it."""

    signature: str
    name: str
    inputs: list[Parameter]
    outputs: list[Parameter]
    reads: bool
    payable: bool
    allowed: bool


class RightOut(BaseModel):
    """Which role may write what."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    environment: str
    name: str
    method: str
    role: str
    created_by: str
    created_at: datetime


class LiveOut(BaseModel):
    """A live contract with its call form."""

    release: Release
    account: str | None
    methods: list[MethodOut]
    rights: list[RightOut]
    may_freeze: bool


class ContractLine(BaseModel):
    """One contract of the list: what is live of it, its newest version, what is under way."""

    name: str
    live: list[Release]
    newest: ContractVersionOut | None
    open: list[DeploymentOut]


class ContractLines(BaseModel):
    """Every contract."""

    items: list[ContractLine]


class CallIn(Wire):
    """A call; arguments as docs/operators/contracts.md says."""

    environment: Environment
    method: Annotated[str, Field(min_length=1, max_length=300)]
    arguments: Annotated[list[Any], Field(max_length=64)] = []


class Result(BaseModel):
    """What a read gave back."""

    outputs: list[Parameter]
    values: list[Any]


class ContractCallOut(BaseModel):
    """A write."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
    environment: str
    method: str
    arguments: list[Any]
    target: str
    account: str | None
    tx_hash: str | None
    voided: list[str]
    state: str
    state_title: Title
    problem: str
    events: list[Any] | None
    block_number: int | None
    gas_used: int | None
    created_by: str
    created_at: datetime
    closed_at: datetime | None


class ContractCallPage(BaseModel):
    """A page of writes."""

    items: list[ContractCallOut]
    total: int
    page: int
    size: int


class RightIn(Wire):
    """Give a role one method, or all (``*``)."""

    environment: Environment
    method: Annotated[str, Field(min_length=1, max_length=300)]
    role: Annotated[str, Field(min_length=1, max_length=60)]


class EventOut(BaseModel):
    """One line of the history."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    action: str
    action_title: Title
    environment: str | None
    version: str | None
    actor: str
    detail: dict[str, Any]


class EventPage(BaseModel):
    """A page of the history."""

    items: list[EventOut]
    total: int
    page: int
    size: int


def release_page(rows: list[ContractRelease], total: int, page: int, size: int) -> ReleasePage:
    """Build the page."""
    return ReleasePage(items=[Release.model_validate(row) for row in rows], total=total, page=page, size=size)
