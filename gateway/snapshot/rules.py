"""Compile a snapshot into what a worker looks up per call. Pure but for the opener of sealed secrets.

A snapshot that does not compile as a whole is refused (NACK) and the one before stays.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from gateway.calllog import record
from gateway.policy.rules import Policy, compile_policy
from kernel.digest import sm3_hex

# opens a sealed secret (SecretBox with the gateway's purpose)
Opener = Callable[[bytes], bytes]
SIGNED, KEY_ONLY = "mulian-sm3-v1", "appkey"
HTTP, TABLE = "http", "table"


class SnapshotRefused(ValueError):
    """The snapshot is empty, damaged or cannot be compiled."""


@dataclass(slots=True)
class Grant:
    """``rate`` per 1,000 s (0: no limit), ``quota`` a business day (0: none), ``expires`` in Unix seconds."""

    id: str
    id_bytes: bytes
    expires: int
    quota: int
    rate: int
    burst: int
    policy: Policy
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
    # http source: origin (scheme, host, port) and base path of the upstream
    origin: tuple[str, str, int] = ("", "", 0)
    base: bytes = b""
    # seconds that an answer may be kept for the same grant (0: not at all)
    cache_seconds: int = 0
    # the upstream may change a connection to WebSocket
    websocket: bool = False


@dataclass(slots=True)
class Compiled:
    """What a worker serves. ``prefixes``: interfaces that take paths below their own."""

    number: int
    sm3: str
    routes: dict[bytes, Route]
    prefixes: dict[bytes, Route]
    apps: dict[bytes, App]
    origins: set[tuple[str, str, int]] = field(default_factory=set)

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
        contracts = {row["code"]: row["contract"] for row in document["interfaces"]}
        apps = [_app(row, contracts, opener) for row in document["apps"]]
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
        for code, grant in app.grants.items():
            grant.who = record.who(app.key, code, grant.id, number)
    compiled.origins = {route.origin for route in routes if route.kind == HTTP and not route.retired}
    return compiled


def _route(row: Mapping[str, Any]) -> Route:
    source = row["source"]
    route = Route(
        code=row["code"], path=row["path"].encode(), methods=frozenset(method.encode() for method in row["methods"]),
        auth=row["auth"], kind=source["kind"], source=source, body_limit=int(row["body_limit"]),
        timeout=int(row["timeout_ms"]) / 1000, retired=row["state"] != "published",
        streams=row["contract"]["mode"] == "stream", cache_seconds=int(row.get("cache_seconds", 0)),
        websocket=bool(row.get("websocket", False)),
    )
    if route.auth not in (SIGNED, KEY_ONLY) or route.kind not in (HTTP, TABLE):
        raise SnapshotRefused(f"interface {route.code}: auth or source")
    if route.kind == HTTP:
        parts = urlsplit(source["url"])
        port = parts.port or (443 if parts.scheme == "https" else 80)
        route.origin = (parts.scheme, parts.hostname or "", port)
        route.base = parts.path.rstrip("/").encode()
    return route


def _app(row: Mapping[str, Any], contracts: Mapping[str, Any], opener: Opener) -> App:
    grants: dict[str, Grant] = {}
    for grant in row["grants"]:
        contract = contracts[grant["interface"]]
        policy = compile_policy(
            contract["fields"], grant["fields"], items=tuple(contract["items"]),
            passthrough=frozenset(contract["passthrough"]), row_key=contract["row_key"],
        )
        id_ = uuid.UUID(grant["id"])
        grants[grant["interface"]] = Grant(
            str(id_), id_.bytes, grant["expires"], grant["quota"], grant["rate"], grant["burst"], policy,
        )
    secrets = {
        str(credential["version"]).encode(): opener(bytes.fromhex(credential["sealed"]))
        for credential in row["credentials"]
    }
    return App(row["key"].encode(), row["name"], secrets, grants)
