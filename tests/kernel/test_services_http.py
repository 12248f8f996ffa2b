"""The kernel's services over real HTTP: what each reader sees, refusals, the event stream."""

import json
import threading
import uuid
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.approvals.registry import approval_kind
from kernel.approvals.service import propose
from kernel.files.registry import attachable
from kernel.identity.actor import Actor
from kernel.jobs import runner, service
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job
from kernel.notices.service import notify
from tests.conftest import Live
from tests.support.accounts import Signed

approval_kind("test.http", checker_permission="kernel.case.edit", zh="测试审批", en="Test approval")
attachable("test.http", lambda session, actor, object_id, verb: None)
PDF = b"%PDF-1.7\n%%EOF\n"


@job("test.http", zh="演示任务", en="Demo job")
def _body(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    ctx.log("一行日志")
    for n in range(20):
        ctx.progress(n, 20, f"第 {n} 步")
        threading.Event().wait(0.05)
    return {"ok": True}


def _actor(client: Signed) -> Actor:
    return Actor(user_id=client.user.id, name=client.user.display_name, department_id=client.user.department_id)


def _enqueue(live: Live, client: Signed) -> uuid.UUID:
    return live.runtime.database.run(lambda s: service.enqueue(s, _actor(client), "test.http", {}).id)


def test_job_list_log_cancel_and_stream(live_server: Live) -> None:
    owner, other, operator = (live_server.signed_in(role) for role in ("data_officer", "data_officer", "operator"))
    job_id = _enqueue(live_server, owner)
    assert owner.get("/jobs").json()["items"][0]["title"] == {"zh": "演示任务", "en": "Demo job"}
    assert other.get("/jobs", params={"scope": "department"}).json()["total"] == 0
    assert other.get(f"/jobs/{job_id}").status_code == 404
    assert other.get(f"/jobs/{job_id}/events").status_code == 404
    assert other.post(f"/jobs/{job_id}/cancel").status_code == 404
    assert operator.get("/jobs", params={"scope": "department"}).json()["total"] == 1

    def run() -> None:
        held = runner.claim(live_server.runtime)
        assert held is not None
        ctx = runner.context_of(live_server.runtime, held)
        done = threading.Event()

        def beats() -> None:
            while not done.wait(0.2):
                runner.beat(live_server.runtime, held, ctx)
        beat = threading.Thread(target=beats)
        beat.start()
        runner.execute(live_server.runtime, held, ctx)
        done.set()
        beat.join()

    worker = threading.Thread(target=run)
    worker.start()
    percents, ended = [], False
    with owner.http.stream("GET", f"/api/v1/jobs/{job_id}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("data: {\"id\""):
                percents.append(json.loads(line[6:])["percent"])
            ended = ended or line == "event: end"
    worker.join()
    assert ended
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert len(set(percents)) >= 3, "progress was seen on the way"
    assert owner.get(f"/jobs/{job_id}/log").json()["items"][0]["text"] == "一行日志"
    late = owner.post(f"/jobs/{job_id}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "kernel.job.finished")
    second = _enqueue(live_server, owner)
    assert owner.post(f"/jobs/{second}/cancel").json()["state"] == "cancelled"


def test_approval_over_http(live_server: Live) -> None:
    maker, checker, stranger = (live_server.signed_in(role) for role in ("operator", "operator", "data_officer"))
    approval = live_server.runtime.database.run(lambda s: propose(
        s, _actor(maker), kind="test.http", params={"n": 1}, title_zh="部署合约", title_en="Deploy"
    ))
    path = f"/approvals/{approval.id}"
    assert stranger.get(path).status_code == 404
    assert maker.get("/approvals").json()["total"] == 0
    assert maker.get("/approvals", params={"view": "mine"}).json()["total"] == 1
    assert stranger.get("/approvals", params={"view": "all"}).status_code == 403
    task = checker.get("/tasks").json()["items"][0]
    assert (task["source"], task["id"], task["title"]["zh"]) == ("approvals", str(approval.id), "部署合约")
    shown = checker.get(path).json()
    assert shown["may_decide"] is True and maker.get(path).json()["may_decide"] is False
    body = {"approve": True, "digest": shown["digest"]}
    same = maker.post(f"{path}/decision", json=body)
    assert (same.status_code, same.json()["code"]) == (403, "kernel.approval.same_person")
    wrong = checker.post(f"{path}/decision", json={**body, "digest": "sm3:1:00"})
    assert wrong.json()["code"] == "kernel.approval.mismatch"
    assert checker.post(f"{path}/decision", json=body).json()["state"] == "approved"
    assert checker.get("/approvals", params={"view": "decided"}).json()["total"] == 1
    assert checker.get("/tasks").json()["total"] == 0
    auditor = live_server.signed_in("auditor")
    trail = auditor.get("/audit", params={"object_id": str(approval.id)}).json()
    assert [line["action"] for line in trail["items"]] == ["kernel.approval.approve", "kernel.approval.propose"]
    one = trail["items"][0]["id"]
    assert [line["id"] for line in auditor.get("/audit", params={"line_id": one}).json()["items"]] == [one]
    assert auditor.post("/audit/verifications").status_code == 202
    assert maker.get("/audit").status_code == 403


def test_notices_over_http(live_server: Live) -> None:
    one, two = live_server.signed_in("operator"), live_server.signed_in("data_officer")
    live_server.runtime.database.run(lambda s: notify(s, role="operator", title_zh="值守提醒", title_en="Duty"))
    (notice,) = one.get("/notices", params={"unread": True}).json()["items"]
    assert two.get("/notices").json()["total"] == 0
    assert two.post(f"/notices/{notice['id']}/read").status_code == 404
    assert one.post(f"/notices/{notice['id']}/read").status_code == 204
    assert one.get("/notices", params={"unread": True}).json()["total"] == 0
    assert one.post("/notices/read").json() == {"marked": 0}


def test_case_over_http_needs_if_match(live_server: Live) -> None:
    operator, supervisor = live_server.signed_in("operator"), live_server.signed_in("supervisor")
    made = operator.post("/cases", json={"type": "event", "title": "接口超时"})
    assert made.status_code == 201
    case = made.json()
    assert made.headers["etag"] == '"1"'
    path = f"/cases/{case['id']}"
    assert operator.post(f"{path}/notes", json={"text": "看过"}).status_code == 428
    assert operator.send("POST", f"{path}/notes", json={"text": "看过"}, headers={"If-Match": '"9"'}).status_code == 412
    noted = operator.send("POST", f"{path}/notes", json={"text": "看过"}, headers={"If-Match": '"1"'})
    assert noted.json()["version"] == 2
    pause = {"reason": "等端口", "consent_by": "王科长"}
    assert operator.send("POST", f"{path}/pause", json=pause, headers={"If-Match": '"2"'}).json()["paused"]
    assert operator.send("POST", f"{path}/resume", headers={"If-Match": '"3"'}).json()["in_time"]
    closed = operator.send("POST", f"{path}/closure", json={"cause": "网络抖动"}, headers={"If-Match": '"4"'})
    assert closed.json()["state"] == "closed"
    assert [e["kind"] for e in supervisor.get(f"{path}/timeline").json()["items"]] == [
        "open", "note", "pause", "resume", "close",
    ]
    assert supervisor.post("/cases", json={"type": "event", "title": "x"}).status_code == 403
    assert live_server.signed_in("data_officer").get("/cases").status_code == 403
    owner = operator.send("POST", f"{path}/assignment", json={"assignee_id": None}, headers={"If-Match": '"5"'})
    assert owner.json()["code"] == "kernel.case.closed"


def test_duty_over_http(live_server: Live) -> None:
    operator = live_server.signed_in("operator")
    shift = {"user_id": str(operator.user.id), "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z"}
    made = operator.post("/duty/shifts", json=shift)
    assert made.status_code == 201
    assert [p["name"] for p in operator.get("/duty/now").json()["items"]] == ["测试"]
    assert operator.get("/duty/shifts").json()["gaps"] == []
    naive = operator.post("/duty/shifts", json={**shift, "starts_at": "2026-01-01T00:00:00", "position": 2})
    assert naive.status_code == 422, "an instant without a zone is refused"
    assert operator.send("DELETE", f"/duty/shifts/{made.json()['id']}").status_code == 204


def test_watch_over_http(live_server: Live) -> None:
    operator, leader = live_server.signed_in("operator"), live_server.signed_in("leader")
    target = {"key": "portal.tcp", "kind": "tcp", "name_zh": "门户", "name_en": "Portal",
              "spec": {"host": "127.0.0.1", "port": 9}}
    made = operator.post("/watch/targets", json=target)
    assert made.status_code == 201, made.text
    path = f"/watch/targets/{made.json()['id']}"
    assert leader.get(path).json()["state_title"] == {"zh": "未知", "en": "Unknown"}
    assert leader.post("/watch/targets", json=target).status_code == 403
    assert leader.get(f"{path}/history").json()["intervals"] == 1440
    assert operator.send("PATCH", path, json={"enabled": False}).status_code == 428
    assert not operator.send("PATCH", path, json={"enabled": False}, headers={"If-Match": '"1"'}).json()["enabled"]
    unknown = operator.post("/watch/rules", json={"signal": "none", "name_zh": "甲", "name_en": "A", "fire": "1",
                                                  "clear": "0"})
    assert unknown.json()["code"] == "kernel.watch.signal_unknown"
    silence = operator.post("/watch/silences", json={"target_id": made.json()["id"], "hours": 2, "reason": "检修"})
    assert silence.status_code == 201
    assert leader.get("/watch/alarms").json()["total"] == 0
    assert leader.get("/watch/rules").json()["total"] == 0
    assert isinstance(leader.get("/watch/signals").json()["items"], list)


def test_attachment_over_http_is_never_inline(live_server: Live) -> None:
    client = live_server.signed_in("data_officer")
    form = {"object_type": "test.http", "object_id": "7"}
    made = client.send("POST", "/files", data=form, files={"file": ("申请 函.pdf", PDF, "text/html")})
    assert made.status_code == 201, made.text
    assert made.json()["media_type"] == "application/pdf", "what the client says of the type does not count"
    got = client.get(f"/files/{made.json()['id']}")
    assert got.content == PDF
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%E7%94%B3%E8%AF%B7%20%E5%87%BD.pdf"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    bad = client.send("POST", "/files", data=form, files={"file": ("a.pdf", b"MZ", "application/pdf")})
    assert (bad.status_code, bad.json()["code"]) == (415, "kernel.file.type_refused")
    assert client.get("/files", params=form).json()["items"][0]["name"] == "申请 函.pdf"
    assert client.send("DELETE", f"/files/{made.json()['id']}").status_code == 204
    assert client.get(f"/files/{made.json()['id']}").status_code == 404


def test_dead_letters_over_http(live_server: Live) -> None:
    operator, officer = live_server.signed_in("operator"), live_server.signed_in("data_officer")

    def unit(session: Session) -> None:
        session.execute(text(
            "INSERT INTO outbox (id, topic, payload, state, attempts, next_at, created_at, last_error)"
            " VALUES (:id, 'test.dead', '{}', 'dead', 12, 0, 0, 'refused')"
        ), {"id": uuid.uuid4().hex})
    live_server.runtime.database.run(unit)
    (dead,) = operator.get("/jobs/outbox", params={"state": "dead"}).json()["items"]
    assert (dead["attempts"], dead["last_error"]) == (12, "refused")
    assert officer.get("/jobs/outbox").status_code == 403
    assert operator.post(f"/jobs/outbox/{dead['id']}/discard", json={"reason": ""}).status_code == 422
    assert operator.post(f"/jobs/outbox/{dead['id']}/retry").json()["state"] == "pending"
    again = operator.post(f"/jobs/outbox/{dead['id']}/discard", json={"reason": "x"})
    assert again.json()["code"] == "kernel.outbox.not_dead"
