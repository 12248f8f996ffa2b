"""Rows of a chunk into their table, refused ones into 问题数据: in the caller's transaction, sealed before the bind."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import repeat
from typing import Any

import orjson
from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crypto.keys.keyring import keyring_of
from crypto.scopes.rules import Scope
from gateway.collection import physical
from gateway.collection.contract import Column, columns_of, key_form
from gateway.collection.models import PROBLEM_TABLE, CollectionProblem, CollectionTable
from kernel import clock, ids
from kernel.digest import hmac_sm3
from kernel.runtime import runtime_of

_ASKED = 500  # keys in one question: a statement of thousands of parameters takes longer to write than to answer
_LARGEST = 256 * 1024
_CUT = 4000
DUPLICATE = "row:duplicate_key"
Good = tuple[int, tuple[Any, ...]]


@dataclass(frozen=True)
class Place:
    """A declared table in hand: ``secret`` makes row keys and digests, so that neither tells what it was made of."""

    id: uuid.UUID
    department_id: uuid.UUID
    columns: tuple[Column, ...]
    table: Table
    secret: bytes

    def key(self, values: Sequence[Any]) -> bytes:
        """Return the 16 bytes that stand for a row's key."""
        return hmac_sm3(self.secret, key_form(self.columns, values))[:16]


def place_of(session: Session, row: CollectionTable) -> Place:
    """Return a declared table ready for writing."""
    secret = runtime_of(session).box.mac("collection.row", row.id.bytes)
    return Place(row.id, row.department_id, columns_of(row.columns), physical.table_of(row), secret)


def put(session: Session, place: Place, load: int, good: Sequence[Good], *, replace: bool) -> list[int]:
    """Store rows of a load; return the places of those whose key is there already.

    ``replace``: such rows are replaced instead, the last of several wins, and none is returned.
    """
    keyed = [(at, values, place.key(values)) for at, values in good]
    fresh, twice = _once(keyed, replace=replace)
    if replace:
        known = _known(session, place, load, [key for _, _, key in fresh])
        old = [(known[key], values) for _, values, key in fresh if key in known]
        _insert(session, place, _ready(session, place, load, [one for one in fresh if one[2] not in known]))
        _update(session, place, old)
        return []
    ready = _ready(session, place, load, fresh)
    try:
        with session.begin_nested():
            _insert(session, place, ready)
    except IntegrityError:  # a key of an earlier chunk: now it pays to ask which
        known = _known(session, place, load, [key for _, _, key in fresh])
        _insert(session, place, [one for one in ready if one[_KEY] not in known])
        twice += [at for at, _, key in fresh if key in known]
    return sorted(twice)


_Keyed = tuple[int, tuple[Any, ...], bytes]


def _once(keyed: Sequence[_Keyed], *, replace: bool) -> tuple[list[_Keyed], list[int]]:
    """Keep one row of a key: the first, or where rows are replaced the last."""
    kept: dict[bytes, _Keyed] = {}
    twice: list[int] = []
    for one in keyed:
        if one[2] in kept and not replace:
            twice.append(one[0])
        else:
            kept[one[2]] = one
    return list(kept.values()), twice


def _known(session: Session, place: Place, load: int, keys: Sequence[bytes]) -> dict[bytes, int]:
    table, found = place.table, dict[bytes, int]()
    for start in range(0, len(keys), _ASKED):
        asked = table.c.row_key.in_(keys[start:start + _ASKED])
        found |= {bytes(key): row_id for key, row_id in session.execute(
            select(table.c.row_key, table.c.id).where(table.c.load == load, asked)).tuples()}
    return found


_OWN = ("id", "dept_id", "load", "row_key", "updated_at")
_KEY = _OWN.index("row_key")


def _ready(session: Session, place: Place, load: int, rows: Sequence[_Keyed]) -> list[tuple[Any, ...]]:
    """Number rows and seal what is encrypted: outside of any savepoint, for the uses of a key are counted by it.

    Returns rows as the driver takes them, a column converted at a time: bound one by one through their column types
    they would cost as much as all the rest.
    """
    if not rows:
        return []
    first = _numbers(session, place, len(rows))
    numbers = range(first, first + len(rows))
    sqlite = session.get_bind().dialect.name == "sqlite"
    values = [
        _driven(column, given, sqlite=sqlite)
        for column, given in zip(place.columns, _sealed(session, place, numbers, [one[1] for one in rows]), strict=True)
    ]
    own = (numbers, repeat(place.department_id.hex if sqlite else place.department_id), repeat(load),
           (one[2] for one in rows), repeat(clock.now_micros()))
    return list(zip(*own, *values, strict=False))


