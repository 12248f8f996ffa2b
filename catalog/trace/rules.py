"""Which way a trace goes from each level, and where it ends too soon. Pure."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Final

ORDER: Final = ("duty", "data_entry", "data_item", "db_column", "db_table", "system")
"""Levels as a trace shows them: from the legal basis to the store."""

UP: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "db_column": (
        ("db_column", "db_table"), ("db_table", "system"), ("db_column", "data_item"), ("data_item", "data_entry"),
        ("data_entry", "duty"),
    ),
    "db_table": (
        ("db_table", "system"), ("db_table", "db_column"), ("db_column", "data_item"), ("data_item", "data_entry"),
        ("data_entry", "duty"),
    ),
    "system": (("system", "data_entry"), ("data_entry", "duty")),
    "data_item": (("data_item", "data_entry"), ("data_entry", "duty")),
    "data_entry": (("data_entry", "duty"),),
    "duty": (),
}
DOWN: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "duty": (
        ("duty", "data_entry"), ("data_entry", "data_item"), ("data_item", "db_column"), ("db_column", "db_table"),
        ("data_entry", "system"), ("db_table", "system"),
    ),
    "data_entry": (
        ("data_entry", "data_item"), ("data_item", "db_column"), ("db_column", "db_table"), ("data_entry", "system"),
        ("db_table", "system"),
    ),
    "data_item": (("data_item", "db_column"), ("db_column", "db_table"), ("db_table", "system")),
    "system": (("system", "db_table"), ("db_table", "db_column")),
    "db_table": (("db_table", "db_column"),),
    "db_column": (),
}

_GAPS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "up": (("column_without_item", "db_column", "data_item"), ("data_without_duty", "data_entry", "duty")),
    "down": (("duty_without_data", "duty", "data_entry"), ("item_without_column", "data_item", "db_column")),
}


def steps(key: str, direction: str) -> tuple[tuple[str, str], ...]:
    """The steps of a trace, in order; each goes from everything reached on its first level."""
    return (UP if direction == "up" else DOWN)[key]


def gaps(
    reached: Mapping[str, Iterable[uuid.UUID]],
    followed: Mapping[tuple[str, str], Iterable[uuid.UUID]],
    direction: str,
) -> dict[str, list[uuid.UUID]]:
    """Orphan list → nodes of the trace on it: from there no link leads on.

    ``followed`` maps a step to the nodes from which it led somewhere; a step that was not taken makes no gap.
    """
    found: dict[str, list[uuid.UUID]] = {}
    for name, source, target in _GAPS[direction]:
        if (source, target) in followed:
            led = set(followed[source, target])
            loose = [one for one in reached.get(source, ()) if one not in led]
            if loose:
                found[name] = loose
    return found
