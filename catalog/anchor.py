"""The one place where the catalog hands records to anchoring."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

STREAM = "catalog"


def append(session: Session, records: Sequence[tuple[str, uuid.UUID, int, dict[str, Any]]]) -> None:
    """Append (object type, id, version, record) as leaves of the catalog stream, in this transaction."""
    raise NotImplementedError
