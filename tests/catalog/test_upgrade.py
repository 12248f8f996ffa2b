"""A directory of revision 0007 with nodes and links survives the upgrade; its links are registered afterwards."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, insert, select

from catalog.links import effects, queries
from catalog.links.models import LinkVersion
from catalog.nodes.models import DutyData, SystemTable
from crypto.servicekeys import service as servicekeys
from kernel.db import Database
from kernel.home import Home
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian.migrations import run


@pytest.fixture
def old(dialect: str, request: pytest.FixtureRequest, home: Home) -> Iterator[Database]:
    """A database of each kind at revision 0007."""
    if dialect == "sqlite":
        database, drop = Database.sqlite(home.database_file), lambda: None
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create(f"old_{uuid.uuid4().hex[:10]}")
        database, drop = Database(url), lambda: server.drop(url)
    config = run._config()
    with database.session(write=True) as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0007")
        session.commit()
    settings = Settings(home=home.root, database_url=None if dialect == "sqlite" else database.url)
    Runtime(settings=settings, home=home, database=database, box=servicekeys.create(home))
    yield database
    database.close()
    drop()


def put(session: Any, table_name: str, **values: Any) -> uuid.UUID:
    """A row with ``values``, and something in every other column that must have a value."""
    table = Table(table_name, MetaData(), autoload_with=session.connection())
    identity = uuid.uuid4()
    row: dict[str, Any] = {"id": identity, **values}
    for column in table.columns:
        if column.name not in row and not column.nullable and column.server_default is None:
            kind = column.type.python_type
            row[column.name] = identity if kind is uuid.UUID else kind(0) if kind in (int, bool) else str(identity)[:8]
            if column.name == "audit_id" and kind is str:
                row[column.name] = identity.hex
    sqlite = session.get_bind().dialect.name == "sqlite"
    session.execute(insert(table).values({
        key: value.hex if sqlite and isinstance(value, uuid.UUID) else value for key, value in row.items()
    }))
    return identity


def test_nodes_and_links_of_0007_survive(old: Database) -> None:
    with old.write() as session:
        home = put(session, "department", name="区民政局", aliases="[]", version=1)
        node = {"department_id": home, "status": "published", "version": 1, "entry_hash": "00" * 32}
        lists = {"keywords": "[]", "formats": "[]", "related_codes": "[]"}
        duty, entry = put(session, "duty", **node), put(session, "data_entry", **node, **lists)
        system, table = put(session, "system", **node, project_numbers="[]"), put(session, "db_table", **node)
        held = put(session, "duty_data", duty_id=duty, entry_id=entry)
        put(session, "system_table", system_id=system, table_id=table)
    assert run.upgrade(old) == run.head()
    with old.read() as session:
        row = session.scalars(select(DutyData)).one()
        assert (row.id, row.version, row.entry_hash, row.created_by) == (held, 0, None, None)
        assert session.scalars(select(SystemTable)).one().version == 0 and queries.verify_chains(session) == (0, [])
    assert old.run(lambda s: effects.register(s, system_actor("test"))) == 2
    with old.read() as session:
        assert queries.verify_chains(session) == (2, [])
        assert {one.department_id for one in session.scalars(select(LinkVersion))} == {home}
