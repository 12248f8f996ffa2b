"""Pure rules of the kernel: clock, ids, canonical JSON, digests, passwords, credit codes, errors."""

import json
import pickle
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import canonical, clock, digest, errors, ids
from kernel.errors import MulianError
from kernel.identity import passwords, rules
from kernel.identity.permissions import separation_conflict

pytestmark = pytest.mark.pure


def test_instants_are_aware_and_exact() -> None:
    moment = datetime(2026, 9, 30, 16, 0, 0, 1, tzinfo=UTC)
    assert clock.from_micros(clock.to_micros(moment)) == moment
    assert clock.iso(moment) == "2026-09-30T16:00:00.000001Z"
    assert clock.parse(clock.iso(moment)) == moment
    for refuse in (clock.to_micros, clock.iso, clock.business_day):
        with pytest.raises(ValueError, match="naive"):
            refuse(datetime(2026, 1, 1))


def test_business_days_quarters_and_months_are_beijings() -> None:
    assert clock.business_day(datetime(2026, 9, 30, 16, 0, tzinfo=UTC)) == date(2026, 10, 1)
    start, end = clock.quarter_bounds(2026, 4)
    assert (clock.iso(start), clock.iso(end)) == ("2026-09-30T16:00:00.000000Z", "2026-12-31T16:00:00.000000Z")
    assert clock.quarter_of(start) == (2026, 4)
    assert clock.quarter_of(start - timedelta(microseconds=1)) == (2026, 3)
    assert clock.day_bounds(date(2026, 10, 1))[0] == start


def test_ids_are_version_7_and_increase() -> None:
    made = [ids.new() for _ in range(5000)]
    assert all(i.version == 7 and i.variant == uuid.RFC_4122 for i in made)
    assert made == sorted(made)
    assert len(set(made)) == len(made)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1,
        2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=20,
)


@given(_json)
def test_canonical_form_round_trips_and_is_its_own_fixed_point(value: object) -> None:
    data = canonical.dumps(value)
    assert json.loads(data) == value
    assert canonical.dumps(canonical.loads(data)) == data


def test_canonical_form_of_rfc_8785() -> None:
    # section 3.2.3: keys ordered by UTF-16 code units; section 3.2.2.2: escapes
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical.dumps(keys))) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert canonical.dumps('€$\x0f\nA\'B"\\/') == '"€$\\u000f\\nA\'B\\"\\\\/"'.encode()
    assert canonical.dumps({"d": Decimal("1.50"), "t": datetime(2026, 1, 1, tzinfo=UTC)}) == (
        b'{"d":"1.50","t":"2026-01-01T00:00:00.000000Z"}'
    )


@pytest.mark.parametrize("value", [1.0, 2**53, -(2**53), "\ud800", {1: 2}, {"a": b"x"}, datetime(2026, 1, 1)])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical.dumps(value)


@pytest.mark.parametrize("data",
    [b'{"a": 1}', b'{"b":1,"a":2}', b"1.0", b'"\\u0041"', b"{} ", b'{"a":1,"a":1}', b"NaN"])
def test_other_bytes_than_the_canonical_ones_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        canonical.loads(data)


def test_sm3_vectors() -> None:
    """GB/T 32905-2016 appendix A."""
    assert digest.sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digest.sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    digest.check()


@pytest.mark.requirement("S2-19", "S2-22")
def test_password_worked_examples() -> None:
    """Requirements A.7."""
    passwords.check_policy("Mulian@2026Catalog", passwords.OPERATOR)
    for bad in ("Mulian@2026Catalo", "mulian@2026catalog!xyz", "Xicheng13800138000!Q", "Aa1!Aa1!Aa1!Aa1!Aa",
                "Xk#aaaaa-2026-Brook", "Xk#12345-Qwm-Brook-z"):
        with pytest.raises(MulianError) as caught:
            passwords.check_policy(bad, passwords.OPERATOR)
        assert caught.value.code == "identity.password.weak"
    with pytest.raises(MulianError):
        passwords.check_policy("Zhangsan@9-Brook#Elm", passwords.OPERATOR, forbidden=["zhangsan"])


@pytest.mark.requirement("S2-20", "S2-21")
def test_password_age_and_history() -> None:
    changed = datetime(2026, 10, 21, tzinfo=clock.BEIJING)
    assert not passwords.expired(changed, datetime(2026, 11, 19, 23, 59, 59, tzinfo=clock.BEIJING), passwords.OPERATOR)
    assert passwords.expired(changed, datetime(2026, 11, 20, tzinfo=clock.BEIJING), passwords.OPERATOR)
    old = passwords.hash_password("Used#Before-77-Elm")
    with pytest.raises(MulianError):
        passwords.check_history("Used#Before-77-Elm", [old], passwords.OPERATOR)


def test_credit_codes() -> None:
    """GB 32100-2015; 91350100M000100Y43 is the example that the standard's explanations use."""
    assert rules.uscc_valid("91350100M000100Y43")
    body = "11110102000052012"
    good = body + rules.uscc_check(body)
    assert rules.uscc_valid(good)
    for position in range(18):
        wrong = good[:position] + ("0" if good[position] != "0" else "1") + good[position + 1 :]
        assert not rules.uscc_valid(wrong)
    assert not rules.uscc_valid(good.lower() + "x")
    assert not rules.uscc_valid("I" * 18)


def test_separation_of_duties_is_on_permission_sets() -> None:
    assert separation_conflict(frozenset({"kernel.audit.read", "kernel.user.edit"})) is not None
    assert separation_conflict(frozenset({"kernel.audit.read", "kernel.user.read"})) is None


def test_errors_carry_code_texts_and_survive_processes() -> None:
    error = errors.MATCH_STALE(current=4)
    assert (error.code, error.status) == ("kernel.match.stale", 412)
    assert "4" in error.text("zh") and "4" in error.text("en") and error.fix("zh")
    again = pickle.loads(pickle.dumps(error))
    assert again.code == error.code and again.params == error.params
    with pytest.raises(ValueError, match="declared twice"):
        errors.define("kernel.match.stale", 400, zh="x", en="y")
