"""Interfaces on the wire. A definition is what a revision freezes and the snapshot carries."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, IPvAnyNetwork

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


class SoapParameter(Wire):
    """A query parameter that stands in the request's template as ``{name}``."""

    name: FieldName
    required: bool = False


class SoapRequest(Wire):
    """What is posted for each call. ``body``: XML with ``{name}`` where a parameter goes, escaped."""

    action: Annotated[str, Field(max_length=300, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]*$", description="SOAPAction")] = ""
    body: Annotated[str, Field(min_length=1, max_length=20_000)]
    parameters: Annotated[list[SoapParameter], Field(max_length=20)] = []


class XmlShape(Wire):
    """How an XML answer becomes records. Names are local names, without prefix; ``@name`` is an attribute."""

    items: Annotated[list[str], Field(min_length=1, max_length=12, examples=[["Envelope", "Body", "row"]],
        description="由根元素到记录元素的路径")]
    fields: Annotated[
        dict[FieldName, str], Field(min_length=1, max_length=200, description="字段 → 记录内的路径，如 person/name")
    ]
    request: SoapRequest | None = None


class HttpSource(Wire):
    """An upstream over HTTP; paths below the interface's own are passed on. ``xml``: it speaks XML or SOAP."""

    kind: Literal["http"] = "http"
    url: Annotated[str, Field(max_length=500, examples=["http://10.1.2.3:8080/weather"])]
    xml: XmlShape | None = None


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


class Accepted(Wire):
    """A signature profile of an older platform that this interface takes, from these addresses only: it is weak."""

    profile: Annotated[Literal["gjgxjhpt", "gjzwfwpt", "x-client-id"], Field(description="签名方式")]
    addresses: Annotated[
        list[IPvAnyNetwork], Field(min_length=1, max_length=50, examples=[["10.11.0.0/16"]], description="允许的来源地址"),
    ]


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
    accepts: Annotated[list[Accepted], Field(max_length=3, description="兼容的旧签名方式")] = []
    waives_limits: Annotated[bool, Field(description="额度暂时无法核验时放行（缺省拒绝）；防重放不受影响")] = False
    audited: Annotated[bool, Field(description="强制审计：调用日志落盘后才返回，写不进则拒绝")] = False


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


class Decision(Opinion):
    """Why; ``urgent``: at once although somebody still calls, who is told so."""

    urgent: Annotated[bool, Field(description="紧急：不等公告期，立即生效并通知调用方")] = False


class CanaryIn(Opinion):
    """Who gets the revision: these applications, and a share of all other calls."""

    share: Annotated[int, Field(ge=0, le=999, description="其余调用的比例，千分之")] = 0
    app_ids: Annotated[list[uuid.UUID], Field(max_length=50)] = []


class CallerOut(Wire):
    """An application that still calls."""

    app_key: str
    name: str
    department_id: uuid.UUID
    calls: int


class Callers(Wire):
    """Who called in the last ``days`` days, the busiest first."""

    days: int
    items: list[CallerOut]


class InterfaceOut(Wire):
    """An interface in a list. ``shown``: draft 草稿, testing 测试中, submitted 待审核, published 已发布, ending 即将停用,
    retired 已停用.
    """

    id: uuid.UUID
    code: str
    name: str
    path: str
    department_id: uuid.UUID
    entry_id: uuid.UUID
    state: str
    shown: str
    revision: int
    test_revision: int | None
    ends_on: date | None
    version: int
    created_at: datetime
    updated_at: datetime


class RevisionOut(Wire):
    """A revision."""

    number: int
    state: str
    definition: Definition
    sm3: str
    tested_at: datetime | None
    submitted_at: datetime | None
    decided_at: datetime | None
    opinion: str | None
    published_at: datetime | None
    effective_on: date | None
    canary: dict[str, Any] | None


class InterfaceDetail(InterfaceOut):
    """An interface with its revisions, newest first."""

    revisions: list[RevisionOut]


class InterfacePage(Wire):
    """A page of interfaces."""

    items: list[InterfaceOut]
    total: int
    page: int
    size: int
