"""A small directory for tests of links: nodes of all levels, drafted and published by two people."""

import uuid
from typing import Any

from sqlalchemy import select

from catalog.links import service as links
from catalog.nodes import service as nodes
from catalog.nodes.models import DataItem, DbColumn
from catalog.registry.service import create_table
from catalog.review import queries as reviews
from catalog.review import service as review
from kernel.db import Database
from kernel.identity.actor import Actor
from tests.catalog.conftest import Town

PASS = review.Secrecy("pass", "公开信息，不涉及国家秘密")
ENTRY = {"name": "婚姻登记信息", "share_type": "unconditional", "open_type": "none"}


class Graph:
    """Makes nodes as the officer of ``town.civil`` and publishes them as its reviewer."""

    def __init__(self, database: Database, town: Town) -> None:
        self.database, self.town = database, town

    def node(self, kind: str, actor: Actor | None = None, **values: Any) -> uuid.UUID:
        """A new draft."""
        defaults: dict[str, dict[str, Any]] = {
            "duty": {"name": "婚姻登记", "duty_type": "service", "basis_doc": "《婚姻登记条例》"},
            "data_entry": ENTRY,
            "system": {"name": "登记系统", "phase": "in_use", "has_interface": True},
        }
        maker = actor or self.town.officer
        department = maker.department_id or self.town.civil
        children = values.pop("children", ())

        def unit(session: Any) -> uuid.UUID:
            made: uuid.UUID = nodes.create(
                session, maker, kind, {**defaults[kind], **values}, department_id=department, children=children
            ).id
            return made

        return self.database.run(unit)

    def entry(self, *items: str, **values: Any) -> uuid.UUID:
        """A data entry with items of these names."""
        return self.node("data_entry", children=[{"name": name} for name in items], **values)

    def table(self, system: uuid.UUID, *columns: str, **values: Any) -> uuid.UUID:
        """A table of a system with columns of these Chinese names."""
        fields = {"name": "婚姻登记表", "table_name": "t_marriage", "kind": "business", **values, "columns": [
            {"name": f"c{number}", "name_zh": name, "data_type": "varchar"} for number, name in enumerate(columns)
        ]}

        def unit(session: Any) -> uuid.UUID:
            made: uuid.UUID = create_table(session, self.town.officer, fields, system_id=system).id
            return made

        return self.database.run(unit)

    def leaves(self, node_id: uuid.UUID) -> list[uuid.UUID]:
        """Items of an entry or columns of a table, in order."""
        with self.database.read() as session:
            items = session.scalars(select(DataItem.id).where(DataItem.entry_id == node_id).order_by(DataItem.number))
            found = list(items)
            columns = select(DbColumn.id).where(DbColumn.table_id == node_id).order_by(DbColumn.number)
            return found or list(session.scalars(columns))

    def publish(self, kind: str, *node_ids: uuid.UUID, action: str = "submit", reviewer: Actor | None = None) -> None:
        """Submit as the officer, approve as the reviewer."""
        checker = reviewer or self.town.reviewer
        cases = self.database.run(lambda s: review.submit(
            s, self.town.officer, kind, node_ids, action=action, note="不再产生" if action == "withdraw" else ""
        ))
        self.database.run(lambda s: review.decide_cases(
            s, checker, reviews.cases(s, checker, cases), "approve", secrecy=PASS
        ))

    def link(self, kind: str, first: uuid.UUID, second: uuid.UUID, actor: Actor | None = None, **more: Any) -> str:
        """Add a link; returns its state."""
        return self.database.run(
            lambda s: links.add(s, actor or self.town.officer, kind, first, second, **more).state
        )

    def unlink(self, kind: str, first: uuid.UUID, second: uuid.UUID, actor: Actor | None = None, **more: Any) -> str:
        """Remove a link; returns its state."""
        return self.database.run(
            lambda s: links.remove(s, actor or self.town.officer, kind, first, second, **more).state
        )
