"""Pure judgement: a node's health, whether a vote is safe, what differs between a list and what is wanted."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Literal

from chain.ledger.engines.port import Capabilities
from chain.nodes.errors import (
    VOTE_BELOW_SAFE,
    VOTE_LAST,
    VOTE_MEMBER,
    VOTE_NO_QUORUM,
    VOTE_NOT_MEMBER,
    VOTE_UNSUPPORTED,
)

State = Literal["ok", "idle", "lagging", "stalled", "clock", "forked", "foreign", "down"]
# with these a validator takes part in sealing
RUNNING = frozenset({"ok", "idle"})
STATE_TITLES: dict[str, tuple[str, str]] = {
    "ok": ("正常", "OK"), "idle": ("空闲", "Idle"), "lagging": ("落后", "Lagging"), "stalled": ("停滞", "Stalled"),
    "clock": ("时钟异常", "Clock wrong"), "forked": ("分叉", "Forked"), "foreign": ("非本链", "Another chain"),
    "down": ("不可达", "Unreachable"), "unknown": ("未知", "Unknown"),
}

# a block is due every period when work waits; three misses and some slack for a busy machine
STALL_PERIODS = 3
STALL_SLACK_SECONDS = 10
IDLE_SECONDS = 60
LAG_BLOCKS = 5
SKEW_SECONDS = 5
# a head that is ahead of our clock by more than blocks may be
FUTURE_SECONDS = 15


def judge(
    *, pending: int | None, head_age: int, period: int, failure: str | None, clock_back: int,
    heartbeat: int | None = None, lag: int = 0, skew: int = 0,
) -> State:
    """Return the state of a node that answered.

    ``head_age``: seconds since the head block's time; ``pending``: waiting transactions, None where unknown;
    ``heartbeat``: the most seconds between blocks when nothing waits, None where none are due then; ``lag``: blocks
    behind the highest node; ``skew``: seconds of its clock before ours.
    Idle and halted look alike in the height alone; waiting work and a missed heartbeat tell them apart.
    """
    if clock_back > 0 or abs(skew) > SKEW_SECONDS or head_age < -FUTURE_SECONDS:
        return "clock"
    if lag > LAG_BLOCKS:
        return "lagging"
    waits = bool(pending)
    patience = STALL_PERIODS * period + STALL_SLACK_SECONDS
    missed = heartbeat is not None and head_age > heartbeat + patience
    if failure is not None or missed or (waits and head_age > patience):
        return "stalled"
    return "idle" if not waits and head_age > IDLE_SECONDS else "ok"


def check_vote(
    capabilities: Capabilities, members: Set[str], running: Set[str], address: str, *, add: bool
) -> None:
    """Raise unless the network goes on after the vote and can lose one validator then.

    ``running``: members that take part in sealing now (and the newcomer, when it runs). Removing is refused below
    the safe number, adding where the larger quorum could not be met.
    """
    if not capabilities.votes:
        raise VOTE_UNSUPPORTED()
    if add and address in members:
        raise VOTE_MEMBER(address=address)
    if not add and address not in members:
        raise VOTE_NOT_MEMBER(address=address)
    after = members | {address} if add else members - {address}
    if not after:
        raise VOTE_LAST()
    if not add and len(after) < capabilities.safe_validators:
        raise VOTE_BELOW_SAFE(left=len(after), safe=capabilities.safe_validators)
    needed, able = capabilities.quorum(len(after)), len(running & after)
    if able < needed:
        raise VOTE_NO_QUORUM(needed=needed, running=able)


@dataclass(frozen=True)
class Plan:
    """How a list gets from what it is to what is wanted, and what somebody else did to it since it was set."""

    add: tuple[str, ...]
    remove: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def drifted(self) -> bool:
        """Tell whether the list was changed by somebody else."""
        return bool(self.missing or self.extra)


def plan(
    observed: Mapping[str, str], applied: Set[str] | None, wanted: Mapping[str, str], protected: Set[str] = frozenset()
) -> Plan:
    """Compare three lists. Mappings go from what makes two entries the same to the entry itself; ``applied`` holds
    keys set there last, None before the first time, when differences are no drift. What is in ``protected`` is never
    removed: it stays as drift until somebody registers it."""
    add = [wanted[key] for key in sorted(wanted.keys() - observed.keys())]
    strange = sorted(observed.keys() - wanted.keys())
    remove = [observed[key] for key in strange if key not in protected]
    if applied is None:
        missing, extra = [], [observed[key] for key in strange if key in protected]
    else:
        missing = [wanted[key] for key in sorted((applied & wanted.keys()) - observed.keys())]
        extra = [observed[key] for key in strange if key not in applied or key in protected]
    return Plan(tuple(add), tuple(remove), tuple(missing), tuple(extra))
