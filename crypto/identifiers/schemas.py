"""What identifiers take and give over HTTP. A value comes in, identifiers go out; never the other way round."""

import uuid
from typing import Annotated

from pydantic import Field

from crypto.identifiers.rules import Form, Kind
from crypto.keys.schemas import Wire
from kernel.text import Plain


class FieldIn(Wire):
    """A field to be declared; ``department_id`` by default the officer's own."""

    department_id: uuid.UUID | None = None
    name: Annotated[Plain, Field(min_length=1, max_length=60, examples=["公民身份号码"])]
    kind: Annotated[Kind, Field(description="id_number 公民身份号码 · phone 手机号码 · text 其他")]
    mask: Annotated[str | None, Field(description="脱敏查询时的显示方式，缺省按种类")] = None


class FieldOut(Wire):
    """An identified field. ``issued`` counts different values, ``forms`` are those it offers."""

    number: int
    department_id: uuid.UUID
    department: str
    name: str
    kind: Kind
    mask: str
    forms: list[Form]
    issued: int
    created_at: str


class FieldPage(Wire):
    """A page of fields."""

    items: list[FieldOut]
    total: int
    page: int
    size: int


class EpochIn(Wire):
    """New keys for the identifiers of a department, and why."""

    department_id: uuid.UUID | None = None
    reason: Annotated[Plain, Field(min_length=2, max_length=500)]


class IssueIn(Wire):
    """Values of a field; more go as a file."""

    department_id: uuid.UUID | None = None
    field: Annotated[Plain, Field(min_length=1, max_length=60, examples=["公民身份号码"])]
    form: Form = Form.NATIVE
    values: Annotated[list[str], Field(min_length=1, max_length=5000, repr=False)]


class IssuedOut(Wire):
    """One identifier, or why there is none: empty, too_long, control, identifier (is one already), unfit."""

    identifier: str | None
    created: bool
    reason: str | None
    reason_zh: str | None


class IssueOut(Wire):
    """Answers in the order of the values."""

    items: list[IssuedOut]


class BatchOut(Wire):
    """A file of values. ``mine``: the file of identifiers is handed to who sent the values only."""

    id: uuid.UUID
    department: str
    field: str
    form: Form
    key: str
    filename: str
    state: str
    state_zh: str
    total: int
    done: int
    percent: int
    created: int
    refused: int
    owner: str
    mine: bool
    created_at: str
    expires_at: str
    expired: bool
    job_id: uuid.UUID | None


class BatchPage(Wire):
    """A page of batches."""

    items: list[BatchOut]
    total: int
    page: int
    size: int
