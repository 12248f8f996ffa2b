"""One signed call from this process to the gateway of an environment."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.snapshot.places import PRODUCTION
from gateway.trials.errors import NO_TEST_GATEWAY
from gateway.trials.recording import BODY_LIMIT
from kernel.settings import Settings

_SECONDS = 30.0


@dataclass(frozen=True)
class Answered:
    """Status 0: no answer, ``body`` says why."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def port_of(settings: Settings, environment: str) -> int:
    """Return the port of an environment's gateway; raise ``gateway.trial.no_test_gateway``."""
    port = settings.gateway_port if environment == PRODUCTION else settings.gateway_test_port
    if port is None:
        raise NO_TEST_GATEWAY()
    return port


def call(
    settings: Settings, environment: str, *, method: str, target: str, headers: Mapping[str, str], body: bytes,
) -> Answered:
    """Send and read at most what may be recorded and one byte more; an answer that does not come has status 0."""
    connection = http.client.HTTPConnection(settings.host, port_of(settings, environment), timeout=_SECONDS)
    try:
        connection.request(method, target, body=body or None, headers=dict(headers))
        found = connection.getresponse()
        received = found.read(BODY_LIMIT + 1)
        return Answered(found.status, {name.lower(): text for name, text in found.getheaders()}, received)
    except (OSError, http.client.HTTPException) as error:
        return Answered(0, {}, type(error).__name__.encode())
    finally:
        connection.close()
