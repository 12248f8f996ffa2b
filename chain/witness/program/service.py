"""A witness at work: it knows one platform by its trust file, and signs what continues what it has seen."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain.anchoring import rules as anchoring
from chain.anchoring import verify_proof
from chain.witness import rules
from chain.witness.errors import WITNESS_FOREIGN, WITNESS_HOME, WITNESS_INCONSISTENT, WITNESS_REQUEST, WITNESS_SIZE
from chain.witness.program.store import Store
from chain.witness.rules import Answer, Checkpoint, Decision, Request
from crypto.servicekeys import service as servicekeys
from crypto.sm import sm2
from kernel import canonical, clock
from kernel.errors import MulianError
from kernel.files_atomic import write_atomic
from kernel.home import Home

KEY_NAME = "witness-sm2"
CONFIG = "witness.json"


@dataclass(frozen=True)
class Known:
    """The platform a witness knows: its chain and registry, and the keys that may sign its checkpoints."""

    name: str
    origin: str
    keys: frozenset[bytes]


def init(root: Path, *, name: str, trust: bytes) -> "Witness":
    """Make a witness's home, or let an existing one know a newer trust file of the same chain.

    The key is made once and never replaced. Raises ``chain.witness.home`` for a trust file that cannot be used or is
    that of another chain: what was seen of one chain says nothing about another.
    """
    try:
        believed = verify_proof.Trust(trust)
    except (verify_proof.Invalid, ValueError, TypeError) as error:
        raise WITNESS_HOME(home=str(root), reason=f"trust file: {error}") from error
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (root / CONFIG).exists() and _known(root).origin != believed.origin:
        raise WITNESS_HOME(home=str(root), reason="another chain / 另一条链")
    home = Home(root)
    home.keys_dir.mkdir(mode=0o700, exist_ok=True)
    servicekeys.load_or_create(home, KEY_NAME, lambda: sm2.generate()[0])
    Store(root).prepare()
    config = {
        "format": "mulian-witness-1", "name": name, "origin": believed.origin,
        "checkpoint_keys": sorted(key.hex() for key in believed.keys),
    }  # fmt: skip
    write_atomic(root / CONFIG, canonical.dumps(config) + b"\n", 0o600)
    return Witness(root)


class Witness:
    """An existing witness; raises ``chain.witness.home`` where there is none."""

    def __init__(self, root: Path) -> None:
        self.root, self.known, self.store = root, _known(root), Store(root)
        self._private = servicekeys.load(Home(root), KEY_NAME)
        self.key = sm2.public_of(self._private)

    def cosign(self, data: bytes) -> Answer:
        """Decide about a request's bytes and sign.

        Raises ``chain.witness.request``, ``.foreign``, ``.size`` (with the size that is known) and, with the evidence
        kept, ``.inconsistent``.
        """
        try:
            request = rules.read_request(data)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise WITNESS_REQUEST(reason=str(error)[:80]) from error
        point = request.checkpoint
        self._authenticate(point)
        with self.store.lock():
            self._settle(data, request)
        return self._sign(point)

    def _authenticate(self, point: Checkpoint) -> None:
        if point.origin != self.known.origin:
            raise WITNESS_FOREIGN(reason="origin")
        if point.key not in self.known.keys:
            raise WITNESS_FOREIGN(reason="key")
        try:
            sm2.verify(point.key, point.body(), point.signature)
        except MulianError as error:
            raise WITNESS_FOREIGN(reason="signature") from error

    def _settle(self, data: bytes, request: Request) -> None:
        point = request.checkpoint
        last = self.store.last(point.stream)
        seen = self.store.root_at(point.stream, point.size) if last and point.size <= last.size else None
        decision = rules.decide(last, request, seen)
        if decision is Decision.CONTRADICTION and last is not None:
            self.store.keep_conflict(data, last)
            raise WITNESS_INCONSISTENT(stream=point.stream, size=point.size)
        if decision is Decision.OTHER_SIZE:
            raise WITNESS_SIZE(stream=point.stream, size=last.size if last else 0, old=request.old)
        if decision is Decision.SIGN:
            self.store.append(point)

    def _sign(self, point: Checkpoint) -> Answer:
        time = clock.iso(clock.now())
        body = anchoring.cosignature_bytes(point.origin, point.stream, point.size, point.root, point.time, time)
        return Answer(point.origin, point.stream, point.size, self.key, time, sm2.sign(self._private, body))

    def again(self) -> list[Answer]:
        """Sign once more what was stored last of each stream: an answer may have been lost on its way."""
        with self.store.lock():
            last = [self.store.last(stream) for stream in self.store.streams()]
        return [self._sign(point) for point in last if point is not None]

    def status(self) -> dict[str, Any]:
        """Return name, key, chain, what was seen last of each stream, and how many refusals are kept."""
        last = [point for name in self.store.streams() if (point := self.store.last(name))]
        streams = [{"stream": p.stream, "size": p.size, "root": p.root.hex(), "time": p.time} for p in last]
        return {
            "name": self.known.name, "key": self.key.hex(), "origin": self.known.origin, "streams": streams,
            "conflicts": self.store.conflicts(),
        }  # fmt: skip


def _known(root: Path) -> Known:
    try:
        fields = json.loads((root / CONFIG).read_bytes())
        keys = frozenset(bytes.fromhex(key) for key in fields["checkpoint_keys"])
        return Known(str(fields["name"]), str(fields["origin"]), keys)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WITNESS_HOME(home=str(root), reason=type(error).__name__) from error
