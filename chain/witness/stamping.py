"""An RFC 3161 time stamp authority as a witness: it says when a checkpoint was there, and nothing about its history.

The newest checkpoint of each stream is stamped; its root covers all before it. The token lies beside the checkpoint and
is checked with ``openssl ts -verify`` or any other tool of the standard: proofs do not carry it (ADR 0270).
"""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import structlog
from sqlalchemy.orm import Session

from chain.anchoring import rules
from chain.anchoring.models import AnchorCheckpoint
from chain.witness import queries
from chain.witness.models import AnchorTimestamp
from crypto.sm import timestamp
from crypto.sm.timestamp import Stamp, StampError
from kernel import clock
from kernel.errors import MulianError
from kernel.outbound import guard
from kernel.runtime import Runtime

MAX_BYTES = 64 * 1024
SECONDS = 10.0
_TYPE = {"Content-Type": "application/timestamp-query"}
_log = structlog.get_logger(__name__)


def stamp_all(runtime: Runtime) -> dict[str, Any]:
    """Have the newest checkpoint of every stream stamped where it is not; without an authority nothing is done.

    Returns how many were stamped and why the last one was not. Nothing is held while the authority is asked.
    """
    url, place = runtime.settings.tsa_url, runtime.settings.tsa_certificate
    if url is None or place is None:
        return {"stamped": 0, "problem": None}
    with runtime.database.read() as session:
        points = queries.unstamped(session)
    stamped, problem = 0, None
    with guard.client(guard.allowed_by(runtime.settings), timeout=SECONDS) as client:
        for point in points:
            try:
                stamp = _ask(client, url, body_of(point), place.read_bytes())
            except (StampError, httpx2.HTTPError, MulianError, OSError) as error:
                problem = str(error)[:200]
                _log.warning("witness.not_stamped", stream=point.stream, size=point.size, why=problem)
                continue
            runtime.database.run(partial(_keep, point=point, stamp=stamp))
            stamped += 1
    return {"stamped": stamped, "problem": problem}


def body_of(point: AnchorCheckpoint) -> bytes:
    """Return the bytes of a checkpoint that are stamped: those that the platform signed."""
    return rules.checkpoint_bytes(point.origin, point.stream, point.size, point.root, clock.iso(point.time))


def export(session: Session, folder: Path) -> Iterator[tuple[Path, datetime]]:
    """Write each stream's newest stamped checkpoint and its token side by side; yield the token's place and time."""
    folder.mkdir(parents=True, exist_ok=True)
    for point, row in queries.newest_stamped(session):
        name = f"{point.stream.replace('/', '-')}-{point.size}"
        (folder / f"{name}.checkpoint").write_bytes(body_of(point))
        token = folder / f"{name}.tst"
        token.write_bytes(row.token)
        yield token, row.time


def _ask(client: httpx2.Client, url: str, body: bytes, certificate: bytes) -> Stamp:
    digest, nonce = hashlib.sha256(body).digest(), secrets.randbits(63) | 1 << 62
    answer = client.post(url, content=timestamp.request(digest, nonce), headers=_TYPE)
    if answer.status_code != 200 or len(answer.content) > MAX_BYTES:
        raise StampError(f"HTTP {answer.status_code}, {len(answer.content)} bytes")
    return timestamp.read(answer.content, digest, nonce, certificate)


def _keep(session: Session, point: AnchorCheckpoint, stamp: Stamp) -> None:
    if session.get(AnchorTimestamp, point.batch_id) is None:
        session.add(AnchorTimestamp(
            batch_id=point.batch_id, token=stamp.token, time=stamp.time, received_at=clock.now(),
        ))
