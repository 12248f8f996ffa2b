"""Rows of a table of a department's database, or of a 前置库: read only, by keyset, in the order of cursor and key."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Engine,
    Select,
    and_,
    column,
    create_engine,
    func,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from crypto.replacement.adapters.connecting import Place
from gateway.collection.errors import READ_FAILED
from gateway.collection.port import Page
from kernel.outbound import guard

PAGE = 5_000
_READ_ONLY = {"postgresql": "SET default_transaction_read_only = on", "mysql": "SET SESSION TRANSACTION READ ONLY"}


class DatabaseSource:
    """``source``: schema, table, key (a column that orders the rows and is unique), columns, cursor (a column).

    With a cursor the order is (cursor, key); the next run begins with rows that are as new as the last one's newest,
    since others may have been written in the same moment.
    """

    def __init__(self, product: str, place: Place, source: Mapping[str, Any], *, since: Any = None) -> None:
        self._engine = engine(product, place)
        self._source, self._since = source, since
        self._key, self._cursor = str(source["key"]), str(source.get("cursor") or "")
        names = dict.fromkeys([*source["columns"], self._key, *([self._cursor] if self._cursor else [])])
        self._columns: dict[str, ColumnElement[Any]] = {name: column(name) for name in names}
        self._table = table(str(source["table"]), schema=source.get("schema") or None)

    def pages(self, position: dict[str, Any] | None) -> Iterator[Page]:
        """Yield pages from a position on; without a cursor their number is known at the start."""
        try:
            with self._engine.connect() as connection:
                if statement := _READ_ONLY.get(self._engine.dialect.name):
                    connection.execute(text(statement))
                    connection.commit()
                total = None if self._cursor else int(connection.execute(
                    select(func.count()).select_from(self._table)).scalar_one())
                while True:
                    rows = [dict(row) for row in connection.execute(self._page(position)).mappings()]
                    connection.rollback()
                    if rows:
                        position = {"key": kept(rows[-1][self._key])}
                        if self._cursor:
                            position["cursor"] = kept(rows[-1][self._cursor])
                        yield Page(rows, position, position.get("cursor"), total)
                    if len(rows) < PAGE:
                        return
        except SQLAlchemyError as error:  # its text quotes statements and values
            original = getattr(error, "orig", None) or error
            raise READ_FAILED(reason=type(original).__name__) from None

    def close(self) -> None:
        """End the connection."""
        self._engine.dispose()

    def _page(self, position: Mapping[str, Any] | None) -> Select[Any]:
        key = self._columns[self._key]
        order = [self._columns[self._cursor], key] if self._cursor else [key]
        query = select(*self._columns.values()).select_from(self._table).order_by(*order).limit(PAGE)
        where = self._after(position)
        return query if where is None else query.where(where)

    def _after(self, position: Mapping[str, Any] | None) -> ColumnElement[bool] | None:
        key = self._columns[self._key]
        if position is None:
            if not self._cursor:
                return None
            if self._since is None:
                return self._columns[self._cursor].is_not(None)
            newer: ColumnElement[bool] = self._columns[self._cursor] >= given(self._since)
            return newer
        last = given(position["key"])
        after: ColumnElement[bool] = key > last
        if not self._cursor:
            return after
        cursor, reached = self._columns[self._cursor], given(position["cursor"])
        return or_(cursor > reached, and_(cursor == reached, after))


def engine(product: str, place: Place) -> Engine:
    """Return an engine whose connections go to the address that the outbound guard has checked."""
    if product == "postgresql":
        from crypto.replacement.adapters import postgresql

        return create_engine("postgresql+psycopg://", creator=lambda: postgresql.connection(place), poolclass=NullPool,
                             hide_parameters=True)
    if product == "mysql":
        from crypto.replacement.adapters import mysql

        return create_engine("mysql+pymysql://", creator=lambda: mysql.connection(place), poolclass=NullPool,
                             hide_parameters=True)
    pinned = guard.resolve(place.host, place.port, place.allowed)[0]
    url = URL.create(product, place.username, place.password, str(pinned.address), place.port, place.database)
    return create_engine(url, poolclass=NullPool, hide_parameters=True)


def kept(value: Any) -> Any:
    """Return a key or cursor as JSON: whole numbers and texts as they are, others with the name of their type."""
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return value if isinstance(value, int | str) else str(value)


def given(value: Any) -> Any:
    """Undo :func:`kept`."""
    if not isinstance(value, dict):
        return value
    [(kind, form)] = value.items()
    return _READ[kind](form)


_READ: dict[str, Callable[[str], Any]] = {
    "instant": datetime.fromisoformat, "date": date.fromisoformat, "decimal": Decimal,
}

