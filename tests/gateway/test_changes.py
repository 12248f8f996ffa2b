"""Pure rules: what breaks callers, which state people read, what the test environment invents, who gets a canary."""

import copy
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.interfaces.changes import breaking
from gateway.interfaces.rules import shown_state
from gateway.snapshot.rules import Canary, Route
from gateway.sources import synthetic
from tests.gateway.support import field, http_definition
from tests.support.scale import examples

pytestmark = pytest.mark.pure
FIELDS = [field("name", "姓名", sensitive=True, mask="name"), field("street", "街道"), field("age", "年龄", type="integer")]
BASE = http_definition("http://10.1.1.1/x", FIELDS)
TABLE = BASE | {"source": {"kind": "table", "parameters": [
    {"name": "street", "column": "s", "type": "text", "op": "eq", "required": False},
]}}


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one place changed; "contract.fields.0.type" names it."""
    made = copy.deepcopy(base)
    place: Any = made
    *above, last = path.split(".")
    for key in above:
        place = place[int(key)] if isinstance(place, list) else place[key]
    place[int(last) if isinstance(place, list) else last] = value
    return made


@pytest.mark.parametrize(("base", "path", "value", "words"), [
    (BASE, "methods", ["GET"], "HEAD"), (BASE, "auth", "appkey", "认证方式"), (BASE, "body_limit", 10, "请求体上限"),
    (BASE, "contract.fields", FIELDS[1:], "去掉字段 name"), (BASE, "contract.fields.2.type", "text", "age 的类型"),
    (BASE, "contract.fields.1.sensitive", True, "street 改为缺省脱敏"), (BASE, "contract.items", ["rows"], "位置"),
    (BASE, "contract.passthrough", [], "total"), (BASE, "contract.mode", "stream", "返回方式"),
    (TABLE, "source.parameters", [], "去掉参数 street"), (TABLE, "source.parameters.0.op", "ge", "参数 street 的含义"),
    (TABLE, "source.parameters.0.required", True, "street 成为必填"),
    (BASE, "source", TABLE["source"], "位置"),
    (BASE | {"accepts": [{"profile": "x-client-id", "addresses": ["10.0.0.0/8"]}]}, "accepts", [], "x-client-id"),
    (BASE | {"accepts": [{"profile": "x-client-id", "addresses": ["10.0.0.0/8"]}]}, "accepts",
     [{"profile": "x-client-id", "addresses": ["10.1.0.0/16"]}], "x-client-id"),
])
def test_what_breaks_callers_is_named(base: dict[str, Any], path: str, value: Any, words: str) -> None:
    reasons = breaking(base, changed(base, path, value))
    assert any(words in one for one in reasons), reasons


@pytest.mark.parametrize(("base", "path", "value"), [
    (BASE, "source.url", "http://10.1.1.2/y"), (BASE, "timeout_ms", 1),
    (BASE, "methods", ["GET", "HEAD", "POST", "PUT"]),
    (BASE, "contract.fields", [*FIELDS, field("more", "更多")]), (BASE, "contract.fields.0.sensitive", False),
    (BASE, "contract.fields", FIELDS[::-1]), (BASE, "contract.fields.1.title", "街"), (BASE, "body_limit", 1 << 20),
    (BASE, "accepts", [{"profile": "x-client-id", "addresses": ["10.0.0.0/8"]}]),
    (TABLE, "source.parameters", [*TABLE["source"]["parameters"],
                                  {"name": "a", "column": "a", "type": "text", "op": "eq", "required": False}]),
])
def test_what_callers_do_not_notice_breaks_nobody(base: dict[str, Any], path: str, value: Any) -> None:
    assert breaking(base, changed(base, path, value)) == []


@pytest.mark.parametrize(("state", "opened", "ends", "shown"), [
    ("draft", "draft", None, "draft"), ("draft", "testing", None, "testing"), ("draft", "submitted", None, "submitted"),
    ("draft", "returned", None, "draft"), ("published", None, None, "published"),
    ("published", "testing", None, "published"), ("published", None, date(2026, 1, 1), "ending"),
    ("retired", None, date(2026, 1, 1), "retired"),
])
def test_the_state_that_people_read(state: str, opened: str | None, ends: date | None, shown: str) -> None:
    assert shown_state(state, opened, ends) == shown


def test_synthetic_answers_follow_the_contract_and_belong_to_nobody() -> None:
    fields = [
        field("id_number", "公民身份号码", sensitive=True, mask="id_number"), field("when", "时间", type="instant"),
        field("phone", "手机号码", encrypted=True, mask="phone"), field("n", "数", type="number"), *FIELDS,
    ]
    definition = http_definition("http://10.1.1.1/x", fields)
    definition["contract"]["items"] = ["data", "rows"]
    answer = json.loads(synthetic.answer("persons", definition))
    rows = answer["data"]["rows"]
    assert len(rows) == 3 == answer["total"] and all(set(row) == {one["name"] for one in fields} for row in rows)
    assert all(row["id_number"][0] == "7" and row["phone"][:3] == "100" for row in rows), "assigned to nobody"
    assert [row["age"] for row in rows] == [1, 2, 3] and rows[0]["street"] == "样例街道1"
    assert synthetic.answer("persons", definition) == synthetic.answer("persons", definition)
    table = changed(definition, "source", {"kind": "table"})
    assert set(json.loads(synthetic.answer("persons", table))) == {"items", "next"}
    assert json.loads(synthetic.answer("x", http_definition("http://10.1.1.1/x")))["模拟数据"] == "x"


@settings(max_examples=examples(6, 100))
@given(st.integers(0, 999), st.integers(0, 10**9))
def test_a_share_is_exact_over_a_thousand_turns(share: int, start: int) -> None:
    def route(code: str) -> Route:
        return Route(code, b"/x", frozenset(), "appkey", "mock", {}, 0, 1.0, False)

    whole, part = route("whole"), route("part")
    whole.canary = Canary(part, share, frozenset({b"friend"}), start)
    served = [whole.serving(b"anybody") is part for turn in range(1000)]
    assert sum(served) == share
    assert whole.serving(b"friend") is part and part.serving(b"anybody") is part
