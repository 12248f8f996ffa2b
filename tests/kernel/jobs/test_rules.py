"""Slots and states as pure decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from kernel import clock
from kernel.jobs.rules import (
    Decision,
    EverySeconds,
    JobState,
    after_failure,
    decide,
    grace_of,
    latest_slot,
    percent,
    retry_delay,
)

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=clock.BEIJING)
DAILY = CronTrigger.from_crontab("0 2 * * *", timezone=clock.BEIJING)
MINUTE = timedelta(seconds=60)


def test_latest_slot_of_a_cron_line_is_in_beijing_time() -> None:
    assert latest_slot(DAILY, NOW) == datetime(2026, 11, 21, 2, 0, tzinfo=clock.BEIJING)
    assert latest_slot(DAILY, NOW - timedelta(hours=8)) == datetime(2026, 11, 20, 2, 0, tzinfo=clock.BEIJING)
    yearly = CronTrigger.from_crontab("0 0 1 1 *", timezone=clock.BEIJING)
    assert latest_slot(yearly, NOW) == datetime(2026, 1, 1, tzinfo=clock.BEIJING)


def test_exactly_at_the_slot_it_is_the_latest() -> None:
    at = datetime(2026, 11, 21, 2, 0, tzinfo=clock.BEIJING)
    assert latest_slot(DAILY, at) == at
    assert latest_slot(EverySeconds(2), datetime(2026, 1, 1, 0, 0, 4, tzinfo=UTC)) == datetime(
        2026, 1, 1, 0, 0, 4, tzinfo=UTC
    )


@given(st.integers(1, 5000), st.integers(0, 4 * 10**15))
def test_interval_slots_are_aligned_and_the_next_one_follows(seconds: int, micros: int) -> None:
    trigger, now = EverySeconds(seconds), clock.from_micros(micros)
    slot = latest_slot(trigger, now)
    assert slot is not None
    assert slot <= now < slot + timedelta(seconds=seconds)
    assert clock.to_micros(slot) % (seconds * 1_000_000) == 0
    assert trigger.get_next_fire_time(slot, slot) == slot + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("late", "recorded", "missed", "expected"),
    [
        (1, -86400, "skip", "run"),
        (3600, -86400, "skip", "skip"),
        (3600, -86400, "run_once", "run"),
        (3600, None, "run_once", "skip"),
        (3600, None, "skip", "skip"),
        (1, None, "skip", "run"),
        (1, 0, "run_once", None),
    ],
)
def test_missed_slots(late: int, recorded: int | None, missed: str, expected: str | None) -> None:
    latest = NOW - timedelta(seconds=late)
    newest = None if recorded is None else latest + timedelta(seconds=recorded)
    got = decide(latest, newest, NOW, grace=MINUTE, missed=missed)  # type: ignore[arg-type]
    assert got == (None if expected is None else Decision(latest, expected))  # type: ignore[arg-type]


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60), st.sampled_from(["skip", "run_once"]))
def test_no_slot_is_decided_twice_and_the_ledger_only_grows(steps: list[int], missed: str) -> None:
    trigger, now, recorded, seen = EverySeconds(60), NOW.astimezone(UTC), None, set()
    for step in steps:
        now += timedelta(seconds=step)
        grace = grace_of(trigger, now)
        got = decide(latest_slot(trigger, now), recorded, now, grace=grace, missed=missed)  # type: ignore[arg-type]
        if got is not None:
            assert got.slot not in seen
            assert recorded is None or got.slot > recorded
            assert got.slot <= now
            seen.add(got.slot)
            recorded = got.slot


def test_grace_is_half_a_period_within_bounds() -> None:
    assert grace_of(EverySeconds(2), NOW) == timedelta(seconds=2)
    assert grace_of(EverySeconds(60), NOW) == timedelta(seconds=30)
    assert grace_of(DAILY, NOW) == MINUTE


def test_percent_never_says_all_before_all_is_done() -> None:
    assert [percent(d, t) for d, t in ((0, 0), (5, 0), (299_999, 300_000), (300_000, 300_000), (9, 3), (-1, 3))] == [
        0, 0, 99, 100, 100, 0,
    ]


def test_retries() -> None:
    assert [retry_delay(n).seconds for n in (1, 2, 8, 9, 40)] == [2, 4, 256, 300, 300]
    assert after_failure(1, 3, permanent=False) is JobState.QUEUED
    assert after_failure(3, 3, permanent=False) is JobState.FAILED
    assert after_failure(1, 3, permanent=True) is JobState.FAILED
