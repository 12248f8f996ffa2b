"""Codes, life and what evidence may carry."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from chain.anchoring.rules import valid_stream
from chain.apps import rules
from chain.apps.rules import Environment, Figures, Item, Life, Step

pytestmark = pytest.mark.pure
D = "sm3:" + "0a" * 32


@given(st.text(st.sampled_from("abz09-_.A "), max_size=24))
def test_every_valid_code_gives_two_streams(code: str) -> None:
    if rules.valid_code(code):
        names = {rules.stream_of(code, one) for one in Environment}
        assert len(names) == 2 and all(valid_stream(name) for name in names)
        assert names.isdisjoint({"catalog", "calllog", "audit", "reports", "keys"})


@pytest.mark.parametrize("code", ["ab", "a" * 21, "1ab", "Abc", "abc-", "a_b", "", "abc\n"])
def test_codes_refused(code: str) -> None:
    assert not rules.valid_code(code)


@given(st.lists(st.sampled_from(list(Step)), max_size=40))
def test_production_only_by_report_apply_approve(steps: list[Step]) -> None:
    life, seen = Life.REGISTERED, []
    for step in steps:
        found = rules.after(life, step)
        if found is not None:
            seen.append(step)
            life = found
    if life is Life.PRODUCTION:
        rest = [one for one in seen if one is not Step.STORE]
        assert rest[-3:] == [Step.REPORT, Step.APPLY, Step.APPROVE] and seen[0] is Step.STORE
        assert Step.APPROVE not in rest[:-1]


def test_nothing_is_asked_of_production_again() -> None:
    assert {step for step in Step if rules.after(Life.PRODUCTION, step)} == {Step.STORE}
    assert rules.after(Life.PENDING, Step.REPORT) is None and rules.after(Life.REGISTERED, Step.REPORT) is None


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        (Item(D), ""), (Item("sha256:" + "ff" * 32, "00" * 16, {"类型": "合同", "n": 3, "ok": True}, "HT-1"), ""),
        (Item("md5:" + "0a" * 16), "digest"), (Item("0a" * 32), "digest"), (Item(D.upper()), "digest"),
        (Item(D + "\n"), "digest"), (Item(D, "00" * 15), "salt"), (Item(D, "zz" * 16), "salt"),
        (Item(D, "00" * 65), "salt"), (Item(D, client_id=""), "client_id"), (Item(D, client_id="a" * 101), "client_id"),
        (Item(D, client_id="a\tb"), "client_id"), (Item(D, meta={"a b": 1}), "meta"), (Item(D, meta={"": 1}), "meta"),
        (Item(D, meta={f"k{n}": n for n in range(17)}), "meta"), (Item(D, meta={"k": "长" * 400}), "meta"),
        (Item(D, meta={"k": 2**53}), "meta"), (Item(D, meta={"k": [1]}), "meta"),
        (Item(D, meta={"k": "\ud800"}), "meta"),
        (Item(D, meta={"k": "11010519491231002X"}), "personal"), (Item(D, meta={"k": "电话13800138000。"}), "personal"),
        (Item(D, client_id="13800138000"), "personal"), (Item(D, meta={"k": 13800138000}), "personal"),
        (Item(D, meta={"k": "20261122138001380001"}), ""), (Item(D, client_id="WH2026-13800138000123"), ""),
    ],
)  # fmt: skip
def test_what_an_item_may_carry(item: Item, fault: str) -> None:
    assert rules.fault(item) == fault


def test_content_leaves_the_name_out() -> None:
    assert Item(D, client_id="1").content() == Item(D, client_id="2").content() == Item(D, meta={}).content()
    others = [Item(D, "00" * 16), Item(D, meta={"a": 1}), Item(D, meta={"a": "1"}), Item("sha256:" + "0a" * 32)]
    assert len({one.content() for one in (Item(D), *others)}) == 5
    assert Item(D).name == D and Item(D, client_id="7").name == "7"


def test_checks_of_the_test_environment() -> None:
    done = Figures(stored=1, waiting=0, repeated=1, proofs=1, callback=False, delivered=0, dead=0)
    assert all(rules.checks(done).values()) and "callback" not in rules.checks(done)
    for change in ({"stored": 0}, {"waiting": 1}, {"repeated": 0}, {"proofs": 0}, {"callback": True},
                   {"callback": True, "delivered": 2, "dead": 1}):
        seen = Figures(**{**vars(done), **change})
        assert not all(rules.checks(seen).values()), change
    assert rules.checks(Figures(1, 0, 1, 1, True, 1, 0))["callback"]
