"""What a snapshot holds: production serves what was published and granted, test serves synthetic data to every app."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from catalog.public.release import release_allowed
from gateway.apps import queries as apps
from gateway.apps.models import App, Credential
from gateway.broker.limits import Limits
from gateway.grants import fitting
from gateway.grants import queries as grants
from gateway.interfaces import queries as interfaces
from gateway.interfaces.models import Interface, InterfaceRevision
from gateway.maintenance import queries as maintenance
from gateway.snapshot.places import PRODUCTION, TEST
from gateway.sources import synthetic
from kernel import clock

# what an application of the test environment may do: enough to develop against, too little to depend on
TEST_LIMITS = Limits(calls_day=10_000, rate=10_000, burst=20)


def production(session: Session) -> dict[str, Any]:
    """Return the document of the production environment."""
    served = interfaces.served(session)
    # an entry that became important or core data is not served until its release is listed
    free = release_allowed(session, [interface.entry_id for interface, _ in served], "interface").allowed
    windows, canaries = maintenance.coming(session, clock.now()), interfaces.in_canary(session)
    parts = {interface.code: canaries[interface.id] for interface, _ in served if interface.id in canaries}
    keys = dict(apps.keys(session))
    rows = []
    for interface, revision in served:
        row = _served(interface, revision) | {"state": interface.state if interface.entry_id in free else "retired"}
        row |= _notice(session, interface)
        if interface.id in windows:
            row["maintenance"] = windows[interface.id]
        if interface.code in parts:
            row["canary"] = _canary(interface, parts[interface.code], keys)
        rows.append(row)
    return {
        "version": 1, "environment": PRODUCTION, "interfaces": rows,
        "apps": _apps(session, PRODUCTION, _granted(session, parts)),
    }


def test(session: Session) -> dict[str, Any]:
    """Return the document of the test environment: open to every application that is registered there."""
    rows = []
    for interface, revision in interfaces.tested(session):
        answer = synthetic.answer(interface.code, revision.definition)
        rows.append(_served(interface, revision) | {"state": "published", "source": {"kind": "mock", "answer": answer}})
    return {
        "version": 1, "environment": TEST, "interfaces": rows, "apps": _apps(session, TEST, {}),
        "open": {"limits": TEST_LIMITS._asdict()},
    }


def _served(interface: Interface, revision: InterfaceRevision) -> dict[str, Any]:
    definition = revision.definition
    return {
        "code": interface.code, "path": interface.path, "revision": revision.number,
        "methods": definition["methods"], "auth": definition["auth"], "source": definition["source"],
        "contract": definition["contract"], "timeout_ms": definition["timeout_ms"],
        "body_limit": definition["body_limit"], "waives_limits": definition.get("waives_limits", False),
        "audited": definition.get("audited", False), "accepts": definition.get("accepts", []),
        "cache_seconds": definition.get("cache_seconds", 0), "websocket": definition.get("websocket", False),
    }


def _notice(session: Session, interface: Interface) -> dict[str, Any]:
    """The announced end, or the day of a breaking revision: callers see both in headers (RFC 9745, RFC 8594)."""
    opened = interfaces.open_revision(session, interface.id) if interface.announced_at else None
    day = interface.ends_on or (opened.effective_on if opened is not None else None)
    if day is None or interface.announced_at is None:
        return {}
    return {"deprecated": {"since": _seconds(interface.announced_at), "until": _seconds(clock.day_bounds(day)[0])}}


def _canary(
    interface: Interface, revision: InterfaceRevision, keys: Mapping[uuid.UUID, str],
) -> dict[str, Any]:
    chosen = revision.canary or {"share": 0, "apps": []}
    named = sorted(keys[uuid.UUID(one)] for one in chosen["apps"] if uuid.UUID(one) in keys)
    return {"share": chosen["share"], "apps": named, "route": _served(interface, revision)}


def _granted(session: Session, canaries: Mapping[str, InterfaceRevision]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    granted: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for grant, code in grants.active(session):
        row: dict[str, Any] = {
            "id": str(grant.id), "interface": code, "fields": grant.fields,
            "expires": _seconds(grant.expires_at), "limits": grant.limits._asdict(),
        }
        if code in canaries:
            row["canary_fields"] = fitting.fields_of(session, grant, canaries[code])
        granted.setdefault(grant.app_id, []).append(row)
    return granted


def _apps(
    session: Session, environment: str, granted: Mapping[uuid.UUID, Sequence[dict[str, Any]]],
) -> list[dict[str, Any]]:
    names = apps.requesters(session, environment)

    def row(app: App, credentials: Sequence[Credential]) -> dict[str, Any]:
        return {
            "key": app.app_key, "name": app.name, "grants": list(granted.get(app.id, [])),
            "credentials": [_credential(one, names) for one in credentials],
        }

    return [row(app, credentials) for app, credentials in apps.live(session, environment)]


def _credential(one: Credential, names: Mapping[tuple[uuid.UUID, str], str]) -> dict[str, Any]:
    row = {"version": one.key_version, "sealed": one.sealed.hex(), "profile": one.profile}
    requester = names.get((one.app_id, one.profile))
    return row if requester is None else row | {"requester": requester}


def _seconds(instant: datetime) -> int:
    return clock.to_micros(instant) // 1_000_000
