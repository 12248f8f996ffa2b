"""Links that wait for a reviewer, for the workbench: one task for what was submitted at once."""

import uuid
from collections import defaultdict

from sqlalchemy.orm import Session

from catalog.links import queries
from catalog.links.decisions import pairs_of
from catalog.links.kinds import LINKS
from catalog.links.models import LinkChange
from catalog.permissions import REVIEW
from kernel.approvals.tasks import TaskRow, task_source
from kernel.identity.actor import Actor

_READ = 2000
_ACTIONS = {"add": ("新增", "Add"), "remove": ("解除", "Remove")}


def waiting(session: Session, actor: Actor) -> list[TaskRow]:
    """What the actor may decide, from the oldest 2,000 changes; one's own are for somebody else."""
    if not actor.may(REVIEW):
        return []
    groups: dict[tuple[str, str, uuid.UUID], list[LinkChange]] = defaultdict(list)
    for change in session.scalars(queries.queue(actor).limit(_READ)):
        if change.submitted_by is None or change.submitted_by != actor.user_id:
            groups[change.link_kind, change.action, change.audit_id].append(change)
    return [_row(session, kind, action, some) for (kind, action, _), some in groups.items()]


def _row(session: Session, kind: str, action: str, some: list[LinkChange]) -> TaskRow:
    link, (zh, en), first = LINKS[kind], _ACTIONS[action], some[0]
    pair = pairs_of(session, link, some[:1])[0]
    names = " — ".join(end.name if end else "（已删除）" for end in (pair.first, pair.second))
    more_zh, more_en = (f" 等 {len(some)} 条", f" and {len(some) - 1} more") if len(some) > 1 else ("", "")
    return TaskRow(
        source="catalog.links", id=first.id, title_zh=f"{zh}关联（{link.zh}）：{names}{more_zh}",
        title_en=f"{en} {link.en} links: {names}{more_en}", created_at=first.submitted_at,
        from_name=first.submitted_name, from_id=first.submitted_by, department_id=first.department_id,
        url=f"/catalog/links?change={first.id}",
    )


task_source("catalog.links", waiting)
