"""Collection on the wire. Never a password; of refused rows masked values unless a reason was given."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from kernel.http.wire import Wire
from kernel.text import Plain

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,38}$", examples=["population"], description="小写字母、数字、下划线")]
Name = Annotated[Plain, Field(min_length=1, max_length=200)]
Reason = Annotated[Plain, Field(min_length=2, max_length=500, examples=["核对来源单位反馈"])]
Text = Annotated[str, Field(max_length=4000)]


class ColumnIO(Wire):
    """A column's contract; ``minimum`` and ``maximum`` as texts of its type."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,50}$", examples=["id_number"])]
    title: Annotated[str, Field(max_length=100, examples=["公民身份号码"])] = ""
    type: Literal["text", "integer", "decimal", "boolean", "date", "instant"] = "text"
    required: bool = False
    key: Annotated[bool, Field(description="主键的一部分")] = False
    encrypted: Annotated[bool, Field(description="加密字段：首次写入前加密")] = False
    mask: Annotated[str, Field(max_length=30)] = "all"
    length: Annotated[int | None, Field(ge=1, le=4000)] = None
    pattern: Annotated[str | None, Field(max_length=200, description="正则表达式，须整体匹配")] = None
    format: Literal["id_number", "mobile", "credit_code"] | None = None
    codes: Annotated[list[str], Field(max_length=2000)] = []
    minimum: Annotated[str | None, Field(max_length=40)] = None
    maximum: Annotated[str | None, Field(max_length=40)] = None
    item_id: uuid.UUID | None = None


class TableIn(Wire):
    """A new declared table."""

    code: Code
    name: Name
    department_id: uuid.UUID
    entry_id: uuid.UUID | None = None
    columns: Annotated[list[ColumnIO], Field(min_length=1, max_length=200)]


class ColumnsIn(Wire):
    """What columns take from now on; names, types, key and encryption stay."""

    columns: Annotated[list[ColumnIO], Field(min_length=1, max_length=200)]


class LineageOut(Wire):
    """Where a column comes from and which data item it carries."""

    column: str
    source_field: str | None
    item_id: uuid.UUID | None
    item_code: str | None
    item_name: str | None


class TableOut(Wire):
    """A declared table."""

    id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    entry_id: uuid.UUID | None
    entry_code: str | None
    entry_name: str | None
    columns: list[ColumnIO]
    loaded: bool
    task_id: uuid.UUID | None
    lineage: list[LineageOut]


class TablePage(Wire):
    """A page of declared tables."""

    items: list[TableOut]
    total: int
    page: int
    size: int


class LoginIO(Wire):
    """How an upstream is logged in to. In ``body``, {username} and {password} stand for the sealed values."""

    kind: Literal["none", "basic", "header", "token", "signature"] = "none"
    profile: Annotated[Literal["", "gjgxjhpt", "gjzwfwpt", "x-client-id"], Field(description="签名方式")] = ""
    requester: Annotated[str, Field(max_length=100, description="本方的请求者标识（rid 或 Client-Id）")] = ""
    partner: Annotated[str, Field(max_length=100, description="服务编码（sid）")] = ""
    renewal: Annotated[str, Field(max_length=100, description="更新密钥接口的服务编码；缺省同 partner")] = ""
    path: Annotated[str, Field(max_length=300, description="登录地址（相对）")] = ""
    form: Literal["json", "form"] = "json"
    answer: Literal["json", "xml"] = "json"
    body: Annotated[dict[str, Text], Field(max_length=20)] = {}
    token_path: Annotated[str, Field(max_length=200, examples=["data.token"])] = ""
    expires_path: Annotated[str, Field(max_length=200)] = ""
    ttl: Annotated[int | None, Field(ge=1, le=86_400, description="令牌有效期，秒")] = None
    header: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9-]*$")] = ""
    prefix: Annotated[str, Field(max_length=30)] = "Bearer "


class SecretIn(Wire):
    """Sealed, never shown again."""

    username: Annotated[str, Field(max_length=200)] = ""
    password: Annotated[str, Field(max_length=500, repr=False)] = ""
    token: Annotated[str, Field(max_length=4000, repr=False)] = ""


class UpstreamChange(Wire):
    """A changed upstream; without ``secret`` the sealed one stays."""

    name: Name
    base_url: Annotated[str, Field(max_length=500, examples=["https://10.1.2.3:8443/api"])]
    login: LoginIO = LoginIO()
    secret: SecretIn | None = None


class UpstreamIn(UpstreamChange):
    """A new upstream."""

    code: Code
    department_id: uuid.UUID


