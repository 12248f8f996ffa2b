"""Asking the witnesses that have an address: each signs what it has not signed, the smallest size first.

Nothing is held while a witness is asked. A witness that is away, or slow, is asked again by the next run; one that
refuses is noted with the reason, and what the others signed counts all the same.
"""

import uuid
from functools import partial
from typing import Any

import httpx2
import structlog

from chain.witness import queries, service
from chain.witness.errors import WITNESS_ANSWER, WITNESS_FOREIGN, WITNESS_INCONSISTENT, WITNESS_REQUEST, WITNESS_SIZE
from chain.witness.rules import MAX_BYTES, Answer, Request, read_answer
from kernel.errors import MulianError
from kernel.outbound import guard
from kernel.runtime import Runtime

PATH = "/witness/v1/cosign"
AWAY = "chain.witness.away"
SECONDS = 10.0
_CODES = {WITNESS_INCONSISTENT.code, WITNESS_FOREIGN.code, WITNESS_REQUEST.code, WITNESS_SIZE.code}
_log = structlog.get_logger(__name__)


class Refused(Exception):
    """A witness did not sign; ``code`` is its reason, ``size`` what it has seen where that is the reason."""

    def __init__(self, code: str, size: int | None = None) -> None:
        super().__init__(code)
        self.code, self.size = code, size


def ask_all(runtime: Runtime) -> dict[str, Any]:
    """Ask every active witness with an address about every stream; return how many signatures came."""
    with runtime.database.read() as session:
        asked = [(row.id, row.url) for row in queries.active(session) if row.url]
        streams = [point.stream for point in queries.newest_checkpoints(session)]
    counts = {"witnesses": len(asked), "signed": 0, "problems": 0}
    for witness_id, url in asked:
        with guard.client(guard.allowed_by(runtime.settings), timeout=SECONDS) as client:
            for stream in streams:
                try:
                    counts["signed"] += _ask(runtime, client, witness_id, str(url), stream)
                except Refused as refused:
                    counts["problems"] += 1
                    _note(runtime, witness_id, refused.code, stream)
                    if refused.code == AWAY:
                        break
    return counts


def _note(runtime: Runtime, witness_id: uuid.UUID, code: str, stream: str) -> None:
    _log.warning("witness.not_signed", witness=str(witness_id), stream=stream, code=code)
    runtime.database.run(
        lambda session: service.note_problem(session, witness_id=witness_id, code=code, stream=stream)
    )


def _ask(runtime: Runtime, client: httpx2.Client, witness_id: uuid.UUID, url: str, stream: str) -> int:
    with runtime.database.read() as session:
        after = queries.signed_sizes(session, witness_id).get(stream)
    try:
        return _from(runtime, client, url, stream, after)
    except Refused as refused:
        if refused.size is None or refused.size == (after or 0):
            raise
        # it has seen more, or less, than we know of: an answer was lost, or one of us was restored
        return _from(runtime, client, url, stream, refused.size)


def _from(runtime: Runtime, client: httpx2.Client, url: str, stream: str, after: int | None) -> int:
    try:
        with runtime.database.read() as session:
            wanted = service.requests(session, stream=stream, after=after)
    except MulianError as error:
        raise Refused(error.code) from error
    signed = 0
    for request in wanted:
        answer = _post(client, url, request)
        try:
            signed += runtime.database.run(partial(service.accept, answers=[answer]))
        except MulianError as error:
            raise Refused(error.code) from error
    return signed


def _post(client: httpx2.Client, url: str, request: Request) -> Answer:
    headers = {"Content-Type": "application/json"}
    try:
        answer = client.post(url.rstrip("/") + PATH, content=request.as_bytes(), headers=headers)
        body = answer.content[: MAX_BYTES + 1]
    except (httpx2.HTTPError, MulianError, OSError) as error:
        raise Refused(AWAY) from error
    if answer.status_code != 200:
        raise _refusal(answer)
    try:
        return read_answer(body)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused(WITNESS_ANSWER.code) from error


def _refusal(answer: httpx2.Response) -> Refused:
    try:
        problem = answer.json()
        code, size = problem["code"], problem["params"].get("size")
    except (ValueError, KeyError, TypeError, AttributeError):
        return Refused(AWAY)
    if code == WITNESS_SIZE.code and type(size) is int:
        return Refused(code, size)
    return Refused(code if code in _CODES else AWAY)
