"""Which broker answers for an application: a row an AppKey, and one fenced lease a broker (kernel.leases).

A broker whose lease ran out may be deposed: whoever needs one of its applications takes the lease (a higher fence)
and then the application, and refuses timestamps that the broker before may have accepted (``floor``).
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.broker.models import AppOwner, Broker
from gateway.broker.nonces import FLOOR_SECONDS
from kernel import clock
from kernel.leases import service as leases
from kernel.leases.models import Lease
from kernel.leases.service import Held

LEASE_SECONDS = 20.0
# the holder stops answering this much earlier than others may take over: hosts' clocks may differ by as much
MARGIN_SECONDS = 2.0


class Owner(NamedTuple):
    """Who answers for an application. ``address``: "" when it is the asking broker itself."""

    broker_id: str
    address: str
    floor: int


def lease_name(broker_id: str) -> str:
    """Return the name of a broker's lease."""
    return f"gateway.broker.{broker_id}"


def register(session: Session, *, broker_id: str, address: str, boot: str) -> Held | None:
    """Take the own lease, or prolong it after a restart of the process on the same start of the host.

    None while its time runs under another holder: this host before it crashed, or a clone of its disk.
    """
    holder = f"{broker_id}/{boot}"
    row = session.get(Broker, broker_id)
    if row is None:
        row = Broker(id=broker_id, address=address, deposed_at=None)
        session.add(row)
    lease = session.get(Lease, lease_name(broker_id))
    if lease is not None and lease.holder == holder:
        held: Held | None = leases.renew(
            session, Held(lease.name, holder, lease.fence, lease.expires_at, LEASE_SECONDS),
        )
    else:
        held = leases.acquire(session, lease_name(broker_id), holder, LEASE_SECONDS)
    if held is not None:
        row.address, row.deposed_at = address, None
    session.flush()
    return held


def owned(session: Session, broker_id: str) -> dict[bytes, int]:
    """Return digest of AppKey → floor of everything that a broker answers for."""
    rows = session.scalars(select(AppOwner).where(AppOwner.broker_id == broker_id))
    return {bytes.fromhex(row.app): row.floor for row in rows}


def claim(session: Session, broker_id: str, apps: Sequence[bytes]) -> list[Owner]:
    """Return who answers for each application: this broker where nobody did, or where the one before is gone."""
    return [_claim(session, broker_id, app) for app in apps]


def _claim(session: Session, broker_id: str, app: bytes) -> Owner:
    row = session.get(AppOwner, app.hex())
    if row is None:
        row = AppOwner(app=app.hex(), broker_id=broker_id, floor=0)
        session.add(row)
        session.flush()
    if row.broker_id != broker_id:
        other = session.get_one(Broker, row.broker_id)
        if not _depose(session, broker_id, other):
            return Owner(other.id, other.address, 0)
        assert other.deposed_at is not None
        row.broker_id, row.floor = broker_id, clock.to_micros(other.deposed_at) // 1_000_000 + 1 + FLOOR_SECONDS
        session.flush()
    return Owner(broker_id, "", row.floor)


def _depose(session: Session, broker_id: str, other: Broker) -> bool:
    """Take the lease of a broker whose time ran out; whether it is deposed now.

    What it had accepted before lies under ``deposed_at`` + 30 s. When it comes back it finds a higher fence.
    """
    if other.deposed_at is not None:
        return True
    taken = leases.acquire(session, lease_name(other.id), broker_id, LEASE_SECONDS)
    if taken is None:
        return False
    leases.release(session, taken)
    other.deposed_at = clock.now()
    session.flush()
    return True

