"""Identifiers: the codec against a slow second definition, every changed character, both doors of the store."""

import random
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from gmssl import sm4 as reference
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from crypto.identifiers import codec, epochs, fields, rules, service
from crypto.identifiers.codec import Place
from crypto.identifiers.rules import Form, Kind
from crypto.identifiers.service import Field, Found, Issued, Refused, Status
from crypto.lookups import service as lookups
from crypto.lookups.rules import Direction
from crypto.lookups.seen import who as who_saw
from crypto.lookups.service import Question, Reason
from crypto.persons.rules import synthetic
from crypto.rotation import machine
from crypto.rotation import queries as rotation_queries
from crypto.rotation import service as rotations
from crypto.rotation.models import CryptoRotation
from crypto.scopes import fences
from crypto.scopes import queries as scopes
from crypto.scopes.rules import BLIND_INDEX, check_digit, normalise_text
from kernel.approvals import service as approvals
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from tests.crypto.conftest import District
from tests.support.scale import Scale

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
SYSTEM = system_actor("test")
OTHERS = codec.ALPHABET + "ILOUabz*-·０ \0"
ID, PHONE = "公民身份号码", "手机号码"


def slow(key: bytes, place: Place, number: int) -> str:
    """The definition, by integers and gmssl: shares no code with the platform."""
    clear = b"ML" + b"".join(part.to_bytes(2) for part in (place.department, place.field, place.epoch))
    cipher = reference.CryptSM4()
    cipher.set_key(key, reference.SM4_ENCRYPT)
    value = int.from_bytes(bytes(cipher.one_round(cipher.sk, list(clear + number.to_bytes(8)))))
    digits = [value >> 5 * (25 - at) & 31 for at in range(26)]
    check, weight = 0, 1
    for digit in digits:
        weight = weight << 1 ^ (37 if weight & 16 else 0)
        product, factor = 0, weight
        for bit in range(5):
            product ^= factor if digit >> bit & 1 else 0
            factor = factor << 1 ^ (37 if factor & 16 else 0)
        check ^= product
    return "M1" + "".join(codec.ALPHABET[digit] for digit in [*digits, check])


@pytest.mark.pure
@given(st.integers(0, 2**63 - 1), st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 65535))
def test_native_form_is_its_definition_and_comes_back(number: int, department: int, field: int, epoch: int) -> None:
    place = Place(department, field, epoch)
    [made] = codec.encode(KEY, place, [number])
    assert made == slow(KEY, place, number) and len(made) == 29 and rules.recognise(made) is Form.NATIVE
    blocks, good = codec.unpack([made])
    numbers, authentic = codec.decode(KEY, place, blocks)
    assert good.all() and authentic.all() and numbers.tolist() == [number]


@pytest.mark.pure
def test_every_change_of_one_character_and_every_exchange_of_two_is_refused(scale: Scale) -> None:
    for made in codec.encode(KEY, Place(3, 9, 1), range(scale.of(20, 2_000))):
        changed = [made[:at] + other + made[at + 1:] for at in range(29) for other in OTHERS if other != made[at]]
        exchanged = [
            made[:at] + made[at + 1] + made[at] + made[at + 2:] for at in range(28) if made[at] != made[at + 1]
        ]
        assert not codec.unpack([*changed, *exchanged, made[:-1], made + "0", ""])[1].any()


@pytest.mark.pure
def test_another_department_field_epoch_or_key_authenticates_nothing() -> None:
    blocks, _ = codec.unpack(codec.encode(KEY, Place(1, 2, 3), range(200)))
    for key, place in (
        (KEY, Place(2, 2, 3)), (KEY, Place(1, 1, 3)), (KEY, Place(1, 2, 4)), (bytes(16), Place(1, 2, 3)),
    ):
        assert not codec.decode(key, place, blocks)[1].any()


