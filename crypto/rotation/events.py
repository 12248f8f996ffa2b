"""Events of rotation."""

import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RotationFinished:
    """A key was exchanged, or its exchange aborted, and the other one retired.

    ``certificate`` is canonical (no floats) and holds no secret.
    """

    rotation_id: uuid.UUID
    department_id: uuid.UUID
    scope: str
    old_key_id: int
    new_key_id: int | None
    rows: int | None
    certificate: dict[str, Any]
    aborted: bool = False
