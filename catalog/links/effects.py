"""What happens to links when something happens to their ends: published, withdrawn, deleted, an import undone."""

import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from catalog.errors import SAME_PERSON
from catalog.links import queries, service, versions
from catalog.links.hashing import End
from catalog.links.kinds import ENDS, LINKS, LinkKind
from catalog.links.models import LinkVersion
from catalog.links.rules import DRAFT, both_live, placement
from catalog.links.versions import Act
from catalog.nodes import queries as nodes
from catalog.nodes.kinds import KINDS, LIVE
from kernel import canonical
from kernel.audit.service import record
from kernel.identity.actor import Actor


def follow(
    session: Session, actor: Actor, kind_key: str, decisions: Sequence[tuple[uuid.UUID, str]], audit_id: uuid.UUID
) -> None:
    """What a decision about nodes means for their links; ``decisions`` are (node id, action)."""
    withdrawn(session, actor, kind_key, [node for node, action in decisions if action == "withdraw"], audit_id)
    if KINDS[kind_key].child is not None:
        changed(session, actor, [node for node, action in decisions if action == "change"], audit_id)
    _rehome(session, kind_key, [node for node, action in decisions if action == "transfer"])
    published(session, actor, kind_key, [node for node, action in decisions if action != "withdraw"], audit_id)


def _rehome(session: Session, kind_key: str, node_ids: Sequence[uuid.UUID]) -> None:
    """What waits at transferred nodes is decided where their links are now owned."""
    for change in queries.changes_of_ends(session, _ends_at(session, kind_key, node_ids)):
        link = LINKS[change.link_kind]
        first = queries.ends(session, link.from_kind, [change.from_id]).get(change.from_id)
        second = queries.ends(session, link.to_kind, [change.to_id]).get(change.to_id)
        if first is not None and second is not None:
            change.department_id = versions.owner(link, first, second).department_id
    session.flush()


