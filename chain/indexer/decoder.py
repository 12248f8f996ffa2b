"""Events, calls and errors decoded by tables made once from the ABIs.

An event of static types is one blob, topics and then data, in which every argument has a fixed place: decoding it is
one dictionary comprehension over (name, conversion, from, to). What has dynamic types goes through eth_abi. Values
are JSON: integers of more than 48 bits and all bytes are text, so that no reader rounds them. A log that does not fit
its ABI exactly is no event: it stays a raw log.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

Convert = Callable[[bytes], Any]
Entry = dict[str, Any]
SMALL_BITS = 48
_WORD = 32
_TRUE, _FALSE = bytes(31) + b"\1", bytes(32)
_PANIC, _ERROR = keccak(b"Panic(uint256)")[:4], keccak(b"Error(string)")[:4]
UNKNOWN, REVERT = "unknown", "revert"


@dataclass(frozen=True)
class Known:
    """A contract at an address (0x, lower case) with its ABI."""

    address: str
    name: str
    abi: tuple[Entry, ...]


@dataclass(frozen=True)
class Event:
    """A decoded log; ``stream`` is the text of an argument ``bytes32 stream``."""

    contract: str
    event: str
    arguments: dict[str, Any]
    stream: str | None


@dataclass(frozen=True)
class Call:
    """A decoded call; ``arguments`` is None where only the selector, or nothing but the contract, is known."""

    contract: str
    method: str | None
    arguments: dict[str, Any] | None


class Layout:
    """Arguments at fixed places, then those that eth_abi decodes from where the fixed ones end."""

    def __init__(self, fixed: Sequence[Entry], rest: Sequence[Entry]) -> None:
        static = all(_static(item) for item in rest)
        placed = [*fixed, *rest] if static else list(fixed)
        self._fields = [
            (item["name"] or f"arg{at}", _conversion(item), at * _WORD, at * _WORD + _WORD)
            for at, item in enumerate(placed)
        ]
        self._end = len(placed) * _WORD
        self._dynamic = [] if static else [(item["name"] or f"arg{at}", item) for at, item in enumerate(rest)]
        self._types = [_type(item) for _, item in self._dynamic]
        self.stream = next(
            (at * _WORD for at, item in enumerate(placed) if item["name"] == "stream" and item["type"] == "bytes32"),
            None,
        )

    def read(self, blob: bytes) -> dict[str, Any]:
        """Return the arguments; raise ValueError where the blob is not exactly of this shape."""
        if self._dynamic:
            return self._read_dynamic(blob)
        if len(blob) != self._end:
            raise ValueError("of another length")
        return {name: convert(blob[start:end]) for name, convert, start, end in self._fields}

    def _read_dynamic(self, blob: bytes) -> dict[str, Any]:
        found = {name: convert(blob[start:end]) for name, convert, start, end in self._fields}
        try:
            values = decode(self._types, blob[self._end:])
        except (DecodingError, OverflowError) as error:
            raise ValueError(str(error)) from error
        return found | {
            name: _json(value, item) for (name, item), value in zip(self._dynamic, values, strict=True)
        }


class _Contract:
    """The tables of one ABI."""

    def __init__(self, known: Known) -> None:
        self.name = known.name
        entries = [entry for entry in known.abi if entry["type"] in ("event", "function", "error")]
        self.events = {
            (keccak(_signature(entry).encode()), 1 + sum(item["indexed"] for item in entry["inputs"])):
            (entry["name"], _event_layout(entry["inputs"]))
            for entry in entries
            if entry["type"] == "event" and not entry.get("anonymous")
        }
        named = {kind: [entry for entry in entries if entry["type"] == kind] for kind in ("function", "error")}
        self.methods, self.errors = (
            {_selector(entry): (entry["name"], Layout([], entry["inputs"])) for entry in named[kind]}
            for kind in ("function", "error")
        )


class Decoder:
    """Decodes by address; an error is looked up in the called contract first, then in every other one."""

    def __init__(self, contracts: Iterable[Known]) -> None:
        # the same ABI at several addresses is compiled once
        compiled: dict[tuple[str, int], _Contract] = {}
        self._contracts: dict[str, _Contract] = {}
        for known in contracts:
            key = (known.name, id(known.abi))
            if key not in compiled:
                compiled[key] = _Contract(known)
            self._contracts[known.address] = compiled[key]
        self._errors = {
            selector: found for contract in compiled.values() for selector, found in contract.errors.items()
        }

    def event(self, address: str, topics: bytes, data: bytes) -> Event | None:
        """Decode a log; None where the contract or the event is not known, or the log is not of its shape."""
        contract = self._contracts.get(address)
        if contract is None:
            return None
        found = contract.events.get((topics[:_WORD], len(topics) // _WORD))
        if found is None:
            return None
        name, layout = found
        blob = topics[_WORD:] + data
        try:
            arguments = layout.read(blob)
        except ValueError:
            return None
        at = layout.stream
        return Event(contract.name, name, arguments, None if at is None else text_of(blob[at:at + _WORD]))

    def call(self, address: str | None, data: bytes, created: str | None) -> Call | None:
        """Decode a transaction's input; None where the contract is not known."""
        contract = self._contracts.get(address or created or "")
        if contract is None:
            return None
        if address is None:
            return Call(contract.name, "constructor", None)
        found = contract.methods.get(data[:4])
        if found is None:
            return Call(contract.name, None, None)
        try:
            return Call(contract.name, found[0], found[1].read(data[4:]))
        except ValueError:
            return Call(contract.name, found[0], None)

    def failure(self, address: str | None, revert: bytes) -> tuple[str, str]:
        """Return (name, text) of what a contract reverted with."""
        if not revert:
            return REVERT, ""
        if revert[:4] == _ERROR:
            return "Error", _single("string", revert)
        if revert[:4] == _PANIC:
            return "Panic", _single("uint256", revert)
        contract = self._contracts.get(address or "")
        found = (contract.errors.get(revert[:4]) if contract else None) or self._errors.get(revert[:4])
        if found is None:
            return "0x" + revert[:4].hex(), ""
        try:
            shown = ", ".join(f"{name}={value}" for name, value in found[1].read(revert[4:]).items())
        except ValueError:
            shown = ""
        return found[0][:80], shown[:300]


