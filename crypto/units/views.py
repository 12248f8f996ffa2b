"""Rows of the page 接入单位, put together from scopes, keys, identifiers, rotations, grants and the log of look-ups."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from crypto.identifiers import queries as identifiers
from crypto.identifiers import views as identifier_views
from crypto.keys import views as key_views
from crypto.keys.rules import overdue
from crypto.lookups import views as lookup_views
from crypto.scopes import queries as scopes
from crypto.units import queries
from crypto.units.queries import Counts, FieldKey, Use
from crypto.units.schemas import Figures, TotalsOut, UnitDetail, UnitOut, UseOut
from kernel import clock
from kernel.identity.models import Department

READ = "crypto.key.read"
GRANTS_SHOWN = 100


class Figured:
    """The figures of every department within reach: one pass of counting for list, totals and use."""

    def __init__(self, session: Session, reach: uuid.UUID | None) -> None:
        self.now = clock.now()
        day = clock.business_day(self.now)
        self.month, since = f"{day:%Y-%m}", clock.month_bounds(day.year, day.month)[0]
        self.uses = queries.uses(session, reach, since)
        self._fields = defaultdict[uuid.UUID, list[FieldKey]](list)
        for one in queries.field_keys(session, reach):
            self._fields[one.department_id].append(one)
        self._looks = defaultdict[uuid.UUID, list[Use]](list)
        for use in self.uses:
            self._looks[use.department_id].append(use)
        self._counts: dict[str, Counts] = {
            "person_records": queries.person_records(session, reach),
            "identifiers": queries.identifiers(session, reach),
            "rekeyed": queries.rekeyed(session, reach), "rekeyed_month": queries.rekeyed(session, reach, since),
            "replaced": queries.replaced(session, reach), "grants": queries.grants(session, reach),
        }

    def totals(self) -> TotalsOut:
        """Return the sums over all departments within reach."""
        every = [self._figures(one) for one in self._fields]
        connected = sum(any(one.since for one in own) for own in self._fields.values())
        return TotalsOut(
            departments=connected, **{name: sum(getattr(one, name) for one in every) for name in Figures.model_fields},
        )

    def unit(self, row: Department) -> UnitOut:
        """Return a department with its figures."""
        due = [_due(one.since, one.every_days) for one in self._fields[row.id] if one.since]
        return UnitOut(
            department_id=row.id, department=row.name, code=row.code,
            next_due_at=clock.iso(min(due)) if due else None, **self._figures(row.id).model_dump(),
        )

    def _figures(self, owner: uuid.UUID) -> Figures:
        own, looks = self._fields[owner], self._looks[owner]
        return Figures(
            tables=len({one.table for one in own}), fields=len(own), unkeyed=sum(one.since is None for one in own),
            overdue=sum(one.since is not None and overdue(one.since, one.every_days, self.now) for one in own),
            looks=sum(one.looks for one in looks), asked=sum(one.asked for one in looks if one.refused is None),
            refused=sum(one.looks for one in looks if one.refused is not None),
            **{name: counts.get(owner, 0) for name, counts in self._counts.items()},
        )


def detail(session: Session, row: Department) -> UnitDetail:
    """Return a department with everything that the drawer shows."""
    figured = Figured(session, row.id)
    return UnitDetail(
        **figured.unit(row).model_dump(), month=figured.month, use=use(figured.uses),
        scopes=key_views.scopes(session, session.scalars(scopes.listing(row.id)).all()),
        identifier_fields=identifier_views.fields(session, session.scalars(identifiers.fields(row.id)).all()),
        granted=lookup_views.grants(session, queries.grants_in_force(session, row.id, GRANTS_SHOWN)),
    )


def use(found: Iterable[Use]) -> list[UseOut]:
    """Return look-ups by door, 业务事项 and purpose code, the most frequent first."""
    kinds = defaultdict[tuple[str, str, str], list[Use]](list)
    for one in found:
        kinds[one.door, one.business, one.purpose].append(one)
    rows = [_use(own) for _, own in sorted(kinds.items())]
    return sorted(rows, key=lambda row: -row.looks)


def _use(own: Sequence[Use]) -> UseOut:
    refused = defaultdict[str, int](int)
    for one in own:
        if one.refused is not None:
            refused[one.refused] += one.looks
    return UseOut(
        door=own[0].door, door_zh=lookup_views.DOORS[own[0].door], business=own[0].business, purpose=own[0].purpose,
        looks=sum(one.looks for one in own), asked=sum(one.asked for one in own if one.refused is None),
        found=sum(one.found for one in own), unknown=sum(one.unknown for one in own), refused=dict(refused),
    )


def _due(since: datetime, every_days: int) -> datetime:
    return since + timedelta(days=every_days)
