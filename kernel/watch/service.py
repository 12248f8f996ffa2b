"""Targets, rules, silences and alarms."""

import dataclasses
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.audit.service import record
from kernel.cases.models import CaseFile
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor
from kernel.outbound import rules as outbound
from kernel.watch import alerting, codec, engine, queries, registry, rules
from kernel.watch.errors import KEY_TAKEN, SIGNAL_UNKNOWN, SOURCE_MANAGED, SPEC_INVALID
from kernel.watch.incidents import service as incidents
from kernel.watch.ladder.schema import schema_fault
from kernel.watch.models import WatchAlarm, WatchExpression, WatchRule, WatchSilence, WatchTarget
from kernel.watch.registry import ExpressionSpec, TargetSpec
from kernel.watch.rules import Memory, State

MANUAL = "manual"


def add_target(session: Session, actor: Actor, spec: TargetSpec) -> WatchTarget:
    """Register a target by hand; it is probed within seconds. Raises ``spec_invalid``, ``key_taken``."""
    if queries.by_key(session, spec.key) is not None:
        raise KEY_TAKEN(key=spec.key)
    row = _add(session, MANUAL, spec)
    _note(session, actor, "target.add", "watch_target", row.id, {"key": spec.key})
    return row


def switch_target(session: Session, actor: Actor, *, target_id: uuid.UUID, enabled: bool) -> WatchTarget:
    """Switch a target on or off; off, its state is unknown and its history stays."""
    row = target(session, actor, target_id=target_id)
    if row.source != MANUAL:
        raise SOURCE_MANAGED(source=row.source)
    _switch(row, enabled)
    _note(session, actor, "target.switch", "watch_target", row.id, {"key": row.key, "enabled": enabled})
    return row


def sync_sources(session: Session) -> None:
    """Bring the targets of every registered source up to date; what is no longer listed is switched off."""
    for name, source in registry.sources().items():
        known = queries.of_source(session, name)
        wanted = {spec.key: spec for spec in source(session)}
        for key, spec in wanted.items():
            if key in known:
                _update(known[key], spec)
            else:
                _add(session, name, spec)
        for key in known.keys() - wanted.keys():
            _switch(known[key], False)


def target(session: Session, actor: Actor, *, target_id: uuid.UUID) -> WatchTarget:
    """The target, or 404 outside the actor's departments."""
    row = session.get(WatchTarget, target_id)
    if row is None or not (row.department_id is None or actor.sees(row.department_id)):
        raise NOT_FOUND()
    return row


@dataclasses.dataclass(frozen=True)
class Figures:
    """Arithmetic of a period: outage seconds, intervals with a conclusive sample, intervals in all."""

    outage_seconds: int
    covered: int
    intervals: int


def figures(session: Session, row: WatchTarget, start: datetime, end: datetime) -> Figures:
    """Outage time and coverage of [start, end); an outage that lasts counts up to now."""
    now = clock.now()
    outages = [(o.started_at, o.ended_at or now) for o in queries.outages(session, row.id, start, end)]
    seen = engine.conclusive(list(queries.samples(session, row.id, start, end)))
    covered, intervals = rules.coverage(seen, start, end, int(row.policy["interval"]))
    return Figures(int(rules.outage_time(outages, start, end).total_seconds()), covered, intervals)


def add_rule(session: Session, actor: Actor, **values: Any) -> WatchRule:
    """Add a threshold rule on a registered signal. Raises ``signal_unknown``."""
    if values["signal"] not in registry.signals():
        raise SIGNAL_UNKNOWN(signal=values["signal"])
    row = WatchRule(id=ids.new(), enabled=True, memory={}, version=1, **values)
    session.add(row)
    _note(session, actor, "rule.add", "watch_rule", row.id, {"signal": row.signal, "fire": row.fire})
    session.flush([row])
    return row


def add_expression(session: Session, actor: Actor, spec: ExpressionSpec) -> WatchExpression:
    """Add a rule as an expression. Raises ``expression_invalid``, ``key_taken``."""
    if queries.expression_by_key(session, spec.key) is not None:
        raise KEY_TAKEN(key=spec.key)
    row = alerting.add(session, MANUAL, spec)
    _note(session, actor, "expression.add", "watch_expression", row.id, {"expression": row.expression})
    return row


def switch_expression(
    session: Session, actor: Actor, *, expression_id: uuid.UUID, enabled: bool
) -> WatchExpression:
    """Switch a rule that was added by hand on or off; what fires is called off. Raises ``source_managed``."""
    row = alerting.get(session, expression_id)
    if row.source != MANUAL:
        raise SOURCE_MANAGED(source=row.source)
    alerting.switch(session, row, enabled)
    detail = {"key": row.key, "enabled": enabled}
    _note(session, actor, "expression.switch", "watch_expression", row.id, detail)
    return row


def wall(session: Session, actor: Actor) -> list[tuple[WatchTarget, int | None]]:
    """Targets that are probed with their newest latency, the worst first."""
    rows = session.scalars(queries.targets(actor, None).where(WatchTarget.enabled)).all()
    latencies = queries.newest_latencies(session, clock.now() - timedelta(minutes=30))
    order = (State.DOWN, State.SUSPECT, State.RECOVERING, State.UNKNOWN, State.OK)
    return sorted(((row, latencies.get(row.id)) for row in rows), key=lambda one: order.index(State(one[0].state)))


