"""The crypto pages over real HTTP: maker and checker rotate a key, others are kept out."""

import json
import sqlite3
import time
import uuid
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from crypto import commands as crypto_commands
from crypto.keys import commands, doors
from crypto.persons import service as persons
from crypto.rotation import machine
from crypto.rotation.models import CryptoRotation
from kernel import clock
from kernel.approvals import service as approvals
from kernel.http import idempotency
from kernel.identity.actor import system_actor
from tests.conftest import Live
from tests.crypto.conftest import District, make_district
from tests.support.accounts import Signed

Served = tuple[Live, District]


@pytest.fixture
def served(live_server: Live) -> Served:
    return live_server, make_district(live_server.runtime.database)


@pytest.mark.requirement("S4-27")
def test_rotation_over_http(served: Served) -> None:
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


@pytest.mark.requirement("S4-27")
def test_abort_over_http_and_by_command(served: Served) -> None:
    live, district = served
    district.fill(20)
    maker, auditor = live.signed_in("security_admin"), live.signed_in("auditor")
    rotation_id = district.rotation()

    def stop(rotation: CryptoRotation) -> None:
        if rotation.state == "verify":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        machine.run(live.runtime, system_actor("test"), rotation_id, observe=stop)
    place, body = f"/crypto/rotations/{rotation_id}", {"reason": "新密钥误建"}
    assert auditor.post(f"{place}/abort", json=body).status_code == 403
    assert maker.post(f"/crypto/rotations/{uuid.uuid4()}/abort", json=body).status_code == 404
    assert maker.post(f"{place}/abort", json={"reason": ""}).status_code == 422
    assert maker.post(f"{place}/abort", json=body).status_code == 202
    command = ["abort", str(rotation_id), "--as", maker.user.username, "--reason", "新密钥误建", "--json"]
    answer = CliRunner().invoke(crypto_commands.app, [*command, "--home", str(live.runtime.home.root)])
    assert answer.exit_code == 0, answer.output
    asked = uuid.UUID(json.loads(answer.output)["approval_id"])
    live.runtime.database.run(lambda s: approvals.decide(s, district.checker, asked, approve=True))
    one = auditor.get(place).json()
    assert (one["state"], one["abort"]["state"], one["abort"]["done"]) == ("aborting", "verify", 20)
    assert one["abort"]["maker"] == maker.user.username and one["percent"] == 0
    machine.run(live.runtime, system_actor("test"), rotation_id)
    one = auditor.get(place).json()
    assert (one["state"], one["percent"], one["certificate"]["kept_key"]) == ("aborted", 100, one["old_key_id"])
    refused = maker.post(f"{place}/abort", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "crypto.rotation.state")


def test_lists_are_limited_to_the_actors_department(served: Served) -> None:
    from crypto.keys import views
    from kernel.identity.actor import Actor

    own = Actor(user_id=uuid.uuid4(), name="x", department_id=uuid.UUID(int=4), scope="own")
    assert views.reach(own) == uuid.UUID(int=4) and views.reach(Actor(None, "y", scope="all")) is None
    assert views.reach(Actor(None, "z", scope="own")) == uuid.UUID(int=0)


def test_seal_and_unseal_over_http(served: Served) -> None:
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
    _open_by_shares(live, admin, live.signed_in("security_admin"))
    started = time.monotonic()
    assert len(live.runtime.database.run(lambda s: persons.read(s, [1, 2]), write=False)) == 2
    assert time.monotonic() - started < 5
    from sqlalchemy import select

    from kernel.audit.models import AuditLog

    with live.runtime.database.read() as session:
        actions = list(session.scalars(select(AuditLog.action)))
        details = list(session.scalars(select(AuditLog.detail)))
    assert actions.count("crypto.root.unseal") == 1 and secret not in str(details)
    assert actions.count("crypto.root.share") == 5 and actions.count("crypto.root.seal") == 2
    assert actions.count("crypto.root.refused") == 5  # wrong, twice another share, one given twice
    from kernel.identity.models import IdempotencyKey

    with live.runtime.database.read() as session:
        kept = list(session.scalars(select(IdempotencyKey)))
    shown = [row for row in kept if row.route.endswith("/shares")]
    assert shown and all(row.response is None for row in shown)
    # of a body with a secret not even a digest is kept
    taken = {row.body_digest for row in kept if row.route.endswith("/unseal")}
    assert taken == {live.runtime.box.mac("idempotency", b"")}

    def forget(before: datetime) -> int:
        return live.runtime.database.run(lambda s: idempotency.prune(s, before, 1000))

    assert forget(clock.now() - idempotency.KEPT_FOR) == 0 and forget(clock.now()) == len(kept)


