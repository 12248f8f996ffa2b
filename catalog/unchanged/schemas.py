"""What answers that nothing changed take and send."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kernel.http.wire import Wire
from kernel.text import Plain


class ConfirmIn(Wire):
    """Entries of one's department whose data was checked and is unchanged in this period; all or none."""

    entry_ids: Annotated[list[uuid.UUID], Field(min_length=1, max_length=1000)]
    note: Annotated[Plain, Field(max_length=1000, description="核对情况，可不填")] = ""


class RevokeIn(Wire):
    """Why an answer is taken back."""

    reason: Annotated[Plain, Field(min_length=1, max_length=1000)]


class ConfirmationOut(Wire):
    """One answer; with ``revoked_at`` it counts no more."""

    id: uuid.UUID
    entry_id: uuid.UUID
    period: Annotated[str, Field(examples=["2026-Q4"])]
    period_zh: Annotated[str, Field(examples=["2026年第4季度"])]
    version: int
    note: Annotated[str | None, Field(description="核对情况；其他部门看不到")]
    confirmed_name: str
    at: datetime
    revoked_at: datetime | None


class Confirmed(Wire):
    """The answers that were given."""

    count: int
    items: list[ConfirmationOut]


class EntryUnchanged(Wire):
    """The answers for one entry, and whether it may be answered for now."""

    entry_id: uuid.UUID
    update_cycle: str | None
    period: Annotated[str | None, Field(description="当前周期；不需确认的为空")]
    period_zh: str | None
    can_confirm: Annotated[bool, Field(description="现在可以确认，且有权确认")]
    reason_zh: Annotated[str | None, Field(description="不能确认的原因")]
    reason_en: str | None
    items: list[ConfirmationOut]


class DueOut(Wire):
    """An entry that has neither update nor answer in its present period."""

    entry_id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    department: str
    update_cycle: str
    period: str
    period_zh: str
    last_day: Annotated[str, Field(description="本周期最后一天")]
    data_updated_at: datetime | None


class DuePage(Wire):
    """Entries that wait for an update or an answer."""

    items: list[DueOut]
    total: int
    page: int
    size: int
