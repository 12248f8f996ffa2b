"""Demands that wait for a decision, for the workbench."""

from sqlalchemy.orm import Session

from catalog.demands import queries
from catalog.demands.service import BUREAU, REVIEW
from kernel.approvals.tasks import TaskRow, task_source
from kernel.identity.actor import Actor


def waiting(session: Session, actor: Actor) -> list[TaskRow]:
    """Return the demands whose stage is the actor's: the source department's, or the bureau's."""
    stages = {"provider": actor.may(REVIEW), "bureau": actor.may(BUREAU)}
    return [
        TaskRow(
            source="catalog.demands", id=demand.id, title_zh=f"审批数据应用申请 {demand.number}（{demand.matter}）",
            title_en=f"Decide demand {demand.number} ({demand.matter})", created_at=demand.submitted_at,
            from_name=demand.submitted_name, from_id=demand.submitted_by, department_id=demand.department_id,
            url=f"/gateway/demands?demand={demand.id}",
        )
        for demand in queries.undecided(session, 200)
        if stages.get(demand.stage) and demand.submitted_by != actor.user_id
        and (demand.stage == "bureau" or actor.sees(demand.provider_id))
    ]


task_source("catalog.demands", waiting)
