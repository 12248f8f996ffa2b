"""Interfaces on the wire. A definition is what a revision freezes and the snapshot carries."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from kernel.identity.schemas import Wire

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,58}$", examples=["xc-persons"], description="接口代码，小写字母、数字、连字符")]
Path = Annotated[
    str, Field(pattern=r"^(/[A-Za-z0-9][A-Za-z0-9._-]{0,60}){1,6}$", max_length=200, examples=["/xc/persons"],
    description="对外地址"),
]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$", examples=["id_number"])]
FieldType = Literal["integer", "text", "boolean", "date", "instant", "uuid", "number"]


class ContractField(Wire):
    """One field of the answer. ``item_id``: the catalog's data item it carries; without one it is technical."""

    name: FieldName
    title: Annotated[str, Field(max_length=100, examples=["公民身份号码"])] = ""
    type: FieldType = "text"
    item_id: uuid.UUID | None = None
    sensitive: bool = False
    encrypted: bool = False
    mask: Annotated[str, Field(max_length=30, examples=["id_number"], description="脱敏方式")] = "all"


class Contract(Wire):
    """``mode`` fields: JSON reduced to granted fields. stream: bytes pass unchanged (no sensitive field allowed)."""

    mode: Literal["fields", "stream"] = "fields"
    fields: Annotated[list[ContractField], Field(max_length=200)] = []
    items: Annotated[list[str], Field(max_length=4, examples=[["data", "rows"]], description="记录所在的键路径")] = []
    passthrough: Annotated[list[str], Field(max_length=20, examples=[["total"]])] = []
    row_key: str = ""


class HttpSource(Wire):
    """An upstream over HTTP; paths below the interface's own are passed on."""

    kind: Literal["http"] = "http"
    url: Annotated[str, Field(max_length=500, examples=["http://10.1.2.3:8080/weather"])]


class TableColumn(Wire):
    """A named column of a declared table."""

    column: str
    type: Literal["integer", "text", "boolean", "date", "instant", "uuid", "envelope"]


class TableParameter(Wire):
    """A typed filter that a caller may give."""

    name: FieldName
    column: str
    type: Literal["integer", "text", "boolean", "date", "instant", "uuid"]
    op: Literal["eq", "ge", "lt"] = "eq"
    required: bool = False


class TableDepartment(Wire):
    """The column that scopes the table, and the department whose rows are served."""

    column: str
    id: uuid.UUID


class TableSource(Wire):
    """A declared table of the platform's database. ``columns`` maps field names to columns."""

    kind: Literal["table"] = "table"
    table: Annotated[str, Field(examples=["protected_person"])]
    key: Annotated[str, Field(examples=["id"], description="整数键列，分页依据")]
    department: TableDepartment | None = None
    columns: Annotated[dict[FieldName, TableColumn], Field(min_length=1, max_length=200)]
    parameters: Annotated[list[TableParameter], Field(max_length=20)] = []
    page_max: Annotated[int, Field(ge=1, le=500, description="每页至多行数")] = 100


class Definition(Wire):
    """Everything that a revision says."""

    methods: Annotated[list[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]], Field(min_length=1)] = ["GET"]
    auth: Literal["mulian-sm3-v1", "appkey"] = "mulian-sm3-v1"
    source: Annotated[HttpSource | TableSource, Field(discriminator="kind")]
    contract: Contract
    timeout_ms: Annotated[int, Field(ge=100, le=120_000)] = 10_000
    cache_seconds: Annotated[int, Field(ge=0, le=86_400, description="应答可缓存的秒数，0 为不缓存")] = 0
    websocket: Annotated[bool, Field(description="允许升级为 WebSocket（仅不变换的接口）")] = False
    body_limit: Annotated[int, Field(ge=0, le=8 * 1024 * 1024, description="请求体上限，字节")] = 65_536


class InterfaceIn(Wire):
    """A new interface with its first draft."""

    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200, examples=["人口基础信息查询"])]
    path: Path
    entry_id: uuid.UUID
    definition: Definition


class RevisionIn(Wire):
    """A changed definition."""

    definition: Definition


class Opinion(Wire):
    """Why."""

    opinion: Annotated[str, Field(min_length=1, max_length=1000, examples=["同意发布"])]


class InterfaceOut(Wire):
    """An interface in a list."""

    id: uuid.UUID
    code: str
    name: str
    path: str
    department_id: uuid.UUID
    entry_id: uuid.UUID
    state: str
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime


class RevisionOut(Wire):
    """A revision."""

    number: int
    state: str
    definition: Definition
    sm3: str
    submitted_at: datetime | None
    decided_at: datetime | None
    opinion: str | None


class InterfaceDetail(InterfaceOut):
    """An interface with its revisions, newest first."""

    revisions: list[RevisionOut]


class InterfacePage(Wire):
    """A page of interfaces."""

    items: list[InterfaceOut]
    total: int
    page: int
    size: int
