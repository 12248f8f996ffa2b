"""A plan as APISIX's standalone configuration (``apisix.yaml``: JSON, which is YAML, and the line that ends it).

APISIX parses heads by its own nginx: the strict rules for heads of nginx.py are not part of this export (ADR 0290).
"""

from typing import Any

import orjson

from gateway.export import problems
from gateway.export.kong import lua_text
from gateway.export.plan import Plan, Served
from gateway.proxy.framing.request import HOP_BY_HOP, IDENTITY
from gateway.proxy.outgoing import NOT_FORWARDED

CAN: frozenset[str] = frozenset()
_FIRST = """\
return function(conf, ctx)
  local core = require("apisix.core")
  for _, name in ipairs({{{identity}}}) do
    if core.request.header(ctx, name) then return 400, {body} end
  end
end
"""
_GRANTED = """\
return function(conf, ctx)
  local core = require("apisix.core")
  local expires = ({{{grants}}})[ctx.consumer_name or ""]
  if not expires or expires <= ngx.time() then return 403, {body} end
  core.request.set_header(ctx, "X-Mulian-App", core.request.header(ctx, "X-Mulian-Key"))
  core.request.set_header(ctx, "X-Mulian-Key", nil)
end
"""


def files(plan: Plan, folder: str, listen: str) -> dict[str, str]:
    """Return ``apisix.yaml``; where it lies and what APISIX listens on is APISIX's setting."""
    document = {
        "routes": [part for one in plan.served for part in _routes(one, plan.rest)],
        "consumers": [{"username": consumer(key), "plugins": {"key-auth": {"key": key}}} for key in plan.apps],
    }
    return {"apisix.yaml": orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n#END\n"}


def consumer(key: str) -> str:
    """Return a name that APISIX takes (letters, digits, underscore); no two keys share one."""
    return "".join(one if one.isalnum() else f"_{ord(one):02x}" for one in key)


def _routes(one: Served, rest: str) -> list[dict[str, Any]]:
    uris = [one.path, f"{one.path}/*"] if one.is_prefix else [one.path]
    common: dict[str, Any] = {"uris": uris, "labels": {"interface": one.route.code}, "priority": 0}
    if one.rest:
        return [common | {"id": one.name, "upstream": _upstream(one, "http", rest.removeprefix("http://"))}]
    if one.route.retired:
        return [common | {"id": one.name, "plugins": {"fault-injection": _ended(410, "retired")}}]
    scheme, host, port = one.route.origin
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    methods = sorted(name.decode() for name in one.route.methods)
    return [
        common | {"id": one.name, "methods": methods, "priority": 1, "plugins": _plugins(one),
                  "upstream": _upstream(one, scheme, address)},
        common | {"id": f"{one.name}-method", "plugins": {"fault-injection": _ended(405, "method")}},
    ]


def _ended(status: int, name: str) -> dict[str, Any]:
    return {"abort": {"http_status": status, "body": problems.body(name, "")}}


def _upstream(one: Served, scheme: str, address: str) -> dict[str, Any]:
    seconds = one.route.timeout
    return {
        "type": "roundrobin", "scheme": scheme, "nodes": {address: 1}, "retries": 0,
        "pass_host": "pass" if one.rest else "node", "timeout": {"connect": seconds, "send": seconds, "read": seconds},
    }


def _plugins(one: Served) -> dict[str, Any]:
    route = one.route
    hidden = sorted(name.decode() for name in NOT_FORWARDED - HOP_BY_HOP if name not in _KEPT)
    grants = ", ".join(f'["{consumer(key)}"]={grant.expires}' for key, grant in one.grants.items())
    escaped, base = one.path.replace(".", "\\."), route.base.decode()
    rewrites = [f"^{escaped}(.*)$", f"{base}$1"] if base else [f"^{escaped}/(.*)$", "/$1", f"^{escaped}$", "/"]
    return {
        "key-auth": {"header": "X-Mulian-Key", "hide_credentials": False},
        "client-control": {"max_body_size": route.body_limit},
        "request-id": {"header_name": "X-Request-Id", "include_in_response": True},
        "proxy-rewrite": {"regex_uri": rewrites, "headers": {
            "set": {"X-Forwarded-For": "$remote_addr"}, "remove": hidden,
        }},
        "response-rewrite": {"headers": {"set": dict(
            line.split(": ", 1) for line in route.headers.decode().split("\r\n") if line
        )}},
        "serverless-pre-function": {"phase": "rewrite", "functions": [_FIRST.format(
            identity=", ".join(f'"{name.decode()}"' for name in sorted(IDENTITY)), body=lua_text("malformed"),
        )]},
        "serverless-post-function": {"phase": "access", "functions": [
            _GRANTED.format(grants=grants, body=lua_text("no_grant")),
        ]},
    }


# set anew, or read by a later plugin
_KEPT = frozenset({b"x-forwarded-for", b"x-request-id", b"x-mulian-key"})
