"""Use cases of the two doors: a question is weighed, answered or refused, and on record in the same transaction."""

import dataclasses
import uuid
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from crypto.errors import LOOKUP_NO_GRANT, LOOKUP_QUOTA, LOOKUP_RATE, LOOKUP_REPLAY, LOOKUP_SECOND_PERSON
from crypto.identifiers import queries as identifier_queries
from crypto.identifiers import service as identifiers
from crypto.identifiers.models import IdentifierField
from crypto.identifiers.rules import Form
from crypto.identifiers.service import Field, Found, Status
from crypto.lookups import queries, rules
from crypto.lookups.models import LookupGrant, LookupLog, LookupPerson
from crypto.lookups.port import Caller
from crypto.lookups.rules import ALARM_TITLES, Alarm, Direction, Door
from crypto.masking.rules import mask
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.audit.service import record
from kernel.errors import NOT_FOUND, MulianError
from kernel.identity.actor import Actor, require
from kernel.identity.errors import PERMISSION_DENIED
from kernel.notices.service import notify
from kernel.runtime import runtime_of

RUN, CLEAR, APPROVE = "crypto.lookup.run", "crypto.lookup.clear", "crypto.lookup.approve"
KIND = "crypto.lookup.above_quota"
_PURPOSE = "lookup.question"


@dataclass(frozen=True)
class Question:
    """What is asked. ``items`` are identifiers or values; ``form`` is that of identifiers to be returned."""

    field: Field
    direction: Direction
    items: Sequence[str] = dataclasses.field(repr=False)
    form: Form = Form.NATIVE


@dataclass(frozen=True)
class Reason:
    """Why: the purpose code and 办件编号 of a system, or the reason and 工单号 of a person; ``operator`` at the desk."""

    purpose: str
    reference: str
    operator: str = ""
    business: str = ""


@dataclass(frozen=True)
class Answer:
    """What the asker gets: items in order, or ``refused``, which is logged and must be committed too."""

    items: list[Found] = dataclasses.field(default_factory=list, repr=False)
    refused: MulianError | None = None
    masked: bool = False
    persons_left: int = 0


@dataclass(frozen=True)
class _Asker:
    """Who asks through which door, and how much they may. ``shared``: a grant that a department has together."""

    door: Door
    holder: str
    actor: Actor
    persons_day: int
    per_minute: int
    clear: bool
    grant: LookupGrant | None = None
    approval_id: uuid.UUID | None = None
    nonce: bytes | None = None

    @property
    def shared(self) -> LookupGrant | None:
        return self.grant if self.grant is not None and self.grant.grantee_id is not None else None


def by_system(session: Session, caller: Caller, question: Question, reason: Reason) -> Answer:
    """Answer an application within one of its grants. Raises ``crypto.lookup.no_grant``, ``crypto.lookup.replay``,
    ``crypto.identifier.field_unknown``, ``crypto.sealed``."""
    covering = queries.grants_for(
        session, question.field.department_id, question.field.name, question.direction, app_id=caller.app_id,
    )
    grant = next((one for one in covering if one.purpose_code == reason.purpose), None)
    if grant is None:
        raise LOOKUP_NO_GRANT()
    holder = f"grant:{grant.id.hex}"
    if queries.nonce_used(session, holder, caller.nonce):
        raise LOOKUP_REPLAY()
    asker = _Asker(
        Door.SYSTEM, holder, Actor(user_id=None, name=f"app:{caller.name}", kind="app"), grant.persons_day,
        grant.per_minute, grant.fields[question.field.name], grant, None, caller.nonce,
    )
    return _answer(session, asker, question, replace(reason, business=grant.business))


def by_person(
    session: Session, actor: Actor, question: Question, reason: Reason, *, clear: bool, persons_day: int,
    approval_id: uuid.UUID | None = None, door: Door = Door.MANUAL,
) -> Answer:
    """Answer a person for a reason; in clear only with the permission for that.

    ``approval_id``: consent to a look-up above the quota; one that fits the quota leaves it unused.
    Another department's field needs a grant to one's own, whose limits hold beside the officer's. Raises 403, 404,
    ``crypto.identifier.field_unknown``, ``crypto.sealed``, and what using the approval raises.
    """
    grant = _reach(session, actor, question)
    if clear and not actor.may(CLEAR):
        raise PERMISSION_DENIED(permission=CLEAR)
    if grant is not None:
        clear, reason = clear and grant.fields[question.field.name], replace(reason, business=grant.business)
    asker = _Asker(
        door, f"user:{actor.user_id.hex if actor.user_id else actor.name}"[:40], actor, persons_day,
        rules.MANUAL_PER_MINUTE, clear, grant,
    )
    return _answer(session, asker, question, reason, consent=approval_id)


