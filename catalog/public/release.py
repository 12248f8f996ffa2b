"""出域批准: important and core data (levels 5 and 6) leave by no export, interface or push without a listed approval.

Whoever lets data out asks here: :func:`release_allowed` for some entries, :func:`releasable` as a condition.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from catalog.errors import NODE_UNKNOWN
from catalog.events import ReleaseChanged
from catalog.nodes.models import DataEntry, DataItem
from catalog.nodes.queries import slices
from catalog.permissions import RELEASE, RELEASE_APPROVE
from catalog.public.errors import RELEASE_MISSING, RELEASE_NEEDLESS, RELEASE_TERM, RELEASE_UNKNOWN
from catalog.public.models import Release
from catalog.public.rules import RELEASE_FROM
from kernel import clock, events, ids
from kernel.approvals.models import Approval
from kernel.approvals.registry import approval_kind
from kernel.approvals.service import propose
from kernel.audit.service import record
from kernel.identity.actor import Actor, require, system_actor

KIND: Final = "catalog.release"
PURPOSES: Final[dict[str, tuple[str, str]]] = {
    "export": ("导出", "exports"), "interface": ("经接口提供", "interfaces"), "push": ("推送", "pushes"),
}
_LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Released:
    """Which of the entries asked about may leave; ``refused`` are (id, code) of those that may not."""

    allowed: frozenset[uuid.UUID]
    refused: tuple[tuple[uuid.UUID, str], ...]


def release_allowed(session: Session, entry_ids: Sequence[uuid.UUID], purpose: str) -> Released:
    """Which entries may leave for ``purpose`` (a key of :data:`PURPOSES`) now.

    An entry counts by the highest of its own level and its items'. One that does not exist may not leave.
    """
    now, allowed = clock.now(), set[uuid.UUID]()
    refused: list[tuple[uuid.UUID, str]] = []
    for some in slices(list(dict.fromkeys(entry_ids))):
        query = select(DataEntry.id, DataEntry.code, releasable(purpose, now)).where(DataEntry.id.in_(some))
        for entry_id, code, free in session.execute(query.order_by(DataEntry.code)):
            if free:
                allowed.add(entry_id)
            else:
                refused.append((entry_id, code))
    return Released(frozenset(allowed), tuple(refused))


def require_released(session: Session, entry_ids: Sequence[uuid.UUID], purpose: str) -> None:
    """Raise ``catalog.release.missing`` with the codes of entries that may not leave for ``purpose``."""
    found = release_allowed(session, entry_ids, purpose)
    if found.refused:
        zh, en = PURPOSES[purpose]
        codes = [code for _, code in found.refused[:20]]
        raise RELEASE_MISSING(codes="、".join(codes), purpose=zh, purpose_en=en, count=len(found.refused))


def releasable(purpose: str, now: datetime) -> ColumnElement[bool]:
    """The condition on :class:`DataEntry` rows that may leave for ``purpose`` at ``now``."""
    if purpose not in PURPOSES:
        raise ValueError(f"no such purpose: {purpose}")
    item = exists().where(DataItem.entry_id == DataEntry.id, DataItem.level >= RELEASE_FROM).correlate(DataEntry)
    # an approval of important data does not cover what has become core data since
    above = exists().where(DataItem.entry_id == DataEntry.id, DataItem.level > Release.level)
    approved = exists().where(
        Release.entry_id == DataEntry.id, Release.purpose == purpose, Release.revoked_at.is_(None),
        Release.valid_until > now, Release.level >= DataEntry.level, ~above.correlate(DataEntry, Release),
    )
    return or_((DataEntry.level < RELEASE_FROM) & ~item, approved)


def request(
    session: Session, actor: Actor, *, entry_id: uuid.UUID, purpose: str, receiver: str, basis: str,
    valid_until: datetime,
) -> Approval:
    """Propose the release of one entry; a second person of the bureau decides.

    Raises ``catalog.release.needless`` for ordinary data and ``catalog.release.term``.
    """
    entry = session.get(DataEntry, entry_id)
    if entry is None:
        raise NODE_UNKNOWN(kind="数据目录")
    require(actor, RELEASE, department_id=entry.department_id)
    level = _level(session, entry)
    if level < RELEASE_FROM:
        raise RELEASE_NEEDLESS(code=entry.code)
    if not clock.now() < valid_until <= clock.now() + _LONGEST:
        raise RELEASE_TERM()
    zh, en = PURPOSES[purpose]
    params = {
        "entry_id": str(entry.id), "code": entry.code, "level": level, "purpose": purpose, "receiver": receiver.strip(),
        "basis": basis.strip(), "valid_until": clock.iso(valid_until),
    }
    return propose(
        session, actor, kind=KIND, params=params, department_id=entry.department_id,
        title_zh=f"重要、核心数据出域：数据目录「{entry.name}」{zh}给{receiver.strip()}",
        title_en=f"Release of {entry.code} ({en}) to {receiver.strip()}", object_type="data_entry",
        object_id=str(entry.id),
    )


def _level(session: Session, entry: DataEntry) -> int:
    highest = session.scalar(select(func.max(DataItem.level)).where(DataItem.entry_id == entry.id))
    return max(entry.level, highest or 0)


def on_approved(session: Session, approval: Approval) -> None:
    """List the release in the transaction of its approval."""
    params = approval.params
    audit_id = record(
        session, system_actor("catalog.release"), action="catalog.release.list", object_type="data_entry",
        object_id=params["entry_id"], detail={"approval": str(approval.id), **params},
        department_id=approval.department_id,
    )
    session.add(Release(
        id=ids.new(), entry_id=uuid.UUID(params["entry_id"]), purpose=params["purpose"], level=params["level"],
        receiver=params["receiver"], basis=params["basis"], approval_id=approval.id, approved_at=clock.now(),
        valid_until=clock.parse(params["valid_until"]), audit_id=audit_id,
    ))
    session.flush()
    events.publish(session, ReleaseChanged(uuid.UUID(params["entry_id"]), params["purpose"], audit_id))


def revoke(session: Session, actor: Actor, release_id: uuid.UUID, reason: str) -> Release:
    """End a release before its day. Raises ``catalog.release.unknown``."""
    release = session.get(Release, release_id)
    entry = session.get(DataEntry, release.entry_id) if release is not None else None
    if release is None or entry is None or release.revoked_at is not None:
        raise RELEASE_UNKNOWN()
    require(actor, RELEASE_APPROVE, department_id=entry.department_id)
    release.revoked_at, release.revoked_by, release.revoke_reason = clock.now(), actor.name, reason.strip()
    release.audit_id = record(
        session, actor, action="catalog.release.revoke", object_type="data_entry", object_id=str(entry.id),
        detail={"release": str(release.id), "code": entry.code, "reason": reason.strip()},
        department_id=entry.department_id,
    )
    session.flush()
    events.publish(session, ReleaseChanged(entry.id, release.purpose, release.audit_id))
    return release


def entry_of(session: Session, one: Release) -> tuple[str, str]:
    """Code and name of the entry that a release is about."""
    row = session.execute(select(DataEntry.code, DataEntry.name).where(DataEntry.id == one.entry_id)).one()
    return row[0], row[1]


def listing(*, departments: Sequence[uuid.UUID] | None, purpose: str | None, valid: bool) -> Select[Release, str, str]:
    """(release, code, name) newest first; ``departments`` None: all; ``valid``: only those in force."""
    query = select(Release, DataEntry.code, DataEntry.name).join(DataEntry, DataEntry.id == Release.entry_id)
    if departments is not None:
        query = query.where(DataEntry.department_id.in_(departments))
    if purpose:
        query = query.where(Release.purpose == purpose)
    if valid:
        query = query.where(Release.revoked_at.is_(None), Release.valid_until > clock.now())
    return query.order_by(Release.approved_at.desc(), Release.id.desc())


def page(session: Session, query: Select[Release, str, str], *, limit: int, offset: int) -> tuple[list[Any], int]:
    """One page of :func:`listing`, and how many there are."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    return list(session.execute(query.limit(limit).offset(offset))), total


approval_kind(
    KIND, checker_permission=RELEASE_APPROVE, on_approved=on_approved, zh="重要、核心数据出域",
    en="Release of important or core data",
)
