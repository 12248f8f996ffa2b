"""Which fields an approved demand opens, and how fast they may be called."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any


def granted_fields(
    fields: Sequence[Mapping[str, Any]], by_item: Mapping[uuid.UUID, bool], by_name: Mapping[str, bool],
    item_names: Collection[str],
) -> dict[str, bool]:
    """Return field name → in clear.

    A field is opened by its catalog item (id, else the item's name equal to the field's title; ``item_names``: all
    items of the entry). Technical fields without an item come along unless they are sensitive or encrypted.
    """
    granted: dict[str, bool] = {}
    for field in fields:
        item = field.get("item_id")
        name, hidden = str(field["name"]), bool(field["sensitive"] or field["encrypted"])
        if item is not None:
            if uuid.UUID(str(item)) in by_item:
                granted[name] = by_item[uuid.UUID(str(item))]
        elif field["title"] in item_names:
            if field["title"] in by_name:
                granted[name] = by_name[field["title"]]
        elif not hidden:
            granted[name] = False
    return granted


def pace(calls_per_day: int, calls_per_second: int = 0) -> tuple[int, int]:
    """Return (rate per 1,000 s, burst): as asked for, else a day's calls in an hour, at least one a second."""
    per_second = calls_per_second or max(1, calls_per_day // 3600)
    return per_second * 1000, per_second * 2 if calls_per_second else max(10, per_second * 2)
