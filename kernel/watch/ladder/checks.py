"""What is expected of the content of an answer: golden values and freshness. Pure."""

from datetime import datetime, timedelta
from typing import Any

from kernel import clock


def at_path(value: Any, path: str) -> list[Any]:
    """Return the values at a path such as ``rows.*.updated_at``; a step that is not there gives none."""
    found = [value]
    for step in (part for part in path.split(".") if part):
        found = [inner for one in found for inner in _step(one, step)]
    return found


def _step(value: Any, step: str) -> list[Any]:
    if step == "*":
        return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    if isinstance(value, dict):
        return [value[step]] if step in value else []
    return [value[int(step)]] if isinstance(value, list) and step.isdigit() and int(step) < len(value) else []


def golden_fault(expected: dict[str, Any], value: Any) -> str | None:
    """Compare ``{path: value}`` with an answer; the first path that differs, without the value it has."""
    for path, wanted in sorted(expected.items()):
        if at_path(value, path) != [wanted]:
            return f"{path}: 与基准不符 differs"
    return None


def stale_fault(fresh: dict[str, Any], value: Any, now: datetime) -> str | None:
    """Compare the newest instant at ``fresh["path"]`` with ``fresh["cycle"]`` seconds."""
    return age_fault([instant_of(one) for one in at_path(value, str(fresh["path"]))], int(fresh["cycle"]), now)


def age_fault(instants: list[datetime | None], cycle: int, now: datetime) -> str | None:
    """Say when the newest instant is older than a cycle of seconds, or when there is none."""
    known = [one for one in instants if one is not None]
    if not known:
        return "没有更新时间 no time of update"
    newest = max(known)
    if now - newest <= timedelta(seconds=cycle):
        return None
    hours = int((now - newest).total_seconds() // 3600)
    return f"最新 {newest.astimezone(clock.BEIJING):%Y-%m-%d %H:%M}，已 {hours} 小时，承诺 {cycle // 3600} 小时"


def instant_of(value: Any) -> datetime | None:
    """Read a time of update: RFC 3339, a date or Beijing time without zone, seconds, milli- or microseconds."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        scale = 1 if abs(value) < 1e11 else 1_000 if abs(value) < 1e14 else 1_000_000
        return clock.from_micros(int(value * 1_000_000 // scale))
    try:
        found = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=clock.BEIJING)
