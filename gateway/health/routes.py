"""Health of interfaces over HTTP: declared checks, drift, usage by consumer."""

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import Query
from sqlalchemy import select

from gateway.apps.models import App
from gateway.calllog import reader
from gateway.health import drift, queries, service
from gateway.health.models import HealthCheck
from gateway.health.rules import CHECK_TITLES, CheckKind
from gateway.health.schemas import (
    CheckIn,
    CheckList,
    CheckOut,
    ConsumerList,
    ConsumerOut,
    DifferenceOut,
    DriftList,
    DriftOut,
)
from gateway.permissions import CALL_READ, INTERFACE_EDIT, INTERFACE_READ
from kernel import clock
from kernel.http import Actor_, Session_, needs, router
from kernel.http.wire import Title
from kernel.runtime import runtime_of

api = router(prefix="/gateway", tags=["gateway"])


@api.get("/interfaces/{interface_id}/checks", **needs(INTERFACE_READ))
def list_checks(session: Session_, interface_id: uuid.UUID) -> CheckList:
    """What is checked of an interface beyond its source being there."""
    return CheckList(items=[_check(row) for row in queries.checks_of(session, interface_id)])


@api.put("/interfaces/{interface_id}/checks/{kind}", **needs(INTERFACE_EDIT))
def declare_check(
    session: Session_, actor: Actor_, interface_id: uuid.UUID, kind: CheckKind, body: CheckIn
) -> CheckOut:
    """Declare or change a check."""
    return _check(service.declare(
        session, actor, interface_id=interface_id, kind=kind, spec=body.spec, contract=body.contract,
        enabled=body.enabled,
    ))


@api.delete("/interfaces/{interface_id}/checks/{kind}", status_code=204, **needs(INTERFACE_EDIT))
def remove_check(session: Session_, actor: Actor_, interface_id: uuid.UUID, kind: CheckKind) -> None:
    """Check it no more."""
    service.remove(session, actor, interface_id=interface_id, kind=kind)


@api.get("/drift", **needs(INTERFACE_READ))
def list_drift(session: Session_) -> DriftList:
    """Published interfaces that differ from their data entry: served fields against declared items."""
    found = [one for one in drift.of_all(session) if one.differences]
    return DriftList(items=[_drift(one) for one in found])


@api.get("/consumers", **needs(CALL_READ))
def list_consumers(
    session: Session_, actor: Actor_, days: Annotated[int, Query(ge=1, le=92, description="最近多少天")] = 7
) -> ConsumerList:
    """Calls of the last days by application and interface; a consumer sees its own."""
    end = clock.now()
    start = end - timedelta(days=days)
    apps = {row.app_key: row for row in session.scalars(select(App))}
    rows = reader.by_consumer(session, runtime_of(session).home, start, end)
    everything = actor.kind == "system" or actor.scope == "all"
    shown = [row for row in rows if everything or _own(apps.get(row[0]), actor.department_id)]
    items = [_consumer(row, apps.get(row[0])) for row in shown]
    return ConsumerList(start=start, end=end, items=items)


def _own(app: App | None, department_id: uuid.UUID | None) -> bool:
    return app is not None and app.department_id == department_id


def _consumer(row: tuple[str, str, int, int, int, int], app: App | None) -> ConsumerOut:
    app_key, interface, calls, failed, sent, last = row
    return ConsumerOut(
        app_key=app_key, app=app.name if app else None, department_id=app.department_id if app else None,
        interface=interface, calls=calls, failed=failed, bytes_out=sent, last_at=clock.from_micros(last),
    )


def _check(row: HealthCheck) -> CheckOut:
    zh, en = CHECK_TITLES[CheckKind(row.kind)]
    names = [name for name in CheckOut.model_fields if name != "title"]
    return CheckOut(title=Title(zh=zh, en=en), **{name: getattr(row, name) for name in names})


def _drift(one: drift.Drift) -> DriftOut:
    differences = [
        DifferenceOut(kind=diff.kind, field=diff.field, text=Title(zh=diff.zh, en=diff.en), serious=diff.serious)
        for diff in one.differences
    ]
    names = [name for name in DriftOut.model_fields if name != "differences"]
    return DriftOut(differences=differences, **{name: getattr(one, name) for name in names})
