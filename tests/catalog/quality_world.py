"""Random catalogs, and the quality of a catalog computed the long way: one definition after the other, row by row."""

import random
import re
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.codes.lists import code_list, code_lists
from catalog.nodes.models import (
    DataEntry,
    DataItem,
    DbColumn,
    DbTable,
    Duty,
    ItemColumn,
    System,
    SystemTable,
)
from catalog.search.rules import normalise
from catalog.unchanged.models import UnchangedConfirmation
from kernel import clock, ids
from kernel.identity.models import Department
from kernel.identity.rules import uscc_check

Row = dict[str, Any]
Found = dict[tuple[uuid.UUID, str, str], tuple[int, int]]
LIVE = ("published", "change_draft", "change_review", "change_rejected", "withdraw_review", "withdraw_rejected")
STATUSES = (*LIVE, "draft", "pub_review", "pub_rejected", "withdrawn", "published", "published")
MODELS = {"duty": Duty, "data_entry": DataEntry, "system": System, "db_table": DbTable}
WORDS = ("婚姻登记", "人口", "企业", "信息", "许可", "检查", "名录", "ABC", "２０２６")


class Maker:
    """Adds random departments with nodes, and changes what is there as the services do (revision + 1)."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.chance, self.seed = session, random.Random(seed), seed

    def maybe(self, value: Any, part: float = 0.3) -> Any:
        """The value, or None."""
        return None if self.chance.random() < part else value

    def name(self) -> str:
        """A name that often comes twice, in several spellings."""
        text = "".join(self.chance.choices(WORDS, k=2))
        return text.lower() if self.chance.random() < 0.2 else text

    def token(self, key: str) -> str | None:
        """A token of a list, now and then one that is none."""
        tokens = sorted(code_list(key).values)
        return self.chance.choice([*tokens, "??"] if self.chance.random() < 0.3 else tokens)

    def day(self) -> str | None:
        return self.maybe(self.chance.choice(("2020-01-02", "2024-05-06", "2999-01-01", "2026-1-1", "昨天")))

    def department(self, nodes: int) -> uuid.UUID:
        """A department with about ``nodes`` nodes of each level."""
        key, number = ids.new(), f"{self.seed}-{self.chance.randrange(10**9)}"
        body = f"11110102{self.chance.randrange(10**9):09d}"
        good = body + uscc_check(body)
        uscc = self.chance.choice((None, good, good, body + ("0" if good[-1] != "0" else "1")))
        self.session.execute(insert(Department), [{
            "id": key, "code": number, "uscc": uscc, "name": f"部门{number}", "kind": "bureau", "aliases": [],
            "sort": 0, "valid_from": clock.now(), "version": 1,
        }])
        made = {kind: [self.node(kind, key) for _ in range(self.chance.randint(0, nodes))] for kind in MODELS}
        self.children(made)
        return key

    def node(self, kind: str, department_id: uuid.UUID) -> Row:
        chance, now = self.chance, clock.now()
        row: Row = {
            "id": ids.new(), "code": f"{kind}-{self.seed}-{chance.randrange(10**12)}", "name": self.name(),
            "department_id": department_id, "office": self.maybe(chance.choice(("一科", "二\x07科"))),
            "region": self.maybe("110102"), "status": chance.choice(STATUSES), "revision": 1, "version": 1,
            "source": "manual", "created_at": now, "updated_at": now, "audit_id": ids.new(),
        }
        own = {"duty": self.duty, "data_entry": self.entry, "system": self.system, "db_table": self.table}[kind]()
        self.session.execute(insert(MODELS[kind]), [{**row, **own}])
        if kind == "data_entry" and chance.random() < 0.15:
            self.answer(row)
        return row

    def answer(self, entry: Row) -> None:
        """An answer that nothing changed, some days ago; now and then taken back."""
        at = clock.now() - timedelta(days=self.chance.choice((0, 2, 15, 300)))
        self.session.execute(insert(UnchangedConfirmation), [{
            "id": ids.new(), "entry_id": entry["id"], "department_id": entry["department_id"], "period": "2026",
            "version": 1, "confirmed_name": "甲", "at": at, "revoked_at": self.maybe(clock.now(), 0.7),
            "audit_id": ids.new(),
        }])

    def duty(self) -> Row:
        return {"duty_type": self.token("duty_type"), "basis_doc": self.maybe("条例"), "effective_on": self.day()}

    def entry(self) -> Row:
        chance = self.chance
        codes = list(self.session.scalars(select(DataEntry.code).limit(3)))
        cycles = ("daily", "weekly", "monthly", "annual", "irregular", "other", "??")
        ago = timedelta(days=chance.choice((0, 3, 20, 100, 400)))
        return {
            "abstract": chance.choice(("", "摘要")), "use_scene": self.maybe("长" * 20_001, 0.9),
            "keywords": [], "theme": self.maybe(self.token("theme")),
            "formats": chance.choice(([], ["csv"])), "share_type": self.maybe(self.token("share_type")),
            "share_condition": self.maybe("条件", 0.5), "no_share_basis": self.maybe("依据", 0.6),
            "open_type": self.maybe(self.token("open_type")), "open_condition": self.maybe("条件", 0.6),
            "update_cycle": self.maybe(chance.choice(cycles)), "update_cycle_text": self.maybe("每两年", 0.7),
            "published_on": self.day(), "related_codes": chance.sample([*codes, "没有"], chance.randint(0, 1)),
            "level": chance.randint(0, 6), "authoritative": False, "online": True,
            "record_count": self.maybe(chance.choice((-1, 5))),
            "class_code": self.maybe(chance.choice(("305001", "9"))),
            "data_updated_at": self.maybe(clock.now() - ago),
            "data_update_source": self.maybe(chance.choice(("实测", "填报", "measured")), 0.2),
        }

    def system(self) -> Row:
        return {
            "phase": self.token("system_phase"), "network": self.maybe(self.token("network")),
            "mlps_level": self.maybe(self.chance.randint(1, 6)), "live_on": self.day(), "retired_on": self.day(),
            "has_interface": self.chance.random() < 0.5, "no_interface_reason": self.maybe("在建", 0.5),
            "project_numbers": [],
        }

    def table(self) -> Row:
        return {
            "table_name": self.chance.choice(("T_A", "t_a", "t_b")), "schema_name": self.maybe("gov", 0.5),
            "kind": self.token("table_kind"), "db_kind": self.maybe(self.chance.choice(("Oracle", "MySQL"))),
            "row_count": self.maybe(3),
        }

    def children(self, made: dict[str, list[Row]]) -> None:
        """Items, columns and links of what was made; a table is in a system, an item in columns."""
        chance, now = self.chance, clock.now()
        items, columns = [], []
        for entry in made["data_entry"]:
            items += [self.item(entry, number) for number in range(1, chance.randint(1, 5))]
        for table in made["db_table"]:
            columns += [self.column(table, number) for number in range(1, chance.randint(1, 5))]
            if made["system"] and chance.random() < 0.7:
                self.session.execute(insert(SystemTable), [{
                    "id": ids.new(), "system_id": chance.choice(made["system"])["id"], "table_id": table["id"],
                    "created_at": now, "audit_id": ids.new(),
                }])
        for model, rows in ((DataItem, items), (DbColumn, columns)):
            if rows:
                self.session.execute(insert(model), rows)
        pairs = {(chance.choice(items)["id"], chance.choice(columns)["id"]) for _ in range(len(items)) if columns}
        if pairs:
            self.session.execute(insert(ItemColumn), [
                {"id": ids.new(), "item_id": item, "column_id": column, "created_at": now, "audit_id": ids.new()}
                for item, column in sorted(pairs)
            ])

    def item(self, entry: Row, number: int) -> Row:
        chance = self.chance
        return {
            "id": ids.new(), "entry_id": entry["id"], "number": number, "code": f"{entry['code']}#{number}",
            "name": chance.choice(("姓名", "证件号", "ＡＢ", "ab")),
            "data_type": chance.choice((self.maybe(self.token("data_type")), "string")),
            "length": self.maybe(chance.choice((1, 18, 300)), 0.1), "precision": self.maybe(2),
            "code_set": self.maybe(chance.choice(("GB/T 2261.1-2003", "共享类型", "自编", "DB11/T 337", "theme"))),
            "share_type": self.maybe(self.token("share_type")), "open_type": self.maybe(self.token("open_type")),
            "level": chance.randint(1, 4), "sensitive": chance.random() < 0.4, "pii": chance.random() < 0.3,
            "is_key": False,
        }

    def column(self, table: Row, number: int) -> Row:
        types = (
            "varchar(20)", "varchar(20)", "varchar(20)", "NUMBER(10)", "int", "date", "timestamp(6)",
            "double precision", "blob", "bit", "怪",
        )
        return {
            "id": ids.new(), "table_id": table["id"], "number": number, "code": f"{table['code']}.{number}",
            "name": self.chance.choice(("xm", "XM", "zjh")), "name_zh": self.maybe("姓名", 0.4),
            "data_type": self.chance.choice(types), "length": self.maybe(self.chance.choice((10, 100)), 0.1),
            "nullable": True, "is_key": False, "sensitive": self.chance.random() < 0.5, "encrypted": False,
            "level": self.chance.randint(1, 3),
        }

    def change(self) -> None:
        """Edit, withdraw and relink a few nodes of whatever department."""
        for kind, model in MODELS.items():
            known = list(self.session.execute(select(model.id, model.revision).order_by(model.code)))
            for node_id, revision in self.chance.sample(known, min(2, len(known))):
                values: Row = {"revision": revision + 1, "name": self.name(), "status": self.chance.choice(STATUSES)}
                values |= {"share_type": self.token("share_type")} if kind == "data_entry" else {}
                self.session.execute(update(model).where(model.id == node_id).values(**values))
        for entry_id, department_id in list(self.session.execute(
            select(DataEntry.id, DataEntry.department_id).order_by(DataEntry.code).limit(2)
        )):
            self.answer({"id": entry_id, "department_id": department_id})
        links = list(self.session.scalars(select(ItemColumn).order_by(ItemColumn.id)))
        if links:
            self.session.delete(self.chance.choice(links))


def brute_force(session: Session, served: set[uuid.UUID]) -> tuple[Found, Counter[tuple[Any, ...]]]:
    """(department, level, rule) → (passing, looked at); and the failing cells (node, rule, field, item or column)."""
    return Long(session, served).run()


class Long:
    """One definition of the officers' guide after the other, over plain lists."""

    def __init__(self, session: Session, served: set[uuid.UUID]) -> None:
        def rows(model: Any) -> list[Row]:
            return [dict(row) for row in session.execute(select(model.__table__)).mappings()]

        self.nodes = {kind: rows(model) for kind, model in MODELS.items()}
        self.items, self.columns = rows(DataItem), rows(DbColumn)
        self.links, self.in_system = rows(ItemColumn), rows(SystemTable)
        self.answers = [row for row in rows(UnchangedConfirmation) if row["revoked_at"] is None]
        self.departments = {row["id"]: row for row in rows(Department)}
        self.served, self.now = served, clock.now()
        self.counts: dict[tuple[uuid.UUID, str, str], list[int]] = {}
        self.failing: Counter[tuple[Any, ...]] = Counter()

    def note(self, kind: str, node: Row, rule: str, good: bool, field: str, child: Row | None = None) -> None:
        held = self.counts.setdefault((node["department_id"], kind, rule), [0, 0])
        held[0] += good
        held[1] += 1
        if not good:
            self.failing[node["id"], rule, field, child["id"] if child else None] += 1

    def run(self) -> tuple[Found, Counter[tuple[Any, ...]]]:
        for kind, nodes in self.nodes.items():
            for node in nodes:
                if node["status"] != "withdrawn":
                    self.norm(kind, node)
                    self.complete(kind, node)
                    self.truth(kind, node)
                    if kind == "data_entry":
                        self.entry(node)
                        self.use(node)
                    if kind == "db_table":
                        self.stored(node)
        return {key: (a, b) for key, (a, b) in self.counts.items()}, self.failing

    def below(self, kind: str, node: Row) -> list[Row]:
        if kind == "data_entry":
            return [item for item in self.items if item["entry_id"] == node["id"]]
        return [column for column in self.columns if kind == "db_table" and column["table_id"] == node["id"]]

    def norm(self, kind: str, node: Row) -> None:
        for row, child in [(node, None), *((one, one) for one in self.below(kind, node))]:
            for field, value in row.items():
                known = FORM_OF[kind if child is None else f"{kind}.child"].get(field)
                if known is not None and value is not None and value != "":
                    form, good = well_formed(known, field, value)
                    self.note(kind, node, f"norm.{form}", good, field, child)

    def complete(self, kind: str, node: Row) -> None:
        must = {
            "duty": ["name", "duty_type"], "data_entry": ["name", "share_type", "open_type"],
            "system": ["name", "phase"], "db_table": ["name", "table_name", "kind"],
        }[kind]
        if kind == "data_entry":
            must += ["share_condition"] if node["share_type"] == "conditional" else []
            must += ["no_share_basis"] if node["share_type"] == "none" else []
            must += ["open_condition"] if node["open_type"] == "conditional" else []
            must += ["update_cycle_text"] if node["update_cycle"] == "other" else []
        if kind == "system" and not node["has_interface"]:
            must.append("no_interface_reason")
        should = {
            "duty": ["basis_doc"], "data_entry": ["abstract", "theme", "formats", "update_cycle", "level"],
            "system": ["network"], "db_table": ["db_kind"],
        }[kind]
        for rule, fields in (("complete.required", must), ("complete.expected", should)):
            for field in fields:
                self.note(kind, node, rule, node[field] not in (None, "", []), field)
        below = self.below(kind, node)
        if kind in ("data_entry", "db_table"):
            self.note(kind, node, "complete.children", bool(below), "children")
        for child in below:
            if kind == "data_entry":
                self.note(kind, node, "complete.item_type", bool(child["data_type"]), "data_type", child)
            else:
                self.note(kind, node, "complete.column_name", bool(child["name_zh"]), "name_zh", child)

    def truth(self, kind: str, node: Row) -> None:
        uscc = self.departments[node["department_id"]]["uscc"]
        if uscc:
            self.note(kind, node, "accurate.credit_code", uscc_check(uscc[:17]) == uscc[17], "org")
        twins = [
            other for other in self.nodes[kind]
            if other["department_id"] == node["department_id"] and other["status"] != "withdrawn"
            and self.same(kind, node, other)
        ]
        self.note(kind, node, "accurate.unique", len(twins) == 1, "table_name" if kind == "db_table" else "name")
        below = self.below(kind, node)
        for child in below:
            alike = [other for other in below if normalise(other["name"]) == normalise(child["name"])]
            self.note(kind, node, "accurate.unique_child", len(alike) == 1, "name", child)
        today = clock.business_day(self.now).isoformat()
        for field in ("published_on", "live_on"):
            if node.get(field):
                self.note(kind, node, "accurate.days", node[field] <= today, field)
        if kind == "system":
            if node["live_on"] and node["retired_on"]:
                self.note(kind, node, "accurate.days", node["retired_on"] >= node["live_on"], "retired_on")
            if node["no_interface_reason"]:
                self.note(kind, node, "consistent.interface", not node["has_interface"], "no_interface_reason")

    def same(self, kind: str, one: Row, other: Row) -> bool:
        if kind != "db_table":
            return normalise(one["name"]) == normalise(other["name"])
        place = {link["table_id"]: link["system_id"] for link in self.in_system}
        return (
            place.get(one["id"]) == place.get(other["id"])
            and (one["schema_name"] or "").lower() == (other["schema_name"] or "").lower()
            and one["table_name"].lower() == other["table_name"].lower()
        )

    def entry(self, node: Row) -> None:
        kind, items = "data_entry", self.below("data_entry", node)
        codes = {row["code"] for row in self.nodes[kind] if row["status"] != "withdrawn"}
        for code in node["related_codes"]:
            self.note(kind, node, "accurate.related", code in codes, "related_codes")
        order = {"unconditional": 0, "conditional": 1, "none": 2}
        for item in items:
            if item["code_set"]:
                lists = {normalise(t) for one in code_lists().values() for t in (one.key, one.zh, one.en)}
                standard = re.match(r"(GB/T|DB11/T) \d", item["code_set"])
                good = bool(standard) or normalise(item["code_set"]) in lists
                self.note(kind, node, "accurate.code_set", good, "code_set", item)
            for field in ("share_type", "open_type"):
                if item[field] and node[field]:
                    wider = order.get(item[field], 9) < order.get(node[field], -1)
                    self.note(kind, node, "consistent.scope", not wider, field, item)
        if items:
            good = node["level"] >= max(item["level"] for item in items)
            self.note(kind, node, "consistent.level", good, "level")
        if node["open_type"] in ("unconditional", "conditional"):
            self.note(kind, node, "consistent.open_level", node["level"] <= 2, "level")
        for field, governs, token in (
            ("share_condition", "share_type", "conditional"), ("no_share_basis", "share_type", "none"),
            ("open_condition", "open_type", "conditional"), ("update_cycle_text", "update_cycle", "other"),
        ):
            if node[field]:
                self.note(kind, node, "consistent.conditions", node[governs] == token, field)
        for item in items:
            self.linked(node, item)

    def stored(self, node: Row) -> None:
        entries = {row["id"] for row in self.nodes["data_entry"] if row["status"] != "withdrawn"}
        for column in self.below("db_table", node):
            wanted = {link["item_id"] for link in self.links if link["column_id"] == column["id"]}
            held = [item["level"] for item in self.items if item["id"] in wanted and item["entry_id"] in entries]
            if held:
                good = all(column["level"] >= level for level in held)
                self.note("db_table", node, "consistent.item_level", good, "level", column)

    def columns_of(self, item: Row) -> list[Row]:
        tables = {row["id"]: row for row in self.nodes["db_table"] if row["status"] != "withdrawn"}
        wanted = {link["column_id"] for link in self.links if link["item_id"] == item["id"]}
        return [
            {**column, "db_kind": tables[column["table_id"]]["db_kind"]} for column in self.columns
            if column["id"] in wanted and column["table_id"] in tables
        ]

    def linked(self, node: Row, item: Row) -> None:
        for column in self.columns_of(item):
            held = TYPES.get(column["data_type"], "")
            if held == "date" and column["db_kind"] == "Oracle":
                held = "datetime"
            fits = FITS.get(item["data_type"] or "")
            if fits and held:
                self.note("data_entry", node, "consistent.column_type", held in fits, "data_type", item)
            both = item["length"] and column["length"]
            if both and item["data_type"] == "string" and held == "string":
                good = item["length"] <= column["length"]
                self.note("data_entry", node, "consistent.column_length", good, "length", item)
            good = item["level"] >= column["level"]
            self.note("data_entry", node, "consistent.column_level", good, "level", item)
            if item["sensitive"] or item["pii"]:
                self.note("data_entry", node, "consistent.sensitive", column["sensitive"], "sensitive", item)

    def use(self, node: Row) -> None:
        if node["status"] not in LIVE:
            return
        tables = any(self.columns_of(item) for item in self.below("data_entry", node))
        self.note(
            "data_entry", node, "accessible.attached", tables or node["id"] in self.served, "attached"
        )
        days = {"daily": 1, "weekly": 7, "monthly": 31, "annual": 366}.get(node["update_cycle"])
        if days is None:
            return
        updated = node["data_updated_at"]
        source = "measured" if node["data_update_source"] in ("实测", "measured") else "reported"
        rule = "timely.silent" if updated is None else f"timely.{source}"
        said = [one["at"] for one in self.answers if one["entry_id"] == node["id"]]
        if said and (updated is None or max(said) > updated):
            rule, updated = "timely.unchanged", max(said)
        good = updated is not None and self.now - updated <= timedelta(days=days)
        self.note("data_entry", node, rule, good, "data_updated_at")


