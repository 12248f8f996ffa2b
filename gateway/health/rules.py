"""Pure decisions: targets from definitions, what a check may say, how interface and catalog differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from kernel.outbound.rules import Allowed, origin_of
from kernel.watch.ladder.schema import schema_fault


class CheckKind(StrEnum):
    """What can be checked of an interface."""

    HTTP = "http"
    FRESHNESS = "freshness"
    GOLDEN = "golden"
    CHAIN = "chain"


CHECK_TITLES: dict[CheckKind, tuple[str, str]] = {
    CheckKind.HTTP: ("应答与结构", "Answer and structure"), CheckKind.FRESHNESS: ("数据更新", "Freshness"),
    CheckKind.GOLDEN: ("基准查询", "Golden query"), CheckKind.CHAIN: ("上链一致", "Chain match"),
}
_JSON_TYPES = {
    "integer": "integer", "number": "number", "boolean": "boolean", "text": "string", "date": "string",
    "instant": "string", "uuid": "string",
}


def place_of(url: str) -> tuple[str, int, bool]:
    """Host, port and whether it is TLS of an upstream's address."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return str(parts.hostname), parts.port or (443 if secure else 80), secure


def schema_of(contract: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema that a contract promises: its records hold every field, of its type or null."""
    fields = {one["name"]: {"type": [_JSON_TYPES[one["type"]], "null"]} for one in contract["fields"]}
    record: dict[str, Any] = {"type": "object", "properties": fields, "required": sorted(fields)}
    if not contract["items"]:
        return record
    found: dict[str, Any] = {"type": "array", "items": record}
    for step in reversed(contract["items"]):
        found = {"type": "object", "properties": {step: found}, "required": [step]}
    return found


def check_fault(kind: CheckKind, spec: dict[str, Any], source: str) -> str | None:
    """Say what is wrong with a check of an interface whose source is http or table, or None."""
    if kind is CheckKind.CHAIN:
        return None if not spec else "a chain check has no parameters"
    if kind is CheckKind.HTTP:
        return _http_fault(spec)
    cycle = spec.get("cycle")
    if kind is CheckKind.FRESHNESS and not (isinstance(cycle, int) and 0 < cycle <= 400_000_000):
        return "cycle: seconds"
    if source == "http":
        return _http_fault(spec) or _content_fault(kind, spec)
    wanted = ("column",) if kind is CheckKind.FRESHNESS else ("key", "expect")
    missing = [name for name in wanted if not spec.get(name)]
    return f"{missing[0]} is missing" if missing else None


def _content_fault(kind: CheckKind, spec: dict[str, Any]) -> str | None:
    if kind is CheckKind.FRESHNESS:
        return None if spec.get("path") else "path is missing"
    return None if isinstance(spec.get("expect"), dict) and spec["expect"] else "expect is missing"


def _http_fault(spec: dict[str, Any]) -> str | None:
    try:
        origin_of(str(spec["url"]), Allowed())
    except (KeyError, ValueError) as error:
        return f"url: {error}"
    return schema_fault(spec["schema"]) if "schema" in spec else None


@dataclass(frozen=True)
class Item:
    """A data item of the entry."""

    id: str
    name: str
    sensitive: bool
    share_type: str | None


@dataclass(frozen=True)
class Difference:
    """Where interface and catalog say different things. ``kind``: gone, undeclared, exposed, unshared, unserved."""

    kind: str
    field: str
    zh: str
    en: str

    @property
    def serious(self) -> bool:
        """An item that is merely not served is no fault."""
        return self.kind != "unserved"


def differences(fields: Iterable[dict[str, Any]], items: Iterable[Item]) -> list[Difference]:
    """Compare served fields with declared items."""
    known = {item.id: item for item in items}
    found, served = [], set()
    for field in fields:
        name, item_id = field["name"], field.get("item_id")
        if item_id is None:
            found.append(Difference("undeclared", name, f"字段 {name} 没有对应数据项", f"field {name} names no item"))
            continue
        served.add(str(item_id))
        found += _against(field, known.get(str(item_id)))
    found += [
        Difference("unserved", item.name, f"数据项「{item.name}」未提供", f"item {item.name} is not served")
        for item in known.values() if item.id not in served and item.share_type != "none"
    ]
    return found


def _against(field: dict[str, Any], item: Item | None) -> list[Difference]:
    name = field["name"]
    if item is None:
        return [Difference("gone", name, f"字段 {name} 对应的数据项已不在目录中", f"the item of {name} is gone")]
    found = []
    if item.sensitive and not field["sensitive"]:
        found.append(Difference(
            "exposed", name, f"数据项「{item.name}」为敏感，字段 {name} 未按敏感处理", f"{name} is not treated as sensitive",
        ))
    if item.share_type == "none":
        found.append(Difference(
            "unshared", name, f"数据项「{item.name}」不予共享，字段 {name} 仍在提供", f"{name} serves an item that is not shared",
        ))
    return found
