"""Types of cases, registered by the floors that have them."""

from dataclasses import dataclass

from kernel.cases.errors import TYPE_UNKNOWN

_types: dict[str, "CaseType"] = {}


@dataclass(frozen=True)
class CaseType:
    """``due_seconds`` is the allowed running time, or None; numbers start with ``prefix``."""

    key: str
    prefix: str
    zh: str
    en: str
    due_seconds: int | None


def case_type(key: str, *, prefix: str, zh: str, en: str, due_seconds: int | None = None) -> None:
    """Register a type; a prefix belongs to one type."""
    taken = [t.key for t in _types.values() if t.prefix == prefix and t.key != key]
    if taken:
        raise ValueError(f"prefix {prefix} belongs to {taken[0]}")
    _types[key] = CaseType(key, prefix, zh, en, due_seconds)


def type_of(key: str) -> CaseType:
    """The registered type, or ``kernel.case.type_unknown``."""
    found = _types.get(key)
    if found is None:
        raise TYPE_UNKNOWN(type=key)
    return found


def types() -> tuple[CaseType, ...]:
    """All types."""
    return tuple(_types.values())


case_type("event", prefix="SJ", zh="事件", en="Event", due_seconds=3600)
