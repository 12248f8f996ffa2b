"""From registration to production over real HTTP: two persons, two streams, one credential each, proofs that verify."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from chain.anchoring import batching, streams, verify_proof
from chain.anchoring.models import AnchorLeaf
from chain.apps import callbacks, queries, usage
from chain.apps.models import ChainAppPlace
from gateway.signing import rules as signing
from kernel.audit.models import AuditLog
from kernel.leases import service as leases
from kernel.leases.leader import LEADER
from kernel.outbox.dispatcher import Dispatcher
from kernel.runtime import Runtime
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.apps.offices import BASE, Application, Office, digest
from tests.conftest import Live


@pytest.fixture
def office(live_server: Live, tmp_path: Path) -> Office:
    live_server.runtime.extras[streams.LEDGER] = FakeChain(tmp_path / "fake-chain.db")
    return Office(live_server)


def flush(office: Office) -> None:
    """Anchor what waits (the fake ledger belongs to the thread of the test)."""
    assert not batching.flush(office.runtime).errors


def deliver(runtime: Runtime) -> None:
    held = runtime.database.run(lambda session: leases.acquire(session, LEADER, "t", 60))
    dispatcher = Dispatcher(runtime, lambda: held)
    dispatcher.start_due()
    dispatcher.drain()
    assert held is not None
    runtime.database.run(lambda session: leases.release(session, held))


def ready(office: Office, application: Application) -> None:
    """Do in the test environment everything that a report asks for."""
    first = application.batch([{"digest": digest(n)} for n in range(3)], "k1").json()
    assert application.batch([{"digest": digest(n)} for n in range(3)], "k1").json()["repeated"] == 3
    flush(office)
    assert application.send("GET", f"/{first['receipts'][0]['id']}/proof").status_code == 200


def test_from_registration_to_production(office: Office) -> None:
    app = office.register("sign", accounts=["0x" + "Ab" * 20])
    app_id = app["id"]
    assert (app["life"], app["places"][0]["stream"], app["accounts"]) == ("registered", "test.sign", ["0x" + "ab" * 20])
    trial = office.issue(app_id)
    assert trial.send("GET", "/status").json()["quota"] == 20_000
    early = office.contact.post(f"/chain/apps/{app_id}/reports", json={"conclusion": "通过"})
    assert (early.status_code, early.json()["code"]) == (409, "chain.app.test")
    no_place = office.contact.post(f"/chain/apps/{app_id}/credentials", json={"environment": "production"})
    assert no_place.json()["code"] == "chain.app.place" and no_place.json()["fix"]
    ready(office, trial)
    shown = office.contact.get(f"/chain/apps/{app_id}").json()
    assert shown["life"] == "testing" and set(shown["checks"].values()) == {True}

    apply = f"/chain/apps/{app_id}/application"
    assert office.contact.post(apply, json={"daily_quota": 5}).json()["code"] == "chain.app.state"
    report = office.contact.post(f"/chain/apps/{app_id}/reports", json={"conclusion": "联调通过"}).json()
    assert report["number"] == 1 and report["content"]["stored"] == 3 and report["content"]["repeated"] == 3
    asked = office.contact.post(apply, json={"daily_quota": 5}).json()
    assert office.contact.get(f"/chain/apps/{app_id}").json()["approval_id"] == asked["approval_id"]
    assert office.decide(asked["approval_id"], approve=False).status_code == 200
    assert office.contact.get(f"/chain/apps/{app_id}").json()["life"] == "testing"
    office.contact.post(f"/chain/apps/{app_id}/reports", json={"conclusion": "补充说明后再次申请"})
    asked = office.contact.post(apply, json={"daily_quota": 5}).json()
    assert office.contact.post(f"/approvals/{asked['approval_id']}/decision", json={
        "digest": "sm3:1:" + "0" * 64, "approve": True}).status_code in (403, 404, 409)
    done = office.decide(asked["approval_id"])
    assert done.status_code == 200, done.text
    shown = office.contact.get(f"/chain/apps/{app_id}").json()
    assert shown["life"] == "production" and [one["stream"] for one in shown["places"]] == ["test.sign", "app.sign"]

    real = office.issue(app_id, "production")
    assert real.key != trial.key
    wrong = real.batch([{"digest": digest(1)}], stream="test.sign")
    assert (wrong.status_code, wrong.json()["code"]) == (403, "chain.evidence.stream")
    stored = real.send("POST", "", {"stream": "app.sign", "digest": digest(1), "client_id": "HT-1", "salt": "5a" * 16,
                                    "meta": {"类型": "合同"}})
    assert stored.status_code == 201 and stored.json()["environment"] == "production"
    number = stored.json()["id"]
    assert real.send("GET", f"/{number}/proof").json()["code"] == "chain.anchor.not_final"
    assert trial.send("GET", f"/{number}").status_code == 404
    flush(office)
    proof = real.send("GET", f"/{number}/proof").content
    trust = office.live.client().get("/api/v1/chain/trust").content
    assert verify_proof.verify(proof, trust).status == "authenticated"
    record = json.loads(proof)["record"]
    assert record["digest"] == digest(1) and record["environment"] == "production" and record["salt"] == "5a" * 16
    assert real.send("GET", f"?digest={digest(1)}").json()["items"][0]["state"] == "anchored"

    # 公开核验: production only, and only while the application allows it
    ask = office.live.client()
    assert ask.post(f"{BASE}/check", json={"digest": digest(1)}).json()["items"][0]["application"] == "电子签章"
    assert not ask.post(f"{BASE}/check", json={"digest": digest(2)}).json()["found"]
    quota = real.batch([{"digest": digest(n)} for n in range(10, 15)])
    assert (quota.status_code, quota.json()["code"]) == (429, "chain.evidence.quota")
    assert real.batch([{"digest": digest(n)} for n in range(10, 14)]).status_code == 201
    more = {"environment": "production", "daily_quota": 50, "reason": "业务量增加"}
    asked = office.contact.post(f"/chain/apps/{app_id}/quota", json=more).json()
    assert office.decide(asked["approval_id"]).status_code == 200
    assert real.batch([{"digest": digest(14)}]).status_code == 201
    days = office.bureau.get(f"/chain/apps/{app_id}/use", params={"environment": "production"}).json()["items"]
    assert len(days) == 30 and {k: days[-1][k] for k in ("stored", "refused", "proofs")} == {
        "stored": 6, "refused": 5, "proofs": 1}
    with office.runtime.database.read() as session:
        use = queries.use_per_unit(session, usage.today(), usage.today())
        actions = set(session.scalars(select(AuditLog.action).where(AuditLog.action.startswith("chain."))))
    assert [(one.environment, one.apps, one.stored) for one in use] == [("production", 1, 6), ("test", 1, 3)]
    assert {"chain.app.register", "chain.app.credential.issue", "chain.app.promote", "chain.evidence.store"} <= actions


def test_exactly_once(office: Office) -> None:
    trial = office.issue(office.register()["id"])
    items = [{"digest": digest(n), "client_id": f"n{n}"} for n in range(4)]
    first = trial.batch(items, "key")
    again = trial.batch(items, "key")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert [one["id"] for one in first.json()["receipts"]] == [one["id"] for one in again.json()["receipts"]]
    assert trial.batch(items[:1], "key").json()["code"] == "kernel.idempotency.reused"
    # the same digests without a key, and twice within one call
    mixed = trial.batch([*items, {"digest": digest(9), "client_id": "n9"}, {"digest": digest(9), "client_id": "n9"}])
    assert (mixed.json()["accepted"], mixed.json()["repeated"]) == (1, 5)
    clash = trial.batch([{"digest": digest(50)}, {"digest": digest(51), "client_id": "n1"}])
    assert (clash.status_code, clash.json()["code"]) == (409, "chain.evidence.conflict")
    assert not trial.send("GET", f"?digest={digest(50)}").json()["items"]
    # another application may use the same key and the same numbers
    other = office.issue(office.register("other")["id"])
    assert other.batch(items, "key").status_code == 201
    with office.runtime.database.read() as session:
        counts = dict(session.execute(
            select(AnchorLeaf.stream, func.count()).group_by(AnchorLeaf.stream)).tuples().all())
    assert counts == {"test.sign": 5, "test.other": 4}
    page = trial.send("GET", "?size=3").json()
    assert len(page["items"]) == 3
    assert len(trial.send("GET", f"?size=3&after={page['next']}").json()["items"]) == 2


def test_who_may_store(office: Office) -> None:
    app = office.register()
    trial = office.issue(app["id"])
    anonymous = office.live.client()
    body = {"stream": "test.sign", "digest": digest(1)}
    assert anonymous.post(BASE, json=body).status_code == 422  # the five headers are missing
    # an answer given under a key opens nothing without the signature
    assert trial.send("POST", "", body, "k").status_code == 201
    bare = {f"X-Mulian-{name}": "1" * 16 for name in ("Key", "Key-Version", "Timestamp", "Nonce", "Signature")}
    assert anonymous.post(BASE, json=body, headers=bare | {"Idempotency-Key": "k"}).status_code == 401
    assert trial.send("POST", "", body, **{"X-Mulian-Signature": "0" * 64}).json()["code"] == "gateway.call.signature"
    personal = {"digest": digest(1), "meta": {"a": "13800138000"}}
    for item, reason in (({"digest": "00"}, "digest"), (personal, "personal")):
        refused = trial.batch([{"digest": digest(3)}, item])
        assert (refused.status_code, refused.json()["params"]) == (422, {"number": 1, "reason": reason})
    assert trial.batch([{"digest": digest(n)} for n in range(1001)]).status_code == 422
    assert trial.batch([]).status_code == 422
    assert trial.batch([{"digest": digest(1), "meta": {"a": 1.5}}]).status_code == 422
    # another department's contact sees nothing of it
    assert office.stranger.get(f"/chain/apps/{app['id']}").status_code == 404
    assert office.stranger.get("/chain/apps").json()["total"] == 0
    assert office.contact.get("/chain/apps", params={"q": "签章"}).json()["total"] == 1
    taken = office.stranger.post("/chain/apps", json={"code": "sign", "name": "x", "system_name": "x", "purpose": "x",
                                                      "contact": "x"})
    assert taken.json()["code"] == "chain.app.taken"
    paused = office.bureau.post(f"/chain/apps/{app['id']}/suspension", json={"reason": "核查"})
    assert paused.json()["suspended"] == "核查"
    assert trial.send("POST", "", body).json()["code"] == "chain.evidence.suspended"
    assert office.bureau.post(f"/chain/apps/{app['id']}/suspension", json={"reason": "x"}).status_code == 409
    office.bureau.post(f"/chain/apps/{app['id']}/resumption", json={"reason": "核查完毕"})
    assert trial.send("POST", "", body).status_code == 200
    second = office.issue(app["id"])
    assert (second.key, second.version) == (trial.key, "2")
    office.contact.post(f"/chain/apps/{app['id']}/credentials/test/1/revocation")
    assert trial.send("GET", "/status").json()["code"] == "gateway.call.key_unknown"
    assert second.send("GET", "/status").json()["stream"] == "test.sign"


class Receiver:
    """A callback address: keeps what it gets, answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/chain/notify?from=mulian"


