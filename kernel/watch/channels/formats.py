"""Messages as each receiver wants them. Pure: the clock and the secret come in.

Sources: open.dingtalk.com "自定义机器人接入" (sign: HMAC-SHA256 of ``timestamp\\nsecret``, markdown),
developer.work.weixin.qq.com "群机器人配置说明" (markdown, 4096 bytes), open.feishu.cn "自定义机器人使用指南" (sign:
HMAC-SHA256 keyed with ``timestamp\\nsecret`` over nothing, text).
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus

import orjson

from kernel import canonical, clock, digest
from kernel.watch.channels.rules import Kind, Message

SIGNATURE, TIMESTAMP, IDEMPOTENCY = "X-Mulian-Signature", "X-Mulian-Timestamp", "Idempotency-Key"
_WECOM_BYTES = 4096
_MARK = {"critical": "🔴 ", "warning": "🟠 ", "info": "🟢 "}


@dataclass(frozen=True)
class Request:
    """An HTTP request to be sent."""

    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


def robot(kind: Kind, secrets: dict[str, Any], message: Message, key: str, now: datetime) -> Request:
    """The request of a webhook or a group robot; ``secrets``: url and, where the robot signs, secret."""
    build = {Kind.DINGTALK: _dingtalk, Kind.WECOM: _wecom, Kind.FEISHU: _feishu, Kind.WEBHOOK: _webhook}[kind]
    return build(str(secrets["url"]), str(secrets.get("secret", "")), message, key, now)


def _json(url: str, body: dict[str, Any], **headers: str) -> Request:
    return Request(url, orjson.dumps(body), {"Content-Type": "application/json", **headers})


def _dingtalk(url: str, secret: str, message: Message, key: str, now: datetime) -> Request:
    if secret:
        stamp = str(clock.to_micros(now) // 1000)
        made = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        url += f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={quote_plus(base64.b64encode(made))}"
    text = f"### {_MARK[message.severity]}{message.title}\n\n" + message.text.replace("\n", "\n\n")
    return _json(url, {"msgtype": "markdown", "markdown": {"title": message.title, "text": text}})


def _wecom(url: str, secret: str, message: Message, key: str, now: datetime) -> Request:
    text = f"### {_MARK[message.severity]}{message.title}\n{message.text}".encode()[:_WECOM_BYTES]
    return _json(url, {"msgtype": "markdown", "markdown": {"content": text.decode(errors="ignore")}})


def _feishu(url: str, secret: str, message: Message, key: str, now: datetime) -> Request:
    body: dict[str, Any] = {
        "msg_type": "text", "content": {"text": f"{_MARK[message.severity]}{message.title}\n{message.text}"},
    }
    if secret:
        stamp = str(clock.to_micros(now) // 1_000_000)
        made = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
        body |= {"timestamp": stamp, "sign": base64.b64encode(made).decode()}
    return _json(url, body)


def _webhook(url: str, secret: str, message: Message, key: str, now: datetime) -> Request:
    stamp = str(clock.to_micros(now) // 1_000_000)
    body = canonical.dumps({
        "id": key, "severity": message.severity, "title": message.title, "text": message.text,
        "sent_at": clock.iso(now),
    })
    headers = {"Content-Type": "application/json", IDEMPOTENCY: key, TIMESTAMP: stamp}
    if secret:
        headers[SIGNATURE] = signature(secret, stamp, body)
    return Request(url, body, headers)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """``hmac-sm3=`` and 64 hex digits: HMAC-SM3 over the seconds of sending, a full stop and the body."""
    return "hmac-sm3=" + digest.hmac_sm3(secret.encode(), stamp.encode() + b"." + body).hex()


def accepted(kind: Kind, status: int, body: bytes) -> str | None:
    """Return why a receiver did not take a message, or None. Robots answer 200 also when they refuse."""
    if not 200 <= status < 300:
        return f"HTTP {status}"
    if kind not in (Kind.DINGTALK, Kind.WECOM, Kind.FEISHU):
        return None
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "not JSON"
    code = answer.get("errcode", answer.get("code", answer.get("StatusCode"))) if isinstance(answer, dict) else None
    return None if code == 0 else f"code {code}"


def text_message(settings: dict[str, Any], secrets: dict[str, Any], number: str, message: Message, key: str) -> Request:
    """The request of one text message: the template's {number}, {text} and {key} filled in, escaped for its kind."""
    form = settings.get("content_type", "json") == "form"
    text = f"{message.title} {message.text}".replace("\n", " ")[:int(settings.get("most", 200))]
    values = {"number": number, "text": text, "key": key}
    body = fill(str(settings["template"]), values, form=form)
    url = fill(str(secrets["url"]), values, form=True)
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    extra = {str(name): str(value) for name, value in secrets.get("headers", {}).items()}
    return Request(url, body.encode(), {"Content-Type": kind, IDEMPOTENCY: key, **extra})


def fill(template: str, values: dict[str, str], *, form: bool) -> str:
    """Put values into a template; a value never becomes part of its grammar."""
    for name, value in values.items():
        safe = quote(value, safe="") if form else json.dumps(value, ensure_ascii=False)[1:-1]
        template = template.replace("{" + name + "}", safe)
    return template
