"""The two doors: who gets what in which form, how much, what is on record, and who saw a person."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from crypto.errors import LOOKUP_QUOTA, LOOKUP_RATE, LOOKUP_SECOND_PERSON
from crypto.identifiers import fields
from crypto.identifiers import service as identifiers
from crypto.identifiers.rules import Form, Kind
from crypto.identifiers.service import Field, Issued, Status
from crypto.lookups import grants, rules, seen, service
from crypto.lookups.port import Caller
from crypto.lookups.rules import Alarm, Direction
from crypto.lookups.service import Answer, Question, Reason
from crypto.masking.rules import mask
from crypto.persons.rules import Person, synthetic
from gateway.apps import service as apps_service
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from tests.crypto.conftest import District, _user

NAME = "公民身份号码"
SYSTEM = system_actor("test")
REASON = Reason("核对补贴名册", "GD-2026-001")


@pytest.mark.pure
@pytest.mark.parametrize(("ids_", "asked", "unknown", "expected"), [
    (range(50), 50, 0, Alarm.SWEEP), (range(0, 400, 2), 200, 0, None), (range(49), 49, 0, None),
    ([*range(50), *range(1_000, 1_400, 3)], 300, 0, None),
    ([*range(100), *range(1_000, 1_300, 3)], 200, 0, Alarm.SWEEP),
    ([], 150, 100, Alarm.GUESSING), ([], 300, 100, None), ([], 99, 99, None),
])
def test_what_raises_an_alarm(ids_: Any, asked: int, unknown: int, expected: Alarm | None) -> None:
    assert rules.alarm_of(ids_, asked, unknown) == expected
    assert rules.alarm_of(range(50), 300, 200, {Alarm.SWEEP}) is Alarm.GUESSING  # one does not hide the other
    assert rules.alarm_of(range(50), 300, 200, {Alarm.GUESSING}) is Alarm.SWEEP
    assert rules.alarm_of(range(50), 300, 200, set(Alarm)) is None


class Desk:
    """A department with a hundred persons and their identifiers, and people who look them up."""

    def __init__(self, district: District, count: int = 100) -> None:
        self.district, self.database = district, district.database
        self.people: list[Person] = synthetic(count)
        self.numbers = [person.id_number for person in self.people]
        self.field = Field(district.department, NAME)
        self.skip = 0
        self.auditor = self.actor("auditor", None, seen.AUDIT, scope="all")

        def unit(session: Session) -> list[str]:
            for department in (district.department, district.other):
                fields.declare(session, SYSTEM, department_id=department, name=NAME, kind=Kind.ID_NUMBER)
            answers = identifiers.issue(session, self.field, self.numbers, Form.NATIVE)
            return [answer.identifier for answer in answers if isinstance(answer, Issued)]

        self.tokens = self.database.run(unit)

    def begin(self) -> None:
        """A new officer with a fresh quota, and a log that begins here."""
        self.skip += len(self.log())
        self.officer = self.actor(f"officer{self.skip}", self.district.department, service.RUN, service.CLEAR)

    def actor(self, name: str, department: uuid.UUID | None, *permissions: str, scope: Any = "own") -> Actor:
        user = self.database.run(lambda session: _user(session, f"{name}-{ids.new()}"))
        return Actor(
            user_id=user.user_id, name=name, department_id=department, permissions=frozenset(permissions), scope=scope,
        )

    def ask(self, items: list[str], *, actor: Actor | None = None, quota: int = 50, clear: bool = False,
            direction: Direction = Direction.VALUE, approval_id: uuid.UUID | None = None) -> Answer:
        question = Question(self.field, direction, items)
        return self.database.run(lambda session: service.by_person(
            session, actor or self.officer, question, REASON, clear=clear, persons_day=quota, approval_id=approval_id,
        ))

    def grant(self, **changes: Any) -> uuid.UUID:
        wanted: dict[str, Any] = {
            "department_id": self.district.department, "business": "高龄津贴", "purpose_code": "JT-01",
            "fields": {NAME: False}, "directions": list(Direction), "persons_day": 20, "per_minute": 100,
            "expires_at": clock.now() + timedelta(days=30),
        }
        return self.database.run(lambda session: grants.create(session, SYSTEM, **(wanted | changes)).id)

    def log(self) -> list[Any]:
        with self.database.read() as session:
            return list(session.execute(text("SELECT * FROM lookup_log ORDER BY at, id")).mappings())[self.skip:]


def a_person_sees_masks_or_clear_values_and_the_log_sees_none(desk: Desk) -> None:
    number, token = desk.numbers[0], desk.tokens[0]
    masked = desk.ask([token, "M1nonsense", desk.tokens[1]])
    assert [one.value for one in masked.items] == [
        mask("id_number", number), None, mask("id_number", desk.numbers[1])
    ]
    assert masked.masked and masked.items[1].status is Status.MALFORMED and masked.persons_left == 48
    clear = desk.ask([token], clear=True)
    assert clear.items[0].value == number and not clear.masked and clear.persons_left == 48
    back = desk.ask([number, "110101"], direction=Direction.IDENTIFIER)
    assert [one.value for one in back.items] == [token, None] and back.items[1].status is Status.UNKNOWN
    blind = desk.actor("blind", desk.district.department, service.RUN)
    with pytest.raises(MulianError) as caught:
        desk.ask([token], actor=blind, clear=True)
    assert caught.value.status == 403
    with pytest.raises(MulianError) as caught:
        desk.ask([token], actor=desk.actor("foreign", desk.district.other, service.RUN, service.CLEAR))
    assert caught.value.status == 404
    rows = desk.log()
    assert [(row["asked"], row["found"], row["unknown"], row["refused"]) for row in rows] == [
        (3, 2, 1, None), (1, 1, 0, None), (2, 1, 1, None)
    ]
    with desk.database.read() as session:
        kept = repr([
            list(session.execute(text(f"SELECT * FROM {table}")))
            for table in ("lookup_log", "lookup_person", "audit_log", "notice", "approval")
        ])
    assert not any(value in kept for value in (number, token, desk.numbers[1], desk.tokens[1]))


def above_the_quota_a_second_person_agrees_to_exactly_this(desk: Desk) -> None:
    assert desk.ask(desk.tokens[:5], quota=5).persons_left == 0
    assert desk.ask(desk.tokens[:5] * 2, quota=5).refused is None  # the same persons again
    refused = desk.ask(desk.tokens[4:8], quota=5)
    assert refused.refused is not None and refused.refused.kind is LOOKUP_SECOND_PERSON and not refused.items
    assert desk.log()[-1]["refused"] == LOOKUP_SECOND_PERSON.code
    with pytest.raises(MulianError) as caught:  # what no minute takes is not put before anybody
        desk.database.run(lambda session: service.request(
            session, desk.officer, Question(desk.field, Direction.VALUE, ["x"] * 201), REASON, clear=False
        ))
    assert caught.value.kind is LOOKUP_RATE
    question = Question(desk.field, Direction.VALUE, desk.tokens[4:8])
    approval_id = desk.database.run(lambda session: service.request(
        session, desk.officer, question, REASON, clear=False
    ).id)
    second = desk.actor("second", desk.district.department, service.APPROVE)
    for stranger in (desk.officer, desk.actor("other", desk.district.other, service.APPROVE)):
        with pytest.raises(MulianError):
            desk.database.run(lambda session, a=stranger: approvals.decide(session, a, approval_id, approve=True))
    desk.database.run(lambda session: approvals.decide(session, second, approval_id, approve=True))
    for items, options in ((desk.tokens[4:9], {}), (desk.tokens[4:8], {"clear": True})):
        with pytest.raises(MulianError) as caught:  # another question, or the same in clear
            desk.ask(items, quota=5, approval_id=approval_id, **options)
        assert caught.value.code == "kernel.approval.mismatch"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "MANUAL_PER_MINUTE", 1)
        hasty = desk.ask(desk.tokens[4:8], quota=5, approval_id=approval_id)
    assert hasty.refused is not None and hasty.refused.kind is LOOKUP_RATE  # and the consent is still there
    assert desk.ask(desk.tokens[:5], quota=5, approval_id=approval_id).items and desk.log()[-1]["approval_id"] is None
    allowed = desk.ask(desk.tokens[4:8], quota=5, approval_id=approval_id)
    assert [one.status for one in allowed.items] == [Status.FOUND] * 4
    assert desk.log()[-1]["approval_id"] is not None
    _whom_one_was_shown_takes_no_new_consent(desk)


def _whom_one_was_shown_takes_no_new_consent(desk: Desk) -> None:
    """Eight persons of a quota of five were seen masked: the same ones again, and nothing more than that."""
    logged = len(desk.log())
    again = desk.ask(desk.tokens[:8], quota=5)
    assert [one.status for one in again.items] == [Status.FOUND] * 8 and (again.masked, again.persons_left) == (True, 0)
    assert desk.ask(desk.tokens[6:7], quota=5).refused is None
    assert [row["approval_id"] for row in desk.log()[logged:]] == [None, None]  # on record, under no consent
    colleague = desk.actor("colleague", desk.district.department, service.RUN)
    more: list[dict[str, Any]] = [
        {"items": desk.tokens[:9]}, {"items": desk.tokens[:8], "clear": True},
        {"items": desk.tokens[:8], "actor": colleague}, {"items": desk.numbers[:8], "direction": Direction.IDENTIFIER},
    ]
    for options in more:
        refused = desk.ask(**options, quota=5).refused
        assert refused is not None and refused.kind is LOOKUP_SECOND_PERSON
    hasty = desk.ask(desk.tokens[:8] * 25, quota=5).refused
    assert hasty is not None and hasty.kind is LOOKUP_RATE


def limits_a_minute_and_an_alarm_for_a_sweep(desk: Desk) -> None:
    swept = desk.ask(desk.tokens[:60], quota=100)
    assert swept.refused is None and desk.log()[-1]["alarm"] == Alarm.SWEEP
    desk.ask(desk.tokens[60:70], quota=100)
    assert desk.log()[-1]["alarm"] is None  # told once an hour
    with desk.database.read() as session:
        told = session.execute(text("SELECT audience, title_zh FROM notice WHERE severity = 'critical'")).all()
    assert {row[0] for row in told} == {"security_admin", "auditor"} and len(told) == 2
    refused = desk.ask(desk.tokens[:1] * 140, quota=100)
    assert refused.refused is not None and refused.refused.kind is LOOKUP_RATE


def a_successor_looks_up_by_grant_and_identifiers_stay(desk: Desk) -> None:
    heir, second = (desk.actor(name, desk.district.other, service.RUN, service.CLEAR) for name in ("heir", "second"))
    narrow = desk.grant(grantee_id=desk.district.other, persons_day=1)
    wider = {"grantee_id": desk.district.other, "fields": {NAME: True}, "persons_day": 2, "per_minute": 8}
    grant_id = desk.grant(**wider)  # the newest is the one that counts
    assert [one.value for one in desk.ask(desk.tokens[:2], actor=heir, clear=True).items] == desk.numbers[:2]
    refused = desk.ask(desk.tokens[:3], actor=heir).refused  # the grant is narrower than the officer's own quota
    assert refused is not None and refused.kind is LOOKUP_SECOND_PERSON
    assert {row["business"] for row in desk.log()} == {"高龄津贴"}
    for items, kind in ((desk.tokens[2:3], LOOKUP_SECOND_PERSON), (desk.tokens[:1] * 7, LOOKUP_RATE)):
        refused = desk.ask(items, actor=second).refused  # a department has its grant together
        assert refused is not None and refused.kind is kind
    assert desk.ask(desk.tokens[:2], actor=second).persons_left == 0
    desk.database.run(lambda session: [
        grants.revoke(session, SYSTEM, grant_id=one, reason="期满") for one in (narrow, grant_id)
    ])
    with pytest.raises(MulianError) as caught:
        desk.ask(desk.tokens[:1], actor=heir)
    assert caught.value.status == 404
    for wrong in ({}, {"grantee_id": desk.district.department}, {"app_id": ids.new()},
                  {"grantee_id": desk.district.other, "fields": {"住址": True}}):
        with pytest.raises(MulianError):
            desk.grant(**wrong)


def an_application_asks_within_its_grant(desk: Desk) -> None:
    app = desk.database.run(lambda session: apps_service.create(
        session, SYSTEM, name="津贴系统", department_id=desk.district.other
    )).app
    grant_id = desk.grant(app_id=app.id)
    with pytest.raises(MulianError) as nobody:
        desk.grant(app_id=ids.new())
    assert nobody.value.code == "crypto.lookup.app_unknown"
    reason = Reason("JT-01", "BJ-7", "E-12")

    def ask(
        items: list[str], why: Reason = reason, direction: Direction = Direction.VALUE, nonce: bytes = b"",
    ) -> Answer:
        caller = Caller(app.id, app.name, nonce or ids.new().bytes)
        return desk.database.run(lambda session: service.by_system(
            session, caller, Question(desk.field, direction, items), why
        ))

    answer = ask(desk.tokens[:3], nonce=b"n" * 16)
    assert [one.value for one in answer.items] == [mask("id_number", number) for number in desk.numbers[:3]]
    assert ask(desk.numbers[:1], direction=Direction.IDENTIFIER).items[0].value == desk.tokens[0]
    row = desk.log()[0]
    assert (row["door"], row["operator"], row["purpose"], row["reference"], row["business"]) == (
        "system", "E-12", "JT-01", "BJ-7", "高龄津贴"
    )
    for items, why, nonce, code in (
        (desk.tokens[:1], Reason("JT-02", "BJ-7", "E"), b"", "crypto.lookup.no_grant"),
        (desk.tokens[:1], reason, b"n" * 16, "crypto.lookup.replay"),
    ):
        with pytest.raises(MulianError) as caught:
            ask(items, why, nonce=nonce)
        assert caught.value.code == code
    refused = ask(desk.tokens[:30])
    assert refused.refused is not None and refused.refused.kind is LOOKUP_QUOTA
    refused = ask(desk.tokens[:1] * 90)
    assert refused.refused is not None and refused.refused.kind is LOOKUP_RATE
    desk.database.run(lambda session: grants.revoke(session, SYSTEM, grant_id=grant_id, reason="停用"))
    with pytest.raises(MulianError):
        ask(desk.tokens[:1])


def who_saw_this_person(desk: Desk) -> None:
    desk.ask(desk.tokens[:3])
    desk.ask(desk.numbers[2:5], direction=Direction.IDENTIFIER)
    desk.ask(desk.tokens[50:51], quota=0)  # refused: nobody was seen

    def who(value: str) -> seen.Seen:
        return desk.database.run(lambda session: seen.who(session, desk.auditor, value=value, reason="信访核查"))

    mine = [len([one for one in who(value).looks if one.actor_name == desk.officer.name]) for value in (
        f" {desk.numbers[2].lower()}", desk.numbers[0]
    )]
    assert mine == [2, 1]
    within = desk.actor("within", desk.district.department, seen.AUDIT)
    own = desk.database.run(lambda session: seen.who(session, within, value=desk.numbers[2], reason="自查"))
    assert [one.id for one in own.looks] == [one.id for one in who(desk.numbers[2]).looks] and own.known
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "LIMIT", 1)
        cut, foreign = who(desk.numbers[2]), desk.actor("abroad", desk.district.other, seen.AUDIT)
        assert [one.direction for one in cut.looks] == [Direction.IDENTIFIER] and cut.more
        assert desk.database.run(lambda s: seen.who(s, foreign, value=desk.numbers[2], reason="核查")) \
            == seen.Seen(False, [])
    assert who(desk.numbers[50]) == seen.Seen(True, []) and who("11010119900307123X") == seen.Seen(False, [])
    with pytest.raises(MulianError):
        desk.database.run(lambda session: seen.who(session, desk.officer, value=desk.numbers[0], reason="好奇"))
    with desk.database.read() as session:
        kept = repr(list(session.execute(text("SELECT * FROM audit_log WHERE action = 'crypto.lookup.who'"))))
    assert "信访核查" in kept and desk.numbers[2] not in kept


@pytest.mark.requirement("S4-21")
def test_doors(district: District) -> None:
    """One set-up for all, since it is what costs time: each part has an officer and a stretch of the log of its own."""
    desk = Desk(district)
    for part in (
        a_person_sees_masks_or_clear_values_and_the_log_sees_none, who_saw_this_person,
        above_the_quota_a_second_person_agrees_to_exactly_this, limits_a_minute_and_an_alarm_for_a_sweep,
        a_successor_looks_up_by_grant_and_identifiers_stay, an_application_asks_within_its_grant,
    ):
        desk.begin()
        part(desk)
