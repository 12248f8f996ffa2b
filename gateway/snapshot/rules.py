"""Compile a snapshot into what a worker looks up per call. Pure but for the opener of sealed secrets.

A snapshot that does not compile as a whole is refused (NACK) and the one before stays.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

import orjson

from gateway.broker.limits import Limits
from gateway.calllog import record
from gateway.policy.rules import Policy, compile_policy
from gateway.signing.profiles import PROFILES, Profile
from gateway.signing.rules import SM2_PROFILE
from gateway.snapshot.places import TEST
from gateway.sources import xml_rules
from kernel.digest import sm3, sm3_hex

# opens a sealed secret (SecretBox with the gateway's purpose)
Opener = Callable[[bytes], bytes]
SIGNED, KEY_ONLY = "mulian-sm3-v1", "appkey"
HTTP, TABLE, MOCK = "http", "table", "mock"
# expiry of what needs no grant (Unix seconds)
_NEVER = 1 << 40


class SnapshotRefused(ValueError):
    """The snapshot is empty, damaged or cannot be compiled."""


@dataclass(slots=True)
class Grant:
    """``expires`` in Unix seconds; ``app``: digest of the AppKey, which says what broker answers."""

    id: str
    id_bytes: bytes
    expires: int
    limits: Limits
    policy: Policy
    app: bytes
    # units that the broker has handed to this worker, and until when (loop seconds) they count
    leased: int = 0
    leased_until: float = 0.0
    # its piece of each line of the call log
    who: bytes = b""


@dataclass(slots=True)
class App:
    """An application with its live secrets by key version."""

    key: bytes
    name: str
    secrets: dict[bytes, bytes]
    grants: dict[str, Grant]
    # points of SM2 by key version
    publics: dict[bytes, bytes] = field(default_factory=dict)


# prime to 1,000: turns that follow each other fall all over the scale
_SPREAD = 619


@dataclass(frozen=True, slots=True)
class Accepted:
    """A signature profile of an older platform that an interface takes from some addresses."""

    profile: Profile
    networks: tuple[IPv4Network | IPv6Network, ...]


@dataclass(slots=True)
class Route:
    """A published interface, or a tombstone (``retired``)."""

    code: str
    path: bytes
    methods: frozenset[bytes]
    auth: str
    kind: str
    source: Mapping[str, Any]
    body_limit: int
    timeout: float
    retired: bool
    # the answer passes unchanged (files, streams): only for contracts without sensitive fields
    streams: bool = False
    # limits that cannot be checked are waived (fail-open) or refuse the call
    waives_limits: bool = False
    # a call whose line is not on the disk is not answered
    audited: bool = False
    # http source: origin (scheme, host, port) and base path of the upstream
    origin: tuple[str, str, int] = ("", "", 0)
    base: bytes = b""
    # lines of every answer: the revision that gave it, and when it goes (RFC 9745, RFC 8594)
    headers: bytes = b""
    # key of its grants: the code, another one for a revision that only a part of the calls gets
    key: str = ""
    mock: bytes = b""
    # the upstream speaks XML; ``soap``: what is posted to it
    xml: bool = False
    soap: "xml_rules.Template | None" = None
    # (from, to, text) in Unix seconds
    windows: tuple[tuple[int, int, str], ...] = ()
    canary: "Canary | None" = None
    accepts: tuple[Accepted, ...] = ()
    # headers of those, never passed on
    consumed: frozenset[bytes] = frozenset()
    # seconds that an answer may be kept for the same grant (0: not at all)
    cache_seconds: int = 0
    # the upstream may change a connection to WebSocket
    websocket: bool = False

    def window(self, now: int) -> tuple[int, int, str] | None:
        """Return the maintenance window that is open at ``now`` (Unix seconds)."""
        return next((one for one in self.windows if one[0] <= now < one[1]), None)

    def serving(self, app: bytes) -> "Route":
        """Return the route that serves a call: the canary for its applications and for its share of the others."""
        canary = self.canary
        if canary is None or app in canary.apps:
            return self if canary is None else canary.route
        canary.turns += 1
        return canary.route if canary.turns * _SPREAD % 1000 < canary.share else self


@dataclass(slots=True)
class Canary:
    """A revision for a part: all calls of ``apps``, and ``share`` per mille of all others."""

    route: Route
    share: int
    apps: frozenset[bytes]
    turns: int = 0


@dataclass(slots=True)
class Compiled:
    """What a worker serves. ``prefixes``: interfaces that take paths below their own."""

    number: int
    sm3: str
    routes: dict[bytes, Route]
    prefixes: dict[bytes, Route]
    apps: dict[bytes, App]
    origins: set[tuple[str, str, int]] = field(default_factory=set)
    # (profile, requester) of older platforms → application and its secrets there
    requesters: dict[tuple[str, bytes], tuple[App, tuple[bytes, ...]]] = field(default_factory=dict)
    # the test environment says what is wrong with a signature
    explains: bool = False

    def find(self, path: bytes) -> Route | None:
        """Return the route of a path: exact, else the longest interface path that is a parent of it."""
        route = self.routes.get(path)
        if route is not None or not self.prefixes:
            return route
        parent = path
        while parent:
            parent = parent.rpartition(b"/")[0]
            route = self.prefixes.get(parent)
            if route is not None:
                return route
        return None


def compile_snapshot(number: int, checksum: str, body: str, opener: Opener) -> Compiled:
    """Check and compile; raise :class:`SnapshotRefused`."""
    if sm3_hex(body.encode()) != checksum:
        raise SnapshotRefused(f"snapshot {number}: checksum")
    try:
        document = orjson.loads(body)
        routes = [_route(row) for row in document["interfaces"]]
        contracts = {row["code"]: row for row in document["interfaces"]}
        apps = [_app(row, contracts, opener) for row in document["apps"]]
        if "open" in document:
            _open_to_all(apps, routes, document["open"])
        requesters = _requesters(document["apps"], {app.key: app for app in apps}, opener)
    except SnapshotRefused:
        raise
    except Exception as error:  # a missing key, a type, a secret that does not open: all mean "not this one"
        raise SnapshotRefused(f"snapshot {number}: {type(error).__name__}") from error
    if not routes:
        raise SnapshotRefused(f"snapshot {number}: empty")
    compiled = Compiled(
        number, checksum, {route.path: route for route in routes},
        {route.path: route for route in routes if route.kind == HTTP}, {app.key: app for app in apps},
    )
    for app in apps:
        for key, grant in app.grants.items():
            grant.who = record.who(app.key, key.partition("@")[0], grant.id, number)
    all_routes = [*routes, *(route.canary.route for route in routes if route.canary is not None)]
    compiled.requesters, compiled.explains = requesters, document.get("environment") == TEST
    compiled.origins = {route.origin for route in all_routes if route.kind == HTTP and not route.retired}
    return compiled


def _route(row: Mapping[str, Any]) -> Route:
    source = row["source"]
    route = Route(
        code=row["code"], path=row["path"].encode(), methods=frozenset(method.encode() for method in row["methods"]),
        auth=row["auth"], kind=source["kind"], source=source, body_limit=int(row["body_limit"]),
        timeout=int(row["timeout_ms"]) / 1000, retired=row.get("state") != "published",
        streams=row["contract"]["mode"] == "stream", headers=_headers(row), key=row["code"],
        mock=str(source.get("answer", "")).encode(), xml=bool(source.get("xml")),
        soap=xml_rules.template((source.get("xml") or {}).get("request")),
        waives_limits=bool(row.get("waives_limits")), audited=bool(row.get("audited")),
        accepts=tuple(_accepted(one) for one in row.get("accepts", ())),
        windows=tuple((one["from"], one["to"], one["text"]) for one in row.get("maintenance", ())),
        cache_seconds=int(row.get("cache_seconds", 0)), websocket=bool(row.get("websocket", False)),
    )
    route.consumed = frozenset().union(*(one.profile.headers for one in route.accepts))
    if "canary" in row:
        part = row["canary"]
        inner = _route(part["route"] | {"state": row["state"]})
        inner.key = canary_key(route.code)
        route.canary = Canary(inner, part["share"], frozenset(key.encode() for key in part["apps"]))
    if route.auth not in (SIGNED, KEY_ONLY) or route.kind not in (HTTP, TABLE, MOCK):
        raise SnapshotRefused(f"interface {route.code}: auth or source")
    if route.kind == HTTP:
        parts = urlsplit(source["url"])
        port = parts.port or (443 if parts.scheme == "https" else 80)
        route.origin = (parts.scheme, parts.hostname or "", port)
        route.base = parts.path.rstrip("/").encode()
    return route


def _limits(grant: Mapping[str, Any]) -> Limits:
    """Snapshots before 0036 know a daily number of calls and a pace."""
    if "limits" in grant:
        return Limits(**grant["limits"])
    return Limits(calls_day=grant["quota"], rate=grant["rate"], burst=grant["burst"])


def _accepted(row: Mapping[str, Any]) -> Accepted:
    return Accepted(PROFILES[row["profile"]], tuple(ip_network(one) for one in row["addresses"]))


def canary_key(code: str) -> str:
    """Return the key of the grants in a canary revision; no code of an interface looks like it."""
    return f"{code}@canary"


def _headers(row: Mapping[str, Any]) -> bytes:
    lines = b"X-Mulian-Revision: %d\r\n" % row["revision"]
    gone = row.get("deprecated")
    if gone:
        until = formatdate(gone["until"], usegmt=True).encode()
        lines += b"Deprecation: @%d\r\nSunset: %b\r\n" % (gone["since"], until)
    return lines


def _open_to_all(apps: list[App], routes: list[Route], limits: Mapping[str, Any]) -> None:
    """The test environment asks for no grant; each application still has its own limits on each interface."""
    for app in apps:
        for route in routes:
            digest = sm3(app.key, b"\n", route.code.encode())[:16]
            app.grants[route.code] = Grant(
                str(uuid.UUID(bytes=digest)), digest, _NEVER, _limits(limits), Policy(()), app_digest(app.key),
            )


def _app(row: Mapping[str, Any], interfaces: Mapping[str, Any], opener: Opener) -> App:
    grants: dict[str, Grant] = {}
    key = row["key"].encode()
    for grant in row["grants"]:
        served = interfaces[grant["interface"]]
        grants[grant["interface"]] = _grant(key, grant, served, grant["fields"])
        if "canary_fields" in grant:
            grants[canary_key(grant["interface"])] = _grant(
                key, grant, served["canary"]["route"], grant["canary_fields"]
            )
    app = App(key, row["name"], {}, grants)
    for credential in row["credentials"]:
        held = {SIGNED: app.secrets, SM2_PROFILE: app.publics}.get(credential.get("profile", SIGNED))
        if held is not None:
            held[str(credential["version"]).encode()] = opener(bytes.fromhex(credential["sealed"]))
    return app


def _requesters(
    rows: Sequence[Mapping[str, Any]], apps: Mapping[bytes, App], opener: Opener,
) -> dict[tuple[str, bytes], tuple[App, tuple[bytes, ...]]]:
    found: dict[tuple[str, bytes], tuple[App, tuple[bytes, ...]]] = {}
    for row in rows:
        app = apps[row["key"].encode()]
        for credential in row["credentials"]:
            if "requester" in credential:
                name = (credential["profile"], credential["requester"].encode())
                _, before = found.get(name, (app, ()))
                found[name] = (app, (*before, opener(bytes.fromhex(credential["sealed"]))))
    return found


def _grant(app: bytes, row: Mapping[str, Any], served: Mapping[str, Any], fields: Mapping[str, bool]) -> Grant:
    contract, source = served["contract"], served["source"]
    shape = {"reader": xml_rules.reader(source["xml"], contract)} if source.get("xml") else {}
    policy = compile_policy(
        contract["fields"], fields, items=tuple(contract["items"]),
        passthrough=frozenset(contract["passthrough"]), row_key=contract["row_key"], **shape,
    )
    id_ = uuid.UUID(row["id"])
    return Grant(str(id_), id_.bytes, row["expires"], _limits(row), policy, app_digest(app))


def app_digest(key: bytes) -> bytes:
    """Return the 16 bytes that name an application to the broker."""
    return sm3(key)[:16]
