"""Use cases of imports: take a workbook in, check it, apply it, undo it."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from catalog.errors import BATCH_ERRORS, BATCH_ROW_ERRORS, BATCH_STATE, BATCH_UNKNOWN
from catalog.imports import queries
from catalog.imports.apply import Applier, Progress, mark_applied
from catalog.imports.check import Checker, Staged
from catalog.imports.findings import ERROR, ROW_ERROR, WARNING, Finding
from catalog.imports.mapping import Mapped, map_sheets
from catalog.imports.models import ImportBatch, ImportFinding, ImportRow
from catalog.imports.profile import profile as profile_named
from catalog.imports.reader import FILE_LIMIT, Sheet, refused
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


def silent(done: int, total: int, message: str) -> None:
    """A progress that goes nowhere."""


def file_of(session: Session, batch_id: uuid.UUID) -> Path:
    """Where the uploaded workbook of a batch is kept."""
    return runtime_of(session).home.files_dir / "imports" / f"{batch_id}.bin"


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


def stage(session: Session, actor: Actor, batch: ImportBatch, sheets: Sequence[Sheet]) -> ImportBatch:
    """The dry run: replace the batch's staged rows and findings by those of ``sheets``."""
    require(actor, IMPORT)
    if batch.state not in ("uploaded", "checked", "failed"):
        raise BATCH_STATE(state=STATES[batch.state], action="重新检查")
    chosen = profile_named(batch.profile)
    mapped = map_sheets(chosen, sheets, batch.options.get("numbers"))
    if any(finding.code == "secret" for finding in mapped.findings):
        return _refuse_secret(session, batch, mapped)
    checker = Checker(
        session, actor, chosen, mapped, department_id=batch.department_id,
        create_departments=bool(batch.options.get("create_departments")),
    )
    staged = checker.run()
    for model in (ImportRow, ImportFinding):
        session.execute(delete(model).where(model.batch_id == batch.id))
    if staged:
        session.execute(insert(ImportRow), [_row(batch.id, seq, one) for seq, one in enumerate(staged, start=1)])
    if mapped.findings:
        ordered = sorted(enumerate(mapped.findings), key=lambda pair: (pair[1].sheet, pair[1].row or 0, pair[0]))
        session.execute(insert(ImportFinding), [
            _finding(batch.id, seq, finding) for seq, (_, finding) in enumerate(ordered, start=1)
        ])
    batch.state, batch.counts, batch.failure = "checked", _counts(mapped, staged), None
    session.flush()
    return batch


def _refuse_secret(session: Session, batch: ImportBatch, mapped: Mapped) -> ImportBatch:
    """Keep nothing of a workbook with a secret row: no file, no rows, no cell contents, only where it stood."""
    for model in (ImportRow, ImportFinding):
        session.execute(delete(model).where(model.batch_id == batch.id))
    found = [replace(finding, value="") for finding in mapped.findings if finding.code == "secret"]
    session.execute(insert(ImportFinding), [_finding(batch.id, seq, one) for seq, one in enumerate(found, start=1)])
    batch.state, batch.failure = "checked", None
    batch.counts = _counts(Mapped(findings=found), [])
    session.flush()
    file_of(session, batch.id).unlink(missing_ok=True)
    return batch


def fail(session: Session, batch: ImportBatch, code: str, params: dict[str, Any]) -> None:
    """Note that the workbook could not be read."""
    batch.state, batch.failure = "failed", {"code": code, "params": params}
    session.flush()


def _row(batch_id: uuid.UUID, seq: int, one: Staged) -> dict[str, Any]:
    return {
        "batch_id": batch_id, "seq": seq, "sheet": one.row.sheet[:64], "row_no": one.row.number,
        "kind": one.row.kind, "raw": one.row.raw, "data": one.data, "action": one.action, "node_id": one.node_id,
        "revision": one.revision,
    }


def _finding(batch_id: uuid.UUID, seq: int, finding: Finding) -> dict[str, Any]:
    zh, en, fix_zh, fix_en = finding.texts()
    return {
        "batch_id": batch_id, "seq": seq, "sheet": finding.sheet[:64], "row_no": finding.row,
        "column": finding.column, "header": finding.header, "value": finding.value, "severity": finding.severity,
        "code": finding.code, "zh": zh, "en": en, "fix_zh": fix_zh, "fix_en": fix_en,
    }


def _counts(mapped: Mapped, staged: Sequence[Staged]) -> dict[str, Any]:
    actions: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for one in staged:
        actions[one.action] = actions.get(one.action, 0) + 1
        if one.action != "skip":
            kinds[one.row.kind] = kinds.get(one.row.kind, 0) + 1
    codes: dict[str, int] = {}
    for finding in mapped.findings:
        codes[finding.code] = codes.get(finding.code, 0) + 1
    severities = {level: sum(f.severity == level for f in mapped.findings) for level in (ERROR, ROW_ERROR, WARNING)}
    return {"rows": len(mapped.rows), "actions": actions, "kinds": kinds, "findings": severities, "codes": codes}


def require_applicable(batch: ImportBatch, *, accept_partial: bool) -> int:
    """Raise unless the batch may be applied now; returns how many rows stay out."""
    if batch.state != "checked":
        raise BATCH_STATE(state=STATES[batch.state], action="导入")
    if batch.counts["findings"][ERROR]:
        raise BATCH_ERRORS(errors=batch.counts["findings"][ERROR])
    skipped = int(batch.counts["actions"].get("skip", 0))
    if skipped and not accept_partial:
        raise BATCH_ROW_ERRORS(rows=skipped)
    return skipped


def apply(
    session: Session,
    actor: Actor,
    batch: ImportBatch,
    *,
    accept_partial: bool = False,
    progress: Progress = silent,
) -> dict[str, int]:
    """Write the staged rows into the directory, all of them in the caller's transaction.

    Raises ``catalog.import.errors`` (an error imports nothing), ``.row_errors`` without ``accept_partial``,
    ``.stale`` when rows were edited since the check, ``.state`` unless the batch is checked.
    """
    require(actor, IMPORT, department_id=batch.department_id if actor.scope == "own" else None)
    skipped = require_applicable(batch, accept_partial=accept_partial)
    audit_id = record(
        session, actor, action="catalog.import.apply", object_type="import_batch", object_id=str(batch.id),
        detail={"sm3": batch.sm3, "profile": batch.profile, "skipped": skipped, "rows": batch.counts["rows"]},
        department_id=batch.department_id,
    )
    rows = queries.rows(session, batch.id, "create", "update")
    applier = Applier(session, actor, batch, audit_id, profile_named(batch.profile).source)
    counts = applier.run(rows, progress)
    session.flush()
    mark_applied(session, batch, clock.now(), counts)
    return counts
