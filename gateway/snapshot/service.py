"""Writing snapshots, in the transaction of the change that causes them."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from catalog.public.release import release_allowed
from gateway.apps import queries as apps
from gateway.errors import SNAPSHOT_EMPTY
from gateway.grants import queries as grants
from gateway.interfaces import queries as interfaces
from gateway.snapshot import queries
from gateway.snapshot.models import Snapshot, SnapshotHead
from kernel import canonical, clock
from kernel.digest import sm3_hex

PRODUCTION = "production"


def build(session: Session, *, audit_id: uuid.UUID, environment: str = PRODUCTION) -> int:
    """Write the next snapshot when something changed; return the current number.

    Before the first publication there is nothing to serve, so nothing is written. Once there is a snapshot the
    next one is never empty: retired interfaces stay in it as tombstones.
    """
    session.flush()
    current = queries.head_number(session, environment)
    wanted = document(session, environment)
    if not wanted["interfaces"]:
        if current:
            raise SNAPSHOT_EMPTY()
        return 0
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
    """Return what the next snapshot would hold."""
    rows = []
    served = interfaces.served(session)
    # an entry that became important or core data is not served until its release is listed
    free = release_allowed(session, [interface.entry_id for interface, _ in served], "interface").allowed
    for interface, revision in served:
        definition = revision.definition
        rows.append({
            "code": interface.code, "path": interface.path, "revision": revision.number,
            "state": interface.state if interface.entry_id in free else "retired",
            "methods": definition["methods"], "auth": definition["auth"], "source": definition["source"],
            "contract": definition["contract"], "timeout_ms": definition["timeout_ms"],
            "body_limit": definition["body_limit"],
        } | {name: definition[name] for name in ("cache_seconds", "websocket") if definition.get(name)})
    granted: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for grant, code in grants.active(session):
        granted.setdefault(grant.app_id, []).append({
            "id": str(grant.id), "interface": code, "fields": grant.fields,
            "expires": clock.to_micros(grant.expires_at) // 1_000_000, "quota": grant.quota_day, "rate": grant.rate,
            "burst": grant.burst,
        })
    return {
        "version": 1, "environment": environment, "interfaces": rows,
        "apps": [
            {
                "key": app.app_key, "name": app.name, "grants": granted.get(app.id, []),
                "credentials": [
                    {"version": one.key_version, "sealed": one.sealed.hex()} for one in credentials
                ],
            }
            for app, credentials in apps.live(session)
        ],
    }
