"""JSON forms of ABI values: what a call form takes and shows, and what a test of an operator's contract is written in.

Whole numbers are JSON integers or text (decimal or 0x); they are shown as decimal text, since a browser's numbers end
at 2**53. Bytes and addresses are 0x text, tuples are lists (or objects by component name), and an address may be
``@name`` where the caller knows the name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_hash.auto import keccak

MOST_ITEMS = 1000
_REASON, _PANIC = bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71")
_ELEMENTARY = re.compile(r"(u?int)(\d{1,3})|bytes(\d{1,2})?|address|bool|string")
_ARRAY = re.compile(r"^(.*)\[(\d{0,3})\]$")
_HEX = re.compile(r"0x([0-9a-fA-F]{2})*")
_NUMBER = re.compile(r"-?(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})")


class BadValue(ValueError):
    """A value that does not fit its type; ``where`` is the path of the argument, ``why`` a stable word."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


def type_text(item: Mapping[str, Any]) -> str:
    """Return the canonical type of an ABI parameter, tuples spelled out."""
    kind: str = item["type"]
    if kind.startswith("tuple"):
        return f"({','.join(type_text(one) for one in item['components'])}){kind.removeprefix('tuple')}"
    return kind


def known_type(kind: str) -> bool:
    """Tell whether an elementary type, or an array of one, can be given and shown."""
    array = _ARRAY.match(kind)
    if array:
        return array[2] != "0" and known_type(array[1])
    found = _ELEMENTARY.fullmatch(kind)
    if found is None:
        return kind == "tuple"
    if found[1]:
        return 8 <= int(found[2]) <= 256 and int(found[2]) % 8 == 0
    return found[3] is None or 1 <= int(found[3]) <= 32


@dataclass(frozen=True)
class Method:
    """A function of an ABI; ``signature`` like ``put(bytes32,uint64)`` names it among overloads."""

    name: str
    inputs: tuple[dict[str, Any], ...]
    outputs: tuple[dict[str, Any], ...]
    mutability: str

    @property
    def signature(self) -> str:
        """The name with the canonical types of its inputs."""
        return f"{self.name}({','.join(type_text(item) for item in self.inputs)})"

    @property
    def selector(self) -> bytes:
        """The first four bytes of a call."""
        return keccak(self.signature.encode())[:4]

    @property
    def reads(self) -> bool:
        """Whether the call changes nothing."""
        return self.mutability in ("view", "pure")

    def encode(self, arguments: Sequence[Any], names: Mapping[str, str] | None = None) -> bytes:
        """Return the call data of JSON arguments; raise BadValue."""
        return self.selector + encode_values(self.inputs, arguments, names)

    def decode(self, output: bytes) -> list[Any]:
        """Return the JSON form of what a call gave back; raise BadValue for bytes of another shape."""
        return decode_values(self.outputs, output)


def methods(abi: Sequence[Mapping[str, Any]]) -> dict[str, Method]:
    """Return the functions of an ABI by signature, in its order."""
    found = (
        Method(entry["name"], tuple(entry["inputs"]), tuple(entry["outputs"]), entry["stateMutability"])
        for entry in abi if entry["type"] == "function"
    )
    return {method.signature: method for method in found}


def method_named(abi: Sequence[Mapping[str, Any]], name: str) -> Method | None:
    """Return a function by signature, or by its name alone where that is not overloaded."""
    known = methods(abi)
    if name in known:
        return known[name]
    called = [method for method in known.values() if method.name == name]
    return called[0] if len(called) == 1 else None


