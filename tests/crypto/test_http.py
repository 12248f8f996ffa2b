"""The crypto pages over real HTTP: maker and checker rotate a key, others are kept out."""

import time
import uuid

import pytest

from crypto.persons import service as persons
from crypto.rotation import machine
from kernel.identity.actor import system_actor
from tests.crypto.conftest import District, make_district


@pytest.fixture
def served(live_server) -> tuple[object, District]:  # type: ignore[no-untyped-def]
    return live_server, make_district(live_server.runtime.database)


@pytest.mark.requirement("S4-27")
def test_rotation_over_http(served) -> None:  # type: ignore[no-untyped-def]
    live, district = served
    people = district.fill(30)
    maker, checker, auditor = (live.signed_in(role) for role in ("security_admin", "security_admin", "auditor"))
    overview = auditor.get("/crypto/overview").json()
    assert overview["sealed"] is False and overview["certified"] is False and overview["scopes"] == 6
    assert any("开发配置" in item["zh"] for item in overview["warnings"])
    scopes = auditor.get("/crypto/scopes", params={"department_id": str(district.department)}).json()
    assert scopes["total"] == 3
    scope = next(item for item in scopes["items"] if item["column"] == "id_number_env")
    assert scope["label"] == "公民身份号码" and scope["overdue"] is False and scope["rotation_id"] is None
    body = {"scope_id": scope["id"], "reason": "年度例行更换"}
    assert auditor.post("/crypto/rotations", json=body).status_code == 403
    asked = maker.post("/crypto/rotations", json=body)
    assert asked.status_code == 202, asked.text
    approval = asked.json()["approval_id"]
    decide = {"approve": True, "opinion": "同意"}
    from kernel.approvals import service as approvals
    from kernel.identity.actor import Actor

    person = Actor(user_id=checker.user.id, name="checker", permissions=frozenset({"crypto.key.approve"}), scope="all")
    live.runtime.database.run(lambda s: approvals.decide(s, person, uuid.UUID(approval), **decide))
    listed = auditor.get("/crypto/rotations").json()["items"]
    assert [item["state"] for item in listed] == ["planned"] and listed[0]["percent"] == 0
    machine.run(live.runtime, system_actor("test"), uuid.UUID(listed[0]["id"]))
    one = auditor.get(f"/crypto/rotations/{listed[0]['id']}").json()
    assert one["state"] == "retired" and one["percent"] == 100 and one["certificate"]["rows"] == 30
    keys = auditor.get("/crypto/keys", params={"department_id": str(district.department)}).json()
    assert [item["state"] for item in keys["items"] if item["purpose"] == "enc"].count("retired") == 1
    assert "wrapped" not in keys["items"][0]
    read = live.runtime.database.run(lambda s: persons.read(s, [p.id for p in people]), write=False)
    assert read == people


def test_lists_are_limited_to_the_actors_department(served) -> None:  # type: ignore[no-untyped-def]
    from crypto.keys import views
    from kernel.identity.actor import Actor

    own = Actor(user_id=uuid.uuid4(), name="x", department_id=uuid.UUID(int=4), scope="own")
    assert views.reach(own) == uuid.UUID(int=4) and views.reach(Actor(None, "y", scope="all")) is None
    assert views.reach(Actor(None, "z", scope="own")) == uuid.UUID(int=0)


def test_seal_and_unseal_over_http(served) -> None:  # type: ignore[no-untyped-def]
    live, district = served
    district.fill(2)
    admin, auditor = live.signed_in("security_admin"), live.signed_in("auditor")
    assert admin.post("/crypto/seal").json()["sealed"] is True
    assert auditor.get("/crypto/overview").json()["sealed"] is True
    wrong = admin.post("/crypto/unseal", json={"passphrase": "wrong"})
    assert wrong.status_code == 422 and wrong.json()["code"] == "crypto.root.passphrase"
    secret = (live.runtime.home.keys_dir / "dev-passphrase").read_text()
    assert auditor.post("/crypto/unseal", json={"passphrase": secret}).status_code == 403
    opened = admin.post("/crypto/unseal", json={"passphrase": secret}).json()
    assert opened["sealed"] is False and [one["process"] for one in opened["processes"]] == ["api"]
    _open_by_shares(live, admin)
    started = time.monotonic()
    assert len(live.runtime.database.run(lambda s: persons.read(s, [1, 2]), write=False)) == 2
    assert time.monotonic() - started < 5
    from sqlalchemy import select

    from kernel.audit.models import AuditLog

    with live.runtime.database.read() as session:
        actions = list(session.scalars(select(AuditLog.action)))
        details = list(session.scalars(select(AuditLog.detail)))
    assert actions.count("crypto.root.unseal") == 1 and secret not in str(details)
    assert actions.count("crypto.root.share") == 2 and actions.count("crypto.root.seal") == 2


def _open_by_shares(live, admin) -> None:  # type: ignore[no-untyped-def]
    """Two of three people, one after another; a second process of the same home opens with them."""
    from crypto.keys import doors
    from crypto.keys.vault import vault_of
    from kernel.db import Database
    from kernel.runtime import Runtime

    shares = vault_of(live.runtime).provider.share(2, 3)
    other = Runtime(settings=live.runtime.settings, home=live.runtime.home,
                    database=Database(live.runtime.database.url), box=live.runtime.box)
    # a socket of another process: its pid is another one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doors.os, "getpid", lambda: 1)
        door = doors.Door(other, "worker")
    try:
        admin.post("/crypto/seal")
        assert vault_of(other).provider.is_open() is False
        first = admin.post("/crypto/unseal", json={"passphrase": shares[2]}).json()
        assert first["sealed"] is True
        assert [(one["process"], one["given"], one["need"]) for one in first["processes"]] == [
            ("api", [3], 2), ("worker", [3], 2)]
        again = admin.post("/crypto/unseal", json={"passphrase": shares[0]})
        assert again.status_code == 403 and again.json()["code"] == "crypto.share.same_person"
        second = live.signed_in("security_admin")
        answer = second.post("/crypto/unseal", json={"passphrase": shares[2]})
        assert answer.status_code == 409 and answer.json()["code"] == "crypto.share.twice"
        done = second.post("/crypto/unseal", json={"passphrase": shares[0]}).json()
        assert done["sealed"] is False and [one["open"] for one in done["processes"]] == [True, True]
        assert [one["open"] for one in second.get("/crypto/processes").json()["processes"]] == [True, True]
    finally:
        door.close()
        other.database.close()
