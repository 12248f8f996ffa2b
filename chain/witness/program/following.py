"""A witness that asks by itself: for departments whose machines nobody can call."""

import time
from dataclasses import dataclass, field

import httpx2
import structlog

from chain.witness.program.service import Witness
from chain.witness.rules import MAX_BYTES, Answer
from kernel.errors import MulianError
from kernel.outbound import guard
from kernel.outbound.rules import Allowed

# who runs a witness names the platform's address himself, and it is often within the government network
_PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
_ROOM = MAX_BYTES * 20
_log = structlog.get_logger(__name__)


@dataclass
class Round:
    """What one round did; ``problems``: stream (or "" for the platform itself) → code or reason."""

    signed: int = 0
    delivered: int = 0
    problems: dict[str, str] = field(default_factory=dict)


class Follower:
    """Fetches requests, signs, and brings the answers; answers that could not be brought are kept for the next round.

    What was signed and never arrived before a restart is offered again by the first round.
    """

    def __init__(self, witness: Witness, url: str) -> None:
        self._witness, self._url = witness, url.rstrip("/") + "/api/v1/chain"
        self._undelivered: list[Answer] = witness.again()

    def round(self) -> Round:
        """Ask once for every stream."""
        done = Round()
        with guard.client(Allowed.of(*_PRIVATE), timeout=20.0) as client:
            try:
                for stream in self._streams(client):
                    self._stream(client, stream, done)
                self._deliver(client, done)
            except (httpx2.HTTPError, MulianError, OSError, ValueError, KeyError, TypeError) as error:
                done.problems[""] = str(error)[:200] or type(error).__name__
        return done

    def run(self, seconds: float) -> None:
        """Ask for ever, every ``seconds``."""
        while True:
            done = self.round()
            if done.problems or done.signed:
                _log.info("witness.round", signed=done.signed, delivered=done.delivered, problems=done.problems)
            time.sleep(seconds)

    def _streams(self, client: httpx2.Client) -> list[str]:
        answer = client.get(f"{self._url}/checkpoints").raise_for_status()
        return [str(item["stream"]) for item in answer.json()["items"]]

    def _stream(self, client: httpx2.Client, stream: str, done: Round) -> None:
        last = self._witness.store.last(stream)
        asked = {"stream": stream} if last is None else {"stream": stream, "after": str(last.size)}
        answer = client.get(f"{self._url}/cosign-requests", params=asked)
        if answer.status_code != 200 or len(answer.content) > _ROOM:
            done.problems[stream] = str(answer.json().get("code", answer.status_code))
            return
        for line in answer.content.splitlines(keepends=True):
            try:
                self._undelivered.append(self._witness.cosign(line))
                done.signed += 1
            except MulianError as error:
                done.problems[stream] = error.code
                return

    def _deliver(self, client: httpx2.Client, done: Round) -> None:
        """Bring answers one by one: one that the platform no longer takes must not hold back the others."""
        while self._undelivered:
            answer = self._undelivered[0]
            reply = client.post(f"{self._url}/cosignatures", content=answer.as_bytes())
            if reply.status_code >= 500 or reply.status_code == 429:
                reply.raise_for_status()
            if reply.status_code != 200:
                done.problems[answer.stream] = str(reply.json().get("code", reply.status_code))
            done.delivered += reply.status_code == 200
            self._undelivered.pop(0)
