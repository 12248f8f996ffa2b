"""From samples to rows: states, outages, alarms, notices."""

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from kernel import ids
from kernel.duty import service as duty
from kernel.notices.service import Severity, notify
from kernel.watch import codec, queries, rules
from kernel.watch.adapters.probes import Result
from kernel.watch.models import WatchAlarm, WatchOutage, WatchRule, WatchSample, WatchSilence, WatchTarget
from kernel.watch.rules import Announce, OutageClosed, OutageOpened, Outcome, Sample, Tick

OPERATOR = "operator"


def take_sample(session: Session, target: WatchTarget, at: datetime, result: Result) -> None:
    """Store one probe result, advance the target's machine and carry out its actions."""
    session.add(WatchSample(
        target_id=target.id, at=at, outcome=result.outcome, latency_us=result.latency_us, detail=result.detail[:500]
    ))
    _advance(session, target, Sample(at, result.outcome), at, result.detail)


def look(session: Session, target: WatchTarget, now: datetime) -> None:
    """The watchdog's look at a target that may have gone silent."""
    _advance(session, target, Tick(), now, "")


def _advance(session: Session, target: WatchTarget, event: Sample | Tick, now: datetime, detail: str) -> None:
    memory, actions = rules.step(codec.policy_of(target.policy), codec.memory_of(target.memory), event, now)
    target.memory, target.state, target.since = codec.to_json(memory), memory.state, memory.since
    for action in actions:
        if isinstance(action, OutageOpened):
            session.add(WatchOutage(id=ids.new(), target_id=target.id, started_at=action.start, proven_end=False))
        elif isinstance(action, OutageClosed):
            _close_outage(session, target, action)
        else:
            _announce(session, target, action, detail)
    session.flush()


def _close_outage(session: Session, target: WatchTarget, action: OutageClosed) -> None:
    row = queries.open_outage(session, target.id)
    if row is not None:
        row.ended_at, row.proven_end = action.end, action.proven_end


def _announce(session: Session, target: WatchTarget, action: Announce, detail: str) -> None:
    silence = queries.silence_at(session, action.at, target_id=target.id)
    if action.what == "down":
        _open_alarm(
            session, target_id=target.id, severity="critical", silence=silence, at=action.at,
            zh=f"「{target.name_zh}」异常：{detail}"[:300], en=f"{target.name_en} is down: {detail}"[:300],
        )
    elif action.what == "recovered":
        alarm = queries.open_alarm(session, target_id=target.id)
        _close_alarm(session, alarm, action.at, zh=f"「{target.name_zh}」已恢复", en=f"{target.name_en} recovered")
    elif silence is None:
        _tell_duty(
            session, action.at, severity="warning", zh=f"「{target.name_zh}」状态未知：探测结果中断",
            en=f"{target.name_en} is unknown: no probe results",
        )


def evaluate_rule(session: Session, rule: WatchRule, at: datetime, value: Decimal | None) -> None:
    """Advance a threshold rule by one sample of its signal."""
    threshold = rules.Threshold(
        Decimal(rule.fire), Decimal(rule.clear), rule.fire_for, rule.clear_for, below=rule.below
    )
    memory, change = rules.evaluate(threshold, codec.alert_memory_of(rule.memory), at, value)
    rule.memory = codec.to_json(memory)
    if change is None:
        return
    if change.what == "fired":
        silence = queries.silence_at(session, at, rule_id=rule.id)
        _open_alarm(
            session, rule_id=rule.id, severity=rule.severity, silence=silence, at=at, notify_now=change.notify,
            zh=f"「{rule.name_zh}」告警：当前值 {value}", en=f"{rule.name_en} fired: value {value}",
        )
    else:
        alarm = queries.open_alarm(session, rule_id=rule.id)
        _close_alarm(session, alarm, at, zh=f"「{rule.name_zh}」已恢复", en=f"{rule.name_en} cleared")


def _open_alarm(
    session: Session, *, severity: str, silence: WatchSilence | None, at: datetime, zh: str, en: str,
    target_id: uuid.UUID | None = None, rule_id: uuid.UUID | None = None, notify_now: bool = True,
) -> None:
    told = silence is None and notify_now
    session.add(WatchAlarm(
        id=ids.new(), target_id=target_id, rule_id=rule_id, severity=severity, title_zh=zh, title_en=en,
        opened_at=at, notified=told, silence_id=silence.id if silence else None,
    ))
    if told:
        _tell_duty(session, at, severity="critical" if severity == "critical" else "warning", zh=zh, en=en)


def _close_alarm(session: Session, alarm: WatchAlarm | None, at: datetime, *, zh: str, en: str) -> None:
    if alarm is None:
        return
    alarm.closed_at = at
    if alarm.notified:
        _tell_duty(session, at, severity="info", zh=zh, en=en)


def _tell_duty(session: Session, at: datetime, *, severity: Severity, zh: str, en: str) -> None:
    """Tell whoever is on duty; where the roster has a gap, every operator."""
    on_duty = duty.who(session, at)
    for person in on_duty:
        notify(session, user_id=person.user_id, title_zh=zh, title_en=en, severity=severity, url="/ops/alarms")
    if not on_duty:
        notify(session, role=OPERATOR, title_zh=zh, title_en=en, severity=severity, url="/ops/alarms")


def conclusive(samples: list[WatchSample]) -> list[datetime]:
    """Instants of samples that said something about the target."""
    return [sample.at for sample in samples if sample.outcome != Outcome.PROBER_ERROR]

