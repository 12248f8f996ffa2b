"""The gateway's own answers as an engine gives them: the same problem+json, the request id filled in by the engine."""

from gateway import errors
from gateway.proxy import answers
from kernel.errors import ErrorKind

KINDS: dict[str, ErrorKind] = {
    "malformed": errors.REQUEST_REFUSED, "no_interface": errors.NO_INTERFACE, "retired": errors.INTERFACE_RETIRED,
    "method": errors.METHOD, "maintenance": errors.MAINTENANCE, "key_unknown": errors.KEY_UNKNOWN,
    "no_grant": errors.NO_GRANT, "rate": errors.RATE, "upstream": errors.UPSTREAM_DOWN,
}


def body(problem: str, request_id: str, *, reason: str = "", name: str = "") -> str:
    """Return the JSON of a problem with ``request_id`` (an engine's expression) in its place; ``name``: of a window."""
    whole = answers.problem(KINDS[problem], request_id.encode(), close=True, reason=reason, name=name)
    return whole.partition(b"\r\n\r\n")[2].decode()
