"""Many rows between a database and this process in few values: what a driver does per row costs more than the cipher.

PostgreSQL gives a page as one value of keys, one of lengths and one of envelopes, and takes a chunk as three. SQLite
takes a chunk of one length the same way.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, LargeBinary, Select, cast, func, literal_column, select
from sqlalchemy.orm import Session

from crypto.envelope.row_keys import KeyKind, RowKey
from crypto.rotation.walking import KeyColumn

Page = list[tuple[RowKey, bytes]]
Changes = Sequence[tuple[RowKey, bytes, bytes]]
NONCE = slice(6, 18)


def read(session: Session, key: KeyColumn, query: Select[Any]) -> Page:
    """Return the rows of a query of (key, envelope) that is ordered and limited."""
    if session.get_bind().dialect.name != "postgresql":
        return [(row[0], row[1]) for row in session.execute(query)]
    rows = query.subquery()
    name, envelope = rows.c[0], rows.c[1]
    sent = func.int8send(name) if key.kind is KeyKind.BIGINT else func.uuid_send(name)
    if key.kind is KeyKind.TEXT:
        sent = func.convert_to(name, "UTF8")
    values: list[Any] = [sent, func.int4send(func.length(sent)), envelope, func.int4send(func.length(envelope))]
    nothing: ColumnElement[bytes] = literal_column("''::bytea")
    joined: list[Any] = [func.string_agg(cast(value, LargeBinary), nothing, type_=LargeBinary) for value in values]
    keys, key_sizes, envelopes, sizes = session.execute(select(*joined)).one()
    if keys is None:
        return []
    return list(zip(_keys(key.kind, keys, key_sizes), _split(envelopes, sizes), strict=True))


def swap_postgresql(key: KeyColumn, table: str, column: str, department: str, changes: Changes) -> tuple[str, Any]:
    """Return the statement that swaps a chunk, with its values but for ``:department``."""
    name = f"t.{key.name}{key.exact}"
    statement = (
        f"UPDATE {table} AS t SET {column} = substr(CAST(:news AS bytea), u.place, u.size) "
        f"FROM unnest(CAST(:keys AS {key.array}), CAST(:places AS int[]), CAST(:sizes AS int[])) "
        "WITH ORDINALITY AS u(row_key, place, size, number) "
        f"WHERE {name} = u.row_key AND t.{department} = :department AND {name} BETWEEN :low AND :high "
        f"AND substr(t.{column}, 7, 12) = substr(CAST(:nonces AS bytea), CAST(u.number * 12 - 11 AS int), 12)"
    )
    keys: list[Any] = [row_key for row_key, _, _ in changes]
    sizes = np.fromiter((len(new) for _, _, new in changes), np.int64, len(changes))
    places = np.cumsum(sizes) - sizes + 1
    return statement, {
        "news": b"".join([new for _, _, new in changes]), "nonces": b"".join([old[NONCE] for _, old, _ in changes]),
        # arrays written out: a driver that dumps a list asks every item for its type; texts would need quoting
        "keys": keys if key.kind is KeyKind.TEXT else _array(keys), "places": _array(places.tolist()),
        "sizes": _array(sizes.tolist()), "low": min(keys), "high": max(keys),
    }


def swap_sqlite(
    key: KeyColumn, table: str, column: str, department: tuple[str, uuid.UUID], changes: Changes,
) -> tuple[str, Any]:
    """Return the statement that swaps a chunk, with its values: a tuple, or a list of them for executemany.

    ``department``: column and value.
    """
    place, keys = f"{table}.{column}", [key.bound_sqlite(row_key) for row_key, _, _ in changes]
    widths = {len(new) for _, _, new in changes}
    if len(widths) > 1 or any(isinstance(one, str) and "\0" in one for one in keys):  # SQLite's JSON ends at a NUL
        return (
            f"UPDATE {table} SET {column} = ? WHERE {key.name} = ? AND {department[0]} = ? "
            f"AND substr({column}, 7, 12) = ?"
        ), [(new, row, department[1].hex, old[NONCE]) for row, (_, old, new) in zip(keys, changes, strict=True)]
    width = widths.pop()
    return (
        f"UPDATE {table} SET {column} = substr(?1, m.key * {width} + 1, {width}) FROM json_each(?2) AS m "
        f"WHERE {table}.{key.name} = m.value AND {table}.{department[0]} = ?3 "
        f"AND substr({place}, 7, 12) = substr(?4, m.key * 12 + 1, 12)"
    ), (
        b"".join([new for _, _, new in changes]), json.dumps(keys), department[1].hex,
        b"".join([old[NONCE] for _, old, _ in changes]),
    )


def _array(items: Sequence[Any]) -> str:
    return "{" + ",".join(map(str, items)) + "}"


def _keys(kind: KeyKind, data: bytes, sizes: bytes) -> list[RowKey]:
    if kind is KeyKind.BIGINT:
        integers: list[RowKey] = np.frombuffer(data, ">i8").tolist()
        return integers
    parts = _split(data, sizes)
    return [uuid.UUID(bytes=part) for part in parts] if kind is KeyKind.UUID else [part.decode() for part in parts]


def _split(data: bytes, sizes: bytes) -> list[bytes]:
    """Return the parts of a value by their sizes (i32 big endian)."""
    lengths = np.frombuffer(sizes, ">i4")
    first = int(lengths[0])
    if first and (lengths == first).all():
        parts: list[bytes] = np.frombuffer(data, f"V{first}").tolist()
        return parts
    ends = np.cumsum(lengths)
    return [data[start:end] for start, end in zip((ends - lengths).tolist(), ends.tolist(), strict=True)]
