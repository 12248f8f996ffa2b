"""Every route × every standard role over real HTTP: who gets past the permission check, by the hand-kept matrix."""

import re
import uuid
from typing import Any

import httpx2
import pytest

from kernel.identity.permissions import ROLES
from tests.architecture.test_reference import rows
from tests.conftest import Live
from tests.support.accounts import Signed
from tests.support.scale import Scale

NOBODY = str(uuid.UUID(int=0))
# these end or change the session that asks; the HTTP edge's own tests cover them
ENDING = {"DELETE /api/v1/session", "POST /api/v1/session/password"}


def path_of(route: str) -> tuple[str, str]:
    """Return method and path, with path parameters that name nothing."""
    method, path = route.split(" ")
    return method, re.sub(r"\{[^}]+\}", NOBODY, path)


def ask(signed: Signed, route: str) -> httpx2.Response:
    method, path = path_of(route)
    if method == "GET":
        return signed.http.get(path)
    if not path.startswith("/api/v1"):
        return signed.http.request(method, path, json={})
    return signed.send(method, path.removeprefix("/api/v1"), json={})


def denied(answer: httpx2.Response) -> bool:
    body: dict[str, Any] = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    return answer.status_code == 403 and body.get("code") == "identity.permission.denied"


@pytest.mark.requirement("S4-40", "S4-50")
def test_every_role_on_every_route(live_server: Live, scale: Scale) -> None:
    people = {role.key: live_server.signed_in(role.key) for role in ROLES}
    step = scale.of(9, 1)
    wrong = []
    for number, row in enumerate(rows()):
        if row["route"] in ENDING:
            continue
        # in make test every route meets one or two of the roles, each time other ones
        for role in list(people)[number % step :: step]:
            answer = ask(people[role], row["route"])
            expected = "allow" in row and role not in row["allow"]
            if denied(answer) != expected or answer.status_code in (401, 500):
                wrong.append(f"{row['route']} as {role}: {answer.status_code} {answer.text[:80]}")
    assert not wrong, wrong


def test_nothing_but_public_routes_answers_a_stranger(live_server: Live) -> None:
    client = live_server.client()
    wrong = []
    for row in rows():
        method, path = path_of(row["route"])
        status = client.request(method, path, json=None if method == "GET" else {}).status_code
        if (status == 401) == bool(row.get("public")):
            wrong.append(f"{row['route']}: {status}")
    assert not wrong, wrong
