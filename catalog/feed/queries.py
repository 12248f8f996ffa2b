"""The SELECTs of the feed: what is public now, what was sealed, and the content of both."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import True_

from catalog.feed.content import PublicEntry, PublicItem, PublicOrg, PublicSystem, Sealed, of_row
from catalog.feed.models import FeedChange, FeedDirty, FeedEpoch, FeedRecord
from catalog.nodes.kinds import LIVE
from catalog.nodes.models import DataEntry, DataItem, DataSystem, NodeVersion, System
from catalog.nodes.queries import slices
from catalog.public.queries import public
from catalog.public.rules import HIGHEST_LEVEL
from kernel.identity.models import Department

_ENTRY = DataEntry.__table__


def sealed() -> ColumnElement[bool]:
    """What the protocols show: public at this moment, and given its place in the feed.

    An entry that stops being public is gone at once; one that becomes public appears with its sequence number.
    """
    return and_(public(), FeedRecord.public.is_(True))


def shown(*columns: Any) -> Select[Any]:
    """A SELECT from what the protocols show."""
    joined = select(*columns).select_from(DataEntry).join(FeedRecord, FeedRecord.entry_id == DataEntry.id)
    return joined.where(sealed())


def count(session: Session, *where: ColumnElement[bool]) -> int:
    """How many sealed public entries meet the conditions."""
    narrow = _narrow(where)
    if not narrow and not is_dirty(session):
        return session.scalar(select(func.count()).select_from(FeedRecord).where(FeedRecord.public.is_(True))) or 0
    return session.scalar(shown(func.count()).where(*narrow)) or 0


def page_ids(
    session: Session, *where: ColumnElement[bool], order: Sequence[Any], limit: int | None, offset: int = 0
) -> list[uuid.UUID]:
    """Ids of sealed public entries in an order."""
    narrow = _narrow(where)
    if not narrow and len(order) == 1 and order[0] is DataEntry.id and not is_dirty(session):
        query = select(FeedRecord.entry_id).where(FeedRecord.public.is_(True)).order_by(FeedRecord.entry_id)
        return list(session.scalars(query.limit(limit).offset(offset)))
    return list(session.scalars(shown(DataEntry.id).where(*narrow).order_by(*order).limit(limit).offset(offset)))


def _narrow(where: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """The conditions that narrow. Without one, and while nothing waits for the sealer, the records alone say what is
    public: a harvest of the whole reads one index instead of every entry. :func:`load` asks again all the same.
    """
    return [one for one in where if not isinstance(one, True_)]


def load(session: Session, ids: Sequence[uuid.UUID]) -> list[Sealed]:
    """Sealed public entries of these ids, in their order; one that is not public is left out."""
    found: dict[uuid.UUID, Sealed] = {}
    for some in slices(ids):
        contents = public_contents(session, some)
        records = {record.entry_id: record for record in session.scalars(
            select(FeedRecord).where(FeedRecord.entry_id.in_(some), FeedRecord.public.is_(True))
        )}
        before = _previous(session, [contents[one] for one in some if one in contents])
        for entry_id, entry in contents.items():
            record = records.get(entry_id)
            if record is not None:
                found[entry_id] = Sealed(entry, record.seq, record.first_at, record.at, before.get(entry_id))
    return [found[one] for one in ids if one in found]


def public_contents(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, PublicEntry]:
    """The content of those entries that are public now; four queries whatever the number (at most SLICE)."""
    return contents(session, ids, public())


def contents(
    session: Session, ids: Sequence[uuid.UUID], *where: ColumnElement[bool]
) -> dict[uuid.UUID, PublicEntry]:
    """The public fields of entries; without a condition also of those that are not public (a writer's own)."""
    rows = session.execute(select(_ENTRY).where(_ENTRY.c.id.in_(ids), *where)).mappings().all()
    orgs = orgs_of(session, {row["department_id"] for row in rows})
    known = [row["id"] for row in rows]
    items, systems = _items(session, known), _systems(session, known)
    return {
        row["id"]: of_row(row, orgs[row["department_id"]], tuple(items[row["id"]]), tuple(systems[row["id"]]))
        for row in rows
    }


def orgs_of(session: Session, ids: set[uuid.UUID]) -> dict[uuid.UUID, PublicOrg]:
    """Departments as the public sees them."""
    query = select(
        Department.id, Department.uscc, Department.code, Department.name, Department.kind, Department.region
    )
    return {
        found: PublicOrg(found, uscc or code, name, kind, region)
        for found, uscc, code, name, kind, region in session.execute(query.where(Department.id.in_(ids)))
    }


def _items(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[PublicItem]]:
    """Items that may be shown: not stricter than what is public."""
    found: dict[uuid.UUID, list[PublicItem]] = defaultdict(list)
    query = select(DataItem).where(
        DataItem.entry_id.in_(ids), DataItem.level <= HIGHEST_LEVEL,
        or_(DataItem.open_type.is_(None), DataItem.open_type != "none"),
    )
    for row in session.execute(query.with_only_columns(*DataItem.__table__.c).order_by(DataItem.number)):
        found[row.entry_id].append(
            PublicItem(row.name, row.data_type, row.length, row.precision, row.code_set, row.is_key)
        )
    return found


def _systems(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[PublicSystem]]:
    found: dict[uuid.UUID, list[PublicSystem]] = defaultdict(list)
    query = select(DataSystem.entry_id, System.id, System.code, System.name, System.department_id).join(
        System, System.id == DataSystem.system_id
    )
    valid = (DataSystem.version > 0, System.status.in_(LIVE), System.has_interface.is_(True))
    rows = session.execute(query.where(DataSystem.entry_id.in_(ids), *valid).order_by(System.code)).all()
    orgs = orgs_of(session, {row.department_id for row in rows})
    for row in rows:
        found[row.entry_id].append(PublicSystem(row.id, row.code, row.name, orgs[row.department_id]))
    return found


def publishing(session: Session) -> list[PublicOrg]:
    """Departments that have sealed public entries."""
    known = set(session.scalars(select(FeedRecord.department_id).where(FeedRecord.public.is_(True)).distinct()))
    return list(orgs_of(session, known).values())


def serves(session: Session, department_id: uuid.UUID) -> bool:
    """Whether a system of a department serves interfaces for a sealed public entry."""
    query = shown(DataEntry.id).join(DataSystem, DataSystem.entry_id == DataEntry.id).join(
        System, System.id == DataSystem.system_id
    )
    valid = (DataSystem.version > 0, System.status.in_(LIVE), System.has_interface.is_(True))
    return session.execute(query.where(System.department_id == department_id, *valid).limit(1)).first() is not None


def _previous(session: Session, entries: Sequence[PublicEntry]) -> dict[uuid.UUID, tuple[int, str]]:
    """The version before, where the feed says that it had been public."""
    wanted = [(entry.id, entry.version - 1) for entry in entries if entry.version > 1]
    if not wanted:
        return {}
    told = select(FeedChange.entry_id).where(
        FeedChange.entry_id == NodeVersion.node_id, FeedChange.version == NodeVersion.version,
        FeedChange.op == "upsert",
    ).exists()
    query = select(NodeVersion.node_id, NodeVersion.version, NodeVersion.code).where(
        NodeVersion.node_kind == "data_entry", tuple_(NodeVersion.node_id, NodeVersion.version).in_(wanted), told
    )
    return {node_id: (version, code) for node_id, version, code in session.execute(query)}


def head(session: Session) -> tuple[int, datetime | None]:
    """The last sequence number and its stamp; 0 and None for an empty feed."""
    query = select(FeedChange.seq, FeedChange.at).order_by(FeedChange.seq.desc()).limit(1)
    row = session.execute(query).first()
    return (row.seq, row.at) if row else (0, None)


def epoch(session: Session) -> FeedEpoch:
    """The present epoch; the migration made the first."""
    return session.scalars(select(FeedEpoch).order_by(FeedEpoch.number.desc()).limit(1)).one()


def changes(session: Session, after: int, limit: int) -> list[FeedChange]:
    """Changes after a sequence number, oldest first."""
    query = select(FeedChange).where(FeedChange.seq > after).order_by(FeedChange.seq).limit(limit)
    return list(session.scalars(query))


def record_of(session: Session, entry_id: uuid.UUID) -> FeedRecord | None:
    """The last change of an entry that ever was public."""
    return session.get(FeedRecord, entry_id)


def records(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, FeedRecord]:
    """Last changes by entry."""
    found: dict[uuid.UUID, FeedRecord] = {}
    for some in slices(ids):
        rows = session.scalars(select(FeedRecord).where(FeedRecord.entry_id.in_(some)))
        found |= {row.entry_id: row for row in rows}
    return found


def dirty(session: Session, limit: int) -> list[tuple[int, uuid.UUID]]:
    """What waits for the sealer, in the order in which it was queued."""
    query = select(FeedDirty.id, FeedDirty.entry_id).order_by(FeedDirty.id).limit(limit)
    return [(number, entry_id) for number, entry_id in session.execute(query)]


def is_dirty(session: Session) -> bool:
    """Whether anything waits."""
    return session.execute(select(FeedDirty.id).limit(1)).first() is not None


def clean(session: Session, numbers: Sequence[int]) -> None:
    """Take rows out of the queue."""
    for start in range(0, len(numbers), 1000):
        session.execute(delete(FeedDirty).where(FeedDirty.id.in_(numbers[start : start + 1000])))


def public_ids() -> Select[uuid.UUID]:
    """Every entry that is public now, sealed or not."""
    return select(DataEntry.id).where(public())


def first_at(session: Session) -> datetime | None:
    """When the first entry became public."""
    return session.scalar(select(func.min(FeedRecord.first_at)))


def regions(session: Session) -> list[str]:
    """Administrative divisions of the departments that publish."""
    query = shown(Department.region).join(Department, Department.id == DataEntry.department_id)
    found = session.scalars(query.where(Department.region.is_not(None)).distinct().order_by(Department.region))
    return [str(one) for one in found]
