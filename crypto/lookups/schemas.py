"""What look-ups take and give. Values leave only in the answer itself, never in the log."""

import uuid
from typing import Annotated

from pydantic import Field

from crypto.identifiers.rules import Form
from crypto.identifiers.service import Status
from crypto.keys.schemas import Wire
from crypto.lookups.rules import MANUAL_PER_MINUTE, MAX_ITEMS, Alarm, Direction, Door
from kernel.http.wire import When
from kernel.text import Plain

Name = Annotated[Plain, Field(min_length=1, max_length=60, examples=["公民身份号码"])]


class SystemIn(Wire):
    """系统查询: a signed call of an application."""

    department_id: Annotated[uuid.UUID, Field(description="数据所属部门")]
    field: Name
    direction: Annotated[Direction, Field(description="value 标识→明文 · identifier 明文→标识")]
    form: Form = Form.NATIVE
    items: Annotated[list[str], Field(min_length=1, max_length=MAX_ITEMS, repr=False)]
    operator_id: Annotated[Plain, Field(min_length=1, max_length=80, description="业务系统中经办人的工号")]
    purpose_code: Annotated[Plain, Field(min_length=1, max_length=40, description="用途代码，须与授权一致")]
    case_number: Annotated[Plain, Field(min_length=1, max_length=80, description="办件编号")]


class ManualIn(Wire):
    """人工查询: by an officer, for a reason."""

    department_id: Annotated[uuid.UUID | None, Field(description="数据所属部门，缺省本部门")] = None
    field: Name
    direction: Direction
    form: Form = Form.NATIVE
    items: Annotated[list[str], Field(min_length=1, max_length=MANUAL_PER_MINUTE, repr=False)]
    clear: Annotated[bool, Field(description="查看明文（需相应权限），否则脱敏")] = False
    reason: Annotated[Plain, Field(min_length=2, max_length=500)]
    ticket: Annotated[Plain, Field(min_length=1, max_length=80, description="工单号")]
    approval_id: Annotated[uuid.UUID | None, Field(description="超额查询经同意后的申请号，内容须一致")] = None


class ItemOut(Wire):
    """One answer: found, unknown, malformed (no identifier, or no value of this field) or unreadable."""

    status: Status
    value: Annotated[str | None, Field(repr=False)]


class AnswerOut(Wire):
    """Answers in the order of the items. ``masked``: values are not in clear."""

    items: list[ItemOut]
    masked: bool
    persons_left: int


class GrantIn(Wire):
    """A grant to an application or to a department, such as a successor."""

    department_id: uuid.UUID | None = None
    app_id: uuid.UUID | None = None
    grantee_id: uuid.UUID | None = None
    business: Annotated[Plain, Field(min_length=2, max_length=200, description="业务事项")]
    purpose_code: Annotated[Plain, Field(min_length=1, max_length=40)]
    fields: Annotated[dict[str, bool], Field(min_length=1, max_length=50, description="字段 → 是否明文")]
    directions: Annotated[list[Direction], Field(min_length=1, max_length=2)]
    persons_day: Annotated[int, Field(ge=1, le=1_000_000, description="每日不同人数上限")]
    per_minute: Annotated[int, Field(ge=1, le=20_000, description="每分钟条数上限")]
    expires_at: When


class GrantOut(Wire):
    """A grant."""

    id: uuid.UUID
    department_id: uuid.UUID
    department: str
    app_id: uuid.UUID | None
    app: str | None
    grantee_id: uuid.UUID | None
    grantee: str | None
    business: str
    purpose_code: str
    fields: dict[str, bool]
    directions: list[Direction]
    persons_day: int
    per_minute: int
    state: str
    state_zh: str
    expires_at: str
    created_by: str
    created_at: str


class GrantPage(Wire):
    """A page of grants."""

    items: list[GrantOut]
    total: int
    page: int
    size: int


class AppChoiceOut(Wire):
    """An application that a grant may name."""

    id: uuid.UUID
    name: str
    department_id: uuid.UUID
    department: str
    system_name: str | None


class AppChoices(Wire):
    """The first applications by name. ``more``: others match too, so more words are needed."""

    items: list[AppChoiceOut]
    more: bool


class RevokeIn(Wire):
    """Why."""

    reason: Annotated[Plain, Field(min_length=2, max_length=500)]


class LookOut(Wire):
    """One look-up of the log: who, when, for which 事项, how many; no value."""

    id: uuid.UUID
    at: str
    door: Door
    door_zh: str
    direction: Direction
    department: str
    field: str
    actor: str
    operator: str
    business: str
    purpose: str
    reference: str
    clear: bool
    asked: int
    found: int
    unknown: int
    refused: str | None
    alarm: Alarm | None
    alarm_zh: str | None
    digest: str


class LookPage(Wire):
    """A page of the log."""

    items: list[LookOut]
    total: int
    page: int
    size: int


class WhoIn(Wire):
    """An ID number or other value, and why it is asked."""

    value: Annotated[str, Field(min_length=1, max_length=400, repr=False)]
    reason: Annotated[Plain, Field(min_length=2, max_length=500)]


class WhoOut(Wire):
    """Who saw this person. ``known``: some field holds them. ``more``: there are older look-ups than these."""

    known: bool
    looks: list[LookOut]
    more: bool
