"""What information_schema of MySQL and MariaDB says about a column."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from crypto.replacement.errors import COLUMN_UNKNOWN
from crypto.replacement.port import Facts, Slot

Rows = Callable[..., list[tuple[Any, ...]]]
INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_KEYS = INTEGERS | {"char", "varchar", "uuid"}
_OF_TABLE = "table_schema = COALESCE(NULLIF(%s, ''), DATABASE()) AND table_name = %s"


def columns(rows: Rows) -> list[tuple[str, str, str]]:
    """Return (table, column, type) of the connection's schema."""
    found = rows(
        "SELECT table_name, column_name, column_type FROM information_schema.columns"
        " WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position"
    )
    return [(str(table), str(column), str(type_)) for table, column, type_ in found]


def facts(rows: Rows, slot: Slot, replaced: Collection[str]) -> Facts:
    """Describe a column; raise ``crypto.replacement.column_unknown``."""
    of_table = [slot.schema, slot.table]
    all_columns = {str(row[0]): row for row in rows(
        "SELECT column_name, data_type, column_type, character_maximum_length, is_nullable, collation_name, extra,"
        f" generation_expression FROM information_schema.columns WHERE {_OF_TABLE}", of_table,
    )}
    if slot.column not in all_columns:
        raise COLUMN_UNKNOWN(column=str(slot))
    _, data_type, column_type, width, nullable, collation, _, expression = all_columns[slot.column]
    indexes = _indexes(rows, of_table)
    key, primary = _key(all_columns, indexes, {slot.column, *replaced})
    quoted = f"`{slot.column}`"
    return Facts(
        type=str(column_type), text=data_type in _TEXTS, width=width, nullable=nullable == "YES",
        collation=str(collation or ""), rows=int(rows(f"SELECT COUNT(*) FROM {_quoted(slot)}")[0][0]),
        key=key, key_type=str(all_columns[key][1]) if key else "", computed=bool(expression),
        neutral=primary or (bool(key) and all_columns[key][1] not in _TEXTS),
        unique=tuple(name for name, (unique, names) in indexes.items() if unique and slot.column in names),
        indexes=tuple(name for name, (unique, names) in indexes.items() if not unique and slot.column in names),
        checks=_checks(rows, slot),
        triggers=tuple(f"{name}（{event}）" for name, event in rows(
            "SELECT trigger_name, event_manipulation FROM information_schema.triggers"
            " WHERE event_object_schema = COALESCE(NULLIF(%s, ''), DATABASE()) AND event_object_table = %s"
            " ORDER BY trigger_name", of_table,
        )),
        generated=tuple(name for name, row in all_columns.items() if row[7] and quoted in str(row[7])),
        views=tuple(str(row[0]) for row in rows(
            "SELECT table_name FROM information_schema.views WHERE table_schema = COALESCE(NULLIF(%s, ''), DATABASE())"
            " AND view_definition LIKE %s AND view_definition LIKE %s",
            [slot.schema, f"%`{slot.table}`%", f"%{quoted}%"],
        )),
        parents=_links(rows, slot, "", "referenced_"), children=_links(rows, slot, "referenced_", ""),
        kept=tuple(
            name for name, row in all_columns.items()
            if "on update" in str(row[6]).lower() and name != slot.column
        ),
    )


def _indexes(rows: Rows, of_table: Sequence[str]) -> dict[str, tuple[bool, list[str]]]:
    found: dict[str, tuple[bool, list[str]]] = {}
    for name, non_unique, column, part in rows(
        "SELECT index_name, non_unique, column_name, sub_part FROM information_schema.statistics"
        f" WHERE {_OF_TABLE} ORDER BY index_name, seq_in_index", of_table,
    ):
        # of an index over an expression there is no column; one over a prefix makes no single row unique
        found.setdefault(str(name), (not non_unique and part is None, []))[1].append(str(column))
    return found


def _key(
    all_columns: dict[str, tuple[Any, ...]], indexes: dict[str, tuple[bool, list[str]]], replaced: Collection[str],
) -> tuple[str, bool]:
    """Return the column that names rows, and whether it is the primary key; integers before other unique columns."""
    single = [
        (names[0], index == "PRIMARY") for index, (unique, names) in indexes.items()
        if unique and len(names) == 1 and names[0] in all_columns and all_columns[names[0]][1] in _KEYS
        and all_columns[names[0]][4] == "NO"
    ]
    single.sort(key=lambda one: (one[0] in replaced, not one[1], all_columns[one[0]][1] not in INTEGERS, one[0]))
    return single[0] if single else ("", False)


def _checks(rows: Rows, slot: Slot) -> tuple[str, ...]:
    """MariaDB and MySQL keep checks in different views; both print them."""
    printed = str(rows(f"SHOW CREATE TABLE {_quoted(slot)}")[0][1])
    return tuple(
        line.strip().rstrip(",") for line in printed.splitlines() if "CHECK (" in line and f"`{slot.column}`" in line
    )


def _links(rows: Rows, slot: Slot, here: str, there: str) -> tuple[tuple[str, Slot], ...]:
    found = rows(
        f"SELECT constraint_name, {there}table_schema, {there}table_name, {there}column_name"
        " FROM information_schema.key_column_usage"
        f" WHERE {here}table_schema = COALESCE(NULLIF(%s, ''), DATABASE()) AND {here}table_name = %s"
        f" AND {here}column_name = %s AND referenced_table_name IS NOT NULL"
        " ORDER BY constraint_name", [slot.schema, slot.table, slot.column],
    )
    return tuple((str(name), Slot(str(schema), str(table), str(column))) for name, schema, table, column in found)


def _quoted(slot: Slot) -> str:
    parts = [part for part in (slot.schema, slot.table) if part]
    return ".".join("`" + part.replace("`", "``").replace("%", "%%") + "`" for part in parts)
