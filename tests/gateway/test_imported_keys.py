"""Keys that applications bring along: SM2 public keys and what older platforms gave them, up to the snapshot."""

from collections.abc import Callable

import pytest

from crypto.lookups.port import SignedCall
from crypto.sm import key_files, sm2
from gateway.apps import keys
from gateway.apps import service as apps
from gateway.apps.door import SignedApps
from gateway.signing import rules as signing
from gateway.snapshot.follow import PURPOSE
from gateway.snapshot.queries import head_number, load
from gateway.snapshot.rules import Compiled, compile_snapshot
from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.runtime import Runtime
from tests.gateway.support import District, Script, Upstream, answer_json, field, http_definition

Start = Callable[[Script], Upstream]


@pytest.fixture
def district(database: Database, upstream: Start) -> District:
    runtime = database.runtime
    assert runtime is not None
    made = District(runtime)
    source = upstream(answer_json({"items": []}))
    accepts = [{"profile": "gjgxjhpt", "addresses": ["10.11.0.0/16"]}]
    made.publish("streets", "/xc/streets", http_definition(source.url, [field("street", "街道")]) | {"accepts": accepts})
    return made


def compiled(runtime: Runtime) -> Compiled:
    with runtime.database.read() as session:
        number = head_number(session, "production")
        held = load(session, "production", number)
        assert held is not None
        return compile_snapshot(number, held.sm3, held.body, lambda sealed: runtime.box.open(PURPOSE, sealed))


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.code


def test_an_older_platforms_key_reaches_the_snapshot_under_its_name(district: District) -> None:
    runtime, first, second = district.runtime, district.app(), district.app()

    def take(app: apps.Issued, secret: str, requester: str = "r-001") -> object:
        return runtime.database.run(lambda session: keys.import_key(
            session, district.maker, app_id=app.app.id, profile="gjgxjhpt", requester=requester, secret=secret,
        ))

    take(first, "old-secret-1")
    take(first, "old-secret-2")
    app, secrets = compiled(runtime).requesters["gjgxjhpt", b"r-001"]
    assert (app.key, secrets) == (first.app.app_key.encode(), (b"old-secret-1", b"old-secret-2"))
    assert app.secrets.keys() == {b"1"}, "an imported key signs by its own profile only"
    assert compiled(runtime).routes[b"/xc/streets"].accepts[0].profile.name == "gjgxjhpt"
    assert refused(lambda: take(first, "old-secret-3")) == "gateway.app.credentials"
    assert refused(lambda: take(second, "other-secret")) == "gateway.app.requester_taken"
    assert refused(lambda: take(second, "short", "r-002")) == "gateway.app.key_refused"
    for version in (2, 3):
        runtime.database.run(lambda session, version=version: apps.revoke(
            session, district.maker, app_id=first.app.id, key_version=version,
        ))
    assert compiled(runtime).requesters == {}
    take(second, "other-secret")
    assert compiled(runtime).requesters["gjgxjhpt", b"r-001"][0].key == second.app.app_key.encode()


def test_sm2_public_keys(district: District) -> None:
    runtime, issued = district.runtime, district.app()
    _, public = sm2.generate()

    def add(text: str) -> object:
        return runtime.database.run(lambda session: keys.add_public(
            session, district.maker, app_id=issued.app.id, public_key=text,
        ))

    add(key_files.public_to_pem(public))
    add(public.hex())
    app = compiled(runtime).apps[issued.app.app_key.encode()]
    assert app.publics == {b"2": public, b"3": public}
    for bad in ("", "04" + "00" * 64, public.hex()[:-2], "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"):
        assert refused(lambda bad=bad: add(bad)) == "gateway.app.key_refused"


def test_the_platforms_own_doors_take_the_platforms_own_secrets_only(district: District) -> None:
    """Who knows an application's public key, or its older secret, cannot sign for it by HMAC-SM3."""
    runtime, issued, trying = district.runtime, district.app(), district.app("试", "test")
    _, public = sm2.generate()
    runtime.database.run(lambda session: keys.add_public(
        session, district.maker, app_id=issued.app.id, public_key=public.hex(),
    ))
    runtime.database.run(lambda session: keys.import_key(
        session, district.maker, app_id=issued.app.id, profile="gjgxjhpt", requester="r-9", secret="old-secret-9",
    ))

    def knock(app: apps.Issued, version: int, secret: bytes) -> str:
        key, moment, nonce = app.app.app_key.encode(), b"%d" % (clock.now_micros() // 1_000_000), b"n" * 16
        text = signing.string_to_sign(b"POST", b"/door", b"", b"{}", moment, nonce, key, b"%d" % version)
        headers = {
            signing.HEADER_KEY: key, signing.HEADER_VERSION: b"%d" % version, signing.HEADER_TIMESTAMP: moment,
            signing.HEADER_NONCE: nonce, signing.HEADER_SIGNATURE: signing.sign(secret, text),
        }
        with runtime.database.read() as session:
            return SignedApps().verify(session, SignedCall(b"POST", b"/door", b"", headers, b"{}")).name

    assert knock(issued, 1, issued.secret.encode()) == issued.app.name
    for app, version, secret in (
        (issued, 2, public), (issued, 3, b"old-secret-9"), (trying, 1, trying.secret.encode()),
    ):
        assert refused(lambda app=app, version=version, secret=secret: knock(app, version, secret)) == (
            "gateway.call.key_unknown"
        )
    with runtime.database.read() as session:
        signed = SignedApps().sign(session, issued.app.id, method="POST", target="/callback", body=b"{}")
        assert signed["X-Mulian-Key-Version"] == "1"
        assert [one.key_version for one in SignedApps().versions(session, issued.app.id)] == [1]
