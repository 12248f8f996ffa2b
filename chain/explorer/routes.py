"""/chain: overview, blocks, transactions, metrics."""

from datetime import timedelta
from typing import Annotated

from fastapi import Path, Query
from pydantic import AwareDatetime

from chain.explorer import schemas, service
from chain.ledger.access import ledger_of
from kernel import clock
from kernel.http import Session_, needs, router
from kernel.runtime import runtime_of

api = router(prefix="/chain", tags=["chain"])
_READ = needs("chain.explorer.read")
_DEFAULT_SPAN = timedelta(hours=1)


@api.get("/overview", **_READ)
def get_overview(session: Session_) -> schemas.OverviewOut:
    """Return the chain at a glance."""
    return schemas.overview_out(service.overview(ledger_of(runtime_of(session))))


@api.get("/blocks", **_READ)
def list_blocks(
    session: Session_,
    before: Annotated[int | None, Query(ge=1, description="只列此高度以下的区块")] = None,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> schemas.BlockList:
    """List blocks, newest first."""
    ledger = ledger_of(runtime_of(session))
    found = service.blocks(ledger, before=before, size=size)
    following = found[-1].number if found and found[-1].number > 0 else None
    return schemas.BlockList(
        items=[schemas.block_out(block) for block in found], total=ledger.height() + 1, next_before=following
    )


@api.get("/blocks/{number}", **_READ)
def get_block(session: Session_, number: Annotated[int, Path(ge=0, le=2**53 - 1)]) -> schemas.BlockDetail:
    """Return one block."""
    return schemas.block_detail(service.block(ledger_of(runtime_of(session)), number))


@api.get("/transactions/{tx_hash}", **_READ)
def get_transaction(
    session: Session_, tx_hash: Annotated[str, Path(pattern="^0x[0-9a-f]{64}$")]
) -> schemas.TransactionOut:
    """Return one transaction with its result."""
    return schemas.transaction_out(*service.transaction(ledger_of(runtime_of(session)), tx_hash))


@api.get("/metrics", **_READ)
def get_metrics(
    session: Session_,
    start: AwareDatetime | None = None,
    end: AwareDatetime | None = None,
    seconds: Annotated[int, Query(ge=1, le=86_400, description="每点秒数")] = 60,
) -> schemas.Series:
    """Return a series for charts: the last hour by minutes unless said otherwise."""
    until = end or clock.now()
    since = start or until - _DEFAULT_SPAN
    buckets = service.metrics(ledger_of(runtime_of(session)), since, until, seconds)
    return schemas.Series(seconds=seconds, items=[schemas.point(bucket) for bucket in buckets])
