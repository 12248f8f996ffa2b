"""Imports in the background: checking an upload and applying a checked batch."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from catalog.errors import WORKBOOK
from catalog.imports import exporting, service, staging
from catalog.imports.models import ImportBatch
from catalog.imports.prepared import Prepared
from catalog.imports.progress import Progress, half, silent
from catalog.imports.reader import open_book
from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

CHECK = "catalog.import.check"
APPLY = "catalog.import.apply"
EXPORT = "catalog.export.make"
FORGET = "catalog.export.forget"


def run_check(
    database: Database, actor: Actor, batch_id: uuid.UUID, progress: Progress = silent
) -> ImportBatch:
    """Read the workbook outside any transaction, then stage its rows; a refused file fails the batch."""
    with database.read() as session:
        batch = service.found(session, actor, batch_id)
        path, filename = service.file_of(session, batch_id), batch.filename
    progress(0, 0, "读取工作簿")
    try:
        with open_book(path, filename) as sheets:
            return staging.check(database, actor, batch, sheets, progress)
    except MulianError as error:
        if error.code == WORKBOOK.code:
            code, params = error.code, error.params
            database.run(lambda unit: service.fail(unit, service.found(unit, actor, batch_id), code, params))
        raise


def run_apply(
    database: Database, actor: Actor, batch_id: uuid.UUID, *, accept_partial: bool, progress: Progress = silent
) -> dict[str, int]:
    """Apply in one transaction; a batch that is already applied answers with what it did.

    SQLite has one writer: what can be worked out without the transaction is worked out before it begins.
    """

    def unit(session: Session) -> dict[str, int]:
        batch = service.found(session, actor, batch_id)
        if batch.state == "applied":
            return dict(batch.counts["applied"])
        return service.apply(
            session, actor, batch, accept_partial=accept_partial, progress=half(progress, 1), prepared=prepared
        )

    with database.read() as session:
        batch = service.found(session, actor, batch_id)
        folder = service.file_of(session, batch_id).parent
        if batch.state != "applied":
            service.require_applicable(session, batch, accept_partial=accept_partial)
    with Prepared(folder) as prepared:
        if batch.state != "applied":
            prepared.fill(database, batch_id, service.waiting(batch), half(progress, 0))
        return database.run(unit)


def _actor(ctx: JobContext, batch_id: uuid.UUID) -> Actor:
    """Whoever uploaded the batch, with the reach held then: a job's own actor would see every department."""
    with ctx.database.read() as session:
        return service.uploader(session, batch_id)


def _progress(ctx: JobContext) -> Progress:
    """Tell how far the job is, and stop it where somebody cancelled it."""

    def tell(done: int, total: int, message: str) -> None:
        ctx.check_cancelled()
        ctx.progress(done, total, message)

    return tell


@job(CHECK, zh="检查导入文件", en="Check an import")
def check(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Body of the check job."""
    batch_id = uuid.UUID(params["batch_id"])
    batch = run_check(ctx.database, _actor(ctx, batch_id), batch_id, _progress(ctx))
    return {"batch_id": params["batch_id"], **batch.counts}


@job(APPLY, zh="导入目录", en="Apply an import")
def apply(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Body of the apply job."""
    ctx.check_cancelled()
    batch_id = uuid.UUID(params["batch_id"])
    counts = run_apply(
        ctx.database, _actor(ctx, batch_id), batch_id, accept_partial=bool(params.get("accept_partial")),
        progress=_progress(ctx),
    )
    return {"batch_id": params["batch_id"], **counts}


@job(EXPORT, zh="导出目录", en="Export the directory")
def export(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Body of the export job."""
    export_id = uuid.UUID(params["export_id"])
    try:
        return exporting.answer(exporting.make(ctx.database, export_id, _progress(ctx)))
    except (MulianError, OSError) as error:
        code = error.code if isinstance(error, MulianError) else "disk"
        ctx.database.run(lambda session: exporting.fail(session, export_id, code))
        raise


@job(FORGET, zh="清理过期的导出文件", en="Remove old export files")
def forget(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Body of the nightly cleaning."""
    folder = ctx.runtime.home.files_dir / "exports"
    return dict(exporting.forget(folder, now=clock.to_micros(clock.now()) / 1e6))


schedule(FORGET, cron="40 3 * * *", missed="run_once")
