"""From samples to rows: states, outages, alarms; incidents tell people."""

import dataclasses
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from kernel import ids
from kernel.watch import codec, queries, rules
from kernel.watch.adapters.probes import Result
from kernel.watch.incidents import service as incidents
from kernel.watch.incidents.service import Finding
from kernel.watch.ladder import rules as ladder
from kernel.watch.models import WatchAlarm, WatchOutage, WatchRule, WatchSample, WatchSilence, WatchTarget
from kernel.watch.rules import Announce, OutageClosed, OutageOpened, Outcome, Sample, Tick

LATE_GROUP = "kernel.watch.late"


def take_sample(session: Session, target: WatchTarget, at: datetime, result: Result) -> None:
    """Store one probe result, advance the target's machine and carry out its actions."""
    session.add(WatchSample(
        target_id=target.id, at=at, outcome=result.outcome, latency_us=result.latency_us, detail=result.detail[:500],
        ladder=ladder.to_json(result.rungs) if result.rungs else None,
    ))
    _advance(session, target, Sample(at, result.outcome), at, result)


def look(session: Session, target: WatchTarget, now: datetime) -> None:
    """The watchdog's look at a target that may have gone silent."""
    _advance(session, target, Tick(), now, None)


def is_late(target: WatchTarget, now: datetime) -> bool:
    """Tell whether the watchdog's look would change anything."""
    return bool(rules.step(codec.policy_of(target.policy), codec.memory_of(target.memory), Tick(), now)[1])


def _advance(
    session: Session, target: WatchTarget, event: Sample | Tick, now: datetime, result: Result | None
) -> None:
    memory, actions = rules.step(codec.policy_of(target.policy), codec.memory_of(target.memory), event, now)
    target.memory, target.state, target.since = codec.to_json(memory), memory.state, memory.since
    for action in actions:
        if isinstance(action, OutageOpened):
            session.add(WatchOutage(id=ids.new(), target_id=target.id, started_at=action.start, proven_end=False))
        elif isinstance(action, OutageClosed):
            _close_outage(session, target, action)
        else:
            _announce(session, target, action, result)
    session.flush()


def _close_outage(session: Session, target: WatchTarget, action: OutageClosed) -> None:
    row = queries.open_outage(session, target.id)
    if row is not None:
        row.ended_at, row.proven_end = action.end, action.proven_end


def _announce(session: Session, target: WatchTarget, action: Announce, result: Result | None) -> None:
    silence = queries.silence_at(session, action.at, target_id=target.id)
    if action.what == "down":
        alarm = WatchAlarm(target_id=target.id, kind="down", severity="critical", opened_at=action.at)
        open_alarm(session, alarm, _down(session, target, action.at, result), silence, notify=action.notify)
    elif action.what == "insist":
        _insist(session, target, action.at, silence)
    elif action.what == "recovered":
        close_alarm(session, queries.open_alarm(session, "down", target_id=target.id), action.at,
               zh=f"「{target.name_zh}」已恢复", en=f"{target.name_en} recovered")
    elif action.what == "unknown":
        alarm = WatchAlarm(target_id=target.id, kind="late", severity="warning", opened_at=action.at)
        finding = Finding(
            LATE_GROUP, "warning", f"「{target.name_zh}」状态未知：探测结果中断", f"{target.name_en} is unknown: no probe results",
            action.at,
        )
        open_alarm(session, alarm, finding, silence)
    else:
        close_alarm(session, queries.open_alarm(session, "late", target_id=target.id), action.at,
               zh=f"「{target.name_zh}」探测恢复", en=f"{target.name_en} is probed again")


def _down(session: Session, target: WatchTarget, at: datetime, result: Result | None) -> Finding:
    outage = queries.open_outage(session, target.id)
    began, last_good = outage.started_at if outage else at, queries.last_good(session, target.id, at)
    rungs, detail = (result.rungs, result.detail) if result else ((), "")
    return Finding(
        target.group_key or f"target:{target.id}", "critical", f"「{target.name_zh}」异常：{detail}"[:300],
        f"{target.name_en} is down: {detail}"[:300], began, target.department_id, last_good,
        ladder.sentence(
            rungs, name_zh=target.name_zh, name_en=target.name_en, since=began, last_good=last_good
        ), rungs,
    )


def _insist(session: Session, target: WatchTarget, at: datetime, silence: WatchSilence | None) -> None:
    alarm = queries.open_alarm(session, "down", target_id=target.id)
    if alarm is None or silence is not None:
        return
    alarm.notified = True
    incidents.insist(session, alarm, at, zh=f"「{target.name_zh}」反复异常，本次持续未恢复",
                     en=f"{target.name_en} goes up and down and now stays down")


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
        alarm = WatchAlarm(rule_id=rule.id, kind="rule", severity=rule.severity, opened_at=at)
        finding = Finding(
            f"rule:{rule.id}", rule.severity, f"「{rule.name_zh}」告警：当前值 {value}",
            f"{rule.name_en} fired: value {value}", at,
        )
        open_alarm(session, alarm, finding, queries.silence_at(session, at, rule_id=rule.id), notify=change.notify)
    else:
        close_alarm(session, queries.open_alarm(session, "rule", rule_id=rule.id), at,
               zh=f"「{rule.name_zh}」已恢复", en=f"{rule.name_en} cleared")


def open_alarm(
    session: Session, alarm: WatchAlarm, finding: Finding, silence: WatchSilence | None, *, notify: bool = True
) -> None:
    """Record an alarm in its group's incident; nobody is told under a silence."""
    alarm.id, alarm.title_zh, alarm.title_en = ids.new(), finding.zh, finding.en
    alarm.notified, alarm.silence_id = silence is None and notify, silence.id if silence else None
    incidents.joined(session, alarm, dataclasses.replace(finding, began_at=min(finding.began_at, alarm.opened_at)))
    session.add(alarm)
    session.flush()


def close_alarm(session: Session, alarm: WatchAlarm | None, at: datetime, *, zh: str, en: str) -> None:
    """Close an alarm where there is one, and its incident with the last."""
    if alarm is not None:
        incidents.cleared(session, alarm, at, zh=zh, en=en)


def conclusive(samples: list[WatchSample]) -> list[datetime]:
    """Instants of samples that said something about the target."""
    return [sample.at for sample in samples if sample.outcome != Outcome.PROBER_ERROR]
