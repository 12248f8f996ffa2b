"""Collection and the catalog: tasks that rest on data entries, and what a success says of an entry."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.dependents.port import Dependent
from catalog.nodes import service as nodes
from catalog.nodes.kinds import LIVE
from catalog.nodes.models import DataEntry
from catalog.nodes.queries import slices
from gateway.collection import physical, queries
from gateway.collection.models import CollectionTable
from kernel import clock
from kernel.identity.actor import system_actor

MEASURED = "实测"


def resting_on(session: Session, entry_ids: Sequence[uuid.UUID]) -> list[Dependent]:
    """Return the tasks that collect the data of these entries."""
    return [
        Dependent("collection", task.id, task.code, task.name, task.department_id, entry_id, task.state)
        for some in slices(entry_ids) for task, entry_id in queries.resting_on(session, some)
    ]


def note_update(session: Session, table: CollectionTable) -> None:
    """Write on a published entry when its data were updated and how many records there are: measured, not reported."""
    entry = session.get(DataEntry, table.entry_id) if table.entry_id else None
    if entry is None or entry.status not in LIVE:
        return
    rows = physical.table_of(table)
    count = session.scalar(select(func.count()).select_from(rows).where(rows.c.load == table.live_load)) or 0
    nodes.edit(session, system_actor("collection"), "data_entry", entry, {
        "data_updated_at": clock.now(), "data_update_source": MEASURED, "record_count": count})
