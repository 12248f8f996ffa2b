"""The two doors and files of identifiers over HTTP."""

import json
import time
import uuid
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crypto.identifiers import batches
from crypto.identifiers.models import IdentifierBatch
from crypto.masking.rules import mask
from gateway.apps import service as apps_service
from gateway.signing import rules as signing
from kernel import clock
from kernel.jobs import runner
from tests.crypto.conftest import make_district
from tests.crypto.test_lookups import NAME, SYSTEM, Desk


def signed(secret: str, key: str, path: str, body: bytes, nonce: str) -> dict[str, str]:
    stamp = str(int(time.time()))
    string = signing.string_to_sign(
        b"POST", path.encode(), b"", body, stamp.encode(), nonce.encode(), key.encode(), b"1"
    )
    return {
        "X-Mulian-Key": key, "X-Mulian-Key-Version": "1", "X-Mulian-Timestamp": stamp, "X-Mulian-Nonce": nonce,
        "X-Mulian-Signature": signing.sign(secret.encode(), string).decode(), "Content-Type": "application/json",
    }


@pytest.mark.requirement("S4-21")
def test_files_and_doors_over_http(live_server: Any) -> None:
    desk = Desk(make_district(live_server.runtime.database), 12)
    own = desk.district.department
    engineer, colleague = (live_server.signed_in("data_engineer", department_id=own) for _ in range(2))
    lines = ["姓名,证件号", *(f"{p.name},{p.id_number}" for p in desk.people), "某人,不是号码", "空,"]
    query = {"field": NAME, "filename": "名册.csv", "key": "k1", "column": "证件号"}
    octets = {"Content-Type": "application/octet-stream"}
    path, data = "/crypto/identifiers/batches", "\n".join(lines).encode("gb18030")
    sent = engineer.send("POST", path, params=query, content=data, headers=octets)
    assert sent.status_code == 202, sent.text
    again = engineer.send("POST", path, params=query, content=data, headers=octets)
    assert again.json()["id"] == sent.json()["id"]
    other = engineer.send("POST", path, params=query, content=data + b"\n", headers=octets)
    assert (other.status_code, other.json()["code"]) == (409, "crypto.identifier.batch_key")
    absent = engineer.send("POST", path, params=query | {"column": "无此列", "key": "k3"}, content=data, headers=octets)
    bad = engineer.send("POST", path, params=query | {"filename": "名册.xlsx", "key": "k2"}, content=data, headers=octets)
    assert bad.json()["code"] == "crypto.identifier.file_invalid"
    cut = engineer.send("POST", path, params=query | {"key": "k4"}, content=data, headers=octets).json()
    assert engineer.post(f"/jobs/{cut['job_id']}/cancel").status_code == 200
    assert engineer.get(f"{path}/{cut['id']}").json()["state"] == "failed"  # its job ended before its body began
    batches.sweep(live_server.runtime)
    assert not (live_server.runtime.home.files_dir / "identifiers" / uuid.UUID(cut["id"]).hex).exists()
    batch = f"{path}/{sent.json()['id']}"
    assert engineer.post(f"{batch}/file").json()["code"] == "crypto.identifier.batch_state"
    stored = b"".join(one.read_bytes() for one in (live_server.runtime.home.files_dir / "identifiers").rglob("input"))
    assert stored and desk.numbers[0].encode() not in stored
    while (held := runner.claim(live_server.runtime)) is not None:
        runner.execute(live_server.runtime, held, runner.context_of(live_server.runtime, held))
    assert engineer.get(f"{path}/{absent.json()['id']}").json()["state_zh"] == "已失败"
    done = engineer.get(batch).json()
    assert (done["state"], done["total"], done["done"], done["created"], done["refused"]) == ("done", 14, 14, 1, 1)
    table = engineer.post(f"{batch}/file").content.decode("utf-8-sig").splitlines()
    assert table[1] == f"1,{desk.tokens[0]},已有" and table[13].endswith("新签发") and table[14] == "14,,空值"
    assert colleague.post(f"{batch}/file").status_code == 404
    assert engineer.post(f"{batch}/file", params={"kind": "xlsx"}).content.startswith(b"PK")
    live_server.runtime.database.run(lambda session: expire(session))
    assert engineer.post(f"{batch}/file").json()["code"] == "crypto.identifier.batch_gone"

    officer = live_server.signed_in("data_officer", department_id=own)
    admin = live_server.signed_in("department_admin", department_id=own)
    naive = {
        "grantee_id": str(desk.district.other), "business": "承接", "purpose_code": "C", "fields": {NAME: False},
        "directions": ["value"], "persons_day": 1, "per_minute": 1, "expires_at": "2099-01-01T00:00:00",
    }
    assert admin.post("/crypto/lookups/grants", json=naive).status_code == 422
    body = {"field": NAME, "direction": "value", "items": desk.tokens[:2], "reason": "核对", "ticket": "GD-1"}
    shown = officer.post("/crypto/lookups/manual", json=body).json()
    assert shown["masked"] and shown["items"][0]["value"] == mask("id_number", desk.numbers[0])
    clear = officer.post("/crypto/lookups/manual", json=body | {"clear": True}).json()
    assert clear["items"][1]["value"] == desk.numbers[1]
    assert engineer.post("/crypto/lookups/manual", json=body).status_code == 403
    many = body | {"items": ["x"] * 201}
    assert {officer.post(f"/crypto/lookups/{door}", json=many).status_code for door in ("manual", "manual/requests")} \
        == {422}
    key = {"Idempotency-Key": "asked once"}
    asked, again, other = (
        officer.post("/crypto/lookups/manual/requests", json=body | {"items": desk.tokens[:count]}, headers=key)
        for count in (3, 3, 4))
    assert asked.json() == again.json() and other.json()["code"] == "kernel.idempotency.reused"
    unknown = officer.post("/crypto/lookups/manual/requests", json=body | {"field": "住址"})
    assert unknown.json()["code"] == "crypto.identifier.field_unknown"

    made = desk.database.run(lambda session: apps_service.create(
        session, SYSTEM, name="津贴系统", department_id=desk.district.other
    ))
    listed = admin.get("/crypto/lookups/apps", params={"q": "贴系"}).json()
    assert listed == {"more": False, "items": [{
        "id": str(made.app.id), "name": "津贴系统", "department_id": str(desk.district.other), "department": "单位1",
        "system_name": None,
    }]}
    for words, count in (("", 1), ("单位1", 1), (str(made.app.id), 1), (made.app.app_key.upper(), 1), ("津%", 0)):
        assert len(admin.get("/crypto/lookups/apps", params={"q": words}).json()["items"]) == count, words
    assert officer.get("/crypto/lookups/apps").status_code == 403
    grant = naive | {"expires_at": "2099-01-01T00:00:00Z", "grantee_id": None}
    nobody = admin.post("/crypto/lookups/grants", json=grant | {"app_id": str(own)})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "crypto.lookup.app_unknown") and nobody.json()["fix"]
    desk.grant(app_id=made.app.id)
    wanted = json.dumps({
        "department_id": str(own), "field": NAME, "direction": "value", "items": desk.tokens[:5], "operator_id": "E1",
        "purpose_code": "JT-01", "case_number": "BJ-1",
    }).encode()
    url = "/api/v1/crypto/lookups/system"
    headers = signed(made.secret, made.app.app_key, url, wanted, "a" * 16)
    client = live_server.client()
    first = client.post(url, content=wanted, headers=headers)
    assert [one["value"] for one in first.json()["items"]] == [mask("id_number", one) for one in desk.numbers[:5]]
    assert client.post(url, content=wanted, headers=headers).json()["code"] == "crypto.lookup.replay"
    changed = client.post(url, content=wanted.replace(b"E1", b"E2"), headers=headers)
    assert changed.json()["code"] == "gateway.call.signature"
    assert client.post(url, content=wanted, headers={"Content-Type": "application/json"}).status_code == 401
    fast = json.loads(wanted) | {"items": desk.tokens[:12] * 10}
    content = json.dumps(fast).encode()
    limited = client.post(url, content=content, headers=signed(made.secret, made.app.app_key, url, content, "b" * 16))
    assert (limited.status_code, limited.json()["code"]) == (429, "crypto.lookup.rate")
    auditor = live_server.signed_in("auditor")
    looks = auditor.get("/crypto/lookups/log").json()["items"]
    assert [(one["door"], one["refused"]) for one in looks] == [
        ("system", "crypto.lookup.rate"), ("system", None), ("manual", None), ("manual", None)
    ]
    who = auditor.post("/crypto/lookups/who", json={"value": desk.numbers[1], "reason": "信访"}, headers=key).json()
    another = auditor.post("/crypto/lookups/who", json={"value": desk.numbers[2], "reason": "信访"}, headers=key)
    assert another.json()["code"] == "kernel.idempotency.already_issued"
    assert who["known"] and [one["reference"] for one in who["looks"]] == ["BJ-1", "GD-1", "GD-1"]
    assert officer.post("/crypto/lookups/who", json={"value": desk.numbers[1], "reason": "信访"}).status_code == 403


def expire(session: Session) -> None:
    for row in session.scalars(select(IdentifierBatch)):
        row.expires_at = clock.now()
