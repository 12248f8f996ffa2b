"""Pure parts of a contract's life: ABI values, uploads from anybody's desk, suites, digests."""

import copy
import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.contracts import binding, packages, suite
from chain.ledger import values
from chain.ledger.values import BadValue, Method
from kernel.errors import MulianError
from tests.chain.contracts.life import COUNTER_SUITE, document

pytestmark = pytest.mark.pure


def kinds(depth: int = 2) -> st.SearchStrategy[tuple[dict[str, Any], st.SearchStrategy[Any]]]:
    """Draw (ABI parameter, strategy of its JSON values in the form in which they are shown)."""
    hexes = st.binary(max_size=40).map(lambda data: "0x" + data.hex())
    plain = st.one_of(
        st.integers(1, 32).map(lambda n: (f"uint{8 * n}", st.integers(0, 2 ** (8 * n) - 1).map(str))),
        st.integers(1, 32).map(
            lambda n: (f"int{8 * n}", st.integers(-(2 ** (8 * n - 1)), 2 ** (8 * n - 1) - 1).map(str))
        ),
        st.integers(1, 32).map(
            lambda n: (f"bytes{n}", st.binary(min_size=n, max_size=n).map(lambda data: "0x" + data.hex()))
        ),
        st.just(("bool", st.booleans())), st.just(("bytes", hexes)),
        st.just(("string", st.text(st.characters(exclude_categories=["Cs"]), max_size=20))),
        st.just(("address", st.binary(min_size=20, max_size=20).map(lambda data: "0x" + data.hex()))),
    ).map(lambda pair: ({"name": "x", "type": pair[0]}, pair[1]))
    if depth == 0:
        return plain
    inner = kinds(depth - 1)
    arrays = st.tuples(inner, st.none() | st.integers(1, 3)).map(_array)
    tuples = st.lists(inner, min_size=1, max_size=3).map(_tuple)
    return plain | arrays | tuples


def _array(drawn: Any) -> tuple[dict[str, Any], Any]:
    (item, inner), size = drawn
    least, most = (0, 3) if size is None else (size, size)
    return {**item, "type": f"{item['type']}[{size or ''}]"}, st.lists(inner, min_size=least, max_size=most)


def _tuple(drawn: Any) -> tuple[dict[str, Any], Any]:
    parts = [{**item, "name": f"p{number}"} for number, (item, _) in enumerate(drawn)]
    inner = st.tuples(*(strategy for _, strategy in drawn)).map(list)
    return {"name": "x", "type": "tuple", "components": parts}, inner


@given(st.lists(kinds(), max_size=3).flatmap(
    lambda drawn: st.tuples(st.just([item for item, _ in drawn]), st.tuples(*(one for _, one in drawn)).map(list))
))
def test_values_come_back_as_they_were_given(drawn: tuple[list[dict[str, Any]], list[Any]]) -> None:
    items, given_values = drawn
    assert all(values.known_type(item["type"]) for item in items)
    encoded = values.encode_values(items, json.loads(json.dumps(given_values)))
    assert values.decode_values(items, encoded) == given_values
    method = Method("f", tuple(items), tuple(items), "view")
    assert method.encode(given_values)[4:] == encoded and method.decode(encoded) == given_values


@given(st.binary(max_size=200), kinds())
def test_any_bytes_are_decoded_or_refused(data: bytes, drawn: Any) -> None:
    try:
        shown = values.decode_values([drawn[0]], data)
    except BadValue:
        return
    json.dumps(shown)


WRONG = [
    ("uint8", 256), ("uint8", -1), ("uint8", True), ("uint8", 1.0), ("uint8", "0x"), ("uint8", None), ("int8", 128),
    ("uint256", "1e3"), ("bytes4", "0x00"), ("bytes4", "00000000"), ("bytes", "0x0"), ("bool", 1), ("bool", "true"),
    ("string", 1), ("address", "0x00"), ("address", "@nobody"), ("uint8[]", 1), ("uint8[2]", [1]), ("uint8[]", [-1]),
    ("uint8[]", [0] * 1001),
]


@pytest.mark.parametrize(("kind", "value"), WRONG)
def test_values_that_do_not_fit_are_named(kind: str, value: Any) -> None:
    with pytest.raises(BadValue) as caught:
        values.encode_values([{"name": "amount", "type": kind}], [value])
    assert caught.value.where.startswith("amount")


