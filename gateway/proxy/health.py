"""The answer to a load balancer's probe: no call, so it is neither counted nor logged."""

from typing import TYPE_CHECKING

import orjson

from gateway.proxy import answers
from gateway.proxy.framing.client import ClientConnection
from gateway.proxy.framing.request import RequestHead

if TYPE_CHECKING:
    from gateway.proxy.handler import GatewayHandler


class Health:
    """An exchange that ends where it starts."""

    body_limit = 0
    deadline = float("inf")

    def __init__(self, gateway: "GatewayHandler", connection: ClientConnection) -> None:
        self._gateway, self._connection = gateway, connection

    def start(self, head: RequestHead, body: bytes) -> None:
        """Say whether calls can be served, and under which configuration."""
        gateway, connection = self._gateway, self._connection
        keep = connection.stays_open
        ready = gateway.snapshot_number > 0 and gateway.broker.connected
        answer = orjson.dumps({"status": "ok" if ready else "starting", "snapshot": gateway.snapshot_number})
        connection.write(
            answers.status_line(200) + b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(answer)
            + (b"\r\n" if keep else b"Connection: close\r\n\r\n") + answer
        )
        connection.finish(keep)

    def taken_over(self, data: bytes) -> None:
        """It never takes over."""

    def expire(self) -> None:
        """It never waits."""

    client_gone = client_paused = client_resumed = recheck = expire
