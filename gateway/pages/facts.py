"""What every form of an interface's page says: taken from one revision, never from its source's address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from gateway.sources import synthetic
from kernel.errors import ErrorKind, kinds

TYPES: dict[str, dict[str, str]] = {
    "integer": {"type": "integer"}, "text": {"type": "string"}, "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"}, "instant": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"}, "number": {"type": "number"},
}
TYPE_NAMES = {
    "integer": "整数", "text": "文本", "boolean": "布尔（true/false）", "date": "日期 YYYY-MM-DD",
    "instant": "时间 RFC 3339", "uuid": "UUID", "number": "数",
}
_PLACE = re.compile(r"\{\w+\}")
_OPERATORS = {"eq": "等于", "ge": "大于等于", "lt": "小于"}
PAGING = (
    {"name": "after", "type": "text", "required": False, "text": "上一页返回的 next；首页不填"},
    {"name": "size", "type": "integer", "required": False, "text": "每页行数"},
)


@dataclass(frozen=True)
class Facts:
    """An interface as its callers see it. ``url``: the gateway's address, "" where nobody has set it."""

    code: str
    name: str
    path: str
    department: str
    entry: str
    url: str
    revision: int
    state: str
    ends_on: date | None
    definition: Mapping[str, Any]

    @property
    def base(self) -> str:
        """The gateway's address, or words where it stands."""
        return self.url or "http://网关地址:端口"

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The fields of a record."""
        return list(self.definition["contract"]["fields"])

    @property
    def streams(self) -> bool:
        """Whether the answer passes as it is, so that no field is known."""
        return bool(self.definition["contract"]["mode"] == "stream")

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """The query parameters of a declared table; an upstream's own are not known here."""
        source = self.definition["source"]
        if source["kind"] != "table":
            return []
        own = [
            {"name": one["name"], "type": one["type"], "required": one["required"], "text": _OPERATORS[one["op"]]}
            for one in source["parameters"]
        ]
        return [*own, *PAGING]

    @property
    def example(self) -> Any:
        """An answer of the test environment."""
        return orjson.loads(synthetic.answer(self.code, self.definition))


def reason(kind: ErrorKind) -> str:
    """Return why, with "…" where an answer names what it was."""
    return _PLACE.sub("…", kind.zh)


def call_errors() -> list[ErrorKind]:
    """Return what a caller may be answered, by status and code."""
    found = [kind for kind in kinds() if kind.code.startswith("gateway.call.")]
    return sorted(found, key=lambda kind: (kind.status, kind.code))
