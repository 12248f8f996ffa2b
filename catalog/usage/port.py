"""What the catalog needs to know of the floor above: how often the interfaces of entries were called."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session


class Calls(NamedTuple):
    """Calls of an entry's interfaces on one day (Beijing); ``failed`` got no answer from us or from the source."""

    entry_id: uuid.UUID
    day: str
    calls: int
    failed: int


CallsOf = Callable[[Session, datetime, datetime], Sequence[Calls]]


def _none(session: Session, start: datetime, end: datetime) -> Sequence[Calls]:
    """Without a gateway nothing is called."""
    del session, start, end
    return ()


_calls: CallsOf = _none


def install(calls: CallsOf) -> None:
    """Let ``mulian/wiring.py`` name the function that counts the calls of [start, end)."""
    global _calls
    _calls = calls


def calls(session: Session, start: datetime, end: datetime) -> Sequence[Calls]:
    """Calls of [start, end) by entry and day."""
    return _calls(session, start, end)
