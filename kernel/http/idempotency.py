"""Idempotency-Key: the same write sent twice is done once and answered twice.

The answer is stored, sealed, in the transaction of the write itself, so there is no moment in which one exists
without the other. A duplicate that arrives while the first is still running waits for it in the database and
is then replayed.

What a handler marks is not kept: ``request.state.shows_secret`` leaves the answer out, ``takes_secret`` the body. A
digest of a body that holds a passphrase would let whoever has the row try passphrases on it. A file that is handed out
is not kept either: a duplicate gets it anew.
"""

from datetime import datetime, timedelta
from typing import Any

import orjson
from fastapi import Request
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from kernel import clock, ids
from kernel.errors import IDEMPOTENCY_REUSED, IDEMPOTENCY_SECRET
from kernel.identity import queries
from kernel.identity.models import IdempotencyKey
from kernel.runtime import runtime_of

HEADER = "idempotency-key"
KEPT_FOR = timedelta(hours=24)
_PURPOSE = "idempotency"


class Replay:
    """The bookkeeping of one keyed write."""

    def __init__(self, session: Session, actor: str, route: str, key: str, body: bytes, request: Request) -> None:
        self._session, self._request = session, request
        self._identity = (actor, route, key)
        box, query = runtime_of(session).box, request.url.query.encode()
        self._whole = box.mac(_PURPOSE, query + b"\0" + body)
        self._without_body = box.mac(_PURPOSE, query)
        self.answer: Response | None = None

    @classmethod
    async def begin(cls, request: Request, session: Session) -> "Replay | None":
        """Look the key up; None when the request carries none, ``answer`` set when it was answered before."""
        key = request.headers.get(HEADER)
        if key is None:
            return None
        actor = str(request.state.actor.user_id or request.state.actor.name)
        route = f"{request.method} {request.url.path}"[:200]
        body = await request.body()
        replay = await run_in_threadpool(cls, session, actor, route, key[:200], body, request)
        await run_in_threadpool(replay._look_up)
        return replay

    def keep(self, response: Response) -> None:
        """Store the answer beside the write; one that shows a secret is stored as "already issued" only."""
        if response.headers.get("content-disposition", "").startswith("attachment"):
            return
        actor, route, key = self._identity
        secret = bool(getattr(self._request.state, "shows_secret", False))
        digest = self._without_body if getattr(self._request.state, "takes_secret", False) else self._whole
        content: dict[str, Any] = {
            "body": bytes(response.body).decode("utf-8", "replace"),
            "type": response.headers.get("content-type", ""),
            "etag": response.headers.get("etag"),
        }
        sealed = None if secret else runtime_of(self._session).box.seal(_PURPOSE, orjson.dumps(content))
        self._session.add(
            IdempotencyKey(
                id=ids.new(), actor=actor, route=route, key=key, body_digest=digest,
                status=response.status_code, response=sealed, created_at=clock.now(),
            )
        )

    def _look_up(self) -> None:
        found = queries.idempotent(self._session, *self._identity)
        if found is None:
            return
        if clock.now() - found.created_at > KEPT_FOR:
            self._session.execute(delete(IdempotencyKey).where(IdempotencyKey.id == found.id))
            return
        if found.body_digest not in (self._whole, self._without_body):
            raise IDEMPOTENCY_REUSED()
        if found.response is None:
            raise IDEMPOTENCY_SECRET()
        content = orjson.loads(runtime_of(self._session).box.open(_PURPOSE, found.response))
        headers = {"Idempotency-Replayed": "true"} | ({"ETag": content["etag"]} if content["etag"] else {})
        self.answer = Response(content["body"], found.status, headers, media_type=content["type"] or None)


def prune(session: Session, before: datetime, limit: int) -> int:
    """Forget up to ``limit`` answers older than ``before``; return how many."""
    old = select(IdempotencyKey.id).where(IdempotencyKey.created_at < before).limit(limit)
    return len(session.execute(delete(IdempotencyKey).where(IdempotencyKey.id.in_(old))
        .returning(IdempotencyKey.id).execution_options(synchronize_session=False)).all())
