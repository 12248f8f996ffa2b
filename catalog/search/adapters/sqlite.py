"""FTS5: the table ``search_fts(tokens)``, rowid = ``search_part.id``."""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, bindparam, column, delete, func, insert, select, table, text
from sqlalchemy.orm import Session

from catalog.search.models import SearchPart
from catalog.search.rules import token_stream

_FTS = table("search_fts", column("rowid"), column("tokens"))


class SqliteFullText:
    """See the port."""

    def take_ids(self, session: Session, count: int) -> list[int]:
        """New part ids: a write unit is the only writer, so counting on is safe."""
        last = session.scalar(select(func.max(SearchPart.id))) or 0
        return list(range(last + 1, last + count + 1))

    def add(self, session: Session, rows: Iterable[tuple[int, str]]) -> None:
        """Index parts."""
        values = [{"rowid": part_id, "tokens": token_stream(body)} for part_id, body in rows]
        if values:
            session.execute(insert(_FTS), values)

    def remove(self, session: Session, node_ids: Sequence[uuid.UUID]) -> None:
        """Remove the parts of nodes."""
        ids = session.scalars(select(SearchPart.id).where(SearchPart.node_id.in_(node_ids))).all()
        if ids:
            session.execute(delete(_FTS).where(_FTS.c.rowid == bindparam("part")), [{"part": part} for part in ids])

    def nodes_with(self, tokens: Sequence[str]) -> Select[uuid.UUID]:
        """The nodes that have a part in which the tokens stand one after the other."""
        # tokens are our own [0-9a-z] spelling, so the phrase needs no escaping
        match = text("search_fts MATCH :phrase").bindparams(
            bindparam("phrase", '"' + " ".join(tokens) + '"', unique=True)
        )
        return select(SearchPart.node_id).where(SearchPart.id.in_(select(_FTS.c.rowid).where(match)))
