"""What the gateway tells the floors above, in the transaction of its cause."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class InterfacePublished:
    """A revision of an interface is served from the next snapshot on."""

    interface_id: uuid.UUID
    code: str
    entry_id: uuid.UUID
    department_id: uuid.UUID
    revision: int
    audit_id: uuid.UUID


@dataclass(frozen=True)
class InterfaceRetired:
    """An interface answers 410 from the next snapshot on."""

    interface_id: uuid.UUID
    code: str
    audit_id: uuid.UUID


@dataclass(frozen=True)
class GrantMade:
    """An application may call an interface."""

    grant_id: uuid.UUID
    number: str
    app_id: uuid.UUID
    interface_id: uuid.UUID
    demand_id: uuid.UUID
    audit_id: uuid.UUID


@dataclass(frozen=True)
class GrantRevoked:
    """An application may no longer call an interface."""

    grant_id: uuid.UUID
    number: str
    audit_id: uuid.UUID
