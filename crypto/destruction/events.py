"""Events of destruction."""

import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KekDestroyed:
    """A KEK's object is gone. ``certificate`` is canonical (no floats) and holds no secret."""

    kek_id: uuid.UUID
    department_id: uuid.UUID
    certificate: dict[str, Any]
