"""Sending a message: HTTP and SMTP through the outbound guard."""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from kernel import clock
from kernel.digest import sm3_hex
from kernel.outbound import guard
from kernel.outbound.rules import Allowed
from kernel.watch.channels import formats
from kernel.watch.channels.rules import Kind, Message
from kernel.watch.errors import CHANNEL_REFUSED

SECONDS = 10.0
_MOST_READ = 65_536


@dataclass(frozen=True)
class Receiver:
    """A channel opened for sending. ``called``: user names of those whom a text message calls."""

    kind: Kind
    settings: dict[str, Any]
    secrets: dict[str, Any]
    allowed: Allowed
    called: frozenset[str] = frozenset()


def send(receiver: Receiver, message: Message, key: str) -> None:
    """Send one message; the same ``key`` at every attempt. Raises ``channel_refused`` or what the network says."""
    if receiver.kind is Kind.MAIL:
        _mail(receiver, message, key)
        return
    if receiver.kind is Kind.SMS:
        for number in numbers(receiver.secrets.get("recipients", []), receiver.called):
            made = sm3_hex(key.encode(), number.encode())[:32]
            _post(receiver, formats.text_message(receiver.settings, receiver.secrets, number, message, made))
        return
    _post(receiver, formats.robot(receiver.kind, receiver.secrets, message, key, clock.now()))


def numbers(recipients: Sequence[dict[str, str]], called: frozenset[str]) -> list[str]:
    """Numbers of those who are called now, and of those who always are; everybody's where that leaves nobody."""
    wanted = [one["number"] for one in recipients if not one.get("username") or one["username"] in called]
    return wanted or [one["number"] for one in recipients]


def _post(receiver: Receiver, request: formats.Request) -> None:
    with guard.client(receiver.allowed, timeout=SECONDS) as client, client.stream(
        request.method, request.url, content=request.body, headers={**request.headers, "User-Agent": "mulian-watch/1"},
    ) as answer:
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > _MOST_READ:
                break
        refused = formats.accepted(receiver.kind, answer.status_code, bytes(body))
    if refused is not None:
        raise CHANNEL_REFUSED(reason=refused)


class _PinnedSmtp(smtplib.SMTP):
    """SMTP that connects to what the guard has checked."""

    def __init__(self, allowed: Allowed, host: str, port: int, *, tls: bool) -> None:
        self._allowed, self._tls = allowed, tls
        super().__init__(host, port, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = guard.connect(host, port, self._allowed, timeout=timeout)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host) if self._tls else plain


def _mail(receiver: Receiver, message: Message, key: str) -> None:
    settings, secrets = receiver.settings, receiver.secrets
    mail = EmailMessage()
    mail["Subject"] = message.title.replace("\n", " ")
    mail["From"], mail["To"] = settings["sender"], ", ".join(secrets["recipients"])
    mail["Date"], mail["Message-ID"] = format_datetime(clock.now()), f"<{key}@mulian>"
    mail.set_content(message.text or message.title)
    security = settings.get("security", "starttls")
    with _PinnedSmtp(receiver.allowed, settings["host"], int(settings["port"]), tls=security == "tls") as smtp:
        if security == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if secrets.get("username"):
            smtp.login(secrets["username"], secrets.get("password", ""))
        refused = smtp.send_message(mail)
    if refused:
        raise CHANNEL_REFUSED(reason=f"{len(refused)} recipients refused")
