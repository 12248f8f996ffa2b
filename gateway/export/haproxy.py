"""A plan as HAProxy: ``haproxy.cfg`` with a backend an interface, maps of paths, grants and keys, problems as files."""

import re
from collections.abc import Iterable

from gateway.export import problems
from gateway.export.plan import RATE, TLS, WINDOWS, Plan, Served, underscored
from gateway.proxy.framing.limits import DEFAULT
from gateway.proxy.framing.request import IDENTITY, METHODS, SINGLE
from gateway.proxy.handler import host_header
from gateway.proxy.outgoing import NOT_FORWARDED
from gateway.signing.rules import HEADERS

CAN = frozenset({RATE, WINDOWS, TLS})
# the engine frames messages itself
_FRAMING = {
    b"host", b"content-length", b"transfer-encoding", b"expect", b"x-request-id", b"x-forwarded-for",
}
_PATH = (
    r"(//|%(?![0-9A-Fa-f]{2})|%(2[fFeE5]|5[cC]|[01][0-9A-Fa-f]|7[fF]|[cC]0%[aA][eEfF]|[cC]1%9[cC]|[eE]0%80%[aA][eEfF])"
    r"|/\.\.?(;[^/]*)?(/|$))"
)
_HEAD = """\
# made by `mulian gateway export --engine haproxy` from snapshot {number}: export again, do not edit
global
    default-path config
    log stdout format raw local0
    maxconn 4096
    tune.bufsize {bufsize}
    tune.maxrewrite 4096
    tune.http.maxhdr {headers}

defaults
    mode http
    log global
    option dontlognull
    option http-keep-alive
    timeout connect 5s
    timeout client {body_seconds:.0f}s
    timeout server {body_seconds:.0f}s
    timeout http-request {head_seconds:.0f}s
    timeout http-keep-alive {idle_seconds:.0f}s
    retries 0

frontend gateway
    bind {listen}
    unique-id-format %[uuid()]
    log-format '{{"at":"%tr","request_id":"%ID","interface":"%[var(txn.code)]","app":"%[var(txn.app)]","client":"%ci",\
"method":"%HM","path":"%[var(txn.path),json(utf8s)]","status":%ST,"size":%B,"millis":%Ta,"ended":"%ts"}}'
    http-request set-var(txn.path) path
    http-request return status 200 content-type text/plain string ok if {{ var(txn.path) -m str /healthz }}
"""


def files(plan: Plan, folder: str, listen: str) -> dict[str, str]:
    """Return names and texts. Files are named relative to ``haproxy.cfg``; ``folder`` is not needed."""
    backends = "".join(_backend(one, plan.rest.removeprefix("http://")) for one in plan.served)
    return {
        "haproxy.cfg": _head(plan, listen) + backends + _rates(plan),
        "exact.map": _map((one.path, one.name) for one in plan.served),
        "prefixes.map": _map((f"{one.path}/", one.name) for one in plan.served if one.is_prefix),
        "codes.map": _map((one.name, one.route.code) for one in plan.served),
        "grants.map": _map(
            (f"{one.name}:{key}", grant.expires) for one in plan.served for key, grant in one.grants.items()
        ),
        "rates.map": _map(
            (f"{one.name}:{key}", _rate_name(grant.rate, grant.burst))
            for one in plan.served for key, grant in one.grants.items() if grant.rate
        ),
        "apps.list": "".join(f"{key}\n" for key in plan.apps),
    } | {f"{name}.json": _problem(name, reason="head") for name in problems.KINDS if name != "maintenance"} | {
        f"{one.name}-maintenance-{number}.json": _problem("maintenance", name=text)
        for one in plan.served if not one.rest for number, (_, _, text) in enumerate(one.route.windows)
    }


def _map(rows: Iterable[tuple[str, object]]) -> str:
    return "".join(f"{key} {value}\n" for key, value in rows)


def _problem(problem: str, *, reason: str = "", name: str = "") -> str:
    """A log-format file: the engine reads ``%`` in it."""
    text = problems.body(problem, "@", reason=reason, name=name).replace("%", "%%")
    return text.replace('"request_id":"@"', '"request_id":"%[unique-id]"')


