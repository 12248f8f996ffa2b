"""What differs between two contents of a node: fields side by side, children added, removed and changed. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.nodes.kinds import NodeKind
from catalog.nodes.rules import LABELS


def fields(
    names: Sequence[str], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """``[{field, label, before, after}]`` of the fields whose values differ, in the order of ``names``."""
    return [
        {"field": name, "label": LABELS.get(name, name), "before": before.get(name), "after": after.get(name)}
        for name in names if before.get(name) != after.get(name)
    ]


def children(
    kind: NodeKind, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """``{added, removed, changed: [{id, name, fields}], moved}``; ``moved``: the same ones in another order.

    A child is the same by its id; one that has none yet by its name.
    """
    if kind.child is None:
        return {"added": [], "removed": [], "changed": [], "moved": False}
    old, new = _keyed(before), _keyed(after)
    changed = [
        {"id": new[key].get("id"), "name": new[key].get("name"), "fields": found}
        for key in new if key in old and (found := fields(kind.child.fields, old[key], new[key]))
    ]
    kept = [key for key in old if key in new]
    return {
        "added": [dict(new[key]) for key in new if key not in old],
        "removed": [dict(old[key]) for key in old if key not in new],
        "changed": changed, "moved": kept != [key for key in new if key in old],
    }


def _keyed(some: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, int], Mapping[str, Any]]:
    """By id; those without one by name and how often that name came before."""
    found: dict[tuple[str, str, int], Mapping[str, Any]] = {}
    for one in some:
        key = ("id", str(one["id"]), 0) if one.get("id") else ("name", str(one.get("name")), 0)
        while key in found:
            key = (key[0], key[1], key[2] + 1)
        found[key] = one
    return found


def empty(found: Mapping[str, Any]) -> bool:
    """Whether a difference of children says nothing."""
    return not (found["added"] or found["removed"] or found["changed"] or found["moved"])
