"""PostgreSQL: GIN indexes over ``search_grams(…)`` of a document, an array of integers.

A GIN index gives all documents of a key at once, never the first twenty. So the keys are made for blocks of
BLOCK documents: (block, bigram) in one integer. A search walks the blocks in order, one lateral step each, and ends
where enough hits are found: a frequent bigram touches one block, a rare one a key lookup in each.
The function is SQL, so nothing is stored twice; ``rules.normalise`` stays the only place that knows the normal form.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    column,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from catalog.search.models import DOC
from catalog.search.port import IndexRow, Needle

BLOCK_BITS: Final = 12
"""A block is 4,096 documents: more cost a frequent word more texts, fewer a rare word more lookups."""

_IDS: Final = text("SELECT nextval('search_doc_number_seq') FROM generate_series(1, :count)")
# the two texts must be those of the indexes in migration 0012, or the planner does not see them
_GRAMS: Final = {
    "title": "search_grams(search_doc.number, search_doc.title, search_doc.department_id, search_doc.node_kind)",
    "whole": "search_grams(search_doc.number, (search_doc.title || ' '::text) || search_doc.body, "
             "search_doc.department_id, search_doc.node_kind)",
}
_KEYS: Final = "ARRAY(SELECT (blocks.block << 42) | key FROM unnest(CAST(:keys AS bigint[])) AS key)"


def gram_key(gram: str) -> int:
    """A bigram as 42 bits, two code points; a trigram of ASCII beyond every bigram and label."""
    if len(gram) == 3:
        return 0x190000 << 21 | ord(gram[0]) << 14 | ord(gram[1]) << 7 | ord(gram[2])
    return ord(gram[0]) << 21 | ord(gram[1])


def label_key(label: str) -> int:
    """A kind or department as 42 bits beyond every bigram (no code point is above 0x10FFFF)."""
    hashed = int(hashlib.sha256(label.encode("ascii")).hexdigest()[:10], 16)
    return (0x110000 + (hashed >> 21)) << 21 | hashed & 0x1FFFFF


def _labels(node_kind: str | None, department_id: uuid.UUID | None) -> list[str]:
    kind = [] if node_kind is None else [f"k{node_kind}"]
    return kind if department_id is None else [*kind, f"d{department_id}"]


class PostgresFullText:
    """See the port."""

    def take_numbers(self, session: Session, count: int) -> list[int]:
        """New numbers from the table's sequence, so that concurrent writers do not meet."""
        return list(session.scalars(_IDS, {"count": count}))

    def streams(self, title: str, body: str) -> tuple[str, str] | None:
        """None: the database makes the keys of its indexes."""

    def add(self, session: Session, rows: Iterable[IndexRow]) -> None:
        """Nothing: the indexes follow the table."""

    def remove(self, session: Session, rows: Iterable[IndexRow]) -> None:
        """Nothing: the indexes follow the table."""

    def rebuild(self, session: Session, rows: Iterable[IndexRow]) -> None:
        """Write the indexes anew from the table."""
        for field in _GRAMS:
            session.execute(text(f"REINDEX INDEX ix_search_gram_{field}"))

    def params(self, needle: Needle) -> dict[str, Any]:
        """The keys without their block."""
        labels = _labels(needle.node_kind, needle.department_id)
        return {"keys": [*(label_key(label) for label in labels), *(gram_key(gram) for gram in needle.grams)]}

    def candidates(
        self, needle: Needle, where: Sequence[ColumnElement[bool]], limit: int, *, named: bool = False
    ) -> Select[int, uuid.UUID]:
        """See the port."""
        keys = bindparam("keys", self.params(needle)["keys"], ARRAY(BigInteger), unique=not named)
        held = text(f"{_GRAMS[needle.field]} @> {_KEYS}").bindparams(keys)
        most = bindparam("n", limit, Integer(), unique=not named)
        last = select(func.coalesce(func.max(DOC.c.number), 0).op(">>")(text(f"{BLOCK_BITS}"))).scalar_subquery()
        blocks = func.generate_series(literal(0, BigInteger), last).table_valued(
            column("block", BigInteger), name="blocks"
        ).render_derived(name="blocks")
        hits = (
            select(DOC.c.number, DOC.c.node_id).where(held, *where)
            # plus nothing: an order that the primary key cannot serve, else the planner would walk it
            .order_by(DOC.c.number + 0).limit(most).correlate(blocks).lateral("hits")
        )
        return select(hits.c.number, hits.c.node_id).select_from(blocks.join(hits, true())).limit(most)

    def holders(self, needle: Needle, limit: int) -> Select[int]:
        """See the port."""
        found = self.candidates(needle, [], limit, named=True).subquery()
        return select(found.c.number)
