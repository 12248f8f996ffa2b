"""/gateway/collection/tasks/{id}/problems: 问题数据."""

import uuid
from typing import Annotated

from fastapi import Query, Request, Response

from gateway.collection import problem_files, problems, queries, views
from gateway.collection.contract import columns_of
from gateway.collection.routes import Bytes_, FileName_
from gateway.collection.schemas import (
    CorrectedList,
    CorrectedOut,
    CorrectionsIn,
    CountOut,
    ProblemList,
    ProblemPage,
    ReasonIn,
    SelectedIn,
)
from gateway.permissions import COLLECT_READ, COLLECT_REVEAL, COLLECT_RUN
from kernel.http import Actor_, Page_, Session_, download, needs, paginate, router

api = router(prefix="/gateway/collection/tasks/{task_id}/problems", tags=["gateway"])


@api.get("", **needs(COLLECT_READ))
def list_problems(
    session: Session_, actor: Actor_, page: Page_, task_id: uuid.UUID,
    state: Annotated[str | None, Query(max_length=12)] = "open",
    reason: Annotated[str | None, Query(max_length=70)] = None, run_id: uuid.UUID | None = None,
) -> ProblemPage:
    """List refused rows, encrypted columns masked, with the counts by reason."""
    task = problems.readable(session, actor, task_id)
    rows, total = paginate(session, queries.problems(task_id, state=state, reason=reason, run_id=run_id), page)
    columns = columns_of(queries.table(session, task.table_id).columns)
    return ProblemPage(
        items=views.problems(problems.shown(session, task, rows, clear=False)), total=total, page=page.number,
        size=page.size, counts=views.counts(session, task_id),
        titles={one.name: one.title or one.name for one in columns})


@api.post("/reveal", **needs(COLLECT_REVEAL))
def reveal_problems(
    request: Request, session: Session_, actor: Actor_, task_id: uuid.UUID, body: SelectedIn,
) -> ProblemList:
    """Return refused rows in clear; who saw them and why is written down."""
    request.state.shows_secret = True
    found = problems.reveal(session, actor, task_id=task_id, problem_ids=body.ids, reason=body.reason)
    return ProblemList(items=views.problems(found))


@api.post("/correct", **needs(COLLECT_RUN))
def correct_problems(
    request: Request, session: Session_, actor: Actor_, task_id: uuid.UUID, body: CorrectionsIn,
) -> CorrectedList:
    """Correct refused rows; those that pass are stored at once."""
    request.state.takes_secret = True
    ended = problems.correct(
        session, actor, task_id=task_id, corrections={one.id: one.values for one in body.items})
    return CorrectedList(items=[CorrectedOut(id=one, reasons=list(why)) for one, why in ended.items()])


@api.post("/drop", **needs(COLLECT_RUN))
def drop_problems(session: Session_, actor: Actor_, task_id: uuid.UUID, body: SelectedIn) -> CountOut:
    """Put refused rows aside."""
    return CountOut(dropped=problems.drop(
        session, actor, task_id=task_id, problem_ids=body.ids, reason=body.reason))


@api.get("/file", response_class=Response, **needs(COLLECT_READ))
def download_problems(session: Session_, actor: Actor_, task_id: uuid.UUID) -> Response:
    """Download the open rows as a workbook, encrypted columns masked."""
    return download(problem_files.workbook(session, actor, task_id=task_id), "问题数据.xlsx")


@api.post("/clear-file", response_class=Response, **needs(COLLECT_REVEAL))
def download_clear_problems(session: Session_, actor: Actor_, task_id: uuid.UUID, body: ReasonIn) -> Response:
    """Download the open rows in clear; who and why is written down."""
    return download(
        problem_files.workbook(session, actor, task_id=task_id, reason=body.reason), "问题数据.xlsx")


@api.post("/file", **needs(COLLECT_RUN))
def correct_problem_file(
    request: Request, session: Session_, actor: Actor_, task_id: uuid.UUID, data: Bytes_, name: FileName_,
) -> CountOut:
    """Upload a corrected workbook: changed cells are corrections."""
    request.state.takes_secret = True
    return CountOut(**problem_files.correct(session, actor, task_id=task_id, name=name, data=data))
