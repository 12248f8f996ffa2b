"""Encoding of calls and decoding of results and events, by the ABI of the build output (no web3 needed)."""

import functools
import json
from collections.abc import Sequence
from typing import Any

from eth_abi import decode, encode
from eth_hash.auto import keccak

from chain.ledger.port import Log
from contracts_sc.artifacts import artifact


class Interface:
    """The callable side of one ABI; build once, use often."""

    def __init__(self, abi: Sequence[dict[str, Any]]) -> None:
        self._functions = {entry["name"]: entry for entry in abi if entry["type"] == "function"}
        self._events = {entry["name"]: entry for entry in abi if entry["type"] == "event"}
        self._errors = {_selector(entry): entry for entry in abi if entry["type"] == "error"}
        none: dict[str, Any] = {"inputs": []}
        self._constructor = next((entry for entry in abi if entry["type"] == "constructor"), none)

    def call(self, name: str, *arguments: Any) -> bytes:
        """Return the call data of a function; raise KeyError or eth_abi's EncodingError."""
        entry = self._functions[name]
        return _selector(entry) + encode(_types(entry["inputs"]), arguments)

    def result(self, name: str, output: bytes) -> tuple[Any, ...]:
        """Decode the output of a function."""
        return tuple(decode(_types(self._functions[name]["outputs"]), output))

    def constructor(self, *arguments: Any) -> bytes:
        """Return the encoded constructor arguments."""
        return encode(_types(self._constructor["inputs"]), arguments)

    def topic(self, event: str) -> bytes:
        """Return the 32-byte topic of an event."""
        return keccak(_signature(self._events[event]).encode())

    def event(self, name: str, log: Log) -> dict[str, Any]:
        """Decode a log of the event; raise ValueError when it is another one."""
        entry = self._events[name]
        if not log.topics or log.topics[0] != self.topic(name):
            raise ValueError(f"the log is no {name}")
        indexed = [item for item in entry["inputs"] if item["indexed"]]
        plain = [item for item in entry["inputs"] if not item["indexed"]]
        values = {
            item["name"]: decode([_type(item)], topic)[0] for item, topic in zip(indexed, log.topics[1:], strict=True)
        }
        return values | {
            item["name"]: value for item, value in zip(plain, decode(_types(plain), log.data), strict=True)
        }

    def error(self, data: bytes) -> str | None:
        """Return ``Name(arg, …)`` of a custom error, None when it is not one of this ABI."""
        entry = self._errors.get(data[:4])
        if entry is None:
            return None
        values = decode(_types(entry["inputs"]), data[4:])
        return f"{entry['name']}({', '.join(_shown(value) for value in values)})"


@functools.cache
def interface(name: str) -> Interface:
    """Return the interface of a contract of ``contracts_sc``."""
    return Interface(artifact(name).abi)


def parse(text: str) -> Interface:
    """Return the interface of a JSON ABI."""
    return Interface(json.loads(text))


def _signature(entry: dict[str, Any]) -> str:
    return f"{entry['name']}({','.join(_types(entry['inputs']))})"


def _selector(entry: dict[str, Any]) -> bytes:
    return keccak(_signature(entry).encode())[:4]


def _types(items: Sequence[dict[str, Any]]) -> list[str]:
    return [_type(item) for item in items]


def _type(item: dict[str, Any]) -> str:
    kind: str = item["type"]
    if kind.startswith("tuple"):
        return f"({','.join(_types(item['components']))}){kind.removeprefix('tuple')}"
    return kind


def _shown(value: Any) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
