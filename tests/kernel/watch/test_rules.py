"""The worked examples of the operations design, and what has to hold for any series of samples."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.watch import codec
from kernel.watch.rules import (
    Action,
    AlertChange,
    AlertMemory,
    Announce,
    Memory,
    OutageClosed,
    OutageOpened,
    Outcome,
    Policy,
    Sample,
    State,
    Threshold,
    Tick,
    coverage,
    evaluate,
    outage_time,
    step,
)

START = datetime(2026, 9, 1, tzinfo=UTC)
POLICY = Policy(interval=60, down_after=3, up_after=2, late_after=180, flap_window=3600)
OK, FAIL, OWN = Outcome.OK, Outcome.FAIL, Outcome.PROBER_ERROR


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def play(samples: list[tuple[float, Outcome]], policy: Policy = POLICY) -> tuple[Memory, list[Action], list[State]]:
    memory, actions, states = Memory(), [], []
    for minute, outcome in samples:
        memory, got = step(policy, memory, Sample(at(minute), outcome), at(minute))
        actions += got
        states.append(memory.state)
    return memory, actions, states


def outages(actions: list[Action]) -> list[tuple[datetime, datetime]]:
    return [(a.start, a.end) for a in actions if isinstance(a, OutageClosed)]


def announced(actions: list[Action]) -> list[str]:
    return [a.what for a in actions if isinstance(a, Announce) and a.notify]


def test_ok_f_f_ok_is_nothing() -> None:
    _, actions, states = play([(0, OK), (1, FAIL), (2, FAIL), (3, OK)])
    assert actions == []
    assert states == [State.OK, State.SUSPECT, State.SUSPECT, State.OK]


def test_three_fails_and_two_oks_are_an_outage_of_180_seconds() -> None:
    samples = [(0, OK), (1, FAIL), (2, FAIL), (3, FAIL), (4, OK), (5, OK)]
    _, actions, states = play(samples)
    assert states == [State.OK, State.SUSPECT, State.SUSPECT, State.DOWN, State.RECOVERING, State.OK]
    assert actions == [
        OutageOpened(at(1)), Announce("down", at(3)), OutageClosed(at(1), at(4), True), Announce("recovered", at(5)),
    ]
    assert outage_time(outages(actions), START, at(1440)) == timedelta(seconds=180)


def test_dead_prober_is_unknown_not_down() -> None:
    """Prober dead for ten minutes: unknown, D = 0, coverage 1430/1440."""
    minutes = [m for m in range(1440) if not 600 <= m < 610]
    memory, actions, _ = play([(m, OK) for m in minutes])
    assert outages(actions) == []
    assert announced(actions) == ["unknown", "seen"]
    assert coverage([at(m) for m in minutes], START, at(1440), 60) == (1430, 1440)
    assert memory.state is State.OK
    seen, lost = step(POLICY, Memory(State.OK, at(0), last_sample=at(599)), Tick(), at(603))
    assert seen.state is State.UNKNOWN
    assert seen.since == at(602)
    assert lost == (Announce("unknown", at(602)),)


def test_probers_own_error_is_no_news() -> None:
    memory, actions, states = play([(0, OK), (1, OWN), (2, OWN), (3, OWN)])
    assert (memory.state, actions) == (State.OK, [])
    memory, actions, states = play([(0, OK), (1, OWN), (2, OWN), (3, OWN), (4, OWN)])
    assert states[-1] is State.UNKNOWN
    assert announced(actions) == ["unknown"]


def test_prober_lost_during_an_outage_counts_only_what_was_seen() -> None:
    _, actions, states = play([(0, OK), (1, FAIL), (2, FAIL), (3, FAIL), (4, FAIL), (60, FAIL), (61, OK), (62, OK)])
    assert actions[2:4] == [OutageClosed(at(1), at(4), False), Announce("unknown", at(7))]
    assert states[5:] == [State.SUSPECT, State.RECOVERING, State.OK]
    assert announced(actions) == ["down", "unknown", "seen", "recovered"], "what was announced is also called off"
    assert outages(actions) == [(at(1), at(4))]


def test_failing_again_while_recovering_is_the_same_outage() -> None:
    _, actions, states = play(
        [(0, OK), (1, FAIL), (2, FAIL), (3, FAIL), (4, OK), (5, FAIL), (6, OK), (7, OK)]
    )
    assert states[4:6] == [State.RECOVERING, State.DOWN]
    assert outages(actions) == [(at(1), at(6))]
    assert announced(actions) == ["down", "recovered"]


def test_flapping_gives_one_notice_but_every_outage() -> None:
    samples, minute = [(0.0, OK)], 1
    for _ in range(6):
        samples += [(minute + i, outcome) for i, outcome in enumerate((FAIL, FAIL, FAIL, OK, OK))]
        minute += 5
    _, actions, _ = play(samples)
    assert announced(actions) == ["down", "recovered"]
    assert len(outages(actions)) == 6
    assert outage_time(outages(actions), START, at(60)) == timedelta(minutes=18)
    alarms = [a for a in actions if isinstance(a, Announce)]
    assert [a.what for a in alarms] == ["down", "recovered"] * 6, "every one is an alarm, the first alone is told"


def test_a_lasting_outage_is_told_though_the_target_flapped() -> None:
    samples = [(0, OK), (1, FAIL), (2, FAIL), (3, FAIL), (4, OK), (5, OK), *((m, FAIL) for m in range(6, 30))]
    _, actions, _ = play([*samples, (30, OK), (31, OK)])
    told = [(a.what, a.at) for a in actions if isinstance(a, Announce) and a.notify]
    assert told == [("down", at(3)), ("recovered", at(5)), ("insist", at(16)), ("recovered", at(31))]


def test_a_target_that_was_never_seen_becomes_late_once() -> None:
    memory = Memory(watched_since=at(0))
    told = []
    for minute in range(1, 12):
        memory, actions = step(POLICY, memory, Sample(at(minute), OWN), at(minute))
        told += actions
    assert told == [Announce("unknown", at(3))]
    memory, actions = step(POLICY, memory, Sample(at(12), OK), at(12))
    assert (memory.state, actions) == (State.OK, (Announce("seen", at(12)),))


OUTCOMES = st.lists(st.tuples(st.integers(1, 600), st.sampled_from([OK, FAIL, OWN])), max_size=80)


@given(OUTCOMES, st.lists(st.integers(0, 79), max_size=20))
def test_watchdog_looks_change_nothing_and_state_survives_json(
    series: list[tuple[int, Outcome]], looks: list[int]
) -> None:
    """Looking during gaps must not change outages or final state, nor must a restart between two samples."""
    plain, watched, plain_actions, watched_actions = Memory(), Memory(), [], []
    now = START
    for index, (seconds, outcome) in enumerate(series):
        if index in looks:
            middle = now + timedelta(seconds=seconds / 2)
            watched, got = step(POLICY, watched, Tick(), middle)
            watched_actions += got
        now += timedelta(seconds=seconds)
        plain, got = step(POLICY, plain, Sample(now, outcome), now)
        plain_actions += got
        watched, got = step(POLICY, codec.memory_of(codec.to_json(watched)), Sample(now, outcome), now)
        watched_actions += got
    assert watched == plain
    assert watched_actions == plain_actions


@given(OUTCOMES)
def test_outages_open_and_close_in_turn_and_down_needs_three_fails(series: list[tuple[int, Outcome]]) -> None:
    memory, now, open_since, fails = Memory(), START, None, 0
    for seconds, outcome in series:
        now += timedelta(seconds=seconds)
        fails = fails + 1 if outcome is FAIL else 0 if outcome is OK else fails
        memory, actions = step(POLICY, memory, Sample(now, outcome), now)
        for action in actions:
            if isinstance(action, OutageOpened):
                assert open_since is None
                assert fails >= 3
                open_since = action.start
            elif isinstance(action, OutageClosed):
                assert action.start == open_since
                assert action.end > action.start
                open_since = None
        assert memory.outage_open == (open_since is not None)
        assert (memory.state in (State.DOWN,)) <= memory.outage_open


def test_old_samples_are_ignored() -> None:
    memory, _ = step(POLICY, Memory(), Sample(at(5), OK), at(5))
    same, actions = step(POLICY, memory, Sample(at(4), FAIL), at(6))
    assert (same, actions) == (memory, ())


CPU = Threshold(Decimal(80), Decimal(75), 300, 180)


def run(values: list[str | None], rule: Threshold = CPU) -> list[tuple[int, AlertChange]]:
    memory, changes = AlertMemory(), []
    for minute, value in enumerate(values):
        memory, change = evaluate(rule, memory, at(minute), None if value is None else Decimal(value))
        memory = codec.alert_memory_of(codec.to_json(memory))
        if change:
            changes.append((minute, change))
    return changes


@pytest.mark.requirement("S1-05")
def test_cpu_above_80_for_5_minutes() -> None:
    assert [(m, c.what) for m, c in run(["81", "82", "83", "84", "85", "86"])] == [(5, "fired")]
    assert run(["81", "82", "79", "81"]) == [], "the clock restarts"
    assert run(["81", "82", "79", "81", "81", "81", "81", "81"]) == []
    assert [m for m, _ in run(["81", "82", "79", "81", "81", "81", "81", "81", "81"])] == [8]


@pytest.mark.requirement("S1-05")
def test_missing_sample_holds_the_state_and_never_fires() -> None:
    assert run(["81", "82", "83", "84", "85", None]) == []
    assert [m for m, _ in run(["81", "82", "83", "84", "85", None, "86"])] == [6]
    assert run([None] * 20) == []


@pytest.mark.requirement("S1-05")
def test_hysteresis() -> None:
    fire = ["81"] * 6
    assert [c.what for _, c in run([*fire, *["78"] * 30])] == ["fired"], "78 is not 75: still firing"
    assert [(m, c.what) for m, c in run([*fire, "75", "74", "73", "72"])] == [(5, "fired"), (9, "cleared")]
    assert len(run([*fire, "75", "74", "76", "75", "75"])) == 1, "recovery has to last, too"


@pytest.mark.requirement("S1-05")
def test_repeat_within_an_hour_is_one_notice() -> None:
    cycle = [*["81"] * 6, *["70"] * 4]
    changes = run(cycle * 8)
    fired = [(m, c.notify) for m, c in changes if c.what == "fired"]
    assert fired == [(minute, minute in (5, 65)) for minute in range(5, 85, 10)]
    assert [c.notify for m, c in changes if c.what == "cleared"][:2] == [True, False]


def test_rule_below_a_limit() -> None:
    disk = Threshold(Decimal(5), Decimal(8), 0, 0, below=True)
    assert [(m, c.what) for m, c in run(["6", "5", "4.9", "7", "8"], disk)] == [(2, "fired"), (4, "cleared")]


def test_outage_time_is_the_union_clipped_to_the_period() -> None:
    half_hours = [(at(600), at(630)), (at(620), at(650))]
    assert outage_time(half_hours, START, at(43_200)) == timedelta(seconds=3000)
    assert outage_time(half_hours, at(610), at(640)) == timedelta(minutes=30)
    assert outage_time([], START, at(1)) == timedelta(0)
