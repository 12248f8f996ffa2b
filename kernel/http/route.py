"""The route class that owns the unit of work.

Around every handler, in this order: sign-in, CSRF, permission, Idempotency-Key, handler, commit, answer.
The commit comes before the answer leaves, so what a client was told is durable; a unit refused by a busy
database is run again, because nothing was answered yet.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from kernel.db.database import is_busy
from kernel.errors import DATABASE_BUSY, MulianError
from kernel.http import signin
from kernel.http.idempotency import Replay
from kernel.http.problems import internal, problem
from kernel.runtime import Runtime

_SAFE = {"GET", "HEAD", "OPTIONS"}
_BUSY_SECONDS = 10.0


class UnitOfWorkRoute(APIRoute):
    """See the module's docstring."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler with the unit of work."""
        inner = super().get_route_handler()
        permission = (self.openapi_extra or {}).get("x-permission")
        if permission is None:
            raise RuntimeError(f"{self.path}: every route says needs(...) or public()")
        template, keeps = self.path, (self.openapi_extra or {}).get("x-idempotency") != "service"

        async def handler(request: Request) -> Response:
            request.state.route, request.state.keeps_answers = template, keeps
            try:
                await run_in_threadpool(signin.authenticate, request, permission)
                return await _with_retry(request, inner)
            except MulianError as error:
                return problem(request, error)
            except Exception as error:
                if error.__class__.__name__ in ("RequestValidationError", "HTTPException"):
                    raise
                return internal(request, error)

        return handler


def router(prefix: str, tags: list[str]) -> APIRouter:
    """Return a feature's router; the application mounts it under ``/api/v1``."""
    return APIRouter(prefix=prefix, tags=list(tags), route_class=UnitOfWorkRoute)


async def _with_retry(request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    deadline, pause = time.monotonic() + _BUSY_SECONDS, 0.005
    while True:
        try:
            return await _once(request, inner)
        except DBAPIError as error:
            if not is_busy(error):
                raise
            if time.monotonic() > deadline:
                raise DATABASE_BUSY() from error
        await asyncio.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 2, 0.25)


async def _once(request: Request, inner: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    runtime: Runtime = request.app.state.runtime
    writing = request.method not in _SAFE
    with runtime.database.session(write=writing) as session:
        request.state.session = session
        replay = await Replay.begin(request, session) if writing and request.state.keeps_answers else None
        if replay is not None and replay.answer is not None:
            return replay.answer
        response = await inner(request)
        if writing and (response.status_code < 400 or getattr(request.state, "commit_anyway", False)):
            if replay is not None:
                await run_in_threadpool(replay.keep, response)
            await run_in_threadpool(session.commit)
        return response