def test_callbacks(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime, receiver = office.runtime, Receiver()
    app_id = office.register()["id"]
    trial, path = office.issue(app_id), f"/chain/apps/{app_id}/callback"
    bad = office.contact.send("PUT", path, json={"environment": "test", "url": "ftp://x/"})
    assert bad.json()["code"] == "kernel.outbound.url_invalid"
    assert office.contact.post(f"{path}s", json={"environment": "test"}).json()["code"] == "chain.app.no_callback"
    office.contact.send("PUT", path, json={"environment": "test", "url": receiver.url})
    assert office.contact.post(f"{path}s", json={"environment": "test"}).status_code == 202
    deliver(runtime)  # a private address that nobody declared is not called
    listed = office.contact.get(f"{path}s").json()["items"][0]
    assert listed["state"] == "pending" and "127.0.0.1" in listed["last_error"] and not receiver.got

    monkeypatch.setattr(runtime, "settings", runtime.settings.model_copy(update={"outbound_allow": "127.0.0.0/8"}))
    monkeypatch.setattr(callbacks, "PART", 2)
    runtime.database.run(lambda session: session.execute(text("UPDATE outbox SET next_at = 0")))
    deliver(runtime)
    assert json.loads(receiver.got[0][2])["event"] == "trial"
    stored = trial.batch([{"digest": digest(n), "client_id": f"c{n}"} for n in range(3)]).json()["receipts"]
    flush(office)
    for _ in range(3):
        deliver(runtime)
    target, headers, body = receiver.got[1]
    events = [json.loads(one[2]) for one in receiver.got[1:]]
    assert [event["part"] for event in events] == [0, 1] and {event["parts"] for event in events} == {2}
    items = [item for event in events for item in event["items"]]
    assert {one["id"] for one in items} == {one["id"] for one in stored}
    assert [one["index"] for one in items] == [0, 1, 2]
    # signed by the application's own secret, as its calls are
    where, _, query = target.partition("?")
    text_signed = signing.string_to_sign(
        b"POST", where.encode(), query.encode(), body, headers["x-mulian-timestamp"].encode(),
        headers["x-mulian-nonce"].encode(), trial.key.encode(), b"1",
    )
    assert signing.matches(trial.secret.encode(), text_signed, headers["x-mulian-signature"].encode())
    assert headers["x-mulian-event"] == events[0]["id"]

    receiver.status = 500
    trial.batch([{"digest": digest(9)}])
    flush(office)
    deliver(runtime)
    runtime.database.run(lambda session: session.execute(
        text("UPDATE outbox SET attempts = 11, next_at = 0 WHERE state = 'pending'")))
    deliver(runtime)
    dead = office.contact.get(f"{path}s").json()["items"][0]
    assert dead["state"] == "dead" and "500" in dead["last_error"]
    shown = office.contact.get(f"/chain/apps/{app_id}").json()
    assert shown["places"][0]["callback_dead"] == 1 and shown["checks"]["callback"] is False
    unit = office.bureau.get("/chain/units", params={"q": ""}).json()["items"]
    assert {one["state"] for one in unit if one["department_id"] == str(office.department)} == {"failing"}
    assert office.stranger.post(f"{path}s/{dead['id']}/settlement", json={}).status_code == 404
    receiver.status = 204
    assert office.contact.post(f"{path}s/{dead['id']}/settlement", json={}).json()["items"][0]["state"] == "pending"
    deliver(runtime)
    assert office.contact.get(f"/chain/apps/{app_id}").json()["checks"]["callback"] is True
    with runtime.database.read() as session:
        place = session.scalars(select(ChainAppPlace)).one()
        assert queries.totals(session, place.id)["callbacks"] == 4
    receiver.server.shutdown()


@pytest.mark.requirement("S4-29")
def test_unit_health(office: Office) -> None:
    items = {one["department_id"]: one for one in office.bureau.get("/chain/units").json()["items"]}
    assert items[str(office.department)]["state"] == "silent"
    trial = office.issue(office.register()["id"])
    trial.batch([{"digest": digest(n)} for n in range(3)])

    def now() -> dict[str, Any]:
        found: dict[str, Any] = office.bureau.get("/chain/units").json()["items"]
        return next(one for one in found if one["department_id"] == str(office.department))

    waiting = now()
    assert (waiting["state"], waiting["waiting"], waiting["apps"]) == ("waiting", 3, 1) and waiting["oldest_waiting_at"]
    office.runtime.database.run(lambda session: session.execute(
        text("UPDATE anchor_leaf SET created_at = created_at - 3600000000")))
    assert now()["state"] == "late"
    flush(office)
    done = now()
    assert (done["state"], done["waiting"], done["records"]) == ("ok", 0, 3) and done["last_anchored_at"]
    assert done["node"] is None and done["oldest_waiting_at"] is None
    admin = office.live.signed_in("department_admin", department_id=office.other)
    assert [one["department_id"] for one in admin.get("/chain/units").json()["items"]] == [str(office.other)]
