"""Synthetic frozen inputs: small, seeded, and with the names that people really type."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analytics.inputs.frozen import FrozenInput, Source, freeze, table
from kernel import clock
from kernel.calendar.seeds import shipped
from kernel.digest import sm3_hex

START, END = (clock.to_micros(bound) for bound in clock.quarter_bounds(2026, 3))
AS_OF = END
DAY = 86_400_000_000
KINDS = ("duty", "data_entry", "system", "db_table")
HOSTILE = ("=HYPERLINK(\"http://x\")", "<script>alert(1)</script>", "超长名称" * 50, "统计📊目录", "a\tb\u202ec", "#import $x$")
Rows = dict[str, list[dict[str, Any]]]


def department(number: int) -> str:
    """Return a department's id."""
    return f"00000000-0000-7000-8000-{number:012d}"


def rows(departments: int = 3, entries: int = 40, seed: int = 1) -> Rows:
    """Return rows for every input of a district in 2026 Q3."""
    rng = random.Random(seed)
    data: Rows = {name: [] for name in (
        "departments", "entries", "publications", "baseline", "anchors", "minutes", "chain_state", "interfaces",
        "calls", "crypto_scopes", "calendar", "previous",
    )}
    for number in range(1, departments + 1):
        _department(data, rng, number, entries)
    for number in range(20):
        data["minutes"].append({
            "minute": START // 60_000_000 * 60_000_000 + (number + number // 10 * 5) * 60_000_000, "blocks": 10,
            "first_block": number * 10, "last_block": number * 10 + 9, "transactions": number % 7 * 5,
            "failed": int(number == 8),
        })
    data["chain_state"].append(
        {"chain_id": 20261, "engine": "embedded", "head": 199, "head_hash": "ab" * 32, "sealers": 1}
    )
    for notice in shipped():
        data["calendar"] += [{"year": notice.year, "day": on.isoformat(), "kind": kind} for on, kind, _ in notice.days]
    return data


def _department(data: Rows, rng: random.Random, number: int, entries: int) -> None:
    ident = department(number)
    data["departments"].append({
        "department_id": ident, "code": f"D{number:02d}", "name": f"测试{number}局", "kind": "bureau", "sort": number,
    })
    for index in range(entries):
        _entry(data, rng, ident, number * 1000 + index)
    for index in range(2):
        interface = f"if-{number}-{index}"
        data["interfaces"].append({
            "department_id": ident, "interface": interface, "code": f"I{number}{index}", "name": f"接口{index}",
            "node_id": None, "published": True,
        })
        if index == 0:
            _calls(data, rng, ident, interface)
    data["crypto_scopes"].append({
        "department_id": ident, "table_name": "person", "column_name": "id_no", "rows": 1000, "encrypted": 1000,
        "key_id": number, "overdue": False,
    })


def _entry(data: Rows, rng: random.Random, ident: str, index: int) -> None:
    kind = KINDS[index % 4]
    published = index % 5 != 0
    node = f"{ident[:24]}{index:012d}"
    digest = sm3_hex(node.encode())
    name = HOSTILE[index % 1000] if index % 1000 < len(HOSTILE) else f"目录{index}"
    data["entries"].append({
        "department_id": ident, "kind": kind, "node_id": node, "code": f"{kind[0]}-{index:06d}", "name": name,
        "status": "published" if published else "draft", "published": published, "online": published,
        "version": 1 if published else 0, "entry_hash": digest if published else None,
        "update_cycle": "monthly" if kind == "data_entry" else None,
        "data_updated_at": AS_OF - rng.randrange(10, 50) * DAY if kind == "data_entry" else None,
        "update_source": "填报" if kind == "data_entry" else None,
        "has_interface": index % 3 == 0, "has_table": index % 7 == 0, "linked_duty": index % 2 == 0,
        "linked_system": index % 3 != 1, "linked_table": index % 4 != 3, "required": 6,
        "required_filled": 6 - index % 2, "filled": 10, "valid": 10 - index % 3 // 2,
        "accurate": 4 - index % 2, "accuracy_checked": 4, "consistent": 3, "consistency_checked": 3 + index % 2,
    })
    if not published:
        return
    at = START + index % 1000 * 60_000_000
    data["publications"].append({
        "department_id": ident, "kind": kind, "node_id": node, "code": f"{kind[0]}-{index:06d}", "version": 1,
        "action": "publish", "published_at": at,
    })
    if index % 9:
        data["anchors"].append({
            "department_id": ident, "kind": kind, "node_id": node, "version": 1, "entry_hash": digest,
            "leaf_index": len(data["anchors"]), "block": 10, "anchored_at": at + 5_000_000, "consistent": True,
        })


def _calls(data: Rows, rng: random.Random, ident: str, interface: str) -> None:
    for day in range(1, 29):
        for status in (200, 404, 502):
            data["calls"].append({
                "department_id": ident, "interface": interface, "day": f"2026-07-{day:02d}", "status": status,
                "outcome": "ok", "micros": rng.randrange(500, 90_000), "calls": rng.randrange(1, 50),
            })


def write(folder: Path, data: Mapping[str, list[dict[str, Any]]]) -> list[FrozenInput]:
    """Freeze rows under ``folder``."""
    return freeze(folder, [Source(name, table(name, items), "合成数据", {}) for name, items in data.items()])
