"""What a newer program offers to standard roles: once, audited, never what was taken away, never by hand-made roles."""

import uuid
from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from crypto.servicekeys import service as servicekeys
from kernel import ids
from kernel.audit.models import AuditLog
from kernel.audit.service import record
from kernel.db import Database
from kernel.errors import MulianError
from kernel.home import Home
from kernel.identity import queries, roles
from kernel.identity.actor import system_actor
from kernel.identity.models import Role, RoleOffer
from kernel.identity.permissions import ROLES
from kernel.identity.service import create_user, set_user_roles
from kernel.notices.models import Notice
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian.migrations import run

ROOT = system_actor("test")
FIRST = {"data_officer": ("a.b.read", "a.b.edit"), "auditor": ("kernel.audit.read",), "leader": ("a.b.read",)}


def seed(database: Database, grants: dict[str, tuple[str, ...]]) -> None:
    database.run(lambda session: roles.seed_roles(session, ROOT, grants))


def held(database: Database, key: str) -> list[str]:
    with database.read() as session:
        role = queries.role_by_key(session, key)
        assert role is not None and roles.role_authentic(session, role)
        return role.permissions


def edit(database: Database, key: str, *permissions: str) -> None:
    def unit(session: Session) -> None:
        role = queries.role_by_key(session, key)
        assert role is not None
        roles.edit_role(session, ROOT, role_id=role.id, permissions=permissions, version=role.version)

    database.run(unit)


def notices(database: Database) -> list[Notice]:
    with database.read() as session:
        return list(session.scalars(select(Notice)))


def test_new_permissions_are_offered_once(database: Database) -> None:
    seed(database, FIRST)
    assert len(held(database, "data_officer")) == 2 and notices(database) == []
    edit(database, "data_officer", "a.b.read", "x.y.own")  # the district took one away and gave one of its own
    more = {**FIRST, "data_officer": ("a.b.read", "a.b.edit", "a.new.verb"), "leader": ("a.b.read", "x.y.own")}
    seed(database, more)
    assert held(database, "data_officer") == ["a.b.read", "a.new.verb", "x.y.own"]
    assert held(database, "leader") == ["a.b.read", "x.y.own"] and held(database, "auditor") == ["kernel.audit.read"]
    (told,) = notices(database)
    assert told.audience == "system_admin" and "a.new.verb" in told.body_zh and "数据专员" in told.body_zh
    assert "a.b.edit" not in told.body_zh
    with database.read() as session:
        lines = session.scalars(select(AuditLog).where(AuditLog.action == "kernel.role.offer")).all()
        assert {line.detail["key"]: line.detail["added"] for line in lines} == {
            "data_officer": ["a.new.verb"], "leader": ["x.y.own"],
        }
    edit(database, "data_officer", "a.b.read")
    seed(database, more)  # a restart of the same program
    assert held(database, "data_officer") == ["a.b.read"] and len(notices(database)) == 1


def test_what_a_person_gave_before_is_not_news(sqlite_database: Database) -> None:
    database = sqlite_database
    seed(database, FIRST)
    edit(database, "leader", "a.b.read", "a.new.verb")
    seed(database, {**FIRST, "leader": ("a.b.read", "a.new.verb")})
    edit(database, "leader", "a.b.read")
    seed(database, {**FIRST, "leader": ("a.b.read", "a.new.verb")})
    assert held(database, "leader") == ["a.b.read"] and notices(database) == []


def test_a_role_made_by_hand_is_left_alone(sqlite_database: Database) -> None:
    database = sqlite_database
    def make(session: Session) -> None:
        role = Role(id=ids.new(), key="leader", name_zh="领导", name_en="Leader", scope="all",
                    permissions=["x.y.own"], standard=False, mac=b"", version=1)
        roles.sign(session, role)
        session.add(role)

    database.run(make)
    seed(database, FIRST)
    assert held(database, "leader") == ["x.y.own"]


def test_separated_duties_and_edited_rows_are_not_granted_to(sqlite_database: Database) -> None:
    database = sqlite_database
    seed(database, {**FIRST, "security_admin": ("kernel.security.edit",)})
    user, _ = database.run(lambda s: create_user(
        s, ROOT, username="both", display_name="甲", role_keys=["leader", "auditor"]
    ))
    with database.write() as session:
        session.execute(text("UPDATE role SET permissions = '[\"kernel.user.edit\"]' WHERE key = 'data_officer'"))
    seed(database, {
        "leader": ("a.b.read", "kernel.security.edit", "a.new.verb"), "data_officer": ("a.new.verb",),
    })
    assert held(database, "leader") == ["a.b.read", "a.new.verb"]  # its holder is an auditor
    with database.read() as session:
        edited = queries.role_by_key(session, "data_officer")
        assert edited is not None and edited.permissions == ["kernel.user.edit"]
        assert not roles.role_authentic(session, edited)  # the edit outside the program still shows
        outcomes = {(one.role_key, one.permission): one.outcome for one in session.scalars(select(RoleOffer))}
    assert outcomes["leader", "kernel.security.edit"] == outcomes["data_officer", "a.new.verb"] == "withheld"
    (told,) = notices(database)
    assert "未授予" in told.body_zh and "kernel.security.edit" in told.body_zh
    # an edit by hand meets the same wall, and passes once nobody holds both
    with pytest.raises(MulianError) as caught:
        edit(database, "leader", "kernel.security.edit")
    assert caught.value.code == "identity.role.separation"
    database.run(lambda s: set_user_roles(s, ROOT, user_id=user.id, role_keys=["auditor"]))
    edit(database, "leader", "kernel.security.edit")


@pytest.fixture
def released(dialect: str, request: pytest.FixtureRequest, home: Home) -> Iterator[Database]:
    """A database of each kind at revision 0014."""
    url, drop = None, lambda: None
    if dialect == "postgresql":
        server = request.getfixturevalue("postgres_server")
        url = server.create(f"old_{uuid.uuid4().hex[:10]}")
        drop = lambda: server.drop(url)  # noqa: E731
    database = Database(url) if url else Database.sqlite(home.database_file)
    config = run._config()
    with database.session(write=True) as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0014")
        session.commit()
    Runtime(settings=Settings(home=home.root, database_url=url), home=home, database=database,
            box=servicekeys.create(home))
    yield database
    database.close()
    drop()


def test_a_home_of_0014_gets_what_it_was_never_offered(released: Database) -> None:
    def before(session: Session) -> None:
        for standard in ROLES:
            # made by the first release; the second brought a.second.verb, which never reached standing roles
            role = Role(id=ids.new(), key=standard.key, name_zh=standard.zh, name_en=standard.en, scope=standard.scope,
                        permissions=["a.b.read"], standard=True, mac=b"", version=2)
            roles.sign(session, role)
            session.add(role)
        for key in ("data_officer", "auditor"):
            record(session, ROOT, action="kernel.role.edit", object_type="role", object_id="x",
                   detail={"key": key, "added": [], "removed": ["a.b.edit"] if key == "data_officer" else []})

    released.run(before)
    assert run.upgrade(released) == run.head()
    offered = ("a.b.read", "a.b.edit", "a.second.verb")
    seed(released, {"data_officer": offered, "data_engineer": offered})
    assert held(released, "data_officer") == ["a.b.read", "a.second.verb"]
    assert held(released, "data_engineer") == ["a.b.edit", "a.b.read", "a.second.verb"]
    assert held(released, "leader") == ["a.b.read"] and len(notices(released)) == 1
