"""Dual control and schedules: KEK change, compromise, way of unsealing; windows and notices."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crypto.errors import (
    KEK_STATE,
    KEY_COMPROMISED,
    KEY_STATE,
    POLICY_INVALID,
    ROTATION_LEASE,
    WINDOW_INVALID,
)
from crypto.keys import jobs, queries, rules
from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState
from crypto.keys.vault import vault_of
from crypto.persons import service as persons
from crypto.persons.rules import synthetic
from crypto.requests import service as control
from crypto.rotation import machine, windows
from crypto.rotation import queries as rotations
from crypto.rotation import service as rotation_service
from crypto.rotation.field_machine import FieldMachine
from kernel import clock
from kernel.approvals import service as approvals
from kernel.approvals.errors import MISMATCH, NOT_APPROVED, SAME_PERSON, USED
from kernel.approvals.models import Approval
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.jobs import runner
from kernel.jobs.models import Job
from kernel.notices.models import Notice
from tests.crypto.conftest import District

ACTOR = system_actor("test")


def refused(call: Callable[[], object]) -> object:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.kind


def decided(district: District, ask: Callable[[Session], Approval]) -> uuid.UUID:
    """Ask, see the maker refused as checker, let the other one agree."""
    approval_id = district.database.run(lambda s: ask(s).id)
    with pytest.raises(MulianError) as caught:
        district.database.run(lambda s: approvals.decide(s, district.maker, approval_id, approve=True))
    assert caught.value.kind is SAME_PERSON
    district.database.run(lambda s: approvals.decide(s, district.checker, approval_id, approve=True))
    return approval_id


def test_a_compromised_key_reads_and_does_not_write_until_it_is_replaced(district: District) -> None:
    people, database = district.fill(30), district.database
    ids_ = [person.id for person in people]
    with database.read() as session:
        listed = [(row[0], row[1]) for row in session.execute(queries.listing(district.department, KeyState.ACTIVE))]
    key = next(dek.key_id for dek, scope in listed if scope.column_name == "phone_env")
    decided(district, lambda s: control.request_compromise(s, district.maker, key_id=key, reason="疑似泄露"))

    assert database.run(lambda s: persons.read(s, ids_), write=False) == people
    fresh = synthetic(1, first_id=900, seed=900)

    def write() -> None:
        database.run(lambda s: persons.insert_many(s, district.department, fresh))

    assert refused(write) is KEY_COMPROMISED
    database.run(lambda s: persons.insert_many(s, district.other, synthetic(1, first_id=901, seed=901)))
    with database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == rotation_service.JOB)).one()
        notice = session.scalars(select(Notice).where(Notice.severity == "critical")).one()
    assert job.run_at < clock.now() - timedelta(hours=23) and "phone_env" in notice.title_zh
    assert database.runtime is not None
    done = machine.run(database.runtime, ACTOR, uuid.UUID(job.params["rotation_id"]))
    write()
    assert database.run(lambda s: persons.read(s, [*ids_, 900]), write=False) == [*people, *fresh]
    with database.read() as session:
        row = session.get(CryptoDek, key)
    assert row is not None and row.state == KeyState.RETIRED and row.compromised_at and done.old_key_id == key
    assert refused(lambda: database.run(lambda s: control.request_compromise(
        s, district.maker, key_id=key, reason="再次"))) is KEY_STATE


def test_two_people_change_a_kek_and_the_way_of_unsealing(sqlite_district: District) -> None:
    district, database = sqlite_district, sqlite_district.database
    people = district.fill(3)
    with database.read() as session:
        kek = queries.active_kek(session, district.department)
    assert kek is not None and database.runtime is not None
    kek_id = kek.id
    asked = database.run(lambda s: control.request_kek_change(s, district.maker, kek_id=kek_id, reason="年度").id)
    database.run(lambda s: s.execute(update(Approval).where(Approval.id == asked).values(
        params={**control.kek_params(district.other, kek_id, "年度")})))
    assert refused(lambda: database.run(
        lambda s: approvals.decide(s, district.checker, asked, approve=True))) is MISMATCH
    decided(district, lambda s: control.request_kek_change(s, district.maker, kek_id=kek_id, reason="年度"))
    assert refused(lambda: database.run(
        lambda s: control.request_kek_change(s, district.maker, kek_id=kek_id, reason="again"))) is KEK_STATE
    assert database.run(lambda s: persons.read(s, [p.id for p in people]), write=False) == people

    assert refused(lambda: database.run(
        lambda s: control.request_policy(s, district.maker, threshold=3, shares=2, reason="x"))) is POLICY_INVALID

    def ask(s: Session) -> Approval:
        return control.request_policy(s, district.maker, threshold=2, shares=3, reason="份额保管")

    def hand_out(one: uuid.UUID) -> tuple[int, list[str]]:
        return database.run(lambda s: control.hand_out(s, district.maker, approval_id=one))

    early = database.run(lambda s: ask(s).id)
    assert refused(lambda: hand_out(early)) is NOT_APPROVED
    approved = decided(district, ask)
    threshold, shares = hand_out(approved)
    assert (threshold, len(shares)) == (2, 3)
    assert refused(lambda: hand_out(approved)) is USED
    provider = vault_of(database.runtime).provider
    vault_of(database.runtime).seal()
    provider.unseal(shares[2])
    provider.unseal(shares[0])
    assert database.run(lambda s: persons.read(s, [p.id for p in people]), write=False) == people


def test_windows_follow_the_work_calendar() -> None:
    def beijing(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=clock.BEIJING)

    def workday(day: date) -> bool:
        return day.weekday() < 5 and day != date(2026, 10, 1)

    night, weekend = windows.window("work", "22:00", "06:00"), windows.window("rest", "08:00", "18:00")
    cases = [
        (None, "2026-09-30T12:00", "2026-09-30T12:00"),
        (night, "2026-09-30T12:00", "2026-09-30T22:00"),
        (night, "2026-10-01T05:59", "2026-10-01T05:59"),  # the night of a workday reaches into the holiday
        (night, "2026-10-01T06:00", "2026-10-02T22:00"),
        (weekend, "2026-09-30T12:00", "2026-10-01T08:00"),
        (weekend, "2026-10-01T18:00", "2026-10-03T08:00"),
    ]
    for kept, now, expected in cases:
        assert windows.next_start(kept, beijing(now), workday) == beijing(expected), (kept, now)
    assert windows.next_start(weekend, beijing("2026-09-30T12:00"), lambda _: True) == beijing("2026-09-30T12:00")
    for wrong in (("never", "22:00", "06:00"), ("any", "22:00", "22:00"), ("any", "24:00", "1")):
        assert refused(partial(windows.window, *wrong)) is WINDOW_INVALID


def test_a_rotation_waits_for_its_window_and_overdue_keys_are_told(sqlite_district: District) -> None:
    district, database = sqlite_district, sqlite_district.database
    scope = district.scope()
    opens = clock.now() + timedelta(hours=3)
    hours = [(opens + timedelta(hours=n)).astimezone(clock.BEIJING).strftime("%H:%M") for n in (0, 1)]
    database.run(lambda s: rotation_service.set_schedule(
        s, district.maker, scope_id=scope.id, rotate_every_days=30, window=windows.window("any", *hours)))
    rotation_id = district.rotation()
    with database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == rotation_service.JOB)).one()
        assert rotations.get(session, rotation_id).state == "planned"
    assert timedelta(hours=2) < job.run_at - clock.now() <= timedelta(hours=3)
    # its key turns out to be compromised: nobody waits for the window while nothing can be written
    with database.read() as session:
        key = rotations.get(session, rotation_id).old_key_id
    decided(district, lambda s: control.request_compromise(s, district.maker, key_id=key, reason="疑似泄露"))
    assert database.runtime is not None
    held = FieldMachine(database.runtime, ACTOR, rotation_id, 100)
    urgent = runner.claim(database.runtime)
    assert urgent is not None and urgent.params == job.params
    runner.execute(database.runtime, urgent, runner.context_of(database.runtime, urgent))
    with database.read() as session:
        waiting = session.get(Job, urgent.job_id)
    assert waiting is not None and waiting.state == "queued" and (waiting.error or {})["code"] == ROTATION_LEASE.code
    held.release()
    database.run(lambda s: s.execute(update(Job).where(Job.id == urgent.job_id).values(run_at=clock.now())))
    while claimed := runner.claim(database.runtime):
        runner.execute(database.runtime, claimed, runner.context_of(database.runtime, claimed))
    with database.read() as session:
        assert rotations.get(session, rotation_id).state == "retired"
    assert database.run(jobs.watch) == {"overdue": 0, "worn": 0}
    database.run(lambda s: s.execute(update(CryptoDek).where(CryptoDek.purpose == "enc").values(
        activated_at=clock.now() - timedelta(days=31), reserved=rules.WARN_USES)))
    assert database.run(jobs.watch) == {"overdue": 1, "worn": 6}
    with database.read() as session:
        notices = session.scalars(select(Notice.title_zh).where(Notice.url == "/crypto/keys")).all()
    assert sorted(notices) == ["1 个密钥超过更换周期", "6 个密钥的使用次数超过 2^31，请尽快更换"]
