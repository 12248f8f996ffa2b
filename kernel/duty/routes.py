"""The duty roster over HTTP."""

import uuid
from datetime import timedelta

from kernel import clock
from kernel.duty import service
from kernel.duty.schemas import Gap, OnDutyList, OnDutyOut, Roster, ShiftIn, ShiftOut
from kernel.http import Actor_, Session_, needs, router
from kernel.http.wire import When

api = router(prefix="/duty", tags=["duty"])


@api.get("/now", **needs(None))
def on_duty(session: Session_) -> OnDutyList:
    """Tell who is on duty now, in calling order."""
    people = service.who(session, clock.now())
    return OnDutyList(items=[OnDutyOut.model_validate(person) for person in people])


@api.get("/shifts", **needs("kernel.duty.read"))
def roster(session: Session_, start: When | None = None, end: When | None = None) -> Roster:
    """Read the roster and its gaps; the default is the next 30 days."""
    begin = start or clock.now()
    finish = end or begin + timedelta(days=30)
    return Roster(
        items=[ShiftOut.model_validate(row) for row in service.roster(session, begin, finish)],
        gaps=[Gap(starts_at=a, ends_at=b) for a, b in service.gaps(session, begin, finish)],
    )


@api.post("/shifts", status_code=201, **needs("kernel.duty.edit"))
def add_shift(session: Session_, actor: Actor_, body: ShiftIn) -> ShiftOut:
    """Put a person on the roster."""
    return ShiftOut.model_validate(service.add_shift(session, actor, **body.model_dump()))


@api.delete("/shifts/{shift_id}", status_code=204, **needs("kernel.duty.edit"))
def remove_shift(session: Session_, actor: Actor_, shift_id: uuid.UUID) -> None:
    """Take a shift off the roster."""
    service.remove_shift(session, actor, shift_id=shift_id)
