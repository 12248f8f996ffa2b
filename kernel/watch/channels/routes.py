"""Channels over HTTP."""

import uuid
from typing import Literal

from fastapi import Request, Response

from kernel.http import Actor_, Page_, Session_, check_if_match, needs, paginate, router, set_etag
from kernel.http.wire import Title
from kernel.watch.channels import queries, service
from kernel.watch.channels.models import WatchChannel, WatchDelivery
from kernel.watch.channels.rules import KIND_TITLES, PER_MINUTE, Kind
from kernel.watch.channels.schemas import (
    ChannelIn,
    ChannelOut,
    ChannelPage,
    ChannelPatch,
    DeliveryList,
    DeliveryOut,
    SettingsIn,
)

api = router(prefix="/watch/channels", tags=["watch"])
READ, EDIT = needs("kernel.watch.read"), needs("kernel.watch.edit")
_NEWEST = 50


@api.get("", **READ)
def list_channels(session: Session_, page: Page_) -> ChannelPage:
    """List channels."""
    rows, total = paginate(session, queries.listing(), page)
    return ChannelPage(items=[_channel(row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("", status_code=201, **EDIT)
def add_channel(
    request: Request, response: Response, session: Session_, actor: Actor_, body: ChannelIn
) -> ChannelOut:
    """Set up a channel."""
    request.state.takes_secret = True
    values = body.model_dump(exclude={"secrets"})
    row = service.add(session, actor, secrets=body.secrets.model_dump(exclude_defaults=True), **values)
    set_etag(response, row.version)
    return _channel(row)


@api.patch("/{channel_id}", **EDIT)
def change_channel(
    request: Request, response: Response, session: Session_, actor: Actor_, channel_id: uuid.UUID, body: ChannelPatch
) -> ChannelOut:
    """Change a channel, or switch it on or off."""
    request.state.takes_secret = True
    check_if_match(request, service.get(session, channel_id).version)
    secrets = body.secrets.model_dump(exclude_defaults=True) if body.secrets else None
    values = body.model_dump(exclude={"secrets"}, exclude_unset=True)
    row = service.change(session, actor, channel_id=channel_id, secrets=secrets, **values)
    set_etag(response, row.version)
    return _channel(row)


@api.delete("/{channel_id}", status_code=204, **EDIT)
def remove_channel(session: Session_, actor: Actor_, channel_id: uuid.UUID) -> None:
    """Take a channel away."""
    service.remove(session, actor, channel_id=channel_id)


@api.post("/{channel_id}/trial", status_code=202, **EDIT)
def try_channel(session: Session_, actor: Actor_, channel_id: uuid.UUID) -> None:
    """Send a message that is marked as a trial."""
    service.trial(session, actor, channel_id=channel_id)


@api.get("/{channel_id}/deliveries", **READ)
def list_deliveries(session: Session_, channel_id: uuid.UUID) -> DeliveryList:
    """What the channel was told last."""
    service.get(session, channel_id)
    return DeliveryList(items=[_delivery(row) for row in queries.newest(session, channel_id, _NEWEST)])


def _channel(row: WatchChannel) -> ChannelOut:
    zh, en = KIND_TITLES[Kind(row.kind)]
    names = [name for name in ChannelOut.model_fields if name not in ("kind_title", "per_minute", "settings")]
    return ChannelOut(
        kind_title=Title(zh=zh, en=en), per_minute=PER_MINUTE[Kind(row.kind)], settings=SettingsIn(**row.settings),
        **{name: getattr(row, name) for name in names},
    )


def _delivery(row: WatchDelivery) -> DeliveryOut:
    state: Literal["waiting", "sending", "sent"] = "sent" if row.sent_at else "sending" if row.message_id else "waiting"
    names = [name for name in DeliveryOut.model_fields if name != "state"]
    return DeliveryOut(state=state, **{name: getattr(row, name) for name in names})
