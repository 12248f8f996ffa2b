"""Keys of indexes and identifiers held to be compromised: read and looked up by, never written with anew."""

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, or_, select

from crypto.errors import KEY_COMPROMISED, ROTATION_OPEN
from crypto.identifiers import epochs, fields, service
from crypto.identifiers.models import IdentifierRow
from crypto.identifiers.rules import Form, Kind
from crypto.identifiers.service import Field, Issued
from crypto.keys import queries
from crypto.keys.keyring import keyring_of
from crypto.keys.queries import KeyRecord
from crypto.keys.rules import KeyState
from crypto.keys.views import overview
from crypto.persons import service as persons
from crypto.persons.models import ProtectedPerson
from crypto.persons.rules import synthetic
from crypto.requests import service as control
from crypto.rotation import machine
from crypto.rotation import queries as rotations
from crypto.rotation import service as rotation_service
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from crypto.scopes.rules import BLIND_INDEX, FORMAT, TOKEN, Scope, normalise_id_number, normalise_text
from crypto.selfcheck import report
from crypto.selfcheck.service import inventory
from kernel import clock
from kernel.approvals import service as approvals
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.jobs.context import JobContext
from kernel.jobs.models import Job
from kernel.jobs.registry import kind_of
from kernel.notices.models import Notice
from tests.crypto.conftest import TABLE, District

ACTOR, ID = system_actor("test"), "公民身份号码"
TOLD = (RotationState.KEY_READY, RotationState.VERIFY, RotationState.MOVE, RotationState.RETIRED)
NUMBERS = [person.id_number for person in synthetic(60, seed=41)]


def refused(call: Callable[[], object]) -> object:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.kind


def compromised(district: District, key_id: int) -> None:
    approval_id = district.database.run(
        lambda s: control.request_compromise(s, district.maker, key_id=key_id, reason="疑似泄露").id)
    district.database.run(lambda s: approvals.decide(s, district.checker, approval_id, approve=True))


def active(district: District, scope: Scope, purpose: str) -> KeyRecord:
    found = district.database.run(lambda s: queries.active(s, scope, purpose), write=False)
    assert found is not None
    return found


def queued(district: District, kind: str) -> list[Job]:
    """Return the jobs of a kind that go before everything that is due today."""
    with district.database.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == kind).order_by(Job.created_at)).all()
    return [job for job in jobs if job.run_at < clock.now() - timedelta(hours=23)]


def notices(district: District) -> list[str]:
    with district.database.read() as session:
        found = session.scalars(select(Notice).where(Notice.severity == "critical").order_by(Notice.created_at))
        return [f"{one.url} {one.title_zh}" for one in found]


def leaked(district: District) -> list[int]:
    return [one.key_id for one in district.database.run(lambda s: overview(s, ACTOR), write=False).leaked]


def history(district: District) -> dict[int, dict[str, object]]:
    found = district.database.run(inventory, write=False)["compromised"]
    return {one["key_id"]: one for one in found}


def issue(district: District, values: Sequence[str], form: Form = Form.NATIVE) -> list[str]:
    answers = district.database.run(lambda s: service.issue(s, Field(district.department, ID), values, form))
    return [one.identifier for one in answers if isinstance(one, Issued)]


def looked_up(district: District, identifiers: Sequence[str]) -> list[str | None]:
    found = district.database.run(
        lambda s: service.look_up(s, Field(district.department, ID), identifiers), write=False)
    return [one.value for one in found]


@pytest.fixture
def identified(district: District) -> District:
    district.database.run(lambda s: fields.declare(
        s, ACTOR, department_id=district.department, name=ID, kind=Kind.ID_NUMBER))
    return district


@pytest.mark.requirement("S4-27")
def test_an_index_key_finds_rows_and_is_written_no_more(identified: District) -> None:
    """From the decision to the coming key nothing with an index is written, from then on only under the coming key."""
    people, database = identified.fill(40), identified.database
    scope, other = Scope(identified.department, TABLE, "id_number_env"), fields.scope_of(identified.department)
    known = dict(zip(NUMBERS, issue(identified, NUMBERS[:10]), strict=False))
    old = [active(identified, one, BLIND_INDEX).key_id for one in (scope, other)]
    for key_id in old:
        compromised(identified, key_id)
    jobs, late, fresh = queued(identified, rotation_service.JOB), dict[int, str](), synthetic(20, first_id=900, seed=9)
    assert len(jobs) == 2 and ["盲索引密钥" in one for one in notices(identified)] == [True, True]
    assert sorted(leaked(identified)) == old == sorted(history(identified))

    def write() -> None:
        person = fresh[len(late)]
        database.run(lambda s: persons.insert_many(s, scope.department_id, [person]))
        late[person.id] = person.id_number

    def write_identifier() -> None:
        number = NUMBERS[len(known)]
        [known[number]] = issue(identified, [number])

    def all_is_found() -> None:
        for key, number in [(p.id, p.id_number) for p in people[::30]] + list(late.items())[-2:]:
            found = database.run(lambda s, n=number: persons.find(s, scope.department_id, n), write=False)
            assert [p.id for p in found] == [key]
        assert issue(identified, list(known)) == list(known.values()) and len(set(known.values())) == len(known)
        assert looked_up(identified, list(known.values())) == list(known)

    def indexes_of_old_keys() -> int:
        """Return how many rows written since the decision have an index under a compromised key."""
        messages = [normalise_id_number(number) for number in late.values()], [*map(normalise_text, list(known)[10:])]
        columns = [(row.c[name], row.c[f"{name}_next"]) for row, name in (
            (ProtectedPerson.__table__, "id_number_bi"), (IdentifierRow.__table__, "value_bi"))]
        with database.read() as session:
            return sum(
                session.scalar(select(func.count()).where(or_(*(
                    column.in_(keyring_of(session).index_under(session, key_id, mine)) for column in pair)))) or 0
                for key_id, mine, pair in zip(old, messages, columns, strict=True)
            )

    for act in (write, write_identifier):
        assert refused(act) is KEY_COMPROMISED
    database.run(lambda s: persons.change(s, 3, phone="10012345678"))  # has no index
    all_is_found()
    for job, act in zip(jobs, (write, write_identifier), strict=True):
        seen: list[str] = []

        def observe(rotation: CryptoRotation, act: Callable[[], None] = act, seen: list[str] = seen) -> None:
            if rotation.state == RotationState.PLANNED:
                assert refused(act) is KEY_COMPROMISED
            elif rotation.state not in seen:
                seen.append(rotation.state)
                act()
                if rotation.state in TOLD:
                    all_is_found()
                    assert indexes_of_old_keys() == 0

        done = machine.run(
            identified.runtime, ACTOR, uuid.UUID(job.params["rotation_id"]), chunk_rows=25, observe=observe)
        assert done.state == RotationState.RETIRED and done.old_key_id in old and len(seen) == 7
    assert leaked(identified) == []
    assert [one["state"] for one in history(identified).values()] == [KeyState.RETIRED] * 2


