"""What a broker's verdict means for the caller."""

from gateway import errors
from gateway.broker import frames
from gateway.snapshot.rules import Route
from kernel.errors import ErrorKind

REFUSALS: dict[int, ErrorKind] = {
    frames.REPLAY: errors.REPLAY, frames.NONCE_FULL: errors.NONCE_FULL, frames.BEFORE_FLOOR: errors.STARTING,
    frames.CALLS_DAY: errors.QUOTA, frames.CALLS_MONTH: errors.QUOTA_MONTH, frames.BYTES_DAY: errors.VOLUME,
    frames.BYTES_MONTH: errors.VOLUME_MONTH, frames.RATE: errors.RATE, frames.UNLIMITED: errors.BROKER,
    frames.STORAGE: errors.BROKER,
}


def waived(verdict: int, route: Route | None) -> bool:
    """Tell whether a call goes on: allowed, or of an interface that waives limits nobody can check now."""
    return verdict == frames.OK or (verdict == frames.UNLIMITED and route is not None and route.waives_limits)