def text_of(word: bytes) -> str:
    """The ASCII text of a left-aligned word, else its hex."""
    text = word.rstrip(b"\0")
    return text.decode("ascii") if text.isascii() and text.decode("ascii").isprintable() else "0x" + word.hex()


def _event_layout(inputs: Sequence[Entry]) -> Layout:
    indexed = [_as_topic(item) for item in inputs if item["indexed"]]
    return Layout(indexed, [item for item in inputs if not item["indexed"]])


def _as_topic(item: Entry) -> Entry:
    """What a topic holds: the value, or the hash of one that does not fit."""
    return item if _static(item) else {"name": item["name"], "type": "bytes32"}


def _single(kind: str, revert: bytes) -> str:
    try:
        return str(decode([kind], revert[4:])[0])[:300]
    except (DecodingError, OverflowError):
        return ""


def _signature(entry: Entry) -> str:
    return f"{entry['name']}({','.join(_type(item) for item in entry['inputs'])})"


def _selector(entry: Entry) -> bytes:
    return bytes(keccak(_signature(entry).encode())[:4])


def _type(item: Entry) -> str:
    kind: str = item["type"]
    if kind.startswith("tuple"):
        return f"({','.join(_type(part) for part in item['components'])}){kind.removeprefix('tuple')}"
    return kind


def _static(item: Entry) -> bool:
    """Tell whether a value is one word."""
    kind: str = item["type"]
    return not kind.endswith("]") and not kind.startswith("tuple") and kind not in ("string", "bytes")


def _conversion(item: Entry) -> Convert:
    """Return what turns a word into JSON, strictly: a word with bits that its type has no place for is refused."""
    kind: str = item["type"]
    if kind == "bool":
        return _bool
    if kind == "address":
        return _address
    if kind.startswith("uint"):
        return _unsigned(int(kind[4:] or 256))
    if kind.startswith("int"):
        return _signed(int(kind[3:] or 256))
    if kind.startswith("bytes"):
        return _fixed(int(kind[5:]))
    if kind == "function":
        return _fixed(24)
    raise ValueError(f"no conversion of {kind}")


def _bool(word: bytes) -> bool:
    if word == _TRUE:
        return True
    if word == _FALSE:
        return False
    raise ValueError("no bool")


def _address(word: bytes) -> str:
    if any(word[:12]):
        raise ValueError("no address")
    return "0x" + word[12:].hex()


def _unsigned(bits: int) -> Convert:
    small = bits <= SMALL_BITS

    def convert(word: bytes) -> int | str:
        value = int.from_bytes(word)
        if value >> bits:
            raise ValueError("too large")
        return value if small else str(value)

    return convert


def _signed(bits: int) -> Convert:
    limit, small = 1 << (bits - 1), bits <= SMALL_BITS

    def convert(word: bytes) -> int | str:
        value = int.from_bytes(word, signed=True)
        if not -limit <= value < limit:
            raise ValueError("too large")
        return value if small else str(value)

    return convert


def _fixed(size: int) -> Convert:
    if size == _WORD:
        return lambda word: "0x" + word.hex()

    def convert(word: bytes) -> str:
        if any(word[size:]):
            raise ValueError("longer than its type")
        return "0x" + word[:size].hex()

    return convert


def _json(value: Any, item: Entry) -> Any:
    """Turn what eth_abi returned into JSON by the item's type."""
    kind: str = item["type"]
    if kind.endswith("]"):
        element = {**item, "type": kind[: kind.rindex("[")]}
        return [_json(one, element) for one in value]
    if kind.startswith("tuple"):
        parts = item["components"]
        return {
            part["name"] or f"arg{at}": _json(one, part)
            for at, (part, one) in enumerate(zip(parts, value, strict=True))
        }
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    bits = int(kind.lstrip("uint") or 256)
    return value if bits <= SMALL_BITS else str(value)
