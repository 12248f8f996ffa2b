"""The platform's checkpoint key: SM2, a service key, open at start without a person."""

from datetime import datetime

from chain.anchoring import rules
from chain.anchoring.models import AnchorBatch, AnchorCheckpoint
from crypto.servicekeys import service as servicekeys
from crypto.sm import sm2
from kernel import clock
from kernel.runtime import Runtime

KEY_NAME = "checkpoint-sm2"


def _private(runtime: Runtime) -> bytes:
    return servicekeys.load_or_create(runtime.home, KEY_NAME, lambda: sm2.generate()[0])


def public_key(runtime: Runtime) -> bytes:
    """Return the checkpoint key's public point (65 bytes)."""
    return sm2.public_of(_private(runtime))


def checkpoint(runtime: Runtime, origin: str, batch: AnchorBatch, time: datetime) -> AnchorCheckpoint:
    """Sign the tree that a batch completes."""
    private = _private(runtime)
    stream, size = rules.chain_name(batch.stream, batch.epoch), batch.from_index + batch.leaves
    body = rules.checkpoint_bytes(origin, stream, size, batch.root, clock.iso(time))
    return AnchorCheckpoint(
        batch_id=batch.id, origin=origin, stream=stream, size=size, root=batch.root, time=time,
        key=sm2.public_of(private), signature=sm2.sign(private, body),
    )  # fmt: skip
