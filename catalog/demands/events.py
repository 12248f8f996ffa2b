"""What demands tell the floors above."""

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ApprovedItem:
    """An item that was approved, and whether unmasked."""

    item_id: uuid.UUID
    name: str
    clear: bool


@dataclass(frozen=True)
class DemandApproved:
    """A demand is approved: the floor above makes the grant."""

    demand_id: uuid.UUID
    number: str
    entry_id: uuid.UUID
    consumer_ref: uuid.UUID
    items: tuple[ApprovedItem, ...]
    purpose: str
    calls_per_day: int
    valid_until: datetime
    audit_id: uuid.UUID
    calls_per_month: int = 0
    calls_per_second: int = 0
    bytes_per_day: int = 0
    bytes_per_month: int = 0
