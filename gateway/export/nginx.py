"""A plan as nginx with Lua: ``nginx.conf`` with an upstream and a named location an interface, ``mulian_routes.lua``
with paths, keys, grants and problems as data, and ``mulian.lua``, which decides.
"""

from importlib import resources

from gateway.export import problems
from gateway.export.plan import RATE, TLS, WINDOWS, Granted, Plan, Served, underscored
from gateway.proxy.framing.limits import DEFAULT
from gateway.proxy.framing.request import IDENTITY, METHODS, SINGLE
from gateway.proxy.handler import host_header
from gateway.proxy.outgoing import NOT_FORWARDED
from gateway.signing.rules import HEADERS

CAN = frozenset({RATE, WINDOWS, TLS})
# where the engine puts the request id into a problem
_ID = "@request-id@"
# the engine writes these itself
_FRAMING = {b"host", b"content-length", b"transfer-encoding", b"connection", b"x-request-id", b"x-forwarded-for"}
_HEAD = """\
# made by `mulian gateway export --engine nginx` from snapshot {number}: export again, do not edit
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
worker_processes auto;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  log_format mulian escape=json '{{"at":"$time_iso8601","request_id":"$request_id","interface":"$mulian_code",'
    '"app":"$mulian_app","client":"$remote_addr","method":"$request_method","path":"$uri","status":$status,'
    '"size":$body_bytes_sent,"seconds":$request_time,"outcome":"$mulian_outcome"}}';
  access_log {folder}/access.log mulian;
  server_tokens off;
  default_type application/octet-stream;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  lua_package_path "{folder}/?.lua;/usr/share/lua/5.1/?.lua;;";
  lua_shared_dict mulian_rates 32m;
  init_by_lua_block {{ mulian = require "mulian" }}
  client_header_timeout {head_seconds:.0f}s;
  client_body_timeout {body_seconds:.0f}s;
  keepalive_timeout {idle_seconds:.0f}s;
  large_client_header_buffers 4 {head}k;
  client_header_buffer_size {head}k;
  client_max_body_size 0;
  client_body_buffer_size 64k;
  underscores_in_headers on;
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_redirect off;
  proxy_next_upstream off;
  proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
  proxy_ssl_verify on;
  proxy_ssl_verify_depth 4;
  proxy_ssl_server_name on;
  proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
"""
_SERVER = """\
  server {{
    listen {listen};
    set $mulian_code "";
    set $mulian_app "";
    set $mulian_target "";
    set $mulian_outcome "";
    set $mulian_status "";
    error_page 400 408 413 414 431 494 495 496 497 @malformed;
    location = /healthz {{ access_log off; default_type text/plain; return 200 "ok\\n"; }}
    location @malformed {{ keepalive_timeout 0; content_by_lua_block {{ mulian.malformed() }} }}
    location / {{ rewrite_by_lua_block {{ mulian.decide() }} }}
"""
_LOCATION = """\
    location @{name} {{
      # {code}
      client_max_body_size {body_limit};
      proxy_connect_timeout {timeout}ms;
      proxy_read_timeout {timeout}ms;
      proxy_send_timeout {timeout}ms;
{hidden}
      proxy_set_header Host "{host}";
      proxy_set_header Connection "";
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header X-Mulian-App $mulian_app;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_ssl_name "{ssl_name}";
      header_filter_by_lua_block {{ mulian.answered("{name}") }}
      proxy_pass {scheme}://{name}$mulian_target;
    }}
"""
_REST = """\
    location @rest {
      client_max_body_size 0;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_pass http://rest$request_uri;
    }
"""


def files(plan: Plan, folder: str, listen: str) -> dict[str, str]:
    """Return names and texts. ``folder``: where the engine will read them; ``listen``: its address and port."""
    parts = [_HEAD.format(
        number=plan.number, folder=folder, head=DEFAULT.head // 1024, head_seconds=DEFAULT.head_seconds,
        body_seconds=DEFAULT.body_seconds, idle_seconds=DEFAULT.idle_seconds,
    )]
    live = [one for one in plan.served if not one.rest and not one.route.retired]
    parts += [_upstream(one.name, *one.route.origin[1:]) for one in live]
    if plan.rest:
        parts.append(f"  upstream rest {{ server {plan.rest.removeprefix('http://')}; keepalive 64; }}\n")
    parts.append(_SERVER.format(listen=listen))
    parts += [_location(one) for one in live]
    parts.append((_REST if plan.rest else "") + "  }\n}\n")
    script = (resources.files("gateway.export") / "lua" / "mulian.lua").read_text("utf-8")
    return {"nginx.conf": "".join(parts), "mulian.lua": script, "mulian_routes.lua": _data(plan)}


def _upstream(name: str, host: str, port: int) -> str:
    address = f"[{host}]" if ":" in host else host
    return f"  upstream {name} {{ server {address}:{port} max_fails=0; keepalive 64; }}\n"


def _location(one: Served) -> str:
    route = one.route
    hidden = "\n".join(
        f'      proxy_set_header {name.decode()} "";' for name in sorted(NOT_FORWARDED - _FRAMING)
    )
    return _LOCATION.format(
        name=one.name, code=route.code, body_limit=route.body_limit, timeout=round(route.timeout * 1000), hidden=hidden,
        host=host_header(route.origin).decode(), ssl_name=route.origin[1], scheme=route.origin[0],
    )


def _data(plan: Plan) -> str:
    """The module that ``mulian.lua`` reads: nothing but literals."""
    exact = {one.path: one.name for one in plan.served}
    prefixes = {one.path: one.name for one in plan.served if one.is_prefix}
    return (
        "return "
        + _lua(
            {
                "exact": exact,
                "prefixes": prefixes,
                "apps": dict.fromkeys(plan.apps, True),
                "routes": {one.name: _route(one) for one in plan.served},
                "problems": {
                    name: problems.body(name, _ID, reason="@reason@")
                    for name in problems.KINDS
                    if name != "maintenance"
                },
                "methods": _set(METHODS),
                "single": _set(SINGLE | HEADERS),
                "identity": _set(IDENTITY),
                "underscored": dict.fromkeys(underscored(), True),
                "target": DEFAULT.target,
                "headers": DEFAULT.headers,
            }
        )
        + "\n"
    )


def _route(one: Served) -> dict[str, object]:
    route = one.route
    return {
        "code": route.code,
        "rest": one.rest,
        "retired": route.retired,
        "methods": _set(route.methods),
        "path": one.path,
        "base": route.base.decode("latin-1"),
        "body_limit": route.body_limit,
        "headers": dict(line.split(": ", 1) for line in route.headers.decode().split("\r\n") if line),
        "windows": [
            {"from": start, "until": until, "body": problems.body("maintenance", _ID, name=text)}
            for start, until, text in ([] if one.rest else route.windows)
        ],
        "grants": {key: _grant(grant) for key, grant in one.grants.items()},
    }


def _grant(grant: Granted) -> dict[str, int]:
    return {"expires": grant.expires, "rate": grant.rate, "burst": grant.burst}


def _set(names: frozenset[bytes]) -> dict[str, bool]:
    return {name.decode(): True for name in sorted(names)}


def _lua(value: object) -> str:
    """Return a literal. Strings are written byte by byte where they are not plain, so no text can leave its quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",\n".join(f"[{_lua(key)}]={_lua(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ",".join(map(_lua, value)) + "}"
    return '"' + "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03d}" for byte in str(value).encode()
    ) + '"'
