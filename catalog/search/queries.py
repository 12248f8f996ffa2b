"""The SELECTs of search: which nodes match, in which tier, and how they spread over facets."""

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, intersect, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalog.search.models import SearchDoc
from catalog.search.rules import PART_OVERLAP, Query, lookup
from catalog.search.service import full_text

COUNT_LIMIT = 10_000
"""Counts and facets look at this many hits at most; a result at the limit is shown as "10,000+"."""


@dataclass(frozen=True)
class Hits:
    """Matching node ids in order, how many there are (at most COUNT_LIMIT), and whether that was cut."""

    ids: list[uuid.UUID]
    total: int
    capped: bool


def _contains(text: InstrumentedAttribute[str], term: str, dialect: str) -> ColumnElement[bool]:
    place = func.instr(text, term) if dialect == "sqlite" else func.strpos(text, term)
    return place > 0


def _is_code(raw: str) -> ColumnElement[bool]:
    return SearchDoc.code == raw.strip().lower()


def matching(session: Session, query: Query, raw: str) -> Select[uuid.UUID]:
    """The node ids that match, without order; title or body holds every term."""
    dialect = session.get_bind().dialect.name
    if query.scan_only or query.empty:
        found = and_(*(
            or_(_contains(SearchDoc.title, char, dialect), _contains(SearchDoc.code, char, dialect))
            for char in query.short
        )) if query.short else literal(False)
        return select(SearchDoc.node_id).where(or_(_is_code(raw), found))
    adapter = full_text(session)
    by_term = [adapter.nodes_with(lookup(term)) for term in query.terms]
    candidates = by_term[0] if len(by_term) == 1 else select(intersect(*by_term).subquery().c[0])
    # the index is exact for terms up to the overlap of parts; the rest is compared with the text
    verified = [term for term in query.terms if len(term) > PART_OVERLAP] + list(query.short)
    conditions = [
        or_(_contains(SearchDoc.title, term, dialect), _contains(SearchDoc.body, term, dialect))
        for term in verified
    ]
    found = and_(SearchDoc.node_id.in_(candidates), *conditions)
    return select(SearchDoc.node_id).where(or_(_is_code(raw), found))


def tier(session: Session, query: Query, raw: str) -> ColumnElement[int]:
    """0 exact code, 1 phrase in the title, 2 all terms in the title, 3 phrase in the body, 4 the rest."""
    dialect = session.get_bind().dialect.name
    words = (*query.terms, *query.short)
    if query.empty:
        return case((_is_code(raw), 0), else_=4)
    return case(
        (_is_code(raw), 0),
        (_contains(SearchDoc.title, query.text, dialect), 1),
        (and_(*(_contains(SearchDoc.title, word, dialect) for word in words)), 2),
        (_contains(SearchDoc.body, query.text, dialect), 3),
        else_=4,
    )
