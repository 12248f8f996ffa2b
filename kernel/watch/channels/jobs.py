"""Handing over what waits, and delivering it."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from kernel import clock
from kernel.duty import service as duty
from kernel.identity.models import User
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule
from kernel.outbound import guard
from kernel.outbox.registry import handler
from kernel.runtime import Runtime
from kernel.watch.channels import queries, rules, send, service
from kernel.watch.channels.models import WatchChannel
from kernel.watch.channels.rules import Kind, Told


@job("kernel.watch.dispatch", zh="发送告警通知", en="Send alarm notices")
def dispatch(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Hand what channels are to be told to the outbox, within their rates."""
    return {"messages": ctx.database.run(lambda session: service.dispatch(session, clock.now()))}


@handler(service.TOPIC)
def deliver(runtime: Runtime, payload: dict[str, Any]) -> None:
    """Send one message; the receiver knows a repeated one by its key."""
    message_id = uuid.UUID(payload["message"])
    with runtime.database.read() as session:
        channel = session.get(WatchChannel, uuid.UUID(payload["channel"]))
        rows = queries.of_message(session, message_id)
        if channel is None or not rows or rows[0].sent_at is not None:
            return  # taken away, or told by an attempt whose result was lost
        message = rules.compose([Told(row.severity, row.created_at, row.title, row.body) for row in rows])
        receiver = send.Receiver(
            Kind(channel.kind), channel.settings, service.opened(session, channel),
            guard.allowed_by(runtime.settings, *channel.settings.get("declared", ())),
            _called(session, max(row.level for row in rows)),
        )
    send.send(receiver, message, str(message_id))

    def sent(session: Session) -> None:
        for row in queries.of_message(session, message_id):
            row.sent_at = clock.now()

    runtime.database.run(sent)


def _called(session: Session, level: int) -> frozenset[str]:
    """User names of those on duty: the first one, with the first escalation the second one too."""
    people = duty.who(session, clock.now())[:1 if level == 0 else 2]
    found = [session.get(User, person.user_id) for person in people]
    return frozenset(user.username for user in found if user is not None)


schedule("kernel.watch.dispatch", every_seconds=5)