@pytest.mark.pure
@given(st.from_regex(r"[0-9]{17}", fullmatch=True))
def test_a_format_identifier_is_never_an_id_number(digits: str) -> None:
    disguised = rules.disguise(Form.ID18, digits)
    assert disguised[17] != check_digit(digits) and rules.recognise(disguised) is Form.ID18
    assert rules.recognise(rules.restore(Form.ID18, digits)) is None
    assert not any(
        rules.recognise(disguised[:at] + other + disguised[at + 1:]) is Form.ID18
        for at in range(18) for other in "0123456789X" if other != disguised[at]
    )


@pytest.mark.pure
@given(st.sampled_from(Kind), st.text(max_size=40))
@example(Kind.ID_NUMBER, "A\u00af")  # NFKC has a space in it, without which letter and mark join
@example(Kind.PHONE, "A\u00af")
@example(Kind.ID_NUMBER, "\u0390")  # in upper case it is three marks that join anew
def test_a_value_in_one_spelling_stays_as_it_is(kind: Kind, value: str) -> None:
    """The column's plain normaliser must leave stored values alone, whatever their field's kind."""
    spelled = rules.normalise(kind, value)
    if rules.fault(kind, spelled) is None:
        assert rules.normalise(kind, spelled) == spelled and normalise_text(spelled)[1:].decode() == spelled


@pytest.mark.pure
@pytest.mark.parametrize(("kind", "value", "reason"), [
    (Kind.TEXT, " 　", "empty"), (Kind.TEXT, "长" * 134, "too_long"), (Kind.TEXT, "a\0b", "control"),
    (Kind.TEXT, "a\ud800", "control"), (Kind.PHONE, "71234567890", "identifier"),
    (Kind.TEXT, codec.encode(KEY, Place(1, 1, 1), [5])[0], "identifier"),
    (Kind.TEXT, "71234567890", None), (Kind.ID_NUMBER, "abc", None),
])
def test_what_gets_no_identifier(kind: Kind, value: str, reason: str | None) -> None:
    assert rules.fault(kind, rules.normalise(kind, value)) == reason


@pytest.fixture
def identified(district: District) -> District:
    """Declare two fields for each of two departments."""
    def unit(session: Session) -> None:
        for department in (district.department, district.other):
            for name, kind in ((ID, Kind.ID_NUMBER), (PHONE, Kind.PHONE)):
                fields.declare(session, SYSTEM, department_id=department, name=name, kind=kind)

    district.database.run(unit)
    return district


def issued(district: District, name: str, values: list[str], form: Form) -> list[Issued | Refused]:
    return district.database.run(lambda session: service.issue(
        session, Field(district.department, name), values, form
    ))


def looked_up(district: District, name: str, texts: list[str], department: uuid.UUID | None = None) -> list[Found]:
    with district.database.read() as session:
        return service.look_up(session, Field(department or district.department, name), texts)


def identifiers(answers: list[Issued | Refused]) -> list[str]:
    return [answer.identifier for answer in answers if isinstance(answer, Issued)]


def one_value_has_one_identifier_in_any_spelling_and_form(identified: District) -> None:
    people = synthetic(40)
    numbers, phones = [p.id_number for p in people], [p.phone for p in people]
    first = issued(identified, ID, [*numbers, f" {numbers[0].lower()}　", numbers[1]], Form.NATIVE)
    again = issued(identified, ID, numbers[::-1], Form.NATIVE)
    assert identifiers(first)[:40] == identifiers(again)[::-1] and len(set(identifiers(first))) == 40
    assert identifiers(first)[40:] == identifiers(first)[:2]
    assert all(isinstance(one, Issued) and one.created for one in first)
    assert not any(isinstance(one, Issued) and one.created for one in again)
    shaped = identifiers(issued(identified, ID, numbers, Form.ID18))
    phoned = identifiers(issued(identified, PHONE, [*phones, f"+86 {phones[0][:3]}-{phones[0][3:]}"], Form.PHONE11))
    assert all(re.fullmatch(r"[0-9]{17}[0-9X]", one) and check_digit(one[:17]) != one[17] for one in shaped)
    assert all(re.fullmatch(r"7[0-9]{10}", one) for one in phoned) and phoned[40] == phoned[0]
    for texts in (identifiers(first)[:40], shaped):
        assert [(one.status, one.value) for one in looked_up(identified, ID, texts)] == [
            (Status.FOUND, number) for number in numbers
        ]
    assert [one.value for one in looked_up(identified, PHONE, phoned)] == [*phones, phones[0]]
    assert numbers[0] not in repr(looked_up(identified, ID, shaped))


