"""What is public, pure: published, online, opened to society, and at most 一般2 by GB/T 43697."""

from typing import Any

from catalog.nodes.kinds import LIVE

HIGHEST_LEVEL = 2
"""The highest level that may be public: 一般2."""
RELEASE_FROM = 5
"""From this level on (5 重要, 6 核心) nothing leaves without a listed approval."""


def is_public(entry: Any) -> bool:
    """Whether one data entry (anything with its attributes) is public. The twin of :func:`queries.public`."""
    return bool(
        entry.status in LIVE and entry.online and entry.open_type in ("unconditional", "conditional")
        and entry.level <= HIGHEST_LEVEL
    )
