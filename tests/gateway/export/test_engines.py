"""The same requests to our data plane and to a compiled engine: same decision, same bytes to the upstream.

Where an engine's own parser differs, the difference is named with its reason; one that no longer differs fails.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.snapshot.rules import Compiled
from tests.gateway.corpus import REFUSED_BODIES, REFUSED_HEADS
from tests.gateway.export.engines import running
from tests.gateway.plane import KEY, Plane, row, snapshot
from tests.gateway.support import Client, Upstream, answer_raw

OK = answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Powered-By: x\r\nX-Source: 1\r\n\r\nok", close=False)
OTHER = "ak" + "1" * 24
ENGINES = pytest.mark.parametrize("engine", ["nginx", "haproxy"])


def _request(line: str, *headers: str, body: bytes = b"", key: str = KEY) -> bytes:
    lines = [line + " HTTP/1.1", "Host: gw", *([f"X-Mulian-Key: {key}"] if key else []), *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


CALLS: dict[str, bytes] = {
    "plain": _request("GET /echo"),
    "query": _request("GET /echo?a=b&c=%E6%95%B0&&d"),
    "below": _request("GET /echo/a/b"),
    "escapes kept": _request("GET /echo/%E6%95%B0%41~(1)"),
    "slash behind": _request("GET /echo/"),
    "longest prefix": _request("GET /echo/deep/x"),
    "exact and longer": _request("GET /echo/deep"),
    "upstream without base": _request("GET /bare"),
    "below it": _request("GET /bare/x?y=1"),
    "post": _request("POST /echo", "Content-Length: 5", "Content-Type: text/plain", body=b"hello"),
    "post without a body": _request("POST /echo"),
    "head": _request("HEAD /echo"),
    "large body": _request("POST /echo", "Content-Length: 60000", body=b"x" * 60_000),
    "headers of a proxy": _request(
        "GET /echo",
        "X-Forwarded-For: 1.2.3.4",
        "X-Real-IP: 1.2.3.4",
        "Forwarded: for=1.2.3.4",
        "Via: x",
        "Cookie: a=b",
        "X-Request-Id: mine",
        "X-Forwarded-Proto: https",
        "Accept-Encoding: gzip",
        "X-Mulian-Signature: 00",
        "X-Mulian-Nonce: n",
        "X-Mulian-Timestamp: 1",
        "X-Mulian-Key-Version: 1",
        "Accept: */*",
        "X-Many: 1",
        "X-Many: 2",
    ),
    "hop by hop": _request(
        "GET /echo", "Connection: keep-alive, TE", "TE: trailers", "Keep-Alive: 5", "Proxy-Authorization: x"
    ),
    "upgrade asked": _request(
        "GET /echo", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    ),
    "empty value": _request("GET /echo", "X-Empty:"),
    "latin-1 value": _request("GET /echo", "X-Name: \xe5\xbc"),
    "no such interface": _request("GET /nothing"),
    "not a parent": _request("GET /echoes"),
    "escaped name": _request("GET /%65cho"),
    "retired": _request("GET /gone"),
    "retired below": _request("GET /gone/a", key=""),
    "method": _request("DELETE /echo"),
    "no key": _request("GET /echo", key=""),
    "unknown key": _request("GET /echo", key="nobody"),
    "no grant": _request("GET /echo", key=OTHER),
    "grant over": _request("GET /over"),
    "in a window": _request("GET /shut"),
    "window over": _request("GET /was"),
    "too large": _request("POST /echo", "Content-Length: 70000"),
    "two keys": _request("GET /echo", "X-Mulian-Key: x"),
    "identity": _request("GET /echo", "X-Mulian-App: x"),
    "signature of an older platform": _request("GET /echo", "gjgxjhpt_sid: 1"),
}
# headers that differ by design: a new id a call
_FRESH = {"x-request-id"}
# {engine: {payload: reason}}: forwarded or answered by the engine although our data plane refuses
_CHUNKS = "nginx reads chunks laxly, keeps the whole body and forwards it under a Content-Length of its own"
_JOINED = "HAProxy makes one header of equal ones before its rules see them; the upstream reads one"
_FOLDED = "HAProxy joins folded lines by blanks (RFC 9112, 5.2) before it forwards"
_START = "HAProxy tolerates it in a start line or line end and writes its own start line and CRLF"
_EMPTY = "an empty line before a request is skipped (RFC 9112, 2.2)"
DIFFER: dict[str, dict[str, str]] = {
    "nginx": {"leading line": _EMPTY} | dict.fromkeys((
        "chunk extension", "chunk extension at the end", "chunk bare lf", "chunk lf after data", "chunk lf at the end",
        "chunk size blank behind", "chunk size tab", "chunk size zeros", "trailer", "trailer of identity",
    ), _CHUNKS),
    "haproxy": {"leading line": _EMPTY} | dict.fromkeys((
        "two equal lengths", "length list", "two lengths in two cases", "host in two cases",
    ), _JOINED) | dict.fromkeys(("obs-fold", "obs-fold tab", "te name with blank before"), _FOLDED) | dict.fromkeys((
        "bare lf", "two spaces", "tab in the start line",
    ), _START),
}


def _rows(url: str) -> list[dict[str, Any]]:
    now, host = int(time.time()), url.removesuffix("/base")
    return [
        row("echo", url),
        row("deep", f"{host}/other", path="/echo/deep"),
        row("bare", host),
        row("gone", url, state="retired"),
        row("over", url),
        row("shut", url, maintenance=[{"from": now - 9, "to": now + 999, "text": "割接 100% \"'"}]),
        row(
            "was",
            url,
            maintenance=[{"from": now - 9, "to": now - 3, "text": "x"}],
            deprecated={"since": now, "until": now + 9},
        ),
    ]


def _snapshot(url: str) -> Compiled:
    keys: dict[str, dict[str, dict[str, bool]]] = {
        KEY: {code: {} for code in ("echo", "deep", "bare", "over", "shut", "was")}, OTHER: {"bare": {}},
    }
    made = snapshot(_rows(url), keys=keys)
    made.apps[KEY.encode()].grants["over"].expires = int(time.time()) - 1
    return made


def _seen(port: int, raw: bytes, source: Upstream) -> tuple[Any, ...]:
    """Status class and problem, and what the upstream has read: start line, headers, body."""
    before, client = len(source.requests), Client(port, timeout=5)
    answer = client.send(raw).read(raw.partition(b" ")[0].decode())
    client.close()
    code = (
        answer.json["code"]
        if answer.headers.get("content-type", "").startswith("application/problem") and answer.body
        else ""
    )
    return answer.status, code, answer.headers.get("x-mulian-revision"), answer.headers.get("deprecation"), [
        _parts(one) for one in source.requests[before:]
    ]


def _parts(request: bytes) -> tuple[Any, ...]:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    assert "x-request-id" in dict(pairs)
    return first, sorted(
        pair for pair in pairs if pair[0] not in _FRESH and pair != ("content-length", "0")
    ), body


@ENGINES
def test_same_decision_and_same_bytes(
    engine: str, plane: Callable[..., Plane], upstream: Callable[..., Upstream], tmp_path: Path,
) -> None:
    source = upstream(OK)
    ours, compiled = plane(*_rows(source.url)), _snapshot(source.url)
    ours.do(lambda: ours.handler.swap(_snapshot(source.url)))
    with running(compiled, engine, tmp_path / engine) as port:
        pairs = {name: (_seen(port, raw, source), _seen(ours.port, raw, source)) for name, raw in CALLS.items()}
    differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    assert not differing, f"{differing}"


@ENGINES
def test_payloads_of_smuggling(engine: str, upstream: Callable[..., Upstream], tmp_path: Path) -> None:
    """Refused, and nothing behind the payload is taken for a request; what differs is listed with its reason."""
    source, differing = upstream(OK), {}
    with running(_smuggling(source.url), engine, tmp_path / engine) as port:
        for number, (name, (raw, _)) in enumerate((REFUSED_HEADS | REFUSED_BODIES).items()):
            found = _harm(port, raw, source, f"X-Case: {number}.")
            if found:
                differing[name] = found
    assert differing.keys() == DIFFER[engine].keys(), f"{differing}"


def _smuggling(url: str) -> Compiled:
    return snapshot([row("xc", url, path="/xc/echo"), row("all", url, path="/xc")])


def _harm(port: int, raw: bytes, source: Upstream, case: str) -> str:
    """Send a payload and a good request behind it; "" when the one was refused and the other not read."""
    client = Client(port, timeout=0.3)
    client.send(
        raw.replace(b"\r\nHost:", f"\r\nX-Mulian-Key: {KEY}\r\n{case}\r\nHost:".encode(), 1)
        + _request("GET /xc/echo", case)
    )
    try:
        status = client.read().status
        again = 0 if client.closed() else 1
    except (ConnectionError, TimeoutError):
        status, again = 400, 0
    client.close()
    seen = sum(case.encode() in one or case.lower().encode() in one for one in source.requests)
    if status < 400:
        return f"answered {status}"
    return f"a second answer {again} {seen}" if again or seen else ""


@ENGINES
def test_rates_and_what_is_left_to_the_gateway(
    engine: str, plane: Callable[..., Plane], upstream: Callable[..., Upstream], tmp_path: Path,
) -> None:
    """A burst of three is let through; an audited interface is served by the data plane behind the engine."""
    source = upstream(OK)
    ours = plane(row("echo", source.url), row("kept", source.url, audited=True))
    compiled = snapshot([row("echo", source.url), row("kept", source.url, audited=True)])
    grant = compiled.apps[KEY.encode()].grants["echo"]
    grant.limits = grant.limits._replace(rate=10, burst=3)
    with running(compiled, engine, tmp_path / engine, rest=f"http://127.0.0.1:{ours.port}") as port:
        seen = [_seen(port, _request("GET /echo"), source)[:2] for _ in range(5)]
        assert seen == [(200, "")] * 3 + [(429, "gateway.call.rate")] * 2
        assert _seen(port, _request("GET /kept/a?b"), source) == _seen(ours.port, _request("GET /kept/a?b"), source)