def a_foreign_identifier_is_answered_and_worked_like_an_unknown_one(identified: District) -> None:
    numbers = [p.id_number for p in synthetic(20)]
    native = identifiers(issued(identified, ID, numbers, Form.NATIVE))
    shaped = identifiers(issued(identified, ID, numbers, Form.ID18))
    never = codec.encode(KEY, Place(1, 1, 1), range(20))  # well formed, of a key that nobody has
    invented = [rules.disguise(Form.ID18, f"{7 * 10**16 + 12345 * at}") for at in range(20)]
    for foreign, unknown in ((native, never), (shaped, invented)):
        seen = []
        for texts in (foreign, unknown):
            statements: list[str] = []

            def note(_c: object, _u: object, statement: str, *_: object, kept: list[str] = statements) -> None:
                kept.append(statement)

            event.listen(identified.database.engine, "before_cursor_execute", note)
            answers = looked_up(identified, ID, texts, identified.other)
            event.remove(identified.database.engine, "before_cursor_execute", note)
            assert answers == [Found(Status.UNKNOWN)] * 20
            seen.append(statements)
        assert seen[0] == seen[1]
    # of another field of the same department neither
    assert {one.status for one in looked_up(identified, PHONE, native)} == {Status.UNKNOWN}
    own = looked_up(identified, ID, [native[0], "M1", native[1].lower(), never[0], "110101", shaped[0]])
    assert [one.status for one in own] == [
        Status.FOUND, Status.MALFORMED, Status.MALFORMED, Status.UNKNOWN, Status.MALFORMED, Status.FOUND,
    ]


def departments_share_nothing(identified: District) -> None:
    """The same persons in two departments: no identifier and no blind index of one is found in the other."""
    numbers = [p.id_number for p in synthetic(30)]
    found = [
        set(identifiers(identified.database.run(lambda session, d=department, f=form: service.issue(
            session, Field(d, ID), numbers, f
        ))))
        for department in (identified.department, identified.other) for form in (Form.NATIVE, Form.ID18)
    ]
    assert not found[0] & found[2] and not found[1] & found[3]
    with identified.database.read() as session:
        rows = session.execute(text("SELECT count(*), count(DISTINCT value_bi) FROM identifier")).one()
    assert rows[0] == rows[1] >= 60


def dirty_values_are_refused_one_by_one(identified: District) -> None:
    good = synthetic(1)[0].id_number
    wrong = good[:17] + next(c for c in "0123456789X" if c not in (good[17], rules.wrong_digit(good[:17])))
    answers = issued(identified, ID, [good, wrong, f"{good} {good}", "１１０１０１９００３０７１２３", ""], Form.ID18)
    assert isinstance(answers[0], Issued) and answers[1:3] == [Refused("unfit")] * 2
    assert answers[4] == Refused("empty")
    [shaped] = identifiers(answers[:1])
    assert issued(identified, ID, [shaped], Form.NATIVE) == [Refused("identifier")]
    for name, form in ((PHONE, Form.ID18), (ID, Form.PHONE11)):
        with pytest.raises(MulianError) as caught:
            issued(identified, name, [good], form)
        assert caught.value.code == "crypto.identifier.form_unfit"
    with pytest.raises(MulianError) as caught:
        issued(identified, "住址", [good], Form.NATIVE)
    assert caught.value.code == "crypto.identifier.field_unknown"


