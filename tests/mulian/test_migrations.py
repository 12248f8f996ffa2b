"""Migrations: agree with the models on both databases, refuse a newer database, roll back whole, can run twice."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from kernel.db import Base, Database
from kernel.errors import MulianError
from kernel.home import Home
from mulian import wiring
from mulian.migrations import run


def _differences(database: Database) -> list[Any]:
    wiring.load_registrations()
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"include_object": _ours})
        return list(compare_metadata(context, Base.metadata))


def _ours(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    # the full-text index of either database is made by SQL of its own and has no model
    if kind == "table":
        return not (reflected and compare_to is None and (name or "").startswith("search_fts"))
    return not (name or "").startswith("ix_search_gram")


def test_migrations_and_models_agree(database: Database) -> None:
    assert _differences(database) == []


def test_running_again_changes_nothing(database: Database) -> None:
    assert run.upgrade(database) == run.current(database) == run.head()


def test_a_newer_database_is_refused(database: Database) -> None:
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (run.check, run.upgrade):
        with pytest.raises(MulianError) as caught:
            attempt(database)
        assert caught.value.code == "mulian.database.too_new" and caught.value.fix("zh")


def test_a_database_that_nobody_upgraded_is_said_to_be_old(database: Database) -> None:
    run.check_current(database)
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0024'"))
    with pytest.raises(MulianError) as caught:
        run.check_current(database)
    assert caught.value.code == "mulian.database.too_old" and "mulian serve" in caught.value.fix("zh")


def test_a_migration_that_fails_leaves_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database.sqlite(home.root / "half.db")
    script = run.ScriptDirectory.from_config(run._config())
    last = script.get_revision(str(script.get_current_head()))
    assert last is not None

    def broken() -> None:
        raise RuntimeError("the machine stopped here")

    monkeypatch.setattr(last.module, "upgrade", broken)
    monkeypatch.setattr(run.ScriptDirectory, "from_config", lambda config: script)
    with pytest.raises(RuntimeError, match="stopped here"):
        run.upgrade(database)
    assert [t for t in inspect(database.engine).get_table_names() if not t.startswith("sqlite_")] == []
    monkeypatch.undo()
    assert run.upgrade(database) == run.head()
    database.close()
