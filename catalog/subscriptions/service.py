"""Following and unfollowing, and telling followers what became of what they follow.

A decision writes one message; the followers are found when it is delivered, so that the publication of thousands
does not wait for the searches of all. One notice a person and decision, whatever he follows of it.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.entries.queries import conditions
from catalog.errors import PERSON_NEEDED
from catalog.events import EntryOnlineChanged, EntryPublished
from catalog.nodes import service as nodes
from catalog.nodes.kinds import KINDS, console_path
from catalog.nodes.models import DataEntry
from catalog.nodes.queries import slices
from catalog.search import queries as search
from catalog.search.models import SavedSearch
from catalog.search.saved import filters_of
from catalog.subscriptions import queries
from catalog.subscriptions.errors import TARGET_UNKNOWN, UNKNOWN
from catalog.subscriptions.models import Subscription, SubscriptionDelivery
from kernel import clock, ids
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from kernel.notices.service import notify
from kernel.outbox.service import emit

TOPIC: Final = "catalog.subscription.changed"
LISTED: Final = 20
"""Nodes that a notice names; the rest are counted."""

_KEPT = timedelta(days=30)
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "publish": ("发布", "published"), "change": ("发布新版本", "new version"), "withdraw": ("已撤销", "withdrawn"),
    "offline": ("已下线", "offline"), "online": ("重新上线", "online again"), "transfer": ("已移交", "transferred"),
}
_OTHER: Final = ("有变化", "changed")


@dataclass(frozen=True)
class Change:
    """What became of one node: an action of publication, or online and offline."""

    kind: str
    node_id: uuid.UUID
    action: str


def follow(session: Session, actor: Actor, target: str, target_id: uuid.UUID) -> Subscription:
    """Follow a node that the actor sees, a department, or a saved search of his own; again changes nothing."""
    if actor.user_id is None:
        raise PERSON_NEEDED()
    label = _label(session, actor, actor.user_id, target, target_id)
    row = queries.held(session, actor.user_id, target_id)
    if row is None:
        row = Subscription(
            id=ids.new(), user_id=actor.user_id, target=target, target_id=target_id, label=label[:400],
            created_at=clock.now(),
        )
        session.add(row)
        session.flush()
    return row


def unfollow(session: Session, actor: Actor, subscription_id: uuid.UUID) -> None:
    """Give a subscription up."""
    row = session.get(Subscription, subscription_id)
    if row is None or row.user_id != actor.user_id:
        raise UNKNOWN()
    session.delete(row)
    session.flush()


def _label(session: Session, actor: Actor, user_id: uuid.UUID, target: str, target_id: uuid.UUID) -> str:
    if target in KINDS:
        return str(nodes.found(session, actor, target, target_id).name)
    if target == "department":
        name = queries.department_name(session, target_id)
        if name is None:
            raise TARGET_UNKNOWN(what="部门", what_en="department")
        return name
    saved = queries.saved_search(session, target_id, user_id)
    if saved is None:
        raise TARGET_UNKNOWN(what="检索", what_en="saved search")
    return saved.name


def on_published(session: Session, event: EntryPublished) -> None:
    """Put a decision in the post for the followers."""
    _post(session, event.audit_id, [[one.node_kind, str(one.node_id), one.action] for one in event.versions])


def on_online_changed(session: Session, event: EntryOnlineChanged) -> None:
    """Put going offline or online again in the post."""
    _post(session, event.audit_id, [["data_entry", str(event.entry_id), "online" if event.online else "offline"]])


def _post(session: Session, audit_id: uuid.UUID, changes: list[list[str]]) -> None:
    if changes and queries.any_at_all(session):
        emit(session, TOPIC, {"audit_id": str(audit_id), "changes": changes})


def deliver(session: Session, audit_id: uuid.UUID, changes: Sequence[Change]) -> int:
    """One notice for each follower who has not been told of this decision; how many were told."""
    by_user = _concerned(session, changes)
    known = queries.told(session, audit_id)
    now = clock.now()
    for user_id in sorted(set(by_user) - known):
        _tell(session, user_id, list(by_user[user_id].values()))
        session.add(SubscriptionDelivery(audit_id=audit_id, user_id=user_id, at=now))
    session.execute(delete(SubscriptionDelivery).where(SubscriptionDelivery.at < now - _KEPT))
    session.flush()
    return len(set(by_user) - known)


Known = tuple[Change, str, str]


def _concerned(session: Session, changes: Sequence[Change]) -> dict[uuid.UUID, dict[uuid.UUID, Known]]:
    """User → node → (change, code, name) of what he follows."""
    by_kind: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_kind[change.kind].append(change)
    found: dict[uuid.UUID, dict[uuid.UUID, Known]] = defaultdict(dict)
    for kind, some in by_kind.items():
        rows = queries.nodes(session, kind, [change.node_id for change in some])
        by_id = {
            change.node_id: (change, *rows[change.node_id][:2]) for change in some if change.node_id in rows
        }
        of_department: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
        for node_id in by_id:
            of_department[rows[node_id][2]].append(node_id)
        for target, user_id in queries.followers(session, [*by_id, *of_department]):
            for node_id in of_department.get(target, [target]):
                found[user_id][node_id] = by_id[node_id]
        if kind == "data_entry":
            for saved in queries.followed_searches(session):
                for node_id in _matches(session, saved, list(by_id)):
                    found[saved.user_id][node_id] = by_id[node_id]
    return found


def _matches(session: Session, saved: SavedSearch, entry_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Which of the entries a saved search finds. They were published, so everybody may know of them."""
    try:
        # the state is what changed: a search for published entries must tell of a withdrawal too
        filters = replace(filters_of(saved), q=None, status=None, online=None, sort="")
    except MulianError:
        # kept before a filter went away: its owner learns of it where he opens it
        return []
    where = conditions(system_actor("subscriptions"), filters)
    found: list[uuid.UUID] = []
    for part in slices(entry_ids):
        some = DataEntry.id.in_(part)
        if saved.q:
            ranking = search.ranking(
                session, saved.q, node_kind="data_entry", model=DataEntry, conditions=[*where, some]
            )
            query = select(DataEntry.id).where(DataEntry.id.in_(ranking.nodes(1000)))
        else:
            query = select(DataEntry.id).where(*where, some)
        found += session.scalars(query)
    return found


def _tell(session: Session, user_id: uuid.UUID, known: Sequence[Known]) -> None:
    first, _, name = known[0]
    zh, en = _WORDS.get(first.action, _OTHER)
    single = len(known) == 1
    notify(
        session, user_id=user_id,
        title_zh=(f"您关注的「{name}」{zh}" if single else f"您关注的 {len(known)} 项目录有变化")[:300],
        title_en=(f"{name}: {en}" if single else f"{len(known)} nodes you follow changed")[:300],
        body_zh=_lines(known, 0), body_en=_lines(known, 1),
        url=console_path(first.kind, first.node_id) if single else "/following?tab=subscriptions",
    )


def _lines(known: Sequence[Known], language: int) -> str:
    lines = [f"{_WORDS.get(change.action, _OTHER)[language]} · {name}（{code}）" for change, code, name in known[:LISTED]]
    more = len(known) - LISTED
    if more > 0:
        lines.append(f"……另有 {more} 项" if language == 0 else f"… and {more} more")
    return "\n".join(lines)