def the_store_is_fenced_and_holds_no_clear_value(identified: District) -> None:
    numbers = [p.id_number for p in synthetic(5)]
    issued(identified, ID, numbers, Form.NATIVE)
    with identified.database.read() as session:
        assert fences.findings(session) == []
        stored = [bytes(row[0]) for row in session.execute(text("SELECT value_env FROM identifier"))]
    assert len(stored) >= 5 and not any(number.encode() in value for number in numbers for value in stored)
    with pytest.raises(Exception, match="mulian fence"):
        identified.database.run(lambda session: session.execute(text("UPDATE identifier SET dept_id = :other"), {
            "other": identified.other.hex if identified.database.dialect == "sqlite" else identified.other,
        }))
    with pytest.raises(MulianError) as caught:
        identified.database.run(lambda session: fields.declare(
            session, SYSTEM, department_id=identified.department, name=ID, kind=Kind.TEXT
        ))
    assert caught.value.code == "crypto.identifier.field_exists"


def a_rotation_of_the_values_leaves_identifiers_alone(identified: District) -> None:
    numbers = [p.id_number for p in synthetic(25)]
    before = identifiers(issued(identified, ID, numbers, Form.NATIVE))
    with identified.database.read() as session:
        [scope] = [
            one for one in scopes.of_table(session, "identifier") if one.department_id == identified.department
        ]
    approval_id = identified.database.run(lambda session: rotations.request(
        session, identified.maker, scope_id=scope.id, reason="定期更换"
    ).id)
    identified.database.run(lambda session: approvals.decide(session, identified.checker, approval_id, approve=True))
    with identified.database.read() as session:
        rotation = rotation_queries.open_of(session, scope.id)
    assert rotation is not None
    done = machine.run(identified.runtime, SYSTEM, rotation.id)
    assert done.state == "retired" and done.done >= 25
    assert identifiers(issued(identified, ID, numbers, Form.NATIVE)) == before
    assert [one.value for one in looked_up(identified, ID, before)] == numbers


def a_new_epoch_keeps_what_was_issued(identified: District) -> None:
    numbers = [p.id_number for p in synthetic(30, seed=21)]
    old = {form: identifiers(issued(identified, ID, numbers[:15], form)) for form in (Form.NATIVE, Form.ID18)}
    for number in (2, 3):
        approval_id = identified.database.run(lambda session: epochs.request(
            session, Actor(
                user_id=identified.maker.user_id, name="maker", permissions=frozenset({fields.MANAGE}), scope="all"
            ), department_id=identified.department, reason="到期更换",
        ).id)
        with pytest.raises(MulianError):
            identified.database.run(lambda session, one=approval_id: approvals.decide(
                session, identified.maker, one, approve=True
            ))
        identified.database.run(lambda session, one=approval_id: approvals.decide(
            session, identified.checker, one, approve=True
        ))
        part = numbers[15:20] if number == 2 else numbers[20:]
        assert len(identifiers(issued(identified, ID, part, Form.NATIVE))) == len(part)
    for form, before in old.items():
        now = identifiers(issued(identified, ID, numbers, form))
        assert now[:15] == before and len(set(now)) == 30
        assert [one.value for one in looked_up(identified, ID, now)] == numbers
    with identified.database.read() as session:
        query = text("SELECT epoch, count(*) FROM identifier WHERE epoch > 1 GROUP BY epoch ORDER BY epoch")
        assert [tuple(row) for row in session.execute(query)] == [(2, 5), (3, 10)]


def writers_at_once_agree(identified: District) -> None:
    numbers = [p.id_number for p in synthetic(60, seed=11)]
    lists = [numbers[at:at + 45] if at % 2 else numbers[at:at + 45][::-1] for at in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda part: issued(identified, ID, part, Form.NATIVE), lists))
    pairs = {
        (value, identifier) for part, found in zip(lists, answers, strict=True)
        for value, identifier in zip(part, identifiers(found), strict=True)
    }
    assert len(pairs) == len(set(numbers[:48])) == len({identifier for _, identifier in pairs})
    created = sum(isinstance(one, Issued) and one.created for found in answers for one in found)
    assert created == 48


