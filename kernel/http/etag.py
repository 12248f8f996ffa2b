"""Versions of editable objects on the wire: ETag out, If-Match in."""

from fastapi import Request, Response

from kernel.errors import MATCH_REQUIRED, MATCH_STALE


def set_etag(response: Response, version: int) -> None:
    """Send the version as a strong ETag."""
    response.headers["ETag"] = f'"{version}"'


def check_if_match(request: Request, version: int) -> None:
    """Require If-Match to name the current version: missing is 428, another one 412."""
    given = request.headers.get("if-match")
    if given is None:
        raise MATCH_REQUIRED()
    if given.strip() not in (f'"{version}"', "*"):
        raise MATCH_STALE(current=version)
