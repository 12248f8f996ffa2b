"""Use cases of reports: ask for one, build it, look at it, verify it, reproduce it, trace a figure."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from analytics.errors import (
    ARTIFACT_DAMAGED,
    ARTIFACT_NOT_FOUND,
    FIGURE_NOT_FOUND,
    PERIOD_FUTURE,
    RUN_NOT_DONE,
    RUN_NOT_FOUND,
    VERIFY_FAILED,
)
from analytics.figures.engine import Engine, Trace
from analytics.figures.rules import BY_ID, Rule
from analytics.permissions import BUILD, READ
from analytics.reports import manifest, queries
from analytics.reports.basis import FIGURES
from analytics.reports.header import Header
from analytics.reports.models import ReportArtifact, ReportRun
from analytics.reports.reproduce import Reproduction
from analytics.reports.reproduce import reproduce as _reproduce
from kernel import canonical, clock, ids
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require
from kernel.identity.errors import PERMISSION_DENIED
from kernel.identity.models import Department
from kernel.jobs.service import enqueue
from kernel.runtime import Runtime, runtime_of

JOB = "analytics.report.build"
KIND = "quarterly"
# the district that the platform serves; its code is that of GB/T 2260
DISTRICT_NAME, DISTRICT_CODE = "西城区", "110102"


@dataclass(frozen=True)
class FigureTrace:
    """A figure with its rule and a page of the rows behind it."""

    figure: dict[str, Any]
    rule: Rule
    rows: list[Trace]
    total: int


def request(
    session: Session, actor: Actor, *, year: int, quarter: int, department_id: uuid.UUID | None
) -> tuple[ReportRun, bool]:
    """Return the run that will answer, and whether it is new: an unfinished one of the same scope serves all.

    Raises ``analytics.period.future`` for a quarter that has not begun.
    """
    require(actor, BUILD, department_id=department_id)
    if department_id is None and not (actor.kind == "system" or actor.scope == "all"):
        raise PERMISSION_DENIED(permission=BUILD)
    start, _ = clock.quarter_bounds(year, quarter)
    if start > clock.now():
        raise PERIOD_FUTURE(year=year, quarter=quarter)
    known = queries.open_run(session, year, quarter, department_id)
    if known is not None:
        return known, False
    run_id = ids.new()
    header = _header(session, run_id, year, quarter, department_id, clock.now())
    audit_id = record(
        session, actor, action=BUILD, object_type="report_run", object_id=str(run_id), department_id=department_id,
        detail={"year": year, "quarter": quarter, "title": header.title},
    )
    run = ReportRun(
        id=run_id, kind=KIND, year=year, quarter=quarter, department_id=department_id, title=header.title,
        state="queued", created_by=actor.user_id, created_at=clock.now(), audit_id=audit_id,
    )
    session.add(run)
    session.flush([run])
    return run, True


def build(
    session: Session, actor: Actor, *, year: int, quarter: int, department_id: uuid.UUID | None
) -> ReportRun:
    """Ask for a report as a job; asking again while it runs gives the same run."""
    run, fresh = request(session, actor, year=year, quarter=quarter, department_id=department_id)
    if fresh:
        run.job_id = enqueue(session, actor, JOB, {"run_id": str(run.id)}, department_id=department_id).id
    return run


def get(session: Session, actor: Actor, *, run_id: uuid.UUID) -> ReportRun:
    """Return a run; 404 for those of other departments and, below scope "all", for the district's."""
    require(actor, READ)
    run = session.get(ReportRun, run_id)
    if run is None:
        raise RUN_NOT_FOUND(run=str(run_id))
    whole = actor.kind == "system" or actor.scope == "all"
    if not (whole or (run.department_id is not None and run.department_id == actor.department_id)):
        raise NOT_FOUND()
    return run


def folder_of(runtime: Runtime, run_id: uuid.UUID) -> Path:
    """Return where a run's files are."""
    return runtime.home.reports_dir / str(run_id)


def read_artifact(session: Session, actor: Actor, *, run_id: uuid.UUID, name: str) -> tuple[ReportArtifact, bytes]:
    """Return a file of a finished run; a file that is not what the run gave is refused, never handed out."""
    run = _done(session, actor, run_id)
    row = queries.artifact(session, run.id, name)
    if row is None:
        raise ARTIFACT_NOT_FOUND(run=str(run_id), name=name)
    path = folder_of(runtime_of(session), run.id) / row.name
    data = path.read_bytes() if path.is_file() else b""
    if sm3_hex(data) != row.sm3:
        raise ARTIFACT_DAMAGED(run=str(run_id), name=name)
    return row, data


