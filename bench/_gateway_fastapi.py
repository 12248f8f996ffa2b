"""A key-checking proxy as one writes it with FastAPI and aiohttp: the rival of ``bench/gateway_proxy.py``."""

import contextlib
import logging
import socket
import sys
from collections.abc import AsyncIterator

import aiohttp
import uvicorn
from fastapi import FastAPI, Request, Response

UPSTREAM, KEY = sys.argv[1:3]
KEYS = {KEY: "app1"}
log = logging.getLogger("access")


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold one client session."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:
        app.state.session = session
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/{path:path}")
async def proxy(path: str, request: Request) -> Response:
    """Pass a call on."""
    name = KEYS.get(request.headers.get("x-mulian-key", ""))
    if name is None:
        return Response(status_code=403)
    async with request.app.state.session.get(f"http://127.0.0.1:{UPSTREAM}/") as answer:
        body = await answer.read()
        log.info("%s /%s %d", name, path, answer.status)
        return Response(body, answer.status, media_type=answer.headers["content-type"])


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", loop="uvloop", http="httptools")).run([listener])
