"""OpenAPI import: what becomes a draft, what is found, what is refused before it costs anything."""

import json
import time
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.importing import reading, rules
from gateway.importing.contracts import Resolver
from kernel.errors import MulianError
from kernel.runtime import Runtime
from tests.gateway.support import District
from tests.support.scale import examples

ITEM = uuid.uuid4()
PERSON = {"type": "object", "properties": {
    "xm": {"type": "string", "title": "姓名"}, "sfzh": {"type": ["string", "null"], "title": "公民身份号码"},
    "age": {"type": "integer"}, "born": {"type": "string", "format": "date"}, "tags": {"type": "array", "items": {}},
    "出生地": {"type": "string"},
}}
DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "http://10.1.2.3:8080/api/"}],
    "paths": {
        "/persons": {"get": {"summary": "人口查询", "responses": {"200": {"$ref": "#/components/responses/Page"}}}},
        "/persons/{id}": {"get": {"responses": {"200": {"content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Person"}}}}}}},
        "/upload": {"post": {"responses": {"200": {"description": "ok"}}}},
        "/loop": {"get": {"responses": {"200": {"content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Loop"}}}}}}},
    },
    "components": {
        "schemas": {"Person": PERSON, "Loop": {"$ref": "#/components/schemas/Loop"}},
        "responses": {"Page": {"content": {"application/json": {"schema": {"type": "object", "properties": {
            "code": {"type": "integer"}, "data": {"type": "object", "properties": {
                "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}}}}}}}}}},
    },
}
YAML = """
openapi: 3.0.3
info: {title: 天气, version: 2026-01-01}
servers: [{url: "http://10.1.2.3"}]
paths:
  /weather:
    get:
      operationId: weather
      responses:
        "200":
          content:
            application/json:
              schema: {type: object, properties: {city: {type: string}, degrees: {type: number}}}
"""


@pytest.mark.pure
def test_paths_become_proposals_with_findings() -> None:
    made = rules.proposals(DESCRIPTION, server="", prefix="/xc", items={"姓名": ITEM})
    persons, twin, upload, loop = made
    assert [one.usable for one in made] == [True, False, False, False]
    assert (persons.code, persons.path, persons.name) == ("xc-persons", "/xc/persons", "人口查询")
    assert persons.definition is not None
    contract = persons.definition["contract"]
    assert persons.definition["source"]["url"] == "http://10.1.2.3:8080/api/persons"
    assert (contract["items"], contract["passthrough"]) == (["data", "rows"], ["code"])
    kinds = {one["name"]: (one["type"], one["sensitive"], one["mask"], one["item_id"]) for one in contract["fields"]}
    assert kinds == {
        "xm": ("text", True, "name", str(ITEM)), "sfzh": ("text", True, "id_number", None),
        "age": ("integer", False, "all", None), "born": ("date", False, "all", None),
    }
    texts = [one.text for one in persons.findings]
    assert any("tags" in one for one in texts) and any("出生地" in one for one in texts)
    assert any("疑似敏感" in one for one in texts)
    assert "相同" in twin.findings[-1].text
    assert all(any("没有声明" in one.text for one in other.findings) for other in (upload, loop))


@pytest.mark.pure
def test_yaml_says_the_same_and_dates_stay_text() -> None:
    document = reading.load(YAML)
    assert document["info"]["version"] == "2026-01-01"
    made = rules.proposals(document, server="https://up.example.cn/v1", prefix="", items={})
    assert [one.path for one in made] == ["/weather"] and made[0].usable
    assert made[0].definition is not None
    assert made[0].definition["source"]["url"] == "https://up.example.cn/v1/weather"
    assert {one["type"] for one in made[0].definition["contract"]["fields"]} == {"text", "number"}


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20))
HOSTILE = {
    "bytes": ('{"a": "' + "x" * 1_000_000 + '"}', "too_large"), "laughs": (LAUGHS, "aliases"),
    "anchor": ("a: &a 1\n", "aliases"), "object": ("a: !!python/object/apply:os.system ['true']\n", "aliases"),
    "tag": ("a: !!binary aGk=\n", "aliases"), "deep json": ('{"a":' + "[" * 5000 + "]" * 5000 + "}", "too_large"),
    "deep yaml": ("a: " + "[" * 5000 + "]" * 5000, "too_large"),
    "many": ('{"a":[' + "1," * 70_000 + "1]}", "too_large"),
    "wide yaml": ("a: [" + "1," * 70_000 + "1]", "too_large"),
    "http ref": ('{"a": {"$ref": "http://169.254.169.254/latest"}}', "remote"),
    "file ref": ("a: {$ref: 'file:///etc/passwd'}", "remote"),
    "near ref": ('{"a": {"$ref": "other.json#/x"}}', "remote"),
    "broken json": ('{"a": ', "unreadable"), "broken yaml": ("a: [1", "unreadable"), "list": ("[1]", "unreadable"),
    "two": ("a: 1\n---\nb: 2\n", "unreadable"), "text": ("hello", "unreadable"), "nothing": ("#", "unreadable"),
}


@pytest.mark.pure
@pytest.mark.parametrize(("text", "code"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_descriptions_are_refused_at_once(text: str, code: str) -> None:
    start = time.process_time()
    with pytest.raises(MulianError) as caught:
        reading.load(text)
    assert caught.value.code == f"gateway.import.{code}"
    assert time.process_time() - start < 2


@pytest.mark.pure
@pytest.mark.parametrize(("change", "code"), [
    ({"openapi": "2.0"}, "version"), ({"openapi": None, "swagger": "2.0"}, "version"), ({"servers": []}, "server"),
    ({"servers": [{"url": "file:///etc"}]}, "server"), ({"servers": [{"url": "/relative"}]}, "server"),
    ({"paths": {}}, "unreadable"), ({"paths": {f"/p{n}": {} for n in range(201)}}, "too_large"),
])
def test_what_is_no_usable_description_is_said(change: dict[str, Any], code: str) -> None:
    with pytest.raises(MulianError) as caught:
        rules.proposals(DESCRIPTION | change, server="", prefix="/xc", items={})
    assert caught.value.code == f"gateway.import.{code}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["get", "post", "responses", "200", "content", "application/json", "schema", "type", "items",
                         "properties", "allOf", "security", "title", "x"]), inner, max_size=4), max_leaves=20)


@pytest.mark.pure
@settings(max_examples=examples(20))
@given(st.dictionaries(
    st.sampled_from(["/a", "/a/{b}", "a", "/" + "x" * 300, "/é"]), json_values, min_size=1, max_size=3,
))
def test_no_document_of_any_shape_breaks_the_reader(paths: dict[str, Any]) -> None:
    document = {"openapi": "3.1.0", "servers": [{"url": "http://10.1.1.1"}], "paths": paths}
    for one in rules.proposals(document, server="", prefix="", items={}):
        assert one.usable or any(found.severity == "error" for found in one.findings)
    assert Resolver(document)({"$ref": "#/paths/~1a/get"}) is not None


def test_preview_writes_nothing_and_drafts_are_drafts(live_server, runtime: Runtime) -> None:
    district = District(runtime)
    engineer = live_server.signed_in("data_engineer")
    body = {"entry_id": str(district.entry_id), "text": json.dumps(DESCRIPTION), "prefix": "/xc"}
    shown = engineer.post("/gateway/imports/preview", json=body)
    assert shown.status_code == 200, shown.text
    persons = shown.json()["items"][0]
    assert persons["usable"] and engineer.get("/gateway/interfaces").json()["total"] == 0
    bound = {one["name"]: one["item_id"] for one in persons["definition"]["contract"]["fields"]}
    assert bound["xm"] == str(district.items["姓名"])
    codes = [one["code"] for one in shown.json()["items"]]
    made = engineer.post("/gateway/imports/drafts", json=body | {"codes": codes})
    assert (made.status_code, made.json()["codes"]) == (201, ["xc-persons"])
    listed = engineer.get("/gateway/interfaces").json()["items"]
    assert [(one["code"], one["shown"]) for one in listed] == [("xc-persons", "draft")]
    again = engineer.post("/gateway/imports/preview", json=body).json()["items"][0]
    assert not again["usable"] and any("已被使用" in one["text"] for one in again["findings"])
