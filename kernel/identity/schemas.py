"""What identity sends and takes on the wire."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kernel.text import Plain

Name = Annotated[Plain, Field(min_length=1, max_length=200)]


class Wire(BaseModel):
    """Base of wire models: unknown fields are refused, rows can be read from attributes."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class SignIn(Wire):
    username: Annotated[Plain, Field(min_length=1, max_length=80, examples=["zhangsan"])]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class PasswordChange(Wire):
    old_password: Annotated[str, Field(min_length=1, max_length=200)]
    new_password: Annotated[str, Field(min_length=1, max_length=200)]


class DepartmentBrief(Wire):
    id: uuid.UUID
    name: str
    kind: str


class RoleBrief(Wire):
    key: str
    name_zh: str
    name_en: str


class Me(Wire):
    """The signed-in person: what the console shows and which menus it offers."""

    id: uuid.UUID
    name: str
    display_name: str
    department: DepartmentBrief | None
    roles: list[RoleBrief]
    permissions: list[str]
    scope: str
    must_change_password: bool


class SessionOut(Wire):
    user: Me
    csrf: str


class DepartmentIn(Wire):
    name: Name
    kind: Annotated[str, Field(pattern="^(bureau|street|other)$", description="bureau 委办局 · street 街道 · other 其他")]
    uscc: Annotated[Plain | None, Field(max_length=18, description="统一社会信用代码")] = None
    short_name: Annotated[Plain | None, Field(max_length=60)] = None
    aliases: list[Annotated[Plain, Field(max_length=200)]] = []
    region: Annotated[Plain | None, Field(max_length=12, description="GB/T 2260")] = None
    sort: int = 0


class DepartmentOut(Wire):
    id: uuid.UUID
    code: str
    uscc: str | None
    name: str
    short_name: str | None
    kind: str
    region: str | None
    aliases: list[str]
    valid_from: datetime
    valid_to: datetime | None
    version: int


class DepartmentPage(Wire):
    items: list[DepartmentOut]
    total: int
    page: int
    size: int


class RoleOut(Wire):
    id: uuid.UUID
    key: str
    name_zh: str
    name_en: str
    scope: str
    permissions: list[str]
    standard: bool
    version: int
    authentic: bool


class RoleEdit(Wire):
    permissions: list[Annotated[Plain, Field(max_length=120)]]


class PermissionOut(Wire):
    key: str
    zh: str
    en: str


class RoleList(Wire):
    items: list[RoleOut]
    permissions: list[PermissionOut]


class UserIn(Wire):
    username: Annotated[str, Field(min_length=2, max_length=80, pattern=r"^[A-Za-z0-9_.\-]+$")]
    display_name: Name
    department_id: uuid.UUID | None = None
    roles: list[Plain]


class UserRoles(Wire):
    roles: list[Plain]


class UserOut(Wire):
    id: uuid.UUID
    username: str
    display_name: str
    department_id: uuid.UUID | None
    roles: list[RoleBrief]
    active: bool
    locked_until: datetime | None
    last_seen_at: datetime | None
    must_change_password: bool
    version: int


class UserPage(Wire):
    items: list[UserOut]
    total: int
    page: int
    size: int


class OneTimePassword(Wire):
    """Shown once; the reader hands it to the person, who must change it."""

    user: UserOut
    one_time_password: str


class TokenIn(Wire):
    name: Annotated[Plain, Field(min_length=1, max_length=100)]
    permissions: list[str]
    days: Annotated[int, Field(ge=1, le=365)] = 90


class TokenOut(Wire):
    id: uuid.UUID
    name: str
    permissions: list[str]
    expires_at: datetime
    secret: str
