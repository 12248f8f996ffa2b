"""What waits for a reviewer, for the workbench."""

from collections import defaultdict
from datetime import date, datetime, time

from sqlalchemy.orm import Session

from catalog.nodes import queries as nodes
from catalog.nodes.kinds import KINDS
from catalog.permissions import REVIEW
from catalog.review import queries
from catalog.review.models import ReviewCase
from kernel import clock
from kernel.approvals.tasks import TaskRow, task_source
from kernel.identity.actor import Actor

_SHOWN = 200
_SUBJECTS = {"publish": ("发布", "Publish"), "change": ("变更", "Change"), "withdraw": ("撤销", "Withdraw")}


def waiting(session: Session, actor: Actor) -> list[TaskRow]:
    """Return the open cases that the actor may decide, oldest first, at most 200; one's own are for somebody else."""
    if not actor.may(REVIEW):
        return []
    query = queries.selection(actor, queries.Filter(decidable=True))
    by_kind: dict[str, list[ReviewCase]] = defaultdict(list)
    for case in session.scalars(query.limit(_SHOWN)):
        by_kind[case.node_kind].append(case)
    return [row for kind, some in by_kind.items() for row in _rows(session, kind, some)]


def _rows(session: Session, kind: str, cases: list[ReviewCase]) -> list[TaskRow]:
    held = nodes.rows(session, KINDS[kind], [case.node_id for case in cases])
    kind_zh, kind_en = KINDS[kind].zh, KINDS[kind].en
    rows = []
    for case in cases:
        subject_zh, subject_en = _SUBJECTS[case.subject]
        node = held[case.node_id]
        rows.append(TaskRow(
            source="catalog.review", id=case.id, title_zh=f"{subject_zh}{kind_zh}「{node['name']}」（{node['code']}）",
            title_en=f"{subject_en} {kind_en} {node['name']} ({node['code']})", created_at=case.submitted_at,
            due_at=_end_of(case.due_on), from_name=case.submitted_name, from_id=case.submitted_by,
            department_id=case.department_id, url=f"/catalog/review?case={case.id}",
        ))
    return rows


def _end_of(day: str | None) -> datetime | None:
    """The last instant of a Beijing day."""
    return datetime.combine(date.fromisoformat(day), time.max, clock.BEIJING) if day else None


task_source("catalog.review", waiting)
