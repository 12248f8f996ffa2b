"""Use cases of imports: take a workbook in, check it, apply it, undo it."""

import uuid
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from catalog.codes import profiles as codes
from catalog.errors import BATCH_ERRORS, BATCH_ROW_ERRORS, BATCH_STATE, BATCH_UNKNOWN
from catalog.imports import corrected, queries
from catalog.imports.apply import Applier, mark_applied
from catalog.imports.errors import BATCH_CLASHES, UNCHECKED
from catalog.imports.findings import ERROR
from catalog.imports.models import ImportBatch
from catalog.imports.prepared import PAGE, Prepared
from catalog.imports.profile import profile as profile_named
from catalog.imports.progress import Progress, silent
from catalog.imports.reader import FILE_LIMIT, refused
from catalog.permissions import EDIT, IMPORT
from kernel import clock, ids
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.files_atomic import write_atomic
from kernel.identity.actor import Actor, require
from kernel.runtime import runtime_of

STATES = {
    "uploaded": "已上传", "checked": "已检查", "applied": "已导入", "undone": "已撤销导入", "failed": "未能读取",
}


def file_of(session: Session, batch_id: uuid.UUID) -> Path:
    """Where the uploaded workbook of a batch is kept."""
    return runtime_of(session).home.files_dir / "imports" / f"{batch_id}.bin"


def base_folder(session: Session) -> Path:
    """Where what was exported is kept."""
    return runtime_of(session).home.files_dir / "exports"


def found(session: Session, actor: Actor, batch_id: uuid.UUID) -> ImportBatch:
    """A batch that the actor sees, or ``catalog.import.unknown``."""
    batch = queries.batch(session, actor, batch_id)
    if batch is None:
        raise BATCH_UNKNOWN()
    return batch


def uploader(session: Session, batch_id: uuid.UUID) -> Actor:
    """The actor of a batch's background work: the uploader with the scope and rights held at the upload."""
    batch = session.get(ImportBatch, batch_id)
    if batch is None:
        raise BATCH_UNKNOWN()
    options = batch.options
    return Actor(
        user_id=batch.created_by, name=batch.created_name, permissions=frozenset(options["permissions"]),
        department_id=uuid.UUID(options["department"]) if options["department"] else None,
        scope="all" if options["scope"] == "all" else "own",
    )


def upload(
    session: Session,
    actor: Actor,
    *,
    filename: str,
    data: bytes,
    profile: str,
    department_id: uuid.UUID | None = None,
    create_departments: bool | None = None,
    numbers: str | None = None,
) -> ImportBatch:
    """Keep a workbook (at most 50 MB) and open its batch; nothing of it is read yet.

    ``create_departments`` None takes the profile's choice; ``numbers`` names a number profile.
    """
    require(actor, IMPORT, department_id=department_id)
    chosen = profile_named(profile)
    codes.numbers(session, numbers)
    if len(data) > FILE_LIMIT:
        raise refused("too_large")
    batch_id = ids.new()
    path = file_of(session, batch_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, data, mode=0o600)
    digest = sm3_hex(data)
    audit_id = record(
        session,
        actor,
        action="catalog.import.upload",
        object_type="import_batch",
        object_id=str(batch_id),
        detail={"filename": filename, "size": len(data), "sm3": digest, "profile": profile},
        department_id=department_id,
    )
    batch = ImportBatch(
        id=batch_id, profile=profile, filename=filename[:255], size=len(data), sm3=digest,
        options={
            "create_departments": chosen.create_departments if create_departments is None else create_departments,
            "numbers": numbers, "scope": actor.scope,
            "department": str(actor.department_id) if actor.department_id else None,
            "permissions": sorted(permission for permission in (IMPORT, EDIT) if actor.may(permission)),
        },
        state="uploaded", counts={}, failure=None, department_id=department_id or actor.department_id,
        created_by=actor.user_id, created_name=actor.name, created_at=clock.now(), audit_id=audit_id,
    )
    session.add(batch)
    session.flush()
    return batch


def fail(session: Session, batch: ImportBatch, code: str, params: dict[str, Any]) -> None:
    """Note that the workbook could not be read."""
    batch.state, batch.failure = "failed", {"code": code, "params": params}
    session.flush()


def require_applicable(session: Session, batch: ImportBatch, *, accept_partial: bool) -> int:
    """Raise unless the batch may be applied now; returns how many rows stay out."""
    if batch.state != "checked":
        raise BATCH_STATE(state=STATES[batch.state], action="导入")
    unchecked = queries.unchecked(session, batch)
    if unchecked:
        raise UNCHECKED(cells=unchecked)
    if batch.counts["findings"][ERROR]:
        raise BATCH_ERRORS(errors=batch.counts["findings"][ERROR])
    undecided = queries.undecided(session, batch.id)
    if undecided:
        raise BATCH_CLASHES(cells=undecided)
    skipped = int(batch.counts["actions"].get("skip", 0))
    if skipped and not accept_partial:
        raise BATCH_ROW_ERRORS(rows=skipped)
    return skipped


def waiting(batch: ImportBatch) -> int:
    """How many rows of a checked batch are to be written."""
    return sum(int(batch.counts["actions"].get(action, 0)) for action in ("create", "update"))


def apply(
    session: Session,
    actor: Actor,
    batch: ImportBatch,
    *,
    accept_partial: bool = False,
    progress: Progress = silent,
    prepared: Prepared | None = None,
) -> dict[str, int]:
    """Write the staged rows into the directory, all of them in the caller's transaction; ``prepared``: with texts that
    were worked out before it.

    Raises ``catalog.import.errors`` (an error imports nothing), ``.row_errors`` without ``accept_partial``,
    ``.unchecked`` after a correction, ``.stale`` when rows were edited since the check, ``.state`` unless checked.
    """
    require(actor, IMPORT, department_id=batch.department_id if actor.scope == "own" else None)
    skipped = require_applicable(session, batch, accept_partial=accept_partial)
    audit_id = record(
        session, actor, action="catalog.import.apply", object_type="import_batch", object_id=str(batch.id),
        detail={
            "sm3": batch.sm3, "profile": batch.profile, "skipped": skipped, "rows": batch.counts["rows"],
            "corrections_sm3": corrected.digest(queries.corrections(session, batch.id)),
        },
        department_id=batch.department_id,
    )
    applier = Applier(
        session, actor, batch, audit_id, profile_named(batch.profile).source, queries.chosen_cells(session, batch.id),
        prepared,
    )
    pages = queries.staged_pages(session, batch.id, PAGE, "create", "update")
    counts = applier.run(pages, waiting(batch), progress)
    session.flush()
    mark_applied(session, batch, clock.now(), counts)
    return counts
