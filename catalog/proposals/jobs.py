"""Reading abstracts in the background."""

import uuid
from typing import Any, Final

from catalog.permissions import EDIT, IMPORT
from catalog.proposals import service
from kernel.identity.actor import Actor
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job

READ: Final = "catalog.proposal.read"


def reach(actor: Actor) -> dict[str, Any]:
    """Scope and rights of who asks, for the job's parameters: a job's own actor would see every department."""
    return {
        "scope": actor.scope, "own": str(actor.department_id or ""),
        "permissions": sorted(one for one in (IMPORT, EDIT) if actor.may(one)),
    }


@job(READ, zh="从摘要读出数据项建议", en="Propose data items from abstracts")
def read(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Body of the job; what was proposed before is not proposed again."""
    actor = Actor(
        user_id=ctx.actor.user_id, name=ctx.actor.name, permissions=frozenset(params["permissions"]),
        department_id=uuid.UUID(params["own"]) if params["own"] else None,
        scope="all" if params["scope"] == "all" else "own",
    )
    batch, department = (uuid.UUID(params[name]) if params[name] else None for name in ("batch_id", "department_id"))
    return dict(ctx.database.run(
        lambda session: service.from_abstracts(session, actor, batch_id=batch, department_id=department)
    ))
