"""SQLite: two contentless FTS5 tables, one of titles and one of titles with bodies; rowid = ``search_doc.number``.

Only which document holds a token is kept (detail=none). A term of three or more characters is then several tokens,
and the text itself says whether they stand together. Hits come in the order of ``number``, as they are asked for.
"""

import itertools
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, column, func, select, table, text
from sqlalchemy.orm import Session

from catalog.search.models import DOC
from catalog.search.port import IndexRow, Needle
from catalog.search.rules import spelled, token_stream

_FIELDS: Final = ("title", "whole")
_TABLES: Final = {field: table(f"search_fts_{field}", column("rowid"), column("tokens")) for field in _FIELDS}
# the driver's own form: for thousands of rows SQLAlchemy's parameters cost as much as the index
_ADD: Final = {field: f"INSERT INTO search_fts_{field} (rowid, tokens) VALUES (?, ?)" for field in _FIELDS}
_REMOVE: Final = {
    field: f"INSERT INTO search_fts_{field} (search_fts_{field}, rowid, tokens) VALUES ('delete', ?, ?)"
    for field in _FIELDS
}
_SLICE: Final = 2000


def _labels(node_kind: str | None, department_id: uuid.UUID | None) -> list[str]:
    kind = [] if node_kind is None else [f"k{node_kind.replace('_', '')}"]
    return kind if department_id is None else [*kind, f"d{department_id.hex}"]


def _streams(row: IndexRow) -> dict[str, str]:
    labels = " ".join(_labels(row.node_kind, row.department_id))
    of_title, of_body = row.streams or (token_stream(row.title), token_stream(row.body))
    title = f"{labels} {of_title}"
    return {"title": title, "whole": f"{title} {of_body}"}


class SqliteFullText:
    """See the port."""

    def take_numbers(self, session: Session, count: int) -> list[int]:
        """New numbers: a write unit is the only writer, so counting on is safe."""
        last = session.scalar(select(func.max(DOC.c.number))) or 0
        return list(range(last + 1, last + count + 1))

    def streams(self, title: str, body: str) -> tuple[str, str] | None:
        """The tokens of both texts."""
        return token_stream(title), token_stream(body)

    def add(self, session: Session, rows: Iterable[IndexRow]) -> None:
        """Index documents."""
        _write(session, _ADD, rows)

    def remove(self, session: Session, rows: Iterable[IndexRow]) -> None:
        """Forget documents; a contentless table must be told the very tokens it was given."""
        _write(session, _REMOVE, rows)

    def rebuild(self, session: Session, rows: Iterable[IndexRow]) -> None:
        """Empty the tables, fill them, and merge each into one piece."""
        _tell(session, "delete-all")
        numbered = iter(rows)
        while some := list(itertools.islice(numbered, _SLICE)):
            _write(session, _ADD, some)
        _tell(session, "optimize")

    def params(self, needle: Needle) -> dict[str, Any]:
        """The MATCH expression: tokens are our own [0-9a-z] spelling, so nothing needs escaping."""
        tokens = [*_labels(needle.node_kind, needle.department_id), *(spelled(gram) for gram in needle.grams)]
        return {"wanted": " ".join(f'"{token}"' for token in tokens)}

    def candidates(
        self, needle: Needle, where: Sequence[ColumnElement[bool]], limit: int, *, named: bool = False
    ) -> Select[int, uuid.UUID]:
        """See the port; the index comes first in the join, and nothing in ``where`` can be a better start."""
        index = _TABLES[needle.field]
        wanted = bindparam("wanted", self.params(needle)["wanted"], String(), unique=not named)
        match = text(f"search_fts_{needle.field} MATCH :wanted").bindparams(wanted)
        return (
            select(DOC.c.number, DOC.c.node_id)
            .select_from(index.join(DOC, DOC.c.number == index.c.rowid))
            .where(match, *where).order_by(index.c.rowid)
            .limit(bindparam("n", limit, Integer(), unique=not named))
        )


    def holders(self, needle: Needle, limit: int) -> Select[int]:
        """See the port; the index alone answers."""
        wanted = bindparam("wanted", self.params(needle)["wanted"], String())
        match = text(f"search_fts_{needle.field} MATCH :wanted").bindparams(wanted)
        return select(_TABLES[needle.field].c.rowid).where(match).limit(bindparam("n", limit, Integer()))


def _write(session: Session, statements: dict[str, str], rows: Iterable[IndexRow]) -> None:
    streams = [(row.number, _streams(row)) for row in rows]
    if streams:
        for field, statement in statements.items():
            session.connection().exec_driver_sql(statement, [(number, one[field]) for number, one in streams])


def _tell(session: Session, order: str) -> None:
    for field in _FIELDS:
        session.execute(text(f"INSERT INTO search_fts_{field} (search_fts_{field}) VALUES (:o)"), {"o": order})
