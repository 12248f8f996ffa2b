"""Exports in the background: asking for one, making it, handing it out, forgetting old ones."""

import hashlib
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from catalog.imports.base import KEPT_DAYS
from catalog.imports.errors import EXPORT_NOT_MADE, EXPORT_UNKNOWN
from catalog.imports.export import Made, Wish, permitted, scope_name, write
from catalog.imports.models import CatalogExport
from catalog.imports.progress import Progress, silent
from catalog.imports.service import base_folder
from catalog.permissions import IMPORT, READ
from kernel import clock, ids
from kernel.audit.service import record
from kernel.db import Database
from kernel.identity.actor import Actor, require

FILE_DAYS: Final = 7
"""The workbook itself is kept this long; its base stays, so that it can come back later."""

MEDIA: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "json": "application/json",
    "csv": "text/csv",
}


def ask(session: Session, actor: Actor, wish: Wish) -> CatalogExport:
    """Open an export; nothing is written yet. 404 for a foreign department."""
    require(actor, IMPORT if wish.template else READ)
    wish, name = permitted(session, actor, wish)
    export_id = ids.new()
    filename = f"四级目录{'模板' if wish.template else ''}-{name}-{clock.business_day(clock.now()):%Y%m%d}.{wish.format}"
    audit_id = record(
        session, actor, action="catalog.export.ask", object_type="catalog_export", object_id=str(export_id),
        detail={"format": wish.format, "template": wish.template, "kind": wish.kind, "scope": name},
        department_id=wish.department_id,
    )
    row = CatalogExport(
        id=export_id, format=wish.format, kind=wish.kind, template=wish.template, filename=filename[:255],
        department_id=wish.department_id, state="queued", rows=None, held_back=None, size=None, sm3=None, failure=None,
        created_by=actor.user_id, created_name=actor.name, created_at=clock.now(), made_at=None, job_id=None,
        audit_id=audit_id,
    )
    session.add(row)
    session.flush()
    return row


def make(database: Database, export_id: uuid.UUID, progress: Progress = silent) -> CatalogExport:
    """Write the file from one snapshot of the database; an export that is made already answers as it is."""
    with database.read() as session:
        row = session.get(CatalogExport, export_id)
        if row is None:
            raise EXPORT_UNKNOWN()
        if row.state == "made":
            return row
        folder, name = base_folder(session), scope_name(session, row.department_id)
        wish = Wish(row.department_id, row.format, row.kind, row.template)
        path = _file(folder, row)
        draft = path.with_suffix(".part")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            made = write(session, wish, name, draft, folder, export_id, progress)
            draft.chmod(0o600)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    digest, size = _digest(path), path.stat().st_size
    return database.run(lambda unit: _note(unit, export_id, made, digest, size))


def fail(session: Session, export_id: uuid.UUID, code: str) -> None:
    """Note that the export could not be made."""
    row = session.get_one(CatalogExport, export_id)
    row.state, row.failure = "failed", {"code": code}
    session.flush()


def _note(session: Session, export_id: uuid.UUID, made: Made, digest: str, size: int) -> CatalogExport:
    row = session.get_one(CatalogExport, export_id)
    row.state, row.rows, row.held_back = "made", made.rows, made.held_back
    row.sm3, row.size, row.made_at = digest, size, clock.now()
    session.flush()
    return row


def _digest(path: Path) -> str:
    digest = hashlib.new("sm3")
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _file(folder: Path, row: CatalogExport) -> Path:
    return folder / f"{row.id}.{row.format}"


def _in_scope(actor: Actor) -> ColumnElement[bool]:
    if actor.kind == "system" or actor.scope == "all":
        return true()
    return or_(CatalogExport.created_by == actor.user_id, CatalogExport.department_id == actor.department_id)


def exports(actor: Actor) -> Select[CatalogExport]:
    """Exports that an actor sees, newest first."""
    return select(CatalogExport).where(_in_scope(actor)).order_by(
        CatalogExport.created_at.desc(), CatalogExport.id.desc()
    )


def found(session: Session, actor: Actor, export_id: uuid.UUID) -> CatalogExport:
    """One export that the actor sees, or ``catalog.export.unknown``."""
    row = session.scalar(select(CatalogExport).where(CatalogExport.id == export_id, _in_scope(actor)))
    if row is None:
        raise EXPORT_UNKNOWN()
    return row


def file_of(session: Session, row: CatalogExport) -> Path:
    """The file of an export; ``catalog.export.not_made`` before it is there or after it was forgotten."""
    path = _file(base_folder(session), row)
    if row.state != "made" or not path.exists():
        raise EXPORT_NOT_MADE()
    return path


def forget(folder: Path, *, now: float) -> dict[str, int]:
    """Remove workbooks older than FILE_DAYS and bases older than KEPT_DAYS; ``now`` as seconds of the epoch."""
    gone = {"files": 0, "bases": 0}
    for path in folder.glob("*") if folder.is_dir() else ():
        days = KEPT_DAYS if path.name.endswith(".base.gz") else FILE_DAYS
        if path.stat().st_mtime < now - timedelta(days=days).total_seconds():
            path.unlink(missing_ok=True)
            gone["bases" if days == KEPT_DAYS else "files"] += 1
    return gone


def answer(row: CatalogExport) -> dict[str, Any]:
    """What the job reports."""
    return {"export_id": str(row.id), "rows": row.rows, "held_back": row.held_back, "size": row.size, "sm3": row.sm3}
