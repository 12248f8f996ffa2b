"""接入单位: figures are counted from what the database holds, per department, and show no reason and no value."""

import uuid

import pytest
from sqlalchemy.orm import Session

from crypto.keys.views import reach
from crypto.lookups import service
from crypto.lookups.port import Caller
from crypto.lookups.rules import Direction, Door
from crypto.lookups.service import Question, Reason
from crypto.rotation import machine
from crypto.units import queries, views
from crypto.units.routes import get_unit
from crypto.units.schemas import UnitDetail
from gateway.apps import service as apps_service
from kernel import ids
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from tests.crypto.conftest import District
from tests.crypto.test_lookups import NAME, SYSTEM, Desk


def used(desk: Desk) -> None:
    """A month of a department: five items of a person, one refused question, two systems' questions."""
    desk.begin()
    desk.ask(desk.tokens[:4], quota=4)
    desk.ask(["M1nonsense"], quota=4)
    desk.ask(desk.tokens[4:6], quota=4)
    app = desk.database.run(lambda session: apps_service.create(
        session, SYSTEM, name="津贴系统", department_id=desk.district.other,
    )).app
    desk.grant(app_id=app.id)
    for items in (desk.tokens[:1], desk.tokens[1:3]):
        desk.database.run(lambda session, items=items: service.by_system(
            session, Caller(app.id, app.name, ids.new().bytes), Question(desk.field, Direction.VALUE, items),
            Reason("JT-01", "BJ-7", "E-12"),
        ))


def test_figures_of_departments(district: District) -> None:
    desk = Desk(district, 8)
    district.fill(5)
    rotation_id = district.rotation()
    machine.run(district.runtime, SYSTEM, rotation_id)
    used(desk)

    def shown(session: Session) -> UnitDetail:
        return get_unit(session, _reader(district.department), district.department)

    unit = district.database.run(shown)
    own = {"person_records": 5, "identifiers": 8, "rekeyed": 5, "rekeyed_month": 5, "replaced": 0, "grants": 1,
           "unkeyed": 0, "overdue": 0, "looks": 5, "asked": 8, "refused": 1}
    assert {name: getattr(unit, name) for name in own} == own
    assert unit.tables == len({one.table for one in unit.scopes}) and unit.fields == len(unit.scopes)
    assert unit.next_due_at == min(one.due_at for one in unit.scopes if one.due_at)
    assert [(one.name, one.issued) for one in unit.identifier_fields] == [(NAME, 8)]
    assert [one.business for one in unit.granted] == ["高龄津贴"]
    assert [(one.door, one.business, one.purpose, one.looks, one.found, one.unknown) for one in unit.use] == [
        (Door.MANUAL, "", "", 3, 4, 1), (Door.SYSTEM, "高龄津贴", "JT-01", 2, 3, 0),
    ]
    assert unit.use[0].refused == {"crypto.lookup.second_person": 1} and "核对补贴名册" not in unit.model_dump_json()
    _departments_apart(district.database, district)


def _departments_apart(database: Database, district: District) -> None:
    with database.read() as session:
        everyone = views.Figured(session, None)
        totals, other = everyone.totals(), views.Figured(session, district.other).totals()
        names = [row.name for row in session.scalars(queries.departments(None))]
        assert [row.name for row in session.scalars(queries.departments(None, "位1"))] == ["单位1"]
        assert not list(session.scalars(queries.departments(None, "单位%")))
        assert not list(session.scalars(queries.departments(reach(_reader(None)))))
    assert names == ["单位0", "单位1"] and (totals.departments, other.departments) == (2, 1)
    assert (totals.person_records, totals.looks) == (5, 5)
    assert (other.person_records, other.identifiers, other.looks, other.rekeyed) == (0, 0, 0, 0)
    for foreign in (district.department, ids.new()):
        with pytest.raises(MulianError) as caught:
            database.run(lambda session, one=foreign: get_unit(session, _reader(district.other), one))
        assert caught.value.status == 404


def _reader(department: uuid.UUID | None) -> Actor:
    return Actor(
        user_id=None, name="reader", department_id=department, permissions=frozenset({views.READ}), scope="own",
    )
