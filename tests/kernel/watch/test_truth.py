"""A scripted target whose truth is known: how soon the machine says so, what it says wrongly, what it misses."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from kernel.watch.rules import Announce, Memory, OutageOpened, Outcome, Policy, Sample, State, step
from tests.support.scale import Scale

pytestmark = pytest.mark.pure
START = datetime(2026, 9, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Script:
    """Outages as half-open seconds; a probe begins every ``interval``, its answer takes up to ``timeout``."""

    outages: tuple[tuple[int, int], ...]
    length: int

    def down(self, second: float) -> bool:
        return any(a <= second < b for a, b in self.outages)


def play(script: Script, policy: Policy, timeout: int, random: Random) -> list[tuple[float, str]]:
    """Return (second, state) at each change; now and then the prober itself fails, at most once in ten beats."""
    memory, seen, failed = Memory(watched_since=START), [], 0
    for begin in range(0, script.length, policy.interval):
        own, down = begin - failed > 10 * policy.interval and random.random() < 0.1, script.down(begin)
        failed = begin if own else failed
        took = timeout if down else random.uniform(0, timeout)
        outcome = Outcome.PROBER_ERROR if own else Outcome.FAIL if down else Outcome.OK
        at = START + (begin + took) * SECOND
        before = memory.state
        memory, actions = step(policy, memory, Sample(at, outcome), at)
        if memory.state is not before:
            seen.append(((at - START) / SECOND, str(memory.state)))
        assert all(a.what != "unknown" for a in actions if isinstance(a, Announce))
        assert any(isinstance(a, OutageOpened) for a in actions) <= (memory.state is State.DOWN)
    return seen


def script_of(random: Random, policy: Policy, timeout: int) -> Script:
    """Outages long enough to be owed an alarm, blips too short for one, and quiet between them."""
    found, at = [], 5 * policy.interval
    enough = policy.interval * (policy.down_after + 2) + timeout
    for _ in range(random.randint(1, 6)):
        blip = random.random() < 0.4
        short, more = policy.interval * (policy.down_after - 1), random.randint(0, 9 * policy.interval)
        length = random.randint(1, short) if blip else enough + more
        found.append((at, at + length))
        at += length + policy.interval * (policy.up_after + 3) + timeout + random.randint(0, 9 * policy.interval)
    return Script(tuple(found), at + 10 * policy.interval)


def test_detection_false_alarms_and_misses(scale: Scale) -> None:
    random = Random(20261)
    for _ in range(scale.of(12, 5000)):
        interval = random.choice((5, 15, 30, 60, 300))
        policy = Policy(interval, random.randint(2, 5), random.randint(1, 4), late_after=interval * 20)
        timeout = random.randint(1, interval)
        script = script_of(random, policy, timeout)
        downs = [at for at, state in play(script, policy, timeout, random) if state == "down"]
        for begin, end in script.outages:
            # one beat of them may be the prober's own failure
            bound = begin + policy.interval * (policy.down_after + 1) + timeout
            told = [at for at in downs if begin <= at <= end + timeout]
            if end - begin <= policy.interval * (policy.down_after - 1):
                assert not told, "a blip is no outage"
            else:
                assert told, "an outage was missed"
                assert told[0] <= bound
        explained = [any(a <= at <= b + timeout for a, b in script.outages) for at in downs]
        assert all(explained), "an alarm without an outage"


@pytest.mark.parametrize(("interval", "k", "timeout"), [(60, 3, 5), (5, 2, 5), (15, 4, 10)])
@pytest.mark.parametrize("offset", [0, 1, 59])
def test_detection_within_interval_times_k_plus_timeout(interval: int, k: int, timeout: int, offset: int) -> None:
    begin = 10 * interval + offset % interval
    policy = Policy(interval, k, 2, late_after=600)
    memory, found = Memory(), None
    for beat in range(40):
        down = beat * interval >= begin
        at = START + (beat * interval + (timeout if down else 0)) * SECOND
        memory, actions = step(policy, memory, Sample(at, Outcome.FAIL if down else Outcome.OK), at)
        found = found or next((a.at for a in actions if isinstance(a, Announce)), None)
    assert found is not None
    assert found - START <= (begin + interval * k + timeout) * SECOND
