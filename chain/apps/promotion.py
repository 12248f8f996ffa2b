"""测试报告 → 审批 → 正式环境: what the test showed, and the second person's decision over exactly that."""

import uuid
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chain.apps import queries, rules, service
from chain.apps.errors import CHAIN_APP_QUOTA, CHAIN_APP_STATE, CHAIN_APP_TEST
from chain.apps.models import ChainApp, ChainAppReport
from chain.apps.rules import Environment, Figures, Step
from kernel import canonical, clock, ids
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.approvals.registry import approval_kind
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.identity.actor import Actor
from kernel.outbox.rules import MessageState

PROMOTE = "chain.app.promote"
QUOTA = "chain.app.quota"
VALID_FOR = timedelta(days=30)


def tested(session: Session, app: ChainApp) -> Figures:
    """Return what the test environment has seen so far."""
    place = service.place_in(session, app, Environment.TEST)
    counted, callbacks = queries.totals(session, place.id), queries.callback_counts(session, place.stream)
    return Figures(
        stored=counted["stored"], waiting=queries.waiting_of(session, place.stream),
        repeated=counted["repeated"], proofs=counted["proofs"], callback=place.callback_url is not None,
        delivered=counted["callbacks"], dead=callbacks.get(MessageState.DEAD, 0),
    )


def report(session: Session, actor: Actor, *, app_id: uuid.UUID, conclusion: str) -> ChainAppReport:
    """测试报告: freeze figures and checks of the test environment with the officer's conclusion.

    Raises ``chain.app.state`` and, while a check does not hold, ``chain.app.test`` with the checks' names.
    """
    app = service.own(session, actor, app_id, service.MANAGE)
    seen = tested(session, app)
    checks = rules.checks(seen)
    if failing := sorted(name for name, holds in checks.items() if not holds):
        raise CHAIN_APP_TEST(name=app.name, failing=", ".join(failing))
    _step(app, Step.REPORT)
    place, known = service.place_in(session, app, Environment.TEST), queries.reports(session, app.id)
    days = queries.uses(session, place.id, clock.business_day(app.created_at), clock.business_day(clock.now()))
    content: dict[str, Any] = {
        "application": app.code, "name": app.name, "stream": place.stream, "checks": checks, **asdict(seen),
        "refused": queries.totals(session, place.id)["refused"],
        "days": [{"day": one.day.isoformat(), "calls": one.calls, "stored": one.stored} for one in days],
        "made_at": clock.iso(clock.now()),
    }
    digest = "sm3:1:" + sm3_hex(canonical.dumps({"content": content, "conclusion": conclusion}))
    number = known[0].number + 1 if known else 1
    app.audit_id = service.note(session, actor, app, "report", {"number": number, "digest": digest})
    row = ChainAppReport(
        id=ids.new(), app_id=app.id, number=number, content=content, digest=digest, conclusion=conclusion,
        made_by=actor.name, made_at=clock.now(), approval_id=None, audit_id=app.audit_id,
    )
    session.add(row)
    session.flush([row])
    return row


def apply(session: Session, actor: Actor, *, app_id: uuid.UUID, daily_quota: int) -> Approval:
    """Ask a second person for the production environment, on the newest report and with a daily quota."""
    app = service.own(session, actor, app_id, service.MANAGE)
    _check_quota(daily_quota)
    _step(app, Step.APPLY)
    newest = queries.reports(session, app.id)[0]
    asked = approvals.propose(
        session, actor, kind=PROMOTE, params={
            "app_id": str(app.id), "code": app.code, "name": app.name, "system": app.system_name,
            "purpose": app.purpose, "daily_quota": daily_quota, "report": newest.number,
            "report_digest": newest.digest,
        },
        title_zh=f"链上应用「{app.name}」转入正式环境，每日 {daily_quota} 条",
        title_en=f"Application {app.code} to production on the chain, {daily_quota} a day",
        department_id=app.department_id, object_type="chain_app", object_id=str(app.id),
    )
    newest.approval_id = asked.id
    app.audit_id = service.note(session, actor, app, "apply", {"approval": str(asked.id), "report": newest.number})
    return asked


