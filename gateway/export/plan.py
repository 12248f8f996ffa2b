"""What an engine is to serve: the routes of a compiled snapshot, and every policy that the engine cannot carry out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateway.broker.limits import Limits
from gateway.export import errors
from gateway.signing.profiles import UNDERSCORED
from gateway.snapshot.rules import HTTP, MOCK, SIGNED, TABLE, Compiled, Grant, Route
from kernel.errors import MulianError

# an engine that cannot count still carries out everything that is not named in gateway/export/errors.py
RATE, WINDOWS, TLS = "rate", "maintenance", "tls"
_PATH = re.compile(r"(?:/[A-Za-z0-9][A-Za-z0-9._-]*)+")
_BASE = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_KEY = re.compile(r"[A-Za-z0-9._-]{1,200}")
_CODE = re.compile(r"[a-z0-9-]{1,60}")


class Granted(NamedTuple):
    """``expires`` in Unix seconds; ``rate`` calls per 1,000 s with ``burst`` at once (0: no limit)."""

    expires: int
    rate: int
    burst: int


@dataclass(frozen=True, slots=True)
class Served:
    """An interface: served by the engine, a tombstone, or (``rest``) left to the Mulian gateway."""

    name: str
    route: Route
    grants: Mapping[str, Granted]
    rest: bool = False

    @property
    def path(self) -> str:
        """Its path, in the alphabet that configurations take."""
        return self.route.path.decode()

    @property
    def is_prefix(self) -> bool:
        """Tell whether it takes paths below its own."""
        return self.route.kind == HTTP


@dataclass(frozen=True, slots=True)
class Plan:
    """``rest``: origin of the Mulian gateway that serves what the engine cannot ("" for none)."""

    number: int
    served: tuple[Served, ...]
    apps: tuple[str, ...]
    rest: str
    refusals: tuple[MulianError, ...]


def make(compiled: Compiled, engine: str, can: frozenset[str], rest: str = "") -> Plan:
    """Return the plan of an engine that can carry out ``can``; raise ``gateway.export.refused``, ``.rest``.

    Without ``rest`` one refusal refuses the whole snapshot: nothing is exported without its policies.
    """
    if rest and not re.fullmatch(r"http://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}", rest):
        raise errors.REST()
    served, refusals = [], []
    for number, route in enumerate(compiled.routes.values()):
        grants = _grants(compiled, route)
        faults = [
            errors.POLICIES[name](interface=route.code, engine=engine)
            for name in dict.fromkeys(policies(route, grants)) if name not in can
        ]
        refusals += faults
        if faults and not _PATH.fullmatch(route.path.decode()):
            raise _refused(engine, faults)
        served.append(Served(f"i{number}", route, {} if faults else _terms(grants), rest=bool(faults)))
    if refusals and not rest:
        raise _refused(engine, refusals)
    return Plan(compiled.number, tuple(served), _apps(compiled, engine), rest, tuple(refusals))


def _refused(engine: str, faults: list[MulianError]) -> MulianError:
    listed = "；".join(f"{one.code} {one.params['interface']}" for one in faults)
    return errors.REFUSED(engine=engine, count=len(faults), list=listed)


def _grants(compiled: Compiled, route: Route) -> dict[str, Grant]:
    return {app.key.decode(): app.grants[route.key] for app in compiled.apps.values() if route.key in app.grants}


def _terms(grants: Mapping[str, Grant]) -> dict[str, Granted]:
    return {key: Granted(one.expires, one.limits.rate, one.limits.burst) for key, one in grants.items()}


def _apps(compiled: Compiled, engine: str) -> tuple[str, ...]:
    keys = sorted(key.decode() for key in compiled.apps)
    for key in keys:
        if not _KEY.fullmatch(key):
            raise _refused(engine, [errors.POLICIES["unsafe_text"](interface="AppKey", engine=engine)])
    return tuple(keys)


def policies(route: Route, grants: Mapping[str, Grant]) -> Iterator[str]:
    """Yield the policies that serving a route takes beyond what every engine does. A tombstone takes none."""
    if not _CODE.fullmatch(route.code) or not _PATH.fullmatch(route.path.decode()):
        yield "unsafe_text"
    if route.retired:
        return
    yield from _of_source(route)
    if route.auth == SIGNED:
        yield "signature"
    if route.accepts:
        yield "older_signature"
    if not route.streams:
        yield "fields"
    if route.canary is not None:
        yield "canary"
    if route.cache_seconds:
        yield "cache"
    if route.audited:
        yield "audited"
    if route.websocket:
        yield "websocket"
    if route.windows:
        yield WINDOWS
    for grant in grants.values():
        yield from _of_limits(grant.limits)


def _of_source(route: Route) -> Iterator[str]:
    if route.kind in (TABLE, MOCK):
        yield route.kind
    elif not _HOST.fullmatch(route.origin[1]) or not _BASE.fullmatch(route.base.decode("latin-1")):
        yield "unsafe_text"
    if route.origin[0] == "https":
        yield TLS
    if route.xml or route.soap is not None:
        yield "xml"


def _of_limits(limits: Limits) -> Iterator[str]:
    if limits.calls_day or limits.calls_month:
        yield "quota"
    if limits.weighed:
        yield "volume"
    if limits.rate:
        yield RATE


def underscored() -> list[str]:
    """Return the headers with underscores that older platforms send, for what is left to the Mulian gateway."""
    return sorted(name.decode() for name in UNDERSCORED)
