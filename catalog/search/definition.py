"""What matches and in which order, by definition: conditions on the text of a document, for either database.

A word is held by a document when its title or body contains it, or when the word is the name, short name or alias
of the document's department. Tiers: 0 a code (present, past or legacy) is the query; 1 the title contains the query
as typed; 2 the title holds every word; 3 the body contains the query as typed; 4 title and body hold every word.
Within a tier a title that *is* the query comes first, then the order of registration.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, case, false, func, or_, select, union

from catalog.codes.models import NodeCode
from catalog.search.models import DOC
from catalog.search.rules import HEAD, Query

_PAST = NodeCode.__table__
Text = ColumnElement[str]


def contains(dialect: str, text: Text, word: Any) -> ColumnElement[bool]:
    """Whether a text contains a word, letter by letter."""
    return (func.instr(text, word) if dialect == "sqlite" else func.strpos(text, word)) > 0


@dataclass(frozen=True)
class Wish:
    """A query with what the directory knows about its words. ``raw`` is what was typed, for codes.

    ``named``: conditions carry parameter names, for a statement that is compiled once and used for other queries.
    """

    query: Query
    raw: str
    dialect: str
    departments: dict[str, tuple[uuid.UUID, ...]] = field(default_factory=dict)
    named: bool = False

    @property
    def params(self) -> dict[str, str]:
        """The values behind the names."""
        words = {f"word{at}": word for at, word in enumerate(self.query.words)}
        return {"text": self.query.text, "head": self.query.text[:HEAD], "code": self.raw.strip().lower(), **words}

    def _bind(self, name: str) -> ColumnElement[str]:
        return bindparam(name, self.params[name], String(), unique=not self.named)

    def _words(self) -> Iterator[tuple[ColumnElement[str], list[ColumnElement[bool]]]]:
        for at, word in enumerate(self.query.words):
            known = self.departments.get(word, ())
            yield self._bind(f"word{at}"), [DOC.c.department_id.in_(known)] if known else []

    def _in(self, text: Text, name: str) -> ColumnElement[bool]:
        return contains(self.dialect, text, self._bind(name))

    @property
    def is_code(self) -> ColumnElement[bool]:
        """Tier 0; three lookups, since neither database serves one condition from three indexes."""
        past = select(DOC.c.number).join(_PAST, _PAST.c.node_id == DOC.c.node_id)
        return DOC.c.number.in_(union(
            select(DOC.c.number).where(DOC.c.code == self._bind("code")),
            select(DOC.c.number).where(DOC.c.legacy == self._bind("code")),
            past.where(_PAST.c.folded == self._bind("code")),
        ))

    @property
    def is_title(self) -> ColumnElement[bool]:
        """The title is the query and nothing more."""
        return and_(DOC.c.head == self._bind("head"), DOC.c.title == self._bind("text"))

    @property
    def in_title(self) -> ColumnElement[bool]:
        """Tier 1."""
        return self._in(DOC.c.title, "text")

    @property
    def words_in_title(self) -> ColumnElement[bool]:
        """Tier 2."""
        return and_(*(
            or_(contains(self.dialect, DOC.c.title, word), *department) for word, department in self._words()
        ))

    @property
    def in_body(self) -> ColumnElement[bool]:
        """Tier 3."""
        return self._in(DOC.c.body, "text")

    @property
    def words_anywhere(self) -> ColumnElement[bool]:
        """Tier 4."""
        return and_(*(
            or_(*(contains(self.dialect, text, word) for text in (DOC.c.title, DOC.c.body)), *department)
            for word, department in self._words()
        ))

    @property
    def matches(self) -> ColumnElement[bool]:
        """The truth: whether a document is found at all. Single characters look at titles and codes only."""
        if self.query.empty:
            return self.is_code
        if self.query.scan_only:
            return or_(self.is_code, and_(*(
                or_(*(contains(self.dialect, text, word) for text in (DOC.c.title, DOC.c.code)))
                for word, _ in self._words()
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
        select(DOC.c.number, DOC.c.node_id).where(wish.matches, *where)
        .order_by(wish.tier, named_first(wish), DOC.c.number).limit(limit).offset(offset)
    )


def named_first(wish: Wish) -> ColumnElement[int]:
    """Sorts a title that is the query before one that has more."""
    return case((wish.is_title, 0), else_=1)
