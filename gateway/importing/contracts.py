"""The schema of an answer as a contract: where its records are, and which fields they have. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean", "string": "text"}
_FORMATS = {"date": "date", "date-time": "instant", "uuid": "uuid"}
# what a name or title that holds one of these words probably is: masked unless somebody says otherwise
_SENSITIVE = (
    ("id_number", ("身份证", "身份号码", "idcard", "id_card", "id_number", "idnumber", "sfz", "gmsfhm")),
    ("phone", ("手机", "电话", "phone", "mobile", "lxdh")), ("name", ("姓名", "full_name", "realname", "real_name")),
    ("address", ("住址", "地址", "address")), ("bank_card", ("银行卡", "bank_card", "bankcard")),
)
_DEEPEST = 4


@dataclass
class Shape:
    """What was found, and what was left out (with the reason)."""

    items: list[str] = field(default_factory=list)
    fields: list[dict[str, Any]] = field(default_factory=list)
    passthrough: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class Resolver:
    """Follows references inside one document; one that leads nowhere or round in a circle is an empty schema."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def __call__(self, value: Any) -> dict[str, Any]:
        for _ in range(20):
            if not isinstance(value, dict):
                return {}
            ref = value.get("$ref")
            if not isinstance(ref, str):
                return value
            value = self._at(ref)
        return {}

    def _at(self, ref: str) -> Any:
        place: Any = self._document
        for part in ref[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            place = place.get(key) if isinstance(place, dict) else None
        return place

    def properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The properties of an object, those of ``allOf`` among them."""
        found: dict[str, Any] = {}
        for part in _list(schema.get("allOf"))[:20]:
            found |= _mapping(self(part).get("properties"))
        return found | _mapping(schema.get("properties"))


def shape_of(resolve: Resolver, schema: Any) -> Shape | None:
    """Return the contract of an answer, None where the schema names no field."""
    found = _records(resolve, resolve(schema), [])
    if found is None:
        return None
    path, record, beside = found
    shape = Shape(items=path, passthrough=beside)
    for name, one in resolve.properties(record).items():
        made = _field(str(name), resolve(one))
        if isinstance(made, str):
            shape.left_out.append(made)
        else:
            shape.fields.append(made)
    return shape if shape.fields else None


def _records(
    resolve: Resolver, schema: dict[str, Any], path: list[str],
) -> tuple[list[str], dict[str, Any], list[str]] | None:
    """Return (key path, schema of a record, scalars beside): the first list of objects, else the object itself."""
    if _type(schema) == "array":
        inner = resolve(schema.get("items"))
        return (path, inner, []) if resolve.properties(inner) else None
    properties = {str(name): resolve(one) for name, one in resolve.properties(schema).items()}
    for name, one in properties.items():
        if _type(one) == "array" and resolve.properties(resolve(one.get("items"))) and len(path) < _DEEPEST:
            beside = [] if path else [other for other, kind in properties.items() if _type(kind) in _TYPES]
            return [*path, name], resolve(one.get("items")), beside[:20]
    for name, one in properties.items():
        if len(path) + 1 < _DEEPEST and resolve.properties(one):
            found = _records(resolve, one, [*path, name])
            if found is not None and found[0] != [*path, name]:
                return found[0], found[1], [k for k, v in properties.items() if _type(v) in _TYPES][:20]
    return (path, schema, []) if properties else None


def _field(name: str, schema: dict[str, Any]) -> dict[str, Any] | str:
    kind = _TYPES.get(_type(schema))
    if not _NAME.fullmatch(name):
        return f"字段 {name[:60]} 的名称不符合要求，已略去"
    if kind is None:
        return f"字段 {name} 是嵌套结构，不能逐字段授权，已略去"
    words = str(schema.get("title") or schema.get("description") or "").strip().splitlines()
    title = words[0][:100] if words else ""
    mask = next(_guesses(name.lower(), title), "")
    return {
        "name": name, "title": title, "type": _FORMATS.get(str(schema.get("format")), kind) if kind == "text" else kind,
        "item_id": None, "sensitive": bool(mask), "encrypted": False, "mask": mask or "all",
    }


def _guesses(name: str, title: str) -> Iterator[str]:
    for mask, words in _SENSITIVE:
        if any(word in name or word in title for word in words):
            yield mask


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), None)
    return str(kind) if kind else ("object" if "properties" in schema or "allOf" in schema else "")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
