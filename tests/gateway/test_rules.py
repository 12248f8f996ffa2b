"""Pure rules: signing vectors, field policy, nonces, quotas, grants, routes of demands, snapshots."""

import importlib.util
import json
import subprocess
import sys
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.demands.rules import CONDITIONAL, NONE, UNCONDITIONAL, Wanted, item_share_type, next_stage, route
from crypto.masking.rules import mask
from gateway.grants.rules import granted_fields, pace
from gateway.interfaces.rules import definition_fault
from gateway.policy.rules import PolicyFailed, apply, compile_policy
from gateway.signing import rules as signing
from gateway.snapshot.rules import SnapshotRefused, compile_snapshot
from kernel import canonical
from kernel.digest import sm3_hex
from tests.gateway.support import ROOT, Client, District, answer_json, field, http_definition, running

SAMPLE = ROOT / "docs" / "consumers" / "samples" / "mulian_sign.py"
VECTORS = ROOT / "docs" / "consumers" / "samples" / "vectors.json"


def _sample():
    spec = importlib.util.spec_from_file_location("mulian_sign", SAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text()), ids=lambda vector: vector["name"])
def test_vectors_hold_for_gateway_and_sample(vector: dict[str, str]) -> None:
    fields = [vector[name] for name in ("method", "path", "query")]
    rest = [vector[name] for name in ("timestamp", "nonce", "key", "version")]
    body = vector["body"].encode()
    text = signing.string_to_sign(*[one.encode() for one in fields], body, *[one.encode() for one in rest])
    assert text.decode() == vector["string_to_sign"]
    assert _sample().string_to_sign(*fields, body, *rest) == text
    assert signing.sign(vector["secret"].encode(), text).decode() == vector["signature"]
    assert signing.matches(vector["secret"].encode(), text, vector["signature"].encode())
    assert not signing.matches(b"other", text, vector["signature"].encode())


