"""Targets, rules, alarms and silences over HTTP."""

import uuid
from datetime import timedelta

from fastapi import Request, Response

from kernel import clock
from kernel.http import Actor_, Page_, Session_, check_if_match, needs, paginate, router, set_etag
from kernel.http.wire import Title, When
from kernel.identity.actor import require
from kernel.watch import alerting, metrics, queries, registry, service
from kernel.watch.incidents.schemas import CaseRef
from kernel.watch.models import WatchAlarm, WatchExpression, WatchRule, WatchTarget
from kernel.watch.registry import ExpressionSpec, TargetSpec
from kernel.watch.rules import STATE_TITLES, Policy, State
from kernel.watch.schemas import (
    AlarmOut,
    AlarmPage,
    ExpressionIn,
    ExpressionOut,
    ExpressionPage,
    History,
    OutageOut,
    PolicyIn,
    RuleIn,
    RuleOut,
    RulePage,
    SampleOut,
    SignalList,
    SignalOut,
    SilenceIn,
    SilenceOut,
    SilencePage,
    Switch,
    TargetIn,
    TargetOut,
    TargetPage,
    Wall,
    WallOut,
)

api = router(prefix="/watch", tags=["watch"])
READ, EDIT = needs("kernel.watch.read"), needs("kernel.watch.edit")