def test_names_numbers_and_tuples_have_several_spellings() -> None:
    who = {"name": "who", "type": "address"}
    assert values.encode_values([who], ["@a"], {"a": "0x" + "11" * 20}) == bytes.fromhex("00" * 12 + "11" * 20)
    number = {"name": "n", "type": "uint64"}
    assert {values.encode_values([number], [one]) for one in (255, "255", "0xff")} == {(255).to_bytes(32, "big")}
    pair = {"name": "p", "type": "tuple", "components": [who | {"name": "a"}, number | {"name": "b"}]}
    assert values.encode_values([pair], [{"b": 1, "a": "0x" + "22" * 20}]) == values.encode_values(
        [pair], [["0x" + "22" * 20, 1]]
    )
    for kind in ("uint", "uint7", "uint264", "bytes0", "bytes33", "fixed128x18", "function", "int8[0]", "mapping"):
        assert not values.known_type(kind), kind


def refused(code: str) -> Any:
    return pytest.raises(MulianError, match=code)


def word(call: Any) -> str:
    """Return the stable word with which something is refused."""
    with refused("chain.contract.package") as caught:
        call()
    return str(caught.value.params["what"])


def changed(path: str, value: Any, contract: str = "Counter") -> Any:
    """Return the samples with one field of a contract's output replaced (``evm.bytecode.object``)."""
    found = copy.deepcopy(document())
    at = found["output"]["contracts"][f"src/{contract}.sol"][contract]
    *parts, last = path.split(".")
    for part in parts:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return found


def test_a_build_file_is_taken_apart() -> None:
    package, source = packages.parse(document(), "Register")
    assert package.unit == "src/Register.sol" and list(package.links) == ["src/Register.sol:Sums"]
    assert package.compiler.startswith("0.8.") and package.evm_version == "london" and len(package.immutables) == 2
    assert packages.restore(json.loads(json.dumps(package.document()))) == package
    assert source["sources"].keys() == package.sources.keys()
    built = package.linked({"src/Register.sol:Sums": "0x" + "ab" * 20})
    assert built.creation.count(bytes.fromhex("ab" * 20)) == len(package.links["src/Register.sol:Sums"])
    assert word(lambda: package.linked({})) == "libraries"


HOSTILE = [
    ("evm.bytecode.object", "zz", "code"), ("evm.bytecode.object", "", "code"), ("evm.bytecode.object", 7, "code"),
    ("evm.bytecode.object", "60" * 49_153, "code"), ("evm.deployedBytecode.object", "60" * 24_577, "code"),
    ("evm.deployedBytecode.object", "ef00", "code"), ("evm.deployedBytecode.object", "600", "code"),
    ("evm.bytecode.linkReferences", {"a": {"b": [{"start": -1, "length": 20}]}}, "places"),
    ("evm.bytecode.linkReferences", {"a": {"b": [{"start": 10**9, "length": 20}]}}, "places"),
    ("evm.bytecode.linkReferences", {"a": {"b": [{"start": 0, "length": 4}]}}, "places"),
    ("evm.bytecode.linkReferences", [], "form"),
    ("evm.deployedBytecode.immutableReferences", {"1": [{"start": 10**9, "length": 32}]}, "places"),
    ("evm.methodIdentifiers", {"sum()": "00000000"}, "selectors"),
    ("storageLayout", ..., "layout_missing"), ("storageLayout", {"storage": [{"type": "x"}], "types": {}}, "layout"),
    ("abi", {}, "abi"), ("abi", [{"type": "function", "name": "f", "inputs": [], "outputs": []}], "abi"),
    ("abi", [{"type": "function", "name": "a b", "stateMutability": "view"}], "name"),
    ("abi", [{"type": "error", "name": "E", "inputs": [{"name": "x", "type": "fixed"}]}], "abi_type"),
    ("abi", [{"type": "error", "name": "E", "inputs": [{"name": "x", "type": "tuple"}]}], "abi"),
    ("abi", [{"type": "event", "name": "E", "inputs": [{"name": "x"}]}], "abi"), ("evm", ..., "form"),
    ("abi", [{"type": "function", "name": name, "stateMutability": "view"} for name in ("many_msg_babbage", "burn")] + [
        {"type": "function", "name": "collate_propagate_storage", "stateMutability": "view",
         "inputs": [{"name": "", "type": "bytes16"}]},
        {"type": "function", "name": "burn", "stateMutability": "view", "inputs": [{"name": "", "type": "uint256"}]},
    ], "selectors"),
]


@pytest.mark.parametrize(("path", "value", "what"), HOSTILE)
def test_hostile_outputs_are_refused(path: str, value: Any, what: str) -> None:
    assert word(lambda: packages.parse(changed(path, value), "Counter")) == what


