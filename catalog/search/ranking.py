"""The same hits in the same order as the definition, through the index, tier by tier, no further than needed."""

import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, bindparam, func, not_, select, union
from sqlalchemy.orm import Session

from catalog.search.definition import Wish, named_first, ranked
from catalog.search.models import DOC
from catalog.search.narrowing import narrow
from catalog.search.port import Field, FullText, Needle
from catalog.search.rules import GRAM_LIMIT, SCAN_LIMIT, lookup
from catalog.search.statements import Hit, as_hits, rows

Where = Sequence[ColumnElement[bool]]


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
        self._where, self._node_kind = list(where), node_kind
        if department_id is not None:
            self._where.append(DOC.c.department_id == department_id)

    def top(self, limit: int, offset: int = 0) -> list[Hit]:
        """The hits of a page, best first."""
        if self.wish.query.terms and not self._few:
            return list(itertools.islice(self._walk(offset + limit), offset, offset + limit))
        where = [*self._kinds(False), *self._where, *self._window()]
        return as_hits(rows(self.session, None, lambda: ranked(self.wish, where, limit, offset), {}))

    def first(self, limit: int) -> Select[int, uuid.UUID]:
        """(number, node_id) of any ``limit`` matches, for counts and facets."""
        wish = self.wish
        if self._few or not wish.query.terms:
            where = [*self._kinds(False), *self._where, *self._window()]
            return select(DOC.c.number, DOC.c.node_id).where(wish.matches, *where).limit(limit)
        where = [*self._kinds(False), *self._where]
        codes = select(DOC.c.number, DOC.c.node_id).where(wish.is_code, *where)
        branches = [
            select(found.c.number, found.c.node_id)
            for found in (
                self._index.candidates(needle, [*where, *self._verified()], limit).subquery()
                for needle in self._needles("whole")
            )
        ]
        both = union(codes, *branches).subquery()
        return select(both.c.number, both.c.node_id).limit(limit)

    def some(self, limit: int) -> list[Hit]:
        """At most ``limit`` matches in any order."""
        return as_hits(rows(self.session, None, lambda: self.first(limit), {}))

    def nodes(self, limit: int) -> Select[uuid.UUID]:
        """Node ids of at most ``limit`` matches, for ``id.in_(…)``."""
        found = self.first(limit).subquery()
        return select(found.c.node_id)

    def count(self, limit: int) -> int:
        """How many match, counted no further than ``limit``."""
        wish = self.wish
        if self._few or not wish.query.terms or wish.departments:
            return self.session.scalar(select(func.count()).select_from(self.first(limit).subquery())) or 0
        coded = self._coded(limit)
        rest = self._rest(coded)
        verified = self._verified()
        if not verified and not rest:
            needle = replace(self._needle("whole", wish.query.terms), node_kind=self._node_kind)
            params = {**self._index.params(needle), "n": limit}
            found = rows(self.session, ("holders",), lambda: _counted(self._index.holders(needle, limit)), params)
        else:
            found = self._counted(rest, limit)
        return min(limit, len(coded) + int(found[0][0]))

    def _counted(self, rest: Where, limit: int) -> list[Any]:
        wish = self.wish
        needle = self._needle("whole", wish.query.terms)

        def build(wish: Wish, where: Where) -> Select[int]:
            held = [*(() if self._sure else (wish.words_anywhere,)), *where]
            return _counted(self._index.candidates(needle, held, limit, named=wish.named))

        return self._run(("count", len(wish.query.words), self._sure), build, self._index.params(needle), rest, limit)

    @property
    def complete(self) -> bool:
        """False when single characters were asked and there are more documents than are scanned."""
        if self.wish.query.terms:
            return True
        beyond = select(DOC.c.number).order_by(DOC.c.number).offset(SCAN_LIMIT).limit(1)
        return self.session.scalar(beyond) is None

    def _window(self) -> Where:
        inside = select(DOC.c.number).order_by(DOC.c.number).limit(SCAN_LIMIT)
        return [DOC.c.number.in_(inside)] if self.wish.query.scan_only else []

    def _walk(self, need: int) -> Iterator[Hit]:
        """Hits in order; each step asks for what is still missing of ``need``."""
        known = self._coded(need)
        yield from known
        rest = self._rest(known)
        found = len(known)
        for step in (self._exact, self._title_phrase, self._title_words, self._body_phrase, self._anywhere):
            if found >= need:
                return
            for hit in step(rest, need - found):
                found += 1
                yield hit

    def _coded(self, limit: int) -> list[Hit]:
        return self._plain("coded", lambda wish: wish.is_code, self._where, limit)

    def _exact(self, rest: Where, limit: int) -> list[Hit]:
        return self._plain("exact", lambda wish: wish.is_title, rest, limit)

    def _title_phrase(self, rest: Where, limit: int) -> list[Hit]:
        def held(wish: Wish) -> Where:
            # one bigram needs no second look
            phrase = [] if len(wish.query.text) == 2 else [wish.in_title]
            return [*phrase, not_(wish.is_title)]

        return self._found("title_phrase", [self._needle("title", self.wish.query.terms)], held, rest, limit)

    def _title_words(self, rest: Where, limit: int) -> list[Hit]:
        if self._single:
            return []
        return self._found(
            "title_words", self._needles("title"), lambda wish: [wish.words_in_title, not_(wish.in_title)], rest, limit
        )

    def _body_phrase(self, rest: Where, limit: int) -> list[Hit]:
        def held(wish: Wish) -> Where:
            phrase = [] if len(wish.query.text) == 2 else [wish.in_body]
            return [*phrase, not_(wish.in_title), *self._not_words_in_title(wish)]

        return self._found("body_phrase", [self._needle("whole", self.wish.query.terms)], held, rest, limit)

    def _anywhere(self, rest: Where, limit: int) -> list[Hit]:
        def held(wish: Wish) -> Where:
            return [
                wish.words_anywhere, not_(wish.in_title), *self._not_words_in_title(wish), not_(wish.in_body)
            ]

        return [] if self._single else self._found("anywhere", self._needles("whole"), held, rest, limit)

    @property
    def _single(self) -> bool:
        return len(self.wish.query.words) == 1 and not self.wish.departments

    def _not_words_in_title(self, wish: Wish) -> Where:
        return [] if self._single else [not_(wish.words_in_title)]

    def _rest(self, coded: Sequence[Hit]) -> Where:
        return [*self._where, DOC.c.number.not_in([number for number, _ in coded])] if coded else self._where

    @property
    def _sure(self) -> bool:
        # the index alone proves words of two characters; anything else is compared with the text
        query = self.wish.query
        proven = len(query.terms) <= GRAM_LIMIT and all(len(word) == 2 for word in query.terms)
        return proven and not query.short and not self.wish.departments

    def _verified(self) -> Where:
        return [] if self._sure else [self.wish.words_anywhere]

    def _plain(self, name: str, held: Callable[[Wish], ColumnElement[bool]], rest: Where, limit: int) -> list[Hit]:
        def build(wish: Wish, where: Where) -> Select[int, uuid.UUID]:
            query = select(DOC.c.number, DOC.c.node_id).where(held(wish), *where)
            most = bindparam("n", limit, Integer(), unique=not wish.named)
            return query.order_by(named_first(wish), DOC.c.number).limit(most)

        return self._ask((name,), build, {}, rest, limit)

    def _found(
        self, name: str, needles: Sequence[Needle], held: Callable[[Wish], Where], rest: Where, limit: int
    ) -> list[Hit]:
        found: dict[int, uuid.UUID] = {}
        for needle in needles:
            def build(wish: Wish, where: Where, needle: Needle = needle) -> Select[int, uuid.UUID]:
                return self._index.candidates(needle, [*held(wish), *where], limit, named=wish.named)

            query = self.wish.query
            shape = (name, len(query.words), len(query.text) == 2)
            found.update(self._ask(shape, build, self._index.params(needle), rest, limit))
        return sorted(found.items())[:limit]

    def _ask(
        self, shape: tuple[str | int, ...], build: Callable[[Wish, Where], Select[int, uuid.UUID]],
        params: Mapping[str, Any], rest: Where, limit: int,
    ) -> list[Hit]:
        return as_hits(self._run(shape, build, params, rest, limit))

    def _run(
        self, shape: tuple[str | int, ...], build: Callable[[Wish, Where], Select[*tuple[Any, ...]]],
        params: Mapping[str, Any], rest: Where, limit: int,
    ) -> list[Any]:
        """Rows of a statement: compiled once for its shape, or built for this search when that has conditions."""
        wish = self.wish
        if rest or wish.departments:
            return rows(self.session, None, lambda: build(wish, [*self._kinds(False), *rest]), {})
        known = {**wish.params, **params, "n": limit, "kind": self._node_kind}
        named = replace(wish, named=True)
        return rows(self.session, (*shape, self._node_kind is None), lambda: build(named, self._kinds(True)), known)

    def _kinds(self, named: bool) -> list[ColumnElement[bool]]:
        if self._node_kind is None:
            return []
        return [DOC.c.node_kind == bindparam("kind", self._node_kind, String(), unique=not named)]

    def _needle(self, field: Field, words: Sequence[str], department_id: uuid.UUID | None = None) -> Needle:
        asked = lookup(words) if self._sure else narrow(self.session, words)
        return Needle(field, asked, self._kind, self._department or department_id)

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


def _counted(found: Select[*tuple[Any, ...]]) -> Select[int]:
    return select(func.count()).select_from(found.subquery())
