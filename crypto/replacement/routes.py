"""/crypto/targets and /crypto/replacements: departments' own databases and the jobs on them."""

import uuid
from typing import Annotated, Any

from fastapi import File, Request
from starlette.responses import Response

from crypto.keys import views as key_views
from crypto.replacement import packages, queries, service, targets, views
from crypto.replacement.schemas import (
    AskIn,
    CodeOut,
    ColumnIn,
    DecisionIn,
    FindingPage,
    FormsIn,
    OfflineIn,
    ReplacementIn,
    ReplacementOut,
    ReplacementPage,
    TargetColumn,
    TargetColumns,
    TargetIn,
    TargetOut,
    TargetPage,
    WrappedIn,
)
from crypto.replacement.targets import MANAGE, READ
from crypto.requests.schemas import RequestedOut
from kernel.approvals.models import Approval
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.http.download import download
from kernel.runtime import runtime_of

api = router(prefix="/crypto", tags=["crypto"])
BYTES = "application/octet-stream"
MOST = 256 * 1024 * 1024  # the edge's own limit of bodies is lower by default; large files go by the command line


@api.get("/targets", **needs(READ))
def list_targets(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None,
) -> TargetPage:
    """List departments' databases."""
    rows, total = paginate(session, queries.targets(key_views.reach(actor) or department_id), page)
    return TargetPage(
        items=views.target_rows(session, rows), total=total, page=page.number, size=page.size,
        products=targets.products(runtime_of(session)),
    )


@api.post("/targets", status_code=201, **needs(MANAGE))
def register_target(request: Request, session: Session_, actor: Actor_, body: TargetIn) -> TargetOut:
    """List a database; no connection is made yet."""
    request.state.takes_secret = True
    row = targets.register(session, actor, **body.model_dump())
    return views.target_rows(session, [row])[0]


@api.delete("/targets/{target_id}", status_code=204, **needs(MANAGE))
def remove_target(session: Session_, actor: Actor_, target_id: uuid.UUID) -> None:
    """Take a database off the list and forget its password."""
    targets.remove(session, actor, target_id=target_id)


@api.get("/targets/{target_id}/columns", **needs(MANAGE))
def target_columns(session: Session_, actor: Actor_, target_id: uuid.UUID) -> TargetColumns:
    """Connect and list tables and columns: the test of a connection, and what a job is picked from."""
    found = targets.columns(session, actor, target_id=target_id)
    return TargetColumns(items=[TargetColumn(table=one, column=two, type=three) for one, two, three in found])


@api.get("/replacements", **needs(READ))
def list_replacements(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None,
) -> ReplacementPage:
    """List jobs, newest first."""
    rows, total = paginate(session, queries.listing(key_views.reach(actor) or department_id), page)
    items = views.replacements(session, rows)
    return ReplacementPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/replacements", status_code=201, **needs(MANAGE))
def create_replacement(session: Session_, actor: Actor_, body: ReplacementIn) -> ReplacementOut:
    """Make a job and queue its assessment."""
    row = service.create(
        session, actor, target_id=body.target_id, title=body.title, columns=[column(one) for one in body.columns],
        forms=body.forms,
    )
    return views.replacements(session, [row])[0]


@api.get("/replacements/{replacement_id}", **needs(READ))
def get_replacement(session: Session_, actor: Actor_, replacement_id: uuid.UUID) -> ReplacementOut:
    """Return a job with its assessment, progress and evidence."""
    return views.replacements(session, [service.owned(session, actor, replacement_id, READ)])[0]


@api.get("/replacements/{replacement_id}/findings", **needs(READ))
def list_findings(
    session: Session_, actor: Actor_, replacement_id: uuid.UUID, page: Page_, phase: str | None = None,
) -> FindingPage:
    """List what a job found by row: exceptions, what looks like identifiers, what could not be changed; masked."""
    row = service.owned(session, actor, replacement_id, READ)
    rows, total = paginate(session, queries.findings(row.id, phase), page)
    return FindingPage(items=views.findings(row, rows), total=total, page=page.number, size=page.size)


@api.post("/replacements/{replacement_id}/check", status_code=202, **needs(MANAGE))
def check_again(session: Session_, actor: Actor_, replacement_id: uuid.UUID, body: FormsIn) -> ReplacementOut:
    """Queue assessment and dry run again."""
    row = service.check_again(session, actor, replacement_id=replacement_id, forms=body.forms)
    return views.replacements(session, [row])[0]


@api.post("/replacements/{replacement_id}/decision", **needs(MANAGE))
def decide(session: Session_, actor: Actor_, replacement_id: uuid.UUID, body: DecisionIn) -> ReplacementOut:
    """Decide on values that look like identifiers already."""
    row = service.decide(session, actor, replacement_id=replacement_id, lookalikes=body.lookalikes)
    return views.replacements(session, [row])[0]