def test_the_published_sample_calls_the_gateway(district: District, upstream, runtime) -> None:
    source = upstream(answer_json({"items": [{"street": "德胜"}]}))
    district.publish("streets", "/xc/streets", http_definition(source.url, [field("street", "街道")]))
    issued = district.app()
    district.demand(issued, {"街道": False})
    with running(runtime) as gateway:
        for method, target, body in (("GET", "/xc/streets?b=2&a=%E8%A5%BF&a=1", ""), ("POST", "/xc/streets", "参数=值")):
            done = subprocess.run(
                [sys.executable, str(SAMPLE), "--url", f"http://127.0.0.1:{gateway.port}", "--key", issued.app.app_key,
                 "--secret", issued.secret, "--body", body, method, target],
                capture_output=True, text=True, check=False, timeout=60,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert "德胜" in done.stdout
        assert Client(gateway.port, issued).call("GET", "/xc/streets").status == 200


@pytest.mark.parametrize(("timestamp", "fault"), [(699, "old"), (700, ""), (1000, ""), (1030, ""), (1031, "future")])
def test_accepted_clock_difference(timestamp: int, fault: str) -> None:
    assert signing.timestamp_fault(timestamp, 1000) == fault


@given(st.lists(st.text("ab=%+", max_size=5), max_size=6))
def test_order_of_query_pieces_does_not_matter_their_bytes_do(pieces: list[str]) -> None:
    joined = signing.canonical_query("&".join(pieces).encode())
    assert joined == signing.canonical_query("&".join(reversed(pieces)).encode())
    assert sorted(joined.split(b"&")) == sorted("&".join(pieces).encode().split(b"&"))


# -- field policy ----------------------------------------------------------------------------------------------------
FIELDS = [
    field("id", type="integer"), field("name", sensitive=True, mask="name"),
    field("phone", sensitive=True, mask="phone"),
    field("secret", encrypted=True, sensitive=True, mask="id_number"),
]


def _never(column: str, key: object, text: str) -> str:
    raise PolicyFailed("no")


def test_policy_keeps_masks_and_drops() -> None:
    policy = compile_policy(FIELDS, {"id": False, "name": False, "phone": True}, items=("data", "rows"),
                            passthrough=frozenset({"total"}))
    body = json.dumps({
        "total": 1, "debug": "x", "data": {"rows": [{"id": 1, "name": "张三", "phone": "13800138000", "secret": "s",
        "x": 1}],
                                           "more": "y"},
    }).encode()
    assert json.loads(apply(policy, body, mask, _never)) == {
        "total": 1, "data": {"rows": [{"id": 1, "name": "张*", "phone": "13800138000"}]},
    }


@given(st.dictionaries(st.sampled_from(["id", "name", "phone", "secret", "other"]), st.none() | st.text(max_size=20) |
                       st.integers() | st.lists(st.text(max_size=5), max_size=2), max_size=5),
       st.sets(st.sampled_from(["id", "name", "phone"])))
def test_nothing_ungranted_or_unmasked_ever_leaves(record: dict, granted: set[str]) -> None:
    policy = compile_policy(FIELDS, dict.fromkeys(granted, False))
    try:
        out = json.loads(apply(policy, canonical.dumps([record]) if _canonical(record) else b"", mask, _never))
    except PolicyFailed:
        return
    assert set(out[0]) <= granted
    for name in ("name", "phone"):
        if isinstance(record.get(name), str) and len(record[name]) > 1 and name in out[0]:
            assert out[0][name] != record[name] or "*" in record[name]


def _canonical(record: dict) -> bool:
    try:
        canonical.dumps(record)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("body", [b"", b"[1]", b"[[{}]]", b'"x"', b"{", b'[{"id":{}}]', b'[{"name":["x"]}]',
    b'[{"secret":"x"}]',
                                  b'[{"name":true}]', b"\xff", b"NaN"])
def test_policy_refuses_what_the_contract_does_not_say(body: bytes) -> None:
    policy = compile_policy(FIELDS, {"id": False, "name": False, "secret": False})
    with pytest.raises(PolicyFailed):
        apply(policy, body, mask, _never)


# -- demands, grants, definitions, snapshots -------------------------------------------------------------------------
def test_the_strictest_item_decides_the_way_of_a_demand() -> None:
    free, hidden, closed = (
        Wanted(UNCONDITIONAL, False, False), Wanted(CONDITIONAL, True, False), Wanted(NONE, False, False),
    )
    assert route([free]) == () and route([free, hidden]) == ("provider", "bureau") and route([free, closed]) is None
    assert route([Wanted(UNCONDITIONAL, True, True)]) == ("provider", "bureau"), "in clear needs a decision"
    assert route([Wanted(None, False, False)]) == ("provider", "bureau"), "unknown is conditional"
    assert item_share_type(UNCONDITIONAL, NONE) == NONE and item_share_type(None, None) == CONDITIONAL
    assert next_stage(("provider", "bureau"), "provider") == "bureau" and next_stage(("provider", "bureau"),
        "bureau") == ""


def test_granted_fields() -> None:
    item = uuid.uuid4()
    fields = [
        field("a", "甲", item_id=str(item)), field("b", "乙", sensitive=True), field("c", "丙"), field("d", "编号"),
        field("e", "别的", sensitive=True),
    ]
    assert granted_fields(fields, {item: True}, {"乙": False}, {"甲", "乙", "丙"}) == {"a": True, "b": False, "d": False}
    assert pace(100) == (1000, 10) and pace(3_600_000) == (1_000_000, 2000) and pace(10, 5) == (5000, 10)


def test_definitions_that_are_refused() -> None:
    good = http_definition("http://10.0.0.1/x", FIELDS[:3])
    assert definition_fault(good) is None
    assert definition_fault(http_definition("ftp://a/x", FIELDS[:3]))
    assert definition_fault(http_definition("http://user:pw@a/x", FIELDS[:3]))
    assert definition_fault(http_definition("http://a/x?y=1", FIELDS[:3]))
    assert definition_fault(http_definition("http://a/x", FIELDS))
    assert definition_fault(http_definition("http://a/x", [FIELDS[0], FIELDS[0]]))
    assert definition_fault(http_definition("http://a/x", [field("a", mask="none")]))
    stream = http_definition("http://a/x")
    stream["contract"]["fields"] = [FIELDS[1]]
    assert definition_fault(stream)


@pytest.mark.parametrize("body", ["{}", '{"interfaces":[],"apps":[]}', '{"interfaces":[{}],"apps":[]}', "x"])
def test_snapshots_that_are_refused(body: str) -> None:
    with pytest.raises(SnapshotRefused):
        compile_snapshot(1, sm3_hex(body.encode()), body, lambda sealed: sealed)
    with pytest.raises(SnapshotRefused):
        compile_snapshot(1, "0" * 64, body, lambda sealed: sealed)