def _new_shares(admin: Signed, second: Signed) -> list[str]:
    """Ask, agree, collect; the old way opens until two people have given theirs back."""
    body = {"threshold": 2, "shares": 3, "reason": "份额保管"}
    approval = admin.post("/crypto/unseal-policy", json=body).json()["approval_id"]
    decision = {"approve": True, "digest": second.get(f"/approvals/{approval}").json()["digest"]}
    assert second.post(f"/approvals/{approval}/decision", json=decision).status_code == 200
    assert second.post(f"/crypto/unseal-policy/{approval}/shares").status_code == 404
    key = {"Idempotency-Key": "collect"}
    shares: list[str] = admin.post(f"/crypto/unseal-policy/{approval}/shares", headers=key).json()["shares"]
    again = admin.post(f"/crypto/unseal-policy/{approval}/shares", headers=key)
    assert again.json()["code"] == "kernel.idempotency.already_issued"
    failed: list[object] = []

    def busy_once(session: Session) -> None:
        if session.new and not failed:
            failed.append(session)
            busy = sqlite3.OperationalError("busy")
            busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise OperationalError("commit", None, busy)

    event.listen(Session, "before_commit", busy_once)
    try:  # the unit of work is run again: what was given counts once
        first = admin.post("/crypto/unseal", json={"passphrase": shares[0]}).json()
    finally:
        event.remove(Session, "before_commit", busy_once)
    assert failed and (first["sealed"], first["next_need"], first["next_given"]) == (False, 2, [1])
    refused = admin.post("/crypto/unseal", json={"passphrase": shares[1]})
    assert refused.status_code == 403 and refused.json()["code"] == "crypto.share.same_person"
    assert second.post("/crypto/unseal", json={"passphrase": shares[1]}).json()["next_need"] == 0
    return shares


def _open_by_shares(live: Live, admin: Signed, second: Signed) -> None:
    """Two of three people, one after another; a second process of the same home opens with them."""
    from crypto.keys.vault import vault_of
    from kernel.db import Database
    from kernel.runtime import Runtime

    shares = _new_shares(admin, second)
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
        answer = second.post("/crypto/unseal", json={"passphrase": shares[2]})
        assert answer.status_code == 409 and answer.json()["code"] == "crypto.share.twice"
        done = second.post("/crypto/unseal", json={"passphrase": shares[0]}).json()
        assert done["sealed"] is False and [one["open"] for one in done["processes"]] == [True, True]
        assert [one["open"] for one in second.get("/crypto/processes").json()["processes"]] == [True, True]
        # the worker alone needs shares again: whoever gave one before gives no other
        vault_of(other).seal()
        assert admin.post("/crypto/unseal", json={"passphrase": shares[1]}).status_code == 403
        assert admin.post("/crypto/unseal", json={"passphrase": shares[2]}).json()["processes"][1]["given"] == [3]
    finally:
        door.close()
        other.database.close()


