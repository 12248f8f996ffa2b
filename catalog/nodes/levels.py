"""An entry is at least its highest item, and no item is wider than its entry: looked up for many entries at once."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalog.nodes.models import DataEntry, DataItem
from catalog.nodes.queries import slices


class Wider(NamedTuple):
    """An item that is of a higher level or shared more widely than its entry allows."""

    entry_id: uuid.UUID
    code: str
    item: str
    field: str


def wider_items(session: Session, entry_ids: Sequence[uuid.UUID]) -> list[Wider]:
    """Every item of these entries, as they stand in the tables, that its entry does not cover.

    The set-based twin of :func:`catalog.nodes.rules.item_problems`, for whoever writes many rows at once.
    """
    wrong = {
        "level": DataItem.level > DataEntry.level,
        "share_type": _looser(DataItem.share_type, DataEntry.share_type),
        "open_type": _looser(DataItem.open_type, DataEntry.open_type),
    }
    found: list[Wider] = []
    for some in slices(entry_ids):
        query = (
            select(DataEntry.id, DataEntry.code, DataItem.name, *(case.label(name) for name, case in wrong.items()))
            .join(DataItem, DataItem.entry_id == DataEntry.id)
            .where(DataEntry.id.in_(some), or_(*wrong.values()))
            .order_by(DataEntry.code, DataItem.number)
        )
        for row in session.execute(query).mappings():
            field = next(name for name in wrong if row[name])
            found.append(Wider(row["id"], row["code"], row["name"], field))
    return found


def _looser(
    item: InstrumentedAttribute[str | None], entry: InstrumentedAttribute[str | None]
) -> ColumnElement[bool]:
    return or_(
        and_(item == "unconditional", entry.in_(("conditional", "none"))), and_(item == "conditional", entry == "none")
    )