def silence(
    session: Session, actor: Actor, *, hours: int, reason: str,
    target_id: uuid.UUID | None = None, rule_id: uuid.UUID | None = None, expression_id: uuid.UUID | None = None,
) -> WatchSilence:
    """No notices from one target, rule or expression for some hours; alarms are recorded all the same."""
    if target_id is not None:
        target(session, actor, target_id=target_id)
    elif rule_id is not None:
        _there(session.get(WatchRule, rule_id))
    else:
        _there(session.get(WatchExpression, expression_id) if expression_id else None)
    now, silence_id = clock.now(), ids.new()
    audit_id = _note(session, actor, "silence", "watch_silence", silence_id, {"hours": hours, "reason": reason})
    row = WatchSilence(
        id=silence_id, target_id=target_id, rule_id=rule_id, expression_id=expression_id, owner_name=actor.name,
        reason=reason, starts_at=now,
        ends_at=now + timedelta(hours=hours), audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    return row


def end_silence(session: Session, actor: Actor, *, silence_id: uuid.UUID) -> None:
    """End a silence now; it stays in the history."""
    row = session.get(WatchSilence, silence_id)
    if row is None:
        raise NOT_FOUND()
    if row.target_id is not None:
        target(session, actor, target_id=row.target_id)
    row.ends_at = min(row.ends_at, clock.now())
    _note(session, actor, "silence.end", "watch_silence", row.id, {"reason": row.reason})


def _there(row: WatchRule | WatchExpression | None) -> None:
    if row is None:
        raise NOT_FOUND()


def acknowledge(session: Session, actor: Actor, *, alarm_id: uuid.UUID) -> WatchAlarm:
    """Say that somebody looks after the alarm and its incident; the first one stands."""
    row = alarm(session, actor, alarm_id=alarm_id)
    incidents.acknowledge(session, actor, incident_id=_incident_of(row))
    return row


def alarm_to_case(session: Session, actor: Actor, *, alarm_id: uuid.UUID) -> CaseFile:
    """Turn an alarm's incident into an event, timed from the first failing probe. Raises ``alarm_has_case``."""
    return incidents.to_case(session, actor, incident_id=_incident_of(alarm(session, actor, alarm_id=alarm_id)))


def _incident_of(row: WatchAlarm) -> uuid.UUID:
    if row.incident_id is None:
        raise NOT_FOUND()
    return row.incident_id


def alarm(session: Session, actor: Actor, *, alarm_id: uuid.UUID) -> WatchAlarm:
    """The alarm, or 404 where its target is outside the actor's departments."""
    row = session.get(WatchAlarm, alarm_id)
    if row is None:
        raise NOT_FOUND()
    if row.target_id is not None:
        target(session, actor, target_id=row.target_id)
    return row


def _add(session: Session, source: str, spec: TargetSpec) -> WatchTarget:
    _check(spec)
    row = WatchTarget(
        id=ids.new(), source=source, key=spec.key, kind=spec.kind, name_zh=spec.zh, name_en=spec.en, spec=spec.spec,
        policy=dataclasses.asdict(spec.policy), enabled=True, department_id=spec.department_id,
        state=State.UNKNOWN, memory=codec.to_json(Memory(watched_since=clock.now())), next_at=clock.now(), version=1,
        group_key=spec.group, counted=spec.counted,
    )
    session.add(row)
    session.flush([row])
    return row


def _update(row: WatchTarget, spec: TargetSpec) -> None:
    wanted = {
        "kind": spec.kind, "name_zh": spec.zh, "name_en": spec.en, "spec": spec.spec,
        "policy": dataclasses.asdict(spec.policy), "department_id": spec.department_id, "group_key": spec.group,
        "counted": spec.counted,
    }
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if changed:
        _check(spec)
        for name, value in changed.items():
            setattr(row, name, value)
        row.version += 1
    if not row.enabled:
        _switch(row, True)


def _switch(row: WatchTarget, enabled: bool) -> None:
    if row.enabled != enabled:
        memory = codec.to_json(Memory(watched_since=clock.now()))
        row.enabled, row.memory, row.state, row.since = enabled, memory, State.UNKNOWN, clock.now()
        row.next_at = clock.now()
        row.version += 1


def _check(spec: TargetSpec) -> None:
    """Refuse what could never be probed; addresses themselves are judged at each probe."""
    try:
        if spec.kind == "http":
            outbound.origin_of(str(spec.spec["url"]), outbound.Allowed())
            if "schema" in spec.spec and (fault := schema_fault(spec.spec["schema"])):
                raise ValueError(fault)
        elif spec.kind in ("tcp", "tls"):
            outbound.parse_literal(str(spec.spec["host"]))
            if not 0 < int(spec.spec["port"]) < 65536:
                raise ValueError("port is not 1..65535")
        elif registry.probe_of(str(spec.spec["name"])) is None:
            raise ValueError("no such probe")
        outbound.Allowed.of(*spec.spec.get("declared", ()))
    except (KeyError, ValueError, TypeError) as error:
        raise SPEC_INVALID(reason=str(error)) from error


def _note(
    session: Session, actor: Actor, verb: str, object_type: str, object_id: uuid.UUID, detail: dict[str, Any]
) -> uuid.UUID:
    return record(
        session, actor, action=f"kernel.watch.{verb}", object_type=object_type, object_id=str(object_id), detail=detail
    )
