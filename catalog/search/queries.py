"""What others ask of search: a wish from a typed query, the page of best hits, a condition, a capped count."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, String, Text, True_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from catalog.nodes.queries import slices
from catalog.search.definition import Wish, contains
from catalog.search.models import DOC
from catalog.search.ranking import Ranking
from catalog.search.rules import COUNT_LIMIT, Query, normalise, parse
from catalog.search.service import full_text
from catalog.search.statements import rows
from kernel.identity.models import Department

NAMED_LIMIT = 3
"""Words of a query that are taken as departments at most."""

FEW = 5_000
"""Up to so many nodes are read one by one, where filters leave no more."""

_DEP = Department.__table__.c
_ALL = 2_000_000_000


@dataclass(frozen=True)
class Hits:
    """Matching node ids in order, how many there are (at most COUNT_LIMIT), and whether that was cut."""

    ids: list[uuid.UUID]
    total: int
    capped: bool


def wish(session: Session, raw: str) -> Wish:
    """What is asked: the words, and those that name departments (name, 简称 or 别名, exactly)."""
    query = parse(raw)
    return Wish(query, raw, session.get_bind().dialect.name, _named(session, query))


def _named(session: Session, query: Query) -> dict[str, tuple[uuid.UUID, ...]]:
    if not query.terms:
        return {}
    found: dict[str, list[uuid.UUID]] = defaultdict(list)
    dialect = session.get_bind().dialect.name
    words = {f"word{at}": word for at, word in enumerate(query.terms)}

    def build() -> Select[Any]:
        # few departments, if any, spell a word of the query: the others are not worth reading
        text = func.lower(_DEP.name + " " + func.coalesce(_DEP.short_name, "") + " " + _DEP.aliases.cast(Text()))
        spelled = or_(*(contains(dialect, text, bindparam(name, "", String())) for name in words))
        return select(_DEP.id.cast(String()), _DEP.name, _DEP.short_name, _DEP.aliases.cast(Text())).where(spelled)

    for department_id, name, short, aliases in rows(session, ("named", len(words)), build, words):
        spellings = {normalise(text) for text in (name, short, *orjson.loads(aliases)) if text}
        for word in query.terms:
            if word in spellings:
                found[word].append(uuid.UUID(department_id))
    return {word: tuple(sorted(found[word])) for word in query.terms if word in found and len(found) <= NAMED_LIMIT}


def ranking(
    session: Session, raw: str, *, node_kind: str | None = None, department_id: uuid.UUID | None = None,
    model: Any = None, conditions: Sequence[ColumnElement[bool]] = (), always: Sequence[ColumnElement[bool]] = (),
) -> Ranking:
    """A search. Kind and department are looked up in the index; ``conditions`` are on the nodes of ``model``.

    Where few nodes meet the conditions, those are read instead of walking through the hits of a frequent word.
    ``always`` holds for most nodes (what an actor sees) and is only tested.
    """
    real = [condition for condition in conditions if not isinstance(condition, True_)]
    where: list[ColumnElement[bool]] = []
    few = False
    if real:
        inside = select(model.id).where(*real)
        found = session.scalar(select(func.count()).select_from(inside.limit(FEW + 1).subquery())) or 0
        few = found <= FEW
        where = [DOC.c.node_id.in_(inside) if few else such(model, *real)]
    tested = [condition for condition in always if not isinstance(condition, True_)]
    if tested:
        where.append(such(model, *tested))
    return Ranking(
        session, full_text(session), wish(session, raw), where=where, few=few,
        node_kind=node_kind, department_id=department_id,
    )


def such(model: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition on the node of a document: tested hit by hit, never a start of its own."""
    inner = select(model.id).where(model.id == DOC.c.node_id, *conditions).correlate(DOC)
    # OFFSET keeps PostgreSQL from turning the test into a join that reads the whole table
    return inner.offset(0).exists()


def matching(session: Session, query: Query, raw: str) -> Select[uuid.UUID]:
    """The node ids of every match, without order: ``DataEntry.id.in_(matching(...))``."""
    return ranking(session, raw).nodes(_ALL)


def page(
    found: Ranking, *, limit: int, offset: int = 0, by: Any = None, descending: bool = False
) -> Hits:
    """A page of hits with their capped count; ``by``, a column of nodes, sorts the best COUNT_LIMIT of them."""
    total = found.count(COUNT_LIMIT + 1)
    if by is None:
        ids = [node_id for _, node_id in found.top(limit, offset)]
    else:
        ids = _sorted(found, by, descending, total)[offset : offset + limit]
    return Hits(ids, min(total, COUNT_LIMIT), total > COUNT_LIMIT)


def _sorted(found: Ranking, by: Any, descending: bool, total: int) -> list[uuid.UUID]:
    model = by.class_
    best = found.top(COUNT_LIMIT) if total > COUNT_LIMIT else found.some(COUNT_LIMIT)
    keys: list[tuple[Any, uuid.UUID]] = []
    for ids in slices([node_id for _, node_id in best]):
        keys += found.session.execute(select(by, model.id).where(model.id.in_(ids))).tuples()
    keys.sort(key=lambda pair: pair[1])
    # a missing value comes last in either direction
    present = [pair for pair in keys if pair[0] is not None]
    present.sort(key=lambda pair: pair[0], reverse=descending)
    return [node_id for _, node_id in (*present, *(pair for pair in keys if pair[0] is None))]
