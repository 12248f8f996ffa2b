"""Importing a ledger workbook in the background."""

import uuid
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from catalog.ledger import service
from catalog.permissions import LEDGER
from kernel import ids
from kernel.errors import MulianError
from kernel.files_atomic import write_atomic
from kernel.identity.actor import Actor, require
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job
from kernel.jobs.service import enqueue
from kernel.runtime import Runtime, runtime_of

IMPORT = "catalog.ledger.import"


def _file(runtime: Runtime, upload_id: str) -> Path:
    return runtime.home.files_dir / "imports" / f"ledger-{uuid.UUID(upload_id)}.bin"


def queue(
    session: Session, actor: Actor, *, filename: str, data: bytes, dry_run: bool, accept_partial: bool
) -> uuid.UUID:
    """Keep an uploaded workbook and queue the job that reads it; returns the job's id."""
    require(actor, LEDGER)
    upload_id = str(ids.new())
    path = _file(runtime_of(session), upload_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, data, mode=0o600)
    params = {
        "upload_id": upload_id, "filename": filename[:255], "dry_run": dry_run, "accept_partial": accept_partial,
    }
    return enqueue(session, actor, IMPORT, params).id


@job(IMPORT, zh="导入信息化项目底账", en="Import the project ledger")
def import_ledger(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Body of the import job. Run again, it finds its rows unchanged, so it may be interrupted anywhere."""
    path = _file(ctx.runtime, params["upload_id"])
    ctx.progress(0, 2, "读取工作簿")
    try:
        found = service.run(
            ctx.database, ctx.actor, path, params["filename"], dry_run=params["dry_run"],
            accept_partial=params["accept_partial"],
        )
    except MulianError:
        path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)
    ctx.progress(2, 2, "完成")
    return found
