"""What the catalog needs to know of the floor above: which entries have a usable interface."""

import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

Served = Callable[[Session], set[uuid.UUID]]


def _nothing(session: Session) -> set[uuid.UUID]:
    """Without a gateway no entry has an interface."""
    del session
    return set()


_served: Served = _nothing


def install(served: Served) -> None:
    """Let ``mulian/wiring.py`` name the function that gives the entries with a published interface."""
    global _served
    _served = served


def served(session: Session) -> set[uuid.UUID]:
    """Entries that have a published interface."""
    return _served(session)
