"""What replacement takes and gives. Never a password, never a clear value."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import Field

from crypto.keys.schemas import Wire
from crypto.requests.schemas import Reason

Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f%]+$")]


class TargetIn(Wire):
    """A department's own database. The password is sealed and never shown again."""

    department_id: uuid.UUID
    name: Annotated[str, Field(min_length=1, max_length=120, examples=["人口库（从库）"])]
    product: Annotated[str, Field(max_length=60, description="mysql、postgresql 或参数中登记的 SQLAlchemy 方言")]
    host: Annotated[str, Field(min_length=1, max_length=255)]
    port: Annotated[int, Field(ge=1, le=65535)]
    database: Annotated[str, Field(min_length=1, max_length=120)]
    username: Annotated[str, Field(min_length=1, max_length=120)]
    password: Annotated[str, Field(max_length=500, repr=False)]
    tls: Annotated[
        Literal["off", "require", "verify"],
        Field(description="verify 校验证书 · require 只加密 · off 明文；SQLAlchemy 方言只能用 off，由驱动配置"),
    ] = "verify"
    authority: Annotated[str, Field(max_length=20_000, description="CA 证书（PEM），tls=verify 时使用；PostgreSQL 必填")] = ""


class TargetOut(Wire):
    """A database on the list."""

    id: uuid.UUID
    department_id: uuid.UUID
    department: str
    name: str
    product: str
    product_label: str
    host: str
    port: int
    database: str
    username: str
    tls: str
    created_by: str
    created_at: str


class TargetPage(Wire):
    """A page of databases, and what kinds may be listed."""

    items: list[TargetOut]
    total: int
    page: int
    size: int
    products: dict[str, str]


class TargetColumn(Wire):
    """A column of a database."""

    table: str
    column: str
    type: str


class TargetColumns(Wire):
    """The columns of a database."""

    items: list[TargetColumn]


class ColumnIn(Wire):
    """A column and the identified field that it holds. ``key`` and ``key_type``: offline only."""

    schema_name: Annotated[str, Field(max_length=128, pattern=r"^[^\x00-\x1f%]*$", description="模式名；缺省为连接的当前模式")] = ""
    table: Name
    column: Name
    field: Annotated[str, Field(min_length=1, max_length=60, description="标识字段名，如 公民身份号码")]


class OfflineColumnIn(ColumnIn):
    """A column of a database that this program may not reach."""

    key: Annotated[Name, Field(description="主键或唯一非空列")]
    key_type: Literal["int", "text"] = "int"


class ReplacementIn(Wire):
    """A job over columns of one database."""

    target_id: uuid.UUID
    title: Annotated[str, Field(min_length=1, max_length=200)]
    columns: Annotated[list[ColumnIn], Field(min_length=1, max_length=200)]
    forms: Annotated[dict[str, Literal["native", "id18", "phone11"]], Field(description="字段→形式；缺省按列宽选择")] = {}


class OfflineIn(Wire):
    """A job that the department's DBA carries out with the offline package."""

    department_id: uuid.UUID
    title: Annotated[str, Field(min_length=1, max_length=200)]
    columns: Annotated[list[OfflineColumnIn], Field(min_length=1, max_length=200)]
    forms: dict[str, Literal["native", "id18", "phone11"]] = {}


class FormsIn(Wire):
    """Other forms for another check."""

    forms: dict[str, Literal["native", "id18", "phone11"]] | None = None


class DecisionIn(Wire):
    """What the values are that look like identifiers. Neither decision changes them."""

    lookalikes: Annotated[
        Literal["identifiers", "exceptions"], Field(description="identifiers 确认为标识 · exceptions 列入例外"),
    ]


class AskIn(Wire):
    """Why; a second person decides."""

    reason: Reason


class ReplacementOut(Wire):
    """A job. ``checked``: the assessment; ``evidence``: what the run did; ``pending``: somebody's request is open."""

    id: uuid.UUID
    department_id: uuid.UUID
    department: str
    target_id: uuid.UUID | None
    target: str
    offline: bool
    title: str
    state: str
    state_zh: str
    state_en: str
    columns: list[dict[str, str]]
    forms: dict[str, str]
    decision: str | None
    checked: dict[str, Any] | None
    evidence: dict[str, Any] | None
    job_id: uuid.UUID | None
    percent: int
    done: int
    total: int
    job_state: str | None
    job_error: dict[str, Any] | None
    pending: bool
    created_by: str
    created_at: str
    finished_at: str | None


class ReplacementPage(Wire):
    """A page of jobs."""

    items: list[ReplacementOut]
    total: int
    page: int
    size: int


class FindingOut(Wire):
    """A row that a job lists; ``shown`` is masked, ``key`` too where the key is sensitive."""

    number: int
    phase: str
    column: str
    key: str
    reason: str
    reason_zh: str
    shown: str


class FindingPage(Wire):
    """A page of findings."""

    items: list[FindingOut]
    total: int
    page: int
    size: int


class CodeOut(Wire):
    """The code of a package."""

    code: Annotated[str, Field(repr=False)]


class WrappedIn(Wire):
    """undo-request.json as the tool wrote it."""

    job: str = ""
    wrapped: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(min_length=1, max_length=1000)]
