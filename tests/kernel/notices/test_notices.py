"""Notices reach their audience and nobody else; read marks are per person."""

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from kernel.identity.models import User
from kernel.notices import queries, service


def _person(database: Database, name: str, roles: tuple[str, ...], department: uuid.UUID) -> Actor:
    def unit(session: Session) -> uuid.UUID:
        now = clock.now()
        user = User(id=ids.new(), username=name, display_name=name, password_hash="", password_history=[],
                    password_changed_at=now, created_at=now)
        session.add(user)
        return user.id
    return Actor(user_id=database.run(unit), name=name, department_id=department, roles=roles)


def _titles(database: Database, actor: Actor, *, unread: bool = False) -> set[str]:
    with database.read() as session:
        rows, total = queries.page(session, actor, unread=unread, offset=0, limit=50)
        assert total == len(rows)
        return {notice.title_zh for notice, _ in rows}


def test_audiences_and_read_marks(database: Database, make_actor: Callable[..., Actor]) -> None:
    here = uuid.uuid4()
    one = _person(database, "one", ("operator",), here)
    two = _person(database, "two", ("auditor",), here)

    def unit(session: Session) -> uuid.UUID:
        service.notify(session, user_id=one.user_id, title_zh="给甲", title_en="to one")
        service.notify(session, role="auditor", title_zh="给审计员", title_en="to auditors", severity="critical")
        service.notify(session, department_id=uuid.uuid4(), title_zh="外部门", title_en="elsewhere")
        return service.notify(session, department_id=here, title_zh="给本部门", title_en="to us").id

    shared = database.run(unit)
    assert _titles(database, one) == {"给甲", "给本部门"}
    assert _titles(database, two) == {"给审计员", "给本部门"}
    assert _titles(database, make_actor()) == set()
    for _ in range(2):
        database.run(lambda session: service.mark_read(session, one, notice_id=shared))
    assert _titles(database, one, unread=True) == {"给甲"}
    assert _titles(database, two, unread=True) == {"给审计员", "给本部门"}, "read marks are per person"
    assert database.run(lambda session: service.mark_all_read(session, two)) == 2
    assert _titles(database, two, unread=True) == set()
    with pytest.raises(MulianError, match="not_found"):
        database.run(lambda session: service.mark_read(session, make_actor(), notice_id=shared))
    with pytest.raises(ValueError, match="one audience"):
        database.run(lambda session: service.notify(session, title_zh="无", title_en="none"))