@api.get("/targets", **READ)
def list_targets(session: Session_, actor: Actor_, page: Page_, state: State | None = None) -> TargetPage:
    """List targets with their states."""
    rows, total = paginate(session, queries.targets(actor, state), page)
    return TargetPage(items=[_target(row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("/targets", status_code=201, **EDIT)
def add_target(response: Response, session: Session_, actor: Actor_, body: TargetIn) -> TargetOut:
    """Add a target by hand."""
    require(actor, "kernel.watch.edit", department_id=body.department_id)
    row = service.add_target(session, actor, TargetSpec(
        key=body.key, kind=body.kind, zh=body.name_zh, en=body.name_en, spec=dict(body.spec),
        policy=Policy(**body.policy.model_dump()), department_id=body.department_id,
    ))
    set_etag(response, row.version)
    return _target(row)


@api.get("/targets/{target_id}", **READ)
def get_target(response: Response, session: Session_, actor: Actor_, target_id: uuid.UUID) -> TargetOut:
    """Read a target."""
    row = service.target(session, actor, target_id=target_id)
    set_etag(response, row.version)
    return _target(row)


@api.patch("/targets/{target_id}", **EDIT)
def switch_target(
    request: Request, response: Response, session: Session_, actor: Actor_, target_id: uuid.UUID, body: Switch
) -> TargetOut:
    """Switch a target on or off."""
    check_if_match(request, service.target(session, actor, target_id=target_id).version)
    row = service.switch_target(session, actor, target_id=target_id, enabled=body.enabled)
    set_etag(response, row.version)
    return _target(row)


@api.get("/targets/{target_id}/history", **READ)
def history(
    session: Session_, actor: Actor_, target_id: uuid.UUID, start: When | None = None, end: When | None = None
) -> History:
    """Read samples, outages and figures of a period; the default is the last 24 hours."""
    row = service.target(session, actor, target_id=target_id)
    finish = end or clock.now()
    begin = start or finish - timedelta(hours=24)
    figures = service.figures(session, row, begin, finish)
    return History(
        outage_seconds=figures.outage_seconds, covered=figures.covered, intervals=figures.intervals,
        outages=[OutageOut.model_validate(o) for o in queries.outages(session, row.id, begin, finish)],
        samples=[SampleOut.model_validate(s) for s in queries.samples(session, row.id, begin, finish)],
    )


@api.get("/wall", **READ)
def wall(session: Session_, actor: Actor_) -> Wall:
    """Every target that is probed with its newest latency, the worst first."""
    rows = service.wall(session, actor)
    items = [
        WallOut(
            id=row.id, key=row.key, name=Title(zh=row.name_zh, en=row.name_en), source=row.source, since=row.since,
            state=State(row.state), state_title=_state(row.state), latency_us=latency, department_id=row.department_id,
        ) for row, latency in rows
    ]
    return Wall(counts={state: sum(one.state is state for one in items) for state in State}, items=items)


@api.get("/metrics", **READ)
def read_metrics(session: Session_) -> Response:
    """What the watch knows in the text format of Prometheus; scraped with a reader's token."""
    return Response(metrics.exposition(session), media_type="text/plain; version=0.0.4; charset=utf-8")


@api.get("/signals", **READ)
def list_signals() -> SignalList:
    """List the numbers that rules may watch."""
    found = registry.signals().values()
    return SignalList(items=[SignalOut(key=s.key, title=Title(zh=s.zh, en=s.en), unit=s.unit) for s in found])


@api.get("/rules", **READ)
def list_rules(session: Session_, page: Page_) -> RulePage:
    """List threshold rules."""
    rows, total = paginate(session, queries.all_rules(), page)
    return RulePage(items=[_rule(row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("/rules", status_code=201, **EDIT)
def add_rule(session: Session_, actor: Actor_, body: RuleIn) -> RuleOut:
    """Add a threshold rule."""
    return _rule(service.add_rule(session, actor, **body.model_dump()))


@api.get("/expressions", **READ)
def list_expressions(session: Session_, page: Page_) -> ExpressionPage:
    """List rules that are expressions."""
    rows, total = paginate(session, queries.expressions(), page)
    return ExpressionPage(items=[_expression(row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("/expressions", status_code=201, **EDIT)
def add_expression(session: Session_, actor: Actor_, body: ExpressionIn) -> ExpressionOut:
    """Add a rule as an expression."""
    return _expression(service.add_expression(session, actor, ExpressionSpec(
        key=body.key, zh=body.name_zh, en=body.name_en, expression=body.expression, hold=body.hold, keep=body.keep,
        severity=body.severity,
    )))


@api.patch("/expressions/{expression_id}", **EDIT)
def switch_expression(
    request: Request, session: Session_, actor: Actor_, expression_id: uuid.UUID, body: Switch
) -> ExpressionOut:
    """Switch a rule that was added by hand on or off."""
    check_if_match(request, alerting.get(session, expression_id).version)
    return _expression(service.switch_expression(session, actor, expression_id=expression_id, enabled=body.enabled))


@api.get("/alarms", **READ)
def list_alarms(session: Session_, actor: Actor_, page: Page_, open_only: bool = False) -> AlarmPage:
    """List alarms, newest first."""
    rows, total = paginate(session, queries.alarms(actor, open_only), page)
    return AlarmPage(items=[_alarm(row) for row in rows], total=total, page=page.number, size=page.size)


@api.post("/alarms/{alarm_id}/acknowledgement", **EDIT)
def acknowledge(session: Session_, actor: Actor_, alarm_id: uuid.UUID) -> AlarmOut:
    """Say that I look after the alarm."""
    return _alarm(service.acknowledge(session, actor, alarm_id=alarm_id))


@api.post("/alarms/{alarm_id}/case", status_code=201, **EDIT)
def to_case(session: Session_, actor: Actor_, alarm_id: uuid.UUID) -> CaseRef:
    """Turn an alarm into an event under one number."""
    case = service.alarm_to_case(session, actor, alarm_id=alarm_id)
    return CaseRef(id=case.id, number=case.number)


@api.get("/silences", **READ)
def list_silences(session: Session_, actor: Actor_, page: Page_) -> SilencePage:
    """List silences that have not ended."""
    rows, total = paginate(session, queries.silences(actor, clock.now()), page)
    items = [SilenceOut.model_validate(row) for row in rows]
    return SilencePage(items=items, total=total, page=page.number, size=page.size)


@api.delete("/silences/{silence_id}", status_code=204, **EDIT)
def end_silence(session: Session_, actor: Actor_, silence_id: uuid.UUID) -> None:
    """End a silence now."""
    service.end_silence(session, actor, silence_id=silence_id)


@api.post("/silences", status_code=201, **EDIT)
def silence(session: Session_, actor: Actor_, body: SilenceIn) -> SilenceOut:
    """Silence a target or a rule for some hours."""
    return SilenceOut.model_validate(service.silence(session, actor, **body.model_dump()))


def _target(row: WatchTarget) -> TargetOut:
    return TargetOut(
        id=row.id, source=row.source, key=row.key, kind=row.kind, name=Title(zh=row.name_zh, en=row.name_en),
        spec=row.spec, policy=PolicyIn(**row.policy), enabled=row.enabled, department_id=row.department_id,
        state=State(row.state), state_title=_state(row.state), counted=row.counted, since=row.since,
        version=row.version,
    )


def _state(state: str) -> Title:
    zh, en = STATE_TITLES[State(state)]
    return Title(zh=zh, en=en)


def _expression(row: WatchExpression) -> ExpressionOut:
    firing = sorted(subject for subject, alert in row.memory.items() if alert["fired_at"] is not None)
    names = [name for name in ExpressionOut.model_fields if name != "firing"]
    return ExpressionOut(firing=firing, **{name: getattr(row, name) for name in names})


def _rule(row: WatchRule) -> RuleOut:
    return RuleOut(
        firing=bool(row.memory.get("firing")),
        **{name: getattr(row, name) for name in (*RuleIn.model_fields, "id", "enabled")},
    )


def _alarm(row: WatchAlarm) -> AlarmOut:
    return AlarmOut(
        title=Title(zh=row.title_zh, en=row.title_en), silenced=row.silence_id is not None,
        **{name: getattr(row, name) for name in AlarmOut.model_fields if name not in ("title", "silenced")},
    )