def _deny(status: int, name: str, condition: str, extra: str = "") -> str:
    # a message that may be read in two ways: its connection carries nothing more
    extra += " hdr Connection close" if name == "malformed" else ""
    return (
        f"    http-request return status {status} content-type 'application/problem+json; charset=utf-8'"
        f" lf-file {name}.json hdr X-Request-Id %[unique-id]{extra} if {condition}\n"
    )


def _head(plan: Plan, listen: str) -> str:
    head = _HEAD.format(
        number=plan.number, listen=listen, bufsize=DEFAULT.head + 4096, headers=DEFAULT.headers + 1,
        head_seconds=DEFAULT.head_seconds, body_seconds=DEFAULT.body_seconds, idle_seconds=DEFAULT.idle_seconds,
    )
    methods = "|".join(sorted(name.decode() for name in METHODS))
    known = "|".join(underscored())
    lines = [head]
    lines.append(_deny(501, "malformed", f"!{{ method -m reg ^({methods})$ }}"))
    conditions = [
        "!{ url -m beg / }", f"{{ url_len gt {DEFAULT.target} }}", f"{{ var(txn.path) -m reg {_quoted(_PATH)} }}",
        f"{{ url -m reg {_quoted(r'%(?![0-9A-Fa-f]{2})')} }}", f"{{ url -m reg {_quoted(_BAD_TARGET)} }}",
        "!{ req.fhdr(host) -m reg " + _quoted(_HOST) + " }",
        f"{{ req.hdr_names -m reg {_quoted(rf'(^|,)(?!({known})(,|$))[^,]*_')} }}",
        "{ req.fhdr(transfer-encoding) -m found } { req.fhdr(content-length) -m found }",
        "{ req.fhdr(connection) -m reg -i " + _quoted(_OPTION) + " }",
        "{ req.hdrs -m reg " + _quoted(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]") + " }",
        "{ req.hdrs,hex -m reg ^(..)*00 }",
        "{ method GET HEAD OPTIONS } { req.fhdr(transfer-encoding) -m found }",
        "{ method GET HEAD OPTIONS } { req.hdr_val(content-length) gt 0 }",
        *(f"{{ req.fhdr_cnt({name.decode()}) gt 1 }}" for name in sorted(SINGLE | HEADERS)),
        *(f"{{ req.fhdr({name.decode()}) -m found }}" for name in sorted(IDENTITY)),
    ]
    lines += [_deny(400, "malformed", condition) for condition in conditions]
    lines.append(_deny(505, "malformed", "!{ req.ver -m str 1.0 1.1 }"))
    lines.append(_deny(417, "malformed", "{ req.fhdr(expect) -m found } !{ req.fhdr(expect) -i 100-continue }"))
    lines.append(_deny(411, "malformed", "{ req.fhdr(transfer-encoding) -m found }"))
    lines.append("""\
    http-request set-var(txn.route) var(txn.path),map_str(exact.map)
    http-request set-var(txn.route) var(txn.path),concat(/),map_beg(prefixes.map) if !{ var(txn.route) -m found }
    http-request set-var(txn.code) var(txn.route),map_str(codes.map)
""")
    lines.append(_deny(404, "no_interface", "!{ var(txn.route) -m found }"))
    lines.append("    use_backend %[var(txn.route)]\n")
    return "".join(lines)


_HOST = r"^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$"
# a word in Connection that names a header
_OPTION = r"(^|,)[ \t]*(?!(close|keep-alive|upgrade|te)[ \t]*(,|$))[^ \t,]"
# what no target of ours holds
_BAD_TARGET = r"[^\x21\x24-\x5b\x5d\x5f\x61-\x7a\x7e]"


def _quoted(pattern: str) -> str:
    """An argument in single quotes: nothing in them is read."""
    if "'" in pattern:
        raise ValueError(pattern)
    return f"'{pattern}'"


def _backend(one: Served, rest: str) -> str:
    route, lines = one.route, [f"\nbackend {one.name}\n    # {one.route.code}\n"]
    if one.rest:
        return f"{lines[0]}    http-request set-header X-Forwarded-For %[src]\n    server rest {rest}\n"
    lines.append(_deny(400, "malformed", "{ req.hdr_names -m sub _ }"))
    if route.retired:
        return "".join(lines) + _deny(410, "retired", "TRUE")
    methods = " ".join(sorted(name.decode() for name in route.methods))
    lines.append(_deny(405, "method", f"!{{ method {methods} }}"))
    lines.append(_deny(413, "malformed", f"{{ req.hdr_val(content-length) gt {route.body_limit} }}"))
    for number, (start, until, _) in enumerate(route.windows):
        lines.append(_deny(
            503, f"{one.name}-maintenance-{number}", f"{{ date() ge {start} }} {{ date() lt {until} }}",
            f" hdr Retry-After %[date(),neg,add({until})]",
        ))
    lines += _admission(one)
    return "".join(lines) + _forwarding(one)


