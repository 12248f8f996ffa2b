"""The corpus of addresses, redirects and names that answer differently the second time."""

import asyncio
import http.server
import ipaddress
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import MulianError
from kernel.outbound import guard, rules
from kernel.outbound.rules import Allowed, Verdict, judge, parse_literal
from kernel.settings import Settings

LOOPBACK = Allowed.of("127.0.0.1")
METADATA = (
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "0xa9.0xfe.0xa9.0xfe", "169.16689662",
    "169.254.43518", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[::a9fe:a9fe]", "[fd00:ec2::254]", "[fe80::1]", "100.100.100.200",
    "168.63.129.16", "169.254.169.254.", "１６９.２５４.１６９.２５４", "169。254。169。254", "%31%36%39.254.169.254",
    "0.0.0.0", "0", "[::]", "255.255.255.255", "224.0.0.1", "[ff02::1]", "[2001:0:a9fe:a9fe::1]", "[::5efe:a9fe:a9fe]",
)
LOCAL = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "0x7f.1", "127.0.1", "[::1]",
    "[::ffff:127.0.0.1]",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "0xc0a80101", "100.64.0.1", "198.18.0.1", "[fc00::1]",
    "[fd12:3456::1]", "192.0.2.1", "[2001:db8::1]",
)
ODD = ("1.2.3.4.5", "256.1.1.1", "1.2.3.256", "1..2", "0x", "127.0.0.1 x", "[::1%25lo]", "[fe80::1%eth0]", "a b",
       "09.1.1.1",
       "4294967296", "1.2.3.0xg", "")


@pytest.mark.parametrize("host", METADATA)
def test_never_reached_even_when_declared(host: str) -> None:
    everything = Allowed.of("0.0.0.0/0", "::/0")
    address = parse_literal(host)
    assert address is not None
    assert judge(address, everything) is Verdict.NEVER
    with pytest.raises(MulianError, match="address_refused"):
        guard.resolve(host, 80, everything)


@pytest.mark.parametrize("host", LOCAL)
def test_local_addresses_need_a_declaration(host: str) -> None:
    address = parse_literal(host)
    assert address is not None
    assert judge(address, Allowed()) is Verdict.UNDECLARED
    plain = (rules.embedded(address) or (address,))[0]
    assert judge(address, Allowed.of(str(plain))) is Verdict.DECLARED
    with pytest.raises(MulianError, match="address_refused"):
        asyncio.run(guard.resolve_pinned(host, 80, Allowed()))


@pytest.mark.parametrize("host", ODD)
def test_what_only_looks_like_an_address_is_no_host(host: str) -> None:
    with pytest.raises(MulianError):
        guard.resolve(host, 80, Allowed.of("0.0.0.0/0"))


def test_public_addresses_and_names() -> None:
    for text in ("8.8.8.8", "223.5.5.5", "[2400:3200::1]", "1.1"):
        address = parse_literal(text)
        assert address is not None
        assert judge(address, Allowed()) is (Verdict.NEVER if text == "0.1" else Verdict.PUBLIC)
        assert judge(address, Allowed(public=False)) is Verdict.UNDECLARED
    for name in ("example.com", "localhost", "1password.com", "0x7f.example", "数据.example"):
        assert parse_literal(name) is None


@given(st.integers(0, 2**32 - 1), st.sampled_from(["dec", "hex", "oct", "parts", "short", "mapped", "nat64"]))
def test_every_notation_is_judged_like_the_address_itself(value: int, notation: str) -> None:
    plain = ipaddress.IPv4Address(value)
    a, b, c, d = plain.packed
    host = {
        "dec": str(value), "hex": hex(value), "oct": f"0{value:o}", "parts": f"0{a:o}.{hex(b)}.{c}.{d}",
        "short": f"{a}.{(b << 16) | (c << 8) | d}", "mapped": f"[::ffff:{plain}]",
        "nat64": f"[64:ff9b::{value >> 16:x}:{value & 0xFFFF:x}]",
    }[notation]
    address = parse_literal(host)
    assert address is not None
    expected, got = judge(plain, Allowed()), judge(address, Allowed())
    if notation == "nat64":
        assert got is (Verdict.PUBLIC if expected is Verdict.PUBLIC else Verdict.NEVER)
    else:
        assert got is expected