def _ends_at(session: Session, kind_key: str, node_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """The nodes and their items or columns: everything at which a link of them may end."""
    return [
        one for end in ENDS.values() if end.node_key == kind_key for one in queries.leaf_ids(session, end, node_ids)
    ]


def published(
    session: Session, actor: Actor, kind_key: str, node_ids: Sequence[uuid.UUID], audit_id: uuid.UUID
) -> int:
    """Draft links of these nodes whose ends are both published become valid.

    The decision about the nodes is the decision about their links, so ``catalog.review.same_person`` is raised when
    the reviewer drew one of them. Returns how many became valid.
    """
    count = 0
    for link, sides in _touching(kind_key):
        rows = {
            row["id"]: row for side in sides
            for row in queries.touching(session, link, side, node_ids, drafts_only=True)
        }
        if rows:
            count += _settle(session, actor, link, list(rows.values()), audit_id)
    return count


def register(session: Session, actor: Actor) -> int:
    """Give every link between published nodes that has no version its first one (存量登记); returns how many."""
    audit_id = record(session, actor, action="catalog.link.register", object_type="link", object_id="all", detail={})
    return sum(
        published(session, actor, key, nodes.ids_where(session, kind, kind.model.status.in_(LIVE)), audit_id)
        for key, kind in KINDS.items()
    )


def _touching(kind_key: str) -> Iterator[tuple[LinkKind, tuple[str, ...]]]:
    for link in LINKS.values():
        sides = (("from", link.from_kind), ("to", link.to_kind))
        found = tuple(side for side, end in sides if ENDS[end].node_key == kind_key)
        if found:
            yield link, found


def _pairs(session: Session, link: LinkKind, rows: Sequence[queries.Row]) -> list[tuple[queries.Row, End, End]]:
    first = queries.ends(session, link.from_kind, [row["from_id"] for row in rows])
    second = queries.ends(session, link.to_kind, [row["to_id"] for row in rows])
    return [(row, first[row["from_id"]], second[row["to_id"]]) for row in rows]


def _settle(
    session: Session, actor: Actor, link: LinkKind, rows: Sequence[queries.Row], audit_id: uuid.UUID
) -> int:
    acts: list[Act] = []
    for row, first, second in _pairs(session, link, rows):
        if not both_live(first.status, second.status):
            continue
        if row["created_by"] is not None and row["created_by"] == actor.user_id:
            raise SAME_PERSON(code=f"{first.code} — {second.code}")
        acts.append(Act(row["id"], first, second, row["relation"], "add", row["created_by"]))
    made = versions.write(session, actor, link, acts, audit_id)
    if made:
        session.execute(update(link.model), [
            {"id": link_id, "version": version, "entry_hash": entry_hash, "audit_id": audit_id}
            for link_id, (version, entry_hash) in made.items()
        ])
    return len(acts)


def withdrawn(
    session: Session, actor: Actor, kind_key: str, node_ids: Sequence[uuid.UUID], audit_id: uuid.UUID
) -> int:
    """The links of withdrawn nodes end with them, by the same decision; the fate of a duty stays on record."""
    if not node_ids:
        return 0
    count = 0
    for link, sides in _touching(kind_key):
        if link.outlives:
            continue
        rows = {
            row["id"]: row for side in sides
            for row in queries.touching(session, link, side, node_ids, drafts_only=False)
        }
        acts = [
            Act(row["id"], first, second, row["relation"], "remove", actor.user_id)
            for row, first, second in _pairs(session, link, list(rows.values())) if row["version"]
        ]
        versions.write(session, actor, link, acts, audit_id)
        service.delete_rows(session, link, list(rows))
        count += len(rows)
    ends = _ends_at(session, kind_key, node_ids)
    service.close(session, actor, queries.changes_of_ends(session, ends), "void", audit_id)
    return count


def changed(session: Session, actor: Actor, node_ids: Sequence[uuid.UUID], audit_id: uuid.UUID) -> None:
    """A decided change that deleted items or columns took their link rows along; here their chains end."""
    by_kind: dict[str, list[LinkVersion]] = {}
    for last in queries.standing(session, node_ids):
        by_kind.setdefault(last.link_kind, []).append(last)
    for kind_key, some in by_kind.items():
        link = LINKS[kind_key]
        there = queries.existing_ids(session, link, [last.link_id for last in some])
        gone = [last for last in some if last.link_id not in there]
        acts = [
            Act(last.link_id, *_as_recorded(session, link, last), last.relation, "remove", None) for last in gone
        ]
        versions.write(session, actor, link, acts, audit_id)


def _as_recorded(session: Session, link: LinkKind, last: LinkVersion) -> tuple[End, End]:
    """The ends of a link one of which no longer exists: codes as its last version names them."""
    body = canonical.loads(last.content.encode("utf-8"))
    assert isinstance(body, dict)
    made: list[End] = []
    for side, end_id, node_id in (
        ("from", last.from_id, last.from_node_id), ("to", last.to_id, last.to_node_id)
    ):
        end = ENDS[body[side]["kind"]]
        made.append(End(
            end.key, end_id, body[side]["code"], "", node_id, end.node_key, "", "", last.department_id, "published"
        ))
    return made[0], made[1]


def undo_batch(session: Session, actor: Actor, batch_id: uuid.UUID, audit_id: uuid.UUID) -> list[str]:
    """Take back the links of an import that are still part of a draft; returns the others as "code — code".

    The link of a table to its system goes with the table.
    """
    left: list[str] = []
    for link in LINKS.values():
        if link.key == "system_table":
            continue
        gone: list[uuid.UUID] = []
        for row, first, second in _pairs(session, link, queries.of_batch(session, link, batch_id)):
            if row["version"] == 0 and placement(first.status, second.status, decided=False) == DRAFT:
                gone.append(row["id"])
            else:
                left.append(f"{first.code} — {second.code}")
        service.delete_rows(session, link, gone)
    service.close(session, actor, queries.changes_of_batch(session, batch_id), "void", audit_id)
    return left