TYPES = {
    "varchar(20)": "string", "NUMBER(10)": "number", "int": "integer", "date": "date", "timestamp(6)": "datetime",
    "double precision": "float", "blob": "binary", "bit": "boolean",
}
FITS = {
    "string": {"string"}, "integer": {"integer", "number"}, "decimal": {"number", "float"},
    "date": {"date", "datetime"}, "datetime": {"datetime"}, "boolean": {"boolean", "integer"}, "binary": {"binary"},
}
_TEXT = {"name": 400, "office": 200, "region": 12}
FORM_OF: dict[str, dict[str, Any]] = {
    "duty": {**_TEXT, "basis_doc": 400, "basis_text": 20_000, "duty_type": "duty_type", "effective_on": "date",
             "abolished_by": 400},
    "data_entry": {
        **_TEXT, "class_code": "class", "abstract": 200_000, "theme": "theme", "theme_text": 100,
        "format_class": "format_class", "share_type": "share_type", "share_condition": 20_000,
        "no_share_basis": 20_000, "share_mode": "share_mode", "share_method": "share_method", "open_type": "open_type",
        "open_condition": 20_000, "update_cycle": "update_cycle", "update_cycle_text": 200, "published_on": "date",
        "level": "level", "data_range": 20_000, "use_scene": 20_000, "storage": 100, "source_url": 500,
        "record_count": "count", "data_update_source": 20_000,
    },
    "system": {
        **_TEXT, "short_name": 100, "phase": "system_phase", "mlps_level": "mlps", "network": "network",
        "hosting": 200, "live_on": "date", "retired_on": "date", "builder": 200, "maintainer": 200,
        "no_interface_reason": 20_000,
    },
    "db_table": {**_TEXT, "db_kind": 40, "schema_name": 128, "table_name": 128, "kind": "table_kind",
                 "row_count": "count"},
    "data_entry.child": {
        "name": 400, "data_type": "data_type", "length": "count", "precision": "count", "code_set": 100,
        "share_type": "share_type", "open_type": "open_type", "level": "level",
    },
    "db_table.child": {"name": 400, "name_zh": 200, "data_type": 60, "length": "count", "level": "level"},
    "duty.child": {}, "system.child": {},
}


def well_formed(known: Any, field: str, value: Any) -> tuple[str, bool]:
    """The form of a cell and whether it is kept."""
    if isinstance(known, int):
        bad = len(value) > known or any(ord(char) < 32 and char not in "\n\t\r" for char in value)
        return "text", not bad
    if known == "date":
        return "date", re.fullmatch(r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])", value) is not None
    if known == "class":
        return "class_code", re.fullmatch(r"[123]\d{5,}", value) is not None
    if known in ("level", "count", "mlps"):
        low, high = {"level": (1, 6), "count": (0, 2**31 - 1), "mlps": (1, 5)}[known]
        return "number", low <= value <= high
    return "listed", value in {token.token for token in code_list(known).tokens}