@pytest.mark.requirement("S4-20")
def test_identifiers_of_a_leaked_key_are_read_and_new_ones_wait_for_the_next_epoch(identified: District) -> None:
    """Whichever of the two keys leaked: both get new versions together, and what was issued stays."""
    scope, kind = fields.scope_of(identified.department), kind_of(epochs.JOB)
    context = JobContext(identified.runtime, lambda _: None, name=epochs.JOB)
    before = {form: issue(identified, NUMBERS[:8], form) for form in (Form.NATIVE, Form.ID18)}
    for epoch, purpose in enumerate((TOKEN, FORMAT), 1):
        key = active(identified, scope, purpose)
        compromised(identified, key.key_id)
        new = NUMBERS[8 * epoch:8 * epoch + 8]
        for form in (Form.NATIVE, Form.ID18):
            assert refused(lambda form=form, new=new: issue(identified, new, form)) is KEY_COMPROMISED
            assert issue(identified, NUMBERS[:8], form) == before[form]
            assert looked_up(identified, before[form]) == NUMBERS[:8]
        assert leaked(identified) == [key.key_id]
        job = queued(identified, epochs.JOB)[-1]
        assert job.params == {"key_id": key.key_id} and "新一代标识密钥" in notices(identified)[-1]
        for _ in range(2):  # the second time there is nothing to do
            assert kind.body(context, job.params) == {"epoch": epoch + 1}
        assert [active(identified, scope, one).version for one in (TOKEN, FORMAT)] == [epoch + 1] * 2
        for form in (Form.NATIVE, Form.ID18):
            made = issue(identified, [*NUMBERS[:8], *new], form)
            assert made[:8] == before[form] and looked_up(identified, made) == [*NUMBERS[:8], *new]
        assert leaked(identified) == []
    with identified.database.read() as session:
        rows = session.execute(select(IdentifierRow.epoch, func.count()).group_by(IdentifierRow.epoch))
        assert sorted(rows.tuples()) == [(1, 8), (2, 8), (3, 8)]
    listed = history(identified).values()
    assert [(one["purpose"], one["version"], one["identifiers"]) for one in listed] == [(FORMAT, 2, 8), (TOKEN, 1, 8)]
    assert all(one["state"] == KeyState.COMPROMISED and one["replaced_at"] for one in listed)
    stale = identified.database.run(lambda s: report.build(s, ACTOR), write=False)
    assert sum("16 个值的标识" in item["finding"] for area in stale["areas"] for item in area["items"]) == 2

    # a key of an epoch that is over: on record, and nothing waits for it
    with identified.database.read() as session:
        over = [one.key_id for one in queries.of_purpose(session, scope, TOKEN) if one.version == 2]
    compromised(identified, over[0])
    assert len(queued(identified, epochs.JOB)) == 2 and "此前已换下" in notices(identified)[-1]
    assert leaked(identified) == [] and over[0] in history(identified)
    assert len(issue(identified, NUMBERS[24:30])) == 6


def test_a_key_that_is_just_brought_in_waits_for_its_own_rotation(sqlite_district: District) -> None:
    """Compromised then, an exchange of it could not be queued: the rotation that is open comes to its end first."""
    district, asked = sqlite_district, []
    district.fill(3)
    scope_id = district.scope().id
    approval = district.database.run(lambda s: rotation_service.request(
        s, district.maker, scope_id=scope_id, reason="到期", purpose=BLIND_INDEX).id)
    district.database.run(lambda s: approvals.decide(s, district.checker, approval, approve=True))
    with district.database.read() as session:
        rotation = rotations.open_of(session, scope_id, BLIND_INDEX)
    assert rotation is not None

    def observe(row: CryptoRotation) -> None:
        if row.state == RotationState.MOVE and not asked:
            asked.append(refused(lambda: district.database.run(lambda s: control.request_compromise(
                s, district.maker, key_id=row.new_key_id or 0, reason="疑似泄露"))))

    done = machine.run(district.runtime, ACTOR, rotation.id, observe=observe)
    assert asked == [ROTATION_OPEN] and done.new_key_id
    compromised(district, done.new_key_id)
    with district.database.read() as session:
        follows = rotations.open_of(session, scope_id, BLIND_INDEX)
    assert follows is not None and follows.old_key_id == done.new_key_id
