"""The chain process: JSON-RPC over HTTP and WebSocket in front of a node."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from eth import EVM_RECURSION_LIMIT
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from chain.errors import PORT_IN_USE
from chain.ledger.embedded import websocket
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.readers import ReaderPool
from chain.ledger.embedded.rpc import dispatch
from chain.ledger.embedded.rpc.callers import Caller, Callers
from chain.ledger.embedded.rpc.methods import status
from chain.ledger.embedded.rpc.service import Service
from chain.ledger.embedded.view import View
from chain.ledger.errors import RPC_ACCESS
from chain.ledger.urls import url_file
from kernel.files_atomic import write_atomic
from kernel.home import Home

_LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
# a parent that is gone must not leave a chain behind; everything acknowledged is on disk already
_ORPHAN_SECONDS = 0.8


class RpcApp:
    """The ASGI side: who calls, limits, Host allow-list, and threads so that the event loop never waits."""

    def __init__(self, service: Service, callers: Callers, allowed_hosts: Iterable[str]) -> None:
        self.service = service
        self.callers = callers
        self.allowed_hosts = frozenset(allowed_hosts)
        self._fast = ThreadPoolExecutor(32, thread_name_prefix="rpc")
        self._slow = ThreadPoolExecutor(8, thread_name_prefix="rpc-slow")
        self._connections = 0

    def application(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/healthz", self.health, methods=["GET"]),
                Route("/{path:path}", self.rpc, methods=["POST"]),
                WebSocketRoute("/{path:path}", self.connect),
            ]
        )

    async def health(self, request: Request) -> Response:
        """200 while the sealer works, 503 with the reason when it does not."""
        if not self._host_allowed(request):
            return PlainTextResponse("host not allowed", 403)
        document = await asyncio.get_running_loop().run_in_executor(self._fast, status, self.service)
        return JSONResponse(document, 503 if document["failure"] else 200)

    async def rpc(self, request: Request) -> Response:
        """Answer a JSON-RPC request or batch."""
        if not self._host_allowed(request):
            return PlainTextResponse("host not allowed", 403)
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            # anything else a foreign web page could send without asking first
            return PlainTextResponse("content type must be application/json", 415)
        caller = self._caller(request)
        if caller is None:
            return PlainTextResponse("unknown token", 401)
        body = await _read(request)
        if body is None:
            return PlainTextResponse("request body too large", 413)
        answer = await self.answer(body, dispatch.Context(caller))
        return Response(answer, media_type="application/json", status_code=200 if answer else 204)

    async def connect(self, socket: WebSocket) -> None:
        """Serve a WebSocket connection."""
        caller = self._caller(socket)
        # a browser opens a WebSocket to any address without asking first, but it says which page did
        if not self._host_allowed(socket) or "origin" in socket.headers or caller is None:
            await socket.close(1008)
            return
        if self._connections >= websocket.MAX_CONNECTIONS:
            await socket.close(1013)
            return
        self._connections += 1
        try:
            await websocket.Connection(socket, self.service, caller, self.answer).serve()
        finally:
            self._connections -= 1

    async def answer(self, body: bytes, context: dispatch.Context) -> bytes:
        """Answer request bytes in a thread."""
        pool = self._slow if dispatch.is_slow(body) else self._fast
        return await asyncio.get_running_loop().run_in_executor(pool, dispatch.handle, self.service, body, context)

    def _caller(self, connection: HTTPConnection) -> Caller | None:
        """By ``Authorization: Bearer``, or by the path, since wallets and tools can often be given a URL only."""
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self.callers.of(token.strip())
        return self.callers.of(connection.path_params.get("path") or None)

    def _host_allowed(self, connection: HTTPConnection) -> bool:
        host = connection.headers.get("host", "")
        name = host if host.endswith("]") else host.rsplit(":", 1)[0] if ":" in host else host
        return "*" in self.allowed_hosts or name.lower() in self.allowed_hosts

    def close(self) -> None:
        """Stop taking work."""
        self._fast.shutdown(wait=False, cancel_futures=True)
        self._slow.shutdown(wait=False, cancel_futures=True)


async def _read(request: Request) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > dispatch.MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket (port 0: a free one); raise ``chain.server.port_in_use``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PORT_IN_USE(host=host, port=port, reason=error.strerror or str(error)) from error
    listener.listen(1024)
    return listener


def run(
    home: Home,
    host: str = "127.0.0.1",
    port: int = 8545,
    *,
    options: Options = Options(),
    allowed_hosts: Iterable[str] = (),
    parent_pipe: bool = False,
) -> None:
    """Serve the chain of ``home`` until SIGTERM or SIGINT.

    Prints ``ready http://HOST:PORT chain-id N height H`` once requests are answered. ``parent_pipe``: end within
    1 s after stdin closes. Raises ``kernel.home.locked`` when another process has this chain.
    """
    sys.setrecursionlimit(max(EVM_RECURSION_LIMIT, sys.getrecursionlimit()))  # a fork has been given the usual one
    listener = bind(host, port)
    with contextlib.ExitStack() as resources:
        resources.callback(listener.close)
        node = resources.enter_context(Node(home, options))
        # now that the lock is ours, an address here is an earlier process's
        url_file(home).unlink(missing_ok=True)
        resources.callback(url_file(home).unlink, missing_ok=True)
        log_view = View(home.chain_dir)
        resources.callback(log_view.close)
        readers = ReaderPool(home.chain_dir)
        resources.callback(readers.close)
        try:
            callers = Callers(home)
        except ValueError as error:
            raise RPC_ACCESS(reason=str(error)) from error
        service = Service(node, node.view, log_view, readers.execute)
        app = RpcApp(service, callers, {*_LOCAL_HOSTS, host, *allowed_hosts})
        resources.callback(app.close)
        server = _Server(app, listener, node)
        if parent_pipe:
            threading.Thread(target=_watch_parent, args=(server,), daemon=True).start()
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn with our ready line and without its own log set-up."""

    def __init__(self, app: RpcApp, listener: socket.socket, node: Node) -> None:
        super().__init__(uvicorn.Config(
            app.application(), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5,
            server_header=False, limit_concurrency=1024, h11_max_incomplete_event_size=64 * 1024,
            ws="websockets-sansio", ws_max_size=dispatch.MAX_BODY_BYTES, ws_per_message_deflate=False,
        ))
        self._listener = listener
        self._node = node

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Turn SIGTERM and SIGINT into an orderly end; uvicorn itself would raise them again before our clean-up."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        host, port = self._listener.getsockname()[:2]
        # whoever listens everywhere is reached on this machine by loopback
        reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        url = f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"
        write_atomic(url_file(self._node.home), url.encode() + b"\n")
        engine = self._node.engine
        print(f"ready {url} chain-id {engine.chain_id} height {engine.head.block_number}", flush=True)


def _watch_parent(server: uvicorn.Server) -> None:
    # the descriptor, not sys.stdin: a daemon thread inside its buffer would abort the interpreter's shutdown
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    server.should_exit = True
    time.sleep(_ORPHAN_SECONDS)
    os._exit(0)
