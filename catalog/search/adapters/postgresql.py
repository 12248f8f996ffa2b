"""PostgreSQL: the table ``search_tsv(part_id, tsv)`` with a GIN index; positions are ours, not a parser's."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, bindparam, column, delete, select, table, text
from sqlalchemy.orm import Session

from catalog.search.models import SearchPart
from catalog.search.rules import positions

_TSV = table("search_tsv", column("part_id"), column("tsv"))
_IDS = text("SELECT nextval('search_part_id_seq') FROM generate_series(1, :count)")
_INSERT = text("INSERT INTO search_tsv (part_id, tsv) VALUES (:part_id, CAST(:tsv AS tsvector))")


def vector(body: str) -> str:
    """A tsvector literal; tokens are [0-9a-z], so nothing needs quoting."""
    found: dict[str, list[int]] = defaultdict(list)
    for token, at in positions(body):
        found[token].append(at)
    return " ".join(f"'{token}':{','.join(map(str, places))}" for token, places in found.items())


class PostgresFullText:
    """See the port."""

    def take_ids(self, session: Session, count: int) -> list[int]:
        """New part ids from the table's sequence, so that concurrent writers do not meet."""
        return list(session.scalars(_IDS, {"count": count}))

    def add(self, session: Session, rows: Iterable[tuple[int, str]]) -> None:
        """Index parts."""
        values = [{"part_id": part_id, "tsv": vector(body)} for part_id, body in rows]
        if values:
            session.execute(_INSERT, values)

    def remove(self, session: Session, node_ids: Sequence[uuid.UUID]) -> None:
        """Remove the parts of nodes."""
        parts = select(SearchPart.id).where(SearchPart.node_id.in_(node_ids))
        session.execute(delete(_TSV).where(_TSV.c.part_id.in_(parts)))

    def nodes_with(self, tokens: Sequence[str]) -> Select[uuid.UUID]:
        """The nodes that have a part in which the tokens stand one after the other."""
        phrase = " <-> ".join(f"'{token}'" for token in tokens)
        match = text("tsv @@ CAST(:phrase AS tsquery)").bindparams(bindparam("phrase", phrase, unique=True))
        return select(SearchPart.node_id).where(SearchPart.id.in_(select(_TSV.c.part_id).where(match)))
