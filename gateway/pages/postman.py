"""A Postman collection (v2.1) of one interface, with the script that signs each request. Pure."""

from typing import Any

from gateway.pages import sampling
from gateway.pages.facts import Facts

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def collection(facts: Facts) -> dict[str, Any]:
    """Return the collection: set ``appKey`` and ``appSecret``, then send."""
    return {
        "info": {"name": facts.name, "description": f"{facts.entry} · 第 {facts.revision} 版", "schema": _SCHEMA},
        "variable": [
            {"key": "baseUrl", "value": facts.url}, {"key": "appKey", "value": ""}, {"key": "appSecret", "value": ""},
            {"key": "keyVersion", "value": "1"},
        ],
        "event": [{"listen": "prerequest", "script": {"type": "text/javascript", "exec": sampling.postman_script()}}],
        "item": [_request(facts, method) for method in facts.definition["methods"]],
    }


def _request(facts: Facts, method: str) -> dict[str, Any]:
    return {"name": f"{method} {facts.path}", "request": {
        "method": method, "header": [],
        "url": {
            "raw": "{{baseUrl}}" + facts.path, "host": ["{{baseUrl}}"], "path": facts.path.strip("/").split("/"),
            "query": [
                {"key": one["name"], "value": "", "description": one["text"], "disabled": not one["required"]}
                for one in facts.parameters
            ],
        },
    }}
