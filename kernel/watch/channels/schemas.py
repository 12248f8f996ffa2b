"""Channels on the wire. Addresses, secrets and numbers go in and never come out."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from kernel.http.wire import Title, Wire
from kernel.watch.channels.rules import Kind

Minute = Annotated[int, Field(ge=0, le=1439, description="北京时间一天中的分钟")]
Host = Annotated[str, Field(max_length=200)]


class Recipient(Wire):
    """Who gets text messages; with ``username`` only when that person is on duty and called."""

    name: Annotated[str, Field(max_length=60)] = ""
    number: Annotated[str, Field(pattern=r"^\+?\d{5,20}$")]
    username: Annotated[str | None, Field(max_length=80)] = None


class SettingsIn(Wire):
    """What is not secret. mail: host, port, sender, security; sms: template, content_type, most (characters)."""

    declared: Annotated[list[str], Field(max_length=10, description="本通道可访问的内网网段")] = []
    host: Host = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: Annotated[str, Field(max_length=200)] = ""
    security: Literal["starttls", "tls", "none"] = "starttls"
    template: Annotated[str, Field(max_length=4000, examples=['{"phone":"{number}","content":"{text}"}'])] = ""
    content_type: Literal["json", "form"] = "json"
    most: Annotated[int, Field(ge=20, le=500)] = 200


class SecretsIn(Wire):
    """webhook and robots: url, secret; mail: recipients (addresses), username, password; sms: url, headers, people."""

    url: Annotated[str, Field(max_length=1000)] = ""
    secret: Annotated[str, Field(max_length=500)] = ""
    username: Annotated[str, Field(max_length=200)] = ""
    password: Annotated[str, Field(max_length=500)] = ""
    headers: dict[str, str] = {}
    recipients: Annotated[list[Recipient | str], Field(max_length=50)] = []


class ChannelIn(Wire):
    """A channel; quiet hours hold back all but critical alarms."""

    kind: Kind
    name: Annotated[str, Field(min_length=1, max_length=120)]
    settings: SettingsIn = Field(default_factory=SettingsIn)
    secrets: SecretsIn
    min_severity: Literal["warning", "critical"] = "warning"
    department_id: uuid.UUID | None = None
    quiet_from: Minute | None = None
    quiet_to: Minute | None = None


class ChannelPatch(Wire):
    """What is changed; without ``secrets`` the sealed ones stay."""

    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    settings: SettingsIn | None = None
    secrets: SecretsIn | None = None
    min_severity: Literal["warning", "critical"] | None = None
    quiet_from: Minute | None = None
    quiet_to: Minute | None = None
    enabled: bool | None = None


class ChannelOut(Wire):
    """A channel without what is sealed. ``per_minute``: messages in any 60 seconds, more go as a digest."""

    id: uuid.UUID
    kind: Kind
    kind_title: Title
    name: str
    settings: SettingsIn
    min_severity: str
    department_id: uuid.UUID | None
    quiet_from: int | None
    quiet_to: int | None
    enabled: bool
    per_minute: int
    version: int


class ChannelPage(Wire):
    items: list[ChannelOut]
    total: int
    page: int
    size: int


class DeliveryOut(Wire):
    """What a channel was told; ``state``: waiting (rate or quiet hours), sending, sent."""

    id: uuid.UUID
    title: str
    severity: str
    created_at: datetime
    not_before: datetime
    sent_at: datetime | None
    state: Literal["waiting", "sending", "sent"]


class DeliveryList(Wire):
    items: list[DeliveryOut]
