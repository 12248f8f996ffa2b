"""Use cases of needs: file one, answer it with an entry or a reason."""

import uuid

from sqlalchemy.orm import Session

from catalog.needs import errors, queries
from catalog.needs.models import Need
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require
from kernel.notices.service import notify

APPLY, BUREAU = "gateway.demand.apply", "gateway.demand.bureau"


def file(
    session: Session, actor: Actor, *, department_id: uuid.UUID, title: str, content: str, matter: str,
) -> Need:
    """File a need; the bureau looks for the entry that holds the data."""
    require(actor, APPLY, department_id=department_id)
    now, need_id = clock.now(), ids.new()
    prefix = f"XQ{clock.business_day(now):%Y%m%d}"
    last = queries.last_number(session, prefix)
    number = f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"
    audit_id = record(
        session, actor, action="catalog.need.file", object_type="need", object_id=str(need_id),
        detail={"number": number, "title": title}, department_id=department_id,
    )
    need = Need(
        id=need_id, number=number, department_id=department_id, title=title, content=content, matter=matter,
        state="open", submitted_by=actor.user_id, submitted_name=actor.name, submitted_at=now, version=1,
        audit_id=audit_id,
    )
    session.add(need)
    session.flush()
    return need


def answer(
    session: Session, actor: Actor, *, need_id: uuid.UUID, text: str, entry_id: uuid.UUID | None,
) -> Need:
    """Answer a need: with the entry that holds the data, or with the reason why none does."""
    require(actor, BUREAU)
    need = session.get(Need, need_id)
    if need is None:
        raise NOT_FOUND()
    if need.state != "open":
        raise errors.STATE(number=need.number, state=need.state)
    if entry_id is not None:
        entry = queries.entry(session, entry_id)
        if entry is None or entry.version < 1 or entry.status == "withdrawn":
            raise errors.ENTRY_REQUIRED()
    need.audit_id = record(
        session, actor, action="catalog.need.match" if entry_id else "catalog.need.decline", object_type="need",
        object_id=str(need.id), detail={"number": need.number, "answer": text, "entry": entry_id},
        department_id=need.department_id,
    )
    need.state, need.entry_id, need.answer = ("matched" if entry_id else "declined"), entry_id, text
    need.answered_at = clock.now()
    need.version += 1
    notify(
        session, department_id=need.department_id, url=f"/gateway/demands?need={need.id}",
        title_zh=f"数据需求 {need.number} 已答复", title_en=f"Need {need.number} has been answered",
        body_zh=text, body_en=text,
    )
    return need


def number_for(session: Session, *, need_id: uuid.UUID, entry_id: uuid.UUID, department_id: uuid.UUID) -> str:
    """Return the number of a demand that follows from a need: the need's own, so that all of it has one number.

    A second demand of the same need has ``/2`` after it. Raises ``catalog.need.not_matched``.
    """
    need = session.get(Need, need_id)
    if need is None or need.department_id != department_id:
        raise NOT_FOUND()
    if need.state != "matched" or need.entry_id != entry_id:
        raise errors.NOT_MATCHED(number=need.number)
    before = queries.demands_of(session, need_id)
    return f"{need.number}/{before + 1}" if before else need.number
