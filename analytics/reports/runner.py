"""Building a requested run: freeze in one read unit, compute and typeset without a database, keep in one write unit.

Idempotent: a run that is done is left alone; an interrupted one starts again from its own freezing, in its own
folder. Files become visible under their final name only when all of them are there.
"""

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from analytics.errors import RUN_NOT_FOUND
from analytics.inputs.frozen import freeze
from analytics.inputs.sources import Selection, collect
from analytics.reports import manifest, service
from analytics.reports.basis import ARTIFACTS
from analytics.reports.build import build
from analytics.reports.header import Header
from analytics.reports.models import ReportArtifact, ReportInput, ReportRun
from chain.anchoring.service import append_leaf
from kernel import clock, ids
from kernel.audit.service import record
from kernel.digest import sha256_hex, sm3_hex
from kernel.errors import MulianError
from kernel.files_atomic import sync_folder
from kernel.identity.actor import Actor
from kernel.runtime import Runtime, runtime_of

STREAM = "reports"
STEPS = 11
Progress = Callable[[int, int, str], None]


def execute(runtime: Runtime, actor: Actor, run_id: uuid.UUID, progress: Progress) -> dict[str, Any]:
    """Build the run and return its roots. A failure is kept with the run and raised again."""
    # a command and a worker may hold the same run: one of them builds, the other is told who does
    with runtime.home.lock(f"report-{run_id}"):
        if runtime.database.run(lambda session: _start(session, run_id)) != "done":
            _build(runtime, actor, run_id, progress)
        return _result(runtime, run_id)


def _build(runtime: Runtime, actor: Actor, run_id: uuid.UUID, progress: Progress) -> None:
    steps = _Steps(progress)
    working = runtime.home.reports_dir / f".{run_id}.tmp"
    shutil.rmtree(working, ignore_errors=True)
    try:
        frozen, header = _freeze(runtime, run_id, working, steps)
        basis = build(working, header, frozen, steps.say)
        steps.say("写清单并登记")
        root = manifest.write(working, basis)
        _publish(working, service.folder_of(runtime, run_id))
        runtime.database.run(lambda session: _keep(session, actor, run_id, header, frozen, basis.input_root, root))
    except MulianError as error:
        _fail(runtime, run_id, error)
        raise
    finally:
        shutil.rmtree(working, ignore_errors=True)


class _Steps:
    """Counts the steps of a build for the progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._done = progress, 0

    def say(self, message: str) -> None:
        """Begin the next step."""
        self._progress(min(self._done, STEPS), STEPS, message)
        self._done += 1


def _start(session: Session, run_id: uuid.UUID) -> str:
    run = session.get(ReportRun, run_id)
    if run is None:
        raise RUN_NOT_FOUND(run=str(run_id))
    if run.state != "done":
        run.state, run.error = "running", None
    return run.state


def _freeze(
    runtime: Runtime, run_id: uuid.UUID, working: Path, steps: _Steps
) -> tuple[list[dict[str, Any]], Header]:
    with runtime.database.read() as session:
        run = session.get_one(ReportRun, run_id)
        as_of = clock.now()
        start, end = clock.quarter_bounds(run.year, run.quarter)
        selection = Selection(run.department_id, start, end, as_of)
        header = service.header_of(session, run, as_of)
        sources = collect(session, selection, service.previous_figures(session, run), steps.say)
    working.mkdir(parents=True)
    return [item.as_json() for item in freeze(working, sources)], header


def _publish(working: Path, final: Path) -> None:
    """Give the finished folder its name; what a crashed attempt left there goes first."""
    shutil.rmtree(final, ignore_errors=True)
    sync_folder(working)
    os.replace(working, final)
    sync_folder(final.parent)


def _keep(
    session: Session, actor: Actor, run_id: uuid.UUID, header: Header, frozen: list[dict[str, Any]], input_root: str,
    root: str,
) -> None:
    run = session.get_one(ReportRun, run_id)
    run.audit_id = record(
        session, actor, action="analytics.report.finish", object_type="report_run", object_id=str(run_id),
        department_id=run.department_id, detail={"input_root": input_root, "run_root": root, "title": header.title},
    )
    run.leaf_id = append_leaf(
        session, stream=STREAM, object_type="report_run", object_id=str(run_id), version=1,
        department_id=run.department_id, audit_id=run.audit_id,
        record={
            "input_root": input_root, "run_root": root, "title": header.title, "year": run.year, "quarter": run.quarter,
        },
    )
    run.state, run.title, run.input_root, run.run_root = "done", header.title, input_root, root
    run.frozen_at, run.finished_at = header.as_of, clock.now()
    session.add_all(ReportInput(id=ids.new(), run_id=run_id, **item) for item in frozen)
    folder = service.folder_of(runtime_of(session), run_id)
    for name, media in (*ARTIFACTS, (manifest.MANIFEST, "application/json")):
        data = (folder / name).read_bytes()
        session.add(ReportArtifact(
            id=ids.new(), run_id=run_id, name=name, media_type=media, bytes=len(data), sha256=sha256_hex(data),
            sm3=sm3_hex(data),
        ))


def _fail(runtime: Runtime, run_id: uuid.UUID, error: MulianError) -> None:
    def unit(session: Session) -> None:
        run = session.get_one(ReportRun, run_id)
        run.state = "failed"
        run.error = {"code": error.code, "zh": error.text("zh"), "en": error.text("en"), "fix": error.fix("zh")}

    runtime.database.run(unit)


def _result(runtime: Runtime, run_id: uuid.UUID) -> dict[str, Any]:
    with runtime.database.read() as session:
        run = session.get_one(ReportRun, run_id)
        return {"run_id": str(run.id), "title": run.title, "input_root": run.input_root, "run_root": run.run_root}