class _Handler(http.server.BaseHTTPRequestHandler):
    targets: dict[str, str] = {}
    hosts: list[str] = []

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        target = self.targets.get(self.path)
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        body = b"ok"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def web() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Handler.targets.clear()
    _Handler.hosts.clear()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_client_reaches_the_declared_and_nothing_else(web: int) -> None:
    with guard.client(LOOPBACK) as http_client:
        assert http_client.get(f"http://127.0.0.1:{web}/").text == "ok"
        assert http_client.get(f"http://0x7f.1:{web}/").text == "ok"
    with guard.client(Allowed()) as http_client, pytest.raises(MulianError, match="address_refused"):
        http_client.get(f"http://127.0.0.1:{web}/")
    with guard.client(LOOPBACK) as http_client:
        for bad in ("ftp://127.0.0.1/", "http://user:pw@127.0.0.1/", "file:///etc/passwd", "http://127.0.0.1:0/"):
            with pytest.raises((MulianError, httpx2.UnsupportedProtocol, httpx2.InvalidURL)):
                http_client.get(bad)


@pytest.mark.parametrize("target", [
    "http://169.254.169.254/latest/meta-data/", "http://[::1]:80/", "//10.0.0.1/", "http://2852039166/",
    "gopher://127.0.0.1/",
])
def test_redirects_are_checked_again(web: int, target: str) -> None:
    _Handler.targets["/start"] = target
    with guard.client(LOOPBACK) as http_client, pytest.raises((MulianError, httpx2.HTTPError)) as error:
        http_client.get(f"http://127.0.0.1:{web}/start")
    if isinstance(error.value, MulianError):
        assert error.value.code in ("kernel.outbound.address_refused", "kernel.outbound.url_invalid")


def test_allowed_redirect_is_followed_and_a_loop_ends(web: int) -> None:
    _Handler.targets["/start"] = "/end"
    _Handler.targets["/loop"] = "/loop"
    with guard.client(LOOPBACK) as http_client:
        assert http_client.get(f"http://127.0.0.1:{web}/start").url.path == "/end"
        with pytest.raises(httpx2.TooManyRedirects):
            http_client.get(f"http://127.0.0.1:{web}/loop")


def test_https_never_falls_to_http() -> None:
    response = httpx2.Response(302, headers={"location": "http://example.com/"},
                               request=httpx2.Request("GET", "https://example.com/"))
    with pytest.raises(MulianError, match="redirect_refused"):
        guard._check_redirect(response)


def test_name_is_resolved_once_and_the_connection_is_pinned(web: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebinding name: public at the check, loopback afterwards. The second answer is never asked for."""
    answers = ["127.0.0.1", "169.254.169.254"]
    asked = []
    real = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host != "rebind.example":
            return real(host, port, *args, **options)
        asked.append(host)
        return real(answers[min(len(asked) - 1, 1)], port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with guard.client(LOOPBACK) as http_client:
        assert http_client.get(f"http://rebind.example:{web}/").text == "ok"
        assert asked == ["rebind.example"]
        assert _Handler.hosts == [f"rebind.example:{web}"], "Host says the name, the connection went to the address"
        with pytest.raises(MulianError, match="address_refused"):
            http_client.get(f"http://rebind.example:{web}/")


def test_one_refused_address_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.8", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: mixed)
    with pytest.raises(MulianError, match=r"10\.0\.0\.8"):
        guard.resolve("mixed.example", 80, Allowed())


def test_unresolvable_and_settings(web: int) -> None:
    with pytest.raises(MulianError, match="not_resolved"):
        guard.resolve("no-such-host.invalid", 80, Allowed())
    allowed = guard.allowed_by(Settings(outbound_allow="10.1.0.0/16, 127.0.0.1"), "192.168.7.0/24")
    assert judge(ipaddress.ip_address("10.1.2.3"), allowed) is Verdict.DECLARED
    assert judge(ipaddress.ip_address("192.168.7.9"), allowed) is Verdict.DECLARED
    assert judge(ipaddress.ip_address("10.2.0.1"), allowed) is Verdict.UNDECLARED
    with guard.connect("127.0.0.1", web, allowed, timeout=2) as connection:
        assert connection.getpeername()[1] == web
    with pytest.raises(ConnectionRefusedError):
        guard.connect("127.0.0.1", 1, allowed, timeout=0.5)
