"""Who acts, and what they may do."""

import uuid
from dataclasses import dataclass, field
from typing import Literal

from kernel.errors import NOT_FOUND
from kernel.identity.errors import PERMISSION_DENIED


@dataclass(frozen=True)
class Actor:
    """A user, token, application or the system itself, with the permissions of this moment."""

    user_id: uuid.UUID | None
    name: str
    department_id: uuid.UUID | None = None
    permissions: frozenset[str] = frozenset()
    scope: Literal["own", "all"] = "own"
    kind: Literal["user", "token", "app", "system"] = "user"
    roles: tuple[str, ...] = ()
    session_id: uuid.UUID | None = field(default=None, compare=False)

    def may(self, permission: str) -> bool:
        """Tell whether the permission is held, whatever the department."""
        return self.kind == "system" or permission in self.permissions

    def sees(self, department_id: uuid.UUID | None) -> bool:
        """Tell whether objects of the department are in the actor's scope."""
        return self.kind == "system" or self.scope == "all" or department_id == self.department_id


def system_actor(name: str) -> Actor:
    """Return the actor of scheduled work and set-up; ``name`` appears in the audit trail."""
    return Actor(user_id=None, name=f"system:{name}", scope="all", kind="system")


def require(actor: Actor, permission: str, *, department_id: uuid.UUID | None = None) -> None:
    """Raise 403 ``identity.permission.denied``, or 404 for an object of a foreign department.

    ``department_id`` None means that the check is not about an object of a department.
    """
    if not actor.may(permission):
        raise PERMISSION_DENIED(permission=permission)
    if department_id is not None and not actor.sees(department_id):
        raise NOT_FOUND()
