"""Tells the catalog which interfaces rest on its data entries."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.dependents.port import Dependent, dependent_source
from catalog.nodes.queries import slices
from gateway.interfaces.models import Interface


def resting_on(session: Session, entry_ids: Sequence[uuid.UUID]) -> list[Dependent]:
    """Return the interfaces of these entries that are not retired."""
    columns = (
        Interface.id, Interface.code, Interface.name, Interface.department_id, Interface.entry_id, Interface.state,
    )
    return [
        Dependent("interface", *row)
        for some in slices(entry_ids)
        for row in session.execute(
            select(*columns).where(Interface.entry_id.in_(some), Interface.state != "retired")
        ).tuples()
    ]


dependent_source("interface", "接口", resting_on)
