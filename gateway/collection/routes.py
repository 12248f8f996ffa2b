"""/gateway/collection: declared tables, upstreams, tasks, runs, callbacks."""

import uuid
from typing import Annotated, Any

from fastapi import Body, Header, Query, Request, Response

from crypto.replacement import queries as target_queries
from crypto.replacement import targets
from crypto.replacement.schemas import TargetColumn, TargetColumns
from gateway.collection import hooks, queries, runs, tables, tasks, upstreams, views
from gateway.collection.models import CollectionTask, CollectionUpstream
from gateway.collection.schemas import (
    CollectionRunOut,
    ColumnIO,
    ColumnsIn,
    DatabaseList,
    DatabaseOut,
    HookOut,
    PreviewOut,
    RunPage,
    SecretOut,
    TableIn,
    TableOut,
    TablePage,
    TaskIn,
    TaskOut,
    TaskPage,
    TaskPlanIn,
    UpstreamChange,
    UpstreamIn,
    UpstreamOut,
    UpstreamPage,
)
from gateway.collection.tasks import Plan
from gateway.permissions import COLLECT_EDIT, COLLECT_READ, COLLECT_RUN
from kernel.http import Actor_, Page_, Session_, check_if_match, needs, paginate, public, router, set_etag
from kernel.identity.actor import Actor, require
from kernel.text import Plain

api = router(prefix="/gateway/collection", tags=["gateway"])
Department_ = Annotated[uuid.UUID | None, Query()]
Bytes_ = Annotated[bytes, Body(media_type="application/octet-stream", description="xlsx 或 csv 的原始字节，至多 50 MB")]
FileName_ = Annotated[Plain, Query(min_length=1, max_length=120, description="文件名")]


