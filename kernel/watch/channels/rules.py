"""Pure decisions about channels: severity, quiet hours, how many messages a minute, what becomes a digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kernel import clock


class Kind(StrEnum):
    """How a channel is spoken to."""

    WEBHOOK = "webhook"
    DINGTALK = "dingtalk"
    WECOM = "wecom"
    FEISHU = "feishu"
    MAIL = "mail"
    SMS = "sms"


KIND_TITLES: dict[Kind, tuple[str, str]] = {
    Kind.WEBHOOK: ("Webhook（HMAC-SM3 签名）", "Webhook (HMAC-SM3)"), Kind.DINGTALK: ("钉钉群机器人", "DingTalk robot"),
    Kind.WECOM: ("企业微信群机器人", "WeCom robot"), Kind.FEISHU: ("飞书群机器人", "Feishu robot"),
    Kind.MAIL: ("邮件（SMTP）", "Mail (SMTP)"), Kind.SMS: ("短信（HTTP 模板）", "Text message (HTTP template)"),
}
# messages in any 60 seconds. DingTalk and WeCom document 20 a robot and minute, Feishu 100; the others are ours
PER_MINUTE: dict[Kind, int] = {
    Kind.WEBHOOK: 60, Kind.DINGTALK: 20, Kind.WECOM: 20, Kind.FEISHU: 100, Kind.MAIL: 10, Kind.SMS: 10,
}
_ORDER = ("info", "warning", "critical")
_SHOWN = 20


def wants(least: str, severity: str) -> bool:
    """Tell whether a channel is told; what ended is told as far as warnings are."""
    wanted = "warning" if severity == "info" else severity
    return _ORDER.index(wanted) >= _ORDER.index(least)


@dataclass(frozen=True)
class Quiet:
    """Quiet hours [from, to) in minutes of the Beijing day; they may pass midnight."""

    start: int
    end: int

    @classmethod
    def of(cls, start: int | None, end: int | None) -> "Quiet | None":
        """None where either is not set or they are the same minute."""
        return None if start is None or end is None or start == end else cls(start, end)

    def ends_after(self, at: datetime) -> datetime | None:
        """When the quiet hours that hold ``at`` end; None outside them."""
        local = at.astimezone(clock.BEIJING)
        minute = local.hour * 60 + local.minute
        inside = self.start <= minute < self.end if self.start < self.end else not self.end <= minute < self.start
        if not inside:
            return None
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        end = midnight + timedelta(minutes=self.end)
        return end if end > local else end + timedelta(days=1)


def not_before(quiet: Quiet | None, severity: str, at: datetime) -> datetime:
    """When something may leave: a critical alarm knows no quiet hours."""
    return at if quiet is None or severity == "critical" else quiet.ends_after(at) or at


@dataclass(frozen=True)
class Told:
    """One thing to be told."""

    severity: str
    at: datetime
    title: str
    body: str


@dataclass(frozen=True)
class Message:
    """One message: a single thing or a digest of several, and its gravest severity."""

    severity: str
    title: str
    text: str


def batches(severities: Sequence[str], budget: int) -> list[list[int]]:
    """Part what waits, by index, into at most ``budget`` messages: the gravest alone, the rest as one digest."""
    if budget <= 0 or not severities:
        return []
    order = sorted(range(len(severities)), key=lambda index: (-_ORDER.index(severities[index]), index))
    if len(order) <= budget:
        return [[index] for index in sorted(order)]
    alone, rest = order[:budget - 1], order[budget - 1:]
    return [*([index] for index in sorted(alone)), sorted(rest)]


def compose(told: Sequence[Told]) -> Message:
    """Write a message; one thing as it is, several as a digest that says how many."""
    if len(told) == 1:
        one = told[0]
        return Message(one.severity, one.title, "\n".join(part for part in (one.body, _time(one.at)) if part))
    gravest = max((one.severity for one in told), key=_ORDER.index)
    lines = [f"{_time(one.at)} {one.title}" for one in told[:_SHOWN]]
    if len(told) > _SHOWN:
        lines.append(f"另有 {len(told) - _SHOWN} 条，请登录平台查看")
    return Message(gravest, f"告警汇总：{len(told)} 条", "\n".join(lines))


def _time(at: datetime) -> str:
    return at.astimezone(clock.BEIJING).strftime("%m-%d %H:%M:%S")
