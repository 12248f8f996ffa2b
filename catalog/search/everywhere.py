"""Search over all four levels, and what of a hit is shown."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS, console_path
from catalog.nodes.models import DataEntry
from catalog.nodes.queries import visible
from catalog.public.queries import public
from catalog.search.models import DOC
from catalog.search.queries import ranking as entry_ranking
from catalog.search.queries import such, wish
from catalog.search.ranking import Ranking
from catalog.search.rules import COUNT_LIMIT, Query, highlight
from catalog.search.service import full_text
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def ranking(
    session: Session, actor: Actor, raw: str, *, kind: str | None = None, department_id: uuid.UUID | None = None,
    status: str | None = None,
) -> Ranking:
    """A search over the levels that the actor sees, or over one of them."""
    free = status is None and (actor.kind == "system" or actor.scope == "all")
    where = [] if free else [or_(*(_seen(actor, key, status) for key in ([kind] if kind else KINDS)))]
    return Ranking(
        session, full_text(session), wish(session, raw), where=where, node_kind=kind, department_id=department_id
    )


def public_ranking(session: Session, raw: str) -> Ranking:
    """A search over what is public, for public pages and interfaces: the one definition of ``catalog.public``."""
    return entry_ranking(session, raw, node_kind="data_entry", model=DataEntry, conditions=[public()])


def _seen(actor: Actor, kind_key: str, status: str | None) -> ColumnElement[bool]:
    model = KINDS[kind_key].model
    wanted = [visible(actor, model), *([model.status == status] if status else [])]
    return and_(DOC.c.node_kind == kind_key, such(model, *wanted))


def hits(session: Session, found: Sequence[tuple[int, uuid.UUID]], query: Query | None) -> list[dict[str, Any]]:
    """Hits in order with name, code, department, status and the pieces around the first hit."""
    if not found:
        return []
    kinds = dict(session.execute(
        select(DOC.c.node_id, DOC.c.node_kind).where(DOC.c.number.in_([number for number, _ in found]))
    ).tuples().all())
    by_kind: dict[str, list[uuid.UUID]] = defaultdict(list)
    for node_id, key in kinds.items():
        by_kind[key].append(node_id)
    rows = {
        node_id: row for key, ids in by_kind.items() for node_id, row in nodes.rows(session, KINDS[key], ids).items()
    }
    owners = {row["department_id"] for row in rows.values()}
    names = dict(session.execute(
        select(Department.id, Department.name).where(Department.id.in_(owners))
    ).tuples().all())
    return [_shown(kinds[one], rows[one], names, query) for _, one in found if one in rows]


def _shown(kind: str, row: dict[str, Any], names: dict[uuid.UUID, str], query: Query | None) -> dict[str, Any]:
    text = node_service.document(kind, row).body.removesuffix(row["code"]).strip()
    return {
        "id": row["id"], "kind": kind, "code": row["code"], "name": row["name"], "status": row["status"],
        "department_id": row["department_id"], "department": names.get(row["department_id"], ""),
        "path": console_path(kind, row["id"]),
        "title_pieces": highlight(row["name"], query) if query else [(row["name"], False)],
        "text_pieces": highlight(text, query) if query and text else [],
    }


def facets(session: Session, found: Ranking) -> dict[str, list[dict[str, Any]]]:
    """Hits by level and by department, from at most COUNT_LIMIT of them."""
    inside = found.first(COUNT_LIMIT).subquery()
    rows = session.execute(
        select(DOC.c.node_kind, DOC.c.department_id).join(inside, inside.c.number == DOC.c.number)
    ).tuples().all()
    kinds, owners = Counter(kind for kind, _ in rows), Counter(owner for _, owner in rows)
    names = dict(session.execute(select(Department.id, Department.name)).tuples().all())
    return {
        "kind": [
            {"value": key, "label": KINDS[key].zh, "count": kinds[key]} for key in KINDS if kinds[key]
        ],
        "department": [
            {"value": str(key), "label": names[key], "count": count} for key, count in owners.most_common(200)
        ],
    }
