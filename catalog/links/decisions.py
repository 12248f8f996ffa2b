"""Deciding about links between published nodes: approve, return, recall, one or thousands at a time."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from catalog.errors import REASON_MISSING, SAME_PERSON, SELECTION_EMPTY
from catalog.links import queries, versions
from catalog.links.errors import LINK_CHANGE_UNKNOWN, LINK_ENDS, LINK_NOT_SUBMITTER
from catalog.links.hashing import End
from catalog.links.kinds import LINKS, LinkKind
from catalog.links.models import LinkChange
from catalog.links.service import Wanted, audit, close, delete_rows, insert_rows
from catalog.links.versions import Act
from catalog.nodes.kinds import LIVE
from catalog.permissions import EDIT, REVIEW
from kernel.identity.actor import Actor, require


@dataclass(frozen=True)
class Decided:
    """How many changes a decision closed, and how many links became valid or ceased to be."""

    count: int
    effective: int


@dataclass(frozen=True)
class _Pair:
    """A change with its ends; None where an end is gone."""

    change: LinkChange
    first: End | None
    second: End | None

    @property
    def wanted(self) -> Wanted:
        """The link that the change is about."""
        return Wanted(self.change.link_kind, self.change.from_id, self.change.to_id, self.change.relation)

    @property
    def codes(self) -> tuple[str, str]:
        """What the ends are called."""
        return (self.first.code if self.first else "—", self.second.code if self.second else "—")


def decide(
    session: Session, actor: Actor, change_ids: Sequence[uuid.UUID], decision: str, reason: str = ""
) -> Decided:
    """Approve or return waiting changes, all or none.

    Raises ``catalog.link.change_unknown``, ``catalog.review.same_person`` for who submitted one of them,
    ``catalog.review.reason_missing`` for a return, ``catalog.link.ends`` while an end is not published.
    """
    found = _found(session, actor, change_ids)
    for department_id in {change.department_id for change in found}:
        require(actor, REVIEW, department_id=department_id)
    if decision == "return" and not reason.strip():
        raise REASON_MISSING()
    effective = 0
    for link, pairs in _by_kind(session, found).items():
        for pair in pairs:
            if pair.change.submitted_by is not None and pair.change.submitted_by == actor.user_id:
                raise SAME_PERSON(code=" — ".join(pair.codes))
        departments = {pair.change.department_id for pair in pairs}
        audit_id = audit(
            session, actor, f"catalog.link.{decision}", link, [pair.codes for pair in pairs],
            departments.pop() if len(departments) == 1 else None, reason=reason,
        )
        # an end that was deleted meanwhile leaves nothing to decide
        gone = [pair for pair in pairs if pair.first is None or pair.second is None]
        close(session, actor, [pair.change for pair in gone], "void", audit_id)
        rest = [pair for pair in pairs if pair not in gone]
        if decision == "approve":
            effective += _approve(session, actor, link, rest, audit_id)
        close(session, actor, [pair.change for pair in rest], decision, audit_id, reason or None)
    return Decided(len(found), effective)


def recall(session: Session, actor: Actor, change_ids: Sequence[uuid.UUID]) -> int:
    """撤回: who submitted changes takes them back; returns how many."""
    found = _found(session, actor, change_ids)
    for change in found:
        require(actor, EDIT, department_id=change.department_id)
        if change.submitted_by != actor.user_id:
            raise LINK_NOT_SUBMITTER()
    for link, pairs in _by_kind(session, found).items():
        audit_id = audit(
            session, actor, "catalog.link.recall", link, [pair.codes for pair in pairs], pairs[0].change.department_id
        )
        close(session, actor, [pair.change for pair in pairs], "recall", audit_id)
    return len(found)


def _found(session: Session, actor: Actor, change_ids: Sequence[uuid.UUID]) -> list[LinkChange]:
    if not change_ids:
        raise SELECTION_EMPTY()
    found = queries.waiting(session, actor, list(dict.fromkeys(change_ids)))
    if len(found) != len(set(change_ids)):
        raise LINK_CHANGE_UNKNOWN()
    return found


def _by_kind(session: Session, found: Sequence[LinkChange]) -> dict[LinkKind, list[_Pair]]:
    by_kind: dict[LinkKind, list[LinkChange]] = defaultdict(list)
    for change in found:
        by_kind[LINKS[change.link_kind]].append(change)
    return {link: pairs_of(session, link, some) for link, some in by_kind.items()}


def pairs_of(session: Session, link: LinkKind, changes: Sequence[LinkChange]) -> list[_Pair]:
    """Changes of one kind with their ends as they stand."""
    first = queries.ends(session, link.from_kind, [change.from_id for change in changes])
    second = queries.ends(session, link.to_kind, [change.to_id for change in changes])
    return [_Pair(change, first.get(change.from_id), second.get(change.to_id)) for change in changes]


def _approve(session: Session, actor: Actor, link: LinkKind, pairs: Sequence[_Pair], audit_id: uuid.UUID) -> int:
    held = queries.held(session, link, [pair.wanted.key for pair in pairs])
    acts: list[Act] = []
    added: list[tuple[_Pair, uuid.UUID]] = []
    removed: list[uuid.UUID] = []
    for pair in pairs:
        row = held.get(pair.wanted.key)
        adding = pair.change.action == "add"
        assert pair.first is not None and pair.second is not None
        if adding == (row is not None):
            continue  # what it wanted is so already
        for end in (pair.first, pair.second):
            if adding and end.status not in LIVE:
                raise LINK_ENDS(code=end.code)
        link_id: uuid.UUID = row["id"] if row is not None else pair.change.link_id
        if adding:
            added.append((pair, link_id))
        else:
            removed.append(link_id)
        if adding or (row is not None and row["version"]):
            acts.append(Act(
                link_id, pair.first, pair.second, pair.change.relation, pair.change.action, pair.change.submitted_by
            ))
    made = versions.write(session, actor, link, acts, audit_id)
    for batch_id in dict.fromkeys(pair.change.batch_id for pair, _ in added):
        some = [(pair, link_id) for pair, link_id in added if pair.change.batch_id == batch_id]
        authors = {link_id: pair.change.submitted_by for pair, link_id in some}
        insert_rows(session, link, some, audit_id, batch_id, authors, made)
    delete_rows(session, link, removed)
    return len(added) + len(removed)
