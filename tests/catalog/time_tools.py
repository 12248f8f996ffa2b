"""What the tests of history, transfers and duty changes share: nodes published without the way through review."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from catalog.nodes import queries
from catalog.nodes import service as nodes
from catalog.nodes.kinds import KINDS
from catalog.nodes.versions import Publication, publish
from kernel.audit.service import record
from kernel.db import Database
from kernel.identity.actor import Actor, system_actor

ROOT: Actor = system_actor("test")
VALUES: dict[str, dict[str, Any]] = {
    "duty": {"duty_type": "other", "basis_doc": "三定规定"},
    "data_entry": {"share_type": "unconditional", "open_type": "none", "abstract": "样例"},
    "system": {"phase": "in_use", "has_interface": True},
    "db_table": {"table_name": "t", "kind": "business"},
}


def write(session: Session, kind_key: str, node_ids: list[uuid.UUID], action: str) -> None:
    """Publish the next version of nodes as they stand."""
    kind = KINDS[kind_key]
    rows, children = queries.rows(session, kind, node_ids), queries.children(session, kind, node_ids)
    publications = [Publication(rows[one], children.get(one, []), action, None) for one in node_ids]
    audit_id = record(session, ROOT, action="test.publish", object_type=kind_key, object_id="batch", detail={})
    publish(session, ROOT, kind_key, publications, audit_id)


def new(session: Session, kind_key: str, name: str, department_id: uuid.UUID, **more: Any) -> uuid.UUID:
    """A draft node."""
    children = more.pop("children", ())
    values = {**VALUES[kind_key], "name": name, **more}
    found: uuid.UUID = nodes.create(
        session, ROOT, kind_key, values, department_id=department_id, children=children
    ).id
    return found


def published(database: Database, kind_key: str, name: str, department_id: uuid.UUID, **more: Any) -> uuid.UUID:
    """A published node."""

    def unit(session: Session) -> uuid.UUID:
        node_id = new(session, kind_key, name, department_id, **more)
        write(session, kind_key, [node_id], "publish")
        return node_id

    return database.run(unit)


def changed(database: Database, kind_key: str, node_id: uuid.UUID, children: Any = None, **values: Any) -> None:
    """Version + 1 with these values."""

    def unit(session: Session) -> None:
        kind = KINDS[kind_key]
        node = session.get_one(kind.model, node_id)
        nodes.assign(session, kind, node, {k: v for k, v in values.items() if k != "department_id"})
        if "department_id" in values:
            node.department_id = values["department_id"]
        if children is not None:
            nodes.write_children(session, kind, node, children)
        session.flush()
        write(session, kind_key, [node_id], "transfer" if "department_id" in values else "change")

    database.run(unit)


def withdrawn(database: Database, kind_key: str, node_id: uuid.UUID) -> None:
    """The last version of a node."""
    database.run(lambda s: write(s, kind_key, [node_id], "withdraw"))
