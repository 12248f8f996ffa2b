"""Cells corrected beside the uploaded workbook: the file and its digest stay, the next check reads what was corrected.

Corrections are only added, so that who wrote what when can be told as long as the batch is kept. A batch whose
corrections were not all read by its last check cannot be applied: its staged rows say something else.
"""

import uuid
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.errors import BATCH_STATE
from catalog.imports import queries, service
from catalog.imports.corrected import last
from catalog.imports.errors import CELL_UNKNOWN, CELLS_TOO_MANY, FILE_GONE, NOT_CORRECTED
from catalog.imports.models import ImportBatch, ImportCorrection, ImportFinding
from catalog.permissions import IMPORT
from kernel import clock
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.identity.actor import Actor, require

MOST: Final = 5_000
"""Corrections of one batch; whoever needs more works in the spreadsheet."""

def correct(
    session: Session, actor: Actor, batch: ImportBatch, *, sheet: str, row_no: int, column: str, value: str | None
) -> ImportCorrection:
    """Correct a cell that a finding names or that was corrected before; ``value`` None takes the correction back.

    The audit trail holds the place and a digest of the value: cells may hold what only this directory may keep.
    Raises ``catalog.import.state`` unless the batch is checked, ``.file_gone``, ``.cell_unknown``, ``.cells_many``,
    ``.not_corrected``.
    """
    require(actor, IMPORT, department_id=batch.department_id if actor.scope == "own" else None)
    if batch.state != "checked":
        raise BATCH_STATE(state=service.STATES[batch.state], action="更正")
    if not service.file_of(session, batch.id).exists():
        raise FILE_GONE()
    held = queries.corrections(session, batch.id)
    before = held.get((sheet, row_no, column))
    if value is None and (before is None or before.value is None):
        raise NOT_CORRECTED(address=f"{sheet}!{column}{row_no}")
    header, original = (before.header, before.original) if before else _named(session, batch.id, sheet, row_no, column)
    if last(held) >= MOST:
        raise CELLS_TOO_MANY(limit=MOST)
    audit_id = record(
        session, actor, action="catalog.import.correct", object_type="import_batch", object_id=str(batch.id),
        detail={
            "sheet": sheet, "row": row_no, "column": column,
            "value_sm3": None if value is None else sm3_hex(value.encode()),
        },
        department_id=batch.department_id,
    )
    made = ImportCorrection(
        batch_id=batch.id, number=last(held) + 1, sheet=sheet, row_no=row_no, column=column, header=header,
        original=original, value=value, created_by=actor.user_id, created_name=actor.name, created_at=clock.now(),
        audit_id=audit_id,
    )
    session.add(made)
    session.flush()
    return made


def _named(session: Session, batch_id: uuid.UUID, sheet: str, row_no: int, column: str) -> tuple[str | None, str]:
    query = select(ImportFinding.header, ImportFinding.value).where(
        ImportFinding.batch_id == batch_id, ImportFinding.sheet == sheet, ImportFinding.row_no == row_no,
        ImportFinding.column == column,
    )
    found = session.execute(query.limit(1)).first()
    if found is None:
        raise CELL_UNKNOWN(address=f"{sheet}!{column}{row_no}")
    return found[0], found[1]
