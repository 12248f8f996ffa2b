"""Rows of KEKs for output."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crypto.copies import queries as copies
from crypto.copies.rules import gone_at
from crypto.keys.models import CryptoDek, CryptoKek
from crypto.keys.rules import STATE_TITLES, KeyState
from crypto.keys.views import department_names
from crypto.requests.schemas import KekOut
from kernel import clock


def keks(session: Session, rows: Sequence[CryptoKek]) -> list[KekOut]:
    """Return KEKs for output."""
    names = department_names(session)
    counts: dict[uuid.UUID, int] = dict(session.execute(
        select(CryptoDek.kek_id, func.count()).where(CryptoDek.kek_id.in_([row.id for row in rows]))
        .group_by(CryptoDek.kek_id)
    ).tuples().all())
    return [_kek(session, row, names.get(row.department_id, ""), counts.get(row.id, 0)) for row in rows]


def _kek(session: Session, row: CryptoKek, department: str, count: int) -> KekOut:
    zh, en = STATE_TITLES[KeyState(row.state)]
    return KekOut(
        id=row.id, department_id=row.department_id, department=department, version=row.version, state=row.state,
        state_zh=zh, state_en=en, provider=row.provider, kcv=row.kcv.hex(), keys=count,
        created_at=clock.iso(row.created_at), retired_at=clock.iso(row.retired_at) if row.retired_at else None,
        destroying_at=clock.iso(row.destroying_at) if row.destroying_at else None,
        destroyed_at=clock.iso(row.destroyed_at) if row.destroyed_at else None,
        copies_left=_left(session, row), certificate=row.certificate,
    )


def _left(session: Session, row: CryptoKek) -> int:
    if row.state != KeyState.RETIRED or row.retired_at is None:
        return 0
    now = clock.now()
    return sum(
        gone_at(copy.expires_at, copy.deleted_at, now) is None for copy in copies.concerning(session, row.retired_at)
    )