def _driven(column: Column, values: Sequence[Any], *, sqlite: bool) -> Sequence[Any]:
    """Return a column's values in the form in which its type stores them."""
    if column.type == "instant":
        return [None if one is None else clock.to_micros(one) for one in values]
    if column.type == "date" and sqlite:
        return [None if one is None else one.isoformat() for one in values]
    return values


def _insert(session: Session, place: Place, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        names = (*_OWN, *(column.name for column in place.columns))
        mark = "?" if session.get_bind().dialect.name == "sqlite" else "%s"
        marks = ", ".join([mark] * len(names))
        session.connection().exec_driver_sql(
            f"INSERT INTO {place.table.name} ({', '.join(names)}) VALUES ({marks})", list(rows))


def _update(session: Session, place: Place, rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
    if not rows:
        return
    values = _sealed(session, place, [number for number, _ in rows], [row for _, row in rows])
    names, now = [column.name for column in place.columns], clock.now()
    statement = update(place.table).where(place.table.c.id == bindparam("ml_row")).values(
        {**{name: bindparam(f"v_{name}") for name in names}, "updated_at": now})
    session.connection().execute(statement, [
        {"ml_row": number, **{f"v_{name}": value for name, value in zip(names, row, strict=True)}}
        for (number, _), row in zip(rows, zip(*values, strict=True), strict=True)
    ])


def _numbers(session: Session, place: Place, count: int) -> int:
    """Take row numbers that were never given; return the first."""
    last: int = session.execute(
        update(CollectionTable).where(CollectionTable.id == place.id)
        .values(next_row=CollectionTable.next_row + count).returning(CollectionTable.next_row)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    return last - count


def _sealed(
    session: Session, place: Place, numbers: Sequence[int], rows: Sequence[tuple[Any, ...]],
) -> list[Sequence[Any]]:
    """Return values by column, those of crypto scopes as envelopes of their rows."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for at, column in enumerate(place.columns):
        if column.encrypted:
            scope = Scope(place.department_id, place.table.name, column.name)
            columns[at] = keyring_of(session).encrypt(session, scope, list(zip(numbers, columns[at], strict=True)))
    return columns


# -- 问题数据 --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refused:
    """A row that was refused: its number in its run, the row as it came, why."""

    number: int
    row: Any
    reasons: tuple[str, ...]


def refuse(
    session: Session, place: Place, task_id: uuid.UUID, run_id: uuid.UUID, refused: Sequence[Refused], *, again: bool,
) -> None:
    """Store refused rows. ``again``: the source may have sent them before; such an open row is not stored twice."""
    forms = [frozen(one.row, place.columns) for one in refused]
    digests = [hmac_sm3(place.secret, form)[:16] for form in forms]
    known = _open(session, task_id, digests) if again else set[bytes]()
    fresh = [at for at, digest in enumerate(digests) if digest not in known]
    if not fresh:
        return
    names, now = [ids.new() for _ in fresh], clock.now()
    scope = Scope(place.department_id, PROBLEM_TABLE, "row_env")
    sealed = keyring_of(session).encrypt(
        session, scope, [(name, forms[at]) for name, at in zip(names, fresh, strict=True)])
    session.execute(insert(CollectionProblem), [
        {"id": name, "dept_id": place.department_id, "task_id": task_id, "run_id": run_id,
         "number": refused[at].number, "reason": refused[at].reasons[0], "reasons": list(refused[at].reasons),
         "digest": digests[at], "row_env": envelope, "state": "open", "changed_by": None, "changed_at": now,
         "audit_id": None}
        for name, at, envelope in zip(names, fresh, sealed, strict=True)
    ])


def _open(session: Session, task_id: uuid.UUID, digests: Sequence[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for start in range(0, len(digests), _ASKED):
        found.update(bytes(one) for one in session.scalars(select(CollectionProblem.digest).where(
            CollectionProblem.task_id == task_id, CollectionProblem.digest.in_(digests[start:start + _ASKED]),
            CollectionProblem.state == "open")))
    return found


def frozen(row: Any, columns: Sequence[Column]) -> bytes:
    """Return a row as JSON; of one beyond 256 KB only the start of its fields."""
    form = orjson.dumps(row, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    if len(form) <= _LARGEST:
        return form
    kept = {str(name)[:100]: str(value)[:_CUT] for name, value in list(row.items())[:2 * len(columns)]} \
        if isinstance(row, Mapping) else {"row": str(row)[:_CUT]}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | date | datetime | uuid.UUID):
        return str(value)
    return repr(value)[:_CUT]
