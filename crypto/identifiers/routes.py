"""/crypto/identifiers: fields, issue by list or by file. Looking values up has doors of its own."""

import uuid
from typing import Annotated, Literal

from fastapi import Body, Query, Response

from crypto.identifiers import batches, epochs, fields, queries, service, views
from crypto.identifiers.fields import ISSUE, MANAGE, READ
from crypto.identifiers.rules import Form
from crypto.identifiers.schemas import (
    BatchOut,
    BatchPage,
    EpochIn,
    FieldIn,
    FieldOut,
    FieldPage,
    IssueIn,
    IssueOut,
)
from crypto.identifiers.service import Field
from crypto.keys.views import department_of, reach
from crypto.requests.schemas import RequestedOut
from kernel.http import Actor_, Page_, Session_, download, needs, paginate, router
from kernel.identity.actor import require
from kernel.text import Plain

api = router(prefix="/crypto/identifiers", tags=["crypto"])


@api.get("/fields", **needs(READ))
def list_identifier_fields(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None,
) -> FieldPage:
    """List identified fields."""
    rows, total = paginate(session, queries.fields(reach(actor) or department_id), page)
    return FieldPage(items=views.fields(session, rows), total=total, page=page.number, size=page.size)


@api.post("/fields", status_code=201, **needs(MANAGE))
def declare_identifier_field(session: Session_, actor: Actor_, body: FieldIn) -> FieldOut:
    """Declare an identified field; the first one of a department makes its keys."""
    row = fields.declare(
        session, actor, department_id=department_of(actor, body.department_id), name=body.name, kind=body.kind,
        mask=body.mask,
    )
    return views.fields(session, [row])[0]


@api.post("/epochs", status_code=202, **needs(MANAGE))
def request_identifier_epoch(session: Session_, actor: Actor_, body: EpochIn) -> RequestedOut:
    """Propose new keys for a department's identifiers; those that were issued stay valid."""
    asked = epochs.request(
        session, actor, department_id=department_of(actor, body.department_id), reason=body.reason,
    )
    return RequestedOut(approval_id=asked.id, state=asked.state)


@api.post("/issue", **needs(ISSUE))
def issue_identifiers(session: Session_, actor: Actor_, body: IssueIn) -> IssueOut:
    """Issue identifiers for a list of values: the same person gets the same identifier."""
    department_id = department_of(actor, body.department_id)
    require(actor, ISSUE, department_id=department_id)
    answers = service.issue(session, Field(department_id, body.field), body.values, body.form)
    service.note(session, actor, Field(department_id, body.field), body.form, answers)
    return IssueOut(items=views.issued(answers))


@api.post("/batches", status_code=202, **needs(ISSUE))
def submit_identifier_batch(
    session: Session_, actor: Actor_,
    data: Annotated[bytes, Body(media_type="application/octet-stream", description="CSV 或 xlsx 的原始字节，至多 50 MB")],
    field: Annotated[Plain, Query(min_length=1, max_length=60)],
    filename: Annotated[Plain, Query(min_length=5, max_length=255, description="以 .csv 或 .xlsx 结尾")],
    key: Annotated[Plain, Query(min_length=1, max_length=80, description="幂等键：同一键重复提交同一文件只受理一次")],
    form: Form = Form.NATIVE, department_id: uuid.UUID | None = None,
    column: Annotated[Plain, Query(max_length=60, description="值所在列：列号（从 1 起）或列名")] = "1",
    header: Annotated[bool, Query(description="首行为列名")] = True,
) -> BatchOut:
    """Submit a file of values; a job issues their identifiers. The body is kept sealed, never in clear."""
    batch = batches.submit(
        session, actor, Field(department_of(actor, department_id), field), form=form, key=key, filename=filename,
        data=data, column=column, header=header,
    )
    return views.batches(session, actor, [batch])[0]


@api.get("/batches", **needs(READ))
def list_identifier_batches(session: Session_, actor: Actor_, page: Page_) -> BatchPage:
    """List files of values, newest first."""
    rows, total = paginate(session, queries.batches(reach(actor)), page)
    return BatchPage(items=views.batches(session, actor, rows), total=total, page=page.number, size=page.size)


@api.get("/batches/{batch_id}", **needs(READ))
def get_identifier_batch(session: Session_, actor: Actor_, batch_id: uuid.UUID) -> BatchOut:
    """Return one file of values with its progress."""
    return views.batches(session, actor, [batches.get(session, actor, batch_id)])[0]


@api.post("/batches/{batch_id}/file", **needs(ISSUE))
def download_identifier_batch(
    session: Session_, actor: Actor_, batch_id: uuid.UUID, kind: Literal["csv", "xlsx"] = "csv",
) -> Response:
    """Hand the file of identifiers to who sent the values; the download is on record, so it is a POST."""
    name, body = batches.result(session, actor, batch_id, kind)
    return download(body, name)
