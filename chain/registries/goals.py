"""From what the chain says to the next call: one function a registry, pure in its reader.

Each returns ``None`` when the goal stands on the chain, :class:`Passed` when something later stands there, else the
:class:`Step` that comes next.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chain.registries.rules import CATALOG, INTERFACES, RELEASES, RETIRED, ROTATIONS, USAGE

Read = Callable[..., tuple[Any, ...]]
Goal = dict[str, Any]
NOTHING = b"\0" * 32


@dataclass(frozen=True)
class Step:
    """A call that brings a goal nearer; the account that sends it needs ``role`` (32 bytes)."""

    method: str
    arguments: tuple[Any, ...]
    role: bytes


@dataclass(frozen=True)
class Passed:
    """The goal cannot be reached any more."""

    why: str


def rotation(read: Read, subject: bytes, goal: Goal) -> Step | Passed | None:
    """A version of a key with its completion: {department, version, completion}."""
    seq, version, digest, _ = read("headOf", subject)[0]
    if version >= goal["version"]:
        return None if version == goal["version"] else Passed(f"链上已是版本 {version}")
    department = _word(goal["department"])
    arguments = (subject, department, seq + 1, digest, goal["version"], _word(goal["completion"]))
    return Step("record", arguments, department)


def interface(read: Read, subject: bytes, goal: Goal) -> Step | Passed | None:
    """A registration {department, digest}, or a status {status} of an interface."""
    owner, digest, version, status, _, _ = read("interfaceOf", subject)[0]
    if "status" in goal:
        return _status(subject, owner, version, status, goal["status"])
    department = _word(goal["department"])
    if digest == _word(goal["digest"]):
        return None
    if status == RETIRED or (version and owner != department):
        return Passed("链上已停用" if status == RETIRED else "链上属于另一部门")
    return Step("register", (subject, department, version, _word(goal["digest"])), department)


def _status(subject: bytes, owner: bytes, version: int, status: int, wanted: int) -> Step | Passed | None:
    if status == wanted:
        return None
    if version == 0 or status == RETIRED:
        return Passed("链上没有登记" if version == 0 else "链上已停用")
    return Step("setStatus", (subject, version, wanted), owner)


def entry(read: Read, subject: bytes, goal: Goal) -> Step | Passed | None:
    """The head of a catalogue entry: {department, digest, status}; a new owner takes it over first."""
    owner, digest, version, status, _ = read("entryOf", subject)[0]
    department, wanted = _word(goal["department"]), _word(goal["digest"])
    if (digest, status) == (wanted, goal["status"]):
        return None
    if version and owner != department:
        offered, _ = read("offerOf", subject)[0]
        if offered == department:
            return Step("acceptTransfer", (subject, version), department)
        return Step("offerTransfer", (subject, department, version), owner)
    return Step("put", (subject, department, version, wanted, goal["status"]), department)


def usage(read: Read, subject: bytes, goal: Goal) -> Step | Passed | None:
    """A period of a gateway: {period, root, usage}."""
    seq, period, digest, _ = read("headOf", subject)[0]
    if period >= goal["period"]:
        return None if period == goal["period"] else Passed(f"链上已到时段 {period}")
    arguments = (subject, seq + 1, digest, goal["period"], _word(goal["root"]), tuple(goal["usage"]))
    return Step("record", arguments, subject)


def release(read: Read, subject: bytes, goal: Goal) -> Step | Passed | None:
    """A version in use in an environment: {environment, version, claim}; one recorded before becomes current again."""
    environment, version = _word(goal["environment"]), goal["version"]
    current, _ = read("currentOf", environment, subject)
    known = read("releaseOf", environment, subject, version)[0]
    if known[6]:
        if current == version:
            return None
        return Step("setCurrent", (environment, subject, version, _word(goal["claim"]["approval"])), environment)
    if read("latestOf", environment, subject)[0] > version:
        return Passed("链上已有更新的版本")
    claim = goal["claim"]
    words = [_word(claim[name]) for name in ("code_hash", "layout_hash", "release", "approval")]
    whole = (environment, subject, version, *words, claim["implementation"], claim["proxy"])
    return Step("record", (whole,), environment)


def _word(text: str) -> bytes:
    return bytes.fromhex(text)


GOALS: dict[str, Callable[[Read, bytes, Goal], Step | Passed | None]] = {
    ROTATIONS: rotation, INTERFACES: interface, CATALOG: entry, USAGE: usage, RELEASES: release,
}