def _admission(one: Served) -> list[str]:
    lines = [
        "    http-request set-var(txn.key) req.fhdr(x-mulian-key)\n",
        _deny(401, "key_unknown", "!{ var(txn.key) -m str -f apps.list }"),
        "    http-request set-var(txn.app) var(txn.key)\n",
        f"    http-request set-var(txn.grant) str({one.name}:),concat(,txn.key)\n",
        "    http-request set-var(txn.expires) var(txn.grant),map_str_int(grants.map)\n",
        _deny(403, "no_grant", "!{ var(txn.expires) -m found }"),
        _deny(403, "no_grant", "{ date(),sub(txn.expires) ge 0 }"),
    ]
    for rate, burst in sorted({(grant.rate, grant.burst) for grant in one.grants.values() if grant.rate}):
        name = _rate_name(rate, burst)
        limited = f"{{ var(txn.grant),map_str(rates.map) -m str {name} }}"
        lines.append(f"    http-request track-sc0 var(txn.grant) table {name} if {limited}\n")
        lines.append(_deny(
            429, "rate", f"{limited} {{ sc0_gpc0_rate({name}) ge {burst} }}",
            f" hdr Retry-After {max(1, 1000 // rate)}",
        ))
        lines.append(f"    http-request sc-inc-gpc0(0) if {limited}\n")
    return lines


def _forwarding(one: Served) -> str:
    route = one.route
    scheme, name, port = route.origin
    host, base = host_header(route.origin).decode(), route.base.decode("latin-1")
    path = re.escape(one.path)
    lines = [f"    http-request del-header {header.decode()}\n" for header in sorted(NOT_FORWARDED - _FRAMING)]
    if base:
        lines.append(f"    http-request replace-path ^{path}(.*)$ {base}\\1\n")
    else:
        lines.append(f"    http-request replace-path ^{path}(/.*)$ \\1\n")
        lines.append(f"    http-request set-path / if {{ path {one.path} }}\n")
    lines.append(f"""\
    http-request set-header Host {host}
    http-request set-header X-Request-Id %[unique-id]
    http-request set-header X-Mulian-App %[var(txn.key)]
    http-request set-header X-Forwarded-For %[src]
    http-request wait-for-body time {DEFAULT.body_seconds:.0f}s if {{ req.body_size gt 0 }}
    http-response del-header Server
    http-response del-header X-Powered-By
    http-response del-header Alt-Svc
    http-response set-header X-Request-Id %[unique-id]
""")
    for line in filter(None, route.headers.decode().split("\r\n")):
        header, value = line.split(": ", 1)
        lines.append(f"    http-response set-header {header} {_quoted(value)}\n")
    address = f"[{name}]" if ":" in name else name
    secure = f" ssl verify required ca-file @system-ca sni str({name}) verifyhost {name}" if scheme == "https" else ""
    millis = round(route.timeout * 1000)
    lines.append(f"    timeout connect {millis}ms\n    timeout server {millis}ms\n")
    lines.append(f"    server source {address}:{port}{secure}\n")
    return "".join(lines)


def _rate_name(rate: int, burst: int) -> str:
    return f"rate_{rate}_{burst}"


def _rates(plan: Plan) -> str:
    """A table a pace: calls let through in the time in which the bucket fills, burst ÷ rate."""
    paces = {(grant.rate, grant.burst) for one in plan.served for grant in one.grants.values() if grant.rate}
    return "".join(
        f"\nbackend {_rate_name(rate, burst)}\n    stick-table type string len 240 size 100k"
        f" expire {2 * _period(rate, burst)}ms store gpc0,gpc0_rate({_period(rate, burst)}ms)\n"
        for rate, burst in sorted(paces)
    )


def _period(rate: int, burst: int) -> int:
    """Milliseconds."""
    return max(1, burst * 1_000_000 // rate)
