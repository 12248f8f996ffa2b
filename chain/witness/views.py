"""Witnesses as people look at them."""

from sqlalchemy.orm import Session

from chain.anchoring import queries as anchors
from chain.witness import queries
from chain.witness.models import AnchorWitness
from chain.witness.schemas import CheckpointList, CheckpointOut, WitnessList, WitnessOut
from kernel import clock
from kernel.identity.models import Department


def witnesses(session: Session) -> WitnessList:
    """Return every witness, by name, with what it signed."""
    known = anchors.trust(session)
    rows = session.scalars(queries.witnesses()).all()
    items = [one(session, row) for row in rows]
    return WitnessList(items=items, quorum=known.witness_quorum if known else 0, total=len(items), size=len(items))


def one(session: Session, row: AnchorWitness) -> WitnessOut:
    """Return one witness."""
    count, last = queries.signed(session, row.id)
    unit = session.get(Department, row.department_id) if row.department_id else None
    return WitnessOut(
        id=row.id, name=row.name, department_id=row.department_id, department=unit.name if unit else None,
        key=row.key.hex(), url=row.url, state=row.state, signed=count, last_signed_at=last, problem=row.problem,
        problem_stream=row.problem_stream, problem_at=row.problem_at, created_at=row.created_at,
    )


def checkpoints(session: Session) -> CheckpointList:
    """Return the newest checkpoint of every stream."""
    items = [
        CheckpointOut(
            origin=point.origin, stream=point.stream, size=point.size, root=point.root.hex(),
            time=clock.iso(point.time), key=point.key.hex(), signature=point.signature.hex(),
        )
        for point in queries.newest_checkpoints(session)
    ]
    return CheckpointList(items=items, total=len(items), size=len(items))
