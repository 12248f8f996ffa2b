"""A declared table with columns of both forms of envelopes: a caller cannot tell them apart."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from crypto.keys.adapters import sealed_file
from crypto.keys.vault import ensure_dev_root
from crypto.masking.rules import mask
from crypto.scopes.types import ClearText
from kernel.db import Database
from kernel.runtime import Runtime
from tests.crypto import keyed
from tests.gateway.support import Client, District, field, logged, running

TABLE = keyed.TextEnvelopes.__tablename__
ROWS = 130


def number(code: int) -> str:
    """Return a row's 公民身份号码, of a region that there is not."""
    return f"110199199001{code:06d}"


def person(code: int) -> str:
    """Return a row's name."""
    return f"王{'一二三四五六七八九十'[code % 10]}某"


def definition(department_id: uuid.UUID) -> dict[str, Any]:
    """The table as an interface: nothing in it says which form a column has."""
    fields = [
        field("code", "编号", type="integer"),
        field("name", "姓名", sensitive=True, encrypted=True, mask="name"),
        field("id_number", "公民身份号码", sensitive=True, encrypted=True, mask="id_number"),
    ]
    return {
        "methods": ["GET"], "auth": "mulian-sm3-v1", "timeout_ms": 5000, "body_limit": 0,
        "contract": {"mode": "fields", "fields": fields, "items": [], "passthrough": [], "row_key": ""},
        "source": {
            "kind": "table", "table": TABLE, "key": "code", "page_max": 100,
            "department": {"column": "dept_id", "id": str(department_id)},
            "columns": {
                "code": {"column": "code", "type": "integer"}, "name": {"column": "name_env", "type": "envelope"},
                "id_number": {"column": "value_env", "type": "envelope"},
            },
            "parameters": [{"name": "code", "column": "code", "type": "integer", "op": "eq", "required": False}],
        },
    }


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """An installation on each database."""
    assert database.runtime is not None
    return database.runtime


@pytest.fixture
def table(district: District, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rows of the provider, the last without a value, and one of another department."""
    monkeypatch.setattr(sealed_file, "_SCRYPT", {"n": 2**4, "r": 8, "p": 1})
    ensure_dev_root(runtime)

    def fill(session: Session) -> None:
        session.add_all(keyed.TextEnvelopes(
            code=code, dept_id=district.provider, name_env=ClearText(person(code)),
            value_env=ClearText(number(code)) if code < ROWS else None,
        ) for code in range(1, ROWS + 1))
        session.add(keyed.TextEnvelopes(
            code=9_000, dept_id=district.consumer, name_env=ClearText("旁"), value_env=ClearText(number(9_000))))

    with keyed.declared(runtime.database, keyed.TextEnvelopes, [district.provider, district.consumer]):
        runtime.database.run(fill)
        yield


def stored(runtime: Runtime, code: int) -> str:
    """Return what the column really holds."""
    with runtime.database.read() as session:
        found: str = session.execute(text(f"SELECT value_env FROM {TABLE} WHERE code = :c"), {"c": code}).scalar_one()
    return found


def put(runtime: Runtime, code: int, value: str) -> None:
    """Write as somebody does who goes by the program, where the fence lets it."""
    with runtime.database.write() as session:
        session.execute(text(f"UPDATE {TABLE} SET value_env = :v WHERE code = :c"), {"v": value, "c": code})


def spoil(runtime: Runtime) -> tuple[int, int, int]:
    """Give row 1 the text of row 2, row 2 another key in front of its own, row 3 another tag, past the fence."""
    second, third = stored(runtime, 2), stored(runtime, 3)
    with runtime.database.write() as session:
        if runtime.database.dialect == "sqlite":
            fences = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
            for name in session.execute(fences, {"table": TABLE}).scalars().all():
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER"))
    put(runtime, 1, second)
    put(runtime, 2, f"mlc1.{int(second[5:13], 16) + 1:08x}{second[13:]}")
    put(runtime, 3, third[:-3] + ("A" if third[-3] != "A" else "B") + third[-2:])
    return 1, 2, 3


@pytest.mark.usefixtures("table")
@pytest.mark.requirement("S4-25")
def test_text_envelopes_are_masked_unless_granted(district: District, runtime: Runtime) -> None:
    """And a text that is no envelope of its row is never served: its page fails, the others do not."""
    district.publish("people", "/xc/people", definition(district.provider))
    masked, clear = district.app("甲"), district.app("乙")
    district.demand(masked, {"姓名": False, "公民身份号码": False})
    district.demand(clear, {"公民身份号码": True})
    assert stored(runtime, 1).startswith("mlc1.")
    with running(runtime) as gateway:
        client, seen, bodies, after = Client(gateway.port, masked), list[Any](), b"", ""
        while after is not None:
            answer = client.call("GET", "/xc/people?size=100" + (f"&after={after}" if after else ""))
            assert answer.status == 200, answer.body
            seen, bodies, after = seen + answer.json["items"], bodies + answer.body, answer.json["next"]
        assert seen == [
            {"code": code, "name": mask("name", person(code)),
             "id_number": mask("id_number", number(code)) if code < ROWS else None} for code in range(1, ROWS + 1)
        ]
        assert b"mlc1" not in bodies and not any(number(code).encode() in bodies for code in range(1, ROWS))
        other = Client(gateway.port, clear)
        assert other.call("GET", "/xc/people?code=7").json["items"] == [{"code": 7, "id_number": number(7)}]
        assert other.call("GET", f"/xc/people?code={ROWS}").json["items"] == [{"code": ROWS, "id_number": None}]
        assert other.call("GET", "/xc/people?code=9000").json["items"] == [], "another department's row"
        for code in spoil(runtime):
            answer = other.call("GET", f"/xc/people?code={code}")
            assert (answer.status, answer.code) == (502, "gateway.call.policy"), code
        assert other.call("GET", "/xc/people?code=4").json["items"] == [{"code": 4, "id_number": number(4)}]
    log = "".join(str(row) for row in logged(runtime))
    assert not any(number(code) in log for code in range(1, ROWS)) and "mlc1" not in log
