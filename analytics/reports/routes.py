"""Reports over HTTP."""

import uuid
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query, Response

from analytics.figures.rules import BY_ID
from analytics.permissions import BUILD, READ
from analytics.reports import queries, service
from analytics.reports.models import ReportRun
from analytics.reports.schemas import (
    ArtifactOut,
    FigureList,
    FigureOut,
    InputOut,
    ReportBrief,
    ReportOut,
    ReportPage,
    ReportRequest,
    RuleOut,
    TraceOut,
    TraceRow,
)
from chain.anchoring.service import state_of
from kernel.documents.html import CONTENT_SECURITY_POLICY
from kernel.http import Actor_, Page_, Session_, needs, paginate, router

api = router(prefix="/reports", tags=["reports"])


@api.post("", status_code=202, **needs(BUILD))
def build_report(session: Session_, actor: Actor_, body: ReportRequest) -> ReportBrief:
    """Queue a quarterly report; asking again while it runs answers with the same run."""
    run = service.build(session, actor, year=body.year, quarter=body.quarter, department_id=body.department_id)
    return ReportBrief.model_validate(run)


@api.get("", **needs(READ))
def list_reports(
    session: Session_, actor: Actor_, page: Page_, year: int | None = None,
    quarter: Annotated[int | None, Query(ge=1, le=4)] = None, department_id: uuid.UUID | None = None,
) -> ReportPage:
    """List the runs in the reader's scope, newest first."""
    query = queries.listing(actor, year=year, quarter=quarter, department_id=department_id)
    rows, total = paginate(session, query, page)
    items = [ReportBrief.model_validate(row) for row in rows]
    return ReportPage(items=items, total=total, page=page.number, size=page.size)


@api.get("/{run_id}", **needs(READ))
def get_report(session: Session_, actor: Actor_, run_id: uuid.UUID) -> ReportOut:
    """Return a run with its inputs, files and roots."""
    run = service.get(session, actor, run_id=run_id)
    anchor = state_of(session, "report_run", str(run.id), 1)
    return ReportOut(
        **ReportBrief.model_validate(run).model_dump(),
        inputs=[InputOut.model_validate(row) for row in queries.inputs(session, run.id)],
        artifacts=[ArtifactOut.model_validate(row) for row in queries.artifacts(session, run.id)],
        anchor=anchor.state if anchor else None, block_number=anchor.block_number if anchor else None,
    )


@api.get("/{run_id}/artifacts/{name}", response_class=Response, **needs(READ))
def download(session: Session_, actor: Actor_, run_id: uuid.UUID, name: str) -> Response:
    """Download a file of a run, never inline; a damaged file is refused."""
    row, data = service.read_artifact(session, actor, run_id=run_id, name=name)
    run = service.get(session, actor, run_id=run_id)
    return Response(data, media_type=row.media_type, headers=_attachment(run, row.name))


@api.get("/{run_id}/preview", response_class=Response, **needs(READ))
def preview(session: Session_, actor: Actor_, run_id: uuid.UUID) -> Response:
    """Return the html preview under a policy that runs and loads nothing."""
    row, data = service.read_artifact(session, actor, run_id=run_id, name="report.html")
    return Response(data, media_type=row.media_type, headers={
        "Content-Security-Policy": CONTENT_SECURITY_POLICY, "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
    })


@api.get("/{run_id}/figures", **needs(READ))
def list_figures(session: Session_, actor: Actor_, run_id: uuid.UUID) -> FigureList:
    """Return every figure with numerator and denominator."""
    return FigureList(items=[_figure(item) for item in service.figures(session, actor, run_id=run_id)])


@api.get("/{run_id}/trace", **needs(READ))
def trace_figure(session: Session_, actor: Actor_, page: Page_, run_id: uuid.UUID, key: str) -> TraceOut:
    """Open a figure to its rule and the frozen rows behind it."""
    found = service.trace(session, actor, run_id=run_id, key=key, limit=page.size, offset=page.offset)
    return TraceOut(
        figure=_figure(found.figure), rule=RuleOut.model_validate(found.rule), total=found.total, page=page.number,
        items=[TraceRow.model_validate(row) for row in found.rows], size=page.size,
    )


@api.get("/{run_id}/verification", **needs(READ))
def verify_report(session: Session_, actor: Actor_, run_id: uuid.UUID) -> ReportBrief:
    """Check every file against manifest and run root; 409 ``analytics.verify.failed`` names what differs."""
    return ReportBrief.model_validate(service.verify(session, actor, run_id=run_id))


def _figure(item: dict[str, Any]) -> FigureOut:
    return FigureOut(**item, zh=BY_ID[item["rule"]].zh)


def _attachment(run: ReportRun, name: str) -> dict[str, str]:
    file = f"{run.title}.{name.rsplit('.', 1)[1]}" if name.startswith("report.") else f"{run.title}-{name}"
    disposition = f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(file, safe='')}"
    return {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
