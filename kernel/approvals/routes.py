"""Approvals and the workbench's tasks over HTTP."""

import uuid
from typing import Literal

from kernel.approvals import queries, service
from kernel.approvals.schemas import ApprovalOut, ApprovalPage, Decision, TaskOut, TaskPage, approval_out
from kernel.approvals.tasks import TaskRow, tasks_for
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.http.wire import Title
from kernel.identity.actor import require

api = router(prefix="", tags=["approvals"])


@api.get("/approvals", **needs(None))
def list_approvals(
    session: Session_, actor: Actor_, page: Page_, view: Literal["pending", "mine", "decided", "all"] = "pending"
) -> ApprovalPage:
    """List what waits for me, what I proposed, what I decided, or (with ``kernel.approval.read``) all in scope."""
    if view == "all":
        require(actor, service.READ)
    find = {
        "pending": queries.pending_for, "mine": queries.made_by, "decided": queries.decided_by,
        "all": queries.all_in_scope,
    }[view]
    rows, total = paginate(session, find(actor), page)
    return ApprovalPage(items=[approval_out(r) for r in rows], total=total, page=page.number, size=page.size)


@api.get("/approvals/{approval_id}", **needs(None))
def get_approval(session: Session_, actor: Actor_, approval_id: uuid.UUID) -> ApprovalOut:
    """Read an approval as its maker, a possible checker or a reader of approvals."""
    return approval_out(service.get(session, actor, approval_id))


@api.post("/approvals/{approval_id}/decision", **needs(None))
def decide(session: Session_, actor: Actor_, approval_id: uuid.UUID, body: Decision) -> ApprovalOut:
    """Decide what was seen: the digest names it. The kind's checker permission is required."""
    return approval_out(service.decide_seen(
        session, actor, approval_id, digest=body.digest, approve=body.approve, opinion=body.opinion
    ))


@api.post("/approvals/{approval_id}/withdrawal", **needs(None))
def withdraw(session: Session_, actor: Actor_, approval_id: uuid.UUID) -> ApprovalOut:
    """Take back one's own pending proposal."""
    return approval_out(service.withdraw(session, actor, approval_id))


@api.get("/tasks", **needs(None))
def list_tasks(session: Session_, actor: Actor_, page: Page_) -> TaskPage:
    """List everything that waits for me, the soonest due first."""
    rows = tasks_for(session, actor)
    items = [_task(row) for row in rows[page.offset:page.offset + page.size]]
    return TaskPage(items=items, total=len(rows), page=page.number, size=page.size)


def _task(row: TaskRow) -> TaskOut:
    return TaskOut(
        source=row.source, id=row.id, title=Title(zh=row.title_zh, en=row.title_en), created_at=row.created_at,
        due_at=row.due_at, from_name=row.from_name, department_id=row.department_id, url=row.url,
    )
