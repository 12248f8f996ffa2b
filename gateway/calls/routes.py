"""Calls and metrics over HTTP."""

from datetime import timedelta
from typing import Annotated

import orjson
from fastapi import Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.apps.models import App
from gateway.apps.schemas import Environment
from gateway.calllog import proving, reader
from gateway.calllog.record import CallRow
from gateway.calls.schemas import CallOut, CallPage, MetricPoint, Metrics
from gateway.permissions import CALL_READ
from gateway.snapshot.places import home_of
from gateway.snapshot.queries import head_number
from gateway.snapshot.service import PRODUCTION
from kernel import clock
from kernel.errors import NOT_FOUND
from kernel.home import Home
from kernel.http import Actor_, Session_, needs, router
from kernel.http.wire import When
from kernel.identity.actor import Actor
from kernel.runtime import runtime_of

api = router(prefix="/gateway", tags=["gateway"])


@api.get("/calls", **needs(CALL_READ))
def list_calls(
    session: Session_, actor: Actor_, limit: Annotated[int, Query(ge=1, le=200)] = 50,
    interface: Annotated[str | None, Query(max_length=60)] = None,
    app: Annotated[str | None, Query(max_length=40)] = None,
    request_id: Annotated[str | None, Query(max_length=40)] = None, failed: bool = False,
    environment: Annotated[Environment, Query(description="production 正式环境，test 测试环境")] = "production",
) -> CallPage:
    """Return the newest calls of an environment, also those of the last second."""
    own = _own_keys(session, actor)

    def keep(row: CallRow) -> bool:
        return (
            (own is None or row.app_key in own) and (interface is None or row.interface == interface)
            and (app is None or row.app_key == app) and (request_id is None or row.request_id == request_id)
            and (not failed or row.status >= 400 or row.kind != "call")
        )

    rows = reader.recent(session, home_of(runtime_of(session).home, environment), limit=limit, keep=keep)
    return CallPage(items=[_out(row) for row in rows])


@api.get("/calls/{request_id}/proof", **needs(CALL_READ))
def get_call_proof(
    session: Session_, actor: Actor_, request_id: str, at: Annotated[When, Query(description="调用时间，按列表所示")],
) -> Response:
    """Download the proof file of a call: its row, its segment, the chain."""
    moment, own = clock.to_micros(at), _own_keys(session, actor)
    data = proving.call_proof(session, request_id=request_id, at=moment)
    if own is not None and orjson.loads(data)["row"]["app_key"] not in own:
        raise NOT_FOUND()
    headers = {"Content-Disposition": 'attachment; filename="call.proof.json"'}
    return Response(data, headers=headers, media_type="application/json")


@api.get("/metrics", **needs(CALL_READ))
def read_metrics(
    session: Session_, minutes: Annotated[int, Query(ge=1, le=7 * 24 * 60)] = 60,
    bucket_seconds: Annotated[int, Query(ge=10, le=86_400)] = 60,
    interface: Annotated[str | None, Query(max_length=60)] = None,
) -> Metrics:
    """Return the series of the last minutes, and which snapshot each worker serves."""
    end = clock.now()
    start = end - timedelta(minutes=minutes)
    home = runtime_of(session).home
    points = reader.series(session, home, start, end, bucket_seconds=bucket_seconds, interface=interface)
    return Metrics(
        start=start, end=end, bucket_seconds=bucket_seconds, points=[MetricPoint(**point) for point in points],
        snapshot=head_number(session, PRODUCTION), workers=_workers(home),
    )


def _workers(home: Home) -> list[dict[str, object]]:
    files = sorted(home.run_dir.glob("gateway-worker-*.json"))
    return [orjson.loads(path.read_bytes()) for path in files]


def _own_keys(session: Session, actor: Actor) -> set[str] | None:
    if actor.kind == "system" or actor.scope == "all":
        return None
    return set(session.scalars(select(App.app_key).where(App.department_id == actor.department_id)))


def _out(row: CallRow) -> CallOut:
    names = [name for name in CallOut.model_fields if name != "at"]
    return CallOut(at=clock.from_micros(row.at), **{name: getattr(row, name) for name in names})