@api.post("/replacements/{replacement_id}/run", status_code=202, **needs(MANAGE))
def request_run(session: Session_, actor: Actor_, replacement_id: uuid.UUID, body: AskIn) -> RequestedOut:
    """Propose the run to a second person."""
    return _asked(service.request_run(session, actor, replacement_id=replacement_id, reason=body.reason))


@api.post("/replacements/{replacement_id}/resume", status_code=202, **needs(MANAGE))
def resume(session: Session_, actor: Actor_, replacement_id: uuid.UUID) -> ReplacementOut:
    """Go on with an approved job that stopped."""
    return views.replacements(session, [service.resume(session, actor, replacement_id=replacement_id)])[0]


@api.post("/replacements/{replacement_id}/undo", status_code=202, **needs(MANAGE))
def request_undo(session: Session_, actor: Actor_, replacement_id: uuid.UUID, body: AskIn) -> RequestedOut:
    """Propose the undo to a second person."""
    return _asked(service.request_undo(session, actor, replacement_id=replacement_id, reason=body.reason))


@api.post("/replacements/{replacement_id}/drop", **needs(MANAGE))
def drop(session: Session_, actor: Actor_, replacement_id: uuid.UUID) -> ReplacementOut:
    """Drop a job that has changed nothing yet."""
    return views.replacements(session, [service.drop(session, actor, replacement_id=replacement_id)])[0]


@api.post("/replacements/{replacement_id}/discard", **needs(MANAGE))
def discard(session: Session_, actor: Actor_, replacement_id: uuid.UUID) -> ReplacementOut:
    """Delete the undo file of an ended job: from then on nothing puts the rows back."""
    return views.replacements(session, [service.discard(session, actor, replacement_id=replacement_id)])[0]


@api.post("/replacements/offline", status_code=201, **needs(MANAGE))
def create_offline(session: Session_, actor: Actor_, body: OfflineIn) -> ReplacementOut:
    """Make a job that the department's DBA carries out with the offline package."""
    row = packages.create(
        session, actor, department_id=body.department_id, title=body.title,
        columns=[column(one) for one in body.columns], forms=body.forms,
    )
    return views.replacements(session, [row])[0]


@api.post("/replacements/{replacement_id}/package/code", **needs(MANAGE))
def package_code(request: Request, session: Session_, actor: Actor_, replacement_id: uuid.UUID) -> CodeOut:
    """Show the package code; every showing is in the audit trail."""
    request.state.shows_secret = True
    return CodeOut(code=packages.code(session, actor, replacement_id=replacement_id))


@api.post("/replacements/{replacement_id}/package/job", **needs(MANAGE))
def package_job(session: Session_, actor: Actor_, replacement_id: uuid.UUID) -> Response:
    """Fetch the sealed job file."""
    return download(packages.job_file(session, actor, replacement_id=replacement_id), "job.mlj", BYTES)


@api.get("/replacements/package/tool", **needs(READ))
def package_tool() -> Response:
    """Fetch the one file that the DBA runs."""
    return download(packages.tool(), "mulian_replace.py", "text/x-python")


@api.post("/replacements/{replacement_id}/package/values", status_code=202, **needs(MANAGE))
def package_values(
    session: Session_, actor: Actor_, replacement_id: uuid.UUID, file: Annotated[bytes, File(max_length=MOST)],
) -> ReplacementOut:
    """Take the sealed values of an offline job and queue the issue of their identifiers."""
    home = runtime_of(session).home
    row = packages.take(session, actor, replacement_id=replacement_id, home=home, data=file)
    return views.replacements(session, [row])[0]


@api.post("/replacements/{replacement_id}/package/answers", **needs(MANAGE))
def package_answers(session: Session_, actor: Actor_, replacement_id: uuid.UUID) -> Response:
    """Fetch the sealed identifiers; they are deleted after a day."""
    home = runtime_of(session).home
    return download(packages.answers(session, actor, replacement_id=replacement_id, home=home), "answers.mla", BYTES)


@api.post("/replacements/{replacement_id}/package/undo-key", **needs(MANAGE))
def package_undo_key(
    session: Session_, actor: Actor_, replacement_id: uuid.UUID, body: WrappedIn,
) -> Response:
    """Fetch the sealed keys of undo files, once an undo was agreed to."""
    data = packages.release(session, actor, replacement_id=replacement_id, wrapped=body.wrapped)
    return download(data, "undo.mlk", BYTES)


def column(one: ColumnIn) -> dict[str, Any]:
    """Return a column as a job keeps it."""
    kept = one.model_dump()
    return {"schema": kept.pop("schema_name"), **kept}


def _asked(approval: Approval) -> RequestedOut:
    return RequestedOut(approval_id=approval.id, state=approval.state)
