"""Calls through the real gateway signed by SM2 or as older platforms taught, and what refused ones are told."""

import base64
import secrets
from collections.abc import Callable

from crypto.sm import sm2
from gateway.apps import keys
from gateway.signing import rules as signing
from gateway.signing.profiles import PROFILES, sign
from kernel import clock
from kernel.runtime import Runtime
from tests.gateway.support import Answer, Client, District, Script, Upstream, answer_raw, http_definition, running

Start = Callable[[Script], Upstream]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SECRET = "secret-of-an-older-platform"


def older(
    port: int, profile: str, target: str = "/xc/old?b=2", *, requester: str = "r-1", changed: bytes = b""
) -> Answer:
    """Call as a program of an older platform does."""
    partner = secrets.token_hex(8) if PROFILES[profile].nonce else "s_1"
    headers = sign(
        PROFILES[profile], SECRET.encode() + changed, requester=requester.encode(), partner=partner.encode(),
        millis=clock.now_micros() // 1000,
    )
    lines = b"".join(b"%b: %b\r\n" % pair for pair in headers.items())
    client = Client(port).send(b"GET %b HTTP/1.1\r\nHost: gw\r\nX-Other: stays\r\n%b\r\n" % (target.encode(), lines))
    return client.read()


def test_programs_of_older_platforms_call_unchanged_where_the_interface_consents(
    district: District, upstream: Start, runtime: Runtime,
) -> None:
    source = upstream(answer_raw(OK, close=False))
    here, elsewhere = ["127.0.0.0/8"], ["10.0.0.0/8"]
    accepts = [{"profile": name, "addresses": here} for name in ("gjgxjhpt", "x-client-id")]
    district.publish("old", "/xc/old", http_definition(source.url, accepts=accepts))
    district.publish("far", "/xc/far", http_definition(
        source.url, accepts=[{"profile": "gjgxjhpt", "addresses": elsewhere}],
    ))
    district.publish("new", "/xc/new", http_definition(source.url))
    issued = district.app()
    for profile in ("gjgxjhpt", "x-client-id"):
        runtime.database.run(lambda session, profile=profile: keys.import_key(
            session, district.maker, app_id=issued.app.id, profile=profile, requester="r-1", secret=SECRET,
        ))
    district.demand(issued, {"街道": False})
    with running(runtime) as gateway:
        port = gateway.port
        assert [older(port, profile).body for profile in ("gjgxjhpt", "x-client-id")] == [b"ok", b"ok"]
        for seen in source.requests:
            assert b"X-Mulian-App: " + issued.app.app_key.encode() in seen and b"x-other: stays" in seen.lower()
            assert b"gjgxjhpt" not in seen and b"x-signature" not in seen.lower() and b"x-client-id" not in seen.lower()
        assert older(port, "gjgxjhpt", changed=b"x").code == "gateway.call.signature"
        assert older(port, "gjgxjhpt", requester="r-2").code == "gateway.call.key_unknown"
        assert older(port, "gjgxjhpt", "/xc/far").code == "gateway.call.address"
        assert older(port, "gjgxjhpt", "/xc/new").status == 400, "its headers are not even read there"
        assert older(port, "x-client-id", "/xc/new").code == "gateway.call.key_unknown"
        assert len(source.requests) == 2
        _replayed(port)


def _replayed(port: int) -> None:
    """The same request again is refused, on another connection too; another request of that millisecond is not."""
    fields = sign(
        PROFILES["gjgxjhpt"], SECRET.encode(), requester=b"r-1", partner=b"s", millis=clock.now_micros() // 1000
    )
    lines = b"".join(b"%b: %b\r\n" % pair for pair in fields.items())

    def call(target: bytes) -> Answer:
        return Client(port).send(b"GET %b HTTP/1.1\r\nHost: gw\r\n%b\r\n" % (target, lines)).read()

    assert call(b"/xc/old").status == 200
    assert call(b"/xc/old").code == "gateway.call.replay"
    assert call(b"/xc/old?a=1").status == 200


def test_sm2_signatures(district: District, upstream: Start, runtime: Runtime) -> None:
    source = upstream(answer_raw(OK, close=False))
    district.publish("echo", "/xc/echo", http_definition(source.url))
    issued = district.app()
    private, public = sm2.generate()
    runtime.database.run(lambda session: keys.add_public(
        session, district.maker, app_id=issued.app.id, public_key=public.hex(),
    ))
    district.demand(issued, {"街道": False})

    def call(profile: str, version: bytes = b"2") -> Answer:
        key, moment, nonce = (
            issued.app.app_key.encode(),
            b"%d" % (clock.now_micros() // 1_000_000),
            secrets.token_hex(16).encode(),
        )
        text = signing.string_to_sign(b"GET", b"/xc/echo", b"", b"", moment, nonce, key, version, profile=profile)
        headers = {
            b"X-Mulian-Key": key, b"X-Mulian-Key-Version": version, b"X-Mulian-Timestamp": moment,
            b"X-Mulian-Nonce": nonce, b"X-Mulian-Signature": sm2.sign(private, text).hex().encode(),
        }
        lines = b"".join(b"%b: %b\r\n" % pair for pair in headers.items())
        return Client(gateway.port).send(b"GET /xc/echo HTTP/1.1\r\nHost: gw\r\n%b\r\n" % lines).read()

    with running(runtime) as gateway:
        assert call(signing.SM2_PROFILE).body == b"ok"
        assert call(signing.PROFILE).code == "gateway.call.signature", "the string names its profile"
        assert call(signing.SM2_PROFILE, b"1").code == "gateway.call.signature", "version 1 is a shared secret"


def test_the_test_environment_says_what_was_signed_wrongly(
    district: District, upstream: Start, runtime: Runtime,
) -> None:
    """The first byte that differs, without the gateway ever seeing what was signed; production says nothing of it."""
    source = upstream(answer_raw(OK, close=False))
    district.publish("echo", "/xc/echo", http_definition(source.url))
    shown = {}
    for environment in ("test", "production"):
        issued = district.app(environment, environment)
        if environment == "production":
            district.demand(issued, {"街道": False})
        with running(runtime, environment=environment) as gateway:
            client = Client(gateway.port, issued)
            unsorted = _unsorted(issued, client)
            shown[environment] = Client(gateway.port).send(unsorted).read().json
            given = base64.b64encode(b"mulian-sm3-v1\nPOST").decode()
            wrong = client.call("GET", "/xc/echo", secret=b"wrong", extra=f"X-Mulian-String-To-Sign: {given}\r\n")
            shown[f"{environment} given"] = wrong.json
    assert {one["code"] for one in shown.values()} == {"gateway.call.signature"}
    found = shown["test"]["comparison"]
    assert found["cause"] == "查询参数未按字节排序" and found["line"] == 4
    assert found["ours"][found["at"]] == "a" and found["theirs"][found["at"]] == "b"
    assert shown["test given"]["comparison"]["at"] == len("mulian-sm3-v1\n")
    assert "comparison" not in shown["production"] and "comparison" not in shown["production given"]


def _unsorted(issued: object, client: Client) -> bytes:
    """A request whose query was signed in the order in which it is sent."""
    held, signing.canonical_query = signing.canonical_query, lambda query: query
    try:
        return client.signed("GET", "/xc/echo?b=2&a=1")
    finally:
        signing.canonical_query = held
