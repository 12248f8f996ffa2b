"""The tree: four levels with counts, whatever is opened costs the same few statements."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from catalog.imports import jobs, samples
from catalog.imports.models import ImportBatch
from catalog.stats import queries as stats
from catalog.tree import service
from kernel.db import Database
from kernel.errors import MulianError
from tests.catalog.conftest import Town
from tests.catalog.test_imports import sample_sizes, samples_folder

Check = Callable[..., ImportBatch]


@pytest.mark.requirement("S4-01")
def test_every_level_in_a_constant_number_of_statements(database: Database, town: Town, checked: Check) -> None:
    batch = checked(
        town.bureau, samples.four_level_workbook(samples_folder()), profile="four-level", create_departments=True
    )
    jobs.run_apply(database, town.bureau, batch.id, accept_partial=False)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda c, cur, statement, *_: statements.append(statement))

    def opened(parent: str | None) -> list[Any]:
        statements.clear()
        with database.read() as session:
            level = service.children(session, town.bureau, parent)
        reading = [s for s in statements if s.lstrip().upper().startswith("SELECT")]
        assert len(reading) <= 5, reading
        assert not level.cut
        return level.items

    kinds = {node.key: node for node in opened(None)}
    assert kinds["kind:other"].counts == sample_sizes()
    department = next(node for node in opened("kind:other") if node.name.endswith("卫生健康委员会"))
    duties = opened(department.key)
    assert [node.name for node in duties][-1] != service.UNLINKED and len(duties) == 2
    entries = opened(next(node.key for node in duties if node.below))
    assert len(entries) == 1 and entries[0].status == "draft"
    systems = opened(entries[0].key)
    assert [node.kind for node in systems] == ["system"] and systems[0].below == 1
    tables = opened(systems[0].key)
    assert [(node.kind, node.below) for node in tables] == [("db_table", 5)]
    with database.read() as session:
        # drafts of other departments are nobody's business
        assert service.children(session, town.stranger, department.key).items == []
        for key in ("nonsense", "duty:x", f"duty:{uuid.uuid4()}", "db_table:" + str(tables[0].id)):
            with pytest.raises(MulianError) as caught:
                service.children(session, town.bureau, key)
            assert caught.value.code == "catalog.node.unknown"
        figures = stats.by_status(session, town.bureau, None)
        assert (
            figures["data_entry"] == {"draft": sample_sizes()["data_entry"]}
            and stats.by_status(session, town.stranger, None)["duty"] == {}
        )
