"""Acquire, renew, release, assert and see leases. The caller owns the transaction."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from kernel import clock
from kernel.leases import holder as holders
from kernel.leases import rules
from kernel.leases.errors import LOST
from kernel.leases.models import Lease
from kernel.leases.rules import Held

__all__ = ["Held", "acquire", "assert_fence", "release", "renew", "taken"]


def acquire(session: Session, name: str, holder: str, ttl: float) -> Held | None:
    """Take the lease for ``ttl`` seconds with a new fence; None while another holder has it.

    Runs in a write unit; two processes that try at once are serialised by the database.
    """
    current = _current(session, name, ttl)
    dead = current is not None and holders.certainly_dead(current.holder)
    held = rules.take(current, name=name, holder=holder, ttl=ttl, now=clock.now(), dead=dead)
    if held is None:
        return None
    return held if _store(session, held, current) else None


def renew(session: Session, held: Held) -> Held:
    """Prolong by ``ttl`` from now. A late renewal is fine while nobody took over; else ``kernel.lease.lost``."""
    expires = clock.now() + timedelta(seconds=held.ttl)
    _touch(session, held, expires_at=expires)
    return Held(held.name, held.holder, held.fence, expires, held.ttl)


def release(session: Session, held: Held) -> None:
    """Give the lease back at once; the fence stays. A lease already taken over is left alone."""
    session.execute(
        update(Lease)
        .where(Lease.name == held.name, Lease.fence == held.fence)
        .values(expires_at=clock.from_micros(0))
    )


def taken(session: Session, name: str) -> bool:
    """Tell whether somebody has the lease now, as far as can be seen from here."""
    current = _current(session, name, 0)
    return current is not None and current.expires_at > clock.now() and not holders.certainly_dead(current.holder)


def assert_fence(session: Session, held: Held) -> None:
    """End a holder's transaction: raise ``kernel.lease.lost`` unless the fence is still ``held.fence``.

    An UPDATE, not a SELECT: it takes the row lock, so a take-over waits for this commit or makes it fail.
    """
    _touch(session, held, fence=held.fence)


def _current(session: Session, name: str, ttl: float) -> Held | None:
    row = session.execute(select(Lease).where(Lease.name == name)).scalar_one_or_none()
    return Held(name, row.holder, row.fence, row.expires_at, ttl) if row else None


def _touch(session: Session, held: Held, **values: object) -> None:
    found = session.execute(
        update(Lease).where(Lease.name == held.name, Lease.fence == held.fence).values(**values)
        .returning(Lease.name)
    ).first()
    if found is None:
        raise LOST(name=held.name)


def _store(session: Session, held: Held, current: Held | None) -> bool:
    values = {"holder": held.holder, "fence": held.fence, "expires_at": held.expires_at}
    if current is None:
        insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
        statement = insert(Lease).values(name=held.name, **values).on_conflict_do_nothing().returning(Lease.name)
        return session.execute(statement).first() is not None
    taken = update(Lease).where(Lease.name == held.name, Lease.fence == current.fence).values(**values)
    return session.execute(taken.returning(Lease.name)).first() is not None
