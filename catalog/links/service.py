"""The one way to write links: adding, removing, and what a decision about their ends does to them."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from catalog.errors import NODE_UNKNOWN
from catalog.links import queries, versions
from catalog.links.errors import LINK_KIND, LINK_RELATION, LINK_SELF, LINK_TABLE_OWNED, LINK_UNKNOWN, LINK_WITHDRAWN
from catalog.links.hashing import End
from catalog.links.kinds import ENDS, LINKS, RELATIONS, LinkKind
from catalog.links.models import LinkChange
from catalog.links.queries import Key
from catalog.links.rules import DRAFT, HELD, PENDING, VALID, placement
from catalog.links.versions import Act, owner
from catalog.nodes.kinds import LIVE
from catalog.nodes.queries import slices
from catalog.permissions import EDIT
from kernel import clock, ids
from kernel.audit.service import record
from kernel.canonical import dumps
from kernel.digest import sm3_hex
from kernel.errors import MulianError
from kernel.identity.actor import Actor, require


@dataclass(frozen=True)
class Wanted:
    """A link by its kind, its ends and, where the kind has them, its relation."""

    kind: str
    from_id: uuid.UUID
    to_id: uuid.UUID
    relation: str = ""

    @property
    def key(self) -> Key:
        """The two ends and the relation."""
        return self.from_id, self.to_id, self.relation


@dataclass(frozen=True)
class Outcome:
    """What became of one wanted link: draft, pending, valid, or held (nothing changed)."""

    wanted: Wanted
    link_id: uuid.UUID | None
    state: str


@dataclass(frozen=True)
class _Both:
    """A wanted link with its ends as they stand."""

    wanted: Wanted
    first: End
    second: End


def link_kind(key: str, *, by_hand: bool = False) -> LinkKind:
    """The kind of that name; with ``by_hand`` only those that officers write."""
    kind = LINKS.get(key)
    if kind is None or (by_hand and not kind.by_hand):
        known = "、".join(one.key for one in LINKS.values() if one.by_hand)
        raise LINK_KIND(kind=key, known=known)
    return kind


def add(
    session: Session, actor: Actor, kind: str, from_id: uuid.UUID, to_id: uuid.UUID, *, relation: str = "",
    decided: bool = False, audit_id: uuid.UUID | None = None,
) -> Outcome:
    """Add one link; see :func:`add_many`."""
    wanted = [Wanted(kind, from_id, to_id, relation)]
    return add_many(session, actor, wanted, decided=decided, audit_id=audit_id)[0]


def remove(
    session: Session, actor: Actor, kind: str, from_id: uuid.UUID, to_id: uuid.UUID, *, relation: str = "",
    decided: bool = False, audit_id: uuid.UUID | None = None,
) -> Outcome:
    """Remove one link; see :func:`remove_many`."""
    wanted = [Wanted(kind, from_id, to_id, relation)]
    return remove_many(session, actor, wanted, decided=decided, audit_id=audit_id)[0]


def add_many(
    session: Session, actor: Actor, wanted: Sequence[Wanted], *, decided: bool = False,
    audit_id: uuid.UUID | None = None, batch_id: uuid.UUID | None = None, permission: str = EDIT,
    author_id: uuid.UUID | None = None,
) -> list[Outcome]:
    """Add links; those that are there or wait already are ``held``.

    ``decided``: the caller is itself the decision of a second person, so links between published nodes are valid at
    once; ``author_id`` is then who proposed it. Raises ``catalog.node.unknown`` for an end that the actor does not
    see, ``catalog.link.withdrawn``, and 404 where the owner belongs to a foreign department.
    """
    outcomes: dict[Wanted, Outcome] = {}
    for kind_key, some in _by_kind(wanted).items():
        link = link_kind(kind_key)
        both = _ends(session, actor, link, some, permission, decided=decided)
        if audit_id is None:
            audit_id = _audit(session, actor, "catalog.link.add", link, both)
        author = author_id if decided and author_id is not None else actor.user_id
        outcomes.update(_add(session, actor, link, both, decided, audit_id, batch_id, author))
    return [outcomes[one] for one in wanted]


def remove_many(
    session: Session, actor: Actor, wanted: Sequence[Wanted], *, decided: bool = False,
    audit_id: uuid.UUID | None = None,
) -> list[Outcome]:
    """Remove links; ``catalog.link.unknown`` for one that is not there. See :func:`add_many` for ``decided``."""
    outcomes: dict[Wanted, Outcome] = {}
    for kind_key, some in _by_kind(wanted).items():
        link = link_kind(kind_key)
        both = _ends(session, actor, link, some, EDIT, decided=decided, ending=True)
        if audit_id is None:
            audit_id = _audit(session, actor, "catalog.link.remove", link, both)
        outcomes.update(_remove(session, actor, link, both, decided, audit_id))
    return [outcomes[one] for one in wanted]


def _by_kind(wanted: Sequence[Wanted]) -> dict[str, list[Wanted]]:
    by_kind: dict[str, list[Wanted]] = defaultdict(list)
    for one in dict.fromkeys(wanted):
        by_kind[one.kind].append(one)
    return by_kind


def _ends(
    session: Session, actor: Actor, link: LinkKind, wanted: Sequence[Wanted], permission: str, *, decided: bool,
    ending: bool = False,
) -> list[_Both]:
    """The ends of wanted links after the checks that hold for every link; a decision has checked rights itself."""
    first = queries.ends(session, link.from_kind, [one.from_id for one in wanted])
    second = queries.ends(session, link.to_kind, [one.to_id for one in wanted])
    both = [_ends_of(actor, link, one, first, second, decided=decided, ending=ending) for one in wanted]
    if not decided:
        for department_id in {owner(link, pair.first, pair.second).department_id for pair in both}:
            require(actor, permission, department_id=department_id)
    return both


def _ends_of(
    actor: Actor, link: LinkKind, one: Wanted, first: Mapping[uuid.UUID, End], second: Mapping[uuid.UUID, End], *,
    decided: bool = False, ending: bool = False,
) -> _Both:
    pair = _Both(
        one, _seen(actor, link.from_kind, first.get(one.from_id), decided=decided),
        _seen(actor, link.to_kind, second.get(one.to_id), decided=decided),
    )
    _check(link, pair, withdrawn_too=decided or ending or link.outlives)
    return pair


def visible_end(session: Session, actor: Actor, end_key: str, end_id: uuid.UUID) -> End:
    """A node, item or column that the actor sees, or ``catalog.node.unknown``."""
    return _seen(actor, end_key, queries.ends(session, end_key, [end_id]).get(end_id))


def refusals(session: Session, actor: Actor, wanted: Sequence[Wanted]) -> dict[Wanted, MulianError]:
    """Why these links could not be added, as far as their ends exist: for a check before anything is written."""
    found: dict[Wanted, MulianError] = {}
    for kind_key, some in _by_kind(wanted).items():
        link = link_kind(kind_key)
        first = queries.ends(session, link.from_kind, [one.from_id for one in some])
        second = queries.ends(session, link.to_kind, [one.to_id for one in some])
        for one in some:
            if one.from_id in first and one.to_id in second:
                try:
                    _ends_of(actor, link, one, first, second)
                except MulianError as error:
                    found[one] = error
            owned = (first if link.owner == "from" else second).get(one.from_id if link.owner == "from" else one.to_id)
            if owned is not None and one not in found and not actor.sees(owned.department_id):
                found[one] = NODE_UNKNOWN(kind=ENDS[owned.kind].zh)
    return found


def _seen(actor: Actor, end_key: str, end: End | None, *, decided: bool = False) -> End:
    if end is None or not (decided or end.status in LIVE or actor.sees(end.department_id)):
        raise NODE_UNKNOWN(kind=ENDS[end_key].zh)
    return end


def _check(link: LinkKind, pair: _Both, *, withdrawn_too: bool) -> None:
    if link.relations and pair.wanted.relation not in link.relations:
        known = "、".join(f"{key}（{RELATIONS[key][0]}）" for key in link.relations)
        raise LINK_RELATION(kind=link.zh, known=known)
    if not link.relations and pair.wanted.relation:
        raise LINK_RELATION(kind=link.zh, known="—")
    if pair.first.id == pair.second.id:
        raise LINK_SELF(code=pair.first.code)
    for end in (pair.first, pair.second):
        if end.status == "withdrawn" and not withdrawn_too:
            raise LINK_WITHDRAWN(code=end.code)


def _placed(link: LinkKind, pair: _Both, *, decided: bool) -> str:
    if link.outlives:
        # the fate of a duty is only ever written by a decision, whatever became of its ends
        if not decided:
            raise LINK_KIND(kind=link.key, known="、".join(one.key for one in LINKS.values() if one.by_hand))
        return VALID
    return placement(pair.first.status, pair.second.status, decided=decided)


def _add(
    session: Session, actor: Actor, link: LinkKind, both: Sequence[_Both], decided: bool, audit_id: uuid.UUID,
    batch_id: uuid.UUID | None, author_id: uuid.UUID | None,
) -> dict[Wanted, Outcome]:
    keys = [pair.wanted.key for pair in both]
    held, waiting = queries.held(session, link, keys), queries.open_changes(session, link.key, keys)
    known = queries.latest(session, link.key, keys)
    _one_system(session, link, [pair for pair in both if pair.wanted.key not in held])
    outcomes: dict[Wanted, Outcome] = {}
    rows: dict[str, list[tuple[_Both, uuid.UUID]]] = defaultdict(list)
    for pair in both:
        row, change = held.get(pair.wanted.key), waiting.get(pair.wanted.key)
        if row is not None or (change is not None and not decided):
            link_id = row["id"] if row is not None else change.link_id if change is not None else None
            outcomes[pair.wanted] = Outcome(pair.wanted, link_id, HELD)
            continue
        state = _placed(link, pair, decided=decided)
        link_id = known[pair.wanted.key][0] if pair.wanted.key in known else ids.new()
        outcomes[pair.wanted] = Outcome(pair.wanted, link_id, state)
        rows[state].append((pair, link_id))
    _wait(session, actor, link, rows[PENDING], "add", audit_id, batch_id)
    authors = dict.fromkeys((link_id for some in rows.values() for _, link_id in some), author_id)
    insert_rows(session, link, rows[DRAFT], audit_id, batch_id, authors)
    acts = [Act(link_id, pair.first, pair.second, pair.wanted.relation, "add", author_id)
            for pair, link_id in rows[VALID]]
    made = versions.write(session, actor, link, acts, audit_id)
    insert_rows(session, link, rows[VALID], audit_id, batch_id, authors, made)
    close(session, actor, [waiting[p.wanted.key] for p, _ in rows[VALID] if p.wanted.key in waiting], "void", audit_id)
    return outcomes


def _one_system(session: Session, link: LinkKind, both: Sequence[_Both]) -> None:
    """A table belongs to exactly one system."""
    if link.key != "system_table":
        return
    owned = queries.owners(session, [pair.second.id for pair in both])
    for pair in both:
        if pair.second.id in owned:
            raise LINK_TABLE_OWNED(code=pair.second.code)
        owned[pair.second.id] = pair.first.id


def insert_rows(
    session: Session, link: LinkKind, pairs: Sequence[tuple[Any, uuid.UUID]], audit_id: uuid.UUID,
    batch_id: uuid.UUID | None, authors: Mapping[uuid.UUID, uuid.UUID | None],
    made: Mapping[uuid.UUID, tuple[int, str]] | None = None,
) -> None:
    """Write link rows; ``pairs`` are (anything with ``wanted``, link id), ``made`` their versions."""
    now, rows = clock.now(), []
    for pair, link_id in pairs:
        version, entry_hash = (made or {}).get(link_id, (0, None))
        row = {
            "id": link_id, "version": version, "entry_hash": entry_hash, "batch_id": batch_id, "created_at": now,
            "created_by": authors[link_id], "audit_id": audit_id,
            link.from_column: pair.wanted.from_id, link.to_column: pair.wanted.to_id,
        }
        rows.append({**row, "relation": pair.wanted.relation} if link.relations else row)
    if rows:
        session.execute(insert(link.model), rows)


def _remove(
    session: Session, actor: Actor, link: LinkKind, both: Sequence[_Both], decided: bool, audit_id: uuid.UUID
) -> dict[Wanted, Outcome]:
    keys = [pair.wanted.key for pair in both]
    held, waiting = queries.held(session, link, keys), queries.open_changes(session, link.key, keys)
    outcomes: dict[Wanted, Outcome] = {}
    gone: list[tuple[_Both, dict[str, Any]]] = []
    pending: list[tuple[_Both, uuid.UUID]] = []
    for pair in both:
        row, change = held.get(pair.wanted.key), waiting.get(pair.wanted.key)
        if row is None:
            raise LINK_UNKNOWN()
        state = _placed(link, pair, decided=decided)
        if state == PENDING and change is None:
            pending.append((pair, row["id"]))
        elif state != PENDING:
            gone.append((pair, row))
        outcomes[pair.wanted] = Outcome(pair.wanted, row["id"], HELD if state == PENDING and change else state)
    _wait(session, actor, link, pending, "remove", audit_id, None)
    acts = [Act(row["id"], pair.first, pair.second, pair.wanted.relation, "remove", actor.user_id)
            for pair, row in gone if row["version"]]
    versions.write(session, actor, link, acts, audit_id)
    delete_rows(session, link, [row["id"] for _, row in gone])
    close(session, actor, [waiting[p.wanted.key] for p, _ in gone if p.wanted.key in waiting], "void", audit_id)
    return outcomes


def delete_rows(session: Session, link: LinkKind, link_ids: Sequence[uuid.UUID]) -> None:
    """Delete link rows."""
    for some in slices(link_ids):
        session.execute(delete(link.model).where(link.model.__table__.c.id.in_(some)))


def _wait(
    session: Session, actor: Actor, link: LinkKind, pairs: Sequence[tuple[_Both, uuid.UUID]], action: str,
    audit_id: uuid.UUID, batch_id: uuid.UUID | None,
) -> None:
    """Write what a second person must decide."""
    now = clock.now()
    rows = [
        {
            "id": ids.new(), "link_kind": link.key, "link_id": link_id, "action": action, "from_id": pair.first.id,
            "to_id": pair.second.id, "relation": pair.wanted.relation,
            "department_id": owner(link, pair.first, pair.second).department_id, "batch_id": batch_id,
            "submitted_by": actor.user_id, "submitted_name": actor.name, "submitted_at": now, "audit_id": audit_id,
        }
        for pair, link_id in pairs
    ]
    if rows:
        session.execute(insert(LinkChange), rows)


def close(
    session: Session, actor: Actor, changes: Sequence[LinkChange], decision: str, audit_id: uuid.UUID,
    reason: str | None = None,
) -> None:
    """Close waiting changes: approve, return, recall, or void (what they wanted was done or became impossible)."""
    now = clock.now()
    for change in changes:
        change.decision, change.decided_by, change.decided_name = decision, actor.user_id, actor.name
        change.decided_at, change.reason, change.audit_id = now, reason, audit_id
    session.flush()


def _audit(session: Session, actor: Actor, action: str, link: LinkKind, both: Sequence[_Both]) -> uuid.UUID:
    departments = {owner(link, pair.first, pair.second).department_id for pair in both}
    return audit(
        session, actor, action, link, [(pair.first.code, pair.second.code) for pair in both],
        departments.pop() if len(departments) == 1 else None,
    )


def audit(
    session: Session, actor: Actor, action: str, link: LinkKind, codes: Sequence[tuple[str, str]],
    department_id: uuid.UUID | None, **more: Any,
) -> uuid.UUID:
    """One audit line for any number of links: their number, the first, and a digest that binds all."""
    pairs = sorted(f"{first} → {second}" for first, second in codes)
    return record(
        session, actor, action=action, object_type=link.key, object_id=pairs[0][:100] if len(pairs) == 1 else "batch",
        detail={"count": len(pairs), "links": pairs[:20], "links_sm3": sm3_hex(dumps(pairs)), **more},
        department_id=department_id,
    )


def make_exactly(
    session: Session, actor: Actor, entry_id: uuid.UUID, wanted: Mapping[str, Sequence[uuid.UUID]],
    audit_id: uuid.UUID,
) -> list[Outcome]:
    """Make the links of an entry exactly these; ``wanted`` maps a kind to the ids at its other end.

    What waits for a reviewer counts as said: saying the opposite takes it back.
    """
    outcomes: list[Outcome] = []
    for kind_key, others in wanted.items():
        link = link_kind(kind_key)
        own = "from" if link.from_kind == "data_entry" else "to"
        keys = {(entry_id, one, "") if own == "from" else (one, entry_id, "") for one in others}
        held = {
            (row["from_id"], row["to_id"], row["relation"])
            for row in queries.touching(session, link, own, [entry_id], drafts_only=False)
        }
        waiting = [one for one in queries.changes_of_ends(session, [entry_id]) if one.link_kind == kind_key]
        close(session, actor, [
            one for one in waiting if ((one.from_id, one.to_id, "") in keys) == (one.action == "remove")
        ], "recall", audit_id)
        outcomes += add_many(
            session, actor, [Wanted(kind_key, *key) for key in sorted(keys - held)], audit_id=audit_id
        )
        outcomes += remove_many(
            session, actor, [Wanted(kind_key, *key) for key in sorted(held - keys)], audit_id=audit_id
        )
    return outcomes