def request(session: Session, actor: Actor, question: Question, reason: Reason, *, clear: bool) -> Approval:
    """Ask a second person for one look-up above the quota; consent serves exactly this question, once.

    Raises 403, 404, ``crypto.identifier.field_unknown``, ``crypto.lookup.rate`` for more than a minute takes.
    """
    grant = _reach(session, actor, question)
    if clear and not actor.may(CLEAR):
        raise PERMISSION_DENIED(permission=CLEAR)
    clear = clear and (grant is None or grant.fields[question.field.name])
    name, count = question.field.name, len(question.items)
    identifier_queries.field(session, question.field.department_id, name)
    if count > rules.MANUAL_PER_MINUTE:
        raise LOOKUP_RATE(limit=rules.MANUAL_PER_MINUTE)
    return approvals.propose(
        session, actor, kind=KIND, params=_params(session, actor, question, reason, clear),
        title_zh=f"超额人工查询：{name} {count} 条（{reason.reference}）",
        title_en=f"Look-up above the quota: {count} of {name} ({reason.reference})",
        department_id=question.field.department_id, object_type="identifier_field", object_id=name,
    )


def _reach(session: Session, actor: Actor, question: Question) -> LookupGrant | None:
    """Return the grant by which a person reaches another department's field, None for their own; raise otherwise."""
    require(actor, RUN)
    if actor.sees(question.field.department_id):
        return None
    if actor.department_id is not None:
        covering = queries.grants_for(
            session, question.field.department_id, question.field.name, question.direction,
            grantee_id=actor.department_id,
        )
        if covering:
            return covering[0]
    raise NOT_FOUND()


def _params(session: Session, actor: Actor, question: Question, reason: Reason, clear: bool) -> dict[str, object]:
    return {
        "department_id": str(question.field.department_id), "field": question.field.name,
        "direction": question.direction, "form": question.form, "count": len(question.items), "clear": clear,
        "digest": _digest(session, question), "reason": reason.purpose, "reference": reason.reference,
        "user": str(actor.user_id),
    }


def _digest(session: Session, question: Question) -> str:
    """A keyed digest: without the service key nobody tries ID numbers on it."""
    return f"hmac-sm3:1:{runtime_of(session).box.mac(_PURPOSE, rules.canonical(question.items)).hex()}"


def _answer(
    session: Session, asker: _Asker, question: Question, reason: Reason, *, consent: uuid.UUID | None = None,
) -> Answer:
    """Weigh and answer. ``consent`` is used only where an answer needs it: a refusal commits, and leaves it."""
    row = identifier_queries.field(session, question.field.department_id, question.field.name)
    minute = clock.now() - timedelta(minutes=1)
    count = len(question.items)
    limits = [
        (asker.per_minute, queries.asked_by(session, asker.holder, minute)),
        (rules.SCOPE_PER_MINUTE, queries.answered_about(session, row.department_id, minute)),
    ]
    if asker.shared is not None:
        limits.append((asker.shared.per_minute, queries.answered_under(session, asker.shared.id, minute)))
    for limit, so_far in limits:
        if so_far + count > limit:
            return _refuse(session, asker, row, question, reason, LOOKUP_RATE(limit=limit))
    found = _find(session, question)
    persons = {one.stored.id: one.stored.value_bi for one in found if one.stored is not None}
    left, new = _room(session, asker, persons.keys())
    if new > left and not _shown_before(session, asker, question, persons.keys()):
        if consent is None:
            kind = LOOKUP_QUOTA if asker.door is Door.SYSTEM else LOOKUP_SECOND_PERSON
            return _refuse(session, asker, row, question, reason, kind(left=max(left, 0)))
        bound = _params(session, asker.actor, question, reason, asker.clear)
        approvals.consume(session, asker.actor, consent, kind=KIND, params=bound)
        asker = replace(asker, approval_id=consent)
    log = _log(session, asker, row, question, reason, found, None)
    session.add_all(
        LookupPerson(
            log_id=log.id, position=position, holder=asker.holder, day=_day(), field_number=row.number,
            value_bi=value_bi, identifier_id=id_,
        )
        for position, (id_, value_bi) in enumerate(persons.items())
    )
    session.flush()
    _watch(session, asker, log, row)
    return Answer(
        [_shown(one, row, asker, question) for one in found],
        masked=question.direction is Direction.VALUE and not asker.clear,
        persons_left=max(left - new, 0),
    )


