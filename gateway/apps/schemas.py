"""Applications on the wire. A secret appears in exactly one answer."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from kernel.identity.schemas import Wire

Environment = Literal["production", "test"]


class AppIn(Wire):
    """A new application; without ``department_id`` it belongs to the caller's department."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["入学资格核验"])]
    department_id: uuid.UUID | None = None
    system_name: Annotated[str | None, Field(max_length=200, description="所属信息系统")] = None
    environment: Annotated[Environment, Field(description="production 正式环境，test 测试环境（登记即可调用模拟数据）")] = "production"


class Reason(Wire):
    """Why."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class PublicKeyIn(Wire):
    """An SM2 public key."""

    public_key: Annotated[str, Field(min_length=1, max_length=2000, description="SM2 公钥：PEM，或 04 开头的 130 位十六进制")]


class ImportedKeyIn(Wire):
    """What an older platform gave the application."""

    profile: Annotated[Literal["gjgxjhpt", "gjzwfwpt", "x-client-id"], Field(description="签名方式")]
    requester: Annotated[
        str, Field(pattern=r"^[\x21-\x7e]{1,100}$", examples=["11010200001"], description="请求者标识（rid 或 Client-Id）"),
    ]
    secret: Annotated[str, Field(max_length=200, description="原平台密钥")]


class CredentialOut(Wire):
    """A version of a key, without the key. ``profile``: what it signs."""

    key_version: int
    profile: str
    state: str
    created_at: datetime
    revoked_at: datetime | None


class AppOut(Wire):
    """An application."""

    id: uuid.UUID
    name: str
    app_key: str
    department_id: uuid.UUID
    system_name: str | None
    environment: str
    state: str
    version: int
    created_at: datetime


class AppDetail(AppOut):
    """An application with the versions of its keys. ``requesters``: profile → its name on that older platform."""

    credentials: list[CredentialOut]
    requesters: dict[str, str]


class IssuedOut(AppDetail):
    """The answer that shows a new secret, once."""

    key_version: int
    secret: Annotated[str, Field(description="只显示一次，请立即妥善保存")]


class AppPage(Wire):
    """A page of applications."""

    items: list[AppOut]
    total: int
    page: int
    size: int