def test_keks_copies_and_schedules_over_http(served: Served) -> None:
    live, district = served
    admin, auditor = live.signed_in("security_admin"), live.signed_in("auditor")
    keks = auditor.get("/crypto/keks", params={"department_id": str(district.department)}).json()["items"]
    assert [(kek["state"], kek["version"], kek["keys"], kek["copies_left"]) for kek in keks] == [("active", 1, 4, 0)]
    assert "wrapped" not in str(keks)
    kek = f"/crypto/keks/{keks[0]['id']}"
    refused = admin.post(f"{kek}/destruction", json={"reason": "到期"})
    assert refused.status_code == 409 and refused.json()["code"] == "crypto.kek.state"
    assert admin.post(f"{kek}/change", json={"reason": "年度"}).status_code == 202
    assert auditor.get(kek).json() == keks[0]
    key = auditor.get("/crypto/keys", params={"department_id": str(district.department)}).json()["items"][0]
    asked = admin.post(f"/crypto/keys/{key['key_id']}/compromise", json={"reason": "疑似泄露"})
    assert asked.status_code == 202 and asked.json()["state"] == "pending"
    assert auditor.get("/crypto/overview").json()["leaked"] == []
    second, approval = live.signed_in("security_admin"), f"/approvals/{asked.json()['approval_id']}"
    decision = {"approve": True, "digest": second.get(approval).json()["digest"]}
    assert second.post(f"{approval}/decision", json=decision).status_code == 200
    (leaked,) = auditor.get("/crypto/overview").json()["leaked"]
    assert leaked["key_id"] == key["key_id"] and leaked["label"] and leaked["department"]

    body = {"kind": "dump", "location": "磁带 3", "made_at": "2026-01-02T03:04:05Z", "expires_at": None}
    copy = admin.post("/crypto/copies", json=body).json()
    assert (copy["key_store"], copy["gone_at"], copy["kind_zh"]) == (False, None, "数据库转储")
    future = admin.post("/crypto/copies", json=body | {"made_at": "2999-01-01T00:00:00Z"})
    assert future.status_code == 422 and future.json()["code"] == "crypto.copy.invalid"
    gone = admin.post(f"/crypto/copies/{copy['id']}/deletion", json={"note": "已消磁"}).json()
    assert gone["gone_at"] == gone["deleted_at"] is not None and "已消磁" in gone["note"]
    assert admin.post(f"/crypto/copies/{copy['id']}/deletion", json={"note": "已消磁"}).status_code == 422
    assert [one["id"] for one in auditor.get("/crypto/copies").json()["items"]] == [copy["id"]]

    scope = auditor.get("/crypto/scopes").json()["items"][0]
    window = {"days": "rest", "start": "22:00", "end": "06:00"}
    changed = admin.send("PUT", f"/crypto/scopes/{scope['id']}/schedule",
                         json={"rotate_every_days": 90, "window": window})
    assert (changed.json()["rotate_every_days"], changed.json()["window"]["from"]) == (90, "22:00")
    wrong = {"rotate_every_days": 90, "window": window | {"end": "22:00"}}
    refused = admin.send("PUT", f"/crypto/scopes/{scope['id']}/schedule", json=wrong)
    assert refused.json()["code"] == "crypto.window.invalid"

    policy = admin.post("/crypto/unseal-policy", json={"threshold": 2, "shares": 3, "reason": "份额保管"}).json()
    early = admin.post(f"/crypto/unseal-policy/{policy['approval_id']}/shares")
    assert early.status_code == 409 and early.json()["code"] == "kernel.approval.not_approved"
    other = admin.post(f"/crypto/unseal-policy/{asked.json()['approval_id']}/shares")
    assert other.status_code == 404
    _commands(live)


def _commands(live: Live) -> None:
    """The operator's commands on the same home; a running process is a door of its own."""
    home = ["--home", str(live.runtime.home.root), "--json"]

    def run(*arguments: str, typed: str = "", code: int = 0) -> Any:
        done = CliRunner().invoke(commands.app, [*arguments, *home], input=typed)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout[done.stdout.index("["):] if typed else done.stdout)

    made = run("add-copy", "home", "/backup/2026", "--made-at", "2026-01-02 01:00:00", "--expires-at", "2999-01-01")
    assert made["key_store"] is True and made["gone_at"] is None and made["made_at"].startswith("2026-01-01T17:00")
    assert run("copy-deleted", made["id"], "粉碎")["gone_at"] is not None
    assert len(run("copies")) == 2 and {kek["state"] for kek in run("keks")} == {"active"}
    listed = run("list")
    assert not any(row["overdue"] for row in listed) and sum(row["compromised_at"] is not None for row in listed) == 1
    assert run("processes") == []
    door = doors.Door(live.runtime, "api")
    try:
        assert [one["open"] for one in run("seal")] == [False]
        assert [one["error"] for one in run("unseal", typed="wrong\n", code=1)] == ["crypto.root.passphrase"]
        secret = (live.runtime.home.keys_dir / "dev-passphrase").read_text()
        assert [one["open"] for one in run("unseal", typed=f"{secret}\n")] == [True]
        assert [(one["process"], one["open"]) for one in run("processes")] == [("api", True)]
        assert CliRunner().invoke(commands.app, ["check-passphrase", *home], input="wrong\n").exit_code
        checked = CliRunner().invoke(commands.app, ["check-passphrase", *home], input=f"{secret}\n")
        assert checked.exit_code == 0 and json.loads(checked.stdout) == {"opens": True}
    finally:
        door.close()
