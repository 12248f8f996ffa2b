"""模拟数据: what the test environment answers, made from the output contract alone. No value belongs to anybody."""

from collections.abc import Mapping
from typing import Any

import orjson

from crypto.persons.rules import Person, synthetic

ROWS = 3
_PERSON = {"name": "name", "id_number": "id_number", "phone": "phone"}
_MASKED = {
    "address": "样例街道样例胡同 {n} 号", "bank_card": "700000000000000{n}", "hmt_permit": "H0000000{n}",
    "passport": "X0000000{n}", "document": "X0000000{n}",
}
_TYPED: dict[str, Any] = {
    "integer": lambda n: n, "number": lambda n: n + 0.5, "boolean": lambda n: n % 2 == 1,
    "date": lambda n: f"2026-01-{n:02d}", "instant": lambda n: f"2026-01-{n:02d}T00:00:00.000000Z",
    "uuid": lambda n: f"00000000-0000-7000-8000-{n:012d}",
}


def answer(code: str, definition: Mapping[str, Any]) -> str:
    """Return the JSON text that an interface answers in the test environment: the same for the same contract."""
    contract = definition["contract"]
    if contract["mode"] == "stream":
        return orjson.dumps({"模拟数据": code}).decode()
    people = synthetic(ROWS)
    rows = [{field["name"]: value(field, people[n - 1], n) for field in contract["fields"]} for n in range(1, ROWS + 1)]
    if definition["source"]["kind"] == "table":
        return orjson.dumps({"items": rows, "next": None}).decode()
    document: Any = rows
    for key in reversed(contract["items"]):
        document = {key: document}
    if contract["items"]:
        document |= {key: ROWS for key in contract["passthrough"] if key not in document}
    return orjson.dumps(document).decode()


def value(field: Mapping[str, Any], person: Person, number: int) -> Any:
    """Return the value of a contract field in row ``number`` (from 1): of its type, and of its kind where masked."""
    if field["type"] in _TYPED:
        return _TYPED[field["type"]](number)
    kind = field["mask"] if field["sensitive"] or field["encrypted"] else ""
    if kind in _PERSON:
        return getattr(person, _PERSON[kind])
    return _MASKED.get(kind, "样例{title}{n}").format(n=number, title=field["title"] or field["name"])
