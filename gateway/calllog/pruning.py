"""The test environment's call log is for looking at, not for keeping: its closed segments go after seven days."""

from datetime import datetime, timedelta

from gateway.calllog import segment
from gateway.calllog.log import active_folder
from gateway.snapshot.places import TEST, home_of
from kernel import clock
from kernel.home import Home

KEPT = timedelta(days=7)


def prune(home: Home, now: datetime) -> int:
    """Delete what is closed and over; return how many segments."""
    over, gone = clock.to_micros(now - KEPT) / 1e6, 0
    for path in active_folder(home_of(home, TEST).calllog_dir).glob(f"*{segment.SUFFIX}"):
        if path.stat().st_mtime < over and segment.read_info(path).closed:
            path.unlink()
            gone += 1
    return gone
