"""What people look at: streams and batches as plain values."""

from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import queries
from chain.anchoring.models import AnchorBatch, AnchorStream
from chain.anchoring.schemas import StreamOut

_SHOWN = (
    "id", "stream", "epoch", "seq", "from_index", "leaves", "state", "tx_hash", "block_number", "block_hash",
    "block_time", "created_at", "final_at",
)  # fmt: skip


def streams(session: Session) -> list[StreamOut]:
    """Return every stream with how far it is."""
    return [_stream(session, row) for row in queries.streams(session)]


def _stream(session: Session, row: AnchorStream) -> StreamOut:
    last = queries.last_final(session, row.name, row.epoch)
    return StreamOut(
        name=row.name, epoch=row.epoch, address=row.address, state=row.state, reason=row.reason, size=row.size,
        anchored=last.from_index + last.leaves if last else 0, waiting=queries.waiting_count(session, row.name),
        last_seq=last.seq if last else 0, last_block=last.block_number if last else None,
        last_final_at=last.final_at if last else None,
        oldest_waiting_at=queries.oldest_waiting(session, row.name),
    )  # fmt: skip


def batches(
    session: Session, *, offset: int, size: int, stream: str | None = None, state: str | None = None
) -> tuple[list[dict[str, Any]], int]:
    """Return a page of batches, newest first within a stream, and the total."""
    rows, total = queries.batch_page(session, queries.batches(stream, state), offset, size)
    return [batch_values(row) for row in rows], total


def batch_values(row: AnchorBatch) -> dict[str, Any]:
    """Return a batch without its raw transaction and evidence; the root as hex."""
    return {name: getattr(row, name) for name in _SHOWN} | {"root": row.root.hex()}
