"""What of a trial may be kept. In production nothing that the field policy hides, granted in clear or not. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from crypto.masking.rules import mask
from gateway.calllog.record import redact
from gateway.policy.rules import PolicyFailed, apply, compile_policy
from gateway.snapshot.places import PRODUCTION
from kernel.digest import sm3_hex

BODY_LIMIT = 64 * 1024
NOT_KEPT = "（不记录）"
# of the answer's headers, those that help a developer
_SHOWN = ("content-type", "content-length", "x-request-id", "x-mulian-revision", "deprecation", "sunset", "retry-after")


def request(environment: str, method: str, path: str, query: str, body: str) -> dict[str, Any]:
    """Return the request as it is kept: in production its body by its digest only, its query redacted."""
    if environment == PRODUCTION:
        query = redact(query.encode()).decode("ascii", "replace")
        body = f"SM3 {sm3_hex(body.encode())}" if body else ""
    return {"method": method, "path": path, "query": query, "body": body}


def answer(
    environment: str, definition: Mapping[str, Any], status: int, headers: Mapping[str, str], body: bytes,
) -> dict[str, Any]:
    """Return the answer as it is kept."""
    kept = {name: headers[name] for name in _SHOWN if name in headers}
    return {"status": status, "headers": kept, "body": _body(environment, definition, status, headers, body)}


def _body(
    environment: str, definition: Mapping[str, Any], status: int, headers: Mapping[str, str], body: bytes,
) -> str:
    if len(body) > BODY_LIMIT:
        return NOT_KEPT
    if headers.get("content-type", "").startswith("application/problem+json") or environment != PRODUCTION:
        return body.decode("utf-8", "replace")
    if not 200 <= status < 300 or definition["contract"]["mode"] != "fields":
        return NOT_KEPT
    try:
        return json.dumps(json.loads(masked(definition, body)), ensure_ascii=False)
    except PolicyFailed:
        return NOT_KEPT


def masked(definition: Mapping[str, Any], body: bytes) -> bytes:
    """Return an answer of the gateway with every sensitive field masked; raise PolicyFailed where it cannot be."""
    contract = definition["contract"]
    # the gateway has opened envelopes already: what was encrypted is masked like what is sensitive
    fields = [field | {"sensitive": field["sensitive"] or field["encrypted"], "encrypted": False}
              for field in contract["fields"]]
    table = definition["source"]["kind"] == "table"
    items, beside = (["items"], ["next"]) if table else (contract["items"], contract["passthrough"])
    policy = compile_policy(
        fields, dict.fromkeys((field["name"] for field in fields), False), items=tuple(items),
        passthrough=frozenset(beside),
    )
    return apply(policy, body, mask, _nothing_sealed)


def _nothing_sealed(column: str, key: object, envelope: str) -> str:
    raise PolicyFailed("an envelope in an answer")
