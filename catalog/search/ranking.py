"""The same hits in the same order as the definition, through the index, tier by tier, no further than needed."""

import itertools
import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Select, func, not_, or_, select, union
from sqlalchemy.orm import Session

from catalog.search.definition import Wish, named_first, numbers, ranked
from catalog.search.models import SearchDoc
from catalog.search.port import Field, FullText, Needle
from catalog.search.rules import HEAD, SCAN_LIMIT, lookup

Where = Sequence[ColumnElement[bool]]
Hit = tuple[int, uuid.UUID]


class Ranking:
    """One search. ``node_kind`` and ``department_id`` go to the index; ``where`` is tested on candidates.

    ``few``: ``where`` leaves so few documents that reading them is best.
    """

    def __init__(
        self, session: Session, index: FullText, wish: Wish, *, where: Where = (),
        few: bool = False, node_kind: str | None = None, department_id: uuid.UUID | None = None,
    ) -> None:
        self.session, self.wish, self._index, self._few = session, wish, index, few
        # most documents are entries, so a lookup of that kind narrows nothing
        self._kind, self._department = None if node_kind == "data_entry" else node_kind, department_id
        self._where = list(where)
        if node_kind is not None:
            self._where.append(SearchDoc.node_kind == node_kind)
        if department_id is not None:
            self._where.append(SearchDoc.department_id == department_id)

    def top(self, limit: int, offset: int = 0) -> list[Hit]:
        """The hits of a page, best first."""
        if self.wish.query.terms and not self._few:
            return list(itertools.islice(self._walk(offset + limit), offset, offset + limit))
        return numbers(self.session, ranked(self.wish, [*self._where, *self._window()], limit, offset))

    def first(self, limit: int) -> Select[int, uuid.UUID]:
        """(number, node_id) of any ``limit`` matches, for counts and facets."""
        wish = self.wish
        if self._few or not wish.query.terms:
            return select(SearchDoc.number, SearchDoc.node_id).where(
                wish.matches, *self._where, *self._window()
            ).limit(limit)
        codes = select(SearchDoc.number, SearchDoc.node_id).where(wish.is_code, *self._where)
        branches = [
            select(found.c.number, found.c.node_id)
            for found in (
                self._index.candidates(needle, [*self._where, *self._verified()], limit).subquery()
                for needle in self._needles("whole")
            )
        ]
        both = union(codes, *branches).subquery()
        return select(both.c.number, both.c.node_id).limit(limit)

    def some(self, limit: int) -> list[Hit]:
        """At most ``limit`` matches in any order."""
        return numbers(self.session, self.first(limit))

    def nodes(self, limit: int) -> Select[uuid.UUID]:
        """Node ids of at most ``limit`` matches, for ``id.in_(…)``."""
        found = self.first(limit).subquery()
        return select(found.c.node_id)

    def count(self, limit: int) -> int:
        """How many match, counted no further than ``limit``."""
        return self.session.scalar(select(func.count()).select_from(self.first(limit).subquery())) or 0

    @property
    def complete(self) -> bool:
        """False when single characters were asked and there are more documents than are scanned."""
        if self.wish.query.terms:
            return True
        beyond = select(SearchDoc.number).order_by(SearchDoc.number).offset(SCAN_LIMIT).limit(1)
        return self.session.scalar(beyond) is None

    def _window(self) -> Where:
        inside = select(SearchDoc.number).order_by(SearchDoc.number).limit(SCAN_LIMIT)
        return [SearchDoc.number.in_(inside)] if self.wish.query.scan_only else []

    def _walk(self, need: int) -> Iterator[Hit]:
        """Hits in order; each step asks for what is still missing of ``need``."""
        known = self._coded(need)
        yield from known
        rest: Where = [*self._where, SearchDoc.number.not_in([number for number, _ in known])] if known else self._where
        found = len(known)
        for step in (self._exact, self._title_phrase, self._title_words, self._body_phrase, self._anywhere):
            if found >= need:
                return
            for hit in step(rest, need - found):
                found += 1
                yield hit

    def _coded(self, limit: int) -> list[Hit]:
        query = select(SearchDoc.number, SearchDoc.node_id).where(self.wish.is_code, *self._where)
        return numbers(self.session, query.order_by(named_first(self.wish), SearchDoc.number).limit(limit))

    def _exact(self, rest: Where, limit: int) -> list[Hit]:
        query = select(SearchDoc.number, SearchDoc.node_id).where(self.wish.is_title, *rest)
        return numbers(self.session, query.order_by(SearchDoc.number).limit(limit))

    def _title_phrase(self, rest: Where, limit: int) -> list[Hit]:
        wish = self.wish
        needle = self._needle("title", wish.query.terms)
        held = [] if len(wish.query.text) == 2 else [wish.in_title]  # one bigram needs no second look
        other = or_(SearchDoc.head != wish.query.text[:HEAD], SearchDoc.title != wish.query.text)
        return self._found([needle], [*held, other, *rest], limit)

    def _title_words(self, rest: Where, limit: int) -> list[Hit]:
        wish = self.wish
        if len(wish.query.words) == 1 and not wish.departments:
            return []
        return self._found(self._needles("title"), [wish.words_in_title, not_(wish.in_title), *rest], limit)

    def _body_phrase(self, rest: Where, limit: int) -> list[Hit]:
        wish = self.wish
        held = [] if len(wish.query.text) == 2 else [wish.in_body]
        needle = self._needle("whole", wish.query.terms)
        return self._found([needle], [*held, not_(wish.in_title), *self._not_words_in_title(), *rest], limit)

    def _anywhere(self, rest: Where, limit: int) -> list[Hit]:
        wish = self.wish
        if len(wish.query.words) == 1 and not wish.departments:
            return []
        where = [wish.words_anywhere, not_(wish.in_title), *self._not_words_in_title(), not_(wish.in_body), *rest]
        return self._found(self._needles("whole"), where, limit)

    def _not_words_in_title(self) -> Where:
        wish = self.wish
        if len(wish.query.words) == 1 and not wish.departments:
            return []
        return [not_(wish.words_in_title)]

    def _verified(self) -> Where:
        # the index alone proves words of two characters; anything else is compared with the text
        wish = self.wish
        sure = not wish.query.short and all(len(word) == 2 for word in wish.query.terms) and not wish.departments
        return [] if sure else [wish.words_anywhere]

    def _found(self, needles: Sequence[Needle], where: Where, limit: int) -> list[Hit]:
        hits: dict[int, uuid.UUID] = {}
        for needle in needles:
            hits.update(numbers(self.session, self._index.candidates(needle, where, limit)))
        return sorted(hits.items())[:limit]

    def _needle(self, field: Field, words: Sequence[str], department_id: uuid.UUID | None = None) -> Needle:
        return Needle(field, lookup(words), self._kind, self._department or department_id)

    def _needles(self, field: Field) -> list[Needle]:
        """Needles that together find every match: each word that names departments is text, or one of them."""
        terms, named = self.wish.query.terms, self.wish.departments
        found = [self._needle(field, terms)]
        for size in range(1, len(named) + 1):
            for words in itertools.combinations(named, size):
                others = [term for term in terms if term not in words]
                departments = set.intersection(*(set(named[word]) for word in words))
                found += [self._needle(field, others, one) for one in sorted(departments)]
        return found
