"""A district of many nodes, inserted quickly: what the pages of the directory must stand."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from catalog.codes.patterns import Patterns
from catalog.codes.service import allocate
from catalog.nodes import service as nodes
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataItem, DataSystem, DbColumn, DutyData, ItemColumn, SystemTable
from catalog.search import service as search
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import system_actor
from kernel.identity.models import Department

DUTIES, SYSTEMS = 240, 160
_FIELDS = ("婚姻", "养老", "救助", "慈善", "殡葬", "社区", "儿童福利", "社会组织", "区划地名", "残疾人")
_MATTERS = ("登记", "审批", "检查", "处罚", "补贴发放", "信用评价", "投诉办理", "年报")


def fill(session: Session, department_id: uuid.UUID, nodes_wanted: int = 12_000) -> int:
    """Give a department about this many draft nodes of all four levels, linked; returns how many there are."""
    made = _Maker(session, department_id)
    tables = nodes_wanted // 4
    entries = nodes_wanted - DUTIES - SYSTEMS - tables
    duty_ids = made.level("duty", DUTIES, lambda at: {
        "name": f"{_field(at)}{_MATTERS[at // 10 % 8]}职责{at:03d}", "duty_type": "service", "basis_doc": "三定规定",
    })
    entry_ids = made.level("data_entry", entries, lambda at: {
        "name": f"{_field(at)}{_MATTERS[at // 10 % 8]}信息{at:05d}", "abstract": f"{_field(at)}业务办理形成的数据",
        "formats": ["数据库"], "share_type": ("unconditional", "conditional", "none")[at % 3], "open_type": "none",
        "update_cycle": "daily", "theme": "life",
    })
    system_ids = made.level("system", SYSTEMS, lambda at: {"name": f"{_field(at)}管理系统{at:03d}", "phase": "in_use"})
    table_ids = made.level("db_table", tables, lambda at: {
        "name": f"{_field(at)}业务表{at:05d}", "table_name": f"t_business_{at:05d}", "kind": "business",
    })
    # every twelfth entry has no duty: the tree shows them apart
    made.link(DutyData, (
        {"duty_id": duty_ids[at % DUTIES], "entry_id": one} for at, one in enumerate(entry_ids) if at % 12
    ))
    made.link(DataSystem, (
        {"entry_id": one, "system_id": system_ids[at % SYSTEMS]} for at, one in enumerate(entry_ids)
    ))
    made.link(SystemTable, (
        {"system_id": system_ids[at % SYSTEMS], "table_id": one} for at, one in enumerate(table_ids)
    ))
    made.leaves(entry_ids[:20], table_ids[:20])
    return DUTIES + SYSTEMS + len(entry_ids) + len(table_ids)


def _field(at: int) -> str:
    return _FIELDS[at % len(_FIELDS)]


class _Maker:
    def __init__(self, session: Session, department_id: uuid.UUID) -> None:
        self._session, self._department = session, session.get_one(Department, department_id)
        self._audit_id = record(
            session, system_actor("test"), action="catalog.test.fill", object_type="department",
            object_id=str(department_id), detail={}, department_id=department_id,
        )

    def level(self, kind_key: str, number: int, values: Any) -> list[uuid.UUID]:
        kind, org, now = KINDS[kind_key], self._department.code, clock.now()
        scope = f"table:X-{org}-000" if kind_key == "db_table" else f"{kind_key}:{org}"
        patterns, owner = Patterns({}), f"X-{org}-000" if kind_key == "db_table" else org
        rows: list[dict[str, Any]] = []
        for at, sequence in enumerate(allocate(self._session, scope, number)):
            rows.append({
                **nodes.filled(kind, values(at)), "id": ids.new(), "status": "draft",
                "code": patterns.entry(org, None, sequence) if kind_key == "data_entry"
                else patterns.make(kind_key, owner, sequence),
                "department_id": self._department.id, "revision": 1, "version": 0, "source": "manual",
                "created_at": now, "updated_at": now, "audit_id": self._audit_id,
            })
            if kind_key == "data_entry":
                rows[-1]["online"] = False
        self._session.execute(insert(kind.model), rows)
        search.index(self._session, [nodes.document(kind_key, row) for row in rows], fresh=True)
        return [row["id"] for row in rows]

    def link(self, model: Any, ends: Iterable[dict[str, uuid.UUID]]) -> None:
        now = clock.now()
        rows = [{"id": ids.new(), "created_at": now, "audit_id": self._audit_id, **one} for one in ends]
        self._session.execute(insert(model), rows)

    def leaves(self, entry_ids: Sequence[uuid.UUID], table_ids: Sequence[uuid.UUID]) -> None:
        """Items and columns for the first of each, one pair in three linked."""
        for entry_id, table_id in zip(entry_ids, table_ids, strict=True):
            items = [
                {"id": ids.new(), "entry_id": entry_id, "number": at, "code": f"{entry_id}#{at}", "name": f"数据项{at}",
                 "data_type": "string", "level": 1, "sensitive": False, "pii": False, "is_key": at == 1}
                for at in range(1, 13)
            ]
            columns = [
                {"id": ids.new(), "table_id": table_id, "number": at, "code": f"{table_id}.{at}",
                 "name": f"column_{at}", "name_zh": f"字段{at}", "data_type": "varchar", "nullable": True,
                 "is_key": at == 1, "level": 1,
                 "sensitive": False, "encrypted": False}
                for at in range(1, 13)
            ]
            self._session.execute(insert(DataItem), items)
            self._session.execute(insert(DbColumn), columns)
            self.link(ItemColumn, (
                {"item_id": item["id"], "column_id": column["id"]}
                for item, column in zip(items[::3], columns[::3], strict=True)
            ))
