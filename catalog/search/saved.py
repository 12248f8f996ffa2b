"""Saved searches of a person, and the notice when something new matches."""

import uuid
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from catalog.entries import queries as entries
from catalog.entries.queries import Filters
from catalog.nodes.models import DataEntry
from catalog.search.errors import (
    PERSON_ONLY,
    SAVED_BROAD,
    SAVED_FILTER,
    SAVED_LIMIT,
    SAVED_NAME,
    SAVED_UNKNOWN,
)
from catalog.search.models import SavedSearch, SavedSearchHit
from kernel import clock, ids
from kernel.errors import MATCH_STALE
from kernel.identity.actor import Actor
from kernel.identity.models import User
from kernel.identity.sessions import actor_of_user
from kernel.notices.service import notify

MOST: Final = 100
"""Saved searches of one person."""

WATCHED: Final = 2_000
"""Matches that a watched search may have; beyond that a notice of new ones says nothing."""

_NAMED: Final = 5
_FIELDS: Final = {one.name: one.type for one in fields(Filters) if one.name != "q"}


def filters_of(saved: SavedSearch) -> Filters:
    """The list filters of a saved search."""
    return _filters(saved.q, saved.filters)


def _filters(q: str, given: Mapping[str, Any]) -> Filters:
    for name in given:
        if name not in _FIELDS:
            raise SAVED_FILTER(name=name, known="、".join(_FIELDS))
    try:
        return TypeAdapter(Filters).validate_python({**given, "q": q or None})
    except ValidationError as error:
        raise SAVED_FILTER(name=str(error.errors()[0]["loc"][0]), known="、".join(_FIELDS)) from error


def of(session: Session, actor: Actor) -> list[SavedSearch]:
    """The actor's searches by name."""
    return list(session.scalars(
        select(SavedSearch).where(SavedSearch.user_id == actor.user_id).order_by(SavedSearch.name)
    ))


def one(session: Session, actor: Actor, saved_id: uuid.UUID) -> SavedSearch:
    """A search of the actor; 404 for another person's."""
    saved = session.get(SavedSearch, saved_id)
    if saved is None or saved.user_id != actor.user_id:
        raise SAVED_UNKNOWN()
    return saved


def save(
    session: Session, actor: Actor, *, name: str, q: str, filters: Mapping[str, Any], notify_new: bool
) -> SavedSearch:
    """Keep a search under a name."""
    if actor.user_id is None:
        raise PERSON_ONLY()
    _filters(q, filters)
    _name_is_free(session, actor.user_id, name, None)
    held = session.scalar(select(func.count()).select_from(SavedSearch).where(SavedSearch.user_id == actor.user_id))
    if (held or 0) >= MOST:
        raise SAVED_LIMIT(limit=MOST)
    saved = SavedSearch(
        id=ids.new(), user_id=actor.user_id, name=name, q=q, filters=dict(filters), notify=False, version=1,
        created_at=clock.now(), checked_at=None,
    )
    session.add(saved)
    session.flush()
    _watch(session, actor, saved, notify_new)
    return saved


def change(
    session: Session, actor: Actor, saved_id: uuid.UUID, *, version: int, name: str, q: str,
    filters: Mapping[str, Any], notify_new: bool,
) -> SavedSearch:
    """Replace a search; ``version`` is the one that was read."""
    saved = one(session, actor, saved_id)
    if saved.version != version:
        raise MATCH_STALE(current=saved.version)
    _filters(q, filters)
    _name_is_free(session, saved.user_id, name, saved.id)
    other = (q, dict(filters)) != (saved.q, saved.filters)
    saved.name, saved.q, saved.filters, saved.version = name, q, dict(filters), saved.version + 1
    if other or notify_new != saved.notify:
        _watch(session, actor, saved, notify_new)
    session.flush()
    return saved


def forget(session: Session, actor: Actor, saved_id: uuid.UUID) -> None:
    """Delete a search."""
    saved = one(session, actor, saved_id)
    session.execute(delete(SavedSearchHit).where(SavedSearchHit.saved_id == saved.id))
    session.delete(saved)
    session.flush()


def watched(session: Session) -> list[uuid.UUID]:
    """Searches whose owners want to hear of new matches."""
    return list(session.scalars(select(SavedSearch.id).where(SavedSearch.notify.is_(True)).order_by(SavedSearch.id)))


def check(session: Session, saved_id: uuid.UUID) -> int:
    """Tell the owner of matches that are new since the last check; returns how many.

    The search runs with the rights that the owner has now. One that has grown too broad is no longer watched, and
    the owner is told so.
    """
    saved = session.get(SavedSearch, saved_id)
    user = session.get(User, saved.user_id) if saved is not None else None
    if saved is None or user is None or not saved.notify or not user.active:
        return 0
    found = entries.ids(session, actor_of_user(session, user), filters_of(saved), WATCHED + 1)
    if len(found) > WATCHED:
        saved.notify = False
        notify(
            session, user_id=user.id, title_zh=f"检索「{saved.name}」命中超过 {WATCHED} 条，已停止新增提醒",
            title_en=f"Search {saved.name} has more than {WATCHED} matches and is no longer watched",
            url="/catalog/search",
        )
        return 0
    known = set(session.scalars(select(SavedSearchHit.node_id).where(SavedSearchHit.saved_id == saved.id)))
    fresh = [node_id for node_id in found if node_id not in known]
    _keep(session, saved, found)
    if fresh:
        _tell(session, saved, fresh)
    return len(fresh)


def _tell(session: Session, saved: SavedSearch, fresh: list[uuid.UUID]) -> None:
    query = select(DataEntry.name).where(DataEntry.id.in_(fresh[:_NAMED]))
    names = "、".join(f"「{name}」" for name in session.scalars(query.order_by(DataEntry.code)))
    more = f"等 {len(fresh)} 条" if len(fresh) > _NAMED else ""
    notify(
        session, user_id=saved.user_id, title_zh=f"检索「{saved.name}」新增 {len(fresh)} 条",
        title_en=f"{len(fresh)} new in search {saved.name}", body_zh=f"数据目录{names}{more}", body_en=names,
        url=f"/catalog/search?saved={saved.id}",
    )


def _watch(session: Session, actor: Actor, saved: SavedSearch, wanted: bool) -> None:
    found: list[uuid.UUID] = []
    if wanted:
        found = entries.ids(session, actor, filters_of(saved), WATCHED + 1)
        if len(found) > WATCHED:
            raise SAVED_BROAD(limit=WATCHED)
    saved.notify = wanted
    _keep(session, saved, found)


def _keep(session: Session, saved: SavedSearch, found: list[uuid.UUID]) -> None:
    session.execute(delete(SavedSearchHit).where(SavedSearchHit.saved_id == saved.id))
    if found:
        session.execute(insert(SavedSearchHit), [{"saved_id": saved.id, "node_id": node_id} for node_id in found])
    saved.checked_at = clock.now()


def _name_is_free(session: Session, user_id: uuid.UUID, name: str, but: uuid.UUID | None) -> None:
    held = session.scalar(select(SavedSearch.id).where(SavedSearch.user_id == user_id, SavedSearch.name == name))
    if held is not None and held != but:
        raise SAVED_NAME(name=name)
