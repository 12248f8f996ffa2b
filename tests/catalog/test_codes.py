"""Codes: lists as tokens, number profiles, resource codes, counters that never give a number twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.codes import lists, patterns, rules
from catalog.codes.service import allocate
from kernel.db import Database
from kernel.identity.rules import uscc_check, uscc_valid


@pytest.mark.parametrize("code", ["91110000802100433B", "914403001922038216", "91330100799655058B"])
def test_published_credit_codes_pass(code: str) -> None:
    assert uscc_valid(code)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 30))
def test_one_changed_character_of_a_credit_code_is_noticed(body: str, place: int, step: int) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    code = body + uscc_check(body)
    other = alphabet[(alphabet.index(body[place]) + step) % 31]
    assert uscc_valid(code)
    assert not uscc_valid(code[:place] + other + code[place + 1 :])


def test_every_label_and_alias_reads_back_to_its_token() -> None:
    for key, one in lists.code_lists().items():
        for token in one.tokens:
            for text in (token.zh, token.en, *token.aliases, f" {token.zh} "):
                assert lists.parse(key, text) == token.token
        assert len(one.values) == len(one.tokens)


def test_a_bare_number_needs_a_named_profile() -> None:
    with pytest.raises(lists.BareNumber):
        lists.parse("share_type", "1")
    assert lists.parse("share_type", "1", "unconditional-first") == "unconditional"
    assert lists.parse("share_type", "１", "conditional-first") == "conditional"
    with pytest.raises(lists.UnknownLabel):
        lists.parse("share_type", "随便")


@pytest.mark.parametrize(("code", "good"), [
    ("307001/000123", True), ("1000000/1", True), ("407001/1", False), ("307001", False), ("307001/", False),
    ("30700/1", False), ("307001/1234567890123", False), ("307001/12a", False), ("307001/1\n", False),
])
def test_resource_codes(code: str, good: bool) -> None:
    assert rules.resource_code_valid(code) is good


def test_codes_of_each_level() -> None:
    assert rules.provisional_code("N-0a1b2c3d4e5f", 7) == "P-N-0a1b2c3d4e5f-000007"
    assert rules.is_provisional("P-N-0a1b2c3d4e5f-000007")
    assert not rules.is_provisional(rules.resource_code("307001", 3))
    assert rules.front_code("307001/000003") == "307001"
    held = patterns.Patterns({})
    table = held.make("db_table", held.make("system", "A", 2), 3)
    assert table == "X-A-002-T0003" and held.make("db_column", table, 1) == "X-A-002-T0003.C001"
    assert held.make("data_item", "307001/000003", 12) == "307001/000003#012" and held.make("duty", "A", 1) == "Z-A-001"
    with pytest.raises(ValueError, match="class part"):
        rules.resource_code("999", 1)


def test_numbers_grow_and_are_never_given_twice(database: Database) -> None:
    seen: list[int] = []
    for count in (1, 5, 2):
        seen.extend(database.run(lambda s, n=count: list(allocate(s, "data_entry:A", n))))  # type: ignore[misc]
    assert seen == list(range(1, 9))
    assert database.run(lambda s: list(allocate(s, "data_entry:B", 0))) == []
    assert database.run(lambda s: allocate(s, "data_entry:B")[0]) == 1
