"""Events: how an effect goes up a floor. Handlers run at once, in the publisher's transaction."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

E = TypeVar("E")
_handlers: dict[type[Any], list[Callable[[Session, Any], None]]] = defaultdict(list)


def subscribe(event_type: type[E], handler: Callable[[Session, E], None]) -> None:
    """Register a handler; called only from ``mulian/wiring.py``. Registering twice has no effect."""
    if handler not in _handlers[event_type]:
        _handlers[event_type].append(handler)


def publish(session: Session, event: object) -> None:
    """Run the handlers of ``event`` in order of registration; an error in one fails the whole unit of work."""
    for handler in _handlers[type(event)]:
        handler(session, event)
