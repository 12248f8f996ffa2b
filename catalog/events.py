"""What the catalog tells the floors above, in the transaction of its cause."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedVersion:
    """One version that became valid. ``action`` is publish, change, transfer or withdraw."""

    node_kind: str
    node_id: uuid.UUID
    code: str
    department_id: uuid.UUID
    version: int
    entry_hash: str
    action: str


@dataclass(frozen=True)
class EntryPublished:
    """One decision published these versions of nodes of any level (thousands, when a batch was approved)."""

    versions: tuple[PublishedVersion, ...]
    audit_id: uuid.UUID


@dataclass(frozen=True)
class ReviewRequested:
    """Nodes were submitted and wait for a reviewer of their department or the bureau."""

    department_id: uuid.UUID
    case_ids: tuple[uuid.UUID, ...]
    subject: str


@dataclass(frozen=True)
class ReviewReturned:
    """A reviewer returned a node to its submitter."""

    case_id: uuid.UUID
    department_id: uuid.UUID
    submitted_by: uuid.UUID | None
    code: str
    reason: str


@dataclass(frozen=True)
class EntryOnlineChanged:
    """A published entry was taken offline or online again; its version stays."""

    entry_id: uuid.UUID
    code: str
    department_id: uuid.UUID
    online: bool
    reason: str
    audit_id: uuid.UUID


@dataclass(frozen=True)
class ReleaseChanged:
    """An entry of important or core data may now leave for a purpose, or may no longer."""

    entry_id: uuid.UUID
    purpose: str
    audit_id: uuid.UUID
