"""Decisions about definitions and states, without I/O."""

from datetime import date
from typing import Any

from crypto.masking.rules import kinds
from gateway.sources.table_rules import declaration_fault
from gateway.sources.xml_rules import shape_fault
from kernel.outbound.rules import Allowed, origin_of

# a revision that is being worked on or has not reached every call; there is at most one an interface
OPEN = ("draft", "testing", "submitted", "returned", "scheduled", "canary")
# from these a new definition may follow; only a draft keeps its number with it
REVISABLE = ("draft", "testing", "returned")
# announced this many working days ahead to those who still call
NOTICE_WORKDAYS = 20


def shown_state(state: str, open_state: str | None, ends_on: date | None) -> str:
    """Return what people read: draft 草稿, testing 测试中, submitted 待审核, published 已发布, ending 即将停用,
    retired 已停用.
    """
    if state == "published":
        return "ending" if ends_on else "published"
    return open_state if state == "draft" and open_state in ("testing", "submitted") else state


def definition_fault(definition: dict[str, Any]) -> tuple[str, str] | None:
    """Return (field, problem) of a definition that must not be served, or None."""
    source, contract = definition["source"], definition["contract"]
    names = [field["name"] for field in contract["fields"]]
    if len(set(names)) != len(names):
        return "contract.fields", "duplicate name"
    masks = [field["mask"] for field in contract["fields"] if field["mask"] not in kinds()]
    if masks:
        return "contract.fields", f"unknown mask {masks[0]}"
    return _contract_fault(definition, contract) or (
        _table_fault(source, contract, definition) if source["kind"] == "table" else _http_fault(source, contract)
    )


def _contract_fault(definition: dict[str, Any], contract: dict[str, Any]) -> tuple[str, str] | None:
    if contract["mode"] == "stream":
        if any(field["sensitive"] or field["encrypted"] for field in contract["fields"]):
            return "contract.mode", "a stream cannot be masked, so it may hold no sensitive field"
        if definition.get("cache_seconds"):
            return "cache_seconds", "answers that pass unchanged are not kept"
        return None
    if definition.get("websocket"):
        return "websocket", "only answers that pass unchanged can change to WebSocket"
    return None if contract["fields"] else ("contract.fields", "empty")


def _http_fault(source: dict[str, Any], contract: dict[str, Any]) -> tuple[str, str] | None:
    try:
        origin_of(source["url"], Allowed())
    except ValueError as error:
        return "source.url", str(error)
    if "?" in source["url"] or "#" in source["url"]:
        return "source.url", "query or fragment"
    if source.get("xml"):
        problem = shape_fault(source["xml"], contract)
        if problem:
            return "source.xml", problem
    if any(field["encrypted"] for field in contract["fields"]):
        return "contract.fields", "envelopes of an HTTP upstream are not opened here"
    return None


def _table_fault(
    source: dict[str, Any], contract: dict[str, Any], definition: dict[str, Any],
) -> tuple[str, str] | None:
    problem = declaration_fault(source)
    if problem:
        return "source", problem
    if contract["mode"] != "fields" or set(definition["methods"]) - {"GET", "HEAD"}:
        return "methods", "a table is read with GET and answers fields"
    fields = {field["name"]: field for field in contract["fields"]}
    if set(fields) != set(source["columns"]):
        return "source.columns", "columns and contract fields differ"
    for name, column in source["columns"].items():
        if (column["type"] == "envelope") != fields[name]["encrypted"]:
            return f"source.columns.{name}", "envelope column and encrypted field go together"
    if any(field["encrypted"] for field in fields.values()) and not source.get("department"):
        return "source.department", "an encrypted table is served for one department"
    return None