def an_exchange_of_the_index_key_gives_nobody_a_second_identifier(identified: District) -> None:
    """In every state of it: the same values have the same identifiers, new ones are found, and who looked is too."""
    numbers = [p.id_number for p in synthetic(80, seed=31)]
    before = identifiers(issued(identified, ID, numbers[:30], Form.NATIVE))
    question = Question(Field(identified.department, ID), Direction.VALUE, before[:1])
    identified.database.run(lambda session: lookups.by_person(
        session, SYSTEM, question, Reason("核对", "GD-1"), clear=False, persons_day=9
    ))

    def lookers() -> int:
        return len(identified.database.run(lambda s: who_saw(s, SYSTEM, value=numbers[0], reason="核查")).looks)

    with identified.database.read() as session:
        [scope] = [
            one for one in scopes.of_table(session, "identifier") if one.department_id == identified.department
        ]
    approval_id = identified.database.run(lambda session: rotations.request(
        session, identified.maker, scope_id=scope.id, reason="定期更换", purpose=BLIND_INDEX
    ).id)
    identified.database.run(lambda session: approvals.decide(session, identified.checker, approval_id, approve=True))
    seen: list[str] = []
    fresh = iter(numbers[30:])
    late: dict[str, str] = {}

    def look(rotation: CryptoRotation) -> None:
        assert rotation.state in seen or lookers() == 1
        seen.append(rotation.state)
        known = numbers[:30] + list(late)
        answers = issued(identified, ID, known, Form.NATIVE)
        assert identifiers(answers) == before + list(late.values())
        assert not any(isinstance(one, Issued) and one.created for one in answers)
        value = next(fresh)
        late[value] = identifiers(issued(identified, ID, [value], Form.NATIVE))[0]

    with identified.database.read() as session:
        rotation = rotation_queries.open_of(session, scope.id, BLIND_INDEX)
    assert rotation is not None
    done = machine.run(identified.runtime, SYSTEM, rotation.id, observe=look, chunk_rows=40)
    assert done.state == "retired" and {"key_ready", "switch", "reencrypt", "verify", "move"} <= set(seen)
    assert identifiers(issued(identified, ID, numbers[:30] + list(late), Form.NATIVE)) == before + list(late.values())
    assert [one.value for one in looked_up(identified, ID, list(late.values()))] == list(late)
    assert lookers() == 1


@pytest.mark.requirement("S4-20")
def test_store(identified: District) -> None:
    """One set-up for all, since it is what costs time."""
    one_value_has_one_identifier_in_any_spelling_and_form(identified)
    departments_share_nothing(identified)
    a_foreign_identifier_is_answered_and_worked_like_an_unknown_one(identified)
    dirty_values_are_refused_one_by_one(identified)
    the_store_is_fenced_and_holds_no_clear_value(identified)
    a_new_epoch_keeps_what_was_issued(identified)
    writers_at_once_agree(identified)
    a_rotation_of_the_values_leaves_identifiers_alone(identified)
    an_exchange_of_the_index_key_gives_nobody_a_second_identifier(identified)


@pytest.mark.requirement("S4-20")
def test_many_values_in_interrupted_batches(identified: District, scale: Scale) -> None:
    """A batch that is cut off leaves nothing; run again, no value is lost and none gets two identifiers."""
    count, step = scale.of(3_000, 1_000_000), scale.of(1_000, 20_000)
    numbers = [p.id_number for p in synthetic(count, seed=7)]
    cut = random.Random(5).sample(range(0, count, step), 2)
    first: list[str] = []
    for start in range(0, count, step):
        part = numbers[start:start + step]
        if start in cut:
            with pytest.raises(KeyboardInterrupt):
                identified.database.run(lambda session, p=part: _interrupted(session, identified.department, p))
        first += identifiers(issued(identified, ID, part, Form.NATIVE))
    assert len(first) == count and len(set(first)) == len(set(numbers))
    for start in range(0, count, step):
        found = looked_up(identified, ID, first[start:start + step])
        assert [one.value for one in found] == numbers[start:start + step]
    with identified.database.read() as session:
        kept = session.execute(text("SELECT count(*), max(id) - min(id) + 1 FROM identifier")).one()
    assert tuple(kept) == (len(set(numbers)),) * 2  # and the numbers are dense


def _interrupted(session: Session, department: uuid.UUID, values: list[str]) -> None:
    service.issue(session, Field(department, ID), values, Form.NATIVE)
    raise KeyboardInterrupt