def test_hostile_files_are_refused() -> None:
    assert word(lambda: packages.load(b" " * (packages.MAX_BYTES + 1))) == "size"
    assert word(lambda: packages.load(b"[" * 100_000)) == "depth"
    assert word(lambda: packages.load(b"[" * 70 + b"]" * 70)) == "depth"
    for text in (b"{", b'{"a": 1, "a": 2}', b"[NaN]", b"[1.5]", b"\xff", b"[1e999]", b"[" + b"9" * 5000 + b"]"):
        assert word(partial(packages.load, text)) == "json"
    assert word(lambda: packages.load(b'["\\u0000"]')) == "text" == word(lambda: packages.load(b'["\\ud800"]'))
    assert word(lambda: packages.load(b"[9007199254740993]")) == "number"
    good = document()
    assert word(lambda: packages.parse([], "Register")) == "form"
    assert word(lambda: packages.parse({**good, "solcLongVersion": "<script>"}, "Register")) == "compiler"
    assert word(lambda: packages.parse(good, "Nobody")) == "contract_unknown"
    assert word(lambda: packages.parse({**good, "input": {"sources": {"a": {"urls": ["/etc/passwd"]}}}}, "Register")) \
        == "source_content"
    assert word(lambda: packages.parse({**good, "input": {"sources": {"a": {"content": ""}}}}, "Register")) \
        == "source_missing"
    named = copy.deepcopy(good)
    named["input"]["sources"]["src/Register.sol"] = {"keccak256": "0x" + "ab" * 32, "urls": ["npm:x"]}
    assert packages.parse(named, "Register")[0].sources["src/Register.sol"] == "keccak256:" + "ab" * 32
    twice = copy.deepcopy(good)
    twice["output"]["contracts"]["src/Counter.sol"]["Register"] = {}
    assert word(lambda: packages.parse(twice, "Register")) == "contract_ambiguous"


def test_a_suite_that_expects_nothing_is_no_evidence() -> None:
    assert suite.parse(COUNTER_SUITE).names == ("deployer", "account", "stranger")
    for change, what in [
        ({"format": "x"}, "suite_format"), ({"cases": []}, "suite_empty"), ({"accounts": ["deployer"]}, "suite"),
        ({"accounts": ["A"]}, "suite"), ({"upgrader": "nobody"}, "suite"), ({"code": "import os"}, "suite"),
        ({"cases": [{"name": "x", "steps": [{"call": "add"}]}]}, "suite_expects_nothing"),
        ({"cases": [{"name": "x", "steps": [{"call": "add", "read": "add"}]}]}, "suite"),
        ({"cases": [{"name": "x", "steps": [{"call": "add", "from": "nobody"}]}]}, "suite"),
        ({"cases": [{"name": "x", "steps": [{"call": "add", "reverts": True, "returns": []}]}]}, "suite"),
        ({"cases": [{"name": "x", "steps": [{"call": "add", "shell": "ls"}]}]}, "suite"),
        ({"cases": [{"name": "x", "steps": [{"advance": 0}]}]}, "suite"),
        ({"cases": [COUNTER_SUITE["cases"][0]] * 2}, "suite"),  # type: ignore[index]
    ]:
        assert word(partial(suite.parse, COUNTER_SUITE | change)) == what


FACTS = {"name": "Register", "version": "1", "kind": "plain", "fork": "london", "arguments": ["@account", 10],
         "initialiser": None, "libraries": {"src/Register.sol:Sums": "Sums"}}
REPORT = {"gas": [], "deployment": {"gas": 1}, "passed": True}


def test_the_digest_binds_every_part() -> None:
    package = packages.parse(document(), "Register")[0]
    first = binding.version_digest(FACTS, package, COUNTER_SUITE, REPORT)
    assert first == binding.version_digest(FACTS, package, COUNTER_SUITE, REPORT) and first.startswith("sm3:1:")
    others = [
        binding.version_digest(FACTS | {key: value}, package, COUNTER_SUITE, REPORT) for key, value in [
            ("name", "R"), ("version", "2"), ("kind", "uups"), ("fork", "cancun"), ("arguments", ["@account", 11]),
            ("initialiser", {"method": "open", "arguments": []}), ("libraries", {}),
        ]
    ]
    fields = package.document()
    for name, value in fields.items():
        other = {
            str: lambda text: ("61" + text[2:]) if name in ("creation", "runtime") else text + "x",
            dict: lambda one: {**one, "more": []}, list: lambda one: one[1:],
        }[type(value)](value)
        others.append(binding.version_digest(FACTS, packages.Package(**{**fields, name: other}), COUNTER_SUITE, REPORT))
    others += [
        binding.version_digest(FACTS, package, COUNTER_SUITE | {"accounts": []}, REPORT),
        binding.version_digest(FACTS, package, COUNTER_SUITE, REPORT | {"gas": [1]}),
        binding.version_digest(FACTS, package, COUNTER_SUITE, REPORT | {"passed": False}),
    ]
    # the places of libraries in runtime code follow from the code that is bound
    assert len({first, *others}) >= len(others)
