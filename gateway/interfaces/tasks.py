"""Interface revisions that wait for approval, for the workbench."""

from sqlalchemy.orm import Session

from gateway.interfaces import queries
from gateway.permissions import INTERFACE_APPROVE
from kernel.approvals.tasks import TaskRow, task_source
from kernel.identity.actor import Actor


def waiting(session: Session, actor: Actor) -> list[TaskRow]:
    """Return the submitted revisions of others, oldest first."""
    if not actor.may(INTERFACE_APPROVE):
        return []
    return [
        TaskRow(
            source="gateway.interfaces", id=revision.id, title_zh=f"审核接口「{interface.name}」（{interface.code}）",
            title_en=f"Review interface {interface.name} ({interface.code})", created_at=revision.submitted_at,
            department_id=interface.department_id, url=f"/gateway/interfaces/{interface.id}",
        )
        for interface, revision in queries.submitted(session, 200)
        if revision.submitted_by != actor.user_id and revision.submitted_at is not None
    ]


task_source("gateway.interfaces", waiting)
