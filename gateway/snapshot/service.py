"""Writing snapshots, in the transaction of the change that causes them."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from gateway.errors import SNAPSHOT_EMPTY
from gateway.snapshot import documents, places, queries
from gateway.snapshot.models import Snapshot, SnapshotHead
from kernel import canonical, clock
from kernel.digest import sm3_hex

PRODUCTION, TEST = places.PRODUCTION, places.TEST


def build_all(session: Session, *, audit_id: uuid.UUID) -> None:
    """Write the next snapshot of each environment that a change touches."""
    for environment in (PRODUCTION, TEST):
        build(session, audit_id=audit_id, environment=environment)


def build(session: Session, *, audit_id: uuid.UUID, environment: str = PRODUCTION) -> int:
    """Write the next snapshot when something changed; return the current number.

    Before the first publication there is nothing to serve, so nothing is written. Once there is a snapshot the
    next one of production is never empty: retired interfaces stay in it as tombstones. The test environment keeps
    its last one instead when its last interface goes.
    """
    session.flush()
    current = queries.head_number(session, environment)
    wanted = document(session, environment)
    if not wanted["interfaces"]:
        if current and environment == PRODUCTION:
            raise SNAPSHOT_EMPTY()
        return current
    body = canonical.dumps(wanted).decode()
    checksum = sm3_hex(body.encode())
    last = queries.load(session, environment, current) if current else None
    if last is not None and last.sm3 == checksum:
        return current
    session.add(Snapshot(
        environment=environment, number=current + 1, sm3=checksum, body=body, created_at=clock.now(), audit_id=audit_id,
    ))
    if current:
        head = session.get(SnapshotHead, environment)
        assert head is not None
        head.number = current + 1
    else:
        session.add(SnapshotHead(environment=environment, number=1))
    session.flush()
    return current + 1


def document(session: Session, environment: str) -> dict[str, Any]:
    """Return what the next snapshot of an environment would hold."""
    return documents.production(session) if environment == PRODUCTION else documents.test(session)
