"""Approvals and the workbench's tasks over HTTP."""

import uuid
from collections.abc import Sequence
from typing import Literal

from kernel.approvals import queries, service
from kernel.approvals.models import Approval
from kernel.approvals.schemas import ApprovalOut, ApprovalPage, Decision, TaskOut, TaskPage, approval_out
from kernel.approvals.tasks import TaskRow, tasks_for
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.http.wire import Title
from kernel.identity.actor import Actor, require
from kernel.identity.names import Names, names_of

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
    return ApprovalPage(items=_out(session, actor, rows), total=total, page=page.number, size=page.size)


@api.get("/approvals/{approval_id}", **needs(None))
def get_approval(session: Session_, actor: Actor_, approval_id: uuid.UUID) -> ApprovalOut:
    """Read an approval as its maker, a possible checker or a reader of approvals."""
    return _out(session, actor, [service.get(session, actor, approval_id)])[0]


@api.post("/approvals/{approval_id}/decision", **needs(None))
def decide(session: Session_, actor: Actor_, approval_id: uuid.UUID, body: Decision) -> ApprovalOut:
    """Decide what was seen: the digest names it. The kind's checker permission is required."""
    return _out(session, actor, [service.decide_seen(
        session, actor, approval_id, digest=body.digest, approve=body.approve, opinion=body.opinion
    )])[0]


@api.post("/approvals/{approval_id}/withdrawal", **needs(None))
def withdraw(session: Session_, actor: Actor_, approval_id: uuid.UUID) -> ApprovalOut:
    """Take back one's own pending proposal."""
    return _out(session, actor, [service.withdraw(session, actor, approval_id)])[0]


def _out(session: Session_, actor: Actor, rows: Sequence[Approval]) -> list[ApprovalOut]:
    names = names_of(session, (one for row in rows for one in (row.maker_id, row.checker_id)))
    return [approval_out(row, actor, names) for row in rows]


@api.get("/tasks", **needs(None))
def list_tasks(session: Session_, actor: Actor_, page: Page_) -> TaskPage:
    """List everything that waits for me, the soonest due first."""
    rows = tasks_for(session, actor)
    shown = rows[page.offset:page.offset + page.size]
    names = names_of(session, (row.from_id for row in shown))
    items = [_task(row, names) for row in shown]
    return TaskPage(items=items, total=len(rows), page=page.number, size=page.size)


def _task(row: TaskRow, names: Names) -> TaskOut:
    return TaskOut(
        source=row.source, id=row.id, title=Title(zh=row.title_zh, en=row.title_en), created_at=row.created_at,
        due_at=row.due_at, from_name=names.of(row.from_id, row.from_name), department_id=row.department_id, url=row.url,
    )