class UpstreamOut(Wire):
    """An upstream."""

    id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    base_url: str
    login: LoginIO
    version: int


class UpstreamPage(Wire):
    """A page of upstreams."""

    items: list[UpstreamOut]
    total: int
    page: int
    size: int


class DatabaseOut(Wire):
    """A department's database that a task may read."""

    id: uuid.UUID
    name: str
    product: str
    department_id: uuid.UUID


class DatabaseList(Wire):
    """Databases."""

    items: list[DatabaseOut]


class TaskPlanIn(Wire):
    """What a task does. ``source`` by kind: see the guide 数据汇聚."""

    name: Name
    kind: Literal["http", "database", "file"]
    source: dict[str, Any] = {}
    mapping: Annotated[dict[str, Annotated[str, Field(max_length=200)]], Field(description="字段 → 来源字段")] = {}
    mode: Literal["full", "cursor"] = "full"
    bad_limit: Annotated[int, Field(ge=0, le=100, description="问题数据上限，%")] = 100
    schedule: dict[str, Any] | None = None
    promise_hours: Annotated[int | None, Field(ge=1, le=24 * 400, description="承诺更新周期，小时")] = None


class TaskIn(TaskPlanIn):
    """A new task of a declared table."""

    code: Code
    table_id: uuid.UUID


class CollectionRunOut(Wire):
    """A run. ``percent`` None: the source does not say how many rows there are."""

    id: uuid.UUID
    number: int
    cause: str
    mode: str
    state: str
    rows: int
    good: int
    bad: int
    total: int | None
    percent: int | None
    error: dict[str, Any] | None
    job_id: uuid.UUID | None
    started_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class RunPage(Wire):
    """A page of runs."""

    items: list[CollectionRunOut]
    total: int
    page: int
    size: int


class TaskOut(Wire):
    """A task. ``freshness``: none, never, fresh or late."""

    id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    table_id: uuid.UUID
    table_code: str
    table_name: str
    kind: str
    source: dict[str, Any]
    mapping: dict[str, str]
    mode: str
    bad_limit: int
    schedule: dict[str, Any] | None
    promise_hours: int | None
    state: str
    next_at: datetime | None
    cursor: str | None
    last_success_at: datetime | None
    freshness: str
    version: int
    callback: bool
    undoable: bool
    open_problems: int
    last_run: CollectionRunOut | None


class TaskPage(Wire):
    """A page of tasks."""

    items: list[TaskOut]
    total: int
    page: int
    size: int


class PreviewRow(Wire):
    """A row as it would be stored, or why it would be refused."""

    values: dict[str, str]
    reasons: list[str]


class PreviewOut(Wire):
    """The first rows of a source."""

    fields: list[str]
    total: int | None
    rows: list[PreviewRow]


class ProblemOut(Wire):
    """A refused row; ``reasons`` are "column:rule"."""

    id: uuid.UUID
    run_id: uuid.UUID
    number: int
    reasons: list[str]
    state: str
    values: dict[str, str]
    changed_by: str | None
    changed_at: datetime


class ReasonCount(Wire):
    """How many rows were refused for one first reason."""

    state: str
    reason: str
    count: int


class ProblemPage(Wire):
    """A page of refused rows with the counts of all."""

    items: list[ProblemOut]
    total: int
    page: int
    size: int
    counts: list[ReasonCount]
    titles: dict[str, str]


class ProblemList(Wire):
    """Refused rows in clear."""

    items: list[ProblemOut]


class SelectedIn(Wire):
    """Some refused rows and why."""

    ids: Annotated[list[uuid.UUID], Field(min_length=1, max_length=200)]
    reason: Reason


class ReasonIn(Wire):
    """Why."""

    reason: Reason


class CorrectionIn(Wire):
    """New values of some columns of a refused row."""

    id: uuid.UUID
    values: Annotated[dict[str, Text], Field(min_length=1, max_length=200)]


class CorrectionsIn(Wire):
    """Corrections."""

    items: Annotated[list[CorrectionIn], Field(min_length=1, max_length=200)]


class CorrectedOut(Wire):
    """Why a row is still refused; empty: it is stored."""

    id: uuid.UUID
    reasons: list[str]


class CorrectedList(Wire):
    """What became of corrections."""

    items: list[CorrectedOut]


class CountOut(Wire):
    """How many rows."""

    stored: int = 0
    refused: int = 0
    dropped: int = 0


class SecretOut(Wire):
    """A secret, shown this once."""

    secret: Annotated[str, Field(repr=False)]


class HookOut(Wire):
    """queued, running or paused."""

    state: str