def ask_quota(
    session: Session, actor: Actor, *, app_id: uuid.UUID, environment: Environment, daily_quota: int, reason: str
) -> Approval:
    """Ask a second person for another daily quota."""
    app = service.own(session, actor, app_id, service.MANAGE)
    place = service.place_in(session, app, environment)
    _check_quota(daily_quota)
    return approvals.propose(
        session, actor, kind=QUOTA, params={
            "app_id": str(app.id), "environment": environment.value, "from": place.daily_quota,
            "daily_quota": daily_quota, "reason": reason,
        },
        title_zh=f"链上应用「{app.name}」{service.ENVIRONMENT_ZH[environment]}每日额度 {place.daily_quota} → {daily_quota}",
        title_en=f"Daily quota of {app.code} ({environment.value}): {place.daily_quota} to {daily_quota}",
        department_id=app.department_id, object_type="chain_app", object_id=str(app.id),
    )


def _on_approved(session: Session, row: Approval) -> None:
    app, newest = _subject(session, row)
    if newest is None or newest.digest != row.params["report_digest"]:
        raise CHAIN_APP_STATE(name=app.name, life=app.life, wanted=Step.APPROVE)
    _step(app, Step.APPROVE)
    quota = int(row.params["daily_quota"])
    app.audit_id = _noted(session, row, app, "promote", {"daily_quota": quota, "report": newest.number})
    service.open_place(session, app, Environment.PRODUCTION, quota, app.audit_id)


def _on_refused(session: Session, row: Approval) -> None:
    app, _ = _subject(session, row)
    _step(app, Step.REFUSE)
    app.audit_id = _noted(session, row, app, "refuse", {"opinion": row.opinion, "state": row.state})


def _on_quota(session: Session, row: Approval) -> None:
    app, _ = _subject(session, row)
    place = service.place_in(session, app, Environment(row.params["environment"]))
    place.daily_quota = int(row.params["daily_quota"])
    place.audit_id = _noted(session, row, app, "quota", {"daily_quota": place.daily_quota})


def _subject(session: Session, row: Approval) -> tuple[ChainApp, ChainAppReport | None]:
    app = session.get_one(ChainApp, uuid.UUID(row.params["app_id"]))
    reports = queries.reports(session, app.id)
    return app, reports[0] if reports else None


def _noted(session: Session, row: Approval, app: ChainApp, verb: str, detail: dict[str, Any]) -> uuid.UUID:
    return record(
        session, approvals.decider(row, ()), action=f"chain.app.{verb}", object_type="chain_app",
        object_id=str(app.id), detail={"code": app.code, "approval": str(row.id), **detail},
        department_id=app.department_id,
    )


def _check_quota(daily_quota: int) -> None:
    if not 1 <= daily_quota <= rules.QUOTA_LIMIT:
        raise CHAIN_APP_QUOTA(limit=rules.QUOTA_LIMIT)


def _step(app: ChainApp, step: Step) -> None:
    life = rules.after(app.life, step)
    if life is None or app.suspended is not None:
        raise CHAIN_APP_STATE(name=app.name, life=app.life, wanted=step.value)
    app.life, app.version = life, app.version + 1


approval_kind(
    PROMOTE, checker_permission=service.APPROVE, on_approved=_on_approved, on_rejected=_on_refused,
    on_withdrawn=_on_refused, zh="链上应用转入正式环境", en="Application to production on the chain",
    valid_for=VALID_FOR, page="/chain/apps/{id}",
)
approval_kind(
    QUOTA, checker_permission=service.APPROVE, on_approved=_on_quota, zh="链上应用每日额度",
    en="Daily quota of an application on the chain", valid_for=VALID_FOR, page="/chain/apps/{id}",
)
