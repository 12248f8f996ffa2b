"""The four kinds of node: their tables, children and which fields are edited, governed and hashed.

``HASH_PROFILE`` names the set of hashed fields. A changed set is a new profile with a new name; old versions
keep the name they were hashed with, so they can be recomputed for as long as they exist. Tables are hashed by
``TABLE_PROFILE``, which added the level of each column.

An ungoverned field says how things stand (how many records, when last updated), not what was approved: it changes
at once, without review and without a version, which is why none of them is hashed (ADR 0122).
"""

from dataclasses import dataclass
from typing import Any, Literal

from catalog.nodes.models import DataEntry, DataItem, DbColumn, DbTable, Duty, System

HASH_PROFILE = "mulian-node/1"
TABLE_PROFILE = "mulian-node/2"

_COMMON = ("code", "name", "office", "region")
_ITEM_FIELDS = (
    "name", "data_type", "length", "precision", "code_set", "share_type", "open_type", "level",
    "sensitive", "pii", "is_key",
)
_COLUMN_FIELDS = (
    "name", "name_zh", "data_type", "length", "nullable", "is_key", "level", "sensitive", "encrypted",
)


@dataclass(frozen=True)
class ChildKind:
    """The leaves of a node: items of an entry, columns of a table."""

    model: Any
    parent: str
    fields: tuple[str, ...]
    hashed: tuple[str, ...]


@dataclass(frozen=True)
class NodeKind:
    """One level. ``fields`` may be edited, ``ungoverned`` ones without review; ``hashed`` are in the entry hash."""

    key: str
    zh: str
    en: str
    model: Any
    fields: tuple[str, ...]
    hashed: tuple[str, ...]
    ungoverned: tuple[str, ...]
    child: ChildKind | None = None
    profile: str = HASH_PROFILE


_ENTRY_HASHED = (
    "class_code", "abstract", "keywords", "theme", "theme_text", "formats", "format_class", "share_type",
    "share_condition", "no_share_basis", "share_mode", "share_method", "open_type", "open_condition",
    "update_cycle", "update_cycle_text", "published_on", "related_codes", "level", "data_range", "use_scene",
    "storage", "authoritative", "source_url",
)
_DUTY_HASHED = ("basis_doc", "basis_text", "duty_type", "parent_id", "effective_on", "abolished_by")
_SYSTEM_HASHED = (
    "short_name", "phase", "mlps_level", "network", "hosting", "live_on", "retired_on", "builder", "maintainer",
    "has_interface", "no_interface_reason", "project_numbers",
)
_TABLE_HASHED = ("db_kind", "schema_name", "table_name", "kind")

ITEM = ChildKind(DataItem, "entry_id", _ITEM_FIELDS, ("number", "code", *_ITEM_FIELDS))
COLUMN = ChildKind(DbColumn, "table_id", _COLUMN_FIELDS, ("number", "code", *_COLUMN_FIELDS))


def _kind(
    key: str, zh: str, en: str, model: Any, own: tuple[str, ...],
    ungoverned: tuple[str, ...] = (), child: ChildKind | None = None, profile: str = HASH_PROFILE,
) -> NodeKind:
    fields, hashed = (*_COMMON[1:], *own, *ungoverned), (*_COMMON, *own)
    return NodeKind(key, zh, en, model, fields, hashed, ungoverned, child, profile)


KindKey = Literal["duty", "data_entry", "system", "db_table"]
"""The keys of KINDS, for routes that name a level."""

KINDS: dict[str, NodeKind] = {
    kind.key: kind
    for kind in (
        _kind("duty", "职责目录", "Duty", Duty, _DUTY_HASHED),
        _kind("data_entry", "数据目录", "Data entry", DataEntry, _ENTRY_HASHED,
              ("record_count", "data_updated_at", "data_update_source"), ITEM),
        _kind("system", "系统目录", "System", System, _SYSTEM_HASHED),
        _kind("db_table", "库表目录", "Table", DbTable, _TABLE_HASHED, ("row_count", "last_update_at"), COLUMN,
              TABLE_PROFILE),
    )
}

LIVE = ("published", "change_draft", "change_review", "change_rejected", "withdraw_review", "withdraw_rejected")
EDITABLE = ("draft", "pub_rejected")
CHANGEABLE = ("published", "change_draft", "change_rejected", "withdraw_rejected")
"""LIVE nodes are visible as published; EDITABLE rows are edited in place; CHANGEABLE ones through a NodeChange."""


def console_path(kind_key: str, node_id: Any, tab: str = "") -> str:
    """Where the console shows a node whole, and which tab of it."""
    wanted = {"kind": "" if kind_key == "data_entry" else kind_key, "tab": tab}
    query = "&".join(f"{name}={value}" for name, value in wanted.items() if value)
    return f"/catalog/entries/{node_id}" + (f"?{query}" if query else "")
