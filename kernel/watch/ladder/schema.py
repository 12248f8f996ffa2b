"""Whether an answer has the agreed structure: the part of JSON Schema that contracts are written in.

Source: JSON Schema 2020-12, validation. Known keywords: type, properties, required, items, enum, const, minimum,
maximum, minLength, maxLength, minItems, maxItems, additionalProperties (boolean). Any other keyword is refused
when a contract is written, never passed over when it is checked.
"""

from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "integer": (int,), "number": (int, float),
}
_NUMBERS = {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}
_KNOWN = {"type", "properties", "required", "items", "enum", "const", "additionalProperties", "title", "description"}
_DEEPEST = 20


def schema_fault(schema: Any, depth: int = 0) -> str | None:
    """Return what is wrong with a schema, or None."""
    if not isinstance(schema, dict):
        return "a schema is an object"
    if depth > _DEEPEST:
        return "nested too deeply"
    if unknown := set(schema) - _KNOWN - _NUMBERS:
        return f"unknown keyword {sorted(unknown)[0]}"
    types = schema.get("type", [])
    if not all(one in _TYPES for one in ([types] if isinstance(types, str) else types)):
        return "unknown type"
    if not all(isinstance(schema[name], (int, float)) for name in _NUMBERS & set(schema)):
        return "a limit is a number"
    if not isinstance(schema.get("properties", {}), dict) or not isinstance(schema.get("required", []), list):
        return "properties is an object, required a list"
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return next((fault for one in inner if (fault := schema_fault(one, depth + 1))), None)


def mismatch(schema: dict[str, Any], value: Any, path: str = "$") -> str | None:
    """Return the first place where a value is not as agreed, such as ``$.rows[3].id: not integer``, or None.

    A value is named by its type only: it may be personal data.
    """
    return next(_mismatches(schema, value, path), None)


def _mismatches(schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    types = schema.get("type")
    if types is not None and not _is_any([types] if isinstance(types, str) else types, value):
        yield f"{path}: {_name(value)}, not {types if isinstance(types, str) else '/'.join(types)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: not one of the agreed values"
    if "const" in schema and value != schema["const"]:
        yield f"{path}: not the agreed value"
    yield from _limits(schema, value, path)
    if isinstance(value, dict):
        yield from _members(schema, value, path)
    if isinstance(value, list) and "items" in schema:
        for index, one in enumerate(value):
            yield from _mismatches(schema["items"], one, f"{path}[{index}]")


def _members(schema: dict[str, Any], value: dict[str, Any], path: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{path}.{name}: missing"
    for name, inner in properties.items():
        if name in value:
            yield from _mismatches(inner, value[name], f"{path}.{name}")
    if schema.get("additionalProperties") is False:
        for name in value.keys() - properties.keys():
            yield f"{path}.{name}: not agreed"


def _limits(schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    size = len(value) if isinstance(value, (str, list)) else None
    kind = "Length" if isinstance(value, str) else "Items"
    if size is not None and not schema.get(f"min{kind}", 0) <= size <= schema.get(f"max{kind}", size):
        yield f"{path}: length {size}"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not (
        schema.get("minimum", value) <= value <= schema.get("maximum", value)
    ):
        yield f"{path}: out of range"


def _is_any(types: list[str], value: Any) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return True
    return any(isinstance(value, _TYPES[one]) for one in types)


def _name(value: Any) -> str:
    return next(name for name in ("boolean", "null", "object", "array", "string", "integer", "number")
                if isinstance(value, _TYPES[name]))
