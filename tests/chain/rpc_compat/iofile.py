"""The ``.io`` files of Ethereum's execution-apis: ``//`` comments, ``>>`` a request, ``<<`` the expected answer."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Exchange:
    """One request with its expected answer."""

    request: Any
    response: Any


@dataclass
class IoFile:
    """A parsed file; ``spec_only``: the answer's shape counts, not its values."""

    comments: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def spec_only(self) -> bool:
        return any(comment.strip().startswith("speconly") for comment in self.comments)

    def dumps(self) -> str:
        lines = [f"// {comment.strip()}" for comment in self.comments]
        for exchange in self.exchanges:
            lines.append(">> " + json.dumps(exchange.request, separators=(",", ":")))
            lines.append("<< " + json.dumps(exchange.response, separators=(",", ":")))
        return "\n".join(lines) + "\n"


def parse(text: str) -> IoFile:
    """Parse a file; raise ValueError for a line or an order that the format does not have."""
    found, waiting = IoFile(), []
    for line in text.splitlines():
        mark, rest = line[:2], line[2:]
        if mark == "//":
            found.comments.append(rest)
        elif mark == ">>" and not waiting:
            waiting.append(json.loads(rest))
        elif mark == "<<" and waiting:
            found.exchanges.append(Exchange(waiting.pop(), json.loads(rest)))
        elif line.strip():
            raise ValueError(f"unexpected line: {line[:60]}")
    if waiting or not found.exchanges:
        raise ValueError("a request without an answer")
    return found


def load(path: Path) -> IoFile:
    return parse(path.read_text("utf-8"))


def differences(expected: Any, given: Any) -> list[str]:
    """Compare two answers as execution-apis' own runner does: of two errors the code counts, not the words."""
    if isinstance(expected, dict) and isinstance(given, dict) and "error" in expected and "error" in given:
        expected = expected | {"error": expected["error"]["code"]}
        given = given | {"error": given["error"]["code"]}
    return _compare(expected, given, "$")


def _compare(expected: Any, given: Any, path: str) -> list[str]:
    if isinstance(expected, dict) and isinstance(given, dict):
        found = [f"{path}.{key}: missing" for key in sorted(expected.keys() - given.keys())]
        found += [f"{path}.{key}: not expected" for key in sorted(given.keys() - expected.keys())]
        for key in sorted(expected.keys() & given.keys()):
            found += _compare(expected[key], given[key], f"{path}.{key}")
        return found
    if isinstance(expected, list) and isinstance(given, list) and len(expected) == len(given):
        return [
            item for index, pair in enumerate(zip(expected, given, strict=True))
            for item in _compare(*pair, f"{path}[{index}]")
        ]
    return [] if expected == given else [f"{path}: {str(given)[:80]} instead of {str(expected)[:80]}"]


# what our answers have beyond the specification's: an old field that clients still read
EXTRA = frozenset({"totalDifficulty"})
_FIXED = (42, 514)


def shape_differences(expected: Any, given: Any, path: str = "$") -> list[str]:
    """Compare fields and the kinds of their values; null stands for any kind, an empty list for any list."""
    if expected is None or given is None:
        return []
    if isinstance(expected, dict) and isinstance(given, dict):
        if all(key.isdigit() or key.startswith("0x") for key in (*expected, *given)):
            # an object keyed by addresses or nonces: its values are alike
            return shape_differences(list(expected.values()), list(given.values()), path)
        found = [f"{path}.{key}: missing" for key in sorted(expected.keys() - given.keys())]
        found += [f"{path}.{key}: not expected" for key in sorted(given.keys() - expected.keys() - EXTRA)]
        for key in sorted(expected.keys() & given.keys()):
            found += shape_differences(expected[key], given[key], f"{path}.{key}")
        return found
    if isinstance(expected, list) and isinstance(given, list):
        return shape_differences(expected[0], given[0], path + "[0]") if expected and given else []
    return [] if _kind(expected) == _kind(given) else [f"{path}: {str(given)[:80]} is not like {str(expected)[:80]}"]


def _kind(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str):
        return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    if not value.startswith("0x"):
        return "text"
    # addresses and blooms have one length; the length of words differs, since r and s are quantities
    return f"hex{len(value)}" if len(value) in _FIXED else "hex"
