"""MySQL and MariaDB through PyMySQL, on a socket that the outbound guard has opened."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pymysql
from pymysql.constants import CLIENT

from crypto.replacement.adapters import mysql_catalogue as catalogue
from crypto.replacement.adapters.connecting import TIMEOUT, Place
from crypto.replacement.errors import KEYS_ENFORCED, TARGET_FAILED
from crypto.replacement.port import Change, Facts, Refused, Slot
from kernel.errors import MulianError
from kernel.outbound import guard

# duplicate key, check, foreign keys, null, too long, wrong or truncated value, out of range, division by zero, no
# default, no partition, signal of a trigger, generated column, JSON
_ROW_ERRORS = {1062, 1586, 1761, 1762, 3819, 4025, 1216, 1217, 1451, 1452, 1048, 1406, 1366, 1411, 1265, 1292, 1264,
               1690, 1365, 1364, 1526, 1748, 1644, 1645, 3105, 1906, 3140, 3141}


def connection(place: Place) -> "pymysql.connections.Connection[Any]":
    """Open a connection on a socket that the outbound guard has opened; every statement commits by itself."""
    context = place.context()
    opened = pymysql.connections.Connection(
        host=place.host, port=place.port, user=place.username, password=place.password, database=place.database,
        charset="utf8mb4", client_flag=CLIENT.FOUND_ROWS, read_timeout=600, write_timeout=600, defer_connect=True,
        autocommit=True, ssl=context, ssl_disabled=context is None,
    )
    sock = guard.connect(place.host, place.port, place.allowed, timeout=TIMEOUT)
    sock.settimeout(None)
    opened.connect(sock)
    return opened


class MySQL:
    """One connection. Texts travel as utf8mb4 and are compared as its bytes, whatever the column's character set."""

    def __init__(self, place: Place) -> None:
        self._connection = connection(place)
        # strict: a value that does not fit is refused, never cut; backslashes are escapes, as PyMySQL writes them
        self._execute("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION'")

    def version(self) -> str:
        """Return product and version."""
        text = str(self._rows("SELECT VERSION()")[0][0])
        return text if "MariaDB" in text else f"{text} MySQL"

    def columns(self) -> list[tuple[str, str, str]]:
        """Return (table, column, type) of the connection's schema."""
        return catalogue.columns(self._rows)

    def facts(self, slot: Slot, replaced: Collection[str] = ()) -> Facts:
        """Describe a column."""
        return catalogue.facts(self._rows, slot, replaced)

    def prepare(self, *, linked: bool) -> None:
        """Suspend foreign keys for this session: parent and child change in different transactions."""
        if not linked:
            return
        try:
            self._execute("SET SESSION foreign_key_checks = 0")
        except MulianError:
            raise KEYS_ENFORCED() from None

    def page(self, slot: Slot, facts: Facts, after: str | None, limit: int) -> list[tuple[str, str | None]]:
        """Return (key, value) after a key."""
        key, column = _name(facts.key), _name(slot.column)
        where = "" if after is None else f" WHERE {key} > %s"
        rows = self._rows(
            f"SELECT {key}, {column} FROM {_table(slot)}{where} ORDER BY {key} LIMIT {int(limit)}",
            [] if after is None else [_typed(facts, after)],
        )
        return [(str(found), value) for found, value in rows]

    def swap(self, slot: Slot, facts: Facts, changes: Sequence[Change], *, rehearse: bool = False) -> list[str]:
        """Change rows in one statement: each value is chosen, and compared byte for byte, by its key's position."""
        keys = [_typed(facts, change.key) for change in changes]
        marks = ",".join(["%s"] * len(changes))
        key, column = _name(facts.key), _name(slot.column)
        kept = "".join(f", {_name(name)} = {_name(name)}" for name in facts.kept)
        position = f"FIELD({key},{marks})"
        statement = (
            f"UPDATE {_table(slot)} SET {column} = ELT({position},{marks}){kept} WHERE {key} IN ({marks})"
            f" AND CAST(CONVERT({column} USING utf8mb4) AS BINARY) = CAST(ELT({position},{marks}) AS BINARY)"
        )
        old, new = [change.old for change in changes], [change.new for change in changes]
        with self._transaction(rehearse):
            done = self._execute(statement, [*keys, *new, *keys, *keys, *old])
            return [] if done == len(changes) and not rehearse else self._others(slot, facts, changes)

    def orphans(self, slot: Slot, facts: Facts) -> int:
        """Count children without a parent."""
        total = 0
        for _, parent in facts.parents:
            joined = f"c.{_name(slot.column)} = p.{_name(parent.column)}"
            total += self._rows(
                f"SELECT COUNT(*) FROM {_table(slot)} c LEFT JOIN {_table(parent)} p ON {joined}"
                f" WHERE c.{_name(slot.column)} IS NOT NULL AND p.{_name(parent.column)} IS NULL"
            )[0][0]
        return total

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(pymysql.err.Error):
            self._connection.close()

    def _others(self, slot: Slot, facts: Facts, changes: Sequence[Change]) -> list[str]:
        """Return the keys of rows that now hold anything but the new value; in the transaction of the change."""
        own = facts.key == slot.column  # then the row is to be found by what it holds now
        named = [change.new if own else change.key for change in changes]
        rows = self._rows(
            f"SELECT {_name(facts.key)}, {_name(slot.column)} FROM {_table(slot)}"
            f" WHERE {_name(facts.key)} IN ({','.join(['%s'] * len(named))})", [_typed(facts, key) for key in named],
        )
        now = {str(key): value for key, value in rows}
        return [
            change.key for change, name in zip(changes, named, strict=True) if now.get(name) != change.new
        ]

    @contextlib.contextmanager
    def _transaction(self, rehearse: bool) -> Iterator[None]:
        with _told():
            self._connection.begin()
        try:
            yield
            with _told():
                if rehearse:
                    self._connection.rollback()
                else:
                    self._connection.commit()
        except BaseException:
            with contextlib.suppress(pymysql.err.Error):
                self._connection.rollback()
            raise

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with _told(), self._connection.cursor() as cursor:
            cursor.execute(statement, tuple(values))
            return list(cursor.fetchall())

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> int:
        with _told(), self._connection.cursor() as cursor:
            return int(cursor.execute(statement, tuple(values)))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Pass on class and number of an error: its message would quote the value, and end in job and log."""
    try:
        yield
    except pymysql.err.Error as error:
        number = error.args[0] if error.args else 0
        if number in _ROW_ERRORS:
            raise Refused(f"MySQL {number}") from None
        raise TARGET_FAILED(reason=f"{type(error).__name__} {number}") from None


def _typed(facts: Facts, key: str) -> int | str:
    return int(key) if facts.key_type in catalogue.INTEGERS else key


def _name(name: str) -> str:
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


def _table(slot: Slot) -> str:
    return f"{_name(slot.schema)}.{_name(slot.table)}" if slot.schema else _name(slot.table)
