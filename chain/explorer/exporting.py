"""Lists of the explorer as files, made in the background from one snapshot, handed out for seven days."""

import csv
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from chain.explorer import pages, queries
from chain.explorer.errors import EXPORT_UNKNOWN
from chain.explorer.schemas import ExportIn
from kernel import clock
from kernel.audit.service import record
from kernel.canonical import dumps
from kernel.documents.media import MEDIA_TYPES
from kernel.documents.model import Column, Document, Sheet
from kernel.documents.text import neutral_cell
from kernel.errors import MulianError
from kernel.files_atomic import write_atomic
from kernel.home import Home
from kernel.identity.actor import Actor
from kernel.jobs import service as jobs
from kernel.jobs.rules import JobState
from kernel.runtime import runtime_of

JOB = "chain.export.make"
LIMIT = 200_000
"""Rows of an export; a longer list is cut, and the job says so."""
FILE_DAYS = 7
MEDIA = {"xlsx": MEDIA_TYPES["xlsx"], "csv": "text/csv; charset=utf-8"}
_PAGE = 1_000
_TITLES = {
    "blocks": "区块", "transactions": "交易", "events": "事件", "departments": "单位上链", "run": "链运行分析",
}
_HEADS: dict[str, tuple[str, ...]] = {
    "blocks": ("高度", "时间", "交易数", "失败", "gas", "字节", "间隔（秒）", "出块人", "哈希"),
    "transactions": (
        "高度", "序号", "时间", "哈希", "发起", "目标", "合约", "方法", "参数", "结果", "失败原因", "失败说明", "gas",
    ),
    "events": ("高度", "序号", "时间", "交易", "合约", "事件", "存证流", "参数", "地址"),
    "departments": ("单位", "交易数", "上链记录数", "最近区块"),
    "run": ("时间", "区块数", "交易数", "失败", "最忙一分钟交易数", "错过轮次", "平均间隔（秒）", "最长间隔（秒）"),
}  # fmt: skip
Row = tuple[Any, ...]
Progress = Callable[[int], None]


def ask(session: Session, actor: Actor, wish: ExportIn) -> uuid.UUID:
    """Queue an export and return its job; 404 for a foreign department."""
    if wish.department_id is not None:
        pages.require_department(actor, wish.department_id)
    given = wish.model_dump(mode="json")
    params: dict[str, Any] = {"wish": given, "scope": actor.scope, "department": str(actor.department_id or "")}
    row = jobs.enqueue(session, actor, JOB, params, wish.department_id)
    record(
        session, actor, action="chain.export.ask", object_type="job", object_id=str(row.id), detail=given,
        department_id=wish.department_id,
    )
    return row.id


def make(
    session: Session, home: Home, job_id: uuid.UUID, wish: ExportIn, actor: Actor, progress: Progress
) -> dict[str, Any]:
    """Write the file of a job from the session's snapshot; the same job writes the same place again."""
    rows: list[Row] = []
    cut = False
    for row in _rows(session, wish, actor):
        if len(rows) >= LIMIT:
            cut = True
            break
        rows.append(row)
        if len(rows) % _PAGE == 0:
            progress(len(rows))
    path = _folder(home) / f"{job_id}.{wish.format}"
    path.parent.mkdir(parents=True, exist_ok=True)
    (_write_csv if wish.format == "csv" else _write_xlsx)(path, wish, rows, cut)
    return {"rows": len(rows), "cut": cut, "size": path.stat().st_size, "format": wish.format, "what": wish.what}


def _write_xlsx(path: Path, wish: ExportIn, rows: list[Row], cut: bool) -> None:
    from kernel.documents.xlsx import render

    note = f"共 {len(rows)} 行" + (f"，仅导出最新 {LIMIT} 行" if cut else "")
    columns = tuple(Column(head) for head in _HEADS[wish.what])
    title = _TITLES[wish.what]
    write_atomic(path, render(Document(title=title, blocks=(), annex=(Sheet(title, columns, rows, note),))))


