"""Pure rules of look-ups: doors, directions, limits, and what looks like a sweep."""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

MAX_ITEMS = 1_000
SCOPE_PER_MINUTE = 20_000  # items of one department, all doors and actors together
MANUAL_PER_MINUTE = 200
NEIGHBOURS = 50  # persons
GUESSES = 100  # items


class Door(StrEnum):
    """Through which a question came. The command line is a manual door without a session."""

    SYSTEM = "system"
    MANUAL = "manual"
    CLI = "cli"


class Direction(StrEnum):
    """From an identifier to its value, or from a value to its identifier."""

    VALUE = "value"
    IDENTIFIER = "identifier"


class Alarm(StrEnum):
    """Why a look-up is told to people: runs of persons issued one after the other, or questions without a person."""

    SWEEP = "sweep"
    GUESSING = "guessing"


ALARM_TITLES = {Alarm.SWEEP: ("连续遍历", "sequential sweep"), Alarm.GUESSING: ("大量试探", "guessing")}


def alarm_of(ids: Iterable[int], asked: int, unknown: int, raised: Collection[str] = ()) -> Alarm | None:
    """Judge an hour of one holder: the ids of the persons found, how many items were asked, how many unknown.

    Numbers of identifiers follow the order of issue. Real business meets persons at random: among many of them hardly
    any two are neighbours, so at least fifty in runs, and a third of all, are somebody who walks through a list.
    What was raised in this hour is not told again, and does not hide the other.
    """
    different = set(ids)
    neighbours = sum(one + 1 in different or one - 1 in different for one in different)
    looks_like = {
        Alarm.SWEEP: neighbours >= NEIGHBOURS and 3 * neighbours >= len(different),
        Alarm.GUESSING: unknown >= GUESSES and 2 * unknown >= asked,
    }
    return next((alarm for alarm, so in looks_like.items() if so and alarm not in raised), None)


def canonical(items: Sequence[str]) -> bytes:
    """Return the bytes that tell questions apart: lengths and texts in order."""
    return b"".join(len(data).to_bytes(4) + data for data in (item.encode("utf-8", "surrogatepass") for item in items))
