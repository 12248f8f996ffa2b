"""上线 and 下线 of a published entry: at once, with a reason, independent of its review."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.events import EntryOnlineChanged
from catalog.nodes.kinds import LIVE
from catalog.nodes.models import DataEntry
from catalog.permissions import ONLINE
from catalog.public.errors import ONLINE_STATE
from catalog.public.models import OnlineChange
from kernel import clock, events, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor, require

_WORDS = {True: ("上线", "online"), False: ("下线", "offline")}


def switch(session: Session, actor: Actor, entry: DataEntry, *, online: bool, reason: str) -> OnlineChange:
    """Take an entry offline or online again; its content, version and review stay as they are.

    Raises ``catalog.entry.online_state`` for an entry that is not published or already so.
    """
    require(actor, ONLINE, department_id=entry.department_id)
    action, action_en = _WORDS[online]
    if entry.status not in LIVE or entry.online == online:
        now, now_en = ("未发布", "not published") if entry.status not in LIVE else (
            f"已{action}", f"already {action_en}"
        )
        raise ONLINE_STATE(code=entry.code, now=now, now_en=now_en, action=action, action_en=action_en)
    at = clock.now()
    audit_id = record(
        session, actor, action=f"catalog.data_entry.{action_en}", object_type="data_entry", object_id=str(entry.id),
        detail={"code": entry.code, "reason": reason.strip()}, department_id=entry.department_id,
    )
    entry.online, entry.updated_at, entry.audit_id = online, at, audit_id
    change = OnlineChange(
        id=ids.new(), entry_id=entry.id, online=online, reason=reason.strip(), changed_by=actor.user_id,
        changed_name=actor.name, changed_at=at, audit_id=audit_id,
    )
    session.add(change)
    session.flush()
    events.publish(session, EntryOnlineChanged(
        entry.id, entry.code, entry.department_id, online, reason.strip(), audit_id
    ))
    return change


def history(session: Session, entry_id: uuid.UUID) -> Sequence[OnlineChange]:
    """Every change of the flag, newest first."""
    query = select(OnlineChange).where(OnlineChange.entry_id == entry_id)
    return session.scalars(query.order_by(OnlineChange.changed_at.desc(), OnlineChange.id.desc())).all()