def _write_csv(path: Path, wish: ExportIn, rows: list[Row], cut: bool) -> None:
    draft = path.with_suffix(".part")
    # spreadsheets know UTF-8 by its mark alone
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADS[wish.what])
        writer.writerows([neutral_cell(one) if isinstance(one, str) else one for one in row] for row in rows)
    draft.replace(path)


def _rows(session: Session, wish: ExportIn, actor: Actor) -> Iterator[Row]:
    since, until = _period(wish)
    if wish.what == "departments":
        for one in pages.departments(session, actor, since, until):
            yield (one.department or "平台", one.transactions, one.records, one.last_block)
    elif wish.what == "run":
        for point in pages.run(session, since, until, None).points:
            yield (
                _time(point.at), point.blocks, point.transactions, point.failed, point.peak, point.missed,
                _text(point.interval_mean), _text(point.interval_max),
            )
    elif wish.what == "blocks":
        yield from _blocks(session, wish)
    else:
        yield from _listed(session, wish, actor)


def _period(wish: ExportIn) -> tuple[datetime, datetime]:
    until = wish.end or clock.now()
    return wish.start or clock.quarter_bounds(*clock.quarter_of(until))[0], until


def _blocks(session: Session, wish: ExportIn) -> Iterator[Row]:
    first, last = queries.bounds(session, wish.start, wish.end)
    before = None if last is None else last + 1
    while found := queries.blocks(session, before=before, size=_PAGE, first=first or 0):
        for one in found:
            yield (
                one.number, _time(one.at), one.transactions, one.failed, one.gas_used, one.size, one.interval,
                one.sealer, one.hash,
            )
        before = found[-1].number
        session.expunge_all()


def _listed(session: Session, wish: ExportIn, actor: Actor) -> Iterator[Row]:
    wanted = pages.wanted(
        session, actor, address=wish.address, contract=wish.contract, event=wish.event, stream=wish.stream,
        department_id=wish.department_id, failed=wish.failed, start=wish.start, end=wish.end,
    )
    before: queries.Place | None = None
    while True:
        if wish.what == "transactions":
            page = pages.transactions(session, wanted, before=before, size=_PAGE)
            for one in page.items:
                yield (
                    one.block_number, one.tx_index, _time(one.at), one.hash, one.sender, one.to or one.contract_address,
                    one.contract, one.method, _json(one.arguments), "成功" if one.status == "success" else "失败",
                    one.reason, one.reason_text, one.gas_used,
                )
            following = page.next_before
        else:
            listed = pages.events(session, wanted, before=before, size=_PAGE)
            for event in listed.items:
                yield (
                    event.block_number, event.log_index, _time(event.at), event.tx_hash, event.contract, event.event,
                    event.stream, _json(event.arguments), event.address,
                )
            following = listed.next_before
        if following is None:
            return
        number, _, index = following.partition(".")
        before = (int(number), int(index))
        session.expunge_all()


def _json(value: dict[str, Any] | None) -> str:
    return "" if value is None else dumps(value).decode()


def _time(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def file_of(session: Session, actor: Actor, job_id: uuid.UUID) -> tuple[Path, str]:
    """Return the file of an export that the actor sees, and its name; raise ``chain.export.unknown``."""
    try:
        row = jobs.get(session, actor, job_id=job_id)
    except MulianError as error:
        raise EXPORT_UNKNOWN() from error
    if row.kind != JOB or row.state != JobState.DONE:
        raise EXPORT_UNKNOWN()
    what, kind = row.params["wish"]["what"], row.params["wish"]["format"]
    path = _folder(runtime_of(session).home) / f"{job_id}.{kind}"
    if not path.exists():
        raise EXPORT_UNKNOWN()
    return path, f"{_TITLES[what]}-{clock.business_day(row.created_at):%Y%m%d}.{kind}"


def forget(home: Home) -> int:
    """Remove files older than FILE_DAYS; return how many."""
    limit = clock.to_micros(clock.now() - timedelta(days=FILE_DAYS)) / 1_000_000
    old = [path for path in _folder(home).glob("*") if path.stat().st_mtime < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _folder(home: Home) -> Path:
    return home.files_dir / "chain-exports"