def constructor_inputs(abi: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the inputs of the constructor."""
    return next((tuple(entry["inputs"]) for entry in abi if entry["type"] == "constructor"), ())


def encode_values(
    items: Sequence[Mapping[str, Any]], values: Sequence[Any], names: Mapping[str, str] | None = None
) -> bytes:
    """Encode JSON values of ABI parameters; raise BadValue."""
    if not isinstance(values, list | tuple) or len(values) != len(items):
        raise BadValue("arguments", f"expected {len(items)}")
    python = [
        _from_json(item, value, item.get("name") or str(number), names or {})
        for number, (item, value) in enumerate(zip(items, values, strict=True))
    ]
    try:
        return encode([type_text(item) for item in items], python)
    except EncodingError as error:
        raise BadValue("arguments", "range") from error


def decode_values(items: Sequence[Mapping[str, Any]], data: bytes) -> list[Any]:
    """Decode to JSON values; raise BadValue."""
    try:
        found = decode([type_text(item) for item in items], data)
    except (DecodingError, OverflowError, UnicodeDecodeError, ValueError) as error:
        raise BadValue("result", "not of this type") from error
    return [to_json(item, value) for item, value in zip(items, found, strict=True)]


def events_of(abi: Sequence[Mapping[str, Any]]) -> dict[bytes, dict[str, Any]]:
    """Return the events of an ABI by topic; anonymous ones have none."""
    return {
        keccak(signature_of(entry).encode()): dict(entry)
        for entry in abi if entry["type"] == "event" and not entry.get("anonymous")
    }


def errors_of(abi: Sequence[Mapping[str, Any]]) -> dict[bytes, dict[str, Any]]:
    """Return the custom errors of an ABI by selector."""
    return {keccak(signature_of(entry).encode())[:4]: dict(entry) for entry in abi if entry["type"] == "error"}


def signature_of(entry: Mapping[str, Any]) -> str:
    """Return name and canonical types of an ABI entry."""
    return f"{entry['name']}({','.join(type_text(item) for item in entry['inputs'])})"


def decode_event(entry: Mapping[str, Any], topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
    """Return the JSON values of a log by name; an indexed value of dynamic type is its hash."""
    indexed = [item for item in entry["inputs"] if item["indexed"]]
    plain = [item for item in entry["inputs"] if not item["indexed"]]
    values: dict[str, Any] = {}
    for item, topic in zip(indexed, topics[1:], strict=False):
        hashed = type_text(item) in ("string", "bytes") or item["type"].startswith("tuple") or "[" in item["type"]
        values[item["name"]] = "0x" + topic.hex() if hashed else decode_values([item], topic)[0]
    return values | dict(zip((item["name"] for item in plain), decode_values(plain, data), strict=True))


def explain(abi: Sequence[Mapping[str, Any]], output: bytes) -> str:
    """Return revert data in words: ``Name(arguments)``, the reason text, ``Panic(0x11)``, or the bytes."""
    known = errors_of(abi).get(output[:4])
    text = {"type": "string", "name": "reason"}
    number = {"type": "uint256", "name": "code"}
    try:
        if known is not None:
            shown = decode_values(known["inputs"], output[4:])
            return f"{known['name']}({', '.join(str(one) for one in shown)})"[:500]
        if output[:4] == _REASON:
            return str(decode_values([text], output[4:])[0])[:500]
        if output[:4] == _PANIC:
            return f"Panic({int(decode_values([number], output[4:])[0]):#x})"
    except BadValue:
        pass
    return "0x" + output[:64].hex()


def to_json(item: Mapping[str, Any], value: Any) -> Any:
    """Return the JSON form of a decoded value."""
    kind: str = item["type"]
    array = _ARRAY.match(kind)
    if array:
        return [to_json({**item, "type": array[1]}, one) for one in value]
    if kind == "tuple":
        return [to_json(one, part) for one, part in zip(item["components"], value, strict=True)]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def normalise(item: Mapping[str, Any], value: Any, names: Mapping[str, str]) -> Any:
    """Return a JSON value in the form that :func:`to_json` gives, so that two spellings compare equal."""
    return to_json(item, _from_json(item, value, item.get("name") or "value", names))


def _from_json(item: Mapping[str, Any], value: Any, where: str, names: Mapping[str, str]) -> Any:
    kind: str = item["type"]
    array = _ARRAY.match(kind)
    if array:
        return _list({**item, "type": array[1]}, array[2], value, where, names)
    if kind == "tuple":
        return _tuple(item["components"], value, where, names)
    return _elementary(kind, value, where, names)


def _list(item: Mapping[str, Any], size: str, value: Any, where: str, names: Mapping[str, str]) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS or (size and len(value) != int(size)):
        raise BadValue(where, f"a list of {size or f'at most {MOST_ITEMS}'}")
    return [_from_json(item, one, f"{where}[{number}]", names) for number, one in enumerate(value)]


def _tuple(
    components: Sequence[Mapping[str, Any]], value: Any, where: str, names: Mapping[str, str]
) -> tuple[Any, ...]:
    if isinstance(value, dict):
        wanted = [one["name"] for one in components]
        if set(value) != set(wanted) or len(set(wanted)) != len(wanted):
            raise BadValue(where, f"an object of {', '.join(wanted)}")
        value = [value[name] for name in wanted]
    if not isinstance(value, list) or len(value) != len(components):
        raise BadValue(where, f"a list of {len(components)}")
    return tuple(
        _from_json(one, part, f"{where}.{one.get('name') or number}", names)
        for number, (one, part) in enumerate(zip(components, value, strict=True))
    )


def _elementary(kind: str, value: Any, where: str, names: Mapping[str, str]) -> Any:
    if kind == "bool":
        if not isinstance(value, bool):
            raise BadValue(where, "true or false")
        return value
    if kind == "string":
        if not isinstance(value, str):
            raise BadValue(where, "text")
        return value
    if kind == "address":
        return _address(value, where, names)
    if kind.startswith("bytes"):
        return _bytes(kind, value, where)
    return _integer(kind, value, where)


def _address(value: Any, where: str, names: Mapping[str, str]) -> str:
    if isinstance(value, str) and value.startswith("@"):
        if value[1:] not in names:
            raise BadValue(where, f"unknown name {value[:60]}")
        return names[value[1:]]
    if not isinstance(value, str) or re.fullmatch(r"0x[0-9a-fA-F]{40}", value) is None:
        raise BadValue(where, "an address")
    return value.lower()


def _bytes(kind: str, value: Any, where: str) -> bytes:
    if not isinstance(value, str) or _HEX.fullmatch(value) is None:
        raise BadValue(where, "0x and whole bytes")
    data = bytes.fromhex(value[2:])
    if kind != "bytes" and len(data) != int(kind.removeprefix("bytes")):
        raise BadValue(where, f"{kind.removeprefix('bytes')} bytes")
    return data


def _integer(kind: str, value: Any, where: str) -> int:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value, 16 if "x" in value else 10)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadValue(where, "a whole number")
    signed, bits = kind.startswith("int"), int(kind.removeprefix("u").removeprefix("int"))
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    if not low <= value < high:
        raise BadValue(where, f"outside {kind}")
    return int(value)
