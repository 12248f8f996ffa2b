"""OpenAPI 3.1 of one interface. Pure."""

from collections.abc import Mapping
from typing import Any

from gateway.pages.facts import TYPES, Facts, call_errors, reason

_SIGNING = (
    ("X-Mulian-Key-Version", "密钥版本，首次为 1", r"^[0-9]{1,5}$"), ("X-Mulian-Timestamp", "Unix 秒", r"^[0-9]{1,11}$"),
    ("X-Mulian-Nonce", "随机数，每次调用都要更换", r"^[A-Za-z0-9_-]{16,64}$"),
    ("X-Mulian-Signature", "HMAC-SM3 签名，小写十六进制", r"^[0-9a-f]{64}$"),
)
_WITH_BODY = ("post", "put", "patch")


def document(facts: Facts) -> dict[str, Any]:
    """Return the OpenAPI document of an interface."""
    operations = {
        method.lower(): _operation(facts, method.lower()) for method in facts.definition["methods"]
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": facts.name, "version": str(facts.revision),
            "description": f"数据目录：{facts.entry}；提供部门：{facts.department}",
        },
        **({"servers": [{"url": facts.url}]} if facts.url else {}),
        "paths": {facts.path: operations},
        "components": {
            "securitySchemes": {"AppKey": {"type": "apiKey", "in": "header", "name": "X-Mulian-Key"}},
            "schemas": {"Record": record(facts), "Problem": _PROBLEM},
        },
        "security": [{"AppKey": []}],
    }


def record(facts: Facts) -> dict[str, Any]:
    """Return the schema of one record: every field may be missing (not granted) or null."""
    return {"type": "object", "additionalProperties": False, "properties": {
        field["name"]: {**_nullable(TYPES[field["type"]]), "title": field["title"] or field["name"]}
        for field in facts.fields
    }}


def answer(facts: Facts) -> dict[str, Any]:
    """Return the schema of a whole answer."""
    rows: dict[str, Any] = {"type": "array", "items": {"$ref": "#/components/schemas/Record"}}
    contract = facts.definition["contract"]
    if facts.definition["source"]["kind"] == "table":
        return {"type": "object", "required": ["items", "next"], "properties": {
            "items": rows, "next": {"type": ["string", "null"], "description": "下一页的 after；null 为末页"},
        }}
    inner: dict[str, Any] = rows if contract["items"] else {"anyOf": [rows, rows["items"]]}
    for depth, key in enumerate(reversed(contract["items"]), 1):
        inner = {"type": "object", "required": [key], "properties": {key: inner}}
        if depth == len(contract["items"]):
            inner["properties"] |= {one: {} for one in contract["passthrough"] if one != key}
    return inner


def _operation(facts: Facts, method: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{method}-{facts.code}", "summary": facts.name,
        "parameters": [*_query(facts), *_headers(facts)],
        "responses": {"200": _success(facts), **_problems()},
    }
    if method in _WITH_BODY:
        operation["requestBody"] = {"content": {"application/json": {"schema": {}}}}
    if facts.ends_on is not None:
        operation["deprecated"] = True
    return operation


def _success(facts: Facts) -> dict[str, Any]:
    if facts.streams:
        return {"description": "数据源的应答原样返回", "content": {"*/*": {"schema": {}}}}
    return {"description": "授权字段", "content": {
        "application/json": {"schema": answer(facts), "example": facts.example},
    }}


def _query(facts: Facts) -> list[dict[str, Any]]:
    return [
        {"name": one["name"], "in": "query", "required": one["required"], "description": one["text"],
         "schema": TYPES[one["type"]]}
        for one in facts.parameters
    ]


def _headers(facts: Facts) -> list[dict[str, Any]]:
    if facts.definition["auth"] == "appkey":
        return []
    return [
        {"name": name, "in": "header", "required": True, "description": text,
         "schema": {"type": "string", "pattern": pattern}}
        for name, text, pattern in _SIGNING
    ]


def _problems() -> dict[str, Any]:
    """One answer a status, naming the codes it may carry."""
    codes: dict[int, list[str]] = {}
    for kind in call_errors():
        codes.setdefault(kind.status, []).append(f"{kind.code}：{reason(kind)}")
    return {
        str(status): {"description": "\n".join(lines), "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        }}
        for status, lines in sorted(codes.items())
    }


def _nullable(schema: Mapping[str, str]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


_PROBLEM: dict[str, Any] = {
    "type": "object", "required": ["status", "code", "title", "request_id"], "properties": {
        "type": {"type": "string"}, "title": {"type": "string", "description": "原因"}, "title_en": {"type": "string"},
        "status": {"type": "integer"}, "code": {"type": "string", "description": "稳定的错误代码"},
        "fix": {"type": "string", "description": "处理办法"}, "fix_en": {"type": "string"},
        "request_id": {"type": "string", "description": "请求编号，反映问题时请提供"},
    },
}
