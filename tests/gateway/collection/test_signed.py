"""Upstreams that ask for the signature of an older platform: each call is signed for itself, the key is renewed."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.collection.tasks import Plan
from kernel import clock
from kernel.errors import MulianError
from tests.gateway.collection.support import Collecting, Upstream

COLUMNS: list[dict[str, Any]] = [{"name": "code", "type": "integer", "key": True}]
Answer = tuple[int, dict[str, str], bytes]


def right(headers: Any, secret: str, service: str) -> bool:
    """Looked at as the platform itself would, by the rule alone."""
    rid, sid, rtime = (headers.get(f"gjgxjhpt_{name}") or "" for name in ("rid", "sid", "rtime"))
    mac = hmac.new(secret.encode(), (sid + rid + rtime).encode(), hashlib.sha256).digest()
    fresh = abs(int(rtime or 0) - clock.now_micros() // 1000) < 60_000
    return fresh and (rid, sid) == ("r-7", service) and headers.get("gjgxjhpt_sign") == base64.b64encode(mac).decode()


def collect(here: Collecting, url: str, login: dict[str, Any]) -> list[int]:
    upstream = here.upstream(
        url, {"kind": "signature", "profile": "gjgxjhpt", "requester": "r-7"} | login, token="appkey-1"
    )
    table = here.table("signed", COLUMNS)
    source = {"upstream_id": str(upstream), "paging": {"style": "page", "size": 1}}
    here.carry(here.queue(here.task(table, Plan("市级接口", "http", source, {}), "signed")))
    return [row[0] for row in here.rows("SELECT code FROM collected_signed_live ORDER BY code")]


def page(query: dict[str, str]) -> bytes:
    return json.dumps([{"code": int(query["page"])}] if int(query["page"]) < 3 else []).encode()


def test_every_call_is_signed(lite: Collecting, serve: Callable[..., Upstream]) -> None:
    times: set[str] = set()

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        times.add(headers.get("gjgxjhpt_rtime") or "")
        return (200, {}, page(query)) if right(headers, "appkey-1", "s_9") else (401, {}, b"")

    assert collect(lite, serve(answer).url, {"partner": "s_9"}) == [1, 2]
    assert len(times) == 3


def test_the_key_that_signs_is_asked_for_and_renewed_when_it_ends(
    lite: Collecting, serve: Callable[..., Upstream],
) -> None:
    given: list[str] = []

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        if path == "/refresh":
            if not right(headers, "appkey-1", "s_renew"):
                return 403, {}, b""
            given.append(f"day-key-{len(given) + 1}")
            return 200, {}, json.dumps({"data": {"secret": given[-1]}}).encode()
        wanted = "day-key-1" if query["page"] == "1" else "day-key-2"
        return (200, {}, page(query)) if right(headers, wanted, "s_9") else (401, {}, b"")

    login = {"partner": "s_9", "path": "refresh", "renewal": "s_renew", "token_path": "data.secret"}
    assert collect(lite, serve(answer).url, login) == [1, 2]
    assert given == ["day-key-1", "day-key-2"]


def test_a_profile_and_a_requester_are_asked_for(lite: Collecting) -> None:
    for login in ({"profile": "unknown", "requester": "r"}, {"profile": "gjgxjhpt", "requester": ""}):
        with pytest.raises(MulianError) as caught:
            lite.upstream("http://127.0.0.1:9", {"kind": "signature"} | login, token="x")
        assert caught.value.code == "gateway.collection.source"
