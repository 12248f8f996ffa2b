"""What PostgreSQL's catalogue says about a column. Plain SELECTs, so that its relatives answer them too."""

from collections.abc import Callable, Collection
from typing import Any

from crypto.replacement.errors import COLUMN_UNKNOWN
from crypto.replacement.port import Facts, Slot

Rows = Callable[..., list[tuple[Any, ...]]]
_TEXTS = ("character", "character varying", "text")
_KEYS = ("smallint", "integer", "bigint", "uuid", *_TEXTS)


def columns(rows: Rows) -> list[tuple[str, str, str]]:
    """Return (table, column, type) of the connection's schema."""
    found = rows(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
        " ORDER BY c.relname, a.attnum"
    )
    return [(str(table), str(column), str(type_)) for table, column, type_ in found]


def facts(rows: Rows, slot: Slot, replaced: Collection[str]) -> Facts:
    """Describe a column; raise ``crypto.replacement.column_unknown``."""
    found = rows(
        "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = COALESCE(NULLIF(%s, ''), current_schema()) AND c.relname = %s"
        " AND c.relkind IN ('r', 'p')", [slot.schema, slot.table],
    )
    table = found[0][0] if found else 0
    every = {str(row[0]): row for row in rows(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), format_type(a.atttypid, NULL), a.atttypmod,"
        " a.attnotnull, COALESCE(co.collname, ''), a.attnum, COALESCE(pg_get_expr(d.adbin, d.adrelid), ''),"
        " a.attgenerated::text"
        " FROM pg_attribute a LEFT JOIN pg_collation co ON co.oid = a.attcollation"
        " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        " WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped", [table],
    )}
    if slot.column not in every:
        raise COLUMN_UNKNOWN(column=str(slot))
    _, type_, base, modifier, not_null, collation, number, _, generated = every[slot.column]
    indexes = _indexes(rows, table)
    key, primary = _key(every, indexes, {slot.column, *replaced})
    named = [table, number]
    return Facts(
        type=type_, text=base in _TEXTS, width=modifier - 4 if modifier >= 4 else None, nullable=not not_null,
        collation=collation, rows=int(rows(f"SELECT count(*) FROM {_quoted(slot)}")[0][0]),
        key=key, key_type=every[key][1] if key else "", computed=bool(generated),
        neutral=primary or (bool(key) and every[key][2] not in _TEXTS),
        unique=tuple(name for name, unique, _, text, _ in indexes if unique and _mentions(text, slot.column)),
        indexes=tuple(name for name, unique, _, text, _ in indexes if not unique and _mentions(text, slot.column)),
        checks=_texts(rows, "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
                      " WHERE contype = 'c' AND conrelid = %s AND %s = ANY (conkey) ORDER BY conname", named),
        triggers=_texts(rows, "SELECT tgname FROM pg_trigger WHERE tgrelid = %s AND NOT tgisinternal ORDER BY tgname",
                        [table]),
        generated=tuple(name for name, row in every.items() if row[8] and _mentions(row[7], slot.column)),
        views=_texts(rows, "SELECT DISTINCT r.ev_class::regclass::text FROM pg_depend d JOIN pg_rewrite r ON"
                     " r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass WHERE d.refobjid = %s"
                     " AND d.refobjsubid = %s AND r.ev_class <> d.refobjid ORDER BY 1", named),
        parents=_links(rows, named, "conrelid", "conkey", "confrelid", "confkey"),
        children=_links(rows, named, "confrelid", "confkey", "conrelid", "conkey"),
    )


def _indexes(rows: Rows, table: int) -> list[tuple[str, bool, list[int], str, bool]]:
    found = rows(
        "SELECT i.indexrelid::regclass::text, i.indisunique AND i.indisvalid AND i.indpred IS NULL,"
        " i.indkey::int2[]::int[], pg_get_indexdef(i.indexrelid), i.indisunique, i.indisprimary"
        " FROM pg_index i WHERE i.indrelid = %s ORDER BY 1", [table],
    )
    # a partial unique index makes no key, but it is still one that identifiers must not break
    return [
        (str(name), bool(any_), list(key) if whole else [], text, bool(primary))
        for name, whole, key, text, any_, primary in found
    ]


def _key(
    every: dict[str, tuple[Any, ...]], indexes: list[tuple[str, bool, list[int], str, bool]], replaced: Collection[str],
) -> tuple[str, bool]:
    """Return the column that names rows, and whether it is the primary key; short types before other unique columns."""
    numbers = {row[6]: name for name, row in every.items()}
    single = [
        (numbers[key[0]], primary) for _, unique, key, _, primary in indexes
        if unique and len(key) == 1 and key[0] in numbers and every[numbers[key[0]]][4]
        and every[numbers[key[0]]][2] in _KEYS
    ]
    single.sort(key=lambda one: (one[0] in replaced, not one[1], _KEYS.index(every[one[0]][2]), one[0]))
    return single[0] if single else ("", False)


def _links(rows: Rows, named: list[Any], *columns_: str) -> tuple[tuple[str, Slot], ...]:
    here, here_key, there, there_key = columns_
    found = rows(
        f"SELECT k.conname, n.nspname, c.relname, a.attname FROM pg_constraint k"
        f" JOIN pg_class c ON c.oid = k.{there} JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" JOIN pg_attribute a ON a.attrelid = k.{there}"
        f" AND a.attnum = k.{there_key}[array_position(k.{here_key}, %s::int2)]"
        f" WHERE k.contype = 'f' AND k.{here} = %s ORDER BY 1", [named[1], named[0]],
    )
    return tuple((str(name), Slot(str(schema), str(table), str(column))) for name, schema, table, column in found)


def _texts(rows: Rows, statement: str, values: list[Any]) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in rows(statement, values))


def _mentions(text: str, column: str) -> bool:
    """Whether a printed definition names a column; it may say so once too often, which only adds to the report."""
    return column in text


def _quoted(slot: Slot) -> str:
    parts = [part for part in (slot.schema, slot.table) if part]
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
