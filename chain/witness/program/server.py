"""The witness over HTTP: one route that signs, one that says what was seen."""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chain.errors import PORT_IN_USE
from chain.witness.asking import PATH
from chain.witness.errors import WITNESS_REQUEST
from chain.witness.program.service import Witness
from chain.witness.rules import MAX_BYTES
from kernel.errors import MulianError


def application(witness: Witness) -> Starlette:
    """Return the ASGI application of a witness."""

    async def cosign(request: Request) -> Response:
        body = await _read(request)
        try:
            if body is None:
                raise WITNESS_REQUEST(reason=f"more than {MAX_BYTES} bytes")
            answer = await run_in_threadpool(witness.cosign, body)
        except MulianError as error:
            return _problem(error)
        return Response(answer.as_bytes(), media_type="application/json")

    async def status(request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(witness.status))

    return Starlette(routes=[
        Route(PATH, cosign, methods=["POST"]), Route("/witness/v1/status", status, methods=["GET"]),
    ])  # fmt: skip


def serve(witness: Witness, host: str, port: int) -> None:
    """Listen until the process is told to end; raises ``chain.server.port_in_use``."""
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise PORT_IN_USE(host=host, port=port, reason=error.strerror or str(error)) from error
    config = uvicorn.Config(
        application(witness), log_level="warning", lifespan="off", limit_concurrency=64, timeout_keep_alive=5,
    )
    uvicorn.Server(config).run(sockets=[listener])


async def _read(request: Request) -> bytes | None:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _problem(error: MulianError) -> Response:
    body = {
        "code": error.code, "title": error.text("zh"), "detail": error.text("en"), "fix": error.fix("zh"),
        "status": error.status, "params": error.params,
    }  # fmt: skip
    return JSONResponse(body, error.status, media_type="application/problem+json")
