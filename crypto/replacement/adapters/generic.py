"""Any database with a SQLAlchemy dialect that the settings name: Oracle, 达梦 and others. Row by row, portable SQL.

What this adapter cannot see it does not guess: checks, triggers and views are left to the assessment's reader, and
columns with foreign keys are refused.
"""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Enum,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    func,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from crypto.replacement.adapters.connecting import Place
from crypto.replacement.errors import COLUMN_UNKNOWN, KEYS_ENFORCED, TARGET_FAILED
from crypto.replacement.port import Change, Facts, Refused, Slot
from kernel.outbound import guard


class Generic:
    """One connection of a SQLAlchemy engine to the address that the outbound guard has checked."""

    def __init__(self, dialect: str, place: Place) -> None:
        pinned = guard.resolve(place.host, place.port, place.allowed)[0]
        url = URL.create(dialect, place.username, place.password, str(pinned.address), place.port, place.database)
        self._engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        self._connection = self._engine.connect()
        self._metadata = MetaData()

    def version(self) -> str:
        """Return product and version."""
        return f"{self._engine.dialect.name} {'.'.join(map(str, self._engine.dialect.server_version_info or ()))}"

    def columns(self) -> list[tuple[str, str, str]]:
        """Return (table, column, type) of the connection's schema."""
        inspector = inspect(self._connection)
        found = [
            (table, str(column["name"]), str(column["type"]))
            for table in inspector.get_table_names() for column in inspector.get_columns(table)
        ]
        self._connection.rollback()
        return found

    def facts(self, slot: Slot, replaced: Collection[str] = ()) -> Facts:
        """Describe a column by what the dialect reflects."""
        table, column = self._column(slot)
        inspector, schema = inspect(self._connection), slot.schema or None
        unique = {str(one["name"]): list(one["column_names"]) for one in
                  inspector.get_unique_constraints(slot.table, schema)}
        unique |= {str(one["name"]): [name for name in one["column_names"] if name]
                   for one in inspector.get_indexes(slot.table, schema) if one["unique"]}
        primary = [one.name for one in table.primary_key.columns]
        single = [names[0] for names in (primary, *unique.values())
                  if len(names) == 1 and (names == primary or not table.c[names[0]].nullable)
                  and (_text(table.c[names[0]]) or isinstance(table.c[names[0]].type, Integer))]
        single.sort(key=lambda name: (name in {slot.column, *replaced}, [name] != primary, name))
        parents = tuple(
            (str(key["name"] or ""), Slot(key["referred_schema"] or slot.schema, key["referred_table"], there))
            for key in inspector.get_foreign_keys(slot.table, schema)
            for here, there in zip(key["constrained_columns"], key["referred_columns"], strict=True)
            if here == slot.column
        )
        with self._told():
            rows = self._connection.execute(select(func.count()).select_from(table)).scalar_one()
        self._connection.rollback()
        key_text = bool(single) and _text(table.c[single[0]])
        return Facts(
            type=str(column.type), text=_text(column), width=getattr(column.type, "length", None),
            nullable=bool(column.nullable), collation="", rows=rows, key=single[0] if single else "",
            key_type=("text" if key_text else "int") if single else "", neutral=single[:1] == primary or not key_text,
            computed=column.computed is not None,
            unique=tuple(name for name, names in unique.items() if slot.column in names)
            + (("PRIMARY KEY",) if slot.column in primary else ()),
            parents=parents,
        )

    def prepare(self, *, linked: bool) -> None:
        """Refuse columns with foreign keys: how they are suspended differs too much to be guessed."""
        if linked:
            raise KEYS_ENFORCED()

    def page(self, slot: Slot, facts: Facts, after: str | None, limit: int) -> list[tuple[str, str | None]]:
        """Return (key, value) after a key."""
        table, column = self._column(slot)
        key = table.c[facts.key]
        query = select(key, column).order_by(key).limit(limit)
        if after is not None:
            query = query.where(key > _typed(facts, after))
        with self._told():
            found = [(str(name), value) for name, value in self._connection.execute(query)]
        self._connection.rollback()
        return found

    def swap(self, slot: Slot, facts: Facts, changes: Sequence[Change], *, rehearse: bool = False) -> list[str]:
        """Change row by row in one transaction. Equality is the database's; its answer is compared here as well."""
        table, column = self._column(slot)
        key = table.c[facts.key]
        wanted = [_typed(facts, change.key) for change in changes]
        with self._told():
            now = self._current(slot, facts, wanted)
            ready = [change for change in changes if now.get(change.key) == change.old]
            if ready:
                self._connection.execute(
                    update(table).where(key == bindparam("k"), column == bindparam("o"))
                    .values({column.name: bindparam("n")}),
                    [{"k": _typed(facts, one.key), "o": one.old, "n": one.new} for one in ready],
                )
            own = facts.key == slot.column
            names = [change.new if own else change.key for change in changes]
            after = self._current(slot, facts, [_typed(facts, name) for name in names])
            if rehearse:
                self._connection.rollback()
            else:
                self._connection.commit()
        return [one.key for one, name in zip(changes, names, strict=True) if after.get(name) != one.new]

    def orphans(self, slot: Slot, facts: Facts) -> int:
        """There are none to count: columns with foreign keys are refused."""
        return 0

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
        self._engine.dispose()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Roll back and pass on the class of an error: its message would quote the value."""
        try:
            yield
        except DBAPIError as error:
            with contextlib.suppress(SQLAlchemyError):
                self._connection.rollback()
            if isinstance(error, IntegrityError | DataError):
                raise Refused(type(error.orig).__name__) from None
            raise TARGET_FAILED(reason=type(error.orig).__name__) from None

    def _current(self, slot: Slot, facts: Facts, keys: Sequence[Any]) -> dict[str, Any]:
        table, column = self._column(slot)
        key = table.c[facts.key]
        rows = [
            row for at in range(0, len(keys), 500)  # Oracle takes at most 1,000 values
            for row in self._connection.execute(select(key, column).where(key.in_(keys[at:at + 500])))
        ]
        return {str(name): value for name, value in rows}

    def _column(self, slot: Slot) -> tuple[Table, Column[Any]]:
        try:
            table = Table(slot.table, self._metadata, schema=slot.schema or None, autoload_with=self._connection)
        except NoSuchTableError as error:
            raise COLUMN_UNKNOWN(column=str(slot)) from error
        if slot.column not in table.c:
            raise COLUMN_UNKNOWN(column=str(slot))
        return table, table.c[slot.column]


def _typed(facts: Facts, key: str) -> int | str:
    return int(key) if facts.key_type == "int" else key


def _text(column: Column[Any]) -> bool:
    return isinstance(column.type, String) and not isinstance(column.type, Enum)
