"""Climbing: resolve, connect, shake hands, ask, check. Every address passes the outbound guard."""

import functools
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

from kernel import clock
from kernel.errors import MulianError
from kernel.outbound import guard
from kernel.outbound.errors import NOT_RESOLVED
from kernel.outbound.rules import Allowed
from kernel.runtime import Runtime
from kernel.watch.ladder import checks, schema
from kernel.watch.ladder.rules import Fault, Rung, Step, status_fault

MOST_BYTES = 4 * 1024 * 1024


class Broke(Exception):
    """A rung did not hold."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(detail or fault)
        self.fault, self.detail = fault, detail


def allowed_for(runtime: Runtime, spec: dict[str, Any]) -> Allowed:
    """What a target may reach: the installation's ranges and its own declared ones."""
    return guard.allowed_by(runtime.settings, *spec.get("declared", ()))


def climb(runtime: Runtime, kind: str, spec: dict[str, Any]) -> tuple[Rung, ...]:
    """Climb to the first rung that breaks. Shapes: ``registry.TargetSpec``; ``kind`` is tcp, tls or http."""
    allowed, timeout = allowed_for(runtime, spec), int(spec.get("timeout_ms", 5000)) / 1000
    host, port, secure = _place(kind, spec)
    pinned: list[guard.Pinned] = []
    answer: list[tuple[str, bytes]] = []
    steps: list[tuple[Step, Callable[[], str]]] = [
        (Step.DNS, lambda: _resolve(host, port, allowed, pinned)),
        (Step.TCP, lambda: _connect(pinned, timeout)),
    ]
    if secure:
        steps.append((Step.TLS, lambda: _shake(host, pinned, timeout, int(spec.get("certificate_days", 0)))))
    if kind == "http":
        steps.append((Step.HTTP, lambda: _ask(spec, allowed, timeout, answer)))
        steps += _content(spec, answer)
    rungs: list[Rung] = []
    for step, work in steps:
        rungs.append(_rung(step, work))
        if not rungs[-1].ok:
            break
    return tuple(rungs)


def _content(spec: dict[str, Any], answer: list[tuple[str, bytes]]) -> list[tuple[Step, Callable[[], str]]]:
    found: list[tuple[Step, Callable[[], str]]] = []
    if "schema" in spec:
        found.append((Step.SCHEMA, lambda: _structure(spec["schema"], answer[0][1])))
    if "expect" in spec or "fresh" in spec:
        found.append((Step.DATA, lambda: _data(spec, answer[0][1])))
    return found


def _rung(step: Step, work: Callable[[], str]) -> Rung:
    begin = time.monotonic()
    try:
        detail, fault = work(), None
    except Broke as broke:
        detail, fault = broke.detail, broke.fault
    micros = int((time.monotonic() - begin) * 1_000_000)
    return Rung(step, fault is None, micros, detail[:200], fault)


def _place(kind: str, spec: dict[str, Any]) -> tuple[str, int, bool]:
    if kind != "http":
        return str(spec["host"]), int(spec["port"]), kind == "tls"
    parts = urlsplit(spec["url"])
    secure = parts.scheme == "https"
    return str(parts.hostname), parts.port or (443 if secure else 80), secure


def _resolve(host: str, port: int, allowed: Allowed, pinned: list[guard.Pinned]) -> str:
    try:
        pinned += guard.resolve(host, port, allowed)
    except MulianError as error:
        raise Broke(Fault.NOT_RESOLVED if error.kind is NOT_RESOLVED else Fault.REFUSED_BY_US, str(error)) from error
    return str(pinned[0].address)


def _open(pinned: list[guard.Pinned], timeout: float) -> socket.socket:
    failure: OSError = OSError("no address")
    for one in pinned:
        try:
            return socket.create_connection((str(one.address), one.port), timeout=timeout)
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise Broke(Fault.TIMEOUT, f"{timeout:g} s") from failure
    if isinstance(failure, ConnectionRefusedError):
        raise Broke(Fault.CONNECTION_REFUSED) from failure
    raise Broke(Fault.UNREACHABLE, failure.strerror or str(failure)) from failure


def _connect(pinned: list[guard.Pinned], timeout: float) -> str:
    with _open(pinned, timeout) as connection:
        host, port = connection.getpeername()[:2]
        return f"{host}:{port}"


def _shake(host: str, pinned: list[guard.Pinned], timeout: float, days: int) -> str:
    try:
        with _open(pinned, timeout) as plain, _context().wrap_socket(plain, server_hostname=host) as secure:
            certificate = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        expired = error.verify_code == 10  # X509_V_ERR_CERT_HAS_EXPIRED
        raise Broke(Fault.CERTIFICATE_EXPIRED if expired else Fault.CERTIFICATE, error.verify_message) from error
    except TimeoutError as error:
        raise Broke(Fault.TIMEOUT, f"{timeout:g} s") from error
    except ssl.SSLError as error:
        raise Broke(Fault.HANDSHAKE, error.reason or "") from error
    except OSError as error:
        raise Broke(Fault.RESET, error.strerror or str(error)) from error
    end = clock.from_micros(ssl.cert_time_to_seconds(str(certificate["notAfter"])) * 1_000_000)
    left = (end - clock.now()).days
    if left < days:
        raise Broke(Fault.CERTIFICATE, f"证书 {left} 天后到期 expires in {left} days")
    return f"证书至 {end.astimezone(clock.BEIJING):%Y-%m-%d}"


@functools.cache
def _context() -> ssl.SSLContext:
    # reading the list of authorities costs 35 ms
    return httpx2.create_ssl_context(trust_env=False)


def _ask(spec: dict[str, Any], allowed: Allowed, timeout: float, answer: list[tuple[str, bytes]]) -> str:
    low, high = int(spec.get("status_from", 200)), int(spec.get("status_to", 399))
    try:
        with guard.client(allowed, timeout=timeout) as client, client.stream("GET", spec["url"]) as response:
            status = response.status_code
            if not low <= status <= high:
                raise Broke(status_fault(status) or Fault.CLIENT_ERROR, f"HTTP {status}")
            if "schema" in spec or "expect" in spec or "fresh" in spec:
                answer.append((f"HTTP {status}", _read(response)))
            return f"HTTP {status}"
    except httpx2.TimeoutException as error:
        raise Broke(Fault.TIMEOUT, f"{timeout:g} s") from error
    except httpx2.RemoteProtocolError as error:
        closed = "disconnected" in str(error) or "closed" in str(error)
        raise Broke(Fault.RESET if closed else Fault.NOT_HTTP, str(error)) from error
    except (httpx2.TransportError, OSError) as error:
        raise Broke(Fault.RESET, f"{type(error).__name__}: {error}") from error


def _read(response: httpx2.Response) -> bytes:
    found = bytearray()
    for chunk in response.iter_bytes():
        found += chunk
        if len(found) > MOST_BYTES:
            raise Broke(Fault.CONTRACT, f"> {MOST_BYTES} bytes")
    return bytes(found)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Broke(Fault.NOT_JSON, str(error)) from error


def _structure(wanted: dict[str, Any], body: bytes) -> str:
    if (fault := schema.mismatch(wanted, _json(body))) is not None:
        raise Broke(Fault.CONTRACT, fault)
    return ""


def _data(spec: dict[str, Any], body: bytes) -> str:
    value = _json(body)
    if "expect" in spec and (fault := checks.golden_fault(spec["expect"], value)):
        raise Broke(Fault.WRONG_DATA, fault)
    if "fresh" in spec and (fault := checks.stale_fault(spec["fresh"], value, clock.now())):
        raise Broke(Fault.STALE, fault)
    return ""