def figures(session: Session, actor: Actor, *, run_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return every figure of a finished run."""
    _, data = read_artifact(session, actor, run_id=run_id, name=FIGURES)
    found: list[dict[str, Any]] = canonical.loads(data.rstrip(b"\n"))
    return found


def trace(
    session: Session, actor: Actor, *, run_id: uuid.UUID, key: str, limit: int, offset: int
) -> FigureTrace:
    """Open a figure: its rule, numerator, denominator and a page of the frozen rows behind it."""
    run = _done(session, actor, run_id)
    figure = next((item for item in figures(session, actor, run_id=run_id) if item["key"] == key), None)
    if figure is None:
        raise FIGURE_NOT_FOUND(run=str(run_id), key=key)
    folder = folder_of(runtime_of(session), run.id)
    header, rule = Header.from_json(_trusted_manifest(run, folder)), BY_ID[figure["rule"]]
    with Engine(folder, header.bounds) as engine:
        rows, total = engine.trace(rule, figure["scope"], figure["grp"], limit=limit, offset=offset)
    return FigureTrace(figure, rule, rows, total)


def verify(session: Session, actor: Actor, *, run_id: uuid.UUID) -> ReportRun:
    """Check every file of a run against its manifest and its root; raise ``analytics.verify.failed``."""
    run = _done(session, actor, run_id)
    found = manifest.verify(folder_of(runtime_of(session), run.id), run.run_root or "")
    if found:
        raise VERIFY_FAILED(
            run=str(run_id), count=len(found), first=f"{found[0].file} {found[0].problem}",
            findings=[f"{finding.file} {finding.problem}" for finding in found],
        )
    return run


def reproduce(session: Session, actor: Actor, *, run_id: uuid.UUID) -> Reproduction:
    """Recompute a run in a fresh process and compare; damaged inputs or manifest are refused first."""
    run = _done(session, actor, run_id)
    folder = folder_of(runtime_of(session), run.id)
    outputs = {row.name for row in queries.artifacts(session, run.id)} - {manifest.MANIFEST}
    broken = [one for one in manifest.verify(folder, run.run_root or "") if one.file not in outputs]
    if broken:
        raise VERIFY_FAILED(run=str(run_id), count=len(broken), first=f"{broken[0].file} {broken[0].problem}")
    return _reproduce(folder, run.run_root or "")


def header_of(session: Session, run: ReportRun, as_of: datetime) -> Header:
    """Return the header of a run that is frozen at ``as_of``."""
    return _header(session, run.id, run.year, run.quarter, run.department_id, as_of)


def previous_figures(session: Session, run: ReportRun) -> Sequence[dict[str, Any]]:
    """Return the figures of the last quarter's report of the same scope; none where it is missing or damaged."""
    year, quarter = (run.year, run.quarter - 1) if run.quarter > 1 else (run.year - 1, 4)
    before = queries.last_done(session, year, quarter, run.department_id)
    if before is None:
        return []
    row = queries.artifact(session, before.id, FIGURES)
    path = folder_of(runtime_of(session), before.id) / FIGURES
    if row is None or not path.is_file() or sm3_hex(path.read_bytes()) != row.sm3:
        return []
    found = canonical.loads(path.read_bytes().rstrip(b"\n"))
    return [{**figure, "run_id": str(before.id)} for figure in found]


def _header(
    session: Session, run_id: uuid.UUID, year: int, quarter: int, department_id: uuid.UUID | None, as_of: datetime
) -> Header:
    ident, code, name = "district", DISTRICT_CODE, DISTRICT_NAME
    if department_id is not None:
        unit = session.get(Department, department_id)
        if unit is None:
            raise NOT_FOUND()
        ident, code, name = str(unit.id), unit.code, unit.name
    return Header(str(run_id), ident, code, name, year, quarter, as_of, clock.business_day(as_of))


def _done(session: Session, actor: Actor, run_id: uuid.UUID) -> ReportRun:
    run = get(session, actor, run_id=run_id)
    if run.state != "done":
        raise RUN_NOT_DONE(run=str(run_id), state=run.state)
    return run


def _trusted_manifest(run: ReportRun, folder: Path) -> dict[str, Any]:
    path = folder / manifest.MANIFEST
    if not path.is_file() or sm3_hex(path.read_bytes()) != run.run_root:
        raise ARTIFACT_DAMAGED(run=str(run.id), name=manifest.MANIFEST)
    return manifest.read(folder)
