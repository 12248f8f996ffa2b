"""PostgreSQL through psycopg, to the address that the outbound guard has checked; KingbaseES and openGauss likewise."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from crypto.replacement.adapters import postgresql_catalogue as catalogue
from crypto.replacement.adapters.connecting import TIMEOUT, Place
from crypto.replacement.errors import KEYS_ENFORCED, TARGET_FAILED
from crypto.replacement.port import Change, Facts, Refused, Slot
from kernel.errors import MulianError
from kernel.outbound import guard

_ROW_ERRORS = (psycopg.IntegrityError, psycopg.DataError, psycopg.errors.RaiseException,
               psycopg.errors.GeneratedAlways)
_SSL = {"off": "disable", "require": "require", "verify": "verify-full"}


def connection(place: Place) -> psycopg.Connection[Any]:
    """Open a connection to the address that the outbound guard has checked; every statement commits by itself."""
    pinned = guard.resolve(place.host, place.port, place.allowed)
    authority = str(place.authority) if place.authority and place.tls == "verify" else None
    return psycopg.connect(
        host=place.host, hostaddr=",".join(str(one.address) for one in pinned[:1]), port=place.port,
        dbname=place.database, user=place.username, password=place.password, sslmode=_SSL[place.tls],
        connect_timeout=int(TIMEOUT), client_encoding="utf8", autocommit=True, application_name="mulian",
        sslrootcert=authority,
    )


class PostgreSQL:
    """One connection. Values are read as ``text`` and compared in COLLATE "C", byte for byte."""

    def __init__(self, place: Place) -> None:
        self._connection = connection(place)
        self._connection.prepare_threshold = None  # old servers and poolers know no statements that are kept

    def version(self) -> str:
        """Return product and version."""
        return str(self._rows("SELECT version()")[0][0]).split(" on ")[0]

    def columns(self) -> list[tuple[str, str, str]]:
        """Return (table, column, type) of the connection's schema."""
        return catalogue.columns(self._rows)

    def facts(self, slot: Slot, replaced: Collection[str] = ()) -> Facts:
        """Describe a column."""
        return catalogue.facts(self._rows, slot, replaced)

    def prepare(self, *, linked: bool) -> None:
        """Suspend foreign keys for this session; PostgreSQL suspends the table's own triggers with them."""
        if not linked:
            return
        try:
            self._rows("SELECT set_config('session_replication_role', 'replica', false)")
        except MulianError:
            raise KEYS_ENFORCED() from None

    def page(self, slot: Slot, facts: Facts, after: str | None, limit: int) -> list[tuple[str, str | None]]:
        """Return (key, value) after a key."""
        key = sql.Identifier(facts.key)
        where = sql.SQL("") if after is None else sql.SQL(" WHERE t.{} > {}").format(key, _typed(facts, after))
        # without t. the order would be that of the text in the answer: 10 before 9
        statement = sql.SQL("SELECT t.{0}::text, t.{1}::text FROM {2} t{3} ORDER BY t.{0} LIMIT {4}").format(
            key, sql.Identifier(slot.column), _table(slot), where, sql.Literal(limit),
        )
        return [(str(found), value) for found, value in self._rows(statement)]

    def swap(self, slot: Slot, facts: Facts, changes: Sequence[Change], *, rehearse: bool = False) -> list[str]:
        """Change rows from three arrays in one statement."""
        # no cast of the new value: an explicit one would cut what is too long, an assignment refuses it
        statement = sql.SQL(
            'UPDATE {table} AS t SET {column} = v.new FROM unnest(%s::text[], %s::text[], %s::text[])'
            ' AS v(key, old, new) WHERE t.{key} = v.key::{key_type} AND t.{column}::text COLLATE "C" = v.old'
            ' RETURNING v.key'
        ).format(
            table=_table(slot), column=sql.Identifier(slot.column),
            key=sql.Identifier(facts.key), key_type=sql.SQL(facts.key_type),
        )
        keys = [change.key for change in changes]
        arrays = [keys, [change.old for change in changes], [change.new for change in changes]]
        with self._transaction(rehearse):
            done = {str(row[0]) for row in self._rows(statement, arrays)}
            left = [change for change in changes if rehearse or change.key not in done]
            return self._others(slot, facts, left) if left else []

    def orphans(self, slot: Slot, facts: Facts) -> int:
        """Count children without a parent."""
        total = 0
        for _, parent in facts.parents:
            found = self._rows(sql.SQL(
                "SELECT count(*) FROM {child} c LEFT JOIN {parent} p ON c.{column} = p.{there}"
                " WHERE c.{column} IS NOT NULL AND p.{there} IS NULL"
            ).format(child=_table(slot), parent=_table(parent), column=sql.Identifier(slot.column),
                     there=sql.Identifier(parent.column)))
            total += found[0][0]
        return total

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _others(self, slot: Slot, facts: Facts, changes: Sequence[Change]) -> list[str]:
        own = facts.key == slot.column  # then the row is to be found by what it holds now
        named = [change.new if own else change.key for change in changes]
        rows = self._rows(sql.SQL(
            "SELECT v.key, t.{column}::text FROM unnest(%s::text[]) AS v(key)"
            " JOIN {table} t ON t.{key} = v.key::{key_type}"
        ).format(table=_table(slot), column=sql.Identifier(slot.column), key=sql.Identifier(facts.key),
                 key_type=sql.SQL(facts.key_type)), [named])
        now = {str(key): value for key, value in rows}
        return [change.key for change, name in zip(changes, named, strict=True) if now.get(name) != change.new]

    @contextlib.contextmanager
    def _transaction(self, rehearse: bool) -> Iterator[None]:
        with _told(), self._connection.transaction(force_rollback=rehearse):  # constraints may wait for the commit
            yield

    def _rows(self, statement: str | sql.Composed, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _told():
            return self._connection.execute(statement, values or None).fetchall()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Pass on class and number of an error: its message would quote the value, and end in job and log."""
    try:
        yield
    except psycopg.Error as error:
        if isinstance(error, _ROW_ERRORS):
            raise Refused(f"PostgreSQL {error.sqlstate}") from None
        raise TARGET_FAILED(reason=f"{type(error).__name__} {error.sqlstate or ''}".strip()) from None


def _typed(facts: Facts, key: str) -> sql.Composed:
    return sql.SQL("{}::{}").format(sql.Literal(key), sql.SQL(facts.key_type))


def _table(slot: Slot) -> sql.Identifier:
    return sql.Identifier(slot.schema, slot.table) if slot.schema else sql.Identifier(slot.table)
