"""The storage gate, by its rules and on compiled contracts."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_sc import slots
from contracts_sc.artifacts import artifact
from contracts_sc.build import UNITS
from contracts_sc.layout import Finding, breaks, compare
from tests.chain.contracts.upgrades import next_version

pytestmark = pytest.mark.pure

SIZES = {
    "uint8": 1, "uint64": 8, "int64": 8, "address": 20, "contract I": 20, "enum K": 1, "uint256": 32, "bytes32": 32,
}


def type_of(label: str, types: dict[str, Any]) -> str:
    """Enter a value type and return its id, as solc writes them."""
    name = "t_" + label.replace(" ", "_")
    types[name] = {"encoding": "inplace", "label": label, "numberOfBytes": str(SIZES[label])}
    return name


def layout(*variables: tuple[str, str], base: int = 0) -> dict[str, Any]:
    """Lay out value variables (name, type) as the compiler does."""
    types: dict[str, Any] = {}
    storage, at = [], base * 32
    for label, kind in variables:
        size = SIZES[kind]
        if at % 32 + size > 32:
            at += 32 - at % 32
        storage.append({"label": label, "slot": str(at // 32), "offset": at % 32, "type": type_of(kind, types)})
        at += size
    return {"storage": storage, "types": types}


def wrapped(inner: dict[str, Any], *, into: str) -> dict[str, Any]:
    """Return a layout whose one variable is a struct of the variables, or a mapping or an array of it."""
    size = max(int(item["slot"]) for item in inner["storage"]) * 32 + 32
    types = inner["types"] | {
        "t_key": {"encoding": "inplace", "label": "bytes32", "numberOfBytes": "32"},
        "t_struct": {"encoding": "inplace", "label": "struct S", "numberOfBytes": str(size),
                     "members": inner["storage"]},
        "t_map": {"encoding": "mapping", "label": "mapping(bytes32 => struct S)", "numberOfBytes": "32",
                  "key": "t_key", "value": "t_struct"},
        "t_list": {"encoding": "dynamic_array", "label": "struct S[]", "numberOfBytes": "32", "base": "t_struct"},
    }
    return {"storage": [{"label": "all", "slot": "0", "offset": 0, "type": "t_" + into}], "types": types}


def gap(words: int, slot: int, *before: tuple[str, str]) -> dict[str, Any]:
    made = layout(*before)
    made["types"]["t_gap"] = {"encoding": "inplace", "label": f"uint256[{words}]", "numberOfBytes": str(words * 32),
                              "base": type_of("uint256", made["types"])}
    made["storage"].append({"label": "_gap", "slot": str(slot), "offset": 0, "type": "t_gap"})
    return made


def rules(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.path) for finding in compare(old, new)]


OLD = layout(("a", "uint256"), ("b", "uint64"), ("c", "address"))


@pytest.mark.parametrize(("new", "expected"), [
    (layout(("a", "uint256"), ("b", "uint64"), ("c", "address")), []),
    (layout(("a", "uint256"), ("b", "uint64"), ("c", "address"), ("d", "uint8")), [("added", "d")]),
    (layout(("a", "uint256"), ("b", "uint64"), ("c", "address"), ("d", "bytes32")), [("added", "d")]),
    (layout(("a", "uint256"), ("b", "uint64")), [("removed", "c")]),
    (layout(("a", "uint256"), ("c", "address"), ("b", "uint64")), [("moved", "b"), ("moved", "c")]),
    (layout(("n", "uint256"), ("a", "uint256"), ("b", "uint64"), ("c", "address")),
     [("moved", "a"), ("moved", "b"), ("moved", "c"), ("overlap", "n")]),
    (layout(("a", "bytes32"), ("b", "uint64"), ("c", "address")), [("retyped", "a")]),
    (layout(("a", "uint256"), ("b", "int64"), ("c", "address")), [("retyped", "b")]),
    (layout(("a", "uint256"), ("b", "uint64"), ("c", "contract I")), [("same_bytes", "c")]),
    (layout(("a", "uint256"), ("better", "uint64"), ("c", "address")), [("renamed", "b")]),
    (layout(("a", "uint256"), ("b", "uint64"), ("c", "address"), base=1),
     [("moved", "a"), ("moved", "b"), ("moved", "c")]),
    (layout(("a", "uint256"), ("n", "uint8"), ("b", "uint64"), ("c", "address")),
     [("moved", "b"), ("moved", "c"), ("overlap", "n")]),
    # another meaning in the same place under another name is a removal and an intruder
    (layout(("a", "uint256"), ("n", "int64"), ("c", "address")), [("removed", "b"), ("overlap", "n")]),
])
def test_rules_for_plain_variables(new: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert rules(OLD, new) == expected
    severities = [finding.severity for finding in compare(OLD, new)]
    assert severities == sorted(severities)
    assert breaks(compare(OLD, new)) == any(rule not in ("added", "renamed", "same_bytes") for rule, _ in expected)


@pytest.mark.parametrize(("into", "path"), [("struct", "all."), ("map", "all.value."), ("list", "all[].")])
def test_members_are_compared_wherever_a_struct_lies(into: str, path: str) -> None:
    old = layout(("x", "bytes32"), ("y", "bytes32"))
    turned = layout(("y", "bytes32"), ("x", "bytes32"))
    assert rules(wrapped(old, into=into), wrapped(turned, into=into)) == [("moved", path + "x"), ("moved", path + "y")]
    within = layout(("x", "bytes32"), ("y", "bytes32"), ("z", "uint8"))
    longer = rules(wrapped(old, into=into), wrapped(within, into=into))
    # a mapping's values lie alone; an array's stand shoulder to shoulder
    assert longer == ([("stride", "all")] if into == "list" else [("added", path + "z")])


def test_a_struct_that_grows_pushes_what_follows() -> None:
    def followed(inner: dict[str, Any], slot: int) -> dict[str, Any]:
        made = wrapped(inner, into="struct")
        made["storage"].append({"label": "last", "slot": str(slot), "offset": 0, "type": "t_key"})
        return made

    old = followed(layout(("x", "bytes32")), 1)
    new = followed(layout(("x", "bytes32"), ("y", "bytes32")), 2)
    assert ("moved", "last") in rules(old, new)


def test_a_reserve_gives_room_at_its_front() -> None:
    old = gap(10, 1, ("a", "uint256"))
    assert rules(old, gap(9, 2, ("a", "uint256"), ("b", "uint256"))) == [("gap_used", "_gap"), ("added", "b")]
    assert ("moved", "_gap") in rules(old, gap(10, 2, ("a", "uint256"), ("b", "uint256")))
    assert ("moved", "_gap") in rules(old, gap(8, 2, ("a", "uint256"), ("b", "uint256")))
    assert rules(old, layout(("a", "uint256"), ("b", "uint256"))) == [("added", "b")]


def test_enums_and_contracts_are_their_bytes() -> None:
    assert rules(layout(("k", "enum K")), layout(("k", "uint8"))) == [("retyped", "k")]
    assert rules(layout(("k", "contract I")), layout(("k", "address"))) == [("same_bytes", "k")]


def test_mappings_that_hold_themselves_end() -> None:
    made = wrapped(layout(("x", "bytes32")), into="map")
    made["types"]["t_struct"]["members"].append({"label": "more", "slot": "1", "offset": 0, "type": "t_map"})
    assert compare(made, copy.deepcopy(made)) == []


def test_a_finding_is_a_sentence_in_both_languages() -> None:
    found = Finding("moved", "_entries", "slot 0 byte 0", "slot 1 byte 0")
    assert found.text() == "_entries 从 slot 0 byte 0 移到 slot 1 byte 0：旧值将读不到"
    assert found.text("en") == "_entries moved from slot 0 byte 0 to slot 1 byte 0: its value is lost"


@given(st.lists(st.sampled_from(sorted(SIZES)), max_size=8), st.lists(st.sampled_from(sorted(SIZES)), max_size=4))
def test_what_is_appended_never_breaks_and_every_old_value_stays_where_it_was(old: list[str], more: list[str]) -> None:
    before = layout(*((f"v{n}", kind) for n, kind in enumerate(old)))
    after = layout(*((f"v{n}", kind) for n, kind in enumerate(old + more)))
    found = compare(before, after)
    assert [finding.rule for finding in found] == ["added"] * len(more)
    back = compare(after, before)
    assert [finding.rule for finding in back] == ["removed"] * len(more)


@given(st.lists(st.sampled_from(sorted(SIZES)), min_size=1, max_size=6), st.lists(
    st.tuples(st.sampled_from(["v0", "v1", "v2", "n0", "n1"]), st.sampled_from(sorted(SIZES))),
    max_size=6, unique_by=lambda pair: pair[0],
))
def test_without_a_break_every_old_byte_is_read_with_its_type_or_not_at_all(
    old: list[str], new: list[tuple[str, str]]
) -> None:
    before, after = layout(*((f"v{n}", kind) for n, kind in enumerate(old))), layout(*new)
    if breaks(compare(before, after)):
        return
    meaning = {
        int(item["slot"]) * 32 + item["offset"] + byte: (item["type"], byte)
        for item in before["storage"] for byte in range(SIZES[before["types"][item["type"]]["label"]])
    }
    for item in after["storage"]:
        for byte in range(SIZES[after["types"][item["type"]]["label"]]):
            was = meaning.pop(int(item["slot"]) * 32 + item["offset"] + byte, None)
            kinds = {"t_address", "t_contract_I"}
            assert was is None or (was[1] == byte and (was[0] == item["type"] or {was[0], item["type"]} == kinds))
    assert not meaning, "an old value lost its variable"


def test_next_versions_of_a_registry() -> None:
    now = artifact("CatalogRegistry").storage_layout
    appended = compare(now, next_version("CatalogAppended").storage_layout)
    assert [(finding.rule, finding.path) for finding in appended] == [("added", "_mark")]
    clashing = compare(now, next_version("CatalogClashing").storage_layout)
    assert [(finding.rule, finding.path) for finding in clashing] == [
        ("moved", "_entries"), ("moved", "_offers"), ("overlap", "_mark"),
    ]
    struct = compare(now, next_version("CatalogStruct").storage_layout)
    assert [(finding.rule, finding.path) for finding in struct] == [
        ("moved", "_entries.value.department"), ("moved", "_entries.value.digest"),
    ]


def test_every_contract_is_compatible_with_itself_and_with_no_other() -> None:
    layouts = {name: artifact(name).storage_layout for name in UNITS if name != "ERC1967Proxy"}
    for name, mine in layouts.items():
        for other, theirs in layouts.items():
            assert breaks(compare(mine, theirs)) == (name != other)


@pytest.mark.parametrize("name", ["CatalogRegistry", "InterfaceRegistry", "NodeRegistry", "ReleaseRegistry"])
def test_storage_of_governed_contracts_begins_at_their_namespace(name: str) -> None:
    storage = artifact(name).storage_layout["storage"]
    assert int(storage[0]["slot"]) == slots.namespace(f"mulian.{name}")
    assert [item["label"] for item in storage[:3]] == ["_roles", "_frozen", "_governedGap"]
    # vectors of ERC-7201 itself and of OpenZeppelin's Initializable
    assert slots.namespace("example.main") == 0x183A6125C38840424C4A85FA12BAB2AB606C4B6D0E7CC73C0C06BA5300EAB500
    assert slots.namespace("openzeppelin.storage.Initializable") == (
        0xF0C57E16840DF040F15088DC2F81FE391C3923BEC73E23A9662EFC9C229C6A00
    )
