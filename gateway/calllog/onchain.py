"""Use of data for DataUsageLog on the chain: each hour the segments shipped since the last one, counted and rooted.

The root is the RFC 6962 tree over the segments' file digests, so that the counts can be computed again from the files.
How many data records an answer held is not in the call log, so that figure is 0.
"""

from collections.abc import Sequence
from functools import partial

import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.anchoring.tree import MemoryTiles, Tree, leaf_hash
from chain.registries.models import ChainRegistry
from chain.registries.rules import USAGE, text_word
from chain.registries.service import Draft, note
from gateway.calllog.models import ShippedSegment
from kernel import clock
from kernel.runtime import Runtime

OBJECT = "gateway_usage"
_HOUR = 3_600


def collect(runtime: Runtime) -> int:
    """Write the segments of each gateway down that no period has yet; return how many periods. Safe to repeat."""
    period = int(clock.now().timestamp()) // _HOUR
    with runtime.database.read() as session:
        waiting = _waiting(session)
    gateways = sorted({one.gateway for one in waiting})
    counted = {one.file: _count(runtime, one) for one in waiting}
    return sum(runtime.database.run(partial(_note, gateway=one, period=period, counted=counted)) for one in gateways)


def _waiting(session: Session, gateway: str | None = None) -> Sequence[ShippedSegment]:
    since = session.scalar(
        select(ChainRegistry.changed_at).where(ChainRegistry.contract == USAGE, ChainRegistry.enabled)
    )
    if since is None:
        return []
    found = select(ShippedSegment).where(ShippedSegment.usage_period.is_(None), ShippedSegment.shipped_at >= since)
    if gateway is not None:
        found = found.where(ShippedSegment.gateway == gateway)
    return session.scalars(found.order_by(ShippedSegment.worker, ShippedSegment.number)).all()


def _count(runtime: Runtime, row: ShippedSegment) -> tuple[int, int, int]:
    """Return (calls, failures, bytes out) of a segment."""
    table = pq.read_table(runtime.home.calllog_dir / row.file, columns=["status", "bytes_out", "kind"])
    failed = pc.or_(pc.greater_equal(table["status"], 400), pc.equal(table["kind"], "aborted"))
    out = pc.sum(pc.max_element_wise(table["bytes_out"], 0)).as_py()
    return table.num_rows, int(pc.sum(failed).as_py() or 0), int(out or 0)


def _note(session: Session, gateway: str, period: int, counted: dict[str, tuple[int, int, int]]) -> int:
    rows = [one for one in _waiting(session, gateway) if one.file in counted]
    if not rows:
        return 0
    tree = Tree(MemoryTiles())
    tree.append(leaf_hash(bytes.fromhex(one.sm3)) for one in rows)
    calls, failures, out = (sum(column) for column in zip(*(counted[one.file] for one in rows), strict=True))
    goal = {
        "period": period, "root": tree.root().hex(), "usage": [calls, failures, 0, out],
        "segments": [one.file for one in rows],
    }
    made = note(session, USAGE, [Draft(text_word(gateway), period, goal, OBJECT, f"{gateway} {period}")])
    if made:
        for one in rows:
            one.usage_period = period
    return made
