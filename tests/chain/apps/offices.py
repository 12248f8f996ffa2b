"""A department with applications on the chain, persons over real HTTP, and an application that signs its calls."""

import json
import time
import uuid
from typing import Any

from gateway.signing import rules as signing
from tests.chain.anchoring.test_edge import department
from tests.conftest import Live

ABOUT = {"name": "电子签章", "system_name": "政务签章系统", "purpose": "签章文件留痕", "contact": "李工 66001122"}
BASE = "/api/v1/chain/evidence"


class Application:
    """An application with a credential; every call is signed."""

    def __init__(self, live: Live, issued: dict[str, Any]) -> None:
        self.http = live.client()
        self.key, self.secret, self.stream = issued["app_key"], issued["secret"], issued["stream"]
        self.version = str(issued["key_version"])

    def send(self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        target = f"{BASE}{path}"
        where, _, query = target.partition("?")
        stamp, nonce = str(int(time.time())), uuid.uuid4().hex
        text = signing.string_to_sign(
            method.encode(), where.encode(), query.encode(), content, stamp.encode(), nonce.encode(),
            self.key.encode(), self.version.encode(),
        )
        signed = {
            "X-Mulian-Key": self.key, "X-Mulian-Key-Version": self.version, "X-Mulian-Timestamp": stamp,
            "X-Mulian-Nonce": nonce, "X-Mulian-Signature": signing.sign(self.secret.encode(), text).decode(),
        }
        if body is not None:
            signed["Content-Type"] = "application/json"
        if key is not None:
            signed["Idempotency-Key"] = key
        return self.http.request(method, target, content=content or None, headers=signed | headers)

    def batch(self, items: list[dict[str, Any]], key: str | None = None, **more: Any) -> Any:
        return self.send("POST", "/batch", {"stream": self.stream, "items": items} | more, key)


class Office:
    """Two departments; the first has a contact, the bureau has two who decide."""

    def __init__(self, live: Live) -> None:
        self.live, self.runtime = live, live.runtime
        self.department, self.other = (live.runtime.database.run(department) for _ in range(2))
        self.contact = live.signed_in("consumer_contact", department_id=self.department)
        self.stranger = live.signed_in("consumer_contact", department_id=self.other)
        self.bureau = live.signed_in("bureau_admin")

    def register(self, code: str = "sign", **more: Any) -> dict[str, Any]:
        answer = self.contact.post("/chain/apps", json=ABOUT | {"code": code} | more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def issue(self, app_id: str, environment: str = "test") -> Application:
        answer = self.contact.post(f"/chain/apps/{app_id}/credentials", json={"environment": environment})
        assert answer.status_code == 201, answer.text
        return Application(self.live, answer.json())

    def decide(self, approval_id: str, approve: bool = True) -> Any:
        seen = self.bureau.get(f"/approvals/{approval_id}").json()
        return self.bureau.post(
            f"/approvals/{approval_id}/decision",
            json={"digest": seen["digest"], "approve": approve, "opinion": "核对过"},
        )


def digest(number: int) -> str:
    """A digest of its own for a number."""
    return "sm3:" + f"{number:064x}"
