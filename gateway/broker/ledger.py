"""Debits of quota. What a broker hands out has left the database before, so that a crash admits less, never more."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.broker.limits import CALLS, DAY, MONTH, start_of
from gateway.broker.models import QuotaUse

SPANS = (DAY, MONTH)


class Debit(NamedTuple):
    """Up to ``want`` units of a grant; ``quota``: (a day's, a month's), 0 for none."""

    grant: bytes
    measure: str
    day: date
    want: int
    quota: tuple[int, int]


class Debited(NamedTuple):
    """Units that left the database; ``spent`` names the span that allowed no more."""

    units: int
    spent: str


def debit(session: Session, debits: Sequence[Debit]) -> list[Debited]:
    """Debit each as far as its quotas allow."""
    return [_debit(session, one) for one in debits]


def _debit(session: Session, one: Debit) -> Debited:
    rows = _rows(session, one)
    room = [
        (quota - row.debited, span) for row, quota, span in zip(rows, one.quota, SPANS, strict=True) if quota
    ]
    least, spent = min(room)
    units = max(0, min(one.want, least))
    for row in rows:
        row.debited += units
    session.flush()
    return Debited(units, spent if units < one.want else "")


def _rows(session: Session, one: Debit) -> list[QuotaUse]:
    """Both spans are always counted: a limit that comes later starts from what was used."""
    rows: list[QuotaUse] = []
    for span in SPANS:
        key = (uuid.UUID(bytes=one.grant), one.measure, span, start_of(span, one.day))
        row = session.get(QuotaUse, key)
        if row is None:
            row = QuotaUse(grant_id=key[0], measure=key[1], span=span, start=key[3], debited=0)
            session.add(row)
        rows.append(row)
    return rows


def credit(session: Session, one: Debit) -> None:
    """Give back ``want`` units that were debited and not used."""
    for row in _rows(session, one):
        row.debited = max(0, row.debited - one.want)


def used(session: Session, *, grant_id: uuid.UUID, day: date, measure: str = CALLS, span: str = DAY) -> int:
    """Return the units that left the database in the span around ``day``."""
    row = session.get(QuotaUse, (grant_id, measure, span, start_of(span, day)))
    return 0 if row is None else row.debited


def used_by_grant(session: Session, grants: Sequence[uuid.UUID], day: date) -> dict[tuple[uuid.UUID, str, str], int]:
    """Return (grant, measure, span) → units, for a page of grants."""
    starts = {start_of(span, day) for span in SPANS}
    rows = session.scalars(select(QuotaUse).where(QuotaUse.grant_id.in_(grants), QuotaUse.start.in_(starts)))
    return {
        (row.grant_id, row.measure, row.span): row.debited for row in rows if row.start == start_of(row.span, day)
    }
