"""/crypto/units: 接入单位, figures only."""

import uuid
from typing import Annotated

from fastapi import Query

from crypto.keys.views import reach
from crypto.units import queries, views
from crypto.units.schemas import UnitDetail, UnitPage
from crypto.units.views import READ
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.identity.actor import require
from kernel.text import Plain

api = router(prefix="/crypto/units", tags=["crypto"])


@api.get("", **needs(READ))
def list_units(
    session: Session_, actor: Actor_, page: Page_, q: Annotated[Plain, Query(max_length=100)] = "",
) -> UnitPage:
    """List departments with encrypted fields: what they protect, how their keys stand, this month's look-ups."""
    rows, total = paginate(session, queries.departments(reach(actor), q), page)
    figured = views.Figured(session, reach(actor))
    return UnitPage(
        items=[figured.unit(row) for row in rows], total=total, page=page.number, size=page.size, month=figured.month,
        totals=figured.totals(), use=views.use(figured.uses),
    )


@api.get("/{department_id}", **needs(READ))
def get_unit(session: Session_, actor: Actor_, department_id: uuid.UUID) -> UnitDetail:
    """Return one department with fields, keys, identified fields, grants in force and this month's look-ups."""
    require(actor, READ, department_id=department_id)
    row = session.scalar(queries.departments(department_id))
    if row is None:
        raise NOT_FOUND()
    return views.detail(session, row)
