"""Signed-in clients for tests over HTTP."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from kernel.identity import service
from kernel.identity.actor import system_actor
from kernel.identity.models import User
from kernel.runtime import Runtime
from tests.support import loopback

PASSWORD = "Trial#Kx72-violet-Qm"


@dataclass
class Signed:
    """A client with a session; writes carry the CSRF value and a fresh Idempotency-Key."""

    http: httpx2.Client
    csrf: str
    user: User

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """GET below /api/v1."""
        return self.http.get(f"/api/v1{path}", **options)

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> httpx2.Response:
        """Send a write below /api/v1."""
        extra = {"X-CSRF-Token": self.csrf, "Idempotency-Key": uuid.uuid4().hex} | (headers or {})
        return self.http.request(method, f"/api/v1{path}", headers=extra, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx2.Response:
        """POST below /api/v1."""
        return self.send("POST", path, json=json, **options) if json is not None else self.send("POST", path, **options)


def sign_in_as(runtime: Runtime, url: str, roles: Sequence[str], department_id: uuid.UUID | None) -> Signed:
    """Create a user with a changed password and sign in over HTTP."""
    username = f"u{uuid.uuid4().hex[:10]}"

    def unit(session: Any) -> User:
        user, _ = service.create_user(
            session, system_actor("test"), username=username, display_name="测试", role_keys=roles,
            department_id=department_id, password=PASSWORD,
        )
        user.must_change_password = False
        return user

    user = runtime.database.run(unit)
    client = loopback.client(url)
    answer = client.post("/api/v1/session", json={"username": username, "password": PASSWORD})
    answer.raise_for_status()
    return Signed(client, answer.json()["csrf"], user)
