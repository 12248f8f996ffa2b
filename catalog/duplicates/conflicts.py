"""数源冲突: items that entries of several departments claim to be the authoritative source of. Pure.

Many items have everyday names (名称, 地址), so a claim alone says little: conflicts come in the order of how alike
the titles of the claiming entries are, then of how rare the item is; everyday names among unlike titles are
marked ``common``.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic

from catalog.duplicates.rules import K, Look, Weights, compare

COMMON_FROM: Final = 12
"""Held by more authoritative entries than this, an item is an everyday name …"""

COMMON_BELOW: Final = 300
"""… unless two of the titles are at least so alike."""

_COMPARED = 60


@dataclass(frozen=True)
class Conflict(Generic[K]):
    """One item and the entries of at least two departments that claim it."""

    item: str
    claims: tuple[Look[K], ...]
    likeness: int
    common: bool


def conflicts(looks: Sequence[Look[K]]) -> list[Conflict[K]]:
    """Conflicts among authoritative entries, the likeliest first."""
    weights = Weights(look.title for look in looks)
    holders: dict[str, list[Look[K]]] = defaultdict(list)
    for look in looks:
        for item in look.items:
            holders[item].append(look)
    found = []
    for item, claims in holders.items():
        if len({claim.department for claim in claims}) > 1:
            likeness = _closest(claims, weights)
            common = len(claims) > COMMON_FROM and likeness < COMMON_BELOW
            found.append(Conflict(item, tuple(claims), likeness, common))
    return sorted(found, key=lambda one: (one.common, -one.likeness, len(one.claims), one.item))


def _closest(claims: Sequence[Look[K]], weights: Weights) -> int:
    """The likeness of the two most alike titles of different departments, among the first claims of a crowd."""
    some = claims[:_COMPARED]
    return max(
        (
            compare(one, other, weights).title
            for at, one in enumerate(some) for other in some[at + 1 :] if one.department != other.department
        ),
        default=0,
    )
