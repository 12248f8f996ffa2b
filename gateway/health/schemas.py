"""Health checks, drift and usage by consumer on the wire."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from gateway.health.rules import CheckKind
from kernel.http.wire import Title, Wire


class CheckIn(Wire):
    """http: url, status_from?, status_to?, schema? (JSON Schema), certificate_days?; freshness: cycle (seconds) with
    column (table) or url and path; golden: key and expect {column: value} (table) or url and expect {path: value};
    chain: nothing. ``contract``: the schema is what the interface's own contract promises."""

    spec: dict[str, Any] = {}
    contract: bool = False
    enabled: bool = True


class CheckOut(Wire):
    """A declared check."""

    kind: CheckKind
    title: Title
    spec: dict[str, Any]
    enabled: bool
    version: int
    updated_at: datetime


class CheckList(Wire):
    items: list[CheckOut]


class DifferenceOut(Wire):
    """``serious``: more than an item that is not served."""

    kind: str
    field: str
    text: Title
    serious: bool


class DriftOut(Wire):
    """Differences of one interface with its data entry."""

    interface_id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    entry_id: uuid.UUID
    differences: list[DifferenceOut]


class DriftList(Wire):
    items: list[DriftOut]


class ConsumerOut(Wire):
    """Calls of one application to one interface."""

    app_key: str
    app: str | None
    department_id: uuid.UUID | None
    interface: str
    calls: Annotated[int, Field(ge=0)]
    failed: int
    bytes_out: int
    last_at: datetime


class ConsumerList(Wire):
    start: datetime
    end: datetime
    items: list[ConsumerOut]
