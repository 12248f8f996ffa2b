"""The HTTP edge over real HTTP: sign-in, CSRF, permissions, idempotency, versions, problems, limits."""

import uuid
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import func, select, text

from kernel import clock
from kernel.audit.models import AuditLog
from kernel.identity.models import LoginSession, Role
from tests.conftest import Live
from tests.support.accounts import PASSWORD


def test_sign_in_shows_who_one_is_and_sign_out_ends_it(live_server: Live) -> None:
    signed = live_server.signed_in("system_admin")
    me = signed.get("/session").json()
    assert me["user"]["roles"][0]["name_zh"] == "系统管理员"
    assert "kernel.user.edit" in me["user"]["permissions"]
    assert signed.send("DELETE", "/session").status_code == 204
    assert signed.get("/session").status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts(live_server: Live) -> None:
    signed = live_server.signed_in("auditor")
    answer = live_server.client().post("/api/v1/session", json={"username": signed.user.username, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    with live_server.runtime.database.read() as session:
        stored = session.scalars(select(LoginSession.token_digest)).all()
    assert answer.cookies["mulian_session"].encode() not in stored


def test_a_wrong_password_and_an_unknown_name_answer_alike_and_lock(live_server: Live) -> None:
    user = live_server.signed_in("auditor").user
    client = live_server.client()

    def attempt(name: str) -> httpx2.Response:
        return client.post("/api/v1/session", json={"username": name, "password": "wrong"})

    known, unknown = attempt(user.username), attempt("nobody-at-all")
    assert known.status_code == unknown.status_code == 401
    drop = {"trace"}
    assert {k: v for k, v in known.json().items() if k not in drop} == {
        k: v for k, v in unknown.json().items() if k not in drop
    }
    for _ in range(4):
        attempt(user.username)
    locked = client.post("/api/v1/session", json={"username": user.username, "password": PASSWORD})
    assert (locked.status_code, locked.json()["code"]) == (423, "identity.account.locked")


def test_an_address_with_many_failures_is_blocked(live_server: Live) -> None:
    client = live_server.client()
    codes = [client.post("/api/v1/session", json={"username": f"n{i}", "password": "x"}).status_code for i in range(51)]
    assert codes[:50] == [401] * 50 and codes[50] == 429


def test_an_idle_session_ends(live_server: Live) -> None:
    signed, database = live_server.signed_in("auditor"), live_server.runtime.database

    def away(minutes: int) -> None:
        with database.write() as session:
            session.scalars(select(LoginSession)).one().seen_at = clock.now() - timedelta(minutes=minutes)

    def seen() -> timedelta:
        with database.read() as session:
            return clock.now() - session.scalars(select(LoginSession)).one().seen_at

    away(10)
    assert signed.get("/session", headers={"X-Background": "1"}).status_code == 200
    assert seen() >= timedelta(minutes=10), "what a page asks by itself keeps no session alive"
    assert signed.get("/session").status_code == 200 and seen() < timedelta(minutes=1)
    away(31)
    assert signed.get("/session").json()["code"] == "identity.session.missing"


def test_writes_need_the_csrf_value(live_server: Live) -> None:
    signed = live_server.signed_in("system_admin")
    answer = signed.http.post("/api/v1/departments", json={"name": "甲局", "kind": "bureau"})
    assert (answer.status_code, answer.json()["code"]) == (403, "identity.session.csrf")
    assert signed.post("/departments", {"name": "甲局", "kind": "bureau"}).status_code == 201


def test_a_one_time_password_must_be_changed_first(live_server: Live) -> None:
    admin = live_server.signed_in("system_admin")
    made = admin.post("/users", {"username": "newcomer", "display_name": "新人", "roles": ["leader"]}).json()
    client = live_server.client()
    once = made["one_time_password"]
    first = client.post("/api/v1/session", json={"username": "newcomer", "password": once}).json()
    assert first["user"]["must_change_password"] is True
    assert client.get("/api/v1/departments").json()["code"] == "identity.password.change_required"
    headers = {"X-CSRF-Token": first["csrf"]}
    weak = {"old_password": once, "new_password": "short"}
    assert client.post("/api/v1/session/password", json=weak,
        headers=headers).json()["code"] == "identity.password.weak"
    good = {"old_password": once, "new_password": "Brook-71-Elm#q"}
    assert client.post("/api/v1/session/password", json=good, headers=headers).status_code == 204
    assert client.get("/api/v1/departments").status_code == 200


def test_permission_missing_is_403_and_anonymous_401(live_server: Live) -> None:
    leader = live_server.signed_in("leader")
    assert leader.get("/users").json()["code"] == "identity.permission.denied"
    assert live_server.client().get("/api/v1/users").status_code == 401


def test_a_repeated_write_is_done_once_and_answered_twice(live_server: Live) -> None:
    admin = live_server.signed_in("system_admin")
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = admin.post("/departments", {"name": "乙局", "kind": "bureau"}, headers=key)
    again = admin.post("/departments", {"name": "乙局", "kind": "bureau"}, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json() and again.headers["idempotency-replayed"] == "true"
    other = admin.post("/departments", {"name": "丙局", "kind": "bureau"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "kernel.idempotency.reused")
    with live_server.runtime.database.read() as session:
        made = session.scalar(
            select(func.count()).select_from(AuditLog).where(AuditLog.action == "kernel.department.create")
        )
    assert made == 1


def test_a_secret_is_shown_once(live_server: Live) -> None:
    admin = live_server.signed_in("system_admin")
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"username": "once", "display_name": "一次", "roles": ["leader"]}
    password = admin.post("/users", body, headers=key).json()["one_time_password"]
    again = admin.post("/users", body, headers=key)
    assert again.json()["code"] == "kernel.idempotency.already_issued"
    with live_server.runtime.database.read() as session:
        kept = session.execute(text("SELECT response FROM idempotency_key")).scalars().all()
    assert all(password.encode() not in (row or b"") for row in kept)


def test_editing_needs_the_current_version(live_server: Live) -> None:
    admin = live_server.signed_in("system_admin")
    role = next(r for r in admin.get("/roles").json()["items"] if r["key"] == "leader")
    path, body = f"/roles/{role['id']}", {"permissions": ["kernel.user.read"]}
    assert admin.send("PATCH", path, json=body).status_code == 428
    changed = admin.send("PATCH", path, json=body, headers={"If-Match": f'"{role["version"]}"'})
    assert changed.status_code == 200 and changed.headers["etag"] == f'"{role["version"] + 1}"'
    stale = admin.send("PATCH", path, json=body, headers={"If-Match": f'"{role["version"]}"'})
    assert (stale.status_code, stale.json()["params"]["current"]) == (412, role["version"] + 1)


def test_a_role_that_unites_separated_duties_is_refused(live_server: Live) -> None:
    admin = live_server.signed_in("system_admin")
    role = next(r for r in admin.get("/roles").json()["items"] if r["key"] == "operator")
    body = {"permissions": ["kernel.audit.read", "kernel.user.edit"]}
    answer = admin.send("PATCH", f"/roles/{role['id']}", json=body, headers={"If-Match": f'"{role["version"]}"'})
    assert answer.json()["code"] == "identity.role.separation"
    both = {"username": "twohats", "display_name": "两顶帽", "roles": ["system_admin", "auditor"]}
    assert admin.post("/users", both).json()["code"] == "identity.role.separation"


def test_a_role_edited_behind_our_back_is_noticed(live_server: Live) -> None:
    admin = live_server.signed_in("system_admin")
    with live_server.runtime.database.write() as session:
        session.execute(text("UPDATE role SET permissions = '[\"kernel.user.edit\"]' WHERE key = 'leader'"))
    roles = {r["key"]: r["authentic"] for r in admin.get("/roles").json()["items"]}
    assert roles["leader"] is False and roles["operator"] is True


def test_disabling_ends_sessions_and_keeps_the_last_administrator(live_server: Live) -> None:
    admin = live_server.signed_in("system_admin")
    reader = live_server.signed_in("leader")
    assert admin.post(f"/users/{reader.user.id}/disable").status_code == 200
    assert reader.get("/session").status_code == 401
    only = live_server.signed_in("auditor").user
    assert admin.post(f"/users/{only.id}/disable").json()["code"] == "identity.user.last_admin"


def test_tokens_work_without_csrf_and_never_hold_more_than_their_user(live_server: Live) -> None:
    admin = live_server.signed_in("system_admin")
    made = admin.post("/session/tokens",
        {"name": "ci", "permissions": ["kernel.user.read", "kernel.audit.read"]}).json()
    assert made["permissions"] == ["kernel.user.read"]
    client = live_server.client()
    assert client.get("/api/v1/users", headers={"Authorization": f"Bearer {made['secret']}"}).status_code == 200
    assert client.get("/api/v1/users", headers={"Authorization": "Bearer mlt_wrong"}).status_code == 401


@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN", "请先登录"), ("en-US,en;q=0.9", "Sign in first")]
)
def test_problems_speak_the_readers_language(live_server: Live, language: str, title: str) -> None:
    answer = live_server.client().get("/api/v1/session", headers={"Accept-Language": language})
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["title"], body["status"]) == (title, 401)
    assert body["trace"] == answer.headers["x-request-id"]


def test_invalid_fields_are_named_and_their_values_not_echoed(live_server: Live) -> None:
    for wrong in ("", "a\x01"):
        given = {"username": wrong, "password": "s3cret-value", "x": 1}
        answer = live_server.client().post("/api/v1/session", json=given)
        body = answer.json()
        assert body["code"] == "kernel.input.invalid"
        assert {field["field"] for field in body["fields"]} == {"body.username", "body.x"}
        assert "s3cret-value" not in answer.text


def test_hostile_bodies_are_refused_early(live_server: Live) -> None:
    client = live_server.client()
    deep = b"[" * 100 + b"]" * 100
    json_type = {"Content-Type": "application/json"}
    for spelled in ("application/json", "Application/JSON ; charset=utf-8", "application/problem+JSON"):
        answer = client.post("/api/v1/session", content=deep, headers={"Content-Type": spelled})
        assert answer.json()["code"] == "kernel.body.too_deep", spelled
    for encoding in ("utf-16", "utf-16-be", "utf-32-le", "gb18030"):
        encoded = '{"username": "张", "password": "x"}'.encode(encoding)
        answer = client.post("/api/v1/session", content=encoded, headers=json_type)
        assert (answer.status_code, answer.json()["code"]) == (400, "kernel.body.encoding"), encoding
    large = b'"' + b"x" * (5 * 1024 * 1024) + b'"'
    assert client.post("/api/v1/session", content=large, headers=json_type).json()["code"] == "kernel.body.too_large"
    nul = client.post("/api/v1/session", json={"username": "a\0", "password": "x"})
    assert (nul.status_code, nul.json()["code"]) == (400, "kernel.text.nul")
    # the six characters backslash, u, 0, 0, 0, 0 are a text like any other
    assert client.post("/api/v1/session", json={"username": "a\\u0000", "password": "x"}).status_code == 401
    assert client.get("/api/v1/catalog/entries", params={"q": "\0"}).json()["code"] == "kernel.text.nul"
    assert client.get("/api/v1/catalog/entries/%00").status_code == 404
    broken = client.post("/api/v1/session", content=b'{"username":', headers=json_type)
    assert broken.status_code == 422


def test_pages_are_bounded(live_server: Live) -> None:
    admin = live_server.signed_in("system_admin")
    assert admin.get("/departments", params={"size": 201}).status_code == 422
    assert admin.get("/departments", params={"page": 9999}).json()["items"] == []


def test_security_headers_and_unknown_paths(live_server: Live) -> None:
    client = live_server.client()
    for path in ("/api/v1/nothing", "/console/", "/healthz"):
        answer = client.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/api/v1/nothing").json()["code"] == "kernel.not_found"
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"ready": True, "findings": []}


def test_seeded_roles_are_whole(live_server: Live) -> None:
    with live_server.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Role)) == 12
