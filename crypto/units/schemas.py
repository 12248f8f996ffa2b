"""Connected departments on the wire: counts only."""

import uuid
from typing import Annotated

from pydantic import Field

from crypto.identifiers.schemas import FieldOut
from crypto.keys.schemas import ScopeOut, Wire
from crypto.lookups.rules import Door
from crypto.lookups.schemas import GrantOut


class Figures(Wire):
    """What is counted, of one department or of all within reach."""

    tables: Annotated[int, Field(description="有加密字段的表（按单位计）")]
    fields: Annotated[int, Field(description="加密字段")]
    unkeyed: Annotated[int, Field(description="没有在用密钥的加密字段")]
    overdue: Annotated[int, Field(description="密钥超过更换周期的加密字段")]
    person_records: Annotated[int, Field(description="受保护的人员记录，一条一人")]
    identifiers: Annotated[int, Field(description="已签发标识的值")]
    rekeyed: Annotated[int, Field(description="历次密钥更换换过密钥的行")]
    rekeyed_month: Annotated[int, Field(description="本月完成的密钥更换换过密钥的行")]
    replaced: Annotated[int, Field(description="本单位业务库中由本系统替换为标识、未撤销的行")]
    grants: Annotated[int, Field(description="有效的查询授权")]
    looks: Annotated[int, Field(description="本月查询次数，含未予查询的")]
    asked: Annotated[int, Field(description="本月查询条数，不含未予查询的")]
    refused: Annotated[int, Field(description="本月未予查询的次数")]


class UnitOut(Figures):
    """A connected department."""

    department_id: uuid.UUID
    department: str
    code: str
    next_due_at: Annotated[str | None, Field(description="最早应更换密钥的时间")]


class TotalsOut(Figures):
    """All departments within reach. ``departments``: those with a key in use."""

    departments: int


class UseOut(Wire):
    """Look-ups of the month by door, 业务事项 and purpose code, with their results."""

    door: Door
    door_zh: str
    business: str
    purpose: Annotated[str, Field(description="系统查询的用途代码；人工查询的事由只在查询日志中")]
    looks: int
    asked: int
    found: int
    unknown: int
    refused: Annotated[dict[str, int], Field(description="未予查询的原因（错误代码）→ 次数")]


class UnitPage(Wire):
    """A page of departments; ``totals`` and ``use`` are of all within reach, whatever the search."""

    items: list[UnitOut]
    total: int
    page: int
    size: int
    month: Annotated[str, Field(examples=["2026-11"])]
    totals: TotalsOut
    use: list[UseOut]


class UnitDetail(UnitOut):
    """A connected department with its fields and keys, identified fields, grants in force and look-ups of the month."""

    month: str
    scopes: list[ScopeOut]
    identifier_fields: list[FieldOut]
    granted: list[GrantOut]
    use: list[UseOut]
