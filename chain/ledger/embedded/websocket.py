"""One WebSocket connection: requests one after another, notifications between them.

Nothing is queued for a slow reader: subscriptions are cursors, pulled only when the last message has been taken.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from chain.ledger.embedded.rpc.callers import Caller
from chain.ledger.embedded.rpc.dispatch import Context
from chain.ledger.embedded.rpc.service import Service
from chain.ledger.embedded.rpc.subscriptions import Session

MAX_CONNECTIONS = 256
Answer = Callable[[bytes, Context], Awaitable[bytes]]


class Connection:
    """Serves until the other side leaves."""

    def __init__(self, socket: WebSocket, service: Service, caller: Caller, answer: Answer) -> None:
        self._socket = socket
        self._service = service
        self._session = Session()
        self._context = Context(caller, self._session)
        self._answer = answer
        self._news = asyncio.Event()
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        """Accept and serve."""
        await self._socket.accept()
        loop = asyncio.get_running_loop()

        def listener() -> None:
            # called by the sealer and journal threads, perhaps while the loop is being closed
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._news.set)

        self._service.node.listeners.add(listener)
        pump = asyncio.create_task(self._pump())
        try:
            await self._receive()
        finally:
            self._service.node.listeners.discard(listener)
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await pump

    async def _receive(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] != "websocket.receive":
                return
            text, data = message.get("text"), message.get("bytes")
            answer = await self._answer(text.encode() if text is not None else data or b"", self._context)
            if answer and not await self._send(answer):
                return
            self._session.activate()
            self._news.set()

    async def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._news.wait()
            self._news.clear()
            while notifications := await loop.run_in_executor(None, self._session.take, self._service):
                for notification in notifications:
                    if not await self._send(orjson.dumps(notification)):
                        return

    async def _send(self, data: bytes) -> bool:
        async with self._sending:
            try:
                await self._socket.send_text(data.decode())
            except (WebSocketDisconnect, RuntimeError):
                return False
        return True
