"""Many rows between a database and this process in few values: what a driver does per row costs more than the cipher.

PostgreSQL gives a page as one value of keys, one of lengths and one of envelopes, and takes a chunk as three. SQLite
takes a chunk of one length the same way.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, LargeBinary, Select, cast, func, literal_column, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from crypto.envelope.packed_keys import PackedKeys
from crypto.envelope.row_keys import KeyKind, RowKey
from crypto.rotation.walking import KeyColumn
from crypto.scopes.forms import Form


@dataclass(frozen=True)
class Page:
    """Keys and envelopes of some rows, in the order of the keys; false when it has none."""

    keys: Sequence[RowKey]
    envelopes: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.envelopes)

    def __iter__(self) -> Iterator[tuple[RowKey, bytes]]:
        return zip(self.keys, self.envelopes, strict=True)

    def only(self, rows: Sequence[int]) -> "Page":
        """Return a page of some of the rows."""
        return Page([self.keys[row] for row in rows], [self.envelopes[row] for row in rows])


def read(session: Session, key: KeyColumn, form: Form, query: Select[Any]) -> Page:
    """Return the rows of a query of (key, envelope) that is ordered and limited."""
    reader = _read_postgresql if key.postgresql(session) else _read_sqlite
    return reader(session, key.kind, form, query)


def _read_sqlite(session: Session, kind: KeyKind, form: Form, query: Select[Any]) -> Page:
    """Take rows from the driver itself: a tuple kept for each would be looked at again by every garbage collection."""
    raw = [type_coerce(column, NullType()) for column in query.selected_columns]
    driven: Any = session.connection().execute(query.with_only_columns(*raw)).cursor
    rows: dict[Any, Any] = dict(driven)  # keeps their order; keys are unique
    keys, envelopes = list(rows), form.envelopes(rows.values())
    if kind is KeyKind.TEXT:
        return Page(keys, envelopes)
    pack = PackedKeys.of_integers if kind is KeyKind.BIGINT else PackedKeys.of_hex
    return Page(pack(keys), envelopes)


def _read_postgresql(session: Session, kind: KeyKind, form: Form, query: Select[Any]) -> Page:
    rows = query.subquery()
    name, envelope = rows.c[0], form.sent(rows.c[1])
    sent = func.int8send(name) if kind is KeyKind.BIGINT else func.uuid_send(name)
    values: list[Any] = [sent, envelope, func.int4send(func.length(envelope))]
    if kind is KeyKind.TEXT:
        sent = func.convert_to(name, "UTF8")
        values = [sent, *values[1:], func.int4send(func.length(sent))]
    nothing: ColumnElement[bytes] = literal_column("''::bytea")
    joined: list[Any] = [func.string_agg(cast(value, LargeBinary), nothing, type_=LargeBinary) for value in values]
    keys, envelopes, sizes, *key_sizes = session.execute(select(*joined)).one()
    if keys is None:
        return Page([], [])
    packed = [part.decode() for part in _split(keys, key_sizes[0])] if key_sizes else PackedKeys(kind, keys)
    return Page(packed, form.received(_split(envelopes, sizes)))


def swap_postgresql(
    key: KeyColumn, form: Form, table: str, column: str, department: str, rows: Page, fresh: Sequence[bytes],
) -> tuple[str, Any]:
    """Return the statement that swaps a chunk, with its values but for ``:department``."""
    fresh, token = form.raw(fresh), form.nonce_width
    name, widths = f"t.{key.name}{key.exact}", set(map(len, fresh))
    values: dict[str, Any] = {
        "news": b"".join(fresh), "nonces": form.nonces(rows.envelopes), "keys": _array(rows.keys),
        "low": rows.keys[0], "high": rows.keys[-1],
    }
    arrays, names = f"CAST(:keys AS {key.array})", "row_key"
    piece = f"CAST((u.number - 1) * {min(widths)} + 1 AS int), {min(widths)}"
    if len(widths) > 1:
        sizes = np.fromiter(map(len, fresh), np.int64, len(fresh))
        values |= {"places": _listed((np.cumsum(sizes) - sizes + 1).tolist()), "sizes": _listed(sizes.tolist())}
        arrays, names = f"{arrays}, CAST(:places AS int[]), CAST(:sizes AS int[])", f"{names}, place, size"
        piece = "u.place, u.size"
    new = form.taken(f"substr(CAST(:news AS bytea), {piece})", "postgresql")
    old = f"substr(CAST(:nonces AS bytea), CAST(u.number * {token} - {token - 1} AS int), {token})"
    return (
        f"UPDATE {table} AS t SET {column} = {new} "
        f"FROM unnest({arrays}) WITH ORDINALITY AS u({names}, number) "
        f"WHERE {name} = u.row_key AND t.{department} = :department AND {name} BETWEEN :low AND :high "
        f"AND {form.nonce(f't.{column}', 'postgresql')} = {form.taken(old, 'postgresql')}"
    ), values


def swap_sqlite(
    key: KeyColumn, form: Form, table: str, column: str, department: tuple[str, uuid.UUID], rows: Page,
    fresh: Sequence[bytes],
) -> tuple[str, Any]:
    """Return the statement that swaps a chunk, with its values: a tuple, or a list of them for executemany.

    ``department``: column and value. The plus takes its index from the planner, who knows no sizes and would walk
    along all rows of the department, with the whole chunk for each of them.
    """
    fresh, nonces, token = form.raw(fresh), form.nonces(rows.envelopes), form.nonce_width
    keys, widths = _sqlite_keys(rows.keys), set(map(len, fresh))
    if len(widths) > 1 or (key.kind is KeyKind.TEXT and "\0" in "".join(keys)):  # SQLite's JSON ends at a NUL
        return (
            f"UPDATE {table} SET {column} = {form.taken('?', 'sqlite')} WHERE {key.name} = ? "
            f"AND {department[0]} = ? AND {form.nonce(column, 'sqlite')} = {form.taken('?', 'sqlite')}"
        ), [
            (new, row, department[1].hex, nonces[at * token:(at + 1) * token])
            for at, (row, new) in enumerate(zip(keys, fresh, strict=True))
        ]
    width = widths.pop()
    new = form.taken(f"substr(?1, m.key * {width} + 1, {width})", "sqlite")
    old = form.taken(f"substr(?4, m.key * {token} + 1, {token})", "sqlite")
    return (
        f"UPDATE {table} SET {column} = {new} FROM json_each(?2) AS m "
        f"WHERE {table}.{key.name} = m.value AND +{table}.{department[0]} = ?3 "
        f"AND {form.nonce(f'{table}.{column}', 'sqlite')} = {old}"
    ), (b"".join(fresh), json.dumps(keys), department[1].hex, nonces)


def _sqlite_keys(keys: Sequence[RowKey]) -> list[Any]:
    """Return keys as SQLite stores them."""
    if isinstance(keys, PackedKeys):
        return keys.integers() if keys.kind is KeyKind.BIGINT else keys.hexes()
    return [key.hex if isinstance(key, uuid.UUID) else key for key in keys]


def _array(keys: Sequence[RowKey]) -> Any:
    """Return a list of keys for PostgreSQL: written out, since a driver asks every item of a list for its type."""
    if isinstance(keys, PackedKeys):
        return _listed(keys.integers() if keys.kind is KeyKind.BIGINT else keys.hexes())
    return list(keys) if isinstance(keys[0], str) else _listed(keys)  # texts would need quoting


def _listed(items: Sequence[Any]) -> str:
    return "{" + ",".join(map(str, items)) + "}"


def _split(data: bytes, sizes: bytes) -> list[bytes]:
    """Return the parts of a value by their sizes (i32 big endian)."""
    lengths = np.frombuffer(sizes, ">i4")
    first = int(lengths[0])
    if first and (lengths == first).all():
        parts: list[bytes] = np.frombuffer(data, f"V{first}").tolist()
        return parts
    ends = np.cumsum(lengths)
    return [data[start:end] for start, end in zip((ends - lengths).tolist(), ends.tolist(), strict=True)]
