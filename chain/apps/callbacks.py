"""回调: what became final is announced to the application's address, signed, in order, until it says it has it.

An announcement is a row of the outbox, written in the transaction that keeps the batch's evidence. It names the
batch and a part of it; the body is read when it is sent, so every attempt sends the same bytes.
"""

import uuid
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from chain.anchoring.events import BatchFinal
from chain.anchoring.models import AnchorBatch
from chain.apps import queries, service, usage
from chain.apps.errors import CALLBACK_NONE, CALLBACK_REFUSED
from chain.apps.models import ChainApp, ChainAppPlace
from chain.apps.port import credentials
from chain.apps.rules import Environment
from kernel import canonical, clock, ids
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor
from kernel.outbound import guard
from kernel.outbox import service as outbox
from kernel.outbox.models import OutboxMessage
from kernel.outbox.registry import handler
from kernel.runtime import Runtime

PART = 1_000
SECONDS = 10.0
EVENT_HEADER = "X-Mulian-Event"


def on_batch_final(session: Session, event: BatchFinal) -> None:
    """Announce a final batch of an application's stream, in parts of a thousand."""
    found = queries.place_of_stream(session, event.stream)
    if found is None or found[1].callback_url is None:
        return
    for first in range(0, event.leaves, PART):
        payload = {"place": str(found[1].id), "batch": str(event.batch_id), "first": first}
        outbox.emit(session, queries.CALLBACKS, payload, key=event.stream)


def trial(session: Session, actor: Actor, *, app_id: uuid.UUID, environment: Environment) -> uuid.UUID:
    """Send a trial announcement that names no evidence; raise ``chain.app.no_callback`` without an address."""
    app = service.own(session, actor, app_id, service.MANAGE)
    place = service.place_in(session, app, environment)
    if place.callback_url is None:
        raise CALLBACK_NONE(name=app.name)
    service.note(session, actor, app, "callback.trial", {"environment": environment})
    payload = {"place": str(place.id), "trial": str(ids.new()), "at": clock.iso(clock.now())}
    return outbox.emit(session, queries.CALLBACKS, payload, key=place.stream)


def settle(
    session: Session, actor: Actor, *, app_id: uuid.UUID, message_id: uuid.UUID, reason: str | None
) -> OutboxMessage:
    """Put a dead letter of the application back, or with a ``reason`` give it up; those behind it go on."""
    app = service.own(session, actor, app_id, service.MANAGE)
    row = session.get(OutboxMessage, message_id)
    streams = {place.stream for place in queries.places(session, app.id).values()}
    if row is None or row.topic != queries.CALLBACKS or row.key not in streams:
        raise NOT_FOUND()
    if reason is None:
        return outbox.retry(session, actor, message_id=message_id)
    return outbox.discard(session, actor, message_id=message_id, reason=reason)


@handler(queries.CALLBACKS)
def deliver(runtime: Runtime, payload: dict[str, Any]) -> None:
    """Send one announcement; anything but 2xx raises ``chain.app.callback_refused`` and is tried again."""
    with runtime.database.read() as session:
        place = session.get_one(ChainAppPlace, uuid.UUID(payload["place"]))
        url, credential = place.callback_url, place.credential_id
        if url is None or credential is None:
            return  # the address was taken back: nobody waits for this any more
        event, body = _body(session, place, payload)
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = credentials().sign(session, credential, method="POST", target=target, body=body)
    headers |= {"Content-Type": "application/json", EVENT_HEADER: event, "User-Agent": "mulian-callback/1"}
    with guard.client(guard.allowed_by(runtime.settings), timeout=SECONDS) as client, client.stream(
        "POST", url, content=body, headers=headers
    ) as answer:  # what it answers is not read: only whether it has it
        if not 200 <= answer.status_code < 300:
            raise CALLBACK_REFUSED(status=answer.status_code)
    runtime.database.run(lambda unit: usage.count(unit, place.id, callbacks=1))


def _body(session: Session, place: ChainAppPlace, payload: dict[str, Any]) -> tuple[str, bytes]:
    """Return the announcement's number, the same at every attempt, and its canonical JSON."""
    app = session.get_one(ChainApp, place.app_id)
    about = {"application": app.code, "environment": place.environment, "stream": place.stream}
    if "trial" in payload:
        body = {"event": "trial", "id": payload["trial"], "at": payload["at"], **about}
        return payload["trial"], canonical.dumps(body)
    batch = session.get_one(AnchorBatch, uuid.UUID(payload["batch"]))
    first = int(payload["first"])
    event = f"{batch.id}-{first // PART}"
    rows = queries.part(session, batch.id, first, PART)
    return event, canonical.dumps({
        "event": "evidence.anchored", "id": event, **about,
        "batch": {
            "seq": batch.seq, "epoch": batch.epoch, "from_index": batch.from_index, "leaves": batch.leaves,
            "root": batch.root.hex(), "tx_hash": batch.tx_hash, "block_number": batch.block_number,
            "block_time": batch.block_time,
        },
        "part": first // PART, "parts": -(-batch.leaves // PART),
        "items": [{"id": row[0], "client_id": row[1], "digest": row[2], "index": row[3]} for row in rows],
    })
