"""/chain: overview, blocks, transactions, events, departments, search, run analysis, exports."""

import uuid
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Path, Query
from fastapi.responses import FileResponse
from pydantic import AwareDatetime

from chain.explorer import exporting, pages, schemas, search, service
from chain.explorer.queries import Place
from chain.ledger.access import ledger_of
from kernel import clock
from kernel.errors import MulianError
from kernel.http import Actor_, Session_, needs, router
from kernel.runtime import runtime_of
from kernel.text import Plain

api = router(prefix="/chain", tags=["chain"])
_READ = needs("chain.explorer.read")
_DEFAULT_SPAN = timedelta(hours=1)
Size = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[str | None, Query(pattern=r"^\d{1,15}\.\d{1,9}$", description="上一页返回的 next_before")]
Text = Annotated[Plain | None, Query(max_length=80)]


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    number, _, index = text.partition(".")
    return int(number), int(index)


@api.get("/overview", **_READ)
def get_overview(session: Session_) -> schemas.OverviewOut:
    """Return the chain at a glance."""
    return schemas.overview_out(service.overview(session, ledger_of(runtime_of(session))))


@api.get("/blocks", **_READ)
def list_blocks(
    session: Session_,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="只列此高度以下的区块")] = None,
    size: Size = 20,
    busy: Annotated[bool, Query(description="只列有交易的区块")] = False,
) -> schemas.BlockList:
    """List blocks, newest first."""
    ledger = ledger_of(runtime_of(session))
    items = pages.blocks(session, ledger, before=before, size=size, busy=busy)
    following = items[-1].number if items and items[-1].number > 0 and (busy is False or len(items) == size) else None
    return schemas.BlockList(items=items, total=service.height(session, ledger) + 1, next_before=following)


@api.get("/blocks/{number}", **_READ)
def get_block(session: Session_, number: Annotated[int, Path(ge=0, le=2**53 - 1)]) -> schemas.BlockDetail:
    """Return one block."""
    return pages.block(session, ledger_of(runtime_of(session)), number)


@api.get("/transactions", **_READ)
def list_transactions(
    session: Session_, actor: Actor_, before: Before = None, size: Size = 20,
    address: Annotated[schemas.Address | None, Query(description="发起、目标或所建合约")] = None, contract: Text = None,
    department_id: uuid.UUID | None = None, failed: bool = False, start: AwareDatetime | None = None,
    end: AwareDatetime | None = None,
) -> schemas.TransactionPage:
    """List indexed transactions with their decoded calls, newest first."""
    wanted = pages.wanted(
        session, actor, address=address, contract=contract, department_id=department_id, failed=failed, start=start,
        end=end,
    )
    return pages.transactions(session, wanted, before=_place(before), size=size)


@api.get("/transactions/{tx_hash}", **_READ)
def get_transaction(
    session: Session_, tx_hash: Annotated[str, Path(pattern="^0x[0-9a-f]{64}$")]
) -> schemas.TransactionOut:
    """Return one transaction with its result, its events and whose records it carries."""
    return pages.transaction(session, ledger_of(runtime_of(session)), tx_hash)


@api.get("/events", **_READ)
def list_events(
    session: Session_, actor: Actor_, before: Before = None, size: Size = 20, contract: Text = None, event: Text = None,
    stream: Text = None, address: Annotated[schemas.Address | None, Query()] = None,
    start: AwareDatetime | None = None, end: AwareDatetime | None = None,
) -> schemas.EventPage:
    """List decoded events, newest first."""
    wanted = pages.wanted(
        session, actor, contract=contract, event=event, stream=stream, address=address, start=start, end=end
    )
    return pages.events(session, wanted, before=_place(before), size=size)


@api.get("/addresses/{address}", **_READ)
def get_address(session: Session_, address: Annotated[str, Path(pattern="^0x[0-9a-f]{40}$")]) -> schemas.AddressOut:
    """Return what stands at an address and when it was seen."""
    return pages.address(session, address)


@api.get("/departments", **_READ)
def list_departments(
    session: Session_, actor: Actor_, start: AwareDatetime | None = None, end: AwareDatetime | None = None
) -> schemas.DepartmentList:
    """Return what each department had anchored: the running quarter unless said otherwise."""
    since, until = _quarter(start, end)
    return schemas.DepartmentList(items=pages.departments(session, actor, since, until))


@api.get("/search", **_READ)
def find(session: Session_, actor: Actor_, q: Annotated[Plain, Query(min_length=1, max_length=100)]) -> schemas.Hits:
    """Say what a text means: height, hash, address, department, contract, stream, code of an entry."""
    return schemas.Hits(items=search.search(session, ledger_of(runtime_of(session)), actor, q))


@api.get("/run", **_READ)
def get_run(
    session: Session_, start: AwareDatetime | None = None, end: AwareDatetime | None = None
) -> schemas.RunOut:
    """Return the run analysis of a period (链运行分析): the running quarter unless said otherwise."""
    since, until = _quarter(start, end)
    try:
        engine: str | None = ledger_of(runtime_of(session)).client_version()
    except MulianError:
        engine = None  # what is indexed is shown whether the node answers or not
    return pages.run(session, since, until, engine)


def _quarter(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    until = end or clock.now()
    return start or clock.quarter_bounds(*clock.quarter_of(until))[0], until


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
    buckets = service.metrics(session, ledger_of(runtime_of(session)), since, until, seconds)
    return schemas.Series(seconds=seconds, items=[schemas.point(bucket) for bucket in buckets])


@api.post("/exports", status_code=202, **_READ)
def ask_export(session: Session_, actor: Actor_, body: schemas.ExportIn) -> schemas.ExportOut:
    """Export a list in the background; the job's result says how many rows there are."""
    return schemas.ExportOut(job_id=exporting.ask(session, actor, body))


@api.get("/exports/{job_id}/file", response_class=FileResponse, **_READ)
def export_file(session: Session_, actor: Actor_, job_id: uuid.UUID) -> FileResponse:
    """Download an export (kept for seven days)."""
    path, name = exporting.file_of(session, actor, job_id)
    return FileResponse(
        path, media_type=exporting.MEDIA[path.suffix[1:]], filename=name, headers={"X-Content-Type-Options": "nosniff"}
    )
