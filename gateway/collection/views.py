"""What pages show of tables, tasks and runs."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.nodes.models import DataEntry, DataItem
from crypto.masking.rules import mask
from gateway.collection import freshness, queries, sources, tasks, values
from gateway.collection.contract import Checker, columns_of
from gateway.collection.models import CollectionRun, CollectionTable, CollectionTask
from gateway.collection.problems import Shown
from gateway.collection.schemas import (
    CollectionRunOut,
    ColumnIO,
    LineageOut,
    PreviewOut,
    PreviewRow,
    ProblemOut,
    ReasonCount,
    TableOut,
    TaskOut,
)
from gateway.permissions import COLLECT_EDIT
from kernel import clock
from kernel.identity.actor import Actor
from kernel.jobs.models import Job

PREVIEW = 20


def table(session: Session, row: CollectionTable) -> TableOut:
    """Return a declared table with where its columns come from and go to."""
    entry = session.get(DataEntry, row.entry_id) if row.entry_id else None
    items = {str(item.id): item for item in session.scalars(
        select(DataItem).where(DataItem.entry_id == row.entry_id))} if entry else {}
    task = session.scalar(select(CollectionTask).where(CollectionTask.table_id == row.id))
    mapping = task.mapping if task else {}
    return TableOut(
        id=row.id, code=row.code, name=row.name, department_id=row.department_id, entry_id=row.entry_id,
        entry_code=entry.code if entry else None, entry_name=entry.name if entry else None,
        columns=[ColumnIO(**one) for one in row.columns], loaded=row.live_load > 0, task_id=task.id if task else None,
        lineage=[
            LineageOut(column=one.name, source_field=mapping.get(one.name) or one.name if task else None,
                       item_id=item.id if item else None, item_code=item.code if item else None,
                       item_name=item.name if item else None)
            for one in columns_of(row.columns) for item in [items.get(one.item_id or "")]
        ],
    )


def task(session: Session, row: CollectionTask) -> TaskOut:
    """Return a task with its last run and how fresh its data are."""
    last, owner = queries.last_run(session, row.id), queries.table(session, row.table_id)
    return TaskOut(
        id=row.id, code=row.code, name=row.name, department_id=row.department_id, table_id=row.table_id,
        table_code=owner.code, table_name=owner.name, kind=row.kind, source=row.source, mapping=row.mapping,
        mode=row.mode, bad_limit=row.bad_limit, schedule=row.schedule, promise_hours=row.promise_hours,
        state=row.state, next_at=row.next_at, cursor=None if row.cursor is None else str(row.cursor)[:200],
        last_success_at=row.last_success_at, freshness=freshness.state_of(row, clock.now()), version=row.version,
        callback=row.hook_secret is not None, undoable=_undoable(owner, last),
        open_problems=queries.open_problems(session, row.id), last_run=run(session, last) if last else None,
    )


def run(session: Session, row: CollectionRun) -> CollectionRunOut:
    """Return a run; its percent is what is committed of what the source said there would be."""
    job = session.get(Job, row.job_id) if row.job_id else None
    percent = 100 if row.state == "succeeded" else min(99, row.rows * 100 // row.total) if row.total else None
    return CollectionRunOut(
        id=row.id, number=row.number, cause=row.cause, mode=row.mode, state=row.state, rows=row.rows, good=row.good,
        bad=row.bad, total=row.total, percent=percent, error=row.error, job_id=job.id if job else None,
        started_by=row.started_by, created_at=row.created_at, started_at=row.started_at, finished_at=row.finished_at,
    )


def problem(one: Shown) -> ProblemOut:
    """Return a refused row."""
    row = one.row
    return ProblemOut(id=row.id, run_id=row.run_id, number=row.number, reasons=row.reasons, state=row.state,
                      values=one.values, changed_by=row.changed_by, changed_at=row.changed_at)


def counts(session: Session, task_id: uuid.UUID) -> list[ReasonCount]:
    """Return how many rows were refused, by state and first reason."""
    return [ReasonCount(state=state, reason=reason, count=count)
            for state, reason, count in queries.problem_counts(session, task_id)]


def preview(session: Session, actor: Actor, task_id: uuid.UUID) -> PreviewOut:
    """Read the first rows of a task's source; encrypted columns are masked, other fields only named."""
    row = tasks.owned(session, actor, task_id, COLLECT_EDIT)
    columns = columns_of(queries.table(session, row.table_id).columns)
    source = sources.opened(session, row, None)
    try:
        page = next(iter(source.pages(None)), None)
    finally:
        source.close()
    raws = list(page.rows[:PREVIEW]) if page else []
    checked = Checker(columns, row.mapping).check(raws)
    good, bad = dict(checked.good), dict(checked.bad)
    fields = list(dict.fromkeys(str(name) for raw in raws if isinstance(raw, dict) for name in raw))
    return PreviewOut(
        fields=fields[:300], total=page.total if page else 0,
        rows=[PreviewRow(
            values={} if at in bad else {
                one.name: _masked(one.encrypted, one.mask, value)
                for one, value in zip(columns, good[at], strict=True)},
            reasons=list(bad.get(at, ()))) for at in range(len(raws))],
    )


def _masked(encrypted: bool, kind: str, value: object) -> str:
    found = values.text(value)
    text = "" if found is None else str(value) if isinstance(found, values.Bad) else str(found)
    return mask(kind, text) if encrypted else text


def _undoable(owner: CollectionTable, last: CollectionRun | None) -> bool:
    return owner.previous_load is not None and last is not None and (last.state, last.mode) == ("succeeded", "full")


def problems(rows: Sequence[Shown]) -> list[ProblemOut]:
    """Return refused rows."""
    return [problem(one) for one in rows]

