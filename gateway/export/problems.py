"""The gateway's own answers as an engine gives them: the same problem+json, the request id filled in by the engine."""

from gateway import errors
from gateway.proxy import answers
from kernel.errors import ErrorKind

KINDS: dict[str, ErrorKind] = {
    "malformed": errors.REQUEST_REFUSED, "no_interface": errors.NO_INTERFACE, "retired": errors.INTERFACE_RETIRED,
    "method": errors.METHOD, "maintenance": errors.MAINTENANCE, "key_unknown": errors.KEY_UNKNOWN,
    "no_grant": errors.NO_GRANT, "rate": errors.RATE, "upstream": errors.UPSTREAM_DOWN,
}


def body(name: str, request_id: str, /, **params: str) -> str:
    """Return the JSON of a problem with ``request_id`` (an engine's expression) in its place."""
    whole = answers.problem(KINDS[name], request_id.encode(), close=True, **params)
    return whole.partition(b"\r\n\r\n")[2].decode()
