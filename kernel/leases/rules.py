"""Pure decisions about leases."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Held:
    """A lease in somebody's hand. ``ttl`` is seconds."""

    name: str
    holder: str
    fence: int
    expires_at: datetime
    ttl: float


def take(current: Held | None, *, name: str, holder: str, ttl: float, now: datetime, dead: bool) -> Held | None:
    """The lease that ``holder`` gets now, or None while another holder's time runs.

    ``dead`` says that the current holder's process is certainly gone. The fence grows at every take, also when
    a holder takes its own lease again: what it began under the old fence must not commit.
    """
    expires = now + timedelta(seconds=ttl)
    if current is None:
        return Held(name, holder, 1, expires, ttl)
    if current.expires_at > now and not dead:
        return None
    return replace(current, holder=holder, fence=current.fence + 1, expires_at=expires, ttl=ttl)
