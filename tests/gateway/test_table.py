"""A declared table with encrypted columns: masked unless granted, clear where granted, nothing else."""

import pytest
from sqlalchemy.orm import Session

from crypto.keys.adapters import sealed_file
from crypto.keys.vault import ensure_dev_root
from crypto.persons import service as persons
from crypto.persons.rules import Person, synthetic
from crypto.scopes import service as scopes
from gateway.policy.rules import compile_policy
from gateway.sources.table_rules import ParameterFault, build, declaration_fault
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from tests.gateway.support import Client, District, field, logged, running

FIELDS = [
    field("id", "编号", type="integer"), field("name", "姓名", sensitive=True, encrypted=True, mask="name"),
    field("id_number", "公民身份号码", sensitive=True, encrypted=True, mask="id_number"),
    field("phone", "手机号码", sensitive=True, encrypted=True, mask="phone"), field("updated_at", "更新时间", type="instant"),
]


def definition(department_id: object) -> dict:
    """The demo's table as an interface."""
    return {
        "methods": ["GET"], "auth": "mulian-sm3-v1", "timeout_ms": 5000, "body_limit": 0,
        "contract": {"mode": "fields", "fields": FIELDS, "items": [], "passthrough": [], "row_key": ""},
        "source": {
            "kind": "table", "table": "protected_person", "key": "id", "page_max": 100,
            "department": {"column": "dept_id", "id": str(department_id)},
            "columns": {
                "id": {"column": "id", "type": "integer"}, "name": {"column": "name_env", "type": "envelope"},
                "id_number": {"column": "id_number_env", "type": "envelope"},
                "phone": {"column": "phone_env", "type": "envelope"},
                "updated_at": {"column": "updated_at", "type": "instant"},
            },
            "parameters": [{"name": "id", "column": "id", "type": "integer", "op": "eq", "required": False}],
        },
    }


@pytest.fixture
def people(district: District, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[Person]:
    """250 synthetic persons of the provider, encrypted, and as many of another department."""
    monkeypatch.setattr(sealed_file, "_SCRYPT", {"n": 2**4, "r": 8, "p": 1})
    ensure_dev_root(runtime)
    made = synthetic(250, first_id=1)

    def fill(session: Session) -> None:
        both = [district.provider, district.consumer]
        scopes.declare(session, system_actor("test"), table="protected_person", department_ids=both)

    runtime.database.run(fill)
    runtime.database.run(lambda session: persons.insert_many(session, district.provider, made))
    others = synthetic(50, first_id=1000, seed=7)
    runtime.database.run(lambda session: persons.insert_many(session, district.consumer, others))
    return made


@pytest.mark.requirement("S4-25")
def test_masked_by_default_and_clear_only_where_granted(
    district: District, people: list[Person], runtime: Runtime,
) -> None:
    district.publish("persons", "/xc/persons", definition(district.provider))
    masked, clear = district.app("甲"), district.app("乙")
    district.demand(masked, {"姓名": False, "公民身份号码": False})
    district.demand(clear, {"公民身份号码": True})
    numbers = {person.id_number for person in people}
    with running(runtime) as gateway:
        client, seen, after, bodies = Client(gateway.port, masked), [], None, b""
        while True:
            answer = client.call("GET", "/xc/persons?size=100" + (f"&after={after}" if after else ""))
            assert answer.status == 200, answer.body
            seen += answer.json["items"]
            bodies += answer.body
            after = answer.json["next"]
            if after is None:
                break
        assert [row["id"] for row in seen] == [person.id for person in people], "own department, all, in order"
        assert set(seen[0]) == {"id", "name", "id_number", "updated_at"}
        assert all("*" in row["id_number"] and "*" in row["name"] for row in seen)
        assert not [number for number in numbers if number.encode() in bodies]
        assert b"mlc1" not in bodies
        other = Client(gateway.port, clear)
        answer = other.call("GET", f"/xc/persons?id={people[7].id}")
        assert [row["id_number"] for row in answer.json["items"]] == [people[7].id_number]
        assert set(answer.json["items"][0]) == {"id", "id_number", "updated_at"}
        for target in ("/xc/persons?idd=1", "/xc/persons?id=1&id=2", "/xc/persons?id=1%20OR%201=1",
            "/xc/persons?size=0"):
            answer = other.call("GET", target)
            assert (answer.status, answer.code) == (400, "gateway.call.parameter"), target
        assert other.call("GET", "/xc/persons?id=1000").json["items"] == [], "another department's row"
    log = "".join(str(row) for row in logged(runtime))
    assert not [number for number in numbers if number in log]


def test_a_changed_envelope_is_never_served(district: District, people: list[Person], runtime: Runtime) -> None:
    from sqlalchemy import text

    district.publish("persons", "/xc/persons", definition(district.provider))
    clear = district.app()
    district.demand(clear, {"公民身份号码": True})
    with runtime.database.write() as session:
        found = session.execute(text("SELECT id_number_env FROM protected_person WHERE id = 1")).scalar_one()
        session.execute(
            text("UPDATE protected_person SET id_number_env = :v WHERE id = 1"),
            {"v": found[:-1] + bytes([found[-1] ^ 1])},
        )
    with running(runtime) as gateway:
        answer = Client(gateway.port, clear).call("GET", "/xc/persons?id=1")
        assert (answer.status, answer.code) == (502, "gateway.call.policy")
        assert Client(gateway.port, clear).call("GET", "/xc/persons?id=2").status == 200


def test_only_granted_columns_are_selected() -> None:
    source = definition("00000000-0000-0000-0000-000000000001")["source"]
    policy = compile_policy(FIELDS, {"id": False, "id_number": False})
    sql = str(build(source, policy, b"id=5&after=3&size=2").statement)
    assert "id_number_env" in sql and "phone_env" not in sql and "name_env" not in sql
    for query in (b"id=x", b"size=-1", b"after=1;", b"%ff=1", b"x", b"id=1%00"):
        with pytest.raises(ParameterFault):
            build(source, policy, query)


def test_declarations_that_are_refused() -> None:
    good = definition("00000000-0000-0000-0000-000000000001")["source"]
    assert declaration_fault(good) == ""
    assert declaration_fault(good | {"table": "a; drop table b"})
    assert declaration_fault(good | {"key": "id--"})
    assert declaration_fault(good | {"columns": {"x": {"column": "a b", "type": "text"}}})
    assert declaration_fault(good | {"columns": {"x": {"column": "a", "type": "blob"}}})
    assert declaration_fault(good | {"page_max": 100_000})
