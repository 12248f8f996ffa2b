"""A plan as Kong's declarative configuration (``_format_version`` 3.0, database off). JSON, which is YAML.

Kong parses heads by its own nginx: the strict rules for heads of nginx.py are not part of this export (ADR 0290).
"""

from typing import Any

import orjson

from gateway.export import problems
from gateway.export.plan import TLS, Plan, Served
from gateway.proxy.framing.request import HOP_BY_HOP, IDENTITY
from gateway.proxy.outgoing import NOT_FORWARDED

CAN = frozenset({TLS})
_KEY_AUTH = {
    "key_names": ["x-mulian-key"], "key_in_header": True, "key_in_query": False, "key_in_body": False,
    "hide_credentials": True,
}
# Kong writes these itself, or its own plugin does
_OWN = HOP_BY_HOP | {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"x-real-ip",
                     b"x-request-id", b"x-mulian-key"}
# before a route is looked for: nobody tells us who he is or by whom he was forwarded
_FIRST = """\
for _, name in ipairs({{{identity}}}) do
  if kong.request.get_header(name) then
    return kong.response.exit(400, {body}, {{["Content-Type"] = "application/problem+json"}})
  end
end
kong.service.request.clear_header("X-Forwarded-For")
"""
_GRANTED = """\
local consumer = kong.client.get_consumer()
local expires = consumer and ({{{grants}}})[consumer.username]
if not expires or expires <= ngx.time() then
  return kong.response.exit(403, {body}, {{["Content-Type"] = "application/problem+json"}})
end
kong.service.request.set_header("X-Mulian-App", consumer.username)
"""


def files(plan: Plan, folder: str, listen: str) -> dict[str, str]:
    """Return ``kong.json`` (``KONG_DECLARATIVE_CONFIG``); where it lies and what Kong listens on is Kong's setting."""
    document = {
        "_format_version": "3.0",
        "services": [_service(one, plan.rest) for one in plan.served],
        "consumers": [{"username": key, "keyauth_credentials": [{"key": key}]} for key in plan.apps],
        "plugins": [
            {"name": "pre-function", "config": {"rewrite": [_FIRST.format(
                identity=", ".join(f'"{name.decode()}"' for name in sorted(IDENTITY)), body=lua_text("malformed"),
            )]}},
            {"name": "correlation-id", "config": {
                "header_name": "X-Request-Id", "generator": "uuid", "echo_downstream": True,
            }},
        ],
    }
    return {"kong.json": orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"}


def lua_text(name: str) -> str:
    """Return a problem as a Lua long string."""
    return f"[==[{problems.body(name, '', reason='head')}]==]"


def _service(one: Served, rest: str) -> dict[str, Any]:
    route = one.route
    millis = max(1, round(route.timeout * 1000))
    scheme, host, port, path = *route.origin, route.base.decode() or "/"
    if one.rest:
        host, _, text = rest.removeprefix("http://").rpartition(":")
        scheme, port, path = "http", int(text), "/"
    elif route.retired:
        # never asked: its route ends every request
        scheme, host, port, path = "http", "127.0.0.1", 9, "/"
    place: dict[str, Any] = {"protocol": scheme, "host": host, "port": port, "path": path}
    if place["protocol"] == "https":
        place["tls_verify"] = True
    return {
        "name": one.name, "tags": [route.code], "retries": 0, "connect_timeout": millis, "read_timeout": millis,
        "write_timeout": millis, "routes": _routes(one), **place,
    }


def _routes(one: Served) -> list[dict[str, Any]]:
    """The interface by its methods, and a second route that refuses all others."""
    escaped = one.path.replace(".", "\\.")
    path = f"~{escaped}(?=/|$)" if one.is_prefix else f"~{escaped}$"
    common = {"paths": [path], "preserve_host": False, "regex_priority": 2 * len(one.path)}
    if one.rest:
        return [{"name": one.name, "strip_path": False, **common}]
    if one.route.retired:
        return [{"name": one.name, "strip_path": True, **common, "plugins": [_ended(410, "retired")]}]
    methods = sorted(name.decode() for name in one.route.methods)
    return [
        {"name": one.name, "strip_path": True, **common, "regex_priority": 2 * len(one.path) + 1, "methods": methods,
         "plugins": _plugins(one)},
        {"name": f"{one.name}-method", "strip_path": True, **common, "plugins": [_ended(405, "method")]},
    ]


def _ended(status: int, name: str) -> dict[str, Any]:
    return {
        "name": "request-termination",
        "config": {
            "status_code": status,
            "content_type": "application/problem+json; charset=utf-8",
            "body": problems.body(name, ""),
        },
    }


def _plugins(one: Served) -> list[dict[str, Any]]:
    hidden = sorted(name.decode() for name in NOT_FORWARDED - _OWN)
    headers = [line for line in one.route.headers.decode().split("\r\n") if line]
    grants = ", ".join(f'["{key}"]={grant.expires}' for key, grant in one.grants.items())
    return [
        {"name": "key-auth", "config": _KEY_AUTH},
        {
            "name": "request-size-limiting",
            "config": {
                "allowed_payload_size": one.route.body_limit,
                "size_unit": "bytes",
                "require_content_length": False,
            },
        },
        {"name": "request-transformer", "config": {"remove": {"headers": hidden}}},
        {
            "name": "response-transformer",
            "config": {"add": {"headers": [line.replace(": ", ":", 1) for line in headers]}},
        },
        {"name": "post-function", "config": {"access": [_GRANTED.format(grants=grants, body=lua_text("no_grant"))]}},
    ]
