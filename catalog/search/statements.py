"""Statements of one shape are built and compiled once: building one takes longer than the database needs to answer.

A shape is a name for a statement whose parameters all have names; the same shape always gives the same text.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

Shape = tuple[str | int | None, ...]
Hit = tuple[int, uuid.UUID]


@dataclass(frozen=True)
class _Compiled:
    text: str
    order: tuple[str, ...] | None
    constants: Mapping[str, Any]

    def bound(self, params: Mapping[str, Any]) -> Any:
        values = {**self.constants, **params}
        return values if self.order is None else tuple(values[name] for name in self.order)


_compiled: dict[tuple[str, Shape], _Compiled] = {}


def _compile(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> _Compiled:
    made = statement.compile(dialect=dialect)
    order = tuple(made.positiontup) if made.positional and made.positiontup is not None else None
    return _Compiled(str(made), order, dict(made.params))


def rows(
    session: Session, shape: Shape | None, build: Callable[[], Select[*tuple[Any, ...]]], params: Mapping[str, Any]
) -> list[Any]:
    """The raw rows of a statement; ``shape`` None: it has parts of its own and is built for this once."""
    connection = session.connection()
    if shape is None:
        return list(connection.execute(build(), params))
    key = (connection.dialect.name, shape)
    known = _compiled.get(key)
    if known is None:
        known = _compiled[key] = _compile(build(), connection.dialect)
    # the driver's parameters are the names of the statement, of which params may hold more
    given = {name: value for name, value in params.items() if name in known.constants}
    return list(connection.exec_driver_sql(known.text, known.bound(given)))


def as_hits(found: Iterable[Any]) -> list[Hit]:
    """(number, node_id) of rows; SQLite keeps ids as text, which a compiled statement gives as they are."""
    return [
        (number, node_id if isinstance(node_id, uuid.UUID) else uuid.UUID(node_id)) for number, node_id in found
    ]
