"""Channels: set up, tried, told."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor
from kernel.outbound import rules as outbound
from kernel.outbox import service as outbox
from kernel.runtime import runtime_of
from kernel.watch.channels import queries, rules
from kernel.watch.channels.models import WatchChannel, WatchDelivery
from kernel.watch.channels.rules import Kind
from kernel.watch.errors import CHANNEL_INVALID

TOPIC = "kernel.watch.channel"
PURPOSE = "kernel.watch.channel"
_MINUTE = timedelta(minutes=1)


def add(session: Session, actor: Actor, *, kind: Kind, secrets: dict[str, Any], **values: Any) -> WatchChannel:
    """Set up a channel; addresses and secrets are sealed and never read again. Raises ``channel_invalid``."""
    _check(kind, values["settings"], secrets)
    channel_id = ids.new()
    audit_id = _note(session, actor, "add", channel_id, {"kind": kind, "name": values["name"]})
    row = WatchChannel(
        id=channel_id, kind=kind, sealed=_seal(session, secrets), enabled=True, version=1, audit_id=audit_id, **values,
    )
    session.add(row)
    session.flush([row])
    return row


def change(
    session: Session, actor: Actor, *, channel_id: uuid.UUID, secrets: dict[str, Any] | None, **values: Any
) -> WatchChannel:
    """Change a channel; without ``secrets`` the sealed ones stay."""
    row = get(session, channel_id)
    if secrets is not None:
        row.sealed = _seal(session, secrets)
    for name, value in values.items():
        setattr(row, name, value)
    _check(Kind(row.kind), row.settings, secrets if secrets is not None else opened(session, row))
    row.version += 1
    row.audit_id = _note(session, actor, "change", row.id, {"fields": sorted(values), "secrets": secrets is not None})
    return row


def remove(session: Session, actor: Actor, *, channel_id: uuid.UUID) -> None:
    """Take a channel away with what it was told; what is on its way finds nobody."""
    row = get(session, channel_id)
    _note(session, actor, "remove", row.id, {"name": row.name})
    session.delete(row)


def trial(session: Session, actor: Actor, *, channel_id: uuid.UUID) -> None:
    """Tell the channel something that is marked as a trial."""
    row, now = get(session, channel_id), clock.now()
    session.add(WatchDelivery(
        id=ids.new(), channel_id=row.id, incident_id=None, severity="info", title="【测试】告警通道测试消息",
        body=f"由 {actor.name} 发出，无需处理", level=0, created_at=now, not_before=now,
    ))
    _note(session, actor, "trial", row.id, {"name": row.name})


def get(session: Session, channel_id: uuid.UUID) -> WatchChannel:
    """The channel, or 404."""
    row = session.get(WatchChannel, channel_id)
    if row is None:
        raise NOT_FOUND()
    return row


def dispatch(session: Session, now: datetime) -> int:
    """Hand what waits to the outbox within each channel's rate; what is too much goes as one digest."""
    count = 0
    for channel in queries.enabled(session):
        rows = queries.waiting(session, channel.id, now)
        if not rows:
            continue
        budget = rules.PER_MINUTE[Kind(channel.kind)] - queries.messages_since(session, channel.id, now - _MINUTE)
        for batch in rules.batches([row.severity for row in rows], budget):
            message_id = ids.new()
            for index in batch:
                rows[index].message_id, rows[index].queued_at = message_id, now
            # no key: an old message that cannot be sent must not hold back a new alarm
            outbox.emit(session, TOPIC, {"channel": str(channel.id), "message": str(message_id)})
            count += 1
    return count


def opened(session: Session, row: WatchChannel) -> dict[str, Any]:
    """The sealed part of a channel."""
    found: dict[str, Any] = orjson.loads(runtime_of(session).box.open(PURPOSE, row.sealed))
    return found


def _seal(session: Session, secrets: dict[str, Any]) -> bytes:
    return runtime_of(session).box.seal(PURPOSE, orjson.dumps(secrets))


def _check(kind: Kind, settings: dict[str, Any], secrets: dict[str, Any]) -> None:
    """Refuse what could never be sent; addresses themselves are judged at each message."""
    try:
        outbound.Allowed.of(*settings.get("declared", ()))
        if kind is Kind.MAIL:
            _given(settings, "host", "port", "sender")
            _given(secrets, "recipients")
            return
        outbound.origin_of(str(secrets["url"]), outbound.Allowed())
        if kind is Kind.SMS:
            _given(settings, "template")
            _given(secrets, "recipients")
            if not all(one.get("number") for one in secrets["recipients"]):
                raise ValueError("number")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CHANNEL_INVALID(reason=str(error)) from error


def _given(values: dict[str, Any], *names: str) -> None:
    for name in names:
        if not values.get(name):
            raise ValueError(name)


def _note(session: Session, actor: Actor, verb: str, channel_id: uuid.UUID, detail: dict[str, Any]) -> uuid.UUID:
    return record(
        session, actor, action=f"kernel.watch.channel.{verb}", object_type="watch_channel", object_id=str(channel_id),
        detail=detail,
    )
