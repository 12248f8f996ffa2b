"""Who delivers which topic."""

from collections.abc import Callable
from typing import Any

from kernel.outbox.errors import TOPIC_UNKNOWN
from kernel.runtime import Runtime

Handler = Callable[[Runtime, dict[str, Any]], None]
_handlers: dict[str, Handler] = {}


def handler(topic: str) -> Callable[[Handler], Handler]:
    """Register ``fn(runtime, payload)`` for a topic. It is called at least once per message, so it is idempotent;
    an exception means not delivered and is tried again later. A second handler raises ValueError.
    """

    def register(fn: Handler) -> Handler:
        known = _handlers.setdefault(topic, fn)
        if known.__qualname__ != fn.__qualname__ or known.__module__ != fn.__module__:
            raise ValueError(f"outbox topic {topic} has two handlers")
        _handlers[topic] = fn
        return fn

    return register


def handler_of(topic: str) -> Handler:
    """The handler, or ``kernel.outbox.topic_unknown``."""
    fn = _handlers.get(topic)
    if fn is None:
        raise TOPIC_UNKNOWN(topic=topic)
    return fn


def topics() -> frozenset[str]:
    """Topics with a handler in this process."""
    return frozenset(_handlers)
