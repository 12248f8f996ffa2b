"""How many records of each department are final, kept batch by batch: counting leaves costs as long as there are any.

Written by whoever holds a stream's lease, in the transaction that makes a batch final or void. What is not final yet is
few, and is counted where it is asked for.
"""

import uuid
from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.anchoring.models import AnchorBatch, AnchorLeaf, AnchorTally


def add(session: Session, batch: AnchorBatch) -> None:
    """Count the leaves of a batch that has become final."""
    _change(session, batch, 1)


def take_back(session: Session, batch: AnchorBatch) -> None:
    """Take back what :func:`add` counted, before the leaves of a final batch are freed."""
    _change(session, batch, -1)


def final_records(session: Session, department_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return the number of final records of departments that have any."""
    query = select(AnchorTally.department_id, func.sum(AnchorTally.records))
    rows = session.execute(
        query.where(AnchorTally.department_id.in_(department_ids)).group_by(AnchorTally.department_id)
    )
    return {department: int(number) for department, number in rows}


def _change(session: Session, batch: AnchorBatch, sign: int) -> None:
    counted = session.execute(
        select(AnchorLeaf.department_id, func.count())
        .where(AnchorLeaf.batch_id == batch.id, AnchorLeaf.department_id.is_not(None))
        .group_by(AnchorLeaf.department_id)
    ).all()
    for department, number in counted:
        row = session.get(AnchorTally, (batch.stream, department))
        if row is None:
            row = AnchorTally(stream=batch.stream, department_id=department, records=0)
            session.add(row)
        row.records += sign * number
