"""From values to alerts: inactive → pending → firing, with ``for`` and ``keep_firing_for``.

Source: Prometheus, "Alerting rules": pending until the expression held for ``for``; once firing, an alert whose
expression has no value any more keeps firing for ``keep_firing_for`` and then is resolved.
"""

from dataclasses import dataclass, replace
from typing import Literal

Change = Literal["fired", "resolved"]


@dataclass(frozen=True)
class Hold:
    """``hold`` and ``keep`` are ``for`` and ``keep_firing_for`` in milliseconds."""

    hold: int
    keep: int


@dataclass(frozen=True)
class Alert:
    """What is remembered of a subject between two evaluations, all in milliseconds; inactive ones are forgotten."""

    active_at: int
    fired_at: int | None = None
    fading_since: int | None = None


def advance(rule: Hold, alert: Alert | None, now: int, value: float | None) -> tuple[Alert | None, Change | None]:
    """Advance one subject by one evaluation; ``value`` None says that the expression does not hold."""
    if value is None:
        return _fade(rule, alert, now)
    alert = replace(alert, fading_since=None) if alert else Alert(now)
    if alert.fired_at is None and now - alert.active_at >= rule.hold:
        return replace(alert, fired_at=now), "fired"
    return alert, None


def _fade(rule: Hold, alert: Alert | None, now: int) -> tuple[Alert | None, Change | None]:
    if alert is None or alert.fired_at is None:
        return None, None
    since = now if alert.fading_since is None else alert.fading_since
    if now - since < rule.keep:
        return replace(alert, fading_since=since), None
    return None, "resolved"
