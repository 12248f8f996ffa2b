"""What matches and in which order, by definition: conditions on the text of a document, for either database.

A word is held by a document when its title or body contains it, or when the word is the name, short name or alias
of the document's department. Tiers: 0 a code (present, past or legacy) is the query; 1 the title contains the query
as typed; 2 the title holds every word; 3 the body contains the query as typed; 4 title and body hold every word.
Within a tier a title that *is* the query comes first, then the order of registration.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalog.codes.models import NodeCode
from catalog.search.models import SearchDoc
from catalog.search.rules import HEAD, Query

Text = InstrumentedAttribute[str]


@dataclass(frozen=True)
class Wish:
    """A query with what the directory knows about its words. ``raw`` is what was typed, for codes."""

    query: Query
    raw: str
    dialect: str
    departments: dict[str, tuple[uuid.UUID, ...]] = field(default_factory=dict)

    def contains(self, text: Text, word: str) -> ColumnElement[bool]:
        """Whether a text contains a word."""
        place = func.instr(text, word) if self.dialect == "sqlite" else func.strpos(text, word)
        return place > 0

    def _department(self, word: str) -> list[ColumnElement[bool]]:
        known = self.departments.get(word, ())
        return [SearchDoc.department_id.in_(known)] if known else []

    @property
    def is_code(self) -> ColumnElement[bool]:
        """Tier 0; three lookups, since neither database serves one condition from three indexes."""
        code = self.raw.strip().lower()
        past = select(SearchDoc.number).join(NodeCode, NodeCode.node_id == SearchDoc.node_id)
        return SearchDoc.number.in_(union(
            select(SearchDoc.number).where(SearchDoc.code == code),
            select(SearchDoc.number).where(SearchDoc.legacy == code),
            past.where(NodeCode.folded == code),
        ))

    @property
    def is_title(self) -> ColumnElement[bool]:
        """The title is the query and nothing more."""
        return and_(SearchDoc.head == self.query.text[:HEAD], SearchDoc.title == self.query.text)

    @property
    def in_title(self) -> ColumnElement[bool]:
        """Tier 1."""
        return self.contains(SearchDoc.title, self.query.text)

    @property
    def words_in_title(self) -> ColumnElement[bool]:
        """Tier 2."""
        return and_(*(or_(self.contains(SearchDoc.title, w), *self._department(w)) for w in self.query.words))

    @property
    def in_body(self) -> ColumnElement[bool]:
        """Tier 3."""
        return self.contains(SearchDoc.body, self.query.text)

    @property
    def words_anywhere(self) -> ColumnElement[bool]:
        """Tier 4."""
        return and_(*(
            or_(self.contains(SearchDoc.title, w), self.contains(SearchDoc.body, w), *self._department(w))
            for w in self.query.words
        ))

    @property
    def matches(self) -> ColumnElement[bool]:
        """The truth: whether a document is found at all. Single characters look at titles and codes only."""
        if self.query.empty:
            return self.is_code
        if self.query.scan_only:
            return or_(self.is_code, and_(*(
                or_(self.contains(SearchDoc.title, w), self.contains(SearchDoc.code, w)) for w in self.query.words
            )))
        return or_(self.is_code, self.words_anywhere)

    @property
    def tier(self) -> ColumnElement[int]:
        """The tier of a match."""
        if self.query.empty:
            return case((self.is_code, 0), else_=4)
        return case(
            (self.is_code, 0), (self.in_title, 1), (self.words_in_title, 2),
            (false() if self.query.scan_only else self.in_body, 3), else_=4,
        )


def ranked(wish: Wish, where: Sequence[ColumnElement[bool]], limit: int, offset: int = 0) -> Select[int, uuid.UUID]:
    """(number, node_id) of the matches in order by reading every document: the definition, and the slow path."""
    return (
        select(SearchDoc.number, SearchDoc.node_id).where(wish.matches, *where)
        .order_by(wish.tier, named_first(wish), SearchDoc.number).limit(limit).offset(offset)
    )


def named_first(wish: Wish) -> ColumnElement[int]:
    """Sorts a title that is the query before one that has more."""
    return case((wish.is_title, 0), else_=1)


def numbers(session: Session, query: Select[int, uuid.UUID]) -> list[tuple[int, uuid.UUID]]:
    """Run a query of (number, node_id)."""
    return [(number, node_id) for number, node_id in session.execute(query)]
