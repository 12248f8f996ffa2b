"""Calls by entry and day, for the catalog's usage figures (``catalog.usage.port``)."""

import uuid
from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.usage.port import Calls
from gateway.calllog import reader
from gateway.interfaces.models import Interface
from kernel.runtime import runtime_of


def calls_by_entry(session: Session, start: datetime, end: datetime) -> list[Calls]:
    """Return the calls of [start, end) to the interfaces of entries, those of running workers among them."""
    entries = dict(session.execute(select(Interface.code, Interface.entry_id)).tuples().all())
    found: dict[tuple[uuid.UUID, str], list[int]] = defaultdict(lambda: [0, 0])
    for code, day, calls, failed in reader.daily(session, runtime_of(session).home, start, end):
        if code in entries:
            held = found[entries[code], day]
            held[0] += calls
            held[1] += failed
    return [Calls(entry_id, day, calls, failed) for (entry_id, day), (calls, failed) in found.items()]