@api.get("/tables", **needs(COLLECT_READ))
def list_collection_tables(
    session: Session_, actor: Actor_, page: Page_, department_id: Department_ = None,
) -> TablePage:
    """List declared tables."""
    rows, total = paginate(session, queries.tables(_reach(actor, department_id)), page)
    return TablePage(items=[views.table(session, row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("/tables", status_code=201, **needs(COLLECT_EDIT))
def declare_collection_table(session: Session_, actor: Actor_, body: TableIn) -> TableOut:
    """Declare a table; scopes and keys of encrypted columns are made with it."""
    row = tables.declare(
        session, actor, code=body.code, name=body.name, department_id=body.department_id, entry_id=body.entry_id,
        columns=_columns(body.columns))
    return views.table(session, row)


@api.get("/tables/{table_id}", **needs(COLLECT_READ))
def get_collection_table(session: Session_, actor: Actor_, table_id: uuid.UUID) -> TableOut:
    """Return a declared table with its lineage."""
    row = queries.table(session, table_id)
    require(actor, COLLECT_READ, department_id=row.department_id)
    return views.table(session, row)


@api.patch("/tables/{table_id}", **needs(COLLECT_EDIT))
def change_collection_table(session: Session_, actor: Actor_, table_id: uuid.UUID, body: ColumnsIn) -> TableOut:
    """Change what columns take."""
    row = tables.change(session, actor, table_id=table_id, columns=_columns(body.columns))
    return views.table(session, row)


@api.get("/upstreams", **needs(COLLECT_READ))
def list_upstreams(session: Session_, actor: Actor_, page: Page_, department_id: Department_ = None) -> UpstreamPage:
    """List 适配应用."""
    rows, total = paginate(session, queries.upstreams(_reach(actor, department_id)), page)
    return UpstreamPage(items=[_upstream(row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("/upstreams", status_code=201, **needs(COLLECT_EDIT))
def create_upstream(request: Request, session: Session_, actor: Actor_, body: UpstreamIn) -> UpstreamOut:
    """List an upstream; no connection is made yet."""
    request.state.takes_secret = True
    return _upstream(upstreams.create(
        session, actor, code=body.code, name=body.name, department_id=body.department_id, base_url=body.base_url,
        login=body.login.model_dump(), secret=body.secret.model_dump() if body.secret else {}))


@api.put("/upstreams/{upstream_id}", **needs(COLLECT_EDIT))
def change_upstream(
    request: Request, session: Session_, actor: Actor_, upstream_id: uuid.UUID, body: UpstreamChange,
) -> UpstreamOut:
    """Change an upstream."""
    request.state.takes_secret = True
    return _upstream(upstreams.change(
        session, actor, upstream_id=upstream_id, name=body.name, base_url=body.base_url,
        login=body.login.model_dump(), secret=body.secret.model_dump() if body.secret else None))


@api.get("/databases", **needs(COLLECT_EDIT))
def list_databases(session: Session_, actor: Actor_, department_id: Department_ = None) -> DatabaseList:
    """List the departments' databases that a task may read; they are registered under 业务库."""
    rows = session.scalars(target_queries.targets(_reach(actor, department_id)).limit(500))
    return DatabaseList(items=[
        DatabaseOut(id=row.id, name=row.name, product=row.product, department_id=row.department_id) for row in rows
    ])


@api.get("/databases/{target_id}/columns", **needs(COLLECT_EDIT))
def list_database_columns(session: Session_, actor: Actor_, target_id: uuid.UUID) -> TargetColumns:
    """Ask a database for its tables and columns."""
    row = target_queries.target(session, target_id)
    require(actor, COLLECT_EDIT, department_id=row.department_id)
    found = targets.columns_of(session, row)
    return TargetColumns(items=[TargetColumn(table=table, column=column, type=kind) for table, column, kind in found])


@api.get("/tasks", **needs(COLLECT_READ))
def list_collection_tasks(
    session: Session_, actor: Actor_, page: Page_, department_id: Department_ = None,
    state: Annotated[str | None, Query(max_length=12)] = None,
    q: Annotated[Plain | None, Query(max_length=100, description="代码或名称")] = None,
) -> TaskPage:
    """List tasks with their last run and freshness."""
    rows, total = paginate(
        session, queries.tasks(department_id=_reach(actor, department_id), state=state, query=q), page)
    return TaskPage(items=[views.task(session, row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("/tasks", status_code=201, **needs(COLLECT_EDIT))
def create_collection_task(session: Session_, actor: Actor_, response: Response, body: TaskIn) -> TaskOut:
    """Make a task; it is paused until somebody starts it."""
    row = tasks.create(session, actor, code=body.code, table_id=body.table_id, plan=_plan(body))
    return _task(session, row, response)


@api.get("/tasks/{task_id}", **needs(COLLECT_READ))
def get_collection_task(session: Session_, actor: Actor_, response: Response, task_id: uuid.UUID) -> TaskOut:
    """Return a task."""
    return _task(session, tasks.owned(session, actor, task_id, COLLECT_READ), response)


@api.put("/tasks/{task_id}", **needs(COLLECT_EDIT))
def change_collection_task(
    session: Session_, actor: Actor_, request: Request, response: Response, task_id: uuid.UUID, body: TaskPlanIn,
) -> TaskOut:
    """Change what a task does from its next run on."""
    check_if_match(request, tasks.owned(session, actor, task_id, COLLECT_EDIT).version)
    return _task(session, tasks.change(session, actor, task_id=task_id, plan=_plan(body)), response)


@api.get("/tasks/{task_id}/preview", **needs(COLLECT_EDIT))
def preview_collection_task(session: Session_, actor: Actor_, task_id: uuid.UUID) -> PreviewOut:
    """Read the first rows of the source; nothing is stored."""
    return views.preview(session, actor, task_id)


@api.post("/tasks/{task_id}/start", **needs(COLLECT_RUN))
def start_collection_task(session: Session_, actor: Actor_, response: Response, task_id: uuid.UUID) -> TaskOut:
    """Let it run by its schedule and by callbacks."""
    return _task(session, tasks.start(session, actor, task_id=task_id), response)


@api.post("/tasks/{task_id}/pause", **needs(COLLECT_RUN))
def pause_collection_task(session: Session_, actor: Actor_, response: Response, task_id: uuid.UUID) -> TaskOut:
    """Let it run by hand only."""
    return _task(session, tasks.pause(session, actor, task_id=task_id), response)


@api.post("/tasks/{task_id}/hook-secret", **needs(COLLECT_EDIT))
def new_collection_hook(request: Request, session: Session_, actor: Actor_, task_id: uuid.UUID) -> SecretOut:
    """Give the task a new secret for callbacks, shown this once."""
    request.state.shows_secret = True
    return SecretOut(secret=tasks.new_hook(session, actor, task_id=task_id))


@api.post("/tasks/{task_id}/runs", status_code=202, **needs(COLLECT_RUN))
def run_collection_task(session: Session_, actor: Actor_, task_id: uuid.UUID) -> CollectionRunOut:
    """Run now."""
    return views.run(session, runs.run_now(session, actor, task_id=task_id))


@api.post("/tasks/{task_id}/files", status_code=202, **needs(COLLECT_RUN))
def run_collection_file(
    request: Request, session: Session_, actor: Actor_, task_id: uuid.UUID, data: Bytes_, name: FileName_,
) -> CollectionRunOut:
    """Upload a file and run over it. The file is kept sealed."""
    request.state.takes_secret = True
    return views.run(session, runs.run_file(session, actor, task_id=task_id, name=name, data=data))


@api.get("/tasks/{task_id}/runs", **needs(COLLECT_READ))
def list_collection_runs(session: Session_, actor: Actor_, page: Page_, task_id: uuid.UUID) -> RunPage:
    """List a task's runs, newest first."""
    tasks.owned(session, actor, task_id, COLLECT_READ)
    rows, total = paginate(session, queries.runs(task_id), page)
    return RunPage(items=[views.run(session, row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("/tasks/{task_id}/undo", **needs(COLLECT_RUN))
def undo_collection_load(session: Session_, actor: Actor_, task_id: uuid.UUID) -> CollectionRunOut:
    """Show again what was there before the last full load."""
    return views.run(session, runs.undo(session, actor, task_id=task_id))


@api.post("/runs/{run_id}/cancel", **needs(COLLECT_RUN))
def cancel_collection_run(session: Session_, actor: Actor_, run_id: uuid.UUID) -> CollectionRunOut:
    """Stop a run."""
    return views.run(session, runs.cancel(session, actor, run_id=run_id))


@api.post("/runs/{run_id}/resume", status_code=202, **needs(COLLECT_RUN))
def resume_collection_run(session: Session_, actor: Actor_, run_id: uuid.UUID) -> CollectionRunOut:
    """Go on with a failed run where it stands."""
    return views.run(session, runs.resume(session, actor, run_id=run_id))


@api.post("/hooks/{task_id}", status_code=202, **public(idempotency="service"))
def collection_callback(
    session: Session_, task_id: uuid.UUID,
    timestamp: Annotated[str, Header(alias="X-Mulian-Timestamp", description="毫秒，须大于上一次")] = "",
    signature: Annotated[str, Header(alias="X-Mulian-Signature", description="HMAC-SM3，十六进制")] = "",
    body: Annotated[bytes, Body(media_type="application/octet-stream", max_length=65_536)] = b"",
) -> HookOut:
    """Take an upstream's signed word that there is new data, and queue a run."""
    return HookOut(state=hooks.accept(session, task_id=task_id, timestamp=timestamp, signed=signature, body=body))


def _reach(actor: Actor, department_id: uuid.UUID | None) -> uuid.UUID | None:
    """Return the department whose rows are listed; None is every one."""
    return department_id if actor.scope == "all" or actor.kind == "system" else actor.department_id


def _columns(columns: list[ColumnIO]) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in columns]


def _plan(body: TaskPlanIn) -> Plan:
    return Plan(**{name: getattr(body, name) for name in Plan.__dataclass_fields__})


def _task(session: Session_, row: CollectionTask, response: Response) -> TaskOut:
    set_etag(response, row.version)
    return views.task(session, row)


def _upstream(row: CollectionUpstream) -> UpstreamOut:
    return UpstreamOut.model_validate(row)
