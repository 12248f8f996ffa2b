"""Events of anchoring."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class BatchFinal:
    """A batch is final on the chain; published in the transaction that keeps its evidence, once."""

    stream: str
    batch_id: uuid.UUID
    leaves: int
