"""The way of a demand follows the strictest share type of what it asks for."""

from collections.abc import Iterable
from dataclasses import dataclass

UNCONDITIONAL, CONDITIONAL, NONE = "unconditional", "conditional", "none"
_ORDER = (UNCONDITIONAL, CONDITIONAL, NONE)
# who decides, one after the other
ROUTES: dict[str, tuple[str, ...]] = {UNCONDITIONAL: (), CONDITIONAL: ("provider", "bureau")}


@dataclass(frozen=True)
class Wanted:
    """One item as it is asked for; ``share_type`` None where neither item nor entry says one."""

    share_type: str | None
    sensitive: bool
    clear: bool


def item_share_type(item: str | None, entry: str | None) -> str:
    """Return the share type that holds for an item: its own where it is stricter; unknown counts as conditional."""
    known = [one for one in (item, entry) if one in _ORDER]
    return max(known, key=_ORDER.index) if known else CONDITIONAL


def route(wanted: Iterable[Wanted], *, negotiated: bool = False) -> tuple[str, ...] | None:
    """Return the stages of a demand, or None when it cannot be applied for (不予共享).

    ``negotiated``: 申请协商 with a legal basis, decided like a conditional demand, item by item.
    A sensitive item in clear always needs a decision, whatever its share type.
    """
    strictest = UNCONDITIONAL
    for one in wanted:
        share = item_share_type(one.share_type, None)
        if share == UNCONDITIONAL and one.sensitive and one.clear:
            share = CONDITIONAL
        strictest = max(strictest, share, key=_ORDER.index)
    return ROUTES[CONDITIONAL] if negotiated and strictest == NONE else ROUTES.get(strictest)


def next_stage(stages: tuple[str, ...], done: str) -> str:
    """Return the stage after ``done``, "" at the end."""
    after = stages[stages.index(done) + 1:]
    return after[0] if after else ""
