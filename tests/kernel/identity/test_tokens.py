"""API tokens act under a name that every column takes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock
from kernel.audit.models import AuditLog
from kernel.audit.service import record
from kernel.db import Base, Database
from kernel.identity import sessions
from kernel.identity.actor import Actor, system_actor
from kernel.identity.service import create_user
from tests.support.accounts import PASSWORD


def test_a_long_name_is_cut_and_stored(database: Database) -> None:
    def unit(session: Session) -> Actor:
        user, _ = create_user(
            session, system_actor("test"), username="u" * 80, display_name="测试", role_keys=[], password=PASSWORD
        )
        _, secret = sessions.issue_token(session, sessions.actor_of_user(session, user), name="令" * 100, permissions=[])
        actor = sessions.actor_of_token(session, secret)
        assert actor is not None and actor.name == "u" * 80 + "/" + "令" * 19
        record(session, actor, action="test.act", object_type="test", object_id="1", detail={})
        return actor

    actor = database.run(unit)
    with database.read() as session:
        line = session.scalars(select(AuditLog).where(AuditLog.action == "test.act")).one()
        assert line.actor_name == actor.name and line.at <= clock.now()


def test_every_column_that_keeps_an_actor_takes_it() -> None:
    roles = ("created", "submitted", "decided", "confirmed", "actor", "maker", "checker", "reviewer", "author", "done")
    columns = [
        column for table in Base.metadata.tables.values() for column in table.c
        if column.name in {f"{one}_name" for one in roles}
    ]
    assert len(columns) > 15
    narrow = [str(one) for one in columns if (getattr(one.type, "length", None) or 1000) < sessions.NAME_LIMIT]
    assert narrow == []