def _room(session: Session, asker: _Asker, wanted: Set[int]) -> tuple[int, int]:
    """Return how many persons are left of the day, and how many of the wanted are new: the holder's or the grant's."""
    seen, before = queries.persons_of_day(session, _day(), wanted, holder=asker.holder)
    room = asker.persons_day - seen, len(wanted - before)
    if asker.shared is None:
        return room
    seen, before = queries.persons_of_day(session, _day(), wanted, grant_id=asker.shared.id)
    return min(room, (asker.shared.persons_day - seen, len(wanted - before)), key=lambda one: one[0] - one[1])


def _shown_before(session: Session, asker: _Asker, question: Question, wanted: Set[int]) -> bool:
    """Tell whether the asker was shown all of these today, no less plainly: that takes nobody's consent again.

    Past the quota only: other directions, clear values after masked ones and another grant are more than was agreed to.
    """
    return wanted <= queries.shown_to(
        session, _day(), wanted, holder=asker.holder, direction=question.direction, clear=asker.clear,
        grant_id=asker.grant.id if asker.grant else None,
    )


def _find(session: Session, question: Question) -> list[Found]:
    if question.direction is Direction.VALUE:
        return identifiers.look_up(session, question.field, question.items)
    return identifiers.find(session, question.field, question.items, question.form)


def _shown(one: Found, row: IdentifierField, asker: _Asker, question: Question) -> Found:
    if one.value is None or asker.clear or question.direction is Direction.IDENTIFIER:
        return one
    return replace(one, value=mask(row.mask, one.value))


def _refuse(
    session: Session, asker: _Asker, row: IdentifierField, question: Question, reason: Reason, error: MulianError,
) -> Answer:
    _log(session, asker, row, question, reason, [], error.code)
    return Answer(refused=error)


def _log(
    session: Session, asker: _Asker, row: IdentifierField, question: Question, reason: Reason, found: Sequence[Found],
    refused: str | None,
) -> LookupLog:
    log_id, digest = ids.new(), _digest(session, question)
    hits = sum(one.status is Status.FOUND for one in found)
    detail = {
        "door": asker.door, "direction": question.direction, "field": row.name, "asked": len(question.items),
        "found": hits, "digest": digest, "reference": reason.reference, "refused": refused,
    }
    log = LookupLog(
        id=log_id, at=clock.now(), door=asker.door, direction=question.direction, holder=asker.holder,
        department_id=row.department_id, field_number=row.number, actor_name=asker.actor.name[:120],
        operator=reason.operator, business=reason.business, purpose=reason.purpose, reference=reason.reference,
        grant_id=asker.grant.id if asker.grant else None, approval_id=asker.approval_id, clear=asker.clear,
        asked=len(question.items), found=hits, unknown=len(found) - hits, digest=digest, refused=refused, alarm=None,
        nonce=asker.nonce,
        audit_id=record(
            session, asker.actor, action="crypto.lookup.ask", object_type="lookup_log", object_id=str(log_id),
            detail=detail, department_id=row.department_id,
        ),
    )
    session.add(log)
    session.flush([log])
    return log


def _watch(session: Session, asker: _Asker, log: LookupLog, row: IdentifierField) -> None:
    """Raise an alarm where the holder's last hour looks like a sweep; each kind once an hour."""
    found, asked, unknown, raised = queries.hour_of(session, asker.holder)
    alarm = rules.alarm_of(found, asked, unknown, raised)
    if alarm is None:
        return
    log.alarm = alarm
    _tell(session, asker.actor, alarm, row)


def _tell(session: Session, actor: Actor, alarm: Alarm, row: IdentifierField) -> None:
    zh, en = ALARM_TITLES[alarm]
    # the security administrator is to know; the log is for the auditor alone
    for role, url in (("security_admin", ""), ("auditor", "/crypto/lookups")):
        notify(
            session, role=role, severity="critical", url=url,
            title_zh=f"标识查询告警（{zh}）：{actor.name} 查询“{row.name}”",
            title_en=f"Look-up alarm ({en}): {actor.name} on {row.name}",
        )


def _day() -> int:
    return int(f"{clock.business_day(clock.now()):%Y%m%d}")
